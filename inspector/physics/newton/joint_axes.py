"""The axes of one joint as Newton has them: slides in the parent's frame, then turns one by one."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from inspector.physics.native import MjModel, mujoco
from inspector.physics.poses import IDENTITY, Floats, about, compose, invert, pose, xyzw
from inspector.physics.usd_to_mjspec.motions import MotionKind
from inspector.physics.usd_to_mjspec.parse import Reports
from inspector.physics.usd_to_mjspec.translate import JointSlot, Translation


def _none() -> Floats:
    return np.empty((0, 3))


@dataclass(frozen=True, eq=False)
class Axes:
    """Degrees of freedom of one kind.

    Attributes:
        joints: MuJoCo's joint of each.
        directions: Axes in the parent's anchor frame, shape [n, 3].
    """

    joints: tuple[int, ...] = ()
    directions: Floats = field(default_factory=_none)


@dataclass(frozen=True, eq=False)
class JointAxes:
    """What holds a body to its parent.

    Attributes:
        path: Prim path of the joint, empty for bodies that are part of their parent.
        in_parent: Pose of the anchor frame in the parent, shape [7].
        in_child: Pose of the anchor frame in the child, shape [7].
        linear: Slides.
        angular: Turns.
        ball: Whether it turns about all axes at once.
    """

    path: str
    in_parent: Floats
    in_child: Floats
    linear: Axes = field(default_factory=Axes)
    angular: Axes = field(default_factory=Axes)
    ball: bool = False

    @property
    def order(self) -> tuple[int, ...]:
        """MuJoCo's joints in the order of Newton's coordinates."""
        return self.linear.joints + self.angular.joints


def joint_axes(
    translation: Translation, body: int, slot: JointSlot | None, reports: Reports
) -> JointAxes:
    """Return the axes of the joint that holds a body to its parent.

    Args:
        translation: The model.
        body: MuJoCo's number of the body.
        slot: The joint that it came from; ``None`` when nothing moves.
        reports: Takes what Newton cannot represent.
    """
    model: MjModel = translation.model
    rest = np.concatenate([model.body_pos[body], xyzw(np.array(model.body_quat[body]))])
    if slot is None:
        return JointAxes("", rest, IDENTITY)
    first = int(model.jnt_bodyid.tolist().index(body))
    if len(slot.joint.motions) == 1:
        return _one_axis(model, first, rest, slot.joint.path)
    return _chain(model, first, translation.bodies[body - 1], slot, reports)


def _one_axis(model: MjModel, joint: int, rest: Floats, path: str) -> JointAxes:
    """The axis and the anchor of MuJoCo's joint are in the child, where it stands at its reference."""
    anchor = pose(model.jnt_pos[joint])
    axis = np.array(model.jnt_axis[joint], np.float64)
    placed = compose(rest, anchor)
    kind = int(model.jnt_type[joint])
    if kind == mujoco.mjtJoint.mjJNT_BALL:
        return JointAxes(path, placed, anchor, ball=True)
    reference = float(model.qpos0[model.jnt_qposadr[joint]])
    axes = Axes((joint,), axis[None])
    if kind == mujoco.mjtJoint.mjJNT_SLIDE:
        back = pose(-reference * axis)
        return JointAxes(path, compose(placed, back), anchor, linear=axes)
    back = pose(quat_xyzw=about(axis, -reference))
    return JointAxes(path, compose(placed, back), anchor, angular=axes)


def _chain(model: MjModel, first: int, child: str, slot: JointSlot, reports: Reports) -> JointAxes:
    """Several motions in a row, each about or along an axis of the joint's own frames."""
    joint = slot.joint
    by_name = {str(model.joint(first + k).name): first + k for k in range(len(joint.motions))}
    slides = [i for i, m in enumerate(joint.motions) if m.kind is MotionKind.SLIDE]
    turns = [i for i, m in enumerate(joint.motions) if m.kind is MotionKind.HINGE]
    balls = [i for i, m in enumerate(joint.motions) if m.kind is MotionKind.BALL]
    reverse = joint.body0 == child
    if balls or (reverse and slides and turns):
        reports.add(
            "newton-joint-kind",
            joint.path,
            f"{joint.path} slides and turns in a way that Newton's joints lack; it is simulated "
            "without turning.",
        )
        turns = []
    if reverse:
        # Seen from the other body, everything happens backwards and in the other order.
        turns.reverse()
    sign = -1.0 if reverse else 1.0

    def axes(chosen: list[int]) -> Axes:
        directions = [sign * np.eye(3)[joint.motions[i].axis] for i in chosen]
        names = tuple(by_name[joint.names[i]] for i in chosen)
        return Axes(names, np.array(directions).reshape(-1, 3))

    frames = (joint.frame1, joint.frame0) if reverse else (joint.frame0, joint.frame1)
    return JointAxes(joint.path, frames[0], frames[1], axes(slides), axes(turns))


def shifted(joint: Floats, before: Floats, after: Floats) -> Floats:
    """Return anchor frames in the world of joints whose bodies stand elsewhere.

    Args:
        joint: Anchor frame in the world, shape [7].
        before: Where the body stood, shape [7].
        after: Where it stands, shape [..., 7].
    """
    return compose(after, np.broadcast_to(compose(invert(before), joint), after.shape))
