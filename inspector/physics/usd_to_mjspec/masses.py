"""Masses, centres of mass and inertias by UsdPhysics precedence.

UsdPhysics decides (authored mass, density of the collider, of the body, of the material, 1000 kg/m³);
we only tell it what the colliders that MuJoCo collides weigh at density one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from pxr import Gf, Usd, UsdPhysics

from inspector.physics.poses import Floats, from_world_matrices, rotate, rotation_matrices
from inspector.physics.usd_to_mjspec.parse import PhysicsPrims
from inspector.physics.usd_to_mjspec.shapes import ShapeGeom

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


def mass_properties(prims: PhysicsPrims, body: str, geoms: dict[str, ShapeGeom]) -> MassProperties:
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
    prim = prims.stage.GetPrimAtPath(body)
    descs = {str(shape.primPath): shape for shape in prims.shapes_of(body)}

    def information(collider: Usd.Prim) -> UsdPhysics.RigidBodyAPI.MassInformation:
        path = str(collider.GetPath())
        info = UsdPhysics.RigidBodyAPI.MassInformation()
        if path not in geoms or path not in descs:
            info.volume, info.centerOfMass = 0.0, Gf.Vec3f(0.0)
            info.inertia, info.localPos = Gf.Matrix3f(0.0), Gf.Vec3f(0.0)
            info.localRot = Gf.Quatf(1.0)
            return info
        geom, meters = geoms[path], prims.units.meters
        turn = rotation_matrices(geom.turn)
        info.volume = geom.volume / meters**3
        info.centerOfMass = Gf.Vec3f(*(turn @ geom.center / meters).tolist())
        info.inertia = Gf.Matrix3f(*(turn @ geom.inertia @ turn.T / meters**5).ravel().tolist())
        info.localPos, info.localRot = descs[path].localPos, descs[path].localRot
        return info

    result = UsdPhysics.RigidBodyAPI(prim).ComputeMassProperties(information)
    hidden = any(prims.stage.GetPrimAtPath(path).IsInstanceProxy() for path in descs)
    if hidden and not _says_everything(prim):
        # UsdPhysics does not look into instances.
        return _aggregate(prims, body, [geoms[path] for path in descs if path in geoms])
    return _checked(prims, body, *result)


def _checked(
    prims: PhysicsPrims,
    body: str,
    mass: float,
    moments: Gf.Vec3f,
    center: Gf.Vec3f,
    axes: Gf.Quatf,
) -> MassProperties:
    units = prims.units
    authored = UsdPhysics.MassAPI(prims.stage.GetPrimAtPath(body)).GetCenterOfMassAttr()
    com = np.array(center, np.float64)
    if authored and authored.HasAuthoredValue() and np.isfinite(np.array(authored.Get())).all():
        # The authored centre is a point of the prim, so the prim's scale moves it.
        com = np.array(authored.Get(), np.float64) * np.array(prims.bodies[body].scale)
    kilograms = float(mass) * units.kilograms
    if not math.isfinite(kilograms) or kilograms <= _LIGHTEST:
        prims.reports.add(
            "body-massless",
            body,
            f"{body} has neither a mass nor a collider with a volume; it is simulated with 1 kg.",
        )
        return _ball(1.0, com * units.meters)
    inertia = np.array(moments, np.float64) * units.inertia
    if not np.isfinite(inertia).all() or inertia.min() <= 0.0:
        prims.reports.add(
            "body-inertia",
            body,
            f"{body} has a mass but nothing that tells its inertia; it turns like a ball of "
            f"{_FALLBACK_RADIUS} m.",
        )
        return _ball(kilograms, com * units.meters)
    quat = np.array([*axes.GetImaginary(), axes.GetReal()], np.float64)
    moments_attr, axes_attr = _inertia_attributes(prims, body)
    if np.array(moments_attr.Get() or (0.0, 0.0, 0.0)).any():
        # UsdPhysics leaves the axes of an authored inertia undefined when they are not authored.
        value = axes_attr.Get()
        quat = np.array([*value.GetImaginary(), value.GetReal()], np.float64)
    length = float(np.linalg.norm(quat))
    quat = quat / length if length > 0.0 else np.array([0.0, 0.0, 0.0, 1.0])
    largest = float(inertia.max())
    if 2.0 * largest > inertia.sum() * (1.0 + 1e-6):
        prims.reports.add(
            "body-inertia-triangle",
            body,
            f"{body} has an inertia that no solid can have (one moment above the sum of the "
            "others); it is simulated with the mean of the three.",
        )
    return MassProperties(kilograms, com * units.meters, quat, inertia)


def _says_everything(prim: Usd.Prim) -> bool:
    """Whether mass, centre and inertia are all authored, so that colliders do not matter."""
    api = UsdPhysics.MassAPI(prim)
    if not prim.HasAPI("PhysicsMassAPI"):
        return False
    center = np.array(api.GetCenterOfMassAttr().Get())
    inertia = np.array(api.GetDiagonalInertiaAttr().Get())
    return bool(api.GetMassAttr().Get() > 0.0 and np.isfinite(center).all() and inertia.any())


def _inertia_attributes(prims: PhysicsPrims, body: str) -> tuple[Usd.Attribute, Usd.Attribute]:
    api = UsdPhysics.MassAPI(prims.stage.GetPrimAtPath(body))
    return api.GetDiagonalInertiaAttr(), api.GetPrincipalAxesAttr()


def _ball(mass: float, center: Floats) -> MassProperties:
    moment = 0.4 * mass * _FALLBACK_RADIUS**2
    return MassProperties(mass, center, np.array([0.0, 0.0, 0.0, 1.0]), np.full(3, moment))


def _aggregate(prims: PhysicsPrims, body: str, geoms: list[ShapeGeom]) -> MassProperties:
    """Sum the colliders at the body's density and bring the sum to its authored mass."""
    api = UsdPhysics.MassAPI(prims.stage.GetPrimAtPath(body))
    mass = float(api.GetMassAttr().Get() or 0.0) * prims.units.kilograms
    density = float(api.GetDensityAttr().Get() or 0.0)
    density *= prims.units.kilograms / prims.units.meters**3
    volume = sum(geom.volume for geom in geoms)
    if volume <= 0.0:
        return _ball(mass or 1.0, np.zeros(3))
    centers = [geom.local[:3] + rotate(geom.local[3:], geom.center) for geom in geoms]
    center = sum(
        (geom.volume * point for geom, point in zip(geoms, centers, strict=True)), np.zeros(3)
    )
    center = center / volume
    total = np.zeros((3, 3))
    for geom, point in zip(geoms, centers, strict=True):
        turn, arm = rotation_matrices(geom.local[3:]), point - center
        total += turn @ geom.inertia @ turn.T
        total += geom.volume * (arm @ arm * np.eye(3) - np.outer(arm, arm))
    per_volume = mass / volume if mass > 0.0 else (density or _DEFAULT_DENSITY)
    moments, vectors = np.linalg.eigh(total * per_volume)
    if np.linalg.det(vectors) < 0.0:
        vectors[:, 0] = -vectors[:, 0]
    matrix = np.eye(4)
    matrix[:3, :3] = vectors.T
    axes = from_world_matrices(matrix[None])[0, 3:]
    return MassProperties(per_volume * volume, center, axes, moments)
