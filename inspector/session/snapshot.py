"""Frozen results of the session: what the window and the command line show.

A value module: loads without pxr and torch. Tables that did not change are the *same objects* in
the next snapshot, so a view compares with ``is`` or reads ``changed``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from inspector.session.overlay_table import CameraRows, OverlayTable
from inspector.session.recording_info import RecordingInfo
from inspector.session.soft_table import SoftShape, SoftTable
from inspector.usd.geometry_table import (
    GeometryTable,
    InstanceBatch,
    Look,
    MeshData,
    Texture,
    TextureUse,
)
from inspector.usd.path_table import GLOBAL_ENV, PathTable, PrimPaths, joined, without
from inspector.usd.prim_table import PrimFlag, PrimTable
from inspector.utils.message import Message
from inspector.utils.states import PlayState, Severity, StaleReason, Writer

__all__ = [
    "GLOBAL_ENV",
    "CameraRows",
    "GeometryTable",
    "InstanceBatch",
    "Look",
    "MaskTable",
    "MeshData",
    "Message",
    "OverlayTable",
    "PathTable",
    "PlayState",
    "PrimDetails",
    "PrimFlag",
    "PrimPaths",
    "PrimTable",
    "PropertyRow",
    "RecordingInfo",
    "SceneSnapshot",
    "Severity",
    "SimulationSettings",
    "SoftShape",
    "SoftTable",
    "StaleReason",
    "Texture",
    "TextureUse",
    "Timings",
    "Tolerance",
    "TransformTable",
    "Writer",
    "joined",
    "texels_of",
    "without",
]


def texels_of(world: NDArray[np.float32], places: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return matrices as a GPU reads them: three axes, each with a coordinate of the place.

    A quarter less to upload than whole matrices, whose last column says nothing.

    Args:
        world: Contiguous matrices, row-vector, shape [r, 4, 4].
        places: Their positions, one row per axis, shape [3, r].

    Returns:
        Contiguous, shape [r, 3, 4].
    """
    texels = np.empty((len(world), 3, 4), np.float32)
    # 16 bytes at a time: a third faster than number by number.
    texels.view(np.complex128)[...] = world.view(np.complex128)[:, :3]
    for axis in range(3):
        texels[:, axis, 3] = places[axis]
    return texels


@dataclass(frozen=True)
class Tolerance:
    """Poses closer than this are equal.

    Attributes:
        position: Distance [m].
        rotation: Angle [rad].

    Raises:
        ValueError: One of them is negative or not finite.
    """

    position: float = 1e-4
    rotation: float = 1e-4

    def __post_init__(self) -> None:
        if not (0.0 <= self.position < math.inf and 0.0 <= self.rotation < math.inf):
            raise ValueError(
                f"A tolerance is a length and an angle from 0, got {self.position} m and "
                f"{self.rotation} rad."
            )


