"""From a recipe's MuJoCo model to a world of Newton: bodies, joints, shapes, drives.

The model has been translated from USD already: masses, anchors, limits and gains are final, in SI
and with Z up. What is left is how Newton says the same thing, and where it puts the coordinates.

Belongs here: one world. How many there are and what steps them is in ``simulation``.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inspector.physics.native import MjModel, mujoco
from inspector.physics.newton.joint_axes import Axes, JointAxes, joint_axes
from inspector.physics.newton.library import ModelBuilder, libraries
from inspector.physics.newton.loops import add_loops
from inspector.physics.newton.shapes import add_shapes
from inspector.physics.newton.soft import add_soft
from inspector.physics.poses import Floats, rotation_matrices, xyzw
from inspector.physics.soft import SoftPrim
from inspector.physics.usd_to_mjspec.parse import Reports
from inspector.physics.usd_to_mjspec.translate import JointSlot, Translation

Indices = NDArray[np.int64]

XPBD, MUJOCO = "xpbd", "mujoco"
"""The solvers."""
_RAW = 1
"""Newton's word for numbers that it hands on to MuJoCo unchanged."""


@dataclass(frozen=True, eq=False)
class World:
    """One world, and where Newton keeps what MuJoCo's model calls by other numbers.

    Attributes:
        builder: Newton's builder; its body i is the model's body i + 1.
        coordinate: Newton's coordinate of each entry of ``qpos``, -1 for none, shape [nq].
        dof: Newton's degree of freedom of each entry of ``qvel``, shape [nv].
        turning: Of bodies whose spin MuJoCo has in their own axes: the body, the first entry of
            the rotation in ``qpos``, and the first of the spin in ``qvel``, shape [t, 3].
        kinematic: First coordinate of each kinematic body, shape [k].
        trees: Articulations by what is written: ``qpos`` by coordinate, ``qvel`` by degree of
            freedom, ``mocap`` by kinematic body.
        drives: Degree of freedom and coordinate that each actuator steers, shape [nu, 2].
        anchored: Joint that holds each body of ``Translation.welded`` to the world, shape [w].
        global_shapes: Shapes of what lies outside of the environments, shape [g].
        soft: First particle of each of the recipe's deformable prims, and the end.
    """

    builder: ModelBuilder
    coordinate: Indices
    dof: Indices
    turning: Indices
    kinematic: Indices
    trees: dict[str, Indices]
    drives: Indices
    anchored: Indices
    global_shapes: Indices
    soft: tuple[int, ...] = (0,)


