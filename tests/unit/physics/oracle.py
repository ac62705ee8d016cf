"""The same stage as two importers understand it, in one form: ours and Newton's."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from pxr import Usd

from inspector.physics.native import mujoco
from inspector.physics.poses import compose, rotate, rotation_matrices, xyzw
from tests.unit.physics.scenes import play

UNLIMITED = 1e5


@dataclass(frozen=True)
class Body:
    mass: float
    center: np.ndarray
    inertia: np.ndarray
    pose: np.ndarray


@dataclass(frozen=True)
class Axis:
    """One degree of freedom, in world axes at the authored pose."""

    turns: bool
    axis: np.ndarray
    low: float
    high: float
    stiffness: float
    damping: float
    target: float
    speed: float
    effort: float
    armature: float


@dataclass(frozen=True)
class Joint:
    kind: str
    parent: str
    child: str
    anchor: np.ndarray
    axes: tuple[Axis, ...] = ()
    position: tuple[float, ...] = ()
    distance: tuple[float, float] | None = None


@dataclass(frozen=True)
class Facts:
    bodies: Mapping[str, Body]
    joints: Mapping[str, Joint] = field(default_factory=dict)
    welds: frozenset[tuple[str, str]] = frozenset()


def ours(stage: Usd.Stage) -> Facts:
    """What our translation makes of a stage in metres and kilograms with Z up."""
    backend, _ = play(stage)
    translation = backend._groups[0].translation
    model = translation.model
    data = mujoco.MjData(model)
    mujoco.mj_kinematics(model, data)
    names = ("", *translation.bodies)
    bodies = {}
    for index, path in enumerate(translation.bodies, start=1):
        turn = rotation_matrices(xyzw(np.array(model.body_iquat[index])))
        bodies[path] = Body(
            float(model.body_mass[index]),
            np.array(model.body_ipos[index]),
            turn @ np.diag(model.body_inertia[index]) @ turn.T,
            np.concatenate([data.xpos[index], xyzw(data.xquat[index])]),
        )
    joints = {}
    for slot in translation.joints:
        joint = slot.joint
        ids = [int(model.joint(name).id) for name in joint.names]
        child = int(model.jnt_bodyid[ids[0]])
        ball = model.jnt_type[ids[-1]] == mujoco.mjtJoint.mjJNT_BALL
        single = (
            "revolute" if model.jnt_type[ids[0]] == mujoco.mjtJoint.mjJNT_HINGE else "prismatic"
        )
        kind = "ball" if ball and len(ids) == 1 else single if len(ids) == 1 else "d6"
        joints[joint.path] = Joint(
            kind,
            names[int(model.body_parentid[child])]
            if model.body_parentid[child] < len(names)
            else "",
            names[child],
            np.array(data.xanchor[ids[0]]),
            () if ball else tuple(_our_axis(translation, data, i) for i in ids),
            () if ball else tuple(float(translation.positions[a]) for a in slot.addresses),
        )
    for index in range(model.ntendon):
        path = model.tendon(index).name
        if path in stage_joints(stage, "PhysicsDistanceJoint"):
            joints[path] = _our_distance(model, data, names, path)
    welds = frozenset(
        (names[int(model.body_parentid[i])], path)
        for i, path in enumerate(translation.bodies, start=1)
        if model.body_jntnum[i] == 0 and model.body_mocapid[i] < 0
    )
    return Facts(bodies, joints, welds)


def stage_joints(stage: Usd.Stage, kind: str) -> set[str]:
    return {str(prim.GetPath()) for prim in stage.Traverse() if prim.GetTypeName() == kind}


def _our_distance(model, data, names: tuple[str, ...], path: str) -> Joint:
    ends = [model.site(f"{path}:{side}") for side in (0, 1)]
    owners = [names[int(end.bodyid[0])] for end in ends]
    turn = rotation_matrices(xyzw(data.xquat[int(ends[0].bodyid[0])]))
    anchor = data.xpos[int(ends[0].bodyid[0])] + turn @ ends[0].pos
    low, high = model.tendon_range[model.tendon(path).id].tolist()
    return Joint("distance", owners[0], owners[1], anchor, distance=(low, high))


def _our_axis(translation, data, index: int) -> Axis:
    model = translation.model
    name = model.joint(index).name
    limited = bool(model.jnt_limited[index])
    stiffness = damping = target = speed = 0.0
    effort = math.inf
    for a in range(model.nu):
        if model.actuator(a).name != name:
            continue
        stiffness, damping = (
            -float(model.actuator_biasprm[a, 1]),
            -float(model.actuator_biasprm[a, 2]),
        )
        if stiffness:
            target = float(translation.controls[a])
            speed = float(model.actuator_biasprm[a, 0]) / damping if damping else 0.0
        else:
            speed = float(translation.controls[a])
        if model.actuator_forcelimited[a]:
            effort = float(model.actuator_forcerange[a, 1])
    return Axis(
        bool(model.jnt_type[index] == mujoco.mjtJoint.mjJNT_HINGE),
        np.array(data.xaxis[index]),
        float(model.jnt_range[index, 0]) if limited else -math.inf,
        float(model.jnt_range[index, 1]) if limited else math.inf,
        stiffness,
        damping,
        target,
        speed,
        effort,
        float(model.dof_armature[model.jnt_dofadr[index]]),
    )


def newtons(stage: Usd.Stage) -> Facts:
    """What Newton's importer makes of it; it compiles nothing."""
    import newton

    builder = newton.ModelBuilder()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        resolvers = [newton.usd.SchemaResolverNewton(), newton.usd.SchemaResolverPhysx()]
        builder.add_usd(stage, schema_resolvers=resolvers)
    labels = list(builder.body_label)
    bodies = {
        label: Body(
            float(builder.body_mass[i]),
            np.array(builder.body_com[i], np.float64),
            np.array(builder.body_inertia[i], np.float64).reshape(3, 3),
            np.array(builder.body_q[i], np.float64),
        )
        for i, label in enumerate(labels)
    }
    kinds = {
        newton.JointType.REVOLUTE: "revolute", newton.JointType.PRISMATIC: "prismatic",
        newton.JointType.BALL: "ball", newton.JointType.FIXED: "fixed",
        newton.JointType.D6: "d6", newton.JointType.DISTANCE: "distance",
    }  # fmt: skip
    joints, welds = {}, set()
    for i, label in enumerate(builder.joint_label):
        kind = kinds.get(newton.JointType(builder.joint_type[i]))
        if kind is None:
            continue
        parent, child = builder.joint_parent[i], builder.joint_child[i]
        if kind == "fixed":
            welds.add((labels[parent] if parent >= 0 else "", labels[child]))
            continue
        frame = np.array(builder.joint_X_p[i], np.float64)
        if parent >= 0:
            frame = compose(np.array(builder.body_q[parent], np.float64), frame)
        start = builder.joint_qd_start[i]
        count = sum(builder.joint_dof_dim[i])
        coordinate = builder.joint_q_start[i]
        distance = None
        if kind == "distance":
            distance = (
                float(builder.joint_limit_lower[start]),
                float(builder.joint_limit_upper[start]),
            )
        listed = kind in {"revolute", "prismatic", "d6"}
        joints[label] = Joint(
            kind,
            labels[parent] if parent >= 0 else "",
            labels[child],
            frame[:3],
            tuple(
                _newton_axis(
                    builder,
                    d,
                    coordinate + d - start,
                    d - start >= builder.joint_dof_dim[i][0],
                    frame,
                )
                for d in (range(start, start + count) if listed else ())
            ),
            tuple(builder.joint_q[coordinate : coordinate + count]) if listed else (),
            distance,
        )
    return Facts(bodies, joints, frozenset(welds))


