"""Limits of how far one direction may turn from another, as tendons.

Two points at the same distance from a joint, one on each body, are 2 r sin(angle / 2) apart. A limit of
that length is a limit of the angle, whatever else the joint lets turn: the cone of a spherical joint,
and the limits of a hinge that closes a loop and so has no coordinate of its own.
"""

from __future__ import annotations

import math

import numpy as np

from inspector.physics.native import MjModel, MjSpec, mujoco
from inspector.physics.poses import Floats, about, compose, pose, rotate
from inspector.physics.usd_to_mjspec.joints import PlacedJoint
from inspector.physics.usd_to_mjspec.motions import Motion

_REACH = 1.0
"""Distance of the two points from the joint [m]."""
_SLACK = 1e-5
"""Points this close [m] part in any direction."""
_FELT = 1e-6
"""Part of the greatest mobility below which points cannot part in a direction."""


def add_cone(spec: MjSpec, placed: PlacedJoint, motion: Motion) -> None:
    """Keep the axis of a spherical joint within a cone; it may twist freely.

    Args:
        spec: Spec that has both bodies.
        placed: The joint.
        motion: Its ball motion with the cone's angle as upper limit.
    """
    if motion.high < math.pi:
        axis = np.eye(3)[motion.axis]
        _add(spec, placed, "cone", (axis, axis), motion.high)


def add_turn_limit(spec: MjSpec, placed: PlacedJoint, motion: Motion) -> bool:
    """Limit a hinge that closes a loop.

    Args:
        spec: Spec that has both bodies.
        placed: The joint.
        motion: Its hinge motion.

    Returns:
        Whether such a limit can be held: it has two sides, less than a turn apart.
    """
    half = 0.5 * (motion.high - motion.low)
    if not half < math.pi:
        return not motion.limited
    across = np.eye(3)[(motion.axis + 1) % 3]
    middle = about(np.eye(3)[motion.axis], 0.5 * (motion.high + motion.low))
    _add(spec, placed, "limit", (rotate(middle, across), across), half)
    return True


def weigh_slack_tendons(model: MjModel) -> None:
    """Tell MuJoCo how hard it is to move tendons whose two points begin at the same place.

    Their length has no direction there, and MuJoCo takes one by rounding: a limit would be soft or
    stiff by chance. What counts is the mean over the directions in which the points can part.

    Args:
        model: The compiled model; ``tendon_invweight0`` is changed.
    """
    slack = np.flatnonzero(model.tendon_length0 < _SLACK)
    if not len(slack) or not model.nv:
        return
    data = mujoco.MjData(model)
    mujoco.mj_forward(model, data)
    for tendon in slack.tolist():
        first = int(model.tendon_adr[tendon])
        ends = np.zeros((2, 3, model.nv))
        for end, site in zip(ends, model.wrap_objid[first : first + 2].tolist(), strict=True):
            mujoco.mj_jacSite(model, data, end, None, site)
        apart = np.ascontiguousarray(ends[1] - ends[0])
        yielding = np.zeros_like(apart)
        mujoco.mj_solveM(model, data, yielding, apart)
        weights = np.linalg.eigvalsh(apart @ yielding.T)
        felt = weights[weights > _FELT * weights.max(initial=0.0)]
        model.tendon_invweight0[tendon] = felt.mean() if len(felt) else 0.0


def _add(
    spec: MjSpec, placed: PlacedJoint, what: str, arms: tuple[Floats, Floats], angle: float
) -> None:
    tendon = spec.add_tendon(name=f"{placed.path}:{what}")
    sides = ((placed.body0, placed.frame0), (placed.body1, placed.frame1))
    for side, ((body, frame), arm) in enumerate(zip(sides, arms, strict=True)):
        site = spec.body(body or "world").add_site(name=f"{placed.path}:{what}:{side}")
        site.pos = compose(frame, pose(_REACH * arm))[:3]
        tendon.wrap_site(site.name)
    tendon.limited = mujoco.mjtLimited.mjLIMITED_TRUE
    tendon.range = [-_REACH, 2.0 * _REACH * math.sin(0.5 * angle)]
