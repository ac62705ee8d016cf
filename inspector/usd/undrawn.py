"""What of a gprim is not drawn, in a sentence that names it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from pxr import Usd, UsdGeom

from inspector.usd import curves, nurbs_patch, point_cloud
from inspector.usd.geometry_table import MeshData
from inspector.usd.polygon_mesh import trouble_of
from inspector.utils.message import Message
from inspector.utils.states import Severity

_DRAWN = ("Mesh", "Curves", "NurbsPatch", "TetMesh", "Points", "Cube", "Sphere", "Cylinder",
          "Cylinder_1", "Cone", "Capsule", "Capsule_1", "Plane")  # fmt: skip

_MOST = 20
"""Prims that are named; of more, their number."""


def sentence(prim: Usd.Prim, mesh: MeshData | None) -> str:
    """Return what of a gprim is not drawn; empty when all of it is, or it is empty itself.

    Args:
        prim: The gprim.
        mesh: What is drawn of it.
    """
    kind = str(prim.GetTypeName())
    if prim.IsA("Mesh"):
        return _of_mesh(UsdGeom.Mesh(prim), is_drawn=mesh is not None)
    if mesh is None:
        known = any(prim.IsA(each) for each in _DRAWN)
        return _of_sizes(prim) if known else f"A {kind} is not drawn in the viewport."
    if prim.IsA("NurbsPatch") and nurbs_patch.is_trimmed(prim):
        return "Trim curves are not applied: the whole patch is drawn."
    every = 1
    if prim.IsA("Curves"):
        every = curves.thinning(prim)
    elif prim.IsA("Points"):
        count = len(UsdGeom.Points(prim).GetPointsAttr().Get() or ())
        every = -(-count // point_cloud.MOST_POINTS)
    what = "curves" if prim.IsA("Curves") else "points"
    return thinned(every, what) if every > 1 else ""


def of_primvars(mesh: MeshData | None, *, uv_name: str, colors: bool) -> str:
    """Return which coordinates or colours a drawn gprim lacks; empty when it has what it wants.

    Args:
        mesh: What is drawn of it.
        uv_name: Primvar that its textures are placed by, empty without textures.
        colors: Whether its colours differ over the surface.
    """
    told: list[str] = []
    if mesh is not None and uv_name and mesh.uvs is None:
        told.append(
            f"Its textures are not shown: they need the coordinates primvars:{uv_name}, which it "
            "does not have, or not one for each of what they belong to."
        )
    if mesh is not None and colors and mesh.colors is None:
        told.append(
            "displayColor and displayOpacity have not as many values as what they belong to: shown "
            "is their mean."
        )
    return " ".join(told)


def _of_mesh(mesh: UsdGeom.Mesh, *, is_drawn: bool) -> str:
    points = np.array(mesh.GetPointsAttr().Get() or (), np.float64).reshape(-1, 3)
    counts, indices = (
        np.array(attribute.Get() or (), np.int64)
        for attribute in (mesh.GetFaceVertexCountsAttr(), mesh.GetFaceVertexIndicesAttr())
    )
    trouble = trouble_of(points, counts, indices)
    if trouble and not is_drawn:
        return f"The mesh is not drawn: {trouble}. Repair its topology."
    lost = int(np.count_nonzero(~np.isfinite(points).all(axis=1)))
    if lost:
        are = "is" if lost == 1 else "are"
        return (
            f"{lost:,} of {len(points):,} points {are} not finite: the faces there are not drawn. "
            "Repair points."
        )
    return ""


def _of_sizes(prim: Usd.Prim) -> str:
    """Return the sizes of a shape of which nothing can be drawn; empty for other kinds."""
    names = ("size", "radius", "radiusBottom", "radiusTop", "width", "length", "height")
    sizes = [(name, prim.GetAttribute(name).Get()) for name in names if prim.HasAttribute(name)]
    if not sizes or not isinstance(sizes[0][1], float):
        return ""
    said = ", ".join(f"{name} {value:g}" for name, value in sizes)
    return f"With {said} there is nothing to draw. Author sizes that are positive and finite."


def messages(notes: Mapping[str, str]) -> tuple[Message, ...]:
    """Return what to tell about prims that are not drawn, or not all of them.

    Args:
        notes: Sentences by path.
    """
    told = [
        Message(Severity.INFO, text, path=path, code="not-drawn")
        for path, text in list(notes.items())[:_MOST]
    ]
    if len(notes) > _MOST:
        text = f"{len(notes) - _MOST} more prims are not drawn, or not all of them."
        told.append(Message(Severity.INFO, text, code="not-drawn"))
    return tuple(told)


def thinned(every: int, what: str) -> str:
    """Return that only some of many are drawn."""
    return f"Of so many {what} one in {every} is drawn."
