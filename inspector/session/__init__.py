"""The live session: the one mutable owner of a scene, and the values that leave it.

The names load on first use: ``snapshot``, ``edits`` and ``query`` are value modules that need
neither torch nor pxr.
"""

from typing import TYPE_CHECKING

import lazy_loader as lazy

if TYPE_CHECKING:
    from inspector.session.session import Session as Session

__getattr__, __dir__, __all__ = lazy.attach(__name__, submod_attrs={"session": ["Session"]})
