"""Newton as an engine: its MuJoCo solver for equal worlds, XPBD for mixed ones, particles and cloth.

The package is called like the library that it drives; imports are absolute, so that neither hides
the other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import lazy_loader as lazy

if TYPE_CHECKING:
    from inspector.physics.newton.backend import NewtonBackend
    from inspector.physics.newton.replicate import newton_physics_replicate

__all__ = ["NewtonBackend", "newton_physics_replicate"]
__getattr__, __dir__, _ = lazy.attach(
    __name__,
    submod_attrs={
        "backend": ["NewtonBackend"],
        "replicate": ["newton_physics_replicate"],
    },
)
