"""Joints that close a loop, as equality constraints, and distance joints."""

from __future__ import annotations

import numpy as np

from inspector.physics.native import Desc, MjSpec, mujoco
from inspector.physics.poses import Floats, compose, invert, pose, wxyz
from inspector.physics.usd_to_mjspec.joints import PlacedJoint
from inspector.physics.usd_to_mjspec.motions import MotionKind
from inspector.physics.usd_to_mjspec.parse import PhysicsPrims

_FAR = 1e6
"""Stands for infinity in a distance [m]."""


def add_distance(spec: MjSpec, placed: PlacedJoint, joint: Desc, meters: float) -> None:
    """Keep two points within a distance of each other, by a tendon with limits.

    Args:
        spec: Spec that takes the tendon; it has both bodies.
        placed: The joint and its frames.
        joint: Description of the distance joint.
        meters: Metres per stage unit.
    """
    if not (joint.minEnabled or joint.maxEnabled):
        return
    tendon = spec.add_tendon(name=placed.path)
    for side, body, frame in ((0, placed.body0, placed.frame0), (1, placed.body1, placed.frame1)):
        site = spec.body(body or "world").add_site(name=f"{placed.path}:{side}")
        site.pos = frame[:3]
        tendon.wrap_site(site.name)
    tendon.limited = mujoco.mjtLimited.mjLIMITED_TRUE
    low = joint.limit.lower * meters if joint.minEnabled else 0.0
    high = joint.limit.upper * meters if joint.maxEnabled else _FAR
    # MuJoCo wants a range, however narrow.
    tendon.range = [low, max(high, low + 1e-6)]


def add_loop(spec: MjSpec, placed: PlacedJoint, prims: PhysicsPrims) -> None:
    """Close a loop with an equality constraint, or say that it stays open.

    Args:
        spec: Spec that takes the constraint.
        placed: The joint that closes the loop.
        prims: Parsed prims.
    """
    kinds = {motion.kind for motion in placed.motions}
    names = (placed.body0 or "world", placed.body1 or "world")
    lost = [m for m in placed.motions if m.limited or m.drive]
    if not placed.motions:
        _add_equality(spec, mujoco.mjtEq.mjEQ_WELD, names, placed, pose(), 0)
    elif kinds <= {MotionKind.BALL} or (kinds == {MotionKind.HINGE} and len(placed.motions) == 3):
        _add_equality(spec, mujoco.mjtEq.mjEQ_CONNECT, names, placed, pose(), 0)
    elif kinds == {MotionKind.HINGE} and len(placed.motions) == 1:
        # Two points of the axis that stay together are a hinge.
        for index, side in enumerate((-0.05, 0.05)):
            point = pose(side * np.eye(3)[placed.motions[0].axis])
            _add_equality(spec, mujoco.mjtEq.mjEQ_CONNECT, names, placed, point, index)
    else:
        prims.reports.add(
            "joint-loop",
            placed.path,
            f"{placed.path} closes a loop with a joint type that MuJoCo cannot close; the loop "
            "stays open.",
        )
        return
    if lost:
        prims.reports.add(
            "joint-loop-limits",
            placed.path,
            f"{placed.path} closes a loop; its limits and drives are not simulated.",
        )


def _add_equality(
    spec: MjSpec,
    kind: int,
    names: tuple[str, str],
    placed: PlacedJoint,
    point: Floats,
    index: int,
) -> None:
    equality = spec.add_equality(name=f"{placed.path}:{index}" if index else placed.path)
    equality.type = kind
    equality.objtype = mujoco.mjtObj.mjOBJ_BODY
    equality.name1, equality.name2 = names
    data = np.zeros(len(equality.data))
    frame0, frame1 = compose(placed.frame0, point), compose(placed.frame1, point)
    if kind == mujoco.mjtEq.mjEQ_CONNECT:
        # MuJoCo takes the anchor in the first body and finds the second at the reference pose.
        data[:3] = frame0[:3]
    else:
        # The anchor is a point of the second body; the pose is that of the point in the first.
        relative = compose(frame0, invert(frame1))
        data[:3] = frame1[:3]
        data[3:6] = frame0[:3]
        data[6:10] = wxyz(relative[3:])
        data[10] = 1.0
    equality.data = data
