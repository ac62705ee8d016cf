"""From rows of an engine's tables to an asset's places in the engine's memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from inspector.physics.asset_tensors import BodyPart, BodyTensors, JointPart, JointTensors
from inspector.physics.coordinates import Coordinates
from inspector.physics.engine_state import Indices
from inspector.physics.group_tensors import Kind
from inspector.physics.recipe_group import RecipeGroup


def bind_joints(
    groups: Sequence[RecipeGroup],
    models: Sequence[Coordinates],
    offsets: Indices,
    rows: Indices,
) -> JointTensors | None:
    """Find joints in the memory of their engine.

    Args:
        groups: The engine's recipes.
        models: Coordinates of each.
        offsets: Where the rows of each begin, and the end, shape [g + 1].
        rows: Rows of joints, shape [N, J].

    Returns:
        The joints; ``None`` where torch cannot see them or an instance spans environments.
    """
    parts: list[JointPart] = []
    sizes = [len(model.names) for model in models]
    for index, mine, env, joint in _split(offsets, sizes, rows):
        tensors, model = groups[index].tensors(), models[index]
        if tensors is None:
            return None
        qpos, dof = model.qpos[joint], model.dof[joint]
        part = JointPart(groups[index], tensors, mine, env, qpos, dof, model.actuator[joint])
        if any((part.columns(kind) < 0).any() for kind in (Kind.POSITION, Kind.VELOCITY)):
            return None
        parts.append(part)
    if not parts or sum(len(part.instances) for part in parts) < len(rows):
        return None
    return JointTensors(parts, (rows.shape[0], rows.shape[1]))


def bind_bodies(
    groups: Sequence[RecipeGroup], offsets: Indices, rows: Indices
) -> BodyTensors | None:
    """Find bodies in the memory of their engine.

    Args:
        groups: The engine's recipes.
        offsets: Where the rows of each begin, and the end, shape [g + 1].
        rows: Rows of bodies, shape [N, B].

    Returns:
        The bodies; ``None`` where torch cannot see them or an instance spans environments.
    """
    parts: list[BodyPart] = []
    sizes = [len(group.translation.bodies) for group in groups]
    for index, mine, env, body in _split(offsets, sizes, rows):
        tensors = groups[index].tensors()
        if tensors is None:
            return None
        parts.append(BodyPart(groups[index], tensors, mine, env, body))
    if not parts or sum(len(part.instances) for part in parts) < len(rows):
        return None
    return BodyTensors(parts, (rows.shape[0], rows.shape[1]))


def _split(
    offsets: Indices, sizes: Sequence[int], rows: Indices
) -> Iterator[tuple[int, Indices, Indices, Indices]]:
    """Sort instances by recipe; those that are not within one environment are left out.

    Yields:
        The recipe, its instances, their environment in it, and the number of each row in there.
    """
    if rows.size == 0:
        return
    owner = np.searchsorted(offsets, rows, side="right") - 1
    whole = (owner == owner[:, :1]).all(axis=1)
    for index in np.unique(owner[whole]).tolist():
        mine = np.flatnonzero(whole & (owner[:, 0] == index))
        env, number = np.divmod(rows[mine] - offsets[index], sizes[index])
        inside = (env == env[:, :1]).all(axis=1)
        if inside.any():
            yield index, mine[inside], env[inside, 0], number[inside]
