"""What UsdPhysics says about some subtrees of a stage, sorted by kind.

The native parser of usd-core does the reading: it resolves scales on shapes and joint anchors,
collision groups, materials and articulations. Poses are read in double precision beside it, since
the parser's are single precision and world positions of far environments would lose digits.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import numpy as np
from pxr import Gf, Sdf, Usd, UsdGeom, UsdPhysics, UsdShade

from inspector.physics.native import Desc, ObjectType, load_physics
from inspector.physics.poses import Floats, compose, from_world_matrices, invert, pose
from inspector.physics.units import StageUnits
from inspector.utils.message import Message
from inspector.utils.states import Severity

_KINDS = ObjectType
_SHAPES = {
    _KINDS.SphereShape, _KINDS.CubeShape, _KINDS.CapsuleShape, _KINDS.Capsule1Shape,
    _KINDS.CylinderShape, _KINDS.Cylinder1Shape, _KINDS.ConeShape, _KINDS.MeshShape,
    _KINDS.PlaneShape, _KINDS.CustomShape, _KINDS.SpherePointsShape,
}  # fmt: skip
_JOINTS = {
    _KINDS.FixedJoint, _KINDS.RevoluteJoint, _KINDS.PrismaticJoint, _KINDS.SphericalJoint,
    _KINDS.DistanceJoint, _KINDS.D6Joint, _KINDS.CustomJoint,
}  # fmt: skip
_SHEAR = 1e-3
"""Cosine between two axes from which a prim counts as sheared."""


class Reports:
    """The messages of one translation; each (code, path) is said once."""

    def __init__(self) -> None:
        self._said: dict[tuple[str, str], Message] = {}

    def add(self, code: str, path: str, text: str, severity: Severity = Severity.WARNING) -> None:
        """Say something about a prim."""
        self._said.setdefault((code, path), Message(severity, text, path, code=code))

    @property
    def messages(self) -> tuple[Message, ...]:
        """Everything said so far."""
        return tuple(self._said.values())


@dataclass(eq=False)
class PhysicsPrims:
    """The parsed prims of one model.

    Attributes:
        stage: The stage they came from.
        units: Units of the stage.
        bodies: Rigid bodies by path, in path order.
        shapes: Enabled colliders by path.
        joints: Enabled joints by path.
        articulations: Articulations by path of their root prim.
        groups: Collision groups by path.
        reports: What cannot be represented.
        frame_of: Model frame (world pose, stage units) of the environment of a path.
        scene: The stage's PhysicsScene, if it has one.
        disabled: Paths of the rigid bodies that are switched off; they are part of the world.
    """

    stage: Usd.Stage
    units: StageUnits
    reports: Reports
    frame_of: Callable[[str], Floats]
    scene: UsdPhysics.Scene | None = None
    bodies: dict[str, Desc] = field(default_factory=dict[str, Desc])
    shapes: dict[str, Desc] = field(default_factory=dict[str, Desc])
    joints: dict[str, Desc] = field(default_factory=dict[str, Desc])
    articulations: dict[str, Desc] = field(default_factory=dict[str, Desc])
    groups: dict[str, Desc] = field(default_factory=dict[str, Desc])
    disabled: set[str] = field(default_factory=set[str])
    _cache: UsdGeom.XformCache = field(default_factory=UsdGeom.XformCache)
    _materials: dict[str, Usd.Prim | None] = field(default_factory=dict[str, Usd.Prim | None])

    def world_pose(self, path: str) -> Floats:
        """Return the world pose of a prim in stage units, shape [7]."""
        matrix = self._cache.GetLocalToWorldTransform(self.stage.GetPrimAtPath(path))
        return from_world_matrices(np.array(matrix)[None])[0]

    def point_in(self, frame: Floats, path: str, point: Floats) -> Floats:
        """Return where a point of a prim is in a frame; every scale above the prim moves it.

        Args:
            frame: World pose in stage units, shape [7].
            path: The prim.
            point: Point in the prim's own space, shape [3].
        """
        matrix = self._cache.GetLocalToWorldTransform(self.stage.GetPrimAtPath(path))
        place = np.append(point, 1.0) @ np.array(matrix)
        return compose(invert(frame), pose(place[:3]))[:3]

    def frame_of_shape(self, shape: Desc) -> Floats:
        """Return the rigid world pose of a collider's prim in stage units, shape [7]."""
        owner = str(shape.rigidBody)
        if owner not in self.bodies:
            return self.world_pose(str(shape.primPath))
        rotation = shape.localRot
        local = pose(shape.localPos, [*rotation.GetImaginary(), rotation.GetReal()])
        return compose(self.world_pose(owner), local)

    def scale_of(self, path: str) -> Floats:
        """Return how long the axes of a prim are in the world, shape [3]."""
        matrix = self._cache.GetLocalToWorldTransform(self.stage.GetPrimAtPath(path))
        return np.linalg.norm(np.array(matrix)[:3, :3], axis=1)

    def is_sheared(self, path: str) -> bool:
        """Return whether scales above a turned prim leave its axes at angles other than right ones."""
        matrix = self._cache.GetLocalToWorldTransform(self.stage.GetPrimAtPath(path))
        axes = np.array(matrix)[:3, :3]
        lengths = np.linalg.norm(axes, axis=1)
        products = axes @ axes.T
        across = np.abs(products - np.diag(np.diag(products))).max()
        return bool(across > _SHEAR * float(lengths.max()) ** 2)

    def shapes_of(self, body: str) -> list[Desc]:
        """Return the enabled colliders of a body, or the static ones for ``""``."""
        return self._shapes_by_body.get(body, [])

    def material_of(self, shape: Desc) -> Usd.Prim | None:
        """Return the physics material of a collider, ``None`` for none.

        The nearest binding above the collider counts, and at last that of the PhysicsScene; the
        native parser looks at the collider alone.
        """
        path = str(shape.primPath)
        if path not in self._materials:
            self._materials[path] = self._bound_material(shape)
        return self._materials[path]

    def _bound_material(self, shape: Desc) -> Usd.Prim | None:
        found = [self.stage.GetPrimAtPath(material) for material in shape.materials]
        owners = [self.stage.GetPrimAtPath(shape.primPath)]
        if self.scene is not None:
            owners.append(self.scene.GetPrim())
        for owner in owners:
            material, _ = UsdShade.MaterialBindingAPI(owner).ComputeBoundMaterial("physics")
            found.append(material.GetPrim())
        return next((prim for prim in found if prim and prim.HasAPI("PhysicsMaterialAPI")), None)

    def drop_bodies(self, unwanted: Callable[[str], bool]) -> None:
        """Leave out some bodies with their colliders and joints; they are simulated elsewhere."""
        gone = {path for path in self.bodies if unwanted(path)}
        if not gone:
            return
        self.bodies = {path: body for path, body in self.bodies.items() if path not in gone}
        self.shapes = {
            path: shape for path, shape in self.shapes.items() if str(shape.rigidBody) not in gone
        }
        self.joints = {
            path: joint
            for path, joint in self.joints.items()
            if not {str(joint.body0), str(joint.body1)} & gone
        }
        self.index_shapes()

    def index_shapes(self) -> None:
        """Sort the colliders by body; a disabled body's colliders are static."""
        self._shapes_by_body: dict[str, list[Desc]] = {}
        for shape in self.shapes.values():
            owner = str(shape.rigidBody)
            self._shapes_by_body.setdefault(owner if owner in self.bodies else "", []).append(shape)


