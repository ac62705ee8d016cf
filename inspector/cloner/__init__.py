"""Cloning: who receives what (plans, strategies, rules) and how it gets onto the stage.

The names load on first use, so that ``inspector.cloner.rules`` needs neither torch nor pxr.
"""

from typing import TYPE_CHECKING

import lazy_loader as lazy

# Bound eagerly on purpose: a lazy attribute would be shadowed by the submodule of that name.
# The replicate functions have such names; their modules therefore import pxr and torch late.
from inspector.cloner.fabric_replicate import fabric_replicate, forget_fabric_clones
from inspector.cloner.usd_replicate import usd_replicate

if TYPE_CHECKING:
    from inspector.cloner.clone_cfg import CloneCfg
    from inspector.cloner.collision_filter import filter_collisions
    from inspector.cloner.difference import replicate_difference
    from inspector.cloner.dry_run import dry_run_difference, dry_run_replicate
    from inspector.cloner.estimate import DryRun
    from inspector.cloner.layout import grid_transforms
    from inspector.cloner.plan import ClonePlan, make_clone_plan
    from inspector.cloner.strategies import random, sequential

_lazy_getattr, __dir__, _names = lazy.attach(
    __name__,
    submod_attrs={
        "clone_cfg": ["CloneCfg"],
        "collision_filter": ["filter_collisions"],
        "difference": ["replicate_difference"],
        "dry_run": ["dry_run_difference", "dry_run_replicate"],
        "estimate": ["DryRun"],
        "layout": ["grid_transforms"],
        "plan": ["ClonePlan", "make_clone_plan"],
        "strategies": ["random", "sequential"],
    },
)
if not TYPE_CHECKING:
    __getattr__ = _lazy_getattr

__all__ = [
    "CloneCfg",
    "ClonePlan",
    "DryRun",
    "dry_run_difference",
    "dry_run_replicate",
    "fabric_replicate",
    "filter_collisions",
    "forget_fabric_clones",
    "grid_transforms",
    "make_clone_plan",
    "random",
    "replicate_difference",
    "sequential",
    "usd_replicate",
]
