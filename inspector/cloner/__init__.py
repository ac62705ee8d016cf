"""Cloning: plans, strategies, replication. Public names load when they are first used."""

from typing import TYPE_CHECKING

import lazy_loader as lazy

if TYPE_CHECKING:
    from inspector.cloner.layout import grid_transforms
    from inspector.cloner.plan import ClonePlan, make_clone_plan
    from inspector.cloner.strategies import CloneStrategy, random, sequential

__all__ = [
    "ClonePlan",
    "CloneStrategy",
    "grid_transforms",
    "make_clone_plan",
    "random",
    "sequential",
]

__getattr__, __dir__, _ = lazy.attach(
    __name__,
    submod_attrs={
        "layout": ["grid_transforms"],
        "plan": ["ClonePlan", "make_clone_plan"],
        "strategies": ["CloneStrategy", "random", "sequential"],
    },
)