def parse(
    stage: Usd.Stage,
    roots: Iterable[str],
    units: StageUnits,
    reports: Reports,
    frame_of: Callable[[str], Floats],
    scene: UsdPhysics.Scene | None = None,
) -> PhysicsPrims:
    """Read the physics prims below some roots.

    Args:
        stage: Stage to read.
        roots: Prim paths whose subtrees make up the model; none may lie below another.
        units: Units of the stage.
        reports: Takes what cannot be represented.
        frame_of: Model frame of a path, shape [7].
        scene: The stage's PhysicsScene, if it has one.

    Returns:
        The parsed prims.
    """
    prims = PhysicsPrims(stage, units, reports, frame_of, scene)
    result = load_physics(stage, list(roots))
    for kind, (paths, descs) in result.items():
        for path, desc in zip(paths, descs, strict=True):
            _sort_in(prims, kind, path, desc)
    prims.bodies = dict(sorted(prims.bodies.items()))
    prims.shapes = dict(sorted(prims.shapes.items()))
    prims.joints = dict(sorted(prims.joints.items()))
    for path, joint in list(prims.joints.items()):
        if _is_finite(prims, path, joint):
            prims.joints[path] = _anchored(prims, joint)
        else:
            del prims.joints[path]
    prims.index_shapes()
    return prims


