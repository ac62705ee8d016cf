"""The joint coordinates of a model that are one number, which is what scripts call a joint."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from inspector.physics.engine_state import Floats, Indices
from inspector.physics.recipe_group import RecipeGroup
from inspector.physics.usd_to_mjspec.motions import MotionKind


@dataclass(frozen=True, eq=False)
class Coordinates:
    """The coordinates of one model that are one number.

    Attributes:
        names: Joint paths, c of them.
        qpos: Their index in ``qpos``, shape [c].
        dof: Their index in ``qvel``, shape [c].
        actuator: The actuator that drives each, -1 for none, shape [c].
        low: Lower limits [rad or m], shape [c].
        high: Upper limits [rad or m], shape [c].
    """

    names: tuple[str, ...]
    qpos: Indices
    dof: Indices
    actuator: Indices
    low: Floats
    high: Floats


def coordinates_of(group: RecipeGroup) -> Coordinates:
    """Return the coordinates of a group's model."""
    model = group.translation.model
    names, qpos, dof, actuator, low, high = [], [], [], [], [], []
    driven = {int(model.actuator_trnid[a, 0]): a for a in range(model.nu)}
    for slot in group.translation.joints:
        joint = slot.joint
        for motion, name in zip(joint.motions, joint.names, strict=True):
            if motion.kind is MotionKind.BALL:
                continue  # a quaternion, not a number
            index = int(model.joint(name).id)
            several = len(joint.motions) > 1
            names.append(f"{joint.path}:{motion.suffix}" if several else joint.path)
            qpos.append(model.jnt_qposadr[index])
            dof.append(model.jnt_dofadr[index])
            actuator.append(driven.get(index, -1))
            low.append(motion.low)
            high.append(motion.high)
    return Coordinates(
        tuple(names),
        np.array(qpos, np.int64),
        np.array(dof, np.int64),
        np.array(actuator, np.int64),
        np.array(low),
        np.array(high),
    )
