"""Triangles of one gprim in its local frame.

Belongs here: shapes, polygons and normals. Which prims are drawn, and where, is ``geometry``'s.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pxr import Usd, UsdGeom

from inspector.usd.curves import curve_mesh
from inspector.usd.geometry_table import MeshData
from inspector.usd.nurbs_patch import nurbs_patch
from inspector.usd.point_cloud import point_cloud
from inspector.usd.polygon_mesh import MeshWishes, fan, mesh_data, polygon_mesh

Points = NDArray[np.float64]
Triangles = NDArray[np.int64]
Shape = tuple[Points, Triangles]

SECTIONS = 24
_UP_TO = {"Z": (0, 1, 2), "X": (2, 0, 1), "Y": (1, 2, 0)}


def tessellate(
    prim: Usd.Prim, known: dict[str, MeshData] | None = None, wishes: MeshWishes | None = None
) -> MeshData | None:
    """Return the triangles of a gprim, ``None`` for kinds that are not drawn or have no area.

    Args:
        prim: The gprim.
        known: Meshes by key; what is there is not made again, what is made is added.
        wishes: What to read of a mesh beside points and normals.
    """
    found: dict[str, MeshData] = {} if known is None else known
    shape = _SHAPES.get(prim.GetTypeName())
    if shape is None and prim.IsA("Points"):
        return point_cloud(UsdGeom.Points(prim), found)
    if shape is None:
        return _authored(prim, found, wishes)
    parameters, make = shape
    values = parameters(prim)
    key = ":".join([prim.GetTypeName(), *map(str, values)])
    if key not in found:
        mesh = mesh_data(key, *make(*values)) if _has_size(values) else None
        if mesh is None:
            return None
        found[key] = mesh
    return found[key]


def _authored(
    prim: Usd.Prim, known: dict[str, MeshData], wishes: MeshWishes | None
) -> MeshData | None:
    """Return the triangles of what consists of points that somebody authored."""
    if prim.IsA("Mesh"):
        return polygon_mesh(prim, known, wishes)
    if prim.IsA("Curves"):
        return curve_mesh(prim, known)
    if prim.IsA("NurbsPatch"):
        return nurbs_patch(prim, known)
    return _tetrahedra(UsdGeom.TetMesh(prim), known) if prim.IsA("TetMesh") else None


def _has_size(values: tuple[Any, ...]) -> bool:
    """Whether a shape can be made of its sizes: finite, not negative, and not all of them zero."""
    sizes = np.array([value for value in values if not isinstance(value, str)], np.float64)
    return bool(np.isfinite(sizes).all() and (sizes >= 0.0).all() and sizes.any())


def _tetrahedra(prim: UsdGeom.TetMesh, known: dict[str, MeshData]) -> MeshData | None:
    points = np.array(prim.GetPointsAttr().Get() or (), np.float64).reshape(-1, 3)
    faces = prim.GetSurfaceFaceVertexIndicesAttr().Get()
    if not faces and prim.GetTetVertexIndicesAttr().Get():
        faces = UsdGeom.TetMesh.ComputeSurfaceFaces(prim, Usd.TimeCode.Default())
    triangles = np.array(faces or (), np.int64).reshape(-1, 3)
    if len(triangles) == 0 or triangles.min() < 0 or triangles.max() >= len(points):
        return None
    if prim.GetOrientationAttr().Get() == UsdGeom.Tokens.leftHanded:
        triangles = triangles[:, ::-1]
    data = points.tobytes() + triangles.tobytes()
    key = f"TetMesh:{hashlib.blake2b(data, digest_size=12).hexdigest()}"
    if key not in known:
        made = mesh_data(key, points, triangles)
        if made is None:
            return None
        known[key] = made
    return known[key]


def _cube(size: float) -> Shape:
    corners = np.array([(x, y, z) for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], np.float64)
    sides = [(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)]
    triangles, _ = fan([4] * 6, np.ravel(sides), flipped=False)
    return corners * (size / 2), triangles


def _sphere(radius: float) -> Shape:
    return _revolved(_arc(radius, 0.0, -0.5, 0.5), "Z")


def _cylinder(bottom: float, top: float, height: float, axis: str) -> Shape:
    half = height / 2
    return _revolved([(0.0, -half), (bottom, -half), (top, half), (0.0, half)], axis)


def _cone(radius: float, _top: float, height: float, axis: str) -> Shape:
    return _revolved([(0.0, -height / 2), (radius, -height / 2), (0.0, height / 2)], axis)


def _capsule(bottom: float, top: float, height: float, axis: str) -> Shape:
    half = height / 2
    return _revolved([*_arc(bottom, -half, -0.5, 0.0), *_arc(top, half, 0.0, 0.5)], axis)


def _arc(radius: float, height: float, first: float, last: float) -> list[tuple[float, float]]:
    """Points (r, z) on a circle around (0, height), between two latitudes in half turns."""
    angles = np.pi * np.linspace(first, last, round((last - first) * SECTIONS / 2) + 1)
    r = np.where(np.abs(np.abs(angles) - np.pi / 2) < 1e-9, 0.0, radius * np.cos(angles))
    return list(zip(r.tolist(), (height + radius * np.sin(angles)).tolist(), strict=True))


def _revolved(profile: list[tuple[float, float]], axis: str) -> Shape:
    """Turn a profile of points (r, z), from below to above, around an axis."""
    turn = 2 * np.pi * np.arange(SECTIONS) / SECTIONS
    circle = np.column_stack([np.cos(turn), np.sin(turn)])
    rings = [
        np.column_stack([circle * r, np.full(SECTIONS, z)]) if r > 0 else np.array([(0, 0, z)])
        for r, z in profile
    ]
    starts = np.cumsum([0, *map(len, rings)])
    triangles: list[Triangles] = [np.empty((0, 3), np.int64)]  # a radius of zero leaves none
    here = np.arange(SECTIONS)
    after = (here + 1) % SECTIONS
    for index, (lower, upper) in enumerate(pairwise(rings)):
        low, high = starts[index], starts[index + 1]
        if len(lower) > 1:
            above = high + (here if len(upper) > 1 else 0 * here)
            triangles.append(np.column_stack([low + here, low + after, above]))
        if len(upper) > 1:
            below = low + (after if len(lower) > 1 else 0 * after)
            triangles.append(np.column_stack([below, high + after, high + here]))
    if not triangles:  # a line along the axis
        return np.zeros((0, 3)), np.zeros((0, 3), np.int64)
    return np.concatenate(rings)[:, _UP_TO[_axis(axis)]], np.concatenate(triangles)


def _plane(width: float, length: float, axis: str) -> Shape:
    square = np.array([(-0.5, -0.5, 0), (0.5, -0.5, 0), (0.5, 0.5, 0), (-0.5, 0.5, 0)])
    # Width runs along x (z for axis X), length along y (z for axis Y).
    along = {"Z": (width, length, 1), "X": (length, width, 1), "Y": (length, width, 1)}[_axis(axis)]
    return (square * along)[:, _UP_TO[_axis(axis)]], np.array([(0, 1, 2), (0, 2, 3)])


def _axis(said: object) -> str:
    """Return the axis of a shape; what is none counts as USD's own default."""
    return said if isinstance(said, str) and said in _UP_TO else "Z"


def _read(*names: str) -> Callable[[Usd.Prim], tuple[Any, ...]]:
    return lambda prim: tuple(prim.GetAttribute(name).Get() for name in names)


def _round(prim: Usd.Prim) -> tuple[Any, ...]:
    """Radius at the bottom and at the top, height and axis of a cylinder, cone or capsule."""
    names = (
        ("radiusBottom", "radiusTop") if prim.HasAttribute("radiusTop") else ("radius", "radius")
    )
    return _read(*names, "height", "axis")(prim)


_SHAPES: dict[str, tuple[Callable[[Usd.Prim], tuple[Any, ...]], Callable[..., Shape]]] = {
    "Cube": (_read("size"), _cube),
    "Sphere": (_read("radius"), _sphere),
    "Cylinder": (_round, _cylinder),
    "Cylinder_1": (_round, _cylinder),
    "Cone": (_round, _cone),
    "Capsule": (_round, _capsule),
    "Capsule_1": (_round, _capsule),
    "Plane": (_read("width", "length", "axis"), _plane),
}
