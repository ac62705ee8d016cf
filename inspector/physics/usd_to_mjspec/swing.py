"""Limits of how far one direction may turn from another, as tendons.

Two points at the same distance from a joint, one on each body, are 2 r sin(angle / 2) apart. A limit of
that length is a limit of the angle, whatever else the joint lets turn: the cone of a spherical joint,
and the limits of a hinge that closes a loop and so has no coordinate of its own.
"""

from __future__ import annotations

import math

import numpy as np

from inspector.physics.native import MjSpec, mujoco
from inspector.physics.poses import Floats, about, compose, pose, rotate
from inspector.physics.usd_to_mjspec.joints import PlacedJoint
from inspector.physics.usd_to_mjspec.motions import Motion

_REACH = 1.0
"""Distance of the two points from the joint [m]."""


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
