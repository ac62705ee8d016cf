"""What physics cannot begin with: poses in USD that are NaN, infinite or next to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from pxr import Usd

from inspector.errors import NotFiniteError
from inspector.usd.path_table import GLOBAL_ENV

if TYPE_CHECKING:
    from inspector.fabric.scene_tables import SceneTables

_MOST = 1e30
"""Products of larger numbers overflow in an engine."""
_SIMULATED = frozenset(("PhysicsRigidBodyAPI", "PhysicsCollisionAPI"))


def check_finite_start(stage: Usd.Stage, tables: SceneTables) -> None:
    """Refuse to play bodies and colliders whose pose is no pose.

    Args:
        stage: The stage.
        tables: Prims and world matrices of the stage, up to date.

    Raises:
        NotFiniteError: The world transform of a body or a collider is NaN, infinite or so large
            that an engine cannot compute with it.
    """
    cache, prims = tables.world_cache, tables.prims
    # Not a number is not below a bound either.
    for row in np.flatnonzero(~(np.abs(cache.world) < _MOST).all(axis=(1, 2))).tolist():
        index = int(cache.hierarchy.prims[row])
        prim = stage.GetPrimAtPath(prims.usd_path(index) or "/")
        if _SIMULATED.isdisjoint(map(str, prim.GetAppliedSchemas())):
            continue
        env_id, path = int(prims.env_id[index]), prims.path(index)
        place = "" if env_id == GLOBAL_ENV else f" in environment {env_id}"
        size = f", or above {_MOST:g}" if np.isfinite(cache.world[row]).all() else ""
        raise NotFiniteError(
            f"The pose of {path}{place} is not finite in USD{size}, and physics cannot begin there.",
            where=path,
            todo="Author finite transforms of this prim and those above it, then play.",
        )
