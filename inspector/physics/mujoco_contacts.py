"""Contacts of a MuJoCo batch, whose contact lists live in memory that the batch shares out.

A batch keeps how many contacts each environment has, and nothing else of them; the contacts of the
environments that are asked for are computed again from their states, which leaves those alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inspector.physics.contacts import ContactTable
from inspector.physics.native import MjData, MjModel, mujoco
from inspector.physics.poses import rotate
from inspector.physics.recipe_group import RecipeGroup


def read_contacts(
    group: RecipeGroup, batch: Any, rows: NDArray[np.int64], first_row: int, limit: int
) -> ContactTable:
    """Return contacts of some environments of a recipe, one after the other.

    Args:
        group: Environments of the recipe.
        batch: Their ``mujoco.batch.Batch``.
        rows: Environments to read, rows of the batch, shape [k].
        first_row: Row of the body table where the recipe's bodies begin.
        limit: Number of contacts after which no further environment is read.
    """
    data = mujoco.MjData(batch.model)
    model: MjModel | None = None
    found: list[_Raw] = []
    count = 0
    for row in rows.tolist():
        if count >= limit:
            break
        model = batch.get_model(row, model)
        batch.get_data(row, data)
        mujoco.mj_forward(model, data)
        if data.ncon:
            found.append(_raw(model, data, row))
            count += len(found[-1].forces)
    return _table(group, found, first_row, limit)


@dataclass(frozen=True, eq=False)
class _Raw:
    """Contacts of one environment as MuJoCo has them."""

    row: int
    points: NDArray[np.float64]
    normals: NDArray[np.float64]
    forces: NDArray[np.float64]
    bodies: NDArray[np.int32]


def _raw(model: MjModel, data: MjData, row: int) -> _Raw:
    contact, count = data.contact, int(data.ncon)
    forces, wrench = np.empty(count), np.zeros(6)
    for index in range(count):
        mujoco.mj_contactForce(model, data, index, wrench)
        forces[index] = wrench[0]
    bodies = model.geom_bodyid[np.reshape(contact.geom, (-1, 2))].astype(np.int32) - 1
    frames = np.reshape(contact.frame, (-1, 9))[:, :3]
    return _Raw(row, np.reshape(contact.pos, (-1, 3)).copy(), frames.copy(), forces, bodies)


def _table(group: RecipeGroup, found: list[_Raw], first_row: int, limit: int) -> ContactTable:
    """Bring the contacts of all environments into the world at once."""
    if not found:
        return ContactTable.joined([], limit)
    row = np.repeat([raw.row for raw in found], [len(raw.forces) for raw in found])
    frame = group.frames[row]
    per_env = len(group.translation.bodies)
    bodies = np.concatenate([raw.bodies for raw in found])
    moving = (bodies >= 0) & (bodies < per_env)
    first = (first_row + row * per_env).astype(np.int32)[:, None]
    points = np.concatenate([raw.points for raw in found]) / group.meters
    table = ContactTable(
        positions=frame[:, :3] + rotate(frame[:, 3:], points),
        normals=rotate(frame[:, 3:], np.concatenate([raw.normals for raw in found])),
        forces=np.concatenate([raw.forces for raw in found]),
        env_id=np.asarray(group.env_ids)[row].astype(np.int32),
        bodies=np.where(moving, bodies + first, np.int32(-1)),
    )
    return ContactTable.joined([table], limit)
