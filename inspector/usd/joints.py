"""Joints and cameras of a stage: each source is read once and tiled over its clones.

The physics reads joints by itself; this is what the window draws of them, also while stopped.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pxr import Gf, Usd, UsdGeom, UsdPhysics

from inspector.usd.clone_groups import alike, prims_of_types
from inspector.usd.joint_rows import CameraRows, JointKind, JointRows
from inspector.usd.path_table import GLOBAL_ENV
from inspector.usd.prim_table import PrimFlag, PrimTable
from inspector.usd.row_hierarchy import RowHierarchy

ONLY_DOF = 255
DOFS = ("transX", "transY", "transZ", "rotX", "rotY", "rotZ")
_TYPES = {
    "PhysicsFixedJoint": JointKind.FIXED,
    "PhysicsRevoluteJoint": JointKind.REVOLUTE,
    "PhysicsPrismaticJoint": JointKind.PRISMATIC,
    "PhysicsSphericalJoint": JointKind.SPHERICAL,
    "PhysicsDistanceJoint": JointKind.DISTANCE,
    "PhysicsJoint": JointKind.FIXED,
}
_OWN_ENV = -2
_APART = 1e-3
"""Anchors that are further apart than this share of the other one's distance were copied."""


@dataclass(frozen=True)
class _Motion:
    kind: JointKind
    axis: int
    lower: float = -math.inf
    upper: float = math.inf
    dof: int = ONLY_DOF


@dataclass(frozen=True, eq=False)
class _Joint:
    """What one source says.

    Attributes:
        motions: Degrees of freedom; one row each.
        bodies: Template of body 0 and 1 (empty: the world) and its env id.
        frames: Local frames of both sides, row-vector, shape [2, 4, 4].
    """

    motions: tuple[_Motion, ...]
    bodies: tuple[tuple[str, int], tuple[str, int]]
    frames: NDArray[np.float64]


def read_joints(
    stage: Usd.Stage,
    prims: PrimTable,
    rows: RowHierarchy,
    usd_world: NDArray[np.float64],
    irregular_envs: Collection[int] = (),
) -> JointRows:
    """Return the joints of all environments.

    Args:
        stage: Stage to read.
        prims: Prims of the stage.
        rows: Their transform rows.
        usd_world: World matrices in USD, row-vector, shape [r, 4, 4].
        irregular_envs: Environments whose clones may differ from the others.

    Returns:
        Enabled joints; an anchor in the world that was copied away from its body stands where the
        body stands, as the engines hold it.
    """
    wanted = prims_of_types(prims, _TYPES)
    wanted = wanted[(prims.flags[wanted] & PrimFlag.ACTIVE) != 0]
    samples, group = alike(prims, wanted, irregular_envs)
    parts: list[JointRows] = []
    for number, sample in enumerate(samples.tolist()):
        path = prims.usd_path(sample)
        joint = _read_joint(stage.GetPrimAtPath(path), prims) if path else None
        if joint is None:
            continue
        mine = wanted[group == number]
        sides = [_rows_of(body, mine, prims, rows) for body in joint.bodies]
        parts += [_tile(joint, motion, mine, sides, prims) for motion in joint.motions]
    return _anchored(_joined(parts), usd_world)


def _read_joint(prim: Usd.Prim, prims: PrimTable) -> _Joint | None:
    joint = UsdPhysics.Joint(prim)
    if not joint or joint.GetJointEnabledAttr().Get() is False:
        return None
    own = prims.paths.split(str(prim.GetPath()))[1]
    bodies: list[tuple[str, int]] = []
    for relation in (joint.GetBody0Rel(), joint.GetBody1Rel()):
        targets = relation.GetTargets()
        if not targets:
            bodies.append(("", GLOBAL_ENV))
            continue
        template, env_id = prims.paths.split(str(targets[0]))
        bodies.append((template, _OWN_ENV if env_id == own != GLOBAL_ENV else env_id))
    frames = np.stack([
        _frame(joint.GetLocalPos0Attr().Get(), joint.GetLocalRot0Attr().Get()),
        _frame(joint.GetLocalPos1Attr().Get(), joint.GetLocalRot1Attr().Get()),
    ])  # fmt: skip
    return _Joint(_motions(prim), (bodies[0], bodies[1]), frames)


