"""Contacts of a MuJoCo batch, whose contact lists live in memory that the batch shares out.

A batch keeps how many contacts each environment has, and nothing else of them; the contacts of the
environments that are asked for are computed again from their states, which leaves those alone.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from inspector.physics.contacts import ContactTable
from inspector.physics.native import MjData, MjModel, mujoco
from inspector.physics.poses import rotate
from inspector.physics.recipe_batch import RecipeBatch

_PER_ENVIRONMENT = ("body_pos", "body_quat", "opt.gravity", "actuator_biasprm")


def read_contacts(
    group: RecipeBatch, first_row: int, limit: int, env_ids: NDArray[np.integer] | None = None
) -> ContactTable:
    """Return contacts of one recipe, environment by environment.

    Args:
        group: Environments of the recipe.
        first_row: Row of the body table where the recipe's bodies begin.
        limit: Number of contacts after which no further environment is read.
        env_ids: Environments to read; ``None`` for all.
    """
    touching = group.contact_counts() > 0
    if env_ids is not None:
        touching &= np.isin(group.env_ids, env_ids)
    model: MjModel = group.batch.model
    data = mujoco.MjData(model)
    own_model = any(group.batch.expanded(name) is not None for name in _PER_ENVIRONMENT)
    if own_model:
        model = group.batch.get_model(0)
    parts: list[ContactTable] = []
    found = 0
    for env in np.flatnonzero(touching).tolist():
        if found >= limit:
            break
        if own_model:
            group.batch.get_model(env, model)
        group.batch.get_data(env, data)
        mujoco.mj_forward(model, data)
        parts.append(_contacts(group, model, data, env, first_row))
        found += len(parts[-1])
    return ContactTable.joined(parts, limit)


def _contacts(
    group: RecipeBatch, model: MjModel, data: MjData, env: int, first_row: int
) -> ContactTable:
    contact, count = data.contact, int(data.ncon)
    forces, wrench = np.zeros(count), np.zeros(6)
    for index in range(count):
        mujoco.mj_contactForce(model, data, index, wrench)
        forces[index] = wrench[0]
    frame = group.frames[env]
    per_env = len(group.translation.bodies)
    bodies = model.geom_bodyid[np.reshape(contact.geom, (-1, 2))].astype(np.int32) - 1
    moving = (bodies >= 0) & (bodies < per_env)
    return ContactTable(
        positions=frame[:3] + rotate(frame[3:], np.reshape(contact.pos, (-1, 3)) / group.meters),
        normals=rotate(frame[3:], np.reshape(contact.frame, (-1, 9))[:, :3]),
        forces=forces,
        env_id=np.full(count, group.env_ids[env], np.int32),
        bodies=np.where(moving, bodies + np.int32(first_row + env * per_env), np.int32(-1)),
    )
