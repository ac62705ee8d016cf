"""A point instancer as one mesh: every prototype at every place, a part for each look.

Its clones share that mesh, as those of any gprim do; it moves with the instancer's own row.
Belongs here: which prototype is where. How a gprim looks is ``geometry``'s.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pxr import Gf, Sdf, Usd, UsdGeom

from inspector.usd.clone_groups import prims_of_types
from inspector.usd.geometry_table import MeshData
from inspector.usd.materials import DEFAULT_COLOR
from inspector.usd.polygon_mesh import shown_color
from inspector.usd.prim_table import PrimTable

TYPE = "PointInstancer"
MOST_TRIANGLES = 2_000_000
"""Triangles of one instancer; of more, every k-th instance is drawn."""
_EVERYTHING = Usd.PrimIsActive & Usd.PrimIsLoaded & ~Usd.PrimIsAbstract
_Matrices = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Copies:
    """A mesh and where it is.

    Attributes:
        mesh: The mesh.
        looks: Number of the look of each of its parts.
        at: Matrices in the frame of the instancer, row-vector, shape [k, 4, 4].
        colors: Linear colour of each copy, shape [k, 3]; None for what the look says.
    """

    mesh: MeshData
    looks: tuple[int, ...]
    at: _Matrices
    colors: NDArray[np.float64] | None = None


def below_instancers(prims: PrimTable, wanted: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return which prims stand below a point instancer: they are drawn where it says, shape [k].

    Args:
        prims: Prims of the stage.
        wanted: Indices of some of them, shape [k].
    """
    inside = np.zeros(len(wanted), bool)
    instancers = prims_of_types(prims, {TYPE})
    if len(instancers) == 0:
        return inside
    is_instancer = np.zeros(len(prims), bool)
    is_instancer[instancers] = True
    at = prims.parent[wanted].astype(np.int64)
    while (at >= 0).any():
        inside |= (at >= 0) & is_instancer[np.maximum(at, 0)]
        at = np.where((at >= 0) & ~inside, prims.parent[np.maximum(at, 0)], -1)
    return inside


def prototypes_among(stage: Usd.Stage, prims: PrimTable, paths: Collection[str]) -> set[str]:
    """Return those paths that lie at or below prototypes: what moves there is in no row of its own.

    Args:
        stage: Stage of the prims.
        prims: Its prims.
        paths: Some prim paths.
    """
    instancers = prims_of_types(prims, {TYPE}) if paths else ()
    roots: set[Sdf.Path] = set()
    for at in instancers:
        path = prims.usd_path(int(at))
        instancer = UsdGeom.PointInstancer(stage.GetPrimAtPath(path)) if path else None
        if instancer:
            roots.update(instancer.GetPrototypesRel().GetForwardedTargets())
    if not roots:
        return set()
    return {path for path in paths if not roots.isdisjoint(Sdf.Path(path).GetPrefixes())}


