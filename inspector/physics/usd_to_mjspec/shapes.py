"""Colliders as MuJoCo geoms, and their volume and inertia at density one.

Sizes and poses come from the parser, which has applied the prims' scales. Everything leaves this
module in SI.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from pxr import UsdGeom

from inspector.physics.native import (
    Axis,
    Desc,
    MjsBody,
    MjsGeom,
    MjsMesh,
    MjSpec,
    ObjectType,
    mujoco,
)
from inspector.physics.poses import (
    IDENTITY,
    Floats,
    about,
    compose,
    invert,
    pose,
    rotation_matrices,
    wxyz,
    xyzw,
)
from inspector.physics.usd_to_mjspec.parse import PhysicsPrims
from inspector.utils.states import Severity

_KINDS = ObjectType
_TO_AXIS = {
    # MuJoCo's capsules, cylinders and our cones point along z.
    Axis.X: about((0, 1, 0), math.pi / 2),
    Axis.Y: about((1, 0, 0), -math.pi / 2),
    Axis.Z: IDENTITY[3:],
}
_ROUND = {
    _KINDS.CapsuleShape, _KINDS.Capsule1Shape, _KINDS.CylinderShape, _KINDS.Cylinder1Shape,
}  # fmt: skip
_CONE_SIDES = 32
_PLANE_GRID = (0.0, 0.0, 1.0)
"""Zero half sizes make a plane infinite."""


@dataclass(frozen=True, eq=False)
class ShapeGeom:
    """A collider in SI.

    Attributes:
        path: Prim path.
        type: MuJoCo geom type.
        size: MuJoCo size parameters.
        local: Pose in the body (in the model for static colliders), shape [7].
        turn: Part of ``local`` that turns MuJoCo's z axis to the prim's axis, shape [4].
        vertices: Hull points of a mesh in the geom's frame, shape [n, 3]; empty otherwise.
        volume: Volume [m³].
        center: Centre of volume in the geom's frame [m], shape [3].
        inertia: Inertia at density one about the centre, geom axes [m⁵], shape [3, 3].
    """

    path: str
    type: int
    size: tuple[float, ...]
    local: Floats
    turn: Floats
    vertices: Floats
    volume: float
    center: Floats
    inertia: Floats


def shape_geom(prims: PhysicsPrims, shape: Desc) -> ShapeGeom | None:
    """Return the geom of a collider, or ``None`` after reporting why there is none.

    Args:
        prims: Parsed prims.
        shape: The parser's description.
    """
    path = str(shape.primPath)
    kind = shape.type
    meters = prims.units.meters
    turn = IDENTITY[3:]
    vertices = np.empty((0, 3))
    size: tuple[float, ...] = ()
    if kind == _KINDS.SphereShape:
        geom, size = mujoco.mjtGeom.mjGEOM_SPHERE, (shape.radius,)
    elif kind == _KINDS.CubeShape:
        geom, size = mujoco.mjtGeom.mjGEOM_BOX, tuple(shape.halfExtents)
    elif kind in _ROUND:
        capsule = kind in {_KINDS.CapsuleShape, _KINDS.Capsule1Shape}
        geom = mujoco.mjtGeom.mjGEOM_CAPSULE if capsule else mujoco.mjtGeom.mjGEOM_CYLINDER
        size, turn = (_radius(prims, shape), shape.halfHeight), _TO_AXIS[shape.axis]
    elif kind == _KINDS.PlaneShape:
        geom, turn = mujoco.mjtGeom.mjGEOM_PLANE, _TO_AXIS[shape.axis]
    elif kind in {_KINDS.ConeShape, _KINDS.MeshShape}:
        geom = mujoco.mjtGeom.mjGEOM_MESH
        vertices = _points(prims, shape) * meters
        turn = _TO_AXIS[shape.axis] if kind == _KINDS.ConeShape else turn
    else:
        prims.reports.add(
            "shape-kind", path, f"{path} has a collider type that MuJoCo lacks; nothing hits it."
        )
        return None
    _report_scale(prims, shape)
    local = compose(_local_pose(prims, shape), pose(quat_xyzw=turn))
    size = _PLANE_GRID if kind == _KINDS.PlaneShape else tuple(meters * value for value in size)
    try:
        volume, center, inertia = _mass_of(geom, size, vertices)
    except ValueError as error:
        prims.reports.add("shape-mesh", path, f"{path} cannot collide: {error}")
        return None
    return ShapeGeom(path, geom, size, local, turn, vertices, volume, center, inertia)


def add_geom(spec: MjSpec, body: MjsBody, geom: ShapeGeom) -> MjsGeom:
    """Add a geom to a body and return it."""
    added = body.add_geom(name=geom.path, type=geom.type)
    added.pos, added.quat = geom.local[:3], wxyz(geom.local[3:])
    if len(geom.vertices):
        _add_mesh(spec, geom.path, geom.vertices)
        added.meshname = geom.path
    else:
        added.size = [*geom.size, 0.0, 0.0, 0.0][:3]
    return added


def _add_mesh(spec: MjSpec, name: str, vertices: Floats) -> MjsMesh:
    mesh = spec.add_mesh(name=name)
    mesh.uservert = vertices.ravel()
    mesh.inertia = mujoco.mjtMeshInertia.mjMESH_INERTIA_CONVEX
    return mesh


def _radius(prims: PhysicsPrims, shape: Desc) -> float:
    """The newer capsules and cylinders have a radius at each end; MuJoCo's have one."""
    if shape.type in {_KINDS.CapsuleShape, _KINDS.CylinderShape}:
        return float(shape.radius)
    top, bottom = float(shape.topRadius), float(shape.bottomRadius)
    if abs(top - bottom) > 1e-6 * max(top, bottom):
        path = str(shape.primPath)
        prims.reports.add(
            "shape-tapered", path, f"{path} tapers; it collides with the mean of its two radii."
        )
    return 0.5 * (top + bottom)


