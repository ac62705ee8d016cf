"""The velocities at play: of bodies, and of joints whose bodies or state attributes have one."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from inspector.physics.native import Desc, MjData, MjModel, mujoco
from inspector.physics.poses import Floats, rotate, xyzw
from inspector.physics.usd_to_mjspec.parse import PhysicsPrims
from inspector.utils.states import Severity

_LOST = 1e-3
"""Part of the authored speed that joints may take away without a word."""


def initial_velocities(
    prims: PhysicsPrims,
    model: MjModel,
    names: tuple[str, ...],
    positions: Floats,
    stated: dict[int, float],
) -> Floats:
    """Return ``qvel`` at play.

    Velocities of free bodies are taken as they are. Bodies that joints hold move as their authored
    velocities say, as far as the joints allow; bodies in joints that have none authored follow.

    Args:
        prims: Parsed prims.
        model: The compiled model.
        names: Prim paths of bodies 1, 2, … of the model.
        positions: ``qpos`` at play, shape [nq].
        stated: Authored joint velocities by degree of freedom [m/s or rad/s].
    """
    velocities = np.zeros(model.nv)
    for name in names:
        body = prims.bodies[name]
        if not np.isfinite([*body.linearVelocity, *body.angularVelocity]).all():
            prims.reports.add(
                "body-velocity-not-finite",
                name,
                f"{name} has a velocity that is not finite; it begins at rest.",
            )
    moving = [i for i, name in enumerate(names) if _speeds(prims.bodies[name]).any()]
    for index in [i for i in moving if prims.bodies[names[i]].kinematicBody]:
        moving.remove(index)
        prims.reports.add(
            "body-velocity",
            names[index],
            f"{names[index]} is kinematic: it follows its pose, and its velocity has no effect.",
            Severity.INFO,
        )
    if moving and model.nv:
        _follow_bodies(prims, model, names, positions, velocities, np.array(moving))
    for dof, value in stated.items():
        velocities[dof] = value
    return velocities


def _follow_bodies(
    prims: PhysicsPrims,
    model: MjModel,
    names: tuple[str, ...],
    positions: Floats,
    velocities: Floats,
    moving: NDArray[np.int64],
) -> None:
    data = mujoco.MjData(model)
    data.qpos[:] = positions
    mujoco.mj_kinematics(model, data)
    mujoco.mj_comPos(model, data)
    # A free body that says nothing rests, and what hangs from it moves against it.
    free = model.jnt_bodyid[model.jnt_type == mujoco.mjtJoint.mjJNT_FREE] - 1
    trees = model.body_treeid[moving + 1]
    roots = [i for i in free.tolist() if model.body_treeid[i + 1] in trees]
    rows: list[Floats] = []
    wanted: list[Floats] = []
    bodies = sorted({*moving.tolist(), *roots})
    for index in bodies:
        jacobian = np.zeros((2, 3, model.nv))
        mujoco.mj_jacBodyCom(model, data, jacobian[0], jacobian[1], index + 1)
        rows.append(jacobian.reshape(6, -1))
        wanted.append(_in_model(prims, names[index], xyzw(data.xquat[index + 1])))
    matrix, target = np.concatenate(rows), np.concatenate(wanted)
    weights = _weights(model, data, bodies)
    weighed = (weights @ matrix.reshape(-1, 6, model.nv)).reshape(matrix.shape)
    aim = (weights @ target.reshape(-1, 6, 1)).ravel()
    velocities[:] = np.linalg.lstsq(weighed, aim, rcond=1e-9)[0]
    velocities[np.abs(velocities) < 1e-12] = 0.0
    lost = (matrix @ velocities - target).reshape(-1, 6)
    for index, rest, speed in zip(bodies, lost, target.reshape(-1, 6), strict=True):
        if np.linalg.norm(rest) > _LOST * max(1.0, float(np.linalg.norm(speed))):
            prims.reports.add(
                "body-velocity",
                names[index],
                f"{names[index]} has a velocity that its joints do not allow; it begins with the "
                "nearest one that they do.",
            )


def _weights(model: MjModel, data: MjData, bodies: list[int]) -> Floats:
    """What makes the square of a difference in velocity its kinetic energy, shape [b, 6, 6].

    Joints that take a velocity away do so by the smallest impulse: metres per second and radians
    per second have no other common measure.
    """
    result = np.zeros((len(bodies), 6, 6))
    for block, index in zip(result, bodies, strict=True):
        block[:3, :3] = np.sqrt(model.body_mass[index + 1]) * np.eye(3)
        axes = data.ximat[index + 1].reshape(3, 3)
        block[3:, 3:] = np.sqrt(model.body_inertia[index + 1])[:, None] * axes.T
    return result


def _in_model(prims: PhysicsPrims, path: str, turn: Floats) -> Floats:
    """Linear velocity of the centre and spin in the model's axes; USD has both in the body's."""
    speeds = _speeds(prims.bodies[path])
    return np.concatenate(
        [rotate(turn, speeds[:3]) * prims.units.meters, np.radians(rotate(turn, speeds[3:]))]
    )


def _speeds(body: Desc) -> Floats:
    speeds = np.array([*body.linearVelocity, *body.angularVelocity], np.float64)
    return speeds if np.isfinite(speeds).all() else np.zeros(6)