def copies(
    prim: Usd.Prim, drawn: Callable[[Usd.Prim], tuple[MeshData, tuple[int, ...], bool] | None]
) -> list[Copies]:
    """Return what an instancer shows; nothing when it is broken.

    Args:
        prim: The instancer.
        drawn: Returns the mesh of a gprim, the looks of its parts, and whether its colour is
            nobody's choice; None when it is not drawn.
    """
    instancer, time = UsdGeom.PointInstancer(prim), Usd.TimeCode.EarliestTime()
    numbers = np.array(instancer.GetProtoIndicesAttr().Get(time) or (), np.int64)
    targets = instancer.GetPrototypesRel().GetForwardedTargets()
    positions = instancer.GetPositionsAttr().Get(time) or ()
    if len(numbers) == 0 or len(positions) != len(numbers) or not targets:
        return []
    at = instancer.ComputeInstanceTransformsAtTime(
        time, time, UsdGeom.PointInstancer.IncludeProtoXform, UsdGeom.PointInstancer.IgnoreMask
    )
    at = np.array(at, np.float64).reshape(-1, 4, 4)
    shown = np.array(instancer.ComputeMaskAtTime(time) or np.ones(len(numbers)), bool)
    if len(at) != len(numbers) or len(shown) != len(numbers):
        return []
    shown &= np.isfinite(at).all((1, 2))
    colors = _colors(prim, len(numbers))
    made: list[Copies] = []
    for number, target in enumerate(targets):
        chosen = np.flatnonzero(shown & (numbers == number))
        prototype = prim.GetStage().GetPrimAtPath(target)
        if not len(chosen) or not prototype or prototype == prim:
            continue
        for part, offset in _parts(prototype):
            if part.IsA(TYPE):
                made += [
                    Copies(c.mesh, c.looks, _product(c.at, offset, at[chosen]), _tiled(c, chosen))
                    for c in copies(part, drawn)
                ]
                continue
            found = drawn(part)
            if found is not None:
                own = None
                if found[2]:
                    grey = np.tile(np.array(DEFAULT_COLOR), (len(chosen), 1))
                    own = grey if colors is None else colors[chosen]
                places = _product(np.eye(4)[None], offset, at[chosen])
                made.append(Copies(found[0], found[1], places, own))
    return made


def _tiled(inner: Copies, chosen: NDArray[np.int64]) -> NDArray[np.float64] | None:
    return None if inner.colors is None else np.tile(inner.colors, (len(chosen), 1))


def _product(inner: _Matrices, offset: _Matrices, outer: _Matrices) -> _Matrices:
    """Return every inner place in every outer one, shape [outer * inner, 4, 4]."""
    return (inner[None] @ offset @ outer[:, None]).reshape(-1, 4, 4)


def _parts(prototype: Usd.Prim) -> Iterator[tuple[Usd.Prim, _Matrices]]:
    """Yield what a prototype consists of, and where it is below the prototype's own place."""
    cache = UsdGeom.XformCache()
    below = iter(Usd.PrimRange(prototype, Usd.TraverseInstanceProxies(_EVERYTHING)))
    for prim in below:
        imageable = UsdGeom.Imageable(prim)
        if imageable and imageable.GetVisibilityAttr().Get() == UsdGeom.Tokens.invisible:
            below.PruneChildren()
            continue
        is_instancer = prim.IsA(TYPE)
        if is_instancer:
            below.PruneChildren()
        if not (is_instancer or prim.IsA("Gprim")):
            continue
        if imageable.ComputePurpose() not in {UsdGeom.Tokens.default_, UsdGeom.Tokens.render}:
            continue
        offset = Gf.Matrix4d(1.0)
        if prim != prototype:
            offset, _ = cache.ComputeRelativeTransform(prim, prototype)
        yield prim, np.array(offset, np.float64)


def _colors(prim: Usd.Prim, count: int) -> NDArray[np.float64] | None:
    """Return a colour per instance, where the instancer has one for each."""
    primvar = UsdGeom.PrimvarsAPI(prim).GetPrimvar("displayColor")
    values = primvar.ComputeFlattened() if primvar and primvar.HasValue() else None
    colors = np.array(values or (), np.float64).reshape(-1, 3)
    return colors if len(colors) == count > 1 and np.isfinite(colors).all() else None