def _frame(position: Gf.Vec3f | None, rotation: Gf.Quatf | None) -> NDArray[np.float64]:
    matrix = Gf.Matrix4d(1.0)
    if rotation is not None and rotation.GetLength() > 0:
        matrix.SetRotate(Gf.Quatd(rotation).GetNormalized())
    matrix.SetTranslateOnly(Gf.Vec3d(position or (0.0, 0.0, 0.0)))
    return np.array(matrix)


def _motions(prim: Usd.Prim) -> tuple[_Motion, ...]:
    kind = _TYPES[str(prim.GetTypeName())]
    if kind is JointKind.REVOLUTE:
        joint = UsdPhysics.RevoluteJoint(prim)
        low, high = joint.GetLowerLimitAttr().Get(), joint.GetUpperLimitAttr().Get()
        return (_Motion(kind, _axis(joint.GetAxisAttr()), math.radians(low), math.radians(high)),)
    if kind is JointKind.PRISMATIC:
        joint = UsdPhysics.PrismaticJoint(prim)
        low, high = joint.GetLowerLimitAttr().Get(), joint.GetUpperLimitAttr().Get()
        return (_Motion(kind, _axis(joint.GetAxisAttr()), low, high),)
    if kind is JointKind.SPHERICAL:
        joint = UsdPhysics.SphericalJoint(prim)
        cones = (joint.GetConeAngle0LimitAttr().Get(), joint.GetConeAngle1LimitAttr().Get())
        low, high = (math.radians(cone) if cone >= 0 else math.inf for cone in cones)
        return (_Motion(kind, _axis(joint.GetAxisAttr()), low, high),)
    if kind is JointKind.DISTANCE:
        joint = UsdPhysics.DistanceJoint(prim)
        low, high = joint.GetMinDistanceAttr().Get(), joint.GetMaxDistanceAttr().Get()
        return (_Motion(kind, 0, low if low >= 0 else 0.0, high if high >= 0 else math.inf),)
    if str(prim.GetTypeName()) == "PhysicsFixedJoint":
        return (_Motion(kind, 0),)
    return _free_motions(prim)


def _free_motions(prim: Usd.Prim) -> tuple[_Motion, ...]:
    """Degrees of freedom that a joint without a type of its own leaves; those locked are none."""
    motions: list[_Motion] = []
    for number, name in enumerate(DOFS):
        low, high = -math.inf, math.inf
        if f"PhysicsLimitAPI:{name}" in prim.GetAppliedSchemas():
            limit = UsdPhysics.LimitAPI.Get(prim, name)
            low, high = limit.GetLowAttr().Get(), limit.GetHighAttr().Get()
        if low > high:
            continue
        turns = number >= 3
        scale = math.pi / 180.0 if turns else 1.0
        kind = JointKind.REVOLUTE if turns else JointKind.PRISMATIC
        motions.append(_Motion(kind, number % 3, low * scale, high * scale, number))
    return tuple(motions) or (_Motion(JointKind.FIXED, 0),)


def _axis(attribute: Usd.Attribute) -> int:
    return "XYZ".find(str(attribute.Get())) % 3


def _rows_of(
    body: tuple[str, int], joints: NDArray[np.int64], prims: PrimTable, rows: RowHierarchy
) -> NDArray[np.int32]:
    """Transform row of the body of each clone of a joint, -1 for the world."""
    template, env_id = body
    number = prims.paths.template_index(template) if template else -1
    if number < 0:
        return np.full(len(joints), -1, np.int32)
    envs = prims.env_id[joints] if env_id == _OWN_ENV else np.full(len(joints), env_id, np.int32)
    found = prims.paths.find_many(number, envs)
    return np.where(found >= 0, rows.row_of_prim[found], -1).astype(np.int32)


