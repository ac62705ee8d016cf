"""Colliders as MuJoCo geoms, and their volume and inertia at density one.

Sizes and poses come from the parser, which has applied the prims' scales. Everything leaves this
module in SI.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

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
    rotate,
    rotation_matrices,
    wxyz,
    xyzw,
)
from inspector.physics.usd_to_mjspec.meshes import MeshPart, mesh_parts
from inspector.physics.usd_to_mjspec.parse import PhysicsPrims
from inspector.utils.states import Severity

_KINDS = ObjectType
_INDEX = {Axis.X: 0, Axis.Y: 1, Axis.Z: 2}
_TO_AXIS = {
    # MuJoCo's capsules, cylinders and our cones point along z.
    Axis.X: about((0, 1, 0), math.pi / 2),
    Axis.Y: about((1, 0, 0), -math.pi / 2),
    Axis.Z: IDENTITY[3:],
}
_HALF_TURN = pose(quat_xyzw=about((1, 0, 0), math.pi))
_CAPSULES = {_KINDS.CapsuleShape, _KINDS.Capsule1Shape}
_Segment = tuple[float, float, Callable[[Floats], Floats]]
"""A stretch of a solid of revolution: from z, to z [m], and the square of its radius [m²]."""
_MOST = 1e30
_FLAT = 1e-6
_SIDES = 32
_RINGS = 8
_REFUSALS = {
    "must be positive in geom": "its size is zero",
    "nan size": "its size is not a number",
    "coplanar vertices": "its points lie in one plane, and a hull needs a volume (use a thin box)",
    "at least 4 vertices": "its points lie in one plane, and a hull needs a volume (use a thin box)",
}
"""What MuJoCo's compiler says about a shape, and what that means to whoever wrote it."""
_PLANE_GRID = (0.0, 0.0, 1.0)
"""Zero half sizes make a plane infinite."""


@dataclass(frozen=True, eq=False)
class ShapeGeom:
    """A collider, or one of the parts that it is made of, in SI.

    Attributes:
        name: Unique name: the prim path, with ``#1`` and so on for further parts.
        path: Prim path of the collider.
        type: MuJoCo geom type.
        size: MuJoCo size parameters.
        local: Pose in the body (in the model for static colliders), shape [7].
        offset: Pose in the collider's prim, shape [7].
        vertices: Points of a mesh in the geom's frame, shape [n, 3]; empty otherwise.
        volume: Volume [m³].
        center: Centre of volume in the geom's frame [m], shape [3].
        inertia: Inertia at density one about the centre, geom axes [m⁵], shape [3, 3].
    """

    name: str
    path: str
    type: int
    size: tuple[float, ...]
    local: Floats
    offset: Floats
    vertices: Floats
    volume: float
    center: Floats
    inertia: Floats


@dataclass(frozen=True, eq=False)
class _Part:
    """A geom before it is placed and weighed.

    Attributes:
        type: MuJoCo geom type.
        size: Size parameters [m].
        offset: Pose in the collider's prim, shape [7].
        vertices: Points in the geom's frame [m], shape [n, 3].
        solid: Volume, centre and inertia where they are known better than from the geom.
        weight: Factor of a volume and inertia that come from the geom.
    """

    type: int
    size: tuple[float, ...] = ()
    offset: Floats = field(default_factory=pose)
    vertices: Floats = field(default_factory=lambda: np.empty((0, 3)))
    solid: tuple[float, Floats, Floats] | None = None
    weight: float = 1.0


def shape_geoms(prims: PhysicsPrims, shape: Desc) -> tuple[ShapeGeom, ...]:
    """Return the geoms of a collider; none after reporting why.

    Args:
        prims: Parsed prims.
        shape: The parser's description.
    """
    path = str(shape.primPath)
    if shape.type == _KINDS.CustomShape:
        prims.reports.add(
            "shape-kind", path, f"{path} has a collider type that MuJoCo lacks; nothing hits it."
        )
        return ()
    _report_scale(prims, shape)
    base = _local_pose(prims, shape)
    try:
        solids = [
            (part, part.solid or _mass_of(part)) for part in _finite(base, _parts(prims, shape))
        ]
    except ValueError as error:
        prims.reports.add("shape-mesh", path, f"{path} cannot collide: {_reason(error)}.")
        return ()
    return tuple(
        ShapeGeom(
            f"{path}#{index}" if index else path,
            path,
            part.type,
            part.size,
            compose(base, part.offset),
            part.offset,
            part.vertices,
            *solid,
        )
        for index, (part, solid) in enumerate(solids)
    )


def solid_of(geoms: Sequence[ShapeGeom]) -> tuple[float, Floats, Floats]:
    """Return volume, centre [3] and inertia [3, 3] at density one, in the prim's frame.

    Args:
        geoms: The collider's parts.
    """
    volume = sum(geom.volume for geom in geoms)
    centers = [geom.offset[:3] + rotate(geom.offset[3:], geom.center) for geom in geoms]
    if volume <= 0.0:
        return 0.0, np.zeros(3), np.zeros((3, 3))
    weighted = [geom.volume * point for geom, point in zip(geoms, centers, strict=True)]
    center: Floats = np.sum(weighted, axis=0) / volume
    inertia = np.zeros((3, 3))
    for geom, point in zip(geoms, centers, strict=True):
        turn, arm = rotation_matrices(geom.offset[3:]), point - center
        inertia += turn @ geom.inertia @ turn.T
        inertia += geom.volume * (arm @ arm * np.eye(3) - np.outer(arm, arm))
    return volume, center, inertia