class WorldBuilder:
    """Builds one world; forgotten afterwards.

    Args:
        translation: The recipe's model.
        solver: ``XPBD`` or ``MUJOCO``.
        reports: Takes what the solver cannot represent.
        soft: Its particles and cloth; only XPBD has them.
    """

    def __init__(
        self,
        translation: Translation,
        solver: str,
        reports: Reports,
        soft: tuple[SoftPrim, ...] = (),
    ) -> None:
        self._translation = translation
        self._soft = soft
        self._solver = solver
        self._reports = reports
        self._model: MjModel = translation.model
        newton = libraries().newton
        self._builder: ModelBuilder = newton.ModelBuilder(up_axis="Z")
        if solver == MUJOCO:
            newton.solvers.SolverMuJoCo.register_custom_attributes(self._builder)
        self._slots = _slots_by_child(translation)
        self._coordinate = np.full(self._model.nq, -1, np.int64)
        self._dof = np.zeros(self._model.nv, np.int64)
        self._turning: list[tuple[int, int, int]] = []
        self._kinematic: list[int] = []
        self._drives = np.full((self._model.nu, 2), -1, np.int64)
        self._anchored: dict[int, int] = {}

    def run(self) -> World:
        """Add everything.

        Returns:
            The world.
        """
        model, builder = self._model, self._builder
        trees: list[list[int]] = []
        for body, path in enumerate(self._translation.bodies, start=1):
            self._add_link(body, path)
            parent = int(model.body_parentid[body])
            joint = self._add_joint(body, parent - 1)
            if parent == 0:
                trees.append([])
                self._anchored[body - 1] = joint
            trees[-1].append(joint)
        for joints in trees:
            builder.add_articulation(joints)
        global_shapes = add_shapes(builder, self._translation, self._solver)
        with warnings.catch_warnings():
            # It warns of joints beside those of a tree, which is what loops are.
            warnings.simplefilter("ignore")
            add_loops(builder, self._translation, self._solver, self._reports)
        self._add_mimics()
        self._report()
        welded = self._translation.welded
        return World(
            builder=builder,
            coordinate=self._coordinate,
            dof=self._dof,
            turning=np.array(self._turning, np.int64).reshape(-1, 3),
            kinematic=np.array(self._kinematic, np.int64),
            trees=_trees(self._translation),
            drives=self._drives,
            anchored=np.array([self._anchored[int(i)] for i in welded], np.int64),
            global_shapes=global_shapes,
            soft=add_soft(builder, self._soft),
        )

    def _add_link(self, body: int, path: str) -> None:
        model = self._model
        turn = rotation_matrices(xyzw(np.array(model.body_iquat[body])))
        inertia = turn @ np.diag(model.body_inertia[body]) @ turn.T
        without_gravity = float(model.body_gravcomp[body])
        extra = {}
        if without_gravity and self._solver == MUJOCO:
            extra["mujoco:gravcomp"] = without_gravity
        elif without_gravity:
            self._say("gravity-off", path, f"{path} is to feel no gravity, which XPBD lacks.")
        self._builder.add_link(
            xform=_transform(self._translation.poses[body - 1]),
            com=tuple(np.array(model.body_ipos[body]).tolist()),
            inertia=libraries().warp.mat33(*inertia.ravel().tolist()),
            mass=float(model.body_mass[body]),
            label=path,
            lock_inertia=True,
            is_kinematic=bool(self._translation.kinematic[body - 1]),
            custom_attributes=extra or None,
        )

    def _add_joint(self, body: int, parent: int) -> int:
        model, builder, child = self._model, self._builder, body - 1
        first = int(model.body_jntadr[body])
        kinds = [int(k) for k in model.jnt_type[first : first + int(model.body_jntnum[body])]]
        if self._translation.kinematic[child] or kinds == [mujoco.mjtJoint.mjJNT_FREE]:
            joint = builder.add_joint_free(child=child)
            start = int(builder.joint_q_start[joint])
            if self._translation.kinematic[child]:
                self._kinematic.append(start)
            else:
                self._map_free(child, first, start, int(builder.joint_qd_start[joint]))
            return joint
        axes = joint_axes(self._translation, body, self._slots.get(child), self._reports)
        joint = self._add_axes(axes, parent, child)
        start, dof = int(builder.joint_q_start[joint]), int(builder.joint_qd_start[joint])
        if axes.ball:
            self._map_ball(first, start, dof)
            return joint
        for place, mj_joint in enumerate(axes.order):
            self._coordinate[model.jnt_qposadr[mj_joint]] = start + place
            self._dof[model.jnt_dofadr[mj_joint]] = dof + place
            for actuator in np.flatnonzero(model.actuator_trnid[:, 0] == mj_joint).tolist():
                self._drives[actuator] = (dof + place, start + place)
        return joint

    def _add_axes(self, axes: JointAxes, parent: int, child: int) -> int:
        builder = self._builder
        frames = {
            "parent": parent,
            "child": child,
            "parent_xform": _transform(axes.in_parent),
            "child_xform": _transform(axes.in_child),
            "label": axes.path,
            "collision_filter_parent": False,
        }
        if axes.ball:
            return builder.add_joint_ball(**frames)
        if not axes.order:
            return builder.add_joint_fixed(**frames)
        linear = [self._axis(axes.linear, i) for i in range(len(axes.linear.joints))]
        angular = [self._axis(axes.angular, i) for i in range(len(axes.angular.joints))]
        kinds = libraries().newton.JointType
        kind = kinds.D6
        if len(linear) + len(angular) == 1:
            kind = kinds.PRISMATIC if linear else kinds.REVOLUTE
        return builder.add_joint(
            kind,
            linear_axes=linear,
            angular_axes=angular,
            custom_attributes=self._limits_as_they_are(axes.order),
            **frames,
        )

    def _limits_as_they_are(self, joints: tuple[int, ...]) -> dict[str, list[object]] | None:
        """MuJoCo's own numbers for how a limit gives way; Newton's would be softer."""
        if self._solver != MUJOCO:
            return None
        model, warp = self._model, libraries().warp
        return {
            "mujoco:solreflimit": [warp.vec2(*model.jnt_solref[j].tolist()) for j in joints],
            "mujoco:solreflimit_mode": [_RAW] * len(joints),
            "mujoco:solimplimit": [model.jnt_solimp[j].tolist() for j in joints],
        }

    def _axis(self, axes: Axes, index: int) -> object:
        """One degree of freedom with its limits, armature and drive."""
        model, joint = self._model, axes.joints[index]
        newton = libraries().newton
        modes = newton.JointTargetMode
        dof = int(model.jnt_dofadr[joint])
        settings: dict[str, object] = {
            "axis": tuple(axes.directions[index].tolist()),
            "armature": float(model.dof_armature[dof]),
            "damping": float(model.dof_damping[dof]),
            "friction": float(model.dof_frictionloss[dof]),
            "stiffness": float(np.ravel(model.jnt_stiffness[joint])[0]),
            "rest_q": float(model.qpos_spring[model.jnt_qposadr[joint]]),
            "actuator_mode": modes.NONE,
        }
        if model.jnt_limited[joint]:
            settings["limit_lower"], settings["limit_upper"] = model.jnt_range[joint].tolist()
        for actuator in np.flatnonzero(model.actuator_trnid[:, 0] == joint).tolist():
            bias = model.actuator_biasprm[actuator]
            control = float(self._translation.controls[actuator])
            stiffness, damping = -float(bias[1]), -float(bias[2])
            settings["target_ke"], settings["target_kd"] = stiffness, damping
            settings["actuator_mode"] = modes.POSITION_VELOCITY if stiffness else modes.VELOCITY
            if stiffness:
                settings["target_q"] = control
                settings["target_qd"] = float(bias[0]) / damping if damping else 0.0
            else:
                settings["target_qd"] = control
            if model.actuator_forcelimited[actuator]:
                settings["effort_limit"] = float(model.actuator_forcerange[actuator, 1])
        return newton.ModelBuilder.JointDofConfig(**settings)

    def _map_free(self, child: int, joint: int, start: int, dof: int) -> None:
        at, speed = int(self._model.jnt_qposadr[joint]), int(self._model.jnt_dofadr[joint])
        self._coordinate[at : at + 7] = start + np.array([0, 1, 2, 6, 3, 4, 5])
        self._dof[speed : speed + 6] = dof + np.arange(6)
        self._turning.append((child, at + 3, speed + 3))

    def _map_ball(self, joint: int, start: int, dof: int) -> None:
        at, speed = int(self._model.jnt_qposadr[joint]), int(self._model.jnt_dofadr[joint])
        self._coordinate[at : at + 4] = start + np.array([3, 0, 1, 2])
        self._dof[speed : speed + 3] = dof + np.arange(3)
        self._turning.append((-1, at, speed))
        if self._model.jnt_limited[joint]:
            path = str(self._model.joint(joint).name)
            self._say("ball-limit", path, f"{path} has a cone limit, which Newton lacks.")

    def _add_mimics(self) -> None:
        """Joints that follow another one: q = q₀ + c (p - p₀)."""
        model, builder = self._model, self._builder
        for index in np.flatnonzero(model.eq_type == mujoco.mjtEq.mjEQ_JOINT).tolist():
            joints = (int(model.eq_obj1id[index]), int(model.eq_obj2id[index]))
            follower, leader = (self._joint_of(joint) for joint in joints)
            rest = [float(model.qpos0[model.jnt_qposadr[joint]]) for joint in joints]
            offset, slope = (float(value) for value in model.eq_data[index][:2])
            path = str(model.joint(joints[0]).name)
            coefficients = (rest[0] + offset - slope * rest[1], slope)
            problem = "one of the two has several axes."
            if follower is not None and leader is not None:
                problem = _follow(builder, follower, leader, coefficients)
            if problem:
                self._say("mimic", path, f"{path} cannot follow its joint in Newton: {problem}")

    def _joint_of(self, joint: int) -> int | None:
        """Newton's joint of a MuJoCo joint, if that is all of it."""
        builder, dof = self._builder, int(self._dof[self._model.jnt_dofadr[joint]])
        found = int(np.searchsorted(builder.joint_qd_start, dof, side="right")) - 1
        return found if builder.joint_dof_dim[found] in {(0, 1), (1, 0)} else None

    def _report(self) -> None:
        """Say once what many joints have and the solver lacks."""
        model = self._model
        free = np.flatnonzero(model.jnt_type == mujoco.mjtJoint.mjJNT_FREE)
        floating = [j for j in free.tolist() if model.dof_damping[model.jnt_dofadr[j]] > 0.0]
        self._say_all("body-damping", self._joints(floating), "damping", "Newton")
        if self._solver != XPBD or not model.njnt:
            return
        starts, held = model.jnt_dofadr, np.setdiff1d(np.arange(model.njnt), free)
        for code, what, values in (
            ("armature", "an armature", model.dof_armature[starts]),
            ("joint-damping", "damping", model.dof_damping[starts]),
            ("joint-friction", "friction", model.dof_frictionloss[starts]),
            ("joint-spring", "a spring", model.jnt_stiffness.reshape(model.njnt, -1).max(axis=1)),
        ):
            found = held[values[held] > 0.0].tolist()
            self._say_all(code, self._joints(found), what, "XPBD")
        limited = np.flatnonzero(model.actuator_forcelimited).tolist()
        names = [str(model.actuator(a).name) for a in limited]
        self._say_all("drive-force", names, "a limit of its drive's force", "XPBD")

    def _joints(self, joints: list[int]) -> list[str]:
        return [str(self._model.joint(joint).name) for joint in joints]

    def _say_all(self, code: str, paths: list[str], what: str, who: str) -> None:
        if paths:
            more = f" (and so have {len(paths) - 1} more)" if len(paths) > 1 else ""
            self._say(code, paths[0], f"{paths[0]} has {what}{more}, which {who} lacks.")

    def _say(self, code: str, path: str, text: str) -> None:
        self._reports.add(f"newton-{code}", path, f"{text} It is simulated without.")