def _tile(
    joint: _Joint,
    motion: _Motion,
    clones: NDArray[np.int64],
    sides: list[NDArray[np.int32]],
    prims: PrimTable,
) -> JointRows:
    count = len(clones)
    return JointRows(
        prims=clones.astype(np.int32),
        env_id=prims.env_id[clones].astype(np.int32),
        kind=np.full(count, motion.kind, np.uint8),
        axis=np.full(count, motion.axis, np.uint8),
        dof=np.full(count, motion.dof, np.uint8),
        row0=sides[0],
        row1=sides[1],
        frame0=np.tile(joint.frames[0], (count, 1, 1)),
        frame1=np.tile(joint.frames[1], (count, 1, 1)),
        lower=np.full(count, motion.lower),
        upper=np.full(count, motion.upper),
    )


def _joined(parts: list[JointRows]) -> JointRows:
    if not parts:
        return JointRows()
    columns = {
        name: np.concatenate([getattr(part, name) for part in parts]) for name in vars(parts[0])
    }
    order = np.lexsort((columns["dof"], columns["prims"]))
    return JointRows(**{name: values[order] for name, values in columns.items()})


def _anchored(joints: JointRows, usd_world: NDArray[np.float64]) -> JointRows:
    """Move anchors in the world that do not belong where they are to their bodies."""
    for near, far, row in (
        (joints.frame0, joints.frame1, joints.row1),
        (joints.frame1, joints.frame0, joints.row0),
    ):
        other = joints.row0 if row is joints.row1 else joints.row1
        held = np.flatnonzero((other < 0) & (row >= 0))
        if len(held) == 0:
            continue
        there = far[held] @ usd_world[row[held]]
        apart = there[:, 3, :3] - near[held, 3, :3]
        along = np.take_along_axis(near[held, :3, :3], joints.axis[held, None, None], 1)[:, 0]
        slides = joints.kind[held] == JointKind.PRISMATIC
        apart -= np.where(slides[:, None], (apart * along).sum(1, keepdims=True) * along, 0.0)
        scale = np.maximum(np.abs(there[:, 3, :3]).max(1), 1.0)
        wrong = held[np.linalg.norm(apart, axis=1) > _APART * scale]
        moved = far[wrong] @ usd_world[row[wrong]]
        near[wrong] = _without_scale(moved)
    return joints


def _without_scale(matrices: NDArray[np.float64]) -> NDArray[np.float64]:
    lengths = np.linalg.norm(matrices[:, :3, :3], axis=2, keepdims=True)
    matrices[:, :3, :3] /= np.maximum(lengths, 1e-12)
    return matrices


def read_cameras(
    stage: Usd.Stage,
    prims: PrimTable,
    rows: RowHierarchy,
    irregular_envs: Collection[int] = (),
) -> CameraRows:
    """Return the cameras of the stage.

    Args:
        stage: Stage to read.
        prims: Prims of the stage.
        rows: Their transform rows.
        irregular_envs: Environments whose clones may differ from the others.
    """
    wanted = prims_of_types(prims, {"Camera"})
    wanted = wanted[rows.row_of_prim[wanted] >= 0]
    samples, group = alike(prims, wanted, irregular_envs)
    lenses = np.array([_lens(stage, prims.usd_path(int(at))) for at in samples]).reshape(-1, 8)
    lenses = lenses[group]
    return CameraRows(
        prims=wanted.astype(np.int32),
        rows=rows.row_of_prim[wanted],
        focal_length=lenses[:, 0],
        horizontal_aperture=lenses[:, 1],
        vertical_aperture=lenses[:, 2],
        orthographic=lenses[:, 3] > 0,
        offset=lenses[:, 4:6],
        clipping=lenses[:, 6:8],
    )


def _lens(stage: Usd.Stage, path: str) -> tuple[float, ...]:
    camera = UsdGeom.Camera(stage.GetPrimAtPath(path)) if path else UsdGeom.Camera()
    if not camera:
        return 50.0, 20.955, 15.2908, 0.0, 0.0, 0.0, 1.0, 1e6
    flat = camera.GetProjectionAttr().Get() == UsdGeom.Tokens.orthographic
    return (
        float(camera.GetFocalLengthAttr().Get()),
        float(camera.GetHorizontalApertureAttr().Get()),
        float(camera.GetVerticalApertureAttr().Get()),
        float(flat),
        float(camera.GetHorizontalApertureOffsetAttr().Get()),
        float(camera.GetVerticalApertureOffsetAttr().Get()),
        *(float(distance) for distance in camera.GetClippingRangeAttr().Get()),
    )