def _local_pose(prims: PhysicsPrims, shape: Desc) -> Floats:
    if str(shape.rigidBody) in prims.bodies:
        rotation = shape.localRot
        local = pose(shape.localPos, [*rotation.GetImaginary(), rotation.GetReal()])
    else:
        path = str(shape.primPath)
        local = compose(invert(prims.frame_of(path)), prims.world_pose(path))
    local[:3] *= prims.units.meters
    return local


def _points(prims: PhysicsPrims, shape: Desc) -> Floats:
    """Return hull points in the geom's frame, stage units, shape [n, 3]."""
    if shape.type == _KINDS.ConeShape:
        angles = np.linspace(0.0, 2.0 * np.pi, _CONE_SIDES, endpoint=False)
        rim = shape.radius * np.stack([np.cos(angles), np.sin(angles), 0.0 * angles], axis=-1)
        rim[:, 2] = -shape.halfHeight
        return np.vstack([rim, [0.0, 0.0, shape.halfHeight]])
    path = str(shape.primPath)
    mesh = UsdGeom.Mesh(prims.stage.GetPrimAtPath(path))
    points = np.array(mesh.GetPointsAttr().Get() or np.empty((0, 3)), np.float64)
    wanted = str(shape.approximation)
    if wanted != "convexHull":
        static = str(shape.rigidBody) not in prims.bodies
        prims.reports.add(
            "shape-hull",
            path,
            f"{path} asks for the collision approximation '{wanted}'; it collides as its convex "
            "hull." + (" Hollows in this static mesh are filled." if static else ""),
        )
    return points * np.array(shape.meshScale if hasattr(shape, "meshScale") else shape.localScale)


def _mass_of(geom: int, size: tuple[float, ...], vertices: Floats) -> tuple[float, Floats, Floats]:
    """Let MuJoCo find volume, centre and inertia, so that masses belong to what collides.

    Raises:
        ValueError: If the shape is a mesh without a hull.
    """
    if geom == mujoco.mjtGeom.mjGEOM_PLANE:
        return 0.0, np.zeros(3), np.zeros((3, 3))
    if len(vertices) == 0 and geom == mujoco.mjtGeom.mjGEOM_MESH:
        raise ValueError("it has no points.")
    return _compiled_mass(int(geom), size, vertices.tobytes())


@lru_cache(maxsize=1024)
def _compiled_mass(
    geom: int, size: tuple[float, ...], vertices: bytes
) -> tuple[float, Floats, Floats]:
    """Recipes repeat shapes; each is weighed once."""
    points = np.frombuffer(vertices, np.float64)
    spec = mujoco.MjSpec()
    # Masses of real sizes at density one fall below the compiler's floor.
    scale = 1.0 / max(1e-9, float(max(size) if size else np.abs(points).max()))
    body = spec.worldbody.add_body()
    added = body.add_geom(type=mujoco.mjtGeom(geom), density=1.0)
    if len(points):
        _add_mesh(spec, "mesh", points * scale)
        added.meshname = "mesh"
    else:
        added.size = [*(scale * value for value in size), 0.0, 0.0, 0.0][:3]
    model = spec.compile()
    turn = rotation_matrices(xyzw(np.array(model.body_iquat[1])))
    inertia = turn @ np.diag(model.body_inertia[1]) @ turn.T
    return (
        float(model.body_mass[1]) / scale**3,
        np.array(model.body_ipos[1]) / scale,
        inertia / scale**5,
    )


def _report_scale(prims: PhysicsPrims, shape: Desc) -> None:
    scale = np.abs(np.array(shape.localScale))
    boxy = shape.type in {_KINDS.CubeShape, _KINDS.MeshShape, _KINDS.PlaneShape}
    if boxy or scale.max() - scale.min() <= 1e-3 * scale.max():
        return
    path = str(shape.primPath)
    if shape.type != _KINDS.SphereShape:
        along = {Axis.X: 0, Axis.Y: 1, Axis.Z: 2}[shape.axis]
        across = np.delete(scale, along)
        if abs(across[0] - across[1]) <= 1e-3 * scale.max():
            return
    prims.reports.add(
        "shape-scale",
        path,
        f"{path} is scaled differently along its axes; it collides as a round shape.",
        Severity.INFO,
    )
