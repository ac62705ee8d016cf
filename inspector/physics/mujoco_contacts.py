"""Contacts of a MuJoCo batch, whose contact lists live in memory that the batch shares out.

A batch keeps how many contacts each environment has, and nothing else of them; the contacts of the
environments that are asked for are computed again from their states, which leaves those alone.
"""

from __future__ import annotations

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
        rows: Environments to read, rows of the batch.
        first_row: Row of the body table where the recipe's bodies begin.
        limit: Number of contacts after which no further environment is read.
    """
    data = mujoco.MjData(batch.model)
    model: MjModel | None = None
    parts: list[ContactTable] = []
    found = 0
    for row in rows.tolist():
        if found >= limit:
            break
        model = batch.get_model(row, model)
        batch.get_data(row, data)
        mujoco.mj_forward(model, data)
        parts.append(_contacts(group, model, data, row, first_row))
        found += len(parts[-1])
    return ContactTable.joined(parts, limit)


def _contacts(
    group: RecipeGroup, model: MjModel, data: MjData, row: int, first_row: int
) -> ContactTable:
    contact, count = data.contact, int(data.ncon)
    forces, wrench = np.zeros(count), np.zeros(6)
    for index in range(count):
        mujoco.mj_contactForce(model, data, index, wrench)
        forces[index] = wrench[0]
    frame = group.frames[row]
    per_env = len(group.translation.bodies)
    bodies = model.geom_bodyid[np.reshape(contact.geom, (-1, 2))].astype(np.int32) - 1
    moving = (bodies >= 0) & (bodies < per_env)
    return ContactTable(
        positions=frame[:3] + rotate(frame[3:], np.reshape(contact.pos, (-1, 3)) / group.meters),
        normals=rotate(frame[3:], np.reshape(contact.frame, (-1, 9))[:, :3]),
        forces=forces,
        env_id=np.full(count, group.env_ids[row], np.int32),
        bodies=np.where(moving, bodies + np.int32(first_row + row * per_env), np.int32(-1)),
    )