def merged(found: list[Copies]) -> tuple[MeshData, tuple[int, ...], int] | None:
    """Return one mesh of all copies, the looks of its parts, and how many are drawn: every k-th.

    Args:
        found: What is where; there are none of them without triangles.
    """
    total = sum(len(each.mesh.triangles) * len(each.at) for each in found)
    if total == 0:
        return None
    every = -(-total // MOST_TRIANGLES)
    digest = hashlib.blake2b(str(every).encode(), digest_size=12)
    for each in found:
        digest.update(f"{each.mesh.key}{each.looks}".encode())
        digest.update(each.at.tobytes())
        digest.update(b"" if each.colors is None else each.colors.tobytes())
    looks = sorted({look for each in found for look in each.looks})
    columns: dict[str, list[Any]] = {
        name: [] for name in ("points", "normals", "uvs", "colors", "triangles", "part", "pieces")
    }
    has_uvs = any(each.mesh.uvs is not None for each in found)
    has_colors = any(each.mesh.colors is not None or each.colors is not None for each in found)
    start = 0
    for each in found:
        at = each.at[::every]
        mesh, size = each.mesh, len(each.mesh.points)
        count = len(at)
        points = np.einsum("vi,kij->kvj", mesh.points, at[:, :3, :3]) + at[:, None, 3, :3]
        columns["points"].append(points.reshape(-1, 3).astype(np.float32))
        columns["normals"].append(_normals(mesh, at))
        first = start + size * np.arange(count)
        triangles = np.repeat(mesh.triangles[None].astype(np.int64), count, axis=0)
        mirrored = np.linalg.det(at[:, :3, :3]) < 0
        triangles[mirrored] = triangles[mirrored][:, :, ::-1]
        columns["triangles"].append((triangles + first[:, None, None]).reshape(-1, 3))
        part = np.searchsorted(mesh.part_edges, np.arange(len(mesh.triangles)), side="right") - 1
        numbers = np.searchsorted(looks, np.array(each.looks))
        columns["part"].append(np.tile(numbers[np.minimum(part, len(numbers) - 1)], count))
        inner = np.zeros(1, np.int64) if mesh.pieces is None else mesh.pieces[:-1]
        columns["pieces"].append((first[:, None] + inner).ravel())
        if has_uvs:
            uvs = np.zeros((size, 2), np.float32) if mesh.uvs is None else mesh.uvs
            columns["uvs"].append(np.tile(uvs, (count, 1)))
        if has_colors:
            columns["colors"].append(_vertex_colors(each, every, count))
        start += size * count
    part = np.concatenate(columns["part"])
    order = np.argsort(part, kind="stable")
    edges = np.searchsorted(part[order], np.arange(len(looks) + 1))
    points = np.concatenate(columns["points"])
    made = MeshData(
        key=f"{TYPE}:{digest.hexdigest()}",
        points=points,
        normals=np.concatenate(columns["normals"]),
        triangles=np.concatenate(columns["triangles"])[order].astype(np.uint32),
        radius=float(np.linalg.norm(points, axis=1).max()),
        uvs=np.concatenate(columns["uvs"]) if has_uvs else None,
        colors=np.concatenate(columns["colors"]) if has_colors else None,
        parts=tuple(edges.tolist()) if len(looks) > 1 else (),
        pieces=np.append(np.concatenate(columns["pieces"]), start),
    )
    return made, tuple(looks), every


def _normals(mesh: MeshData, at: _Matrices) -> NDArray[np.float32]:
    # Cofactors carry normals through any scale.
    axes = at[:, :3, :3]
    cofactor = np.stack([np.cross(axes[:, i - 2], axes[:, i - 1]) for i in range(3)], axis=1)
    cofactor *= np.where(np.linalg.det(axes) < 0, -1.0, 1.0)[:, None, None]
    normals = np.einsum("vi,kij->kvj", mesh.normals, cofactor).reshape(-1, 3)
    length = np.linalg.norm(normals, axis=1, keepdims=True)
    return (normals / np.maximum(length, 1e-30)).astype(np.float32)


def _vertex_colors(each: Copies, every: int, count: int) -> NDArray[np.uint8]:
    mesh, size = each.mesh, len(each.mesh.points)
    if each.colors is not None:
        return np.repeat(shown_color(each.colors[::every]), size, axis=0)
    own = np.full((size, 4), 255, np.uint8) if mesh.colors is None else mesh.colors
    return np.tile(own, (count, 1))
