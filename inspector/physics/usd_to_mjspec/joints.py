"""Joints, limits and drives as MuJoCo has them.

A child body stands in the model exactly where USD puts it; the joint coordinate of that pose is
the joint's reference, so that coordinates, limits and drive targets keep their USD meaning.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from inspector.physics.native import Desc, MjsBody, MjSpec, mujoco
from inspector.physics.poses import (
    Floats,
    angle_of,
    compose,
    conjugate,
    invert,
    multiply,
    pose,
    rotate,
)
from inspector.physics.usd_to_mjspec.joint_options import apply_passive
from inspector.physics.usd_to_mjspec.motions import (
    Drive,
    Motion,
    MotionKind,
    elementary,
    forward,
    motions_of,
    solve,
)
from inspector.physics.usd_to_mjspec.parse import PhysicsPrims
from inspector.physics.usd_to_mjspec.tree import Link
from inspector.utils.states import Severity

_POSITION_TOLERANCE = 1e-4
"""Authored anchors are single precision; less than this [m] is not a disagreement."""
_ANGLE_TOLERANCE = 1e-3
_UNLIMITED = 1e6
"""Stands for infinity in a one-sided limit."""


@dataclass(frozen=True, eq=False)
class PlacedJoint:
    """A joint whose coordinates follow from the poses of its two bodies.

    Attributes:
        path: Prim path of the joint.
        body0: First body, empty for the world.
        body1: Second body, empty for the world.
        frame0: Pose of frame 0 in body 0 (in the model when body 0 is the world), SI, shape [7].
        frame1: Pose of frame 1 in body 1 (in the model when body 1 is the world), SI, shape [7].
        motions: What it allows.
        names: Names of the MuJoCo joints, one per motion.
        reference: Coordinates of the authored pose, shape [len(motions)].
    """

    path: str
    body0: str
    body1: str
    frame0: Floats
    frame1: Floats
    motions: tuple[Motion, ...]
    names: tuple[str, ...]
    reference: Floats

    def coordinates(self, pose0: Floats, pose1: Floats) -> Floats:
        """Return joint coordinates for poses of the bodies (identity for the world).

        Args:
            pose0: Poses of body 0 in the model frame, SI, shape [..., 7].
            pose1: Poses of body 1 in the model frame, SI, shape [..., 7].

        Returns:
            Coordinates, shape [..., len(motions)].
        """
        return solve(self.motions, _relative(self, pose0, pose1))


def model_frames(prims: PhysicsPrims, joint: Desc) -> tuple[Floats, Floats]:
    """Return frames 0 and 1 of a joint in SI, shape [7]: in their body, or in the model.

    A side without a body is the world, whose frame is in the model.

    Args:
        prims: Parsed prims.
        joint: Joint description.
    """
    frames: list[Floats] = []
    for side in (0, 1):
        position = getattr(joint, f"localPose{side}Position")
        rotation = getattr(joint, f"localPose{side}Orientation")
        local = pose(position, [*rotation.GetImaginary(), rotation.GetReal()])
        if not str(getattr(joint, f"body{side}")):
            local = compose(invert(prims.frame_of(str(joint.primPath))), local)
        local[:3] *= prims.units.meters
        frames.append(local)
    return frames[0], frames[1]


def place_joint(
    prims: PhysicsPrims, joint: Desc, poses: dict[str, Floats], *, closes: bool = False
) -> PlacedJoint:
    """Find the coordinates of a joint at the authored poses.

    Args:
        prims: Parsed prims.
        joint: Joint description.
        poses: Authored poses of the bodies in the model frame, SI, shape [7]; ``""`` is the world.
        closes: Whether it becomes a constraint, which pulls; in a tree a fixed joint only holds its
            body where that is.

    Returns:
        The joint. One that is held by the world and was copied to a place where its world anchor
        does not belong is anchored where its body stands.
    """
    frame0, frame1 = model_frames(prims, joint)
    motions = motions_of(joint, prims.units)
    path, body0, body1 = str(joint.primPath), str(joint.body0), str(joint.body1)
    names = (path,) if len(motions) == 1 else tuple(f"{path}:{m.suffix}" for m in motions)
    placed = PlacedJoint(path, body0, body1, frame0, frame1, motions, names, np.zeros(len(motions)))
    relative = _relative(placed, poses[body0], poses[body1])
    holds = bool(motions) or closes
    if (not body0 or not body1) and holds and _disagrees(motions, relative):
        prims.reports.add(
            "joint-world-anchor",
            path,
            f"{path} is anchored in the world away from its body; it is simulated as anchored "
            "where the body stands.",
            Severity.INFO,
        )
        if body0:
            frame1 = compose(poses[body0], frame0)
        else:
            frame0 = compose(poses[body1], frame1)
        relative = pose()
    reference = _coordinates(motions, relative)
    return PlacedJoint(path, body0, body1, frame0, frame1, motions, names, reference)


def child_pose(placed: PlacedJoint, link: Link, poses: dict[str, Floats]) -> tuple[Floats, float]:
    """Return where a joint allows its child to be, and how far [m] that is from the USD pose.

    Args:
        placed: Joint to the parent.
        link: The child's link.
        poses: Poses in the model frame, SI, shape [7]; the parent's is final.
    """
    authored = poses[link.body]
    if any(motion.kind is MotionKind.BALL for motion in placed.motions):
        free = [m.axis for m in placed.motions if m.kind is MotionKind.SLIDE]
        allowed = _relative(placed, poses[placed.body0], poses[placed.body1])
        allowed[:3] *= np.isin(np.arange(3), free)
    else:
        allowed = forward(placed.motions, placed.reference)
    if link.reverse:
        frames = compose(compose(placed.frame1, invert(allowed)), invert(placed.frame0))
    else:
        frames = compose(compose(placed.frame0, allowed), invert(placed.frame1))
    found = compose(poses[link.parent], frames)
    moved = float(np.linalg.norm(found[:3] - authored[:3]))
    turned = float(angle_of(multiply(conjugate(authored[3:]), found[3:])))
    if moved < _POSITION_TOLERANCE and turned < _ANGLE_TOLERANCE:
        return authored, 0.0
    return found, max(moved, 1e-9)


def add_joints(
    spec: MjSpec, body: MjsBody, placed: PlacedJoint, link: Link, prims: PhysicsPrims
) -> list[tuple[str, float, bool]]:
    """Add a joint's motions and drives to its child body.

    Args:
        spec: Spec that takes the actuators.
        body: Child body.
        placed: Joint to the parent.
        link: The child's link.
        prims: Parsed prims.

    Returns:
        Per actuator: the joint it drives, its target, and whether its gains are accelerations.
    """
    order = list(range(len(placed.motions)))
    after = invert(placed.frame0 if link.reverse else placed.frame1)
    if not link.reverse:
        order.reverse()
    # The chain is walked from the child up: each axis is fixed in what comes after it.
    axes: dict[int, tuple[Floats, Floats]] = {}
    for index in order:
        motion = placed.motions[index]
        to_body = invert(after)
        sign = -1.0 if link.reverse else 1.0
        axes[index] = sign * rotate(to_body[3:], np.eye(3)[motion.axis]), to_body[:3]
        if motion.kind is not MotionKind.BALL:
            step = elementary(motion, float(placed.reference[index]))
            after = compose(invert(step) if link.reverse else step, after)
    drives: list[tuple[str, float, bool]] = []
    for index in reversed(order):
        motion = placed.motions[index]
        _add_motion(body, placed, index, axes[index], prims)
        if motion.drive is not None:
            name = placed.names[index]
            target = _add_drive(spec, name, motion.drive)
            drives.append((name, target, motion.drive.acceleration))
    return drives


def _add_motion(
    body: MjsBody,
    placed: PlacedJoint,
    index: int,
    axis: tuple[Floats, Floats],
    prims: PhysicsPrims,
) -> None:
    motion = placed.motions[index]
    joint = body.add_joint(name=placed.names[index])
    joint.axis, joint.pos = axis
    joint.type = {
        MotionKind.SLIDE: mujoco.mjtJoint.mjJNT_SLIDE,
        MotionKind.HINGE: mujoco.mjtJoint.mjJNT_HINGE,
        MotionKind.BALL: mujoco.mjtJoint.mjJNT_BALL,
    }[motion.kind]
    if motion.limited and motion.kind is not MotionKind.BALL:
        joint.limited = mujoco.mjtLimited.mjLIMITED_TRUE
        joint.range = [max(motion.low, -_UNLIMITED), min(motion.high, _UNLIMITED)]
    if motion.kind is not MotionKind.BALL:
        joint.ref = joint.springref = float(placed.reference[index])
    apply_passive(prims, placed.path, motion, joint)


def _add_drive(spec: MjSpec, joint: str, drive: Drive) -> float:
    """Add F = k (x* - x) + d (v* - v); the actuator's control is x*, or v* without stiffness."""
    actuator = spec.add_actuator(name=joint)
    actuator.target = joint
    actuator.trntype = mujoco.mjtTrn.mjTRN_JOINT
    actuator.gaintype = mujoco.mjtGain.mjGAIN_FIXED
    actuator.biastype = mujoco.mjtBias.mjBIAS_AFFINE
    gain, bias = np.zeros(len(actuator.gainprm)), np.zeros(len(actuator.biasprm))
    by_position = drive.stiffness != 0.0
    gain[0] = drive.stiffness if by_position else drive.damping
    bias[:3] = (
        drive.damping * drive.velocity if by_position else 0.0,
        -drive.stiffness,
        -drive.damping,
    )
    actuator.gainprm, actuator.biasprm = gain, bias
    if math.isfinite(drive.max_force):
        actuator.forcelimited = mujoco.mjtLimited.mjLIMITED_TRUE
        actuator.forcerange = [-drive.max_force, drive.max_force]
    return drive.position if by_position else drive.velocity


