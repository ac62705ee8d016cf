"""Snapshots made of numpy only, and a fake session over them: the window without an engine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from inspector.errors import EditRefusedError, SimulationStateError
from inspector.session.edits import Edit, MaskEdit, ReplanEdit, SyncEdit, XformEdit
from inspector.session.snapshot import (
    GeometryTable,
    InstanceBatch,
    MaskTable,
    Message,
    PathTable,
    PlayState,
    PrimDetails,
    PrimFlag,
    PrimTable,
    PropertyRow,
    SceneSnapshot,
    Severity,
    StaleReason,
    Timings,
    Tolerance,
    TransformTable,
    Writer,
)
from tests.helpers.meshes import box_mesh, lathe_mesh

ALL_TABLES = frozenset({"prims", "transforms", "geometry", "mask", "messages", "state"})
SHAPES = ("Cone", "Cube", "Sphere")
LABELS = ("Cone", "Cuboid", "Sphere", "Cartpole")
DT = 1 / 60
SPACING = 2.5

_COMMON = PrimFlag.DEFINED | PrimFlag.ACTIVE | PrimFlag.IN_USD
_X = _COMMON | PrimFlag.XFORMABLE
# name, type, parent within the list, flags
_GLOBALS = (
    ("World", "Xform", -1, _X),
    ("ground", "Xform", 0, _X),
    ("mesh", "Mesh", 1, _X | PrimFlag.GPRIM),
    ("Light", "DistantLight", 0, _X),
    ("envs", "Scope", 0, _COMMON),
)
_ENV = (
    ("env_{}", "Xform", -1, _X),
    ("Object", "Xform", 0, _X | PrimFlag.RIGID_BODY | PrimFlag.CLONE),
    ("geometry", "Xform", 1, _X),
    ("mesh", "", 2, _X | PrimFlag.GPRIM),
    ("Robot", "Xform", 0, _X | PrimFlag.CLONE),
    ("slider", "Cube", 4, _X | PrimFlag.GPRIM),
    ("cart", "Cube", 4, _X | PrimFlag.GPRIM | PrimFlag.RIGID_BODY),
    ("pole", "Cube", 4, _X | PrimFlag.GPRIM | PrimFlag.RIGID_BODY),
)
_TAIL = (("physicsScene", "PhysicsScene", -1, _COMMON),)
# local translation of each prim of an environment
_LOCAL = np.array(
    [[0, 0, 0], [0.8, 0, 1], [0, 0, 0], [0, 0, 0], [-0.4, 0, 1], [0, 0, 0], [0, 0, 0], [0, 0, 0.3]],
    np.float64,
)


def _paths() -> tuple[list[str], list[str], list[str]]:
    top: list[str] = []
    for name, _, parent, _ in _GLOBALS:
        top.append(f"{top[parent]}/{name}" if parent >= 0 else f"/{name}")
    env: list[str] = []
    for name, _, parent, _ in _ENV:
        env.append(f"{env[parent]}/{name}" if parent >= 0 else f"{top[4]}/{name}")
    return top, env, [f"/{name}" for name, *_ in _TAIL]


def default_mask(num_envs: int, seed: int = 0) -> np.ndarray:
    """One of three objects per environment and a cartpole in each, bool, shape [4, e]."""
    mask = np.zeros((4, num_envs), bool)
    choice = np.random.default_rng(seed).integers(0, 3, num_envs)
    mask[choice, np.arange(num_envs)] = True
    mask[3] = True
    return mask


def make_prims(num_envs: int, applied: np.ndarray) -> PrimTable:
    """Prims of the demo scene: 5 global ones, 8 per environment, 1 physics scene."""
    top, env, tail = _paths()
    specs = (*_GLOBALS, *_ENV, *_TAIL)
    names = tuple(dict.fromkeys(s[0] for s in specs if "{}" not in s[0]))
    names += tuple(f"env_{i}" for i in range(num_envs))
    types = tuple(dict.fromkeys([s[1] for s in specs] + list(SHAPES)))
    g, k = len(_GLOBALS), len(_ENV)
    n = g + k * num_envs + len(_TAIL)
    env_of = np.full(n, -1, np.int32)
    template = np.zeros(n, np.int32)
    parent = np.zeros(n, np.int32)
    name_id = np.zeros(n, np.int32)
    type_id = np.zeros(n, np.int16)
    flags = np.zeros(n, np.uint16)
    source_row = np.full(n, -1, np.int32)
    for i, (name, kind, up, flag) in enumerate(_GLOBALS):
        template[i], parent[i], flags[i] = i, up, flag
        name_id[i], type_id[i] = names.index(name), types.index(kind)
    kinds = applied[:3].argmax(0) if num_envs else np.zeros(0, int)
    for j, (name, kind, up, flag) in enumerate(_ENV):
        at = g + j + k * np.arange(num_envs)
        env_of[at] = np.arange(num_envs)
        template[at], flags[at] = g + j, flag
        parent[at] = 4 if up < 0 else at - j + up
        name_id[at] = len(names) - num_envs + np.arange(num_envs) if j == 0 else names.index(name)
        type_id[at] = (
            np.array([types.index(s) for s in SHAPES])[kinds] if j == 3 else types.index(kind)
        )
        if 1 <= j <= 3:
            source_row[at] = kinds
        elif j >= 4:
            source_row[at] = 3
    for i, (name, kind, up, flag) in enumerate(_TAIL):
        at = n - len(_TAIL) + i
        template[at], parent[at], flags[at] = g + k + i, up, flag
        name_id[at], type_id[at] = names.index(name), types.index(kind)
    paths = PathTable((*top, *env, *tail), template, env_of)
    return PrimTable(paths, parent, name_id, type_id, flags, source_row, names, types)


def env_origins(num_envs: int) -> np.ndarray:
    """Origins on the grid of the scripting contract, float64, shape [e, 3]."""
    rows = int(np.ceil(num_envs / np.sqrt(max(num_envs, 1))))
    cols = int(np.ceil(num_envs / max(rows, 1)))
    i, j = np.divmod(np.arange(num_envs), max(cols, 1))
    x, y = -(i - (rows - 1) / 2) * SPACING, (j - (cols - 1) / 2) * SPACING
    return np.stack([x, y, np.zeros(num_envs)], axis=1)


def _worlds(prims: PrimTable, rows: np.ndarray, origins: np.ndarray) -> np.ndarray:
    world = np.tile(np.eye(4), (len(rows), 1, 1))
    env = prims.env_id[rows]
    inside = env >= 0
    local = prims.paths.template_id[rows] - len(_GLOBALS)
    offset = np.zeros((len(_ENV), 3))
    for j, (_, _, parent, _) in enumerate(_ENV):
        offset[j] = _LOCAL[j] + (offset[parent] if parent >= 0 else 0)
    world[inside, 3, :3] = origins[env[inside]] + offset[local[inside]]
    return world


def make_transforms(prims: PrimTable, origins: np.ndarray) -> TransformTable:
    """All rows fresh, stopped."""
    rows = np.flatnonzero(prims.flags & PrimFlag.XFORMABLE).astype(np.int32)
    r = len(rows)
    world = _worlds(prims, rows, origins)
    return TransformTable(
        prims=rows,
        env_id=prims.env_id[rows],
        source_row=prims.source_row[rows],
        usd_world=world,
        fabric_world=world.copy(),
        physics_world=np.zeros((0, 4, 4)),
        body=np.full(r, -1, np.int32),
        has_usd=np.ones(r, bool),
        has_fabric=np.ones(r, bool),
        reason=np.zeros(r, np.uint8),
        error_position=np.zeros(r),
        error_rotation=np.zeros(r),
        usd_writer=np.full(r, Writer.USER, np.uint8),
        fabric_writer=np.full(r, Writer.POPULATE, np.uint8),
        usd_step=np.zeros(r, np.int64),
        fabric_step=np.zeros(r, np.int64),
    )


def play_transforms(prims: PrimTable, table: TransformTable, step: int) -> TransformTable:
    """Objects fall to the ground, carts slide, poles tilt; ``geometry`` did not follow."""
    local = prims.paths.template_id[table.prims] - len(_GLOBALS)
    inside = table.env_id >= 0
    time = step * DT
    phase = table.env_id * 0.7
    fabric = table.usd_world.copy()
    falls = inside & (local >= 1) & (local <= 3)
    fabric[falls, 3, 2] = np.maximum(0.25, fabric[falls, 3, 2] - 4.9 * time**2)
    carts = inside & (local >= 6)
    fabric[carts, 3, 1] += 0.3 * np.sin(time * 3 + phase[carts]) * min(1, time)
    angle = 0.6 * np.sin(time * 2 + phase) * min(1, time)
    poles = inside & (local == 7)
    cos, sin = np.cos(angle[poles]), np.sin(angle[poles])
    fabric[poles, 1, 1], fabric[poles, 1, 2] = cos, sin
    fabric[poles, 2, 1], fabric[poles, 2, 2] = -sin, cos
    is_body = (prims.flags[table.prims] & PrimFlag.RIGID_BODY) > 0
    body = np.full(len(table), -1, np.int32)
    body[is_body] = np.arange(np.count_nonzero(is_body))
    error = np.linalg.norm(fabric[:, 3, :3] - table.usd_world[:, 3, :3], axis=1)
    turn = np.where(poles, np.abs(angle), 0.0)
    stale = (error > 1e-4) | (turn > 1e-4)
    moved = is_body | falls
    return replace(
        table,
        fabric_world=fabric,
        physics_world=fabric[is_body],
        body=body,
        reason=np.where(stale, StaleReason.USD_BEHIND, StaleReason.FRESH).astype(np.uint8),
        error_position=error,
        error_rotation=turn,
        fabric_writer=np.where(
            is_body, Writer.PHYSICS, np.where(moved, Writer.HIERARCHY, table.fabric_writer)
        ).astype(np.uint8),
        fabric_step=np.where(moved, step, 0).astype(np.int64),
    )


def make_geometry(prims: PrimTable, transforms: TransformTable) -> GeometryTable:
    """A batch per mesh: ground, three objects, slider, cart and pole."""
    arc = np.linspace(-np.pi / 2, np.pi / 2, 9)
    meshes = (
        box_mesh("ground", (200.0, 200.0, 0.02)),
        lathe_mesh("cone", [(0.0, -0.25), (0.25, -0.25), (0.0, 0.25)]),
        box_mesh("cuboid", (0.4, 0.4, 0.4)),
        lathe_mesh("sphere", [(0.25 * np.cos(a), 0.25 * np.sin(a)) for a in arc]),
        box_mesh("slider", (0.03, 1.6, 0.03)),
        box_mesh("cart", (0.2, 0.3, 0.2)),
        box_mesh("pole", (0.05, 0.05, 0.7)),
    )
    local = prims.paths.template_id[transforms.prims] - len(_GLOBALS)
    inside = transforms.env_id >= 0
    picks = [np.flatnonzero(~inside & (local == 2 - len(_GLOBALS)))]
    picks += [
        np.flatnonzero(inside & (local == 3) & (transforms.source_row == k)) for k in range(3)
    ]
    picks += [np.flatnonzero(inside & (local == k)) for k in (5, 6, 7)]
    colors = [
        (0.25, 0.27, 0.3), (0.9, 0.5, 0.1), (0.2, 0.5, 0.8), (0.1, 0.6, 0.4),
        (0.5, 0.5, 0.5), (0.6, 0.6, 0.65), (0.8, 0.7, 0.3),
    ]  # fmt: skip
    batches = tuple(
        InstanceBatch(i, rows.astype(np.int32), np.tile(np.float32(colors[i]), (len(rows), 1)))
        for i, rows in enumerate(picks)
        if len(rows)
    )
    return GeometryTable(meshes, batches)


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


def mix_reasons(transforms: TransformTable, seed: int = 0) -> TransformTable:
    """Some rows of every stale reason, with a NaN pose where the reason says so."""
    rng = np.random.default_rng(seed)
    inside = np.flatnonzero(transforms.env_id >= 0)
    reason = transforms.reason.copy()
    reason[inside] = rng.integers(0, len(StaleReason), len(inside))
    fabric = transforms.fabric_world.copy()
    fabric[reason == StaleReason.NOT_FINITE, 3, 2] = np.nan
    error = np.where(reason > 0, rng.random(len(reason)), 0.0)
    error[reason == StaleReason.NOT_FINITE] = np.nan
    return replace(
        transforms,
        reason=reason,
        fabric_world=fabric,
        error_position=error,
        has_usd=reason != StaleReason.FABRIC_ONLY,
        has_fabric=reason != StaleReason.USD_ONLY,
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
        fail_next: Raised by the next call of anything but ``snapshot`` and ``close``.
        on_step: Called with the step number after each step (tests block or count here).
    """

    calls: list[str] = field(default_factory=list)
    fail_next: Exception | None = None
    on_step: Callable[[int], None] | None = None
    closed: bool = False
    _state: PlayState = PlayState.STOPPED
    _step: int = 0
    _generation: int = 0
    _num_envs: int = -1
    _moved: dict[str, tuple[float, float, float]] = field(default_factory=dict)
    _tolerance: Tolerance = field(default_factory=Tolerance)
    _dirty: bool = False
    _file_name: str = ""
    _base: SceneSnapshot | None = None

    def _called(self, name: str) -> None:
        self.calls.append(name)
        if self.fail_next is not None:
            error, self.fail_next = self.fail_next, None
            raise error

    def new_demo(self, num_envs=64, seed=0, progress=None) -> None:
        self._called("new_demo")
        for done in range(0, num_envs + 1, 16):
            if progress is not None:
                progress(done, num_envs, f"Cloning {num_envs} environments")
        self._load(num_envs, seed, "")

    def open_file(self, path, num_envs=None, progress=None) -> None:
        self._called("open_file")
        self._load(num_envs or 4, 0, Path(path).name)

    def _load(self, num_envs: int, seed: int, name: str) -> None:
        self._num_envs, self._file_name = num_envs, name
        self._applied = default_mask(num_envs, seed)
        self._draft = self._applied.copy()
        self._state, self._step, self._base, self._dirty = PlayState.STOPPED, 0, None, False

    def apply(self, edit: Edit) -> Edit:
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
            self._step = 0
        self._state = state

    def step(self, n: int = 1) -> None:
        self._called("step")
        for _ in range(n):
            self._step += 1
            if self.on_step is not None:
                self.on_step(self._step)

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
            changed=ALL_TABLES if fresh else frozenset({"transforms", "mask", "state"}),
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

    def save(self, path) -> None:
        self._called("save")
        self._dirty, self._file_name = False, Path(path).name

    def close(self) -> None:
        self.closed = True
