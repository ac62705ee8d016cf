"""Mesh colliders: hull, decomposition, bounds, or the triangles themselves (``triangles``).

Belongs here: what a collision approximation makes of the points of a mesh. Does not belong here: the
other shapes (``shapes``) and what a collider weighs (``masses``).
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from pxr import UsdGeom

from inspector.physics.native import Desc
from inspector.physics.poses import Floats
from inspector.physics.usd_to_mjspec.parse import PhysicsPrims
from inspector.physics.usd_to_mjspec.triangles import (
    outside_is_behind,
    prisms_of,
    triangles_of,
)

_MOST_TRIANGLES = 20_000
_PHYSX = "physxConvexDecompositionCollision:"


@dataclass(frozen=True, eq=False)
class MeshPart:
    """A convex part that stands for a mesh or for a piece of it, in the prim's frame, SI.

    Attributes:
        kind: ``"hull"``, ``"box"`` or ``"sphere"``.
        points: Points of a hull relative to ``center``, shape [n, 3]; empty otherwise.
        center: Where it is [m], shape [3].
        size: Half sizes of a box or radius of a sphere [m].
        solid: Whether it adds to the mass of its body.
        weight: Its mass is that of its volume times this.
    """

    kind: str
    points: Floats
    center: Floats
    size: tuple[float, ...] = ()
    solid: bool = True
    weight: float = 1.0


def mesh_parts(prims: PhysicsPrims, shape: Desc) -> tuple[MeshPart, ...]:
    """Return what a mesh collides as, after saying where that is not what it asks for.

    Args:
        prims: Parsed prims.
        shape: Description of the mesh collider.

    Raises:
        ValueError: If nothing can collide with it; says why.
    """
    path = str(shape.primPath)
    mesh = UsdGeom.Mesh(prims.stage.GetPrimAtPath(path))
    points = np.array(mesh.GetPointsAttr().Get() or np.empty((0, 3)), np.float64)
    points = points.reshape(-1, 3) * np.array(shape.meshScale) * prims.units.meters
    wanted = str(shape.approximation)
    if len(points) == 0:
        raise ValueError("it has no points")
    broken = int((~np.isfinite(points).all(axis=1)).sum())
    if broken:
        raise ValueError(f"{broken} of its {len(points)} points are not finite")
    if wanted == "boundingCube":
        low, high = points.min(axis=0), points.max(axis=0)
        half = 0.5 * (high - low)
        return (_bound("box", 0.5 * (low + high), tuple(half.tolist())),)
    if wanted == "boundingSphere":
        center = 0.5 * (points.min(axis=0) + points.max(axis=0))
        radius = float(np.linalg.norm(points - center, axis=1).max())
        return (_bound("sphere", center, (radius,)),)
    if wanted == "convexDecomposition":
        return _decomposed(prims, mesh, path, points)
    if wanted != "convexHull" and _never_pushed(prims, shape):
        return _surface(prims, mesh, shape, points)
    if wanted != "convexHull":
        prims.reports.add(
            "shape-hull",
            path,
            f"{path} asks for the collision approximation '{wanted}', which no moving body can "
            "have; it collides as its convex hull.",
        )
    return (_hull(points),)


def _never_pushed(prims: PhysicsPrims, shape: Desc) -> bool:
    body = prims.bodies.get(str(shape.rigidBody))
    return body is None or bool(body.kinematicBody)


def _surface(
    prims: PhysicsPrims, mesh: UsdGeom.Mesh, shape: Desc, points: Floats
) -> tuple[MeshPart, ...]:
    """The triangles of a mesh as thin prisms behind them.

    Raises:
        ValueError: If there are none.
    """
    path = str(shape.primPath)
    soup = triangles_of(mesh, len(points))
    if len(soup) == 0:
        raise ValueError("none of its faces is a triangle of points that exist")
    _report_broken(prims, mesh, path, len(soup))
    if len(soup) > _MOST_TRIANGLES:
        prims.reports.add(
            "shape-hull",
            path,
            f"{path} has {len(soup)} triangles, and more than {_MOST_TRIANGLES} are too many to "
            "collide with one by one; it collides as its convex hull.",
        )
        return (_hull(points),)
    if outside_is_behind(mesh, np.array(shape.meshScale)):
        soup = soup[:, ::-1]
    centers, prisms = prisms_of(points, soup)
    return tuple(
        MeshPart("hull", prism, center, solid=False)
        for center, prism in zip(centers, prisms, strict=True)
    )


def _report_broken(prims: PhysicsPrims, mesh: UsdGeom.Mesh, path: str, whole: int) -> None:
    counts = np.array(mesh.GetFaceVertexCountsAttr().Get() or (), np.int64)
    broken = int(np.maximum(counts - 2, 0).sum()) - whole
    if broken:
        prims.reports.add(
            "shape-faces",
            path,
            f"{path} has {broken} triangles whose corners are no points of the mesh; they are left "
            "out.",
        )


def _hull(points: Floats) -> MeshPart:
    return MeshPart("hull", points, np.zeros(3))


def _bound(kind: str, center: Floats, size: tuple[float, ...]) -> MeshPart:
    return MeshPart(kind, np.empty((0, 3)), center, size)


def _decomposed(
    prims: PhysicsPrims, mesh: UsdGeom.Mesh, path: str, points: Floats
) -> tuple[MeshPart, ...]:
    soup = triangles_of(mesh, len(points))
    if _convex(points.tobytes(), soup.tobytes()):
        return (_hull(points),)
    options = {
        "maxConvexHulls": _option(mesh, "maxConvexHulls", 32),
        "maxNumVerticesPerCH": _option(mesh, "hullVertexLimit", 64),
        "resolution": _option(mesh, "voxelResolution", 100_000),
    }
    parts, weight = _decompose(points.tobytes(), soup.tobytes(), tuple(options.items()))
    if not parts:
        prims.reports.add(
            "shape-decomposition",
            path,
            f"{path} could not be decomposed into convex parts; it collides as its convex hull.",
        )
        return (_hull(points),)
    return tuple(MeshPart("hull", part, np.zeros(3), weight=weight) for part in parts)


@lru_cache(maxsize=256)
def _convex(points: bytes, triangles: bytes) -> bool:
    """Whether a closed mesh is its own hull, which voxels would only cut into needless pieces."""
    mesh, _ = _unit_mesh(points, triangles)
    if not mesh.is_watertight:
        return False
    if mesh.volume < 0.0:
        mesh.invert()
    return bool(mesh.is_convex)


def _unit_mesh(points: bytes, triangles: bytes) -> tuple[Any, float]:
    """V-HACD looks for flaws in absolute numbers; the mesh is brought to unit size for it."""
    trimesh: Any = importlib.import_module("trimesh")
    vertices = np.frombuffer(points, np.float64).reshape(-1, 3)
    faces = np.frombuffer(triangles, np.int64).reshape(-1, 3)
    size = float(np.abs(vertices).max()) or 1.0
    return trimesh.Trimesh(vertices / size, faces, process=True), size


@lru_cache(maxsize=256)
def _decompose(
    points: bytes, triangles: bytes, options: tuple[tuple[str, int], ...]
) -> tuple[tuple[Floats, ...], float]:
    """Recipes repeat meshes, and plays repeat recipes; each mesh is decomposed once.

    Returns:
        Points of the parts, and what their volumes have to be multiplied by to be the volume of a
        closed mesh: parts overlap and bulge by a voxel, 6 % on a torus.
    """
    mesh, size = _unit_mesh(points, triangles)
    trimesh: Any = importlib.import_module("trimesh")
    found: list[dict[str, Any]] = trimesh.decomposition.convex_decomposition(
        mesh, asyncACD=False, **dict(options)
    )
    parts = tuple(np.array(part["vertices"], np.float64) * size for part in found)
    if not mesh.is_watertight:
        return parts, 1.0
    hulls = [trimesh.Trimesh(part["vertices"], part["faces"]).volume for part in found]
    return parts, abs(float(mesh.volume)) / max(sum(map(abs, hulls)), 1e-12)


def _option(mesh: UsdGeom.Mesh, name: str, default: int) -> int:
    attribute = mesh.GetPrim().GetAttribute(_PHYSX + name)
    return int(attribute.Get()) if attribute and attribute.HasAuthoredValue() else default
