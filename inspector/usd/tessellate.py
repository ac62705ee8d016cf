"""Triangles of one gprim in its local frame.

Belongs here: shapes, polygons and normals. Which prims are drawn, and where, is ``geometry``'s.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pxr import Usd, UsdGeom

from inspector.usd.geometry_table import MeshData

Points = NDArray[np.float64]
Triangles = NDArray[np.int64]
Shape = tuple[Points, Triangles]

SECTIONS = 24
CREASE = np.cos(np.deg2rad(40.0))
"""Faces that meet at a smaller angle are shaded as one surface."""
_MAX_VALENCE = 256
_UP_TO = {"Z": (0, 1, 2), "X": (2, 0, 1), "Y": (1, 2, 0)}


def tessellate(prim: Usd.Prim, known: dict[str, MeshData] | None = None) -> MeshData | None:
    """Return the triangles of a gprim, ``None`` for kinds that are not drawn or have no area.

    Args:
        prim: The gprim.
        known: Meshes by key; what is there is not made again, what is made is added.
    """
    found: dict[str, MeshData] = {} if known is None else known
    shape = _SHAPES.get(prim.GetTypeName())
    if shape is None:
        return _polygon_mesh(UsdGeom.Mesh(prim), found) if prim.IsA("Mesh") else None
    parameters, make = shape
    values = parameters(prim)
    key = ":".join([prim.GetTypeName(), *map(str, values)])
    if key not in found:
        mesh = mesh_data(key, *make(*values))
        if mesh is None:
            return None
        found[key] = mesh
    return found[key]


def mesh_data(
    key: str, points: Points, triangles: Triangles, normals: Points | None = None
) -> MeshData | None:
    """Return a mesh with unit normals; corners are split where faces meet at a crease.

    Args:
        key: Identifies the geometry.
        points: Positions, shape [v, 3].
        triangles: Indices into ``points``, shape [t, 3].
        normals: One normal per corner, shape [t * 3, 3]; ``None`` computes them.

    Returns:
        The mesh, ``None`` when there are no triangles or a position is not finite.
    """
    if len(triangles) == 0 or not np.isfinite(points).all():
        return None
    corners = triangles.ravel()
    if normals is None:
        normals = corner_normals(points, triangles)
    rounded = np.round(normals * 1e4).astype(np.int64)
    keyed = np.column_stack([corners, rounded])
    _, first, inverse = np.unique(keyed, axis=0, return_index=True, return_inverse=True)
    return MeshData(
        key=key,
        points=points[corners[first]].astype(np.float32),
        normals=_unit(normals[first]).astype(np.float32),
        triangles=inverse.reshape(-1, 3).astype(np.uint32),
        radius=float(np.linalg.norm(points[corners], axis=1).max()),
    )


def corner_normals(points: Points, triangles: Triangles) -> Points:
    """Return a normal per corner: the faces around its vertex that continue its own face.

    Args:
        points: Positions, shape [v, 3].
        triangles: Indices into ``points``, shape [t, 3].

    Returns:
        Unit normals, shape [t * 3, 3].
    """
    corners = triangles.ravel()
    at = points[triangles]
    ahead, behind = (_unit(np.roll(at, shift, axis=1) - at) for shift in (-1, 1))
    face = _unit(np.cross(at[:, 1] - at[:, 0], at[:, 2] - at[:, 0]))
    # Weighted by angle, a round shape looks round however its faces are cut.
    angle = np.arccos(np.clip((ahead * behind).sum(axis=2), -1.0, 1.0)).ravel()
    owner = np.repeat(np.arange(len(triangles)), 3)
    order = np.argsort(corners, kind="stable")
    valence = np.bincount(corners, minlength=len(points))
    if valence.max() > _MAX_VALENCE:  # all pairs around one vertex would not fit
        sums = np.zeros_like(points)
        np.add.at(sums, corners, face[owner] * angle[:, None])
        return _unit(sums)[corners]
    start = np.cumsum(valence) - valence
    count = valence[corners]
    mine = np.repeat(np.arange(len(corners)), count)
    offset = np.arange(len(mine)) - np.repeat(np.cumsum(count) - count, count)
    other = order[start[corners[mine]] + offset]
    smooth = (face[owner[mine]] * face[owner[other]]).sum(axis=1) > CREASE
    weight = np.where(smooth, angle[other], 0.0)
    total = np.empty((len(corners), 3))
    for axis in range(3):
        parts = weight * face[owner[other], axis]
        total[:, axis] = np.bincount(mine, weights=parts, minlength=len(corners))
    return _unit(total)


def fan(counts: ArrayLike, indices: ArrayLike, *, flipped: bool) -> tuple[Triangles, Triangles]:
    """Cut polygons into fans.

    Args:
        counts: Corners of each polygon, shape [f].
        indices: Vertices of all corners, shape [sum of counts].
        flipped: Whether the polygons turn clockwise.

    Returns:
        Triangles, shape [t, 3], and the corner that each of their corners was, shape [t, 3].
    """
    counts, indices = np.asarray(counts, np.int64), np.asarray(indices, np.int64)
    cuts = np.maximum(counts - 2, 0)
    first = np.repeat(np.cumsum(counts) - counts, cuts)
    step = np.arange(len(first)) - np.repeat(np.cumsum(cuts) - cuts, cuts)
    corners = np.column_stack([first, first + step + 1, first + step + 2])
    if flipped:
        corners = corners[:, ::-1]
    return indices[corners], corners


def _unit(vectors: Points) -> Points:
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.where(length > 0, vectors / np.where(length > 0, length, 1.0), (0.0, 0.0, 1.0))


def _polygon_mesh(mesh: UsdGeom.Mesh, known: dict[str, MeshData]) -> MeshData | None:
    points = np.array(mesh.GetPointsAttr().Get() or (), np.float64).reshape(-1, 3)
    counts = np.array(mesh.GetFaceVertexCountsAttr().Get() or (), np.int64)
    indices = np.array(mesh.GetFaceVertexIndicesAttr().Get() or (), np.int64)
    authored = np.array(mesh.GetNormalsAttr().Get() or (), np.float64).reshape(-1, 3)
    orientation, kind = str(mesh.GetOrientationAttr().Get()), str(mesh.GetNormalsInterpolation())
    digest = hashlib.sha1(f"{orientation}{kind}".encode(), usedforsecurity=False)
    for part in (points, counts, indices, authored):
        digest.update(part.tobytes())
    key = f"Mesh:{digest.hexdigest()}"
    if key in known:
        return known[key]
    broken = counts.sum() != len(indices) or (len(indices) and not _within(indices, len(points)))
    if broken or (counts < 0).any():
        return None
    triangles, corners = fan(counts, indices, flipped=orientation == UsdGeom.Tokens.leftHanded)
    normals = None
    if kind == UsdGeom.Tokens.faceVarying and len(authored) == len(indices):
        normals = _unit(authored[corners.ravel()])
    elif kind in {UsdGeom.Tokens.vertex, UsdGeom.Tokens.varying} and len(authored) == len(points):
        normals = _unit(authored[triangles.ravel()])
    made = mesh_data(key, points, triangles, normals)
    if made is not None:
        known[key] = made
    return made


def _within(indices: Triangles, count: int) -> bool:
    return int(indices.min()) >= 0 and int(indices.max()) < count


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
    triangles: list[Triangles] = []
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
    return np.concatenate(rings)[:, _UP_TO[axis]], np.concatenate(triangles)


def _plane(width: float, length: float, axis: str) -> Shape:
    square = np.array([(-0.5, -0.5, 0), (0.5, -0.5, 0), (0.5, 0.5, 0), (-0.5, 0.5, 0)])
    # Width runs along x (z for axis X), length along y (z for axis Y).
    along = {"Z": (width, length, 1), "X": (length, width, 1), "Y": (length, width, 1)}[axis]
    return (square * along)[:, _UP_TO[axis]], np.array([(0, 1, 2), (0, 2, 3)])


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
