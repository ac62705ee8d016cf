"""Reads what overlays draw, and only what was asked for."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, cast

import numpy as np
from numpy.typing import NDArray
from pxr import UsdGeom

from inspector.session.overlay_table import (
    CAMERAS,
    COLLIDERS,
    CONTACTS,
    JOINTS,
    MASSES,
    NAMES,
    SPEEDS,
    CameraRows,
    ContactTable,
    JointRows,
    OverlayTable,
)
from inspector.usd.colliders import read_colliders
from inspector.usd.geometry_table import GeometryTable
from inspector.usd.joint_rows import JointKind
from inspector.usd.joints import DOFS, ONLY_DOF, read_cameras, read_joints
from inspector.usd.prim_table import PrimTable
from inspector.utils.states import PlayState

if TYPE_CHECKING:
    from inspector.fabric.scene_tables import SceneTables
    from inspector.physics.engine_state import EngineState
    from inspector.sim.simulation_context import SimulationContext

MAX_CONTACTS = 1024
"""Contacts that are published: engines tell them environment by environment, at about a tenth of a
millisecond each; a focused environment is read alone."""

_NONE = OverlayTable()


class OverlayReader:
    """Reads the overlays of one scene.

    Args:
        sim: The simulation.
    """

    def __init__(self, sim: SimulationContext) -> None:
        self._sim = sim
        self._names: frozenset[str] = frozenset()
        self._env_id = -1
        self._prims: PrimTable | None = None
        self._joints: JointRows | None = None
        self._cameras: CameraRows | None = None
        self._cameras_of: PrimTable | None = None
        self._colliders: GeometryTable | None = None
        self._rows_in_engine: tuple[object, JointRows, NDArray[np.int64]] | None = None
        self._last = _NONE
        self._last_key: tuple[object, ...] = ()

    def show(self, names: Collection[str], env_id: int = -1) -> None:
        """Read these parts from now on.

        Args:
            names: Names of the parts.
            env_id: Environment whose contacts are wanted; -1 for all.

        Raises:
            ValueError: There is no such part.
        """
        unknown = sorted(set(names) - NAMES)
        if unknown:
            raise ValueError(f"There is no overlay {unknown[0]!r}; there are {sorted(NAMES)}.")
        self._names, self._env_id = frozenset(names), env_id

    def forget(self) -> None:
        """Read again what does not change with the poses."""
        self._joints = self._cameras = self._colliders = None

    def read(self) -> OverlayTable:
        """Return what was asked for; the same table when nothing changed."""
        if not self._names:
            self._last, self._last_key = _NONE, ()
            return _NONE
        tables, sim = self._sim.tables, self._sim
        if self._prims is not tables.prims:
            self._prims = tables.prims
            self.forget()
        cameras = self.cameras() if CAMERAS in self._names else _NONE.cameras
        static = (self._read_joints(tables), cameras, self._colliders_of(tables))
        key = (self._names, self._env_id, sim.state, sim.step_count, tables.clock.now,
               tables.fabric.version, *static)  # fmt: skip
        if len(key) == len(self._last_key) and all(
            a is b or (not isinstance(a, JointRows | CameraRows | GeometryTable) and a == b)
            for a, b in zip(key, self._last_key, strict=True)
        ):
            return self._last
        self._last_key = key
        self._last = self._live(*static)
        return self._last

    def _live(self, joints: JointRows, cameras: CameraRows, shapes: GeometryTable) -> OverlayTable:
        names, sim = self._names, self._sim
        backend, bodies = sim.backend, sim.bodies
        if sim.state is PlayState.STOPPED or backend is None or bodies is None:
            return OverlayTable(
                shown=names,
                joints=joints,
                joint_values=np.full(len(joints), np.nan),
                cameras=cameras,
                colliders=shapes,
                notes=(*_absent(names), *_meshes(shapes)),
            )
        notes: list[str] = []
        contacts = self._read_contacts(notes) if CONTACTS in names else ContactTable.empty()
        speed = np.empty(0)
        if SPEEDS in names:
            speed = np.linalg.norm(backend.velocities()[:, :3], axis=1)
        wanted = MASSES in names
        return OverlayTable(
            shown=names,
            joints=joints,
            joint_values=self._values(joints),
            contacts=contacts,
            center_of_mass=bodies.center_of_mass if wanted else np.empty((0, 3)),
            mass=bodies.mass if wanted else np.empty(0),
            speed=speed,
            cameras=cameras,
            colliders=shapes,
            notes=(*notes, *_meshes(shapes)),
        )

    def _read_contacts(self, notes: list[str]) -> ContactTable:
        backend = self._sim.backend
        read = getattr(backend, "contacts", None)
        if backend is None or read is None:
            notes.append("This engine does not tell contacts.")
            return ContactTable.empty()
        one = None if self._env_id < 0 else np.array([self._env_id])
        table = cast("ContactTable", read(MAX_CONTACTS, one))
        if len(table) >= MAX_CONTACTS:
            notes.append(f"The first {MAX_CONTACTS:,} contacts are drawn.")
        return table

    # Static parts ------------------------------------------------------------------------------

    def _read_joints(self, tables: SceneTables) -> JointRows:
        if JOINTS not in self._names:
            return _NONE.joints
        if self._joints is None:
            cache = tables.world_cache
            self._joints = read_joints(
                tables.stage, tables.prims, cache.hierarchy, cache.world, tables.irregular_envs
            )
        return self._joints

    def cameras(self) -> CameraRows:
        """Return the cameras of the stage, asked for or not; the same table until they change."""
        tables = self._sim.tables
        if self._cameras_of is not tables.prims:
            self._cameras, self._cameras_of = None, tables.prims
        if self._cameras is None:
            rows = tables.world_cache.hierarchy
            self._cameras = read_cameras(tables.stage, tables.prims, rows, tables.irregular_envs)
        return self._cameras

    def _colliders_of(self, tables: SceneTables) -> GeometryTable:
        if COLLIDERS not in self._names:
            return _NONE.colliders
        if self._colliders is None:
            rows = tables.world_cache.hierarchy
            self._colliders = read_colliders(
                tables.stage, tables.prims, rows, tables.irregular_envs
            )
        return self._colliders

    # Joint coordinates -------------------------------------------------------------------------

    def _values(self, joints: JointRows) -> NDArray[np.float64]:
        values = np.full(len(joints), np.nan)
        state = cast("EngineState | None", getattr(self._sim.backend, "state", None))
        if len(joints) == 0 or state is None:
            return values
        known = self._rows_in_engine
        if known is None or known[0] is not state or known[1] is not joints:
            known = (state, joints, _engine_rows(joints, self._sim.tables.prims, state))
            self._rows_in_engine = known
        has = known[2] >= 0
        positions, _ = state.joint_state()
        values[has] = positions[known[2][has]]
        slides = joints.kind == JointKind.PRISMATIC
        values[slides] /= UsdGeom.GetStageMetersPerUnit(self._sim.stage)
        return values


def _engine_rows(joints: JointRows, prims: PrimTable, state: EngineState) -> NDArray[np.int64]:
    """Row of each degree of freedom in the table of the engine, -1 for none."""
    theirs = state.joints.paths
    found = np.full(len(joints), -1, np.int64)
    template = prims.paths.template_id[joints.prims].astype(np.int64)
    key = template * 256 + joints.dof
    for one in np.unique(key).tolist():
        name = prims.paths.templates[one // 256]
        if one % 256 != ONLY_DOF:
            suffixed = f"{name}:{DOFS[one % 256]}"
            name = suffixed if theirs.template_index(suffixed) >= 0 else name
        number = theirs.template_index(name)
        if number >= 0:
            mine = np.flatnonzero(key == one)
            found[mine] = theirs.find_many(number, joints.env_id[mine])
    return found


def _meshes(shapes: GeometryTable) -> tuple[str, ...]:
    if not any(mesh.key.startswith("Mesh") for mesh in shapes.meshes):
        return ()
    return ("Meshes are drawn as authored; what moves collides as hulls of them.",)


def _absent(names: frozenset[str]) -> tuple[str, ...]:
    words = {CONTACTS: "contacts", MASSES: "centres of mass", SPEEDS: "speeds"}
    missing = " and ".join(word for name, word in words.items() if name in names)
    if not missing:
        return ()
    return (f"{missing[0].upper()}{missing[1:]} exist while the simulation plays.",)
