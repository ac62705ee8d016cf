"""Which prims are particles or cloth, and what USD says about them.

The names are those of OpenUSD's deformables proposal as Newton reads it: a mesh with
``PhysicsSurfaceDeformableSimAPI`` is cloth, points with ``NewtonPointsDeformableSimAPI`` are particles.
What PhysX users author (``PhysxParticleClothAPI``, ``PhysxParticleSetAPI``) means the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from pxr import Usd, UsdGeom, UsdShade

from inspector.physics.poses import Floats
from inspector.physics.soft import SoftKind, SoftPrim
from inspector.physics.units import StageUnits
from inspector.physics.usd_to_mjspec.parse import Reports
from inspector.physics.usd_to_mjspec.triangles import triangles_of

CLOTH_APIS = frozenset({
    "PhysicsSurfaceDeformableSimAPI", "OmniPhysicsSurfaceDeformableSimAPI", "PhysxParticleClothAPI",
})  # fmt: skip
PARTICLE_APIS = frozenset({"NewtonPointsDeformableSimAPI", "PhysxParticleSetAPI"})

_DENSITY = 1000.0
_CLOTH_DENSITY = 0.3
"""Mass of cloth that says nothing about it [kg/m²]: a bed sheet's."""
_STRETCH, _BEND = 2000.0, 1e-3
_RADIUS = 0.02
_NEIGHBOURS = 0.45
"""Largest radius of cloth points as part of the shortest edge: neighbours must not push each other."""


def find_soft(stage: Usd.Stage, roots: Iterable[str]) -> list[Usd.Prim]:
    """Return the particles and cloth below some roots, in path order."""
    tops = [prim for prim in (stage.GetPrimAtPath(root) for root in roots) if prim]
    found = [
        prim
        for top in tops
        for prim in Usd.PrimRange(top, Usd.TraverseInstanceProxies())
        if prim.GetTypeName() in {"Mesh", "Points"} and kind_of(prim) is not None
    ]
    return sorted(found, key=lambda prim: str(prim.GetPath()))


def kind_of(prim: Usd.Prim) -> SoftKind | None:
    """Return what a prim is; schemas need not be registered to be applied."""
    applied = {str(name) for name in prim.GetPrimTypeInfo().GetAppliedAPISchemas()}
    if prim.IsA("Mesh") and applied & CLOTH_APIS:
        return SoftKind.CLOTH
    return SoftKind.PARTICLES if prim.IsA("Points") and applied & PARTICLE_APIS else None


def read_soft(
    prims: Sequence[Usd.Prim], units: StageUnits, reports: Reports, to_model: Sequence[Floats]
) -> tuple[SoftPrim, ...]:
    """Read deformable prims.

    Args:
        prims: The prims.
        units: Units of the stage.
        reports: Takes what cannot be represented.
        to_model: Of each prim: matrices to each environment's model frame, shape [e, 4, 4].

    Returns:
        What is simulated; prims without points are left out with a message.
    """
    found: list[SoftPrim] = []
    for prim, matrices in zip(prims, to_model, strict=True):
        path = str(prim.GetPath())
        based = UsdGeom.PointBased(prim)
        points = _rows(based.GetPointsAttr().Get(), 3)
        if len(points) == 0 or not np.isfinite(points).all():
            reports.add("soft-empty", path, f"{path} has no finite points and is not simulated.")
            continue
        velocities = _rows(based.GetVelocitiesAttr().Get(), 3)
        if velocities.shape != points.shape:
            velocities = np.zeros_like(points)
        shared = (path, points, velocities * units.meters, matrices)
        if kind_of(prim) is SoftKind.PARTICLES:
            found.append(_particles(prim, units, *shared))
        else:
            cloth = _cloth(prim, units, *shared)
            if cloth is None:
                reports.add("soft-empty", path, f"{path} is cloth without faces; not simulated.")
            else:
                found.append(cloth)
    return tuple(found)


