"""Schemas of PhysX, Isaac and OpenUSD's proposals that nothing here reads: said at play, by prim.

Belongs here: prims whose type or applied schema changes how a scene moves, and that no part of the
translation looks at. Does not belong here: attributes of prims that are simulated
(``unrepresented``). Schemas need not be registered to be found.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from pxr import Usd

from inspector.physics.usd_to_mjspec.parse import PhysicsPrims
from inspector.physics.usd_to_mjspec.unrepresented import named
from inspector.utils.states import Severity

_TENDON = "is part of a tendon; tendons are not simulated, and its joints move freely of them"
_SOFT = "is a deformable body; it is drawn but not simulated (cloth and particles are, by Newton)"
_VEHICLE = "is part of a PhysX vehicle; it has no engine, no wheels that roll and no suspension"

_APPLIED: dict[str, str] = {
    "PhysxTendonAxisAPI": _TENDON,
    "PhysxTendonAxisRootAPI": _TENDON,
    "PhysxTendonAttachmentAPI": _TENDON,
    "PhysxTendonAttachmentRootAPI": _TENDON,
    "PhysxTendonAttachmentLeafAPI": _TENDON,
    "PhysxDeformableBodyAPI": _SOFT,
    "PhysxDeformableSurfaceAPI": _SOFT,
    "PhysicsVolumeDeformableSimAPI": _SOFT,
    "OmniPhysicsVolumeDeformableSimAPI": _SOFT,
    "PhysicsCurvesDeformableSimAPI": _SOFT,
    "OmniPhysicsCurvesDeformableSimAPI": _SOFT,
    "PhysxVehicleAPI": _VEHICLE,
    "PhysxVehicleWheelAttachmentAPI": _VEHICLE,
    "PhysxSurfaceVelocityAPI": (
        "is a conveyor; its surface does not move, and what lies on it stays"
    ),
    "PhysxForceAPI": "asks for a force that pushes all the time; it is not applied",
    "PhysxCharacterControllerAPI": "is a character controller; it does not walk",
}
_TYPED: dict[str, str] = {
    "PhysxPhysicsGearJoint": "is a gear joint; its joints turn independently (use a mimic joint)",
    "PhysxPhysicsRackAndPinionJoint": (
        "is a rack and pinion; its joints move independently (use a mimic joint)"
    ),
    "PhysxPhysicsAttachment": "attaches deformable bodies; nothing is attached",
    "PhysicsAttachment": "attaches deformable bodies; nothing is attached",
    "OmniPhysicsVtxXformAttachment": "attaches deformable bodies; nothing is attached",
}
_SWITCHES: dict[str, Callable[[Usd.Prim], bool]] = {
    "PhysxSurfaceVelocityAPI": lambda prim: (
        _on(prim, "physxSurfaceVelocity:surfaceVelocityEnabled")
        and (
            _any(prim, "physxSurfaceVelocity:surfaceVelocity")
            or _any(prim, "physxSurfaceVelocity:surfaceAngularVelocity")
        )
    ),
    "PhysxForceAPI": lambda prim: (
        _on(prim, "physxForce:forceEnabled")
        and (_any(prim, "physxForce:force") or _any(prim, "physxForce:torque"))
    ),
    "PhysxDeformableBodyAPI": lambda prim: _on(prim, "physxDeformable:deformableEnabled"),
}
"""Schemas that can be applied without saying anything."""


def report_unread_schemas(prims: PhysicsPrims, roots: Iterable[str]) -> None:
    """Say which prims are meant to move others, or to move, in a way that nothing here knows.

    Args:
        prims: Parsed prims; their reports take the messages.
        roots: Paths that were parsed.
    """
    found: dict[str, list[str]] = {}
    for root in roots:
        top = prims.stage.GetPrimAtPath(root)
        for prim in Usd.PrimRange(top, Usd.TraverseInstanceProxies()) if top else ():
            for schema in _unread(prim):
                found.setdefault(schema, []).append(str(prim.GetPath()))
    for schema, where in found.items():
        text = _APPLIED.get(schema) or _TYPED[schema]
        prims.reports.add(
            f"unread-{schema}",
            where[0],
            f"{named(where)} {text} ({schema}).",
            Severity.WARNING,
        )


def _unread(prim: Usd.Prim) -> Iterable[str]:
    if str(prim.GetTypeName()) in _TYPED:
        yield str(prim.GetTypeName())
    # An instance name follows the schema's, as in PhysxTendonAxisAPI:finger.
    applied = {str(name).split(":")[0] for name in prim.GetPrimTypeInfo().GetAppliedAPISchemas()}
    for schema in sorted(applied & _APPLIED.keys()):
        if schema not in _SWITCHES or _SWITCHES[schema](prim):
            yield schema


def _value(prim: Usd.Prim, name: str) -> Any:
    attribute = prim.GetAttribute(name)
    return attribute.Get() if attribute else None


def _on(prim: Usd.Prim, name: str) -> bool:
    return _value(prim, name) is not False


def _any(prim: Usd.Prim, name: str) -> bool:
    value = _value(prim, name)
    return value is not None and any(component != 0.0 for component in value)