def _reason(error: ValueError) -> str:
    """Say in one sentence what MuJoCo's compiler, or the reader of meshes, has against a shape."""
    text = str(error).split("\n")[0].removeprefix("Error: ").rstrip(".")
    for said, meant in _REFUSALS.items():
        if said in text:
            return meant
    return text


def add_geom(spec: MjSpec, body: MjsBody, geom: ShapeGeom) -> MjsGeom:
    """Add a geom to a body and return it."""
    added = body.add_geom(name=geom.name, type=geom.type)
    added.pos, added.quat = geom.local[:3], wxyz(geom.local[3:])
    if len(geom.vertices):
        _add_mesh(spec, geom.name, geom.vertices)
        added.meshname = geom.name
    else:
        added.size = [*geom.size, 0.0, 0.0, 0.0][:3]
    return added


def _add_mesh(spec: MjSpec, name: str, vertices: Floats) -> MjsMesh:
    mesh = spec.add_mesh(name=name)
    mesh.uservert = vertices.ravel()
    mesh.inertia = mujoco.mjtMeshInertia.mjMESH_INERTIA_CONVEX
    return mesh


def _parts(prims: PhysicsPrims, shape: Desc) -> tuple[_Part, ...]:
    kind, meters, types = shape.type, prims.units.meters, mujoco.mjtGeom
    if kind == _KINDS.SphereShape:
        return (_Part(types.mjGEOM_SPHERE, (shape.radius * meters,)),)
    if kind == _KINDS.CubeShape:
        # A mirrored box is the same box.
        return (_Part(types.mjGEOM_BOX, tuple(abs(h) * meters for h in shape.halfExtents)),)
    if kind == _KINDS.MeshShape:
        return tuple(_mesh_part(part) for part in mesh_parts(prims, shape))
    if kind == _KINDS.SpherePointsShape:
        path, frame = str(shape.primPath), prims.frame_of_shape(shape)
        # The parser scales the radii of points and leaves the points themselves unscaled.
        return tuple(
            _Part(
                types.mjGEOM_SPHERE,
                (point.radius * meters,),
                pose(prims.point_in(frame, path, np.array(point.center, np.float64)) * meters),
            )
            for point in shape.spherePoints
        )
    return (_about_axis(prims, shape),)


def _about_axis(prims: PhysicsPrims, shape: Desc) -> _Part:
    meters, along = prims.units.meters, pose(quat_xyzw=_TO_AXIS[shape.axis])
    if _points_back(prims, shape):
        along = compose(along, _HALF_TURN)
    if shape.type == _KINDS.PlaneShape:
        return _Part(mujoco.mjtGeom.mjGEOM_PLANE, _PLANE_GRID, along)
    if shape.type == _KINDS.ConeShape:
        return _cone(shape.radius * meters, shape.halfHeight * meters, along)
    return _round(shape, meters, along)


def _finite(base: Floats, parts: tuple[_Part, ...]) -> tuple[_Part, ...]:
    """Return the parts.

    Raises:
        ValueError: Where they are, or a size, is no number, or too large to compute with.
    """
    if not (np.abs(base) < _MOST).all():
        raise ValueError(
            "its place in its body is not a number, or too far (a scale of next to zero)"
        )
    for part in parts:
        for numbers in (part.size, part.vertices, part.offset):
            if not (np.abs(np.array(numbers)) < _MOST).all():
                raise ValueError("its size is not a number, or too large")
    return parts


def _points_back(prims: PhysicsPrims, shape: Desc) -> bool:
    """Return whether mirroring points a shape's axis against that of its prim's rigid pose."""
    axis = np.eye(3)[_INDEX[shape.axis]]
    path, frame = str(shape.primPath), prims.frame_of_shape(shape)
    tip, root = (prims.point_in(frame, path, point) for point in (axis, np.zeros(3)))
    return float((tip - root) @ axis) < 0.0


def _mesh_part(part: MeshPart) -> _Part:
    types = mujoco.mjtGeom
    if part.kind == "box":
        return _Part(types.mjGEOM_BOX, part.size, pose(part.center))
    if part.kind == "sphere":
        return _Part(types.mjGEOM_SPHERE, part.size, pose(part.center))
    solid = None if part.solid else (0.0, np.zeros(3), np.zeros((3, 3)))
    return _Part(types.mjGEOM_MESH, (), pose(part.center), part.points, solid, part.weight)


