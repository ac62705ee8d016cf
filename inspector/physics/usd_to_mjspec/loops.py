"""Joints that close a loop, as equality constraints, and distance joints."""

from __future__ import annotations

from typing import Any

import numpy as np
from pxr import Usd

from inspector.physics.native import Desc, MjSpec, mujoco
from inspector.physics.poses import Floats, compose, invert, pose, wxyz
from inspector.physics.usd_to_mjspec.joint_options import first_authored
from inspector.physics.usd_to_mjspec.joints import PlacedJoint
from inspector.physics.usd_to_mjspec.motions import MotionKind
from inspector.physics.usd_to_mjspec.parse import PhysicsPrims
from inspector.physics.usd_to_mjspec.swing import add_cone, add_turn_limit
from inspector.utils.states import Severity

_SPRING = "physxPhysicsDistanceJoint:"
_FAR = 1e6
"""Stands for infinity in a distance [m]."""


def add_distance(spec: MjSpec, placed: PlacedJoint, joint: Desc, prims: PhysicsPrims) -> None:
    """Keep two points within a distance of each other, by a tendon with limits or a spring.

    Args:
        spec: Spec that takes the tendon; it has both bodies.
        placed: The joint and its frames.
        joint: Description of the distance joint.
        prims: Parsed prims.
    """
    prim = prims.stage.GetPrimAtPath(placed.path)
    springy = first_authored(prim, _SPRING + "springEnabled")
    if not (joint.minEnabled or joint.maxEnabled):
        prims.reports.add(
            "joint-distance",
            placed.path,
            f"{placed.path} is a distance joint without a least or greatest distance; it does nothing.",
            Severity.INFO,
        )
        return
    meters = prims.units.meters
    tendon = spec.add_tendon(name=placed.path)
    for side, body, frame in ((0, placed.body0, placed.frame0), (1, placed.body1, placed.frame1)):
        site = spec.body(body or "world").add_site(name=f"{placed.path}:{side}")
        site.pos = frame[:3]
        tendon.wrap_site(site.name)
    low = joint.limit.lower * meters if joint.minEnabled else 0.0
    high = joint.limit.upper * meters if joint.maxEnabled else _FAR
    if springy is not None and springy[1]:
        _add_spring(prims, prim, tendon, (low, high))
        return
    tendon.limited = mujoco.mjtLimited.mjLIMITED_TRUE
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
    lost = [m for m in placed.motions if m.drive]
    if not placed.motions:
        _add_equality(spec, mujoco.mjtEq.mjEQ_WELD, names, placed, pose(), 0)
    elif kinds <= {MotionKind.BALL} or (kinds == {MotionKind.HINGE} and len(placed.motions) == 3):
        _add_equality(spec, mujoco.mjtEq.mjEQ_CONNECT, names, placed, pose(), 0)
        lost += [m for m in placed.motions if m.limited and m.kind is MotionKind.HINGE]
        for motion in placed.motions:
            if motion.kind is MotionKind.BALL:
                add_cone(spec, placed, motion)
    elif kinds == {MotionKind.HINGE} and len(placed.motions) == 1:
        # Two points of the axis that stay together are a hinge.
        for index, side in enumerate((-0.05, 0.05)):
            point = pose(side * np.eye(3)[placed.motions[0].axis])
            _add_equality(spec, mujoco.mjtEq.mjEQ_CONNECT, names, placed, point, index)
        if not add_turn_limit(spec, placed, placed.motions[0]):
            lost.append(placed.motions[0])
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
            f"{placed.path} closes a loop; its drives, and limits that go around, are not "
            "simulated.",
        )


def _add_spring(
    prims: PhysicsPrims, prim: Usd.Prim, tendon: Any, rest: tuple[float, float]
) -> None:
    """A springy distance joint pulls towards its range instead of ending there."""
    stiffness = first_authored(prim, _SPRING + "springStiffness")
    damping = first_authored(prim, _SPRING + "springDamping")
    tendon.springlength = list(rest)
    for name, found in (("stiffness", stiffness), ("damping", damping)):
        values = np.array(getattr(tendon, name), np.float64)
        # Force per length: mass over time squared; lengths cancel.
        linear = float(found[1]) * prims.units.kilograms if found is not None else 0.0
        if values.ndim == 0:
            setattr(tendon, name, linear)
        else:
            values[:] = 0.0
            values[0] = linear
            setattr(tendon, name, values)


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
