"""Masses, centres of mass and inertias by UsdPhysics precedence.

The rules are those of ``UsdPhysics.RigidBodyAPI.ComputeMassProperties`` (authored mass, density of the
collider, of the body, of the material, 1000 kg/m³) on the colliders that MuJoCo collides. They are
written out here because that function does not look into instances, counts disabled colliders, reads
blocked attributes as noise and answers in single precision.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from pxr import Gf, Usd, UsdPhysics

from inspector.physics.native import Desc
from inspector.physics.poses import (
    Floats,
    from_world_matrices,
    pose,
    rotate,
    rotation_matrices,
)
from inspector.physics.usd_to_mjspec.parse import PhysicsPrims
from inspector.physics.usd_to_mjspec.shapes import ShapeGeom, solid_of

_DEFAULT_DENSITY = 1000.0
_LIGHTEST = 1e-12
_FALLBACK_RADIUS = 0.1


@dataclass(frozen=True, eq=False)
class MassProperties:
    """Mass properties of one body, SI.

    Attributes:
        mass: Mass [kg].
        center: Centre of mass in the body [m], shape [3].
        axes: Principal axes (xyzw) in the body, shape [4].
        inertia: Principal moments about the centre [kg m²], shape [3].
    """

    mass: float
    center: Floats
    axes: Floats
    inertia: Floats


@dataclass(frozen=True, eq=False)
class _Authored:
    """What a MassAPI says, SI; ``None`` for what it leaves open."""

    mass: float | None = None
    density: float | None = None
    center: Floats | None = None
    inertia: Floats | None = None
    axes: Floats | None = None


@dataclass(frozen=True, eq=False)
class _Solid:
    """A mass with its centre [m] and inertia about it [kg m²] in the body's axes."""

    mass: float
    center: Floats
    inertia: Floats


def mass_properties(
    prims: PhysicsPrims, body: str, geoms: dict[str, tuple[ShapeGeom, ...]]
) -> MassProperties:
    """Return what a body weighs.

    Args:
        prims: Parsed prims.
        body: Path of the body.
        geoms: Geoms of the colliders by prim path.

    Returns:
        Its mass properties; a body without any mass gets that of a ball of 1 kg, as PhysX does.
        A kinematic body's mass has no effect and is not looked for.
    """
    if prims.bodies[body].kinematicBody:
        return _ball(1.0, np.zeros(3))
    said = _authored(prims, body, prims.world_pose(body))
    parts = [
        _weighed(prims, shape, geoms[str(shape.primPath)], said.density)
        for shape in prims.shapes_of(body)
        if str(shape.primPath) in geoms
    ]
    whole = _sum([part for part in parts if part.mass > 0.0], said.center)
    mass = whole.mass if said.mass is None else said.mass
    center = whole.center
    if not math.isfinite(mass) or mass <= _LIGHTEST:
        lacks = (
            f"weighs {mass:g} kg, less than can be simulated"
            if mass > 0.0
            else "has neither a mass nor a collider with a volume"
        )
        prims.reports.add("body-massless", body, f"{body} {lacks}; it is simulated with 1 kg.")
        return _ball(1.0, center)
    if said.inertia is not None:
        axes = np.array([0.0, 0.0, 0.0, 1.0]) if said.axes is None else said.axes
        found = MassProperties(mass, center, axes, said.inertia)
    elif whole.mass > 0.0:
        found = _principal(mass, center, whole.inertia * (mass / whole.mass))
    else:
        found = MassProperties(mass, center, np.zeros(4), np.zeros(3))
    return _checked(prims, body, found)


def _checked(prims: PhysicsPrims, body: str, found: MassProperties) -> MassProperties:
    inertia = found.inertia
    if not np.isfinite(inertia).all() or inertia.min() <= 0.0:
        prims.reports.add(
            "body-inertia",
            body,
            f"{body} has a mass but nothing that tells its inertia; it turns like a ball of "
            f"{_FALLBACK_RADIUS} m.",
        )
        return _ball(found.mass, found.center)
    if 2.0 * float(inertia.max()) > inertia.sum() * (1.0 + 1e-6):
        prims.reports.add(
            "body-inertia-triangle",
            body,
            f"{body} has an inertia that no solid can have (one moment above the sum of the "
            "others); it is simulated with the mean of the three.",
        )
    return found