def _cone(radius: float, half: float, along: Floats) -> _Part:
    if min(radius, half) <= _FLAT * max(radius, half):
        raise ValueError("it is flat, and a hull needs a volume (use a thin cylinder)")
    points = np.vstack([_rim(radius, -half), [0.0, 0.0, half]])
    solid = _revolved([(-half, half, lambda z: (radius * (half - z) / (2.0 * half)) ** 2)])
    return _Part(mujoco.mjtGeom.mjGEOM_MESH, (), along, points, solid=solid)


def _round(shape: Desc, meters: float, along: Floats) -> _Part:
    """A capsule or cylinder; one with a radius of its own at each end becomes a hull."""
    capsule, half = shape.type in _CAPSULES, float(shape.halfHeight) * meters
    if shape.type in {_KINDS.CapsuleShape, _KINDS.CylinderShape}:
        top = bottom = float(shape.radius) * meters
    else:
        top, bottom = float(shape.topRadius) * meters, float(shape.bottomRadius) * meters
    if abs(top - bottom) <= 1e-6 * max(top, bottom):
        kind = mujoco.mjtGeom.mjGEOM_CAPSULE if capsule else mujoco.mjtGeom.mjGEOM_CYLINDER
        return _Part(kind, (0.5 * (top + bottom), half), along)
    rings = [_rim(top, half), _rim(bottom, -half)]
    slope = (top - bottom) / (2.0 * half) if half > 0.0 else 0.0
    profile: list[_Segment] = [(-half, half, lambda z: (bottom + slope * (z + half)) ** 2)]
    if capsule:
        profile += [
            (half, half + top, lambda z: top**2 - (z - half) ** 2),
            (-half - bottom, -half, lambda z: bottom**2 - (z + half) ** 2),
        ]
        for angle in np.linspace(0.0, 0.5 * math.pi, _RINGS, endpoint=False)[1:].tolist():
            rings.append(_rim(top * math.cos(angle), half + top * math.sin(angle)))
            rings.append(_rim(bottom * math.cos(angle), -half - bottom * math.sin(angle)))
        rings.append(np.array([[0.0, 0.0, half + top], [0.0, 0.0, -half - bottom]]))
    solid = _revolved(profile)
    return _Part(mujoco.mjtGeom.mjGEOM_MESH, (), along, np.vstack(rings), solid=solid)


def _revolved(segments: Sequence[_Segment]) -> tuple[float, Floats, Floats]:
    """Volume, centre and inertia of a round solid about z, which its hull only comes close to.

    Three Gauss points are exact: all integrands are polynomials of at most degree four.
    """
    nodes, weights = np.polynomial.legendre.leggauss(3)
    moments = np.zeros(4)
    for low, high, square in segments:
        z, w = 0.5 * (low + high) + 0.5 * (high - low) * nodes, 0.5 * (high - low) * weights
        r2 = square(z)
        terms = (r2, z * r2, 0.5 * r2**2, 0.25 * r2**2 + z**2 * r2)
        moments += math.pi * np.array([(w * term).sum() for term in terms])
    volume, first, about_z, across = moments.tolist()
    if volume <= 0.0:
        return 0.0, np.zeros(3), np.zeros((3, 3))
    center = first / volume
    across -= volume * center**2
    return volume, np.array([0.0, 0.0, center]), np.diag([across, across, about_z])


def _rim(radius: float, height: float) -> Floats:
    """Points of a circle about z, shape [sides, 3]."""
    angles = np.linspace(0.0, 2.0 * np.pi, _SIDES, endpoint=False)
    points = radius * np.stack([np.cos(angles), np.sin(angles), 0.0 * angles], axis=-1)
    points[:, 2] = height
    return points


def _local_pose(prims: PhysicsPrims, shape: Desc) -> Floats:
    if str(shape.rigidBody) in prims.bodies:
        rotation = shape.localRot
        local = pose(shape.localPos, [*rotation.GetImaginary(), rotation.GetReal()])
    else:
        path = str(shape.primPath)
        local = compose(invert(prims.frame_of(path)), prims.world_pose(path))
    local[:3] *= prims.units.meters
    return local


def _mass_of(part: _Part) -> tuple[float, Floats, Floats]:
    """Let MuJoCo find volume, centre and inertia, so that masses belong to what collides.

    Raises:
        ValueError: If the shape is a mesh without a hull.
    """
    if part.type == mujoco.mjtGeom.mjGEOM_PLANE:
        return 0.0, np.zeros(3), np.zeros((3, 3))
    volume, center, inertia = _compiled_mass(int(part.type), part.size, part.vertices.tobytes())
    return part.weight * volume, center, part.weight * inertia


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
    path = str(shape.primPath)
    scale = prims.scale_of(path)
    boxy = shape.type in {_KINDS.CubeShape, _KINDS.MeshShape, _KINDS.PlaneShape}
    if boxy or scale.max() - scale.min() <= 1e-3 * scale.max():
        return
    if shape.type not in {_KINDS.SphereShape, _KINDS.SpherePointsShape}:
        along = _INDEX[shape.axis]
        across = np.delete(scale, along)
        if abs(across[0] - across[1]) <= 1e-3 * scale.max():
            return
    prims.reports.add(
        "shape-scale",
        path,
        f"{path} is scaled differently along its axes; it collides as a round shape.",
        Severity.INFO,
    )
