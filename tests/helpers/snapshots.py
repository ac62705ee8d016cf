"""Snapshots made of numpy only, and a fake session over them: the window without an engine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np

from inspector.cloner.estimate import DryRun
from inspector.errors import EditRefusedError, SimulationStateError
from inspector.session.edits import (
    Edit,
    MaskEdit,
    ReplanEdit,
    StopApplyPlay,
    SyncEdit,
    XformEdit,
)
from inspector.session.pull_target import PullTarget
from inspector.session.recording_info import DEFAULT_CAPACITY
from inspector.session.snapshot import (
    GeometryTable,
    MaskTable,
    Message,
    PathTable,
    PlayState,
    PrimDetails,
    PrimFlag,
    PropertyRow,
    RecordingInfo,
    SceneSnapshot,
    Severity,
    StaleReason,
    Timings,
    Tolerance,
)
from tests.helpers.tables import (
    DT,
    default_mask,
    env_origins,
    make_geometry,
    make_prims,
    make_transforms,
    mix_reasons,
    play_transforms,
)

ALL_TABLES = frozenset({"prims", "transforms", "geometry", "mask", "messages", "state"})
LABELS = ("Cone", "Cuboid", "Sphere", "Cartpole")


def make_mask(num_envs: int, applied: np.ndarray, draft: np.ndarray | None = None) -> MaskTable:
    """Three objects and a cartpole; lints for environments whose draft has no object."""
    draft = applied if draft is None else draft
    empty = np.flatnonzero(draft[:3].sum(0) == 0)
    lints = tuple(
        Message(
            Severity.ERROR,
            f"env_{env} has no Object. Paint one row of the group in that column.",
            f"/World/envs/env_{env}",
            (int(env),),
            "env-without-source",
        )
        for env in empty[:20]
    )
    first = [int(row.argmax()) if row.any() else 0 for row in applied] if num_envs else [0] * 4
    ends = ("Object", "Object", "Object", "Robot")
    return MaskTable(
        sources=tuple(f"/World/envs/env_{e}/{end}" for e, end in zip(first, ends, strict=True)),
        destinations=tuple(f"/World/envs/env_{{}}/{end}" for end in ends),
        labels=LABELS,
        env_ids=np.arange(num_envs, dtype=np.int32),
        applied=applied,
        draft=draft,
        lints=lints,
    )


def make_snapshot(
    num_envs: int = 64,
    *,
    state: PlayState = PlayState.STOPPED,
    step: int | None = None,
    mixed: bool = False,
    applied: np.ndarray | None = None,
    draft: np.ndarray | None = None,
    messages: tuple[Message, ...] = (),
    generation: int = 1,
    seed: int = 0,
) -> SceneSnapshot:
    """The demo scene as a snapshot.

    Args:
        num_envs: Number of environments; 0 gives a stage without any.
        state: State; anything but stopped moves the bodies.
        step: Steps since play; 60 when playing and not given.
        mixed: Give the rows every stale reason there is.
        applied: Mask on the stage, shape [4, num_envs].
        draft: Painted mask.
        messages: Messages.
        generation: Generation.
        seed: Seed of the default mask.
    """
    applied = default_mask(num_envs, seed) if applied is None else applied
    prims = make_prims(num_envs, applied)
    origins = env_origins(num_envs)
    transforms = make_transforms(prims, origins)
    geometry = make_geometry(prims, transforms)
    if step is None:
        step = 0 if state is PlayState.STOPPED else 60
    if state is not PlayState.STOPPED:
        transforms = play_transforms(prims, transforms, step)
    if mixed:
        transforms = mix_reasons(transforms, seed)
    return SceneSnapshot(
        generation=generation,
        state=state,
        step=step,
        time=step * DT,
        prims=prims,
        transforms=transforms,
        geometry=geometry,
        mask=make_mask(num_envs, applied, draft),
        messages=messages,
        env_origins=origins,
        file_name="demo.usda",
        backend="MuJoCo",
        timings=Timings(0.004, 0.001, 0.001, 0.001),
        changed=ALL_TABLES,
    )


def with_markers(snapshot: SceneSnapshot, count: int) -> SceneSnapshot:
    """The snapshot with prims that a script defined behind its own, ``/World/marker_0`` and on."""
    prims, table = snapshot.prims, snapshot.transforms
    size, names = len(prims), tuple(f"marker_{at}" for at in range(count))

    def behind(column: np.ndarray, more) -> np.ndarray:
        return np.concatenate([column, np.broadcast_to(more, (count, *column.shape[1:]))]).astype(
            column.dtype
        )

    paths = prims.paths
    templates = (*paths.templates, *(f"/World/{name}" for name in names))
    template_id = behind(paths.template_id, np.arange(len(paths.templates), len(templates)))
    more = replace(
        prims,
        paths=PathTable(templates, template_id, behind(paths.env_id, -1), paths.env_root),
        parent=behind(prims.parent, prims.find("/World")),
        name_id=behind(prims.name_id, np.arange(count) + len(prims.names)),
        type_id=behind(prims.type_id, prims.types.index("Sphere")),
        flags=behind(prims.flags, PrimFlag.DEFINED | PrimFlag.ACTIVE | PrimFlag.SCRIPTED),
        source_row=behind(prims.source_row, -1),
        names=(*prims.names, *names),
    )
    columns = {name: value for name, value in vars(table).items() if len(value) == len(table)}
    rows = {name: behind(value, value[0]) for name, value in columns.items()}
    rows["prims"] = behind(table.prims, np.arange(size, size + count))
    rows["reason"] = behind(table.reason, StaleReason.FABRIC_ONLY)
    return replace(snapshot, prims=more, transforms=replace(table, **rows))


def empty_snapshot() -> SceneSnapshot:
    """A new stage with nothing in it at all."""
    full = make_snapshot(0)
    none = np.zeros(0, np.int32)
    prims = replace(
        full.prims,
        paths=PathTable((), none, none),
        parent=none,
        name_id=none,
        type_id=none.astype(np.int16),
        flags=none.astype(np.uint16),
        source_row=none,
        names=(),
        types=(),
    )
    return replace(
        full,
        prims=prims,
        transforms=make_transforms(prims, full.env_origins),
        geometry=GeometryTable(),
        mask=MaskTable((), (), (), none, np.zeros((0, 0), bool), np.zeros((0, 0), bool)),
        file_name="",
    )


@dataclass
class FakeSession:
    """Answers like a session, on numpy arrays.

    Attributes:
        calls: Names of the methods called, in order.
        lost: What a crashed session left behind: ``entries`` and ``name``.
        fail_next: Raised by the next call of anything but ``snapshot`` and ``close``.
        on_step: Called with the step number after each step (tests block or count here).
    """

    calls: list[str] = field(default_factory=list)
    pulled: list[PullTarget | None] = field(default_factory=list)
    fail_next: Exception | None = None
    on_step: Callable[[int], None] | None = None
    closed: bool = False
    lost: SimpleNamespace | None = None
    _state: PlayState = PlayState.STOPPED
    _step: int = 0
    _generation: int = 0
    _num_envs: int = -1
    _moved: dict[str, tuple[float, float, float]] = field(default_factory=dict)
    _tolerance: Tolerance = field(default_factory=Tolerance)
    _dirty: bool = False
    _file_name: str = ""
    _base: SceneSnapshot | None = None
    _last: int = 0
    _recorded: tuple[bool, int] = (True, DEFAULT_CAPACITY)
    _conditions: tuple[str, ...] = ()

    def _called(self, name: str) -> None:
        self.calls.append(name)
        if self.fail_next is not None:
            error, self.fail_next = self.fail_next, None
            raise error

    def new_demo(self, num_envs=64, seed=0, progress=None, *, clone_in_fabric=False) -> None:
        self._called("new_demo")
        for done in range(0, num_envs + 1, 16):
            if progress is not None:
                progress(done, num_envs, f"Cloning {num_envs} environments")
        self._load(num_envs, seed, "")

    def open_file(self, path, num_envs=None, progress=None) -> None:
        self._called("open_file")
        self._load(num_envs or 4, 0, str(path))

    def _load(self, num_envs: int, seed: int, name: str) -> None:
        self._num_envs, self._file_name = num_envs, name
        self._applied = default_mask(num_envs, seed)
        self._draft = self._applied.copy()
        self._state, self._step, self._base, self._dirty = PlayState.STOPPED, 0, None, False

    def apply(self, edit: Edit, progress=None) -> Edit:
        if isinstance(edit, StopApplyPlay):
            state = self._state
            self.set_state(PlayState.STOPPED)
            inverse = self.apply(edit.edit)
            self.set_state(state)
            return StopApplyPlay(inverse)
        self._called("apply")
        if isinstance(edit, ReplanEdit) and self._state is not PlayState.STOPPED:
            raise EditRefusedError(
                "Playing: cloning needs the physics to stop.",
                todo="Stop, apply, play.",
                offer="stop_apply_play",
            )
        self._dirty = True
        if isinstance(edit, MaskEdit | ReplanEdit):
            cells = (list(edit.source_rows), list(edit.env_ids))
            targets = [self._draft]
            if isinstance(edit, ReplanEdit):
                targets.append(self._applied)
                self._base = None
            before = targets[-1][cells].tolist()
            for target in targets:
                target[cells] = edit.values
            return replace(edit, values=tuple(before))
        if isinstance(edit, XformEdit):
            before_at = self._moved.get(edit.path, (0.0, 0.0, 0.0))
            self._moved[edit.path] = edit.translation
            return replace(edit, translation=before_at)
        if isinstance(edit, SyncEdit):
            return edit
        raise EditRefusedError("The fake cannot do that.")

    def set_state(self, state, progress=None) -> None:
        self._called(f"set_state {state.value}")
        if state is PlayState.PAUSED and self._state is PlayState.STOPPED:
            raise SimulationStateError("Cannot go from stopped to paused.")
        if state is PlayState.STOPPED:
            self._step = self._last = 0
        self._state = state

    def step(self, n: int = 1) -> Message | None:
        self._called("step")
        for _ in range(n):
            self._step += 1
            self._last = self._step
            if self.on_step is not None:
                self.on_step(self._step)
            if f"step {self._step}" in self._conditions:
                self._state = PlayState.PAUSED
                return Message(Severity.WARNING, "Break.", "/World/envs/env_1/Object", (1,))
        return None

    def scrub(self, step: int) -> None:
        self._called(f"scrub {step}")
        self._step, self._state = step, PlayState.PAUSED

    def step_back(self, n: int = 1) -> None:
        self._called("step_back")
        self._step, self._state = self._step - n, PlayState.PAUSED

    def record(self, enabled: bool, capacity: int) -> None:
        self._called("record")
        self._recorded = (enabled, capacity)

    def set_break_conditions(self, conditions) -> None:
        self._called("set_break_conditions")
        self._conditions = tuple(conditions)

    def snapshot(self) -> SceneSnapshot:
        self._generation += 1
        fresh = self._base is None
        if self._base is None:
            self._base = make_snapshot(self._num_envs, applied=self._applied.copy())
        base, transforms = self._base, self._base.transforms
        if self._state is not PlayState.STOPPED:
            transforms = play_transforms(base.prims, transforms, self._step)
        return replace(
            base,
            generation=self._generation,
            state=self._state,
            step=self._step,
            time=self._step * DT,
            transforms=transforms,
            mask=make_mask(self._num_envs, self._applied.copy(), self._draft.copy()),
            tolerance=self._tolerance,
            file_name=self._file_name,
            dirty=self._dirty,
            recording=self._recording(),
            changed=ALL_TABLES if fresh else frozenset({"transforms", "mask", "state"}),
        )

    def _recording(self) -> RecordingInfo:
        count = 0 if self._state is PlayState.STOPPED else self._last + 1
        enabled, capacity = self._recorded
        return RecordingInfo(
            last_step=self._last,
            shown_step=self._step,
            capacity_bytes=capacity,
            used_bytes=1000 * count,
            enabled=enabled,
            stale=np.arange(count, dtype=np.int32),
            reason=np.full(count, StaleReason.USD_BEHIND, np.uint8),
            conditions=self._conditions,
        )

    def inspect(self, path: str) -> PrimDetails:
        self._called("inspect")
        return PrimDetails(
            path,
            "Xform",
            "def",
            (
                PropertyRow("xformOp:translate", "Attributes", "(0, 0, 1)", "double3", "m"),
                PropertyRow("physics:mass", "Attributes", "0.25", "float", "kg"),
                PropertyRow("visibility", "Attributes", "inherited", "token", "", authored=False),
                PropertyRow("material:binding", "Relationships", "/World/Looks/Red"),
                PropertyRow("apiSchemas", "Metadata", "PhysicsRigidBodyAPI"),
            ),
            why="Fabric was written by physics at step 60; USD was last authored before play."
            if self._state is not PlayState.STOPPED
            else "",
            siblings=f"{self._num_envs} same",
        )

    def set_tolerance(self, tolerance: Tolerance) -> None:
        self._called("set_tolerance")
        self._tolerance = tolerance

    def show_overlays(self, names: frozenset[str], env_id: int) -> None:
        self._called("show_overlays")
        self.overlays = names, env_id

    def pull(self, target: PullTarget | None) -> None:
        self._called("pull")
        self.pulled.append(target)

    def assign(self, strategy: str, seed: int) -> MaskEdit:
        self._called("assign")
        count = self._num_envs
        rows = (
            np.arange(count) % 3
            if strategy == "sequential"
            else np.random.default_rng(seed).integers(0, 3, count)
        )
        wanted = self._draft.copy()
        wanted[:3] = rows[None] == np.arange(3)[:, None]
        at, env = np.nonzero(wanted != self._draft)
        return MaskEdit(tuple(at.tolist()), tuple(env.tolist()), tuple(wanted[at, env].tolist()))

    def dry_run(self, edit: ReplanEdit) -> DryRun:
        self._called("dry_run")
        count = sum(edit.values)
        return DryRun(5 * count, 5 * count, count, 3 * count, 0.02, 0)

    def save(self, path) -> None:
        self._called("save")
        self._dirty, self._file_name = False, Path(path).name

    def recoverable(self) -> SimpleNamespace | None:
        return self.lost

    def recover(self, progress=None) -> str:
        self._called("recover")
        self._load(4, 0, "")
        self._dirty, self.lost = True, None
        return ""

    def discard_recovery(self) -> None:
        self._called("discard_recovery")
        self.lost = None

    def close(self) -> None:
        self.closed = True