def _follow(
    builder: ModelBuilder, follower: int, leader: int, coefficients: tuple[float, float]
) -> str:
    """Let one joint follow another, or return why Newton refuses."""
    try:
        builder.set_joint_mimic(follower, leader, coeffs=coefficients)
    except ValueError as error:
        return str(error)
    return ""


def _trees(translation: Translation) -> dict[str, Indices]:
    """Say which of a world's articulations a coordinate moves; each body of the world begins one."""
    model = translation.model
    count = 1 + len(translation.bodies)
    order = np.cumsum(model.body_parentid[:count] == 0) - 2  # the world is its own parent
    tree = order[model.body_rootid[:count]]
    widths = np.array([7, 4, 1, 1])[model.jnt_type]
    return {
        "qpos": np.repeat(tree[model.jnt_bodyid], widths),
        "qvel": tree[model.dof_bodyid],
        "mocap": tree[1:][translation.kinematic],
    }


def _slots_by_child(translation: Translation) -> dict[int, JointSlot]:
    """Joints by the index of the body that has them in the model."""
    model = translation.model
    return {
        int(model.jnt_bodyid[model.joint(slot.joint.names[0]).id]) - 1: slot
        for slot in translation.joints
    }


def _transform(pose: Floats) -> object:
    return libraries().warp.transform(*pose.tolist())