def _is_trigger(prims: PhysicsPrims, path: str) -> bool:
    """Return whether a collider only watches who enters it."""
    applied = prims.stage.GetPrimAtPath(path).GetPrimTypeInfo().GetAppliedAPISchemas()
    if "PhysxTriggerAPI" not in applied:
        return False
    prims.reports.add(
        "shape-trigger",
        path,
        f"{path} is a trigger: nothing bumps into it, and nothing tells who enters it.",
        Severity.INFO,
    )
    return True


def _is_finite(prims: PhysicsPrims, path: str, joint: Desc) -> bool:
    """Return whether a joint could be simulated; one number that is none poisons all bodies."""
    prim = prims.stage.GetPrimAtPath(path)
    for name in prim.GetAuthoredPropertyNames() if prim else ():
        attribute = prim.GetAttribute(name)
        value: Any = attribute.Get() if attribute and "physics:" in name else None
        if isinstance(value, Gf.Quatf | Gf.Quatd):
            value = (*value.GetImaginary(), value.GetReal())
        numbers = value if isinstance(value, tuple | Gf.Vec3f | Gf.Vec3d) else (value,)
        frame = "local" in name  # limits and forces may be infinite
        if any(
            isinstance(number, float) and (math.isnan(number) or (frame and math.isinf(number)))
            for number in numbers
        ):
            return _leave_out(prims, path, f"says {name} = {attribute.Get()}, which is no number")
    for side in (0, 1):
        turn = getattr(joint, f"localPose{side}Orientation")
        place = (*getattr(joint, f"localPose{side}Position"), *turn.GetImaginary(), turn.GetReal())
        # Quaternions are normalised in single precision, where large ones overflow.
        if not all(map(math.isfinite, place)) or not any(place[3:]):
            name = f"physics:localPos{side} or physics:localRot{side}"
            return _leave_out(prims, path, f"says {name} with numbers that no place can have")
    return True


def _leave_out(prims: PhysicsPrims, path: str, what: str) -> bool:
    prims.reports.add("joint-not-finite", path, f"{path} {what}; the joint is left out.")
    return False


def _anchored(prims: PhysicsPrims, joint: Desc) -> Desc:
    """A joint to a static collider, or to a body that is switched off, holds to the world there."""
    for side in (0, 1):
        body = str(getattr(joint, f"body{side}"))
        prim = prims.stage.GetPrimAtPath(body) if body and body not in prims.bodies else None
        if not prim or (prim.HasAPI("PhysicsRigidBodyAPI") and body not in prims.disabled):
            continue
        turn = getattr(joint, f"localPose{side}Orientation")
        local = pose(
            getattr(joint, f"localPose{side}Position"), [*turn.GetImaginary(), turn.GetReal()]
        )
        world = compose(prims.world_pose(body), local)
        # The parser's descriptions cannot be written.
        fields = {name: getattr(joint, name) for name in dir(joint) if not name.startswith("_")}
        fields[f"body{side}"] = Sdf.Path()
        fields[f"localPose{side}Position"] = Gf.Vec3d(*world[:3].tolist())
        fields[f"localPose{side}Orientation"] = Gf.Quatd(world[6], *world[3:6].tolist())
        joint = SimpleNamespace(**fields)
    return joint


def _sort_in(prims: PhysicsPrims, kind: Any, path: Sdf.Path, desc: Desc) -> None:
    name = str(path)
    if not desc.isValid:
        prims.reports.add(
            "physics-invalid",
            name,
            f"{name} is not valid UsdPhysics and is left out of the simulation.",
        )
    elif kind == _KINDS.RigidBody:
        # A disabled body does not move; its colliders become part of the static world.
        if desc.rigidBodyEnabled:
            prims.bodies[name] = desc
        else:
            prims.disabled.add(name)
    elif kind in _SHAPES:
        if desc.collisionEnabled and not _is_trigger(prims, name):
            prims.shapes[name] = desc
    elif kind in _JOINTS:
        if desc.jointEnabled:
            prims.joints[name] = desc
    elif kind == _KINDS.Articulation:
        prims.articulations[name] = desc
    elif kind == _KINDS.CollisionGroup:
        prims.groups[name] = desc