@dataclass(frozen=True, eq=False)
class TransformTable:
    """World transforms of every transformable prim in each representation.

    World matrices are row-vector (USD convention), float64, shape [r, 4, 4], in stage units.

    Attributes:
        prims: Index into the prim table, int32, shape [r].
        env_id: Env id, -1 outside of the environments, int32, shape [r].
        source_row: Row of the clone mask, -1 for none, int32, shape [r].
        usd_world: World matrices composed from USD.
        fabric_world: World matrices of the Fabric rows.
        physics_world: World matrices of the bodies, shape [b, 4, 4]; empty while stopped.
        body: Index into ``physics_world``, -1 for rows that are no body, int32, shape [r].
        has_usd: Row exists in USD, bool, shape [r].
        has_fabric: Row exists in Fabric, bool, shape [r].
        reason: ``StaleReason``, uint8, shape [r].
        error_position: Largest distance between representations [m], float64, shape [r].
        error_rotation: Largest rotation angle between representations [rad], float64, shape [r].
        usd_writer: ``Writer`` of the USD pose, uint8, shape [r].
        fabric_writer: ``Writer`` of the Fabric pose, uint8, shape [r].
        usd_step: Step of the last USD write, int64, shape [r].
        fabric_step: Step of the last Fabric write, int64, shape [r].
        parent: Row that each row follows, -1 for none, int32, shape [r]; empty when unknown.
        usd_label: Index into ``labels`` of what authored USD last, int32, shape [r]; or empty.
        labels: What authored USD ("Move cone"); the first one is empty.
    """

    prims: NDArray[np.int32]
    env_id: NDArray[np.int32]
    source_row: NDArray[np.int32]
    usd_world: NDArray[np.float64]
    fabric_world: NDArray[np.float64]
    physics_world: NDArray[np.float64]
    body: NDArray[np.int32]
    has_usd: NDArray[np.bool_]
    has_fabric: NDArray[np.bool_]
    reason: NDArray[np.uint8]
    error_position: NDArray[np.float64]
    error_rotation: NDArray[np.float64]
    usd_writer: NDArray[np.uint8]
    fabric_writer: NDArray[np.uint8]
    usd_step: NDArray[np.int64]
    fabric_step: NDArray[np.int64]
    parent: NDArray[np.int32] = field(default_factory=lambda: np.zeros(0, np.int32))
    usd_label: NDArray[np.int32] = field(default_factory=lambda: np.zeros(0, np.int32))
    labels: tuple[str, ...] = ("",)

    def __len__(self) -> int:
        return len(self.prims)

    @property
    def shown_world(self) -> NDArray[np.float64]:
        """World matrices that are drawn, shape [r, 4, 4]: Fabric's, or USD's without Fabric."""
        return self.fabric_world if self.has_fabric.any() else self.usd_world

    @cached_property
    def drawn_world(self) -> NDArray[np.float32]:
        """``shown_world`` as it is drawn, float32, shape [r, 4, 4].

        A pose that is no number cannot be drawn: USD still says where the prim was; where USD says
        nothing, the matrix is zero. Made when it is first asked for; the core thread asks before it
        publishes.
        """
        shown = self.shown_world
        with np.errstate(over="ignore", invalid="ignore"):
            drawn = shown.astype(np.float32)
            broken = self.reason == StaleReason.NOT_FINITE
            if shown is self.fabric_world:
                broken |= ~self.has_fabric
            if broken.any():
                other = self.usd_world[broken]
                good = np.isfinite(other).all((1, 2)) & self.has_usd[broken]
                drawn[broken] = np.where(good[:, None, None], other, 0.0)
        return drawn

    @cached_property
    def places(self) -> NDArray[np.float32]:
        """Positions of ``drawn_world``, one row per axis [stage units], shape [3, r]."""
        return np.ascontiguousarray(self.drawn_world[:, 3, :3].T)

    @cached_property
    def texels(self) -> NDArray[np.float32]:
        """``drawn_world`` as a GPU reads it, shape [r, 3, 4]: what ``texels_of`` returns."""
        return texels_of(self.drawn_world, self.places)

    def row_of_prim(self, prim: int) -> int:
        """Return the row of a prim, or -1. Rows are sorted by prim index."""
        at = int(np.searchsorted(self.prims, prim))
        return at if at < len(self) and int(self.prims[at]) == prim else -1

    def age(self, step: int, rows: NDArray[np.integer] | None = None) -> NDArray[np.int64]:
        """Return the steps by which the older representation of stale rows is behind.

        Args:
            step: Present step.
            rows: Rows, shape [k]; ``None`` means all.

        Returns:
            Steps, 0 for what is fresh or has nothing to be behind, shape [k].
        """
        at = slice(None) if rows is None else rows
        usd = np.where(self.has_usd[at], self.usd_step[at], self.fabric_step[at])
        age = step - np.minimum(usd, self.fabric_step[at])
        alone = (StaleReason.FRESH, StaleReason.USD_ONLY, StaleReason.FABRIC_ONLY)
        return np.where(np.isin(self.reason[at], alone), 0, age)


@dataclass(frozen=True, eq=False)
class MaskTable:
    """The clone plan as a spreadsheet: ``applied`` is on the stage, ``draft`` is painted.

    Attributes:
        sources: Prim path of the source of each row.
        destinations: Destination template (``{}``) of each row; equal templates form a group.
        labels: Short name of each row ("Cone", "Cartpole").
        env_ids: Env id of each column, int32, shape [e].
        applied: What is on the stage, bool, shape [s, e].
        draft: What *Apply* would put there, bool, shape [s, e].
        lints: Messages about ``draft``, and those about the stage.
        stage_lints: Those of them that are about the clones on the stage; painting changes none.
    """

    sources: tuple[str, ...]
    destinations: tuple[str, ...]
    labels: tuple[str, ...]
    env_ids: NDArray[np.int32]
    applied: NDArray[np.bool_]
    draft: NDArray[np.bool_]
    lints: tuple[Message, ...] = ()
    stage_lints: tuple[Message, ...] = ()

    @property
    def pending(self) -> int:
        """Number of cells in which the draft differs from the stage."""
        return int(np.count_nonzero(self.applied != self.draft))


@dataclass(frozen=True)
class Timings:
    """What the last published step cost [s]."""

    physics: float = 0.0
    fabric: float = 0.0
    compare: float = 0.0
    publish: float = 0.0