def _newton_axis(builder, d: int, coordinate: int, turns: bool, frame: np.ndarray) -> Axis:
    low, high = float(builder.joint_limit_lower[d]), float(builder.joint_limit_upper[d])
    return Axis(
        turns,
        rotate(frame[3:], np.array(builder.joint_axis[d], np.float64)),
        low if low > -UNLIMITED else -math.inf,
        high if high < UNLIMITED else math.inf,
        float(builder.joint_target_ke[d]),
        float(builder.joint_target_kd[d]),
        float(builder.joint_target_q[coordinate]),
        float(builder.joint_target_qd[d]),
        min(float(builder.joint_effort_limit[d]), math.inf),
        float(builder.joint_armature[d]),
    )


def deviations(one: Facts, other: Facts) -> dict[str, float]:
    """How far two readings of a stage are apart, by quantity; joints must be the same ones.

    Masses, inertias, gains and efforts are relative, lengths in metres, angles in radians.
    """
    found = dict.fromkeys(
        ("mass", "centre", "inertia", "pose", "anchor", "axis", "limit", "gain", "target", "state"),
        0.0,
    )

    def far(name: str, a, b, scale: float = 1.0) -> None:
        a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
        with np.errstate(invalid="ignore"):
            difference = np.where(a == b, 0.0, np.abs(a - b))
        found[name] = max(found[name], float(difference.max(initial=0.0)) / scale)

    for path, body in one.bodies.items():
        twin = other.bodies[path]
        far("mass", body.mass, twin.mass, twin.mass)
        far("centre", body.center, twin.center)
        far("inertia", body.inertia, twin.inertia, np.abs(twin.inertia).max())
        far("pose", body.pose[:3], twin.pose[:3])
        far("pose", abs(body.pose[3:] @ twin.pose[3:]), 1.0)
    for path, joint in one.joints.items():
        twin = other.joints[path]
        far("anchor", joint.anchor, twin.anchor)
        far("state", joint.position, twin.position)
        if joint.distance is not None:
            far("limit", joint.distance, twin.distance)
        for axis, its in zip(joint.axes, twin.axes, strict=True):
            far("axis", axis.axis, its.axis)
            far("limit", (axis.low, axis.high), (its.low, its.high))
            for gain in ("stiffness", "damping"):
                a, b = getattr(axis, gain), getattr(its, gain)
                far("gain", a, b, max(abs(b), 1e-9))
            far("gain", axis.armature, its.armature, max(its.armature, 1e-9))
            if axis.stiffness or axis.damping:
                far("gain", axis.effort, its.effort, 1.0 if math.isinf(its.effort) else its.effort)
                far("target", (axis.target, axis.speed), (its.target, its.speed))
    return found