def _particles(
    prim: Usd.Prim,
    units: StageUnits,
    path: str,
    points: Floats,
    velocities: Floats,
    to_model: Floats,
) -> SoftPrim:
    widths = np.array(UsdGeom.Points(prim).GetWidthsAttr().Get() or (), np.float64)
    radii = np.full(len(points), _RADIUS)
    if len(widths) in {1, len(points)}:
        scale = float(np.cbrt(np.abs(np.linalg.det(to_model[0, :3, :3]))))
        radii = np.broadcast_to(0.5 * scale * widths, len(points)).copy()
    volume = 4.0 / 3.0 * np.pi * radii**3
    density = _number(prim, "physics:density", units.kilograms / units.meters**3) or _DENSITY
    masses = _masses(prim, units, volume * density)
    return SoftPrim(
        path, SoftKind.PARTICLES, points, velocities, masses, radii,
        friction=_friction(prim), to_model=to_model,
    )  # fmt: skip


def _cloth(
    prim: Usd.Prim,
    units: StageUnits,
    path: str,
    points: Floats,
    velocities: Floats,
    to_model: Floats,
) -> SoftPrim | None:
    triangles = triangles_of(UsdGeom.Mesh(prim), len(points))
    if len(triangles) == 0:
        return None
    placed = points @ to_model[0, :3, :3]
    corners = placed[triangles]
    edges = np.roll(corners, -1, axis=1) - corners
    areas = 0.5 * np.linalg.norm(np.cross(edges[:, 0], edges[:, 1]), axis=1)
    thickness = _number(prim, "physics:surfaceThickness", units.meters)
    density = _number(prim, "physics:density", units.kilograms / units.meters**3)
    per_area = density * (thickness or 1e-3) if density else _CLOTH_DENSITY
    weights = np.zeros(len(points))
    np.add.at(weights, triangles.ravel(), np.repeat(areas / 3.0 * per_area, 3))
    shortest = float(np.linalg.norm(edges, axis=2).min())
    radius = min(0.5 * thickness if thickness else 0.4 * shortest, _NEIGHBOURS * shortest)
    force = units.kilograms
    young = _number(prim, "physics:youngsModulus", units.kilograms / units.meters)
    stretch = _number(prim, "physics:surfaceStretchStiffness", force)
    if not stretch and young:
        stretch = young * (thickness or 1e-3)
    return SoftPrim(
        path, SoftKind.CLOTH, points, velocities,
        _masses(prim, units, weights), np.full(len(points), radius), triangles,
        stretch=stretch or _number(
            prim, "physxAutoParticleCloth:springStretchStiffness", force
        ) or _STRETCH,
        bend=_number(prim, "physics:surfaceBendStiffness", units.inertia) or _BEND,
        friction=_friction(prim), to_model=to_model,
    )  # fmt: skip


def _masses(prim: Usd.Prim, units: StageUnits, by_density: Floats) -> Floats:
    """Masses of points: authored each, authored for the whole, or by density; in that order."""
    each = prim.GetAttribute("physics:masses")
    values = np.array((each.Get() if each else None) or (), np.float64)
    if len(values) == len(by_density) and (values > 0.0).all():
        return values * units.kilograms
    whole = _number(prim, "physics:mass", units.kilograms)
    if whole and by_density.sum() > 0.0:
        return by_density * (whole / by_density.sum())
    return by_density


def _number(prim: Usd.Prim, name: str, unit: float) -> float:
    """Return an authored positive number of a prim, its parent's body or its material; or zero."""
    material, _ = UsdShade.MaterialBindingAPI(prim).ComputeBoundMaterial("physics")
    for owner in (prim, prim.GetParent(), material.GetPrim() if material else None):
        attribute = owner.GetAttribute(name) if owner else None
        if attribute and attribute.HasAuthoredValue():
            value = float(attribute.Get())
            if np.isfinite(value) and value > 0.0:
                return value * unit
    return 0.0


def _friction(prim: Usd.Prim) -> float:
    return _number(prim, "physics:dynamicFriction", 1.0) or 0.5


def _rows(values: object, width: int) -> Floats:
    array: Floats = np.array(values if values is not None else (), np.float64)
    return array.reshape(-1, width)