@dataclass(frozen=True)
class SimulationSettings:
    """How the simulation runs; frozen from play to stop.

    Attributes:
        dt: Time that one step advances [s].
        substeps: Solver steps per step.
        use_fabric: Write poses to Fabric while playing, otherwise to USD.
        backend: Name of the chosen engine; ``"auto"`` is what the machine does best.
        solver: Solver of the Newton engine (``"auto"``, ``"mujoco"``, ``"xpbd"``).
        device: Device that was asked for.
    """

    dt: float = 1.0 / 60.0
    substeps: int = 4
    use_fabric: bool = True
    backend: str = "auto"
    solver: str = "auto"
    device: str = "cpu"


@dataclass(frozen=True)
class PropertyRow:
    """One line of the Properties panel.

    Attributes:
        name: Full property name, such as ``xformOp:translate``.
        group: Heading that it stands under ("Attributes", "Relationships", "Metadata",
            "Composition").
        value: Value as text; arrays are shortened ("float3[1024]").
        type_name: Sdf value type name, or empty.
        unit: Unit, or empty.
        authored: Whether a value is authored (not a fallback).
    """

    name: str
    group: str
    value: str
    type_name: str = ""
    unit: str = ""
    authored: bool = True


@dataclass(frozen=True)
class PrimDetails:
    """Everything that the Properties panel shows of one prim.

    Attributes:
        path: Prim path.
        type_name: Type name.
        specifier: ``def``, ``over`` or ``class``.
        rows: Properties in the order shown.
        why: The "why stale" sentence; empty when the row is fresh or has no transform.
        siblings: One sentence that compares the prim over all environments; may be empty.
        locked: Why the prim cannot be edited; empty when it can.
    """

    path: str
    type_name: str
    specifier: str
    rows: tuple[PropertyRow, ...]
    why: str = ""
    siblings: str = ""
    locked: str = ""


def _no_changes() -> frozenset[str]:
    return frozenset()


@dataclass(frozen=True, eq=False)
class SceneSnapshot:
    """One consistent view of stage, Fabric and physics.

    Attributes:
        generation: Grows by one with every published snapshot.
        state: Stopped, playing or paused.
        step: Physics steps since play.
        time: Simulated time since play [s].
        prims: All prims.
        transforms: World transforms and their staleness.
        geometry: What to draw.
        mask: Clone plan.
        messages: Everything worth telling, oldest first.
        tolerance: Tolerance behind ``transforms.reason``.
        cameras: Cameras of the stage.
        soft: Particles and cloth while physics plays, ``None`` where there are none.
        overlay: What overlays draw, as far as the window has asked for it.
        recording: Which steps are recorded and which of them the tables show.
        env_origins: Origin of each environment [stage units], float64, shape [e, 3].
        file_name: Name of the open file; empty for an unsaved stage.
        dirty: Whether there are unsaved edits.
        use_fabric: Whether physics writes to Fabric (otherwise to USD).
        backend: Name of the physics backend ("MuJoCo").
        device: Device of the dynamics ("cpu").
        up_axis: ``"Y"`` or ``"Z"``.
        meters_per_unit: Length of a stage unit [m].
        timings: Cost of the last step.
        settings: How the simulation runs.
        changed: Names of the tables that differ from the snapshot before: any of ``"prims"``,
            ``"transforms"``, ``"geometry"``, ``"mask"``, ``"messages"``, ``"state"``.
    """

    generation: int
    state: PlayState
    step: int
    time: float
    prims: PrimTable
    transforms: TransformTable
    geometry: GeometryTable
    mask: MaskTable
    messages: tuple[Message, ...] = ()
    tolerance: Tolerance = field(default_factory=Tolerance)
    cameras: CameraRows = field(default_factory=CameraRows)
    soft: SoftTable | None = None
    overlay: OverlayTable = field(default_factory=OverlayTable)
    recording: RecordingInfo = field(default_factory=RecordingInfo)
    env_origins: NDArray[np.float64] = field(default_factory=lambda: np.zeros((0, 3)))
    file_name: str = ""
    dirty: bool = False
    use_fabric: bool = True
    backend: str = ""
    device: str = "cpu"
    up_axis: str = "Z"
    meters_per_unit: float = 1.0
    timings: Timings = field(default_factory=Timings)
    settings: SimulationSettings = field(default_factory=SimulationSettings)
    changed: frozenset[str] = field(default_factory=_no_changes)

    @property
    def is_past(self) -> bool:
        """Whether a recorded step before the latest one is shown."""
        return self.recording.is_past

    @property
    def stale_counts(self) -> dict[StaleReason, int]:
        """Number of rows per reason; reasons without rows are left out."""
        counts = np.bincount(self.transforms.reason, minlength=len(StaleReason))
        return {reason: int(counts[reason]) for reason in StaleReason if counts[reason]}

    @property
    def stale_count(self) -> int:
        """Number of rows that are not fresh."""
        return int(np.count_nonzero(self.transforms.reason))
