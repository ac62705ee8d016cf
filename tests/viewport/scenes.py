"""Small scenes whose pixels can be foretold."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from inspector.session.snapshot import GeometryTable, InstanceBatch, SceneSnapshot
from tests.helpers.meshes import box_mesh
from tests.helpers.snapshots import make_snapshot

RED, GREEN = (0.9, 0.05, 0.05), (0.05, 0.8, 0.05)


def two_boxes(generation: int = 1, *, shift: float = 0.0) -> SceneSnapshot:
    """A red box at x = shift, a green one at x = 4; nothing else is drawn."""
    base = make_snapshot(2, generation=generation)
    rows = rows_of(base, "/World/envs/env_0/Object", "/World/envs/env_1/Object")
    world = np.tile(np.eye(4), (len(base.transforms), 1, 1))
    world[rows[0], 3, 0], world[rows[1], 3, 0] = shift, 4.0
    colors = np.array([RED, GREEN], np.float32)
    geometry = GeometryTable(
        (box_mesh("box", (1.0, 1.0, 1.0)),), (InstanceBatch(0, rows.astype(np.int32), colors),)
    )
    transforms = replace(base.transforms, usd_world=world, fabric_world=world)
    return replace(base, geometry=geometry, transforms=transforms)


def moved(before: SceneSnapshot, shift: float) -> SceneSnapshot:
    """The next snapshot: only the red box is elsewhere."""
    row = rows_of(before, "/World/envs/env_0/Object")[0]
    world = before.transforms.fabric_world.copy()
    world[row, 3, 0] = shift
    return replace(
        before,
        generation=before.generation + 1,
        transforms=replace(before.transforms, fabric_world=world),
        changed=frozenset({"transforms"}),
    )


def rows_of(snapshot: SceneSnapshot, *paths: str) -> np.ndarray:
    """Transform rows of prim paths."""
    return np.array(
        [snapshot.transforms.row_of_prim(snapshot.prims.find(path)) for path in paths], np.int64
    )