def _authored(prims: PhysicsPrims, path: str, frame: Floats) -> _Authored:
    """Read a MassAPI; its fallbacks and whatever is not finite mean that nothing is said.

    Args:
        prims: Parsed prims.
        path: Prim with the MassAPI.
        frame: World pose [stage units] in which the centre is wanted, shape [7].
    """
    prim = prims.stage.GetPrimAtPath(path)
    if not prim.HasAPI("PhysicsMassAPI"):
        return _Authored()
    api, units = UsdPhysics.MassAPI(prim), prims.units
    for attribute in (api.GetMassAttr(), api.GetDensityAttr()):
        value = attribute.Get()
        if value is not None and not (math.isfinite(value) and value >= 0.0):
            prims.reports.add(
                "mass-not-positive",
                path,
                f"{path} says {attribute.GetName()} = {value:g}, which nothing can have; it counts as "
                "not said.",
            )
    inertia = _finite(api.GetDiagonalInertiaAttr())
    if inertia is not None and inertia.any() and inertia.min() <= 0.0:
        prims.reports.add(
            "inertia-not-positive",
            path,
            f"{path} says physics:diagonalInertia = {tuple(inertia.tolist())}, which nothing can "
            "have; it counts as not said.",
        )
        inertia = None
    center = _finite(api.GetCenterOfMassAttr())
    axes = api.GetPrincipalAxesAttr().Get()
    quat = np.array([*axes.GetImaginary(), axes.GetReal()], np.float64) if axes else np.zeros(4)
    length = float(np.linalg.norm(quat))
    return _Authored(
        mass=_positive(api.GetMassAttr(), units.kilograms),
        density=_positive(api.GetDensityAttr(), units.kilograms / units.meters**3),
        center=None if center is None else prims.point_in(frame, path, center) * units.meters,
        inertia=inertia * units.inertia if inertia is not None and inertia.any() else None,
        axes=quat / length if math.isfinite(length) and length > 0.0 else None,
    )


def _weighed(
    prims: PhysicsPrims, shape: Desc, geoms: tuple[ShapeGeom, ...], body_density: float | None
) -> _Solid:
    """What one collider adds to its body."""
    said = _authored(prims, str(shape.primPath), prims.frame_of_shape(shape))
    volume, center, inertia = solid_of(geoms)
    mass = said.mass
    if mass is None:
        mass = volume * (said.density or body_density or _material_density(prims, shape))
    inertia = inertia * (mass / volume) if volume > 0.0 else inertia
    if said.inertia is not None:
        turn = np.eye(3) if said.axes is None else rotation_matrices(said.axes)
        inertia = turn @ np.diag(said.inertia) @ turn.T
    if said.center is not None:
        arm, center = center - said.center, said.center
        if said.inertia is None:
            inertia = inertia + mass * (arm @ arm * np.eye(3) - np.outer(arm, arm))
    rotation = shape.localRot
    local = pose(shape.localPos, [*rotation.GetImaginary(), rotation.GetReal()])
    turn = rotation_matrices(local[3:])
    place = local[:3] * prims.units.meters + rotate(local[3:], center)
    return _Solid(mass, place, turn @ inertia @ turn.T)


def _material_density(prims: PhysicsPrims, shape: Desc) -> float:
    units, prim = prims.units, prims.material_of(shape)
    if prim is None:
        return _DEFAULT_DENSITY
    density = UsdPhysics.MaterialAPI(prim).GetDensityAttr()
    return _positive(density, units.kilograms / units.meters**3) or _DEFAULT_DENSITY


def _sum(parts: list[_Solid], center: Floats | None) -> _Solid:
    """Join parts; UsdPhysics takes their inertia about an authored centre where there is one."""
    mass = sum(part.mass for part in parts)
    if center is None:
        moment: Floats = np.sum(
            [part.mass * part.center for part in parts] or [np.zeros(3)], axis=0
        )
        center = moment / mass if mass > 0.0 else moment
    inertia = np.zeros((3, 3))
    for part in parts:
        arm = part.center - center
        inertia += part.inertia + part.mass * (arm @ arm * np.eye(3) - np.outer(arm, arm))
    return _Solid(mass, center, inertia)


def _principal(mass: float, center: Floats, inertia: Floats) -> MassProperties:
    if np.abs(inertia - np.diag(np.diag(inertia))).max() <= 1e-9 * np.abs(inertia).max():
        # Axes that are principal already stay what they are, also among equal moments.
        axes = np.array([0.0, 0.0, 0.0, 1.0])
        return MassProperties(mass, center, axes, np.diag(inertia).copy())
    moments, vectors = np.linalg.eigh(inertia)
    if np.linalg.det(vectors) < 0.0:
        vectors[:, 0] = -vectors[:, 0]
    matrix = np.eye(4)
    matrix[:3, :3] = vectors.T
    return MassProperties(mass, center, from_world_matrices(matrix[None])[0, 3:], moments)


def _positive(attribute: Usd.Attribute, unit: float) -> float | None:
    value = attribute.Get()
    if value is None or not math.isfinite(value) or value <= 0.0:
        return None
    return float(value) * unit


def _finite(attribute: Usd.Attribute) -> Floats | None:
    value: Gf.Vec3f | None = attribute.Get()
    if value is None:
        return None
    array = np.array(value, np.float64)
    return array if np.isfinite(array).all() else None


def _ball(mass: float, center: Floats) -> MassProperties:
    moment = 0.4 * mass * _FALLBACK_RADIUS**2
    return MassProperties(mass, center, np.array([0.0, 0.0, 0.0, 1.0]), np.full(3, moment))
