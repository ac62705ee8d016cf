"""Many prims at once, as tensors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import lazy_loader as lazy

if TYPE_CHECKING:
    from inspector.sim.views.xform_prim_view import (
        XformPrimView as XformPrimView,
    )

__getattr__, __dir__, __all__ = lazy.attach(
    __name__,
    submod_attrs={
        "xform_prim_view": ["XformPrimView"],
    },
)
