"""Triangles of a UsdGeom.Mesh with what belongs to its corners: normals, coordinates, colours.

Belongs here: polygons, primvars and subsets as parts. Which materials the parts have is
``geometry``'s.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pxr import Usd, UsdGeom

from inspector.usd.concave import concave_faces, ears
from inspector.usd.geometry_table import MeshData
from inspector.usd.mesh_normals import corner_normals, unit

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

_BARE = 0.6
"""Grey where nobody chose a colour."""
_GAMMA = 1 / 2.2


@dataclass(frozen=True)
class MeshWishes:
    """What to read beside points and normals.

    Attributes:
        uv_name: Primvar of the texture coordinates; empty for none.
        uv_names: The same for each part, the last one included, where parts want different ones.
        colors: Whether to read display colours that differ from vertex to vertex or face to face.
        parts: Faces of each part but the last, which has the rest.
    """

    uv_name: str = ""
    uv_names: tuple[str, ...] = ()
    colors: bool = False
    parts: tuple[tuple[int, ...], ...] = ()


@dataclass(frozen=True, eq=False)
class _Polygons:
    """The polygons of a mesh, cut into triangles.

    Attributes:
        points: Positions, shape [v, 3].
        counts: Corners of each face, shape [f].
        indices: Points of all corners, shape [c].
        triangles: Points, shape [t, 3].
        corners: Corners, shape [t, 3].
        faces: Face of each triangle, shape [t].
    """

    points: Floats
    counts: Indices
    indices: Indices
    triangles: Indices
    corners: Indices
    faces: Indices

    def at_corners(self, values: Floats, interpolation: str) -> Floats | None:
        """Return a value per corner of each triangle, shape [t * 3, k], None if they do not fit.

        Args:
            values: Values, shape [n, k].
            interpolation: What they belong to.
        """
        wanted = {
            UsdGeom.Tokens.constant: (1, np.zeros(self.corners.size, np.int64)),
            UsdGeom.Tokens.uniform: (len(self.counts), np.repeat(self.faces, 3)),
            UsdGeom.Tokens.vertex: (len(self.points), self.triangles.ravel()),
            UsdGeom.Tokens.varying: (len(self.points), self.triangles.ravel()),
            UsdGeom.Tokens.faceVarying: (len(self.indices), self.corners.ravel()),
        }
        if interpolation not in wanted:
            return None
        count, index = wanted[interpolation]
        return values[index] if len(values) == count else None


def polygon_mesh(
    prim: Usd.Prim, known: dict[str, MeshData], wishes: MeshWishes | None = None
) -> MeshData | None:
    """Return the triangles of a mesh, None when it has none or is broken.

    Faces at points that are not finite are left out; ``undrawn`` says so.

    Args:
        prim: The mesh.
        known: Meshes by key; what is there is not made again, what is made is added.
        wishes: What to read beside points and normals.
    """
    wishes = wishes or MeshWishes()
    mesh = UsdGeom.Mesh(prim)
    points = _array(mesh.GetPointsAttr().Get(), 3)
    counts = np.array(mesh.GetFaceVertexCountsAttr().Get() or (), np.int64)
    indices = np.array(mesh.GetFaceVertexIndicesAttr().Get() or (), np.int64)
    holes = np.array(mesh.GetHoleIndicesAttr().Get() or (), np.int64)
    normals, normals_of = _normals(mesh)
    uvs, uvs_of = _primvar(prim, wishes.uv_name, 2) if wishes.uv_name else _nothing(2)
    rgb, rgb_of = _color(prim, "displayColor", 3) if wishes.colors else _nothing(3)
    alpha, alpha_of = _color(prim, "displayOpacity", 1) if wishes.colors else _nothing(1)
    flipped = mesh.GetOrientationAttr().Get() == UsdGeom.Tokens.leftHanded
    others = {
        name: _primvar(prim, name, 2) for name in sorted({*wishes.uv_names} - {wishes.uv_name, ""})
    }
    words = f"{flipped}{normals_of}{uvs_of}{rgb_of}{alpha_of}{wishes.parts}{wishes.uv_names}"
    words += "".join(kind for _, kind in others.values())
    digest = hashlib.sha1(words.encode(), usedforsecurity=False)
    more = [values for values, _ in others.values()]
    for part in (points, counts, indices, holes, normals, uvs, rgb, alpha, *more):
        digest.update(part.tobytes())
    key = f"Mesh:{digest.hexdigest()}"
    if key in known:
        return known[key]
    if trouble_of(points, counts, indices):
        return None
    points, lost = _finite(points, counts, indices)
    polygons = _cut(points, counts, indices, np.union1d(holes, lost), flipped=flipped)
    own = polygons.at_corners(normals, normals_of)
    part_of_face = _part_of_face(wishes.parts, len(counts))[polygons.faces]
    places = polygons.at_corners(uvs, uvs_of)
    for name, (values, kind) in others.items():
        other = polygons.at_corners(values, kind)
        if other is not None:
            wanting = np.array([each == name for each in wishes.uv_names])[part_of_face]
            here = np.repeat(wanting, 3)[:, None]
            places = np.where(here, other, 0.0 if places is None else places)
    made = mesh_data(
        key,
        points,
        polygons.triangles,
        None if own is None else _complete(own, points, polygons.triangles),
        uvs=places,
        colors=_corner_colors(polygons, (rgb, rgb_of), (alpha, alpha_of)),
        parts=part_of_face if wishes.parts else None,
        part_count=len(wishes.parts) + 1,
    )
    if made is not None:
        known[key] = made
    return made


def trouble_of(points: Floats, counts: Indices, indices: Indices) -> str:
    """Return why nothing can be drawn of a mesh, empty when its faces fit its points.

    Args:
        points: Positions, shape [v, 3].
        counts: Corners of each face, shape [f].
        indices: Points of all corners, shape [c].
    """
    if (counts < 0).any():
        return "faceVertexCounts has a face with fewer than no corners"
    if counts.sum() != len(indices):
        return (
            f"its faces have {counts.sum():,} corners, but faceVertexIndices has {len(indices):,}"
        )
    if len(indices) and not _within(indices, len(points)):
        wrong = indices[(indices < 0) | (indices >= len(points))][0]
        return f"faceVertexIndices names point {wrong:,} of {len(points):,}"
    return ""


def mesh_data(
    key: str,
    points: Floats,
    triangles: Indices,
    normals: Floats | None = None,
    *,
    uvs: Floats | None = None,
    colors: Floats | None = None,
    parts: Indices | None = None,
    part_count: int = 1,
) -> MeshData | None:
    """Return a mesh with unit normals; corners are split where anything about them differs.

    Args:
        key: Identifies the geometry.
        points: Positions, shape [v, 3].
        triangles: Indices into ``points``, shape [t, 3].
        normals: One normal per corner, shape [t * 3, 3]; ``None`` computes them.
        uvs: Texture coordinates per corner, shape [t * 3, 2].
        colors: Linear colour and opacity per corner, shape [t * 3, 4].
        parts: Part of each triangle, shape [t].
        part_count: Number of parts.

    Returns:
        The mesh, ``None`` when there are no triangles or a position is not finite.
    """
    if len(triangles) == 0 or not np.isfinite(points).all():
        return None
    edges: tuple[int, ...] = ()
    if normals is None:
        normals = corner_normals(points, triangles)
    if parts is not None:
        order = np.argsort(parts, kind="stable")
        edges = tuple(np.searchsorted(parts[order], np.arange(part_count + 1)).tolist())
        triangles = triangles[order]
        normals, uvs, colors = (_reordered(each, order) for each in (normals, uvs, colors))
        assert normals is not None
    corners = triangles.ravel()
    columns = [corners, *np.round(normals * 1e4).astype(np.int64).T]
    if uvs is not None:
        uvs = np.nan_to_num(uvs)
        columns += [*np.round(uvs * 1e6).astype(np.int64).T]
    shown = None
    if colors is not None:
        shown = shown_color(colors)
        columns += [shown.view(np.uint32)[:, 0]]
    if edges:
        columns += [np.repeat(np.sort(parts), 3) if parts is not None else corners]
    _, first, inverse = np.unique(
        np.column_stack(columns), axis=0, return_index=True, return_inverse=True
    )
    return MeshData(
        key=key,
        points=points[corners[first]].astype(np.float32),
        normals=unit(normals[first]).astype(np.float32),
        triangles=inverse.reshape(-1, 3).astype(np.uint32),
        radius=float(np.linalg.norm(points[corners], axis=1).max()),
        uvs=None if uvs is None else uvs[first].astype(np.float32),
        colors=None if shown is None else shown[first],
        parts=edges,
    )


def shown_color(linear: Floats) -> NDArray[np.uint8]:
    """Return linear colours as they are shown, with opacity 1 where there is none, shape [n, 4]."""
    clipped = np.ones((len(linear), 4))
    clipped[:, : linear.shape[1]] = np.clip(np.nan_to_num(linear), 0.0, 1.0)
    clipped[:, :3] **= _GAMMA
    return np.round(clipped * 255).astype(np.uint8)


def fan(counts: ArrayLike, indices: ArrayLike, *, flipped: bool) -> tuple[Indices, Indices]:
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


def has_varying_colors(prim: Usd.Prim) -> bool:
    """Whether displayColor or displayOpacity differ over a mesh."""
    primvars = UsdGeom.PrimvarsAPI(prim)
    for name in ("displayColor", "displayOpacity"):
        primvar = primvars.FindPrimvarWithInheritance(name)
        if primvar and primvar.HasValue() and primvar.GetInterpolation() != UsdGeom.Tokens.constant:
            return True
    return False


def _cut(
    points: Floats, counts: Indices, indices: Indices, holes: Indices, *, flipped: bool
) -> _Polygons:
    _, corners = fan(counts, indices, flipped=False)
    faces = np.repeat(np.arange(len(counts)), np.maximum(counts - 2, 0))
    first_corner, first_cut = (
        np.cumsum(counts) - counts,
        np.searchsorted(faces, np.arange(len(counts))),
    )
    for face in concave_faces(points, counts, indices).tolist():
        start, count = int(first_corner[face]), int(counts[face])
        cut = slice(int(first_cut[face]), int(first_cut[face]) + count - 2)
        corners[cut] = start + np.array(ears(points[indices[start : start + count]]))
    if flipped:
        corners = corners[:, ::-1]
    triangles = indices[corners]
    if len(holes):
        kept = ~np.isin(faces, holes)
        triangles, corners, faces = triangles[kept], corners[kept], faces[kept]
    return _Polygons(points, counts, indices, triangles, corners, faces)


def _finite(points: Floats, counts: Indices, indices: Indices) -> tuple[Floats, Indices]:
    """Return points that are finite, and the faces that had one that was not."""
    good = np.asarray(np.isfinite(points).all(axis=1))
    if good.all():
        return points, np.zeros(0, np.int64)
    face = np.repeat(np.arange(len(counts)), counts)
    return np.where(good[:, None], points, 0.0), np.unique(face[~good[indices]])


def _complete(normals: Floats, points: Floats, triangles: Indices) -> Floats:
    """Return unit normals per corner; those that point nowhere are made of the triangles."""
    length = np.linalg.norm(normals, axis=1)
    lost: NDArray[np.bool_] = ~(np.isfinite(length) & (length > 0.0))
    made = unit(np.where(lost[:, None], 0.0, normals))
    if lost.any() and len(triangles):
        made[lost] = corner_normals(points, triangles)[lost]
    return made


def _normals(mesh: UsdGeom.Mesh) -> tuple[Floats, str]:
    """Authored normals and what they belong to; the primvar wins over the attribute."""
    values, kind = _primvar(mesh.GetPrim(), "normals", 3)
    if len(values):
        return values, kind
    return _array(mesh.GetNormalsAttr().Get(), 3), str(mesh.GetNormalsInterpolation())


def _color(prim: Usd.Prim, name: str, width: int) -> tuple[Floats, str]:
    """Values of displayColor or displayOpacity and what they belong to; one is for everything."""
    values, kind = _primvar(prim, name, width)
    return values, str(UsdGeom.Tokens.constant) if len(values) == 1 else kind


def _corner_colors(
    polygons: _Polygons, colors: tuple[Floats, str], opacities: tuple[Floats, str]
) -> Floats | None:
    """Return linear colour and opacity per corner, shape [t * 3, 4]; None without any.

    Colours may belong to faces and opacities to vertices: each has its own interpolation.
    """
    (rgb, rgb_of), (alpha, alpha_of) = colors, opacities
    if not len(rgb) and not len(alpha):
        return None
    color = polygons.at_corners(rgb, rgb_of)
    opacity = polygons.at_corners(alpha, alpha_of)
    if color is None and len(rgb):
        return None
    if color is None:
        color = np.full((polygons.corners.size, 3), _BARE)
    if opacity is None:
        # What fits nothing is shown as its mean.
        opacity = np.full((len(color), 1), float(alpha.mean()) if len(alpha) else 1.0)
    return np.column_stack([color, opacity])


def _primvar(prim: Usd.Prim, name: str, width: int) -> tuple[Floats, str]:
    primvar = UsdGeom.PrimvarsAPI(prim).FindPrimvarWithInheritance(name)
    if not primvar or not primvar.HasValue():
        return _nothing(width)
    return _array(primvar.ComputeFlattened(), width), str(primvar.GetInterpolation())


def _nothing(width: int) -> tuple[Floats, str]:
    return np.zeros((0, width)), ""


def _array(values: Sequence[object] | None, width: int) -> Floats:
    return np.array(() if values is None else values, np.float64).reshape(-1, width)


def _part_of_face(parts: tuple[tuple[int, ...], ...], faces: int) -> Indices:
    part = np.full(faces, len(parts))
    for number, members in enumerate(parts):
        inside = np.array(members, np.int64)
        part[inside[(inside >= 0) & (inside < faces)]] = number
    return part


def _reordered(values: Floats | None, order: Indices) -> Floats | None:
    if values is None:
        return None
    return values.reshape(len(order), 3, -1)[order].reshape(3 * len(order), -1)


def _within(indices: Indices, count: int) -> bool:
    return int(indices.min()) >= 0 and int(indices.max()) < count