def _relative(placed: PlacedJoint, pose0: Floats, pose1: Floats) -> Floats:
    """Pose of frame 1 in frame 0; frames of the world are in the model already."""
    one = compose(pose1, np.broadcast_to(placed.frame1, pose1.shape))
    zero = compose(pose0, np.broadcast_to(placed.frame0, pose0.shape))
    return compose(invert(zero), one)


def _coordinates(motions: tuple[Motion, ...], relative: Floats) -> Floats:
    """Coordinates of the motions that have one number; a ball joint's is zero at the authored."""
    if any(motion.kind is MotionKind.BALL for motion in motions):
        slides = tuple(m for m in motions if m.kind is MotionKind.SLIDE)
        return np.append(solve(slides, relative), 0.0)
    return solve(motions, relative)


def _disagrees(motions: tuple[Motion, ...], relative: Floats) -> bool:
    if any(motion.kind is MotionKind.BALL for motion in motions):
        free = [m.axis for m in motions if m.kind is MotionKind.SLIDE]
        return bool(np.abs(np.delete(relative[:3], free)).max(initial=0.0) > _POSITION_TOLERANCE)
    allowed = forward(motions, solve(motions, relative))
    moved = np.linalg.norm(allowed[:3] - relative[:3])
    turned = angle_of(multiply(conjugate(allowed[3:]), relative[3:]))
    return bool(moved > _POSITION_TOLERANCE or turned > _ANGLE_TOLERANCE)
