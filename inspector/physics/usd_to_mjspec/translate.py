"""From parsed UsdPhysics prims to one compiled MuJoCo model."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inspector.errors import InspectorError
from inspector.physics.native import Desc, MjModel, MjsBody, MjSpec, ObjectType, mujoco
from inspector.physics.poses import (
    IDENTITY,
    Floats,
    compose,
    invert,
    wxyz,
)
from inspector.physics.usd_to_mjspec.collisions import (
    add_exclusions,
    apply_material,
    collision_masks,
)
from inspector.physics.usd_to_mjspec.joint_options import (
    add_coupling,
    couplings_of,
    first_authored,
    initial_state,
)
from inspector.physics.usd_to_mjspec.joints import (
    PlacedJoint,
    add_joints,
    child_pose,
    place_joint,
)
from inspector.physics.usd_to_mjspec.loops import add_distance, add_loop
from inspector.physics.usd_to_mjspec.masses import mass_properties
from inspector.physics.usd_to_mjspec.motions import MotionKind
from inspector.physics.usd_to_mjspec.parse import PhysicsPrims
from inspector.physics.usd_to_mjspec.shapes import ShapeGeom, add_geom, shape_geoms
from inspector.physics.usd_to_mjspec.swing import add_cone, weigh_slack_tendons
from inspector.physics.usd_to_mjspec.tree import WORLD, Link, build_forest
from inspector.physics.usd_to_mjspec.unrepresented import named, report_unrepresented
from inspector.physics.usd_to_mjspec.velocities import initial_velocities
from inspector.utils.quantity import length_text
from inspector.utils.states import Severity

_STATE_TOLERANCE = 1e-3
"""Coordinates [m or rad] this close are those of the bodies."""

GLOBALS_BODY = "/"
"""The static body that carries the colliders outside of the environments."""


@dataclass(frozen=True, eq=False)
class JointSlot:
    """A joint and where its coordinates are in ``qpos``.

    Attributes:
        joint: The joint.
        addresses: First index in ``qpos`` of each motion, shape [motions].
        stated: Whether USD says a motion's coordinate, and not only poses, bool, shape [motions].
    """

    joint: PlacedJoint
    addresses: NDArray[np.int64]
    stated: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Translation:
    """One compiled model and how it belongs to USD.

    Attributes:
        model: The model, in the representative environment's Z-up frame, SI.
        bodies: Prim paths; body i of this tuple is MuJoCo's body i + 1.
        kinematic: Whether a body is moved by its USD pose, bool, shape [b].
        free: Indices of the bodies with a free joint, shape [f].
        free_address: Their first index in ``qpos``, shape [f].
        welded: Indices of the bodies that the world holds fast, shape [w].
        poses: Poses at play in the model frame, SI, shape [b, 7].
        joints: Joints whose coordinates follow from body poses.
        controls: Initial ``ctrl``, shape [nu].
        positions: Initial ``qpos`` of the environment that the model was made from, shape [nq].
        velocities: Initial ``qvel``, shape [nv].
        globals_body: MuJoCo id of the body with the colliders outside, -1 for none.
    """

    model: MjModel
    bodies: tuple[str, ...]
    kinematic: NDArray[np.bool_]
    free: NDArray[np.int64]
    free_address: NDArray[np.int64]
    welded: NDArray[np.int64]
    poses: Floats
    joints: tuple[JointSlot, ...]
    controls: Floats
    positions: Floats
    velocities: Floats
    globals_body: int


class Translator:
    """Builds one model; holds the state of the translation.

    Args:
        prims: Parsed prims.
        gravity: Gravity in the model frame [m/s²], shape [3].
        is_global: Whether a path lies outside of the environments.
        timestep: Solver step that the model will be stepped with [s].
    """

    def __init__(
        self,
        prims: PhysicsPrims,
        gravity: Floats,
        is_global: Callable[[str], bool],
        timestep: float,
    ) -> None:
        self._prims = prims
        self._is_global = is_global
        self._spec = _new_spec(gravity, timestep)
        self._timestep = timestep
        self._poses: dict[str, Floats] = {WORLD: IDENTITY}
        self._placed: list[PlacedJoint] = []
        self._drives: list[tuple[str, float, bool]] = []
        self._globals: MjsBody | None = None
        self._geoms: dict[str, tuple[ShapeGeom, ...]] = {}

    def run(self) -> Translation:
        """Translate everything.

        Returns:
            The compiled model.

        Raises:
            InspectorError: If MuJoCo refuses the model.
        """
        prims = self._prims
        report_unrepresented(prims)
        for path in prims.bodies:
            self._poses[path] = self._model_pose(path)
        for path, shape in prims.shapes.items():
            geoms = shape_geoms(prims, shape)
            if geoms:
                self._geoms[path] = geoms
        forest = build_forest(prims)
        bodies: dict[str, MjsBody] = {WORLD: self._spec.worldbody}
        for link in forest.links:
            bodies[link.body] = self._add_body(link, bodies[link.parent])
        self._add_geoms(bodies)
        add_exclusions(self._spec, prims)
        self._add_couplings()
        self._close_loops(forest.loops)
        try:
            model = self._spec.compile()
        except ValueError as error:
            refused: InspectorError = _refused(error)
            raise refused from error
        return self._finish(model, forest.links)

    def _close_loops(self, loops: tuple[Desc, ...]) -> None:
        for placed in self._placed:
            for motion in placed.motions:
                if motion.kind is MotionKind.BALL:
                    add_cone(self._spec, placed, motion)
        for joint in loops:
            rope = joint.type == ObjectType.DistanceJoint  # whose ends may be anywhere
            placed = place_joint(self._prims, joint, self._poses, closes=not rope)
            if rope:
                add_distance(self._spec, placed, joint, self._prims)
            else:
                add_loop(self._spec, placed, self._prims)

    def _model_pose(self, path: str) -> Floats:
        frame = invert(self._prims.frame_of(path))
        result = compose(frame, self._prims.world_pose(path))
        result[:3] *= self._prims.units.meters
        return result

    def _add_body(self, link: Link, parent: MjsBody) -> MjsBody:
        prims, desc = self._prims, self._prims.bodies[link.body]
        body = parent.add_body(name=link.body)
        placed = None
        if link.joint is not None:
            placed = place_joint(prims, link.joint, self._poses)
            if placed.motions or link.parent != WORLD:
                self._snap(link, placed)
        local = compose(invert(self._poses[link.parent]), self._poses[link.body])
        body.pos, body.quat = local[:3], wxyz(local[3:])
        mass = mass_properties(prims, link.body, self._geoms)
        body.explicitinertial = True
        body.mass, body.ipos, body.inertia = mass.mass, mass.center, mass.inertia
        body.iquat = wxyz(mass.axes)
        if placed is not None:
            self._placed.append(placed)
            self._drives += add_joints(self._spec, body, placed, link, prims)
        elif desc.kinematicBody:
            body.mocap = True
        else:
            body.add_freejoint(name=link.body)
        gravity_off = prims.stage.GetPrimAtPath(link.body).GetAttribute(
            "physxRigidBody:disableGravity"
        )
        if gravity_off and gravity_off.Get():
            body.gravcomp = 1.0
        return body

    def _snap(self, link: Link, placed: PlacedJoint) -> None:
        found, moved = child_pose(placed, link, self._poses)
        if moved > 0.0:
            self._prims.reports.add(
                "joint-disagrees",
                link.body,
                f"{link.body} is not where {placed.path} allows it to be; at play it moves there "
                f"({length_text(moved)}).",
            )
            self._poses[link.body] = found

    def _add_geoms(self, bodies: dict[str, MjsBody]) -> None:
        prims = self._prims
        masks = collision_masks(prims, list(self._geoms))
        for path, geoms in self._geoms.items():
            shape = prims.shapes[path]
            owner = str(shape.rigidBody)
            if owner in prims.bodies:
                body = bodies[owner]
                if geoms[0].type == mujoco.mjtGeom.mjGEOM_PLANE:
                    self._report_moving_plane(path)
                    continue
            elif self._is_global(path):
                body = self._globals_body()
            else:
                body = bodies[WORLD]
            for geom in geoms:
                added = add_geom(self._spec, body, geom)
                added.contype, added.conaffinity = masks[path]
                apply_material(prims, shape, added, self._timestep)

    def _report_moving_plane(self, path: str) -> None:
        self._prims.reports.add(
            "shape-moving-plane",
            path,
            f"{path} is an infinite plane on a moving body, which MuJoCo lacks; nothing hits it.",
        )

    def _globals_body(self) -> MjsBody:
        if self._globals is None:
            self._globals = self._spec.worldbody.add_body(name=GLOBALS_BODY)
        return self._globals

    def _finish(self, model: MjModel, links: tuple[Link, ...]) -> Translation:
        names = tuple(link.body for link in links)
        ids = [model.body(name).id for name in names]
        if ids != list(range(1, len(names) + 1)):
            raise InspectorError("MuJoCo numbered the bodies in another order than they were made.")
        for name, _, acceleration in self._drives:
            if acceleration:
                _scale_by_mass(model, name)
        weigh_slack_tendons(model)
        free = [i for i, link in enumerate(links) if self._is_free(link)]
        self._dampen(model, [names[i] for i in free])
        positions, speeds = np.array(model.qpos0, np.float64), dict[int, float]()
        slots = tuple(
            self._slot(model, placed, positions, speeds)
            for placed in self._placed
            if placed.motions
        )
        return Translation(
            model=model,
            bodies=names,
            kinematic=np.array(
                [self._prims.bodies[name].kinematicBody for name in names], np.bool_
            ),
            free=np.array(free, np.int64),
            free_address=np.array([model.joint(names[i]).qposadr[0] for i in free], np.int64),
            welded=np.array(
                [i for i, link in enumerate(links) if link.parent == WORLD and i not in free],
                np.int64,
            ),
            poses=np.array([self._poses[name] for name in names]).reshape(-1, 7),
            joints=slots,
            controls=np.array([target for _, target, _ in self._drives]),
            positions=positions,
            velocities=initial_velocities(self._prims, model, names, positions, speeds),
            globals_body=-1 if self._globals is None else int(model.body(GLOBALS_BODY).id),
        )

    def _is_free(self, link: Link) -> bool:
        return link.joint is None and not self._prims.bodies[link.body].kinematicBody

    def _slot(
        self, model: MjModel, placed: PlacedJoint, positions: Floats, speeds: dict[int, float]
    ) -> JointSlot:
        """Find a joint's coordinates in the model; put what its state attributes say there."""
        addresses = [int(model.joint(name).qposadr[0]) for name in placed.names]
        stated = np.zeros(len(addresses), np.bool_)
        for index, (name, address) in enumerate(zip(placed.names, addresses, strict=True)):
            state = initial_state(self._prims, placed.path, placed.motions, index)
            if state.velocity is not None:
                speeds[int(model.joint(name).dofadr[0])] = state.velocity
            if state.position is None:
                continue
            stated[index] = True
            positions[address] = state.position
            if abs(state.position - placed.reference[index]) > _STATE_TOLERANCE:
                self._prims.reports.add(
                    "joint-state",
                    placed.path,
                    f"{placed.path} has a state that is not where its bodies are; at play they "
                    "move to where the state says.",
                    Severity.INFO,
                )
        return JointSlot(placed, np.array(addresses, np.int64), stated)

    def _dampen(self, model: MjModel, free: list[str]) -> None:
        """Slow bodies down as PhysX does, where nothing else holds them."""
        held: list[str] = []
        for path in self._prims.bodies:
            prim = self._prims.stage.GetPrimAtPath(path)
            linear = first_authored(prim, "physxRigidBody:linearDamping")
            angular = first_authored(prim, "physxRigidBody:angularDamping")
            rates = [float(found[1]) if found is not None else 0.0 for found in (linear, angular)]
            if not any(rates) or self._prims.bodies[path].kinematicBody:
                continue
            if path not in free:
                held.append(path)
                continue
            start, index = int(model.joint(path).dofadr[0]), int(model.body(path).id)
            model.dof_damping[start : start + 3] = rates[0] * model.body_mass[index]
            model.dof_damping[start + 3 : start + 6] = rates[1] * model.body_inertia[index].mean()
        if held:
            self._prims.reports.add(
                "body-damping",
                held[0],
                f"{named(held)}: damped and held by joints; they move without damping "
                "(newton:damping on the joint is simulated).",
                Severity.INFO,
            )

    def _add_couplings(self) -> None:
        motions = {placed.path: placed.motions for placed in self._placed}
        references = {
            name: float(value)
            for placed in self._placed
            for name, value in zip(placed.names, placed.reference, strict=True)
        }
        for path in self._prims.joints:
            for found in couplings_of(self._prims, path, motions):
                pair = references[found.follower], references[found.leader]
                add_coupling(self._spec, found, pair)


