"""What of a gprim is not drawn, in a sentence that names it."""

from __future__ import annotations

from collections.abc import Mapping

from pxr import Usd, UsdGeom

from inspector.usd import curves, nurbs_patch, point_cloud
from inspector.usd.geometry_table import MeshData
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
    if mesh is None:
        known = any(prim.IsA(each) for each in _DRAWN)
        return "" if known else f"A {kind} is not drawn in the viewport."
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