def _refused(error: ValueError) -> InspectorError:
    """Say in one sentence what MuJoCo's compiler has against a scene, and which prim it names."""
    reason = str(error).split("\n")[0].removeprefix("Error: ").rstrip(".")
    named_prim = re.search(r"Element name '([^':#]+)", str(error))
    if named_prim is None:
        return InspectorError(
            f"MuJoCo cannot build this scene: {reason}.",
            todo="Look for numbers that are far too large or small.",
        )
    path = named_prim[1]
    return InspectorError(
        f"MuJoCo cannot build {path}: {reason}.", where=path, todo="Repair its numbers."
    )


def _new_spec(gravity: Floats, timestep: float) -> MjSpec:
    spec = mujoco.MjSpec()
    spec.compiler.degree = False
    spec.compiler.balanceinertia = True
    option = spec.option
    option.gravity = gravity
    option.timestep = timestep
    option.integrator = mujoco.mjtIntegrator.mjINT_IMPLICITFAST
    # Which jointed bodies touch is USD's decision; a world that blew up must stay visibly so.
    option.disableflags |= (
        mujoco.mjtDisableBit.mjDSBL_FILTERPARENT | mujoco.mjtDisableBit.mjDSBL_AUTORESET
    )
    return spec


def _scale_by_mass(model: MjModel, joint: str) -> None:
    """An acceleration drive's gains are per unit of the mass that resists it.

    That is what a force at the joint feels while all other joints are free to follow, as in PhysX.
    """
    actuator, dof = model.actuator(joint).id, int(model.joint(joint).dofadr[0])
    yielding = float(model.dof_invweight0[dof])
    mass = 1.0 / yielding if yielding > 0.0 else math.inf
    if math.isfinite(mass):
        model.actuator_gainprm[actuator] *= mass
        model.actuator_biasprm[actuator] *= mass
