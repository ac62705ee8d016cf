"""Random use of a session under a fixed seed, held against a model of what must be true."""

from __future__ import annotations

import gc
from collections import Counter, deque
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pxr import Gf, UsdGeom

from inspector.errors import EditRefusedError, InspectorError
from inspector.fabric.usdrt import Rt, Usd
from inspector.session.edits import (
    Edit,
    MaskEdit,
    PrimEdit,
    ReplanEdit,
    StopApplyPlay,
    SyncEdit,
    XformEdit,
    from_json,
)
from inspector.session.session import Session
from inspector.session.snapshot import PlayState, StaleReason
from inspector.session.why import scripted_rows
from inspector.sim.simulation_context import SimulationContext
from inspector.usd.stage import get_current_stage_id

STOPPED, PLAYING, PAUSED = PlayState.STOPPED, PlayState.PLAYING, PlayState.PAUSED
_GHOSTS = ("/World/ghosts/one", "/World/ghosts/two", "/World/envs/env_1/Object/tip")
_PROPS = tuple(f"/World/{name}" for name in ("ground", "sky", "sun"))
_UNDO = 30


class Soak:
    """Drives a session; every action ends with the invariants being checked.

    Attributes:
        done: How often each action was taken.
        steps: Physics steps so far.
    """

    def __init__(self, session: Session, num_envs: int, seed: int) -> None:
        self.session = session
        self.num_envs = num_envs
        self.random = np.random.default_rng(seed)
        self.done: Counter[str] = Counter()
        self.steps = 0
        self._undo: deque[tuple[Edit, Callable[[], None]]] = deque(maxlen=_UNDO)
        self._mask = session.snapshot().mask.applied.copy()
        self._places = {path: self._place(path) for path in _PROPS if self._has_place(path)}
        self._before_play = ""

    @property
    def sim(self) -> SimulationContext:
        sim = SimulationContext.instance()
        assert sim is not None
        return sim

    def run(self, steps: int) -> None:
        """Go on until so many physics steps were done, and stop."""
        while self.steps < steps:
            self.turn()
        self.set_state(STOPPED)

    def turn(self) -> None:
        """Take one action that the state allows."""
        anytime = [
            self.step, self.step, self.step, self.look, self.stop_apply_play, self.undo, self.haunt,
        ]  # fmt: skip
        stopped = [self.move, self.paint_and_apply, self.paint, self.hide_and_show, self.play]
        playing = [
            self.step, self.step, self.pause_or_play, self.sync, self.scrub, self.foreign,
            self.refused, self.intrude, self.stop,
        ]  # fmt: skip
        actions = anytime + (stopped if self.session.state is STOPPED else playing)
        action = actions[self.random.integers(len(actions))]
        action()
        self.done[action.__name__] += 1
        self.check()

    # Time --------------------------------------------------------------------------------------

    def set_state(self, state: PlayState) -> None:
        before = self.session.state
        if before is STOPPED and state is PLAYING:
            self._before_play = self.sim.stage.GetRootLayer().ExportToString()
        self.session.set_state(state)
        assert self.session.state is state
        if state is STOPPED:
            self._undo = deque(
                (entry for entry in self._undo if getattr(entry[0], "play", 0) == 0), _UNDO
            )
            if before is not STOPPED:
                assert self.sim.stage.GetRootLayer().ExportToString() == self._before_play
                assert self.sim.stop_audit == ()
            self.check_everything()

    def play(self) -> None:
        self.set_state(PLAYING)

    def stop(self) -> None:
        self.set_state(STOPPED)

    def pause_or_play(self) -> None:
        self.set_state(PAUSED if self.session.state is PLAYING else PLAYING)

    def step(self) -> None:
        if self.session.state is STOPPED:
            self.set_state(PLAYING)
        count = int(self.random.integers(1, 12))
        self.session.step(count)
        self.steps += count

    def scrub(self) -> None:
        first = self.session.snapshot().recording.first_step
        self.session.scrub(int(self.random.integers(first, self.sim.step_count + 1)))

    def look(self) -> None:
        snapshot = self.session.snapshot()
        paths = snapshot.prims
        self.session.inspect(paths.path(int(self.random.integers(len(paths)))))

    # Edits -------------------------------------------------------------------------------------

    def move(self) -> None:
        path, to = self._prop(), self._somewhere()
        before = self._places[path]
        inverse = self.session.apply(XformEdit(path, to))
        self._places[path] = to
        self._undo.append((inverse, lambda: self._places.update({path: before})))

    def paint(self) -> None:
        row, env = self._cell()
        draft = self.session.snapshot().mask.draft
        inverse = self.session.apply(MaskEdit((row,), (env,), (not draft[row, env],)))
        self.session.apply(inverse)

    def paint_and_apply(self) -> None:
        edit, apply = self._another_object()
        inverse = self.session.apply(edit)
        self._undo.append((inverse, apply()))

    def stop_apply_play(self) -> None:
        edit, apply = self._another_object()
        was = self.session.state
        if was is not STOPPED:
            # The text to return to is the one after the edit.
            self._before_play = ""
        inverse = self.session.apply(StopApplyPlay(edit))
        assert self.session.state is was
        self._undo.append((inverse, apply()))
        self._note_text()

    def hide_and_show(self) -> None:
        path = self._prop()
        self.session.apply(self.session.apply(PrimEdit(path, "hide")))

    def undo(self) -> None:
        if not self._undo or self.session.snapshot().is_past:
            return
        edit, forget = self._undo[-1]
        if self.session.state is not STOPPED and not isinstance(edit, StopApplyPlay):
            edit = StopApplyPlay(edit)
        self._undo.pop()
        self.session.apply(edit)
        forget()
        self._note_text()

    def sync(self) -> None:
        actions = ("fabric_to_usd", "usd_to_fabric", "hierarchy")
        self._unless_past(SyncEdit(actions[self.random.integers(3)]))

    def foreign(self) -> None:
        """A script moves a prim; what is offered is taken, one way or the other."""
        if self.session.snapshot().is_past:
            return
        path = self._prop()
        prim = self.sim.stage.GetPrimAtPath(path)
        prim.GetAttribute("xformOp:translate").Set(Gf.Vec3d(*self._somewhere()))
        told = [m for m in self.session.snapshot().messages if m.path == path and m.offers]
        assert told, f"nobody noticed that {path} was moved"
        _, offer = told[-1].offers[self.random.integers(len(told[-1].offers))]
        self.session.apply(from_json(offer))

    def intrude(self) -> None:
        """A script adds a prim; it exists in USD only, and stop takes it away."""
        if self.session.snapshot().is_past:
            return
        path = f"/World/intruder_{self.random.integers(5)}"
        known = bool(self.sim.stage.GetPrimAtPath(path))
        UsdGeom.Cube.Define(self.sim.stage, path)
        snapshot = self.session.snapshot()
        row = snapshot.transforms.row_of_prim(snapshot.prims.find(path))
        assert row >= 0
        assert known or snapshot.transforms.reason[row] == StaleReason.USD_ONLY

    def haunt(self) -> None:
        """A script defines a prim in Fabric only, moves or removes it, or a repair takes it."""
        if self.session.snapshot().is_past:
            return
        fabric = Usd.Stage.Attach(get_current_stage_id())
        path = _GHOSTS[self.random.integers(len(_GHOSTS))]
        prim = Rt.Xformable(fabric.DefinePrim(path, "Sphere"))
        if self.random.integers(2):
            prim.CreateWorldPositionAttr(Gf.Vec3d(*self._somewhere()))
        else:
            local = Gf.Matrix4d().SetTranslate(Gf.Vec3d(*self._somewhere()))
            prim.CreateFabricHierarchyLocalMatrixAttr(local)
        at = prim.GetWorldPositionAttr().Get()
        snapshot = self.session.snapshot()
        row = snapshot.transforms.row_of_prim(snapshot.prims.find(path))
        assert snapshot.transforms.reason[row] == StaleReason.FABRIC_ONLY
        assert snapshot.transforms.fabric_world[row, 3, :3].tolist() == list(at)
        action = ("fabric_to_usd", "usd_to_fabric", "remove", "stay")[self.random.integers(4)]
        if action == "remove":
            fabric.RemovePrim(path)
            assert self.session.snapshot().prims.find(path) < 0
        elif action == "fabric_to_usd" and self.session.state is not STOPPED:
            with pytest.raises(EditRefusedError):
                self.session.apply(SyncEdit(action, (path,)))
        elif action != "stay":
            inverse = self.session.apply(SyncEdit(action, (path,)))
            snapshot = self.session.snapshot()
            prim = snapshot.prims.find(path)
            assert (prim >= 0) == (action == "fabric_to_usd")
            if prim >= 0:
                row = snapshot.transforms.row_of_prim(prim)
                assert snapshot.transforms.reason[row] == StaleReason.FRESH
            self.session.apply(inverse)
            assert self.session.snapshot().prims.find(path) >= 0

    def refused(self) -> None:
        before = self.session.state
        with pytest.raises(EditRefusedError) as refused:
            self.session.apply(PrimEdit("/World/envs/env_0", "deactivate"))
        assert refused.value.offer == "stop_apply_play"
        assert self.session.state is before

    # Truth -------------------------------------------------------------------------------------

    def check(self) -> None:
        """What holds after every action."""
        sim, state = self.sim, self.session.state
        assert (sim.backend is None) == (state is STOPPED)
        assert (sim.is_stopped(), sim.is_playing(), sim.is_paused()) == (
            state is STOPPED,
            state is PLAYING,
            state is PAUSED,
        )
        locked = not sim.stage.GetRootLayer().permissionToEdit
        assert locked == (state is not STOPPED)
        try:
            sim.cfg.dt = sim.cfg.dt
        except InspectorError:
            assert state is not STOPPED
        else:
            assert state is STOPPED

    def check_everything(self) -> None:
        """What holds while stopped: no edit is lost, and all representations agree."""
        snapshot = self.session.snapshot()
        np.testing.assert_array_equal(snapshot.mask.applied, self._mask)
        for path, place in self._places.items():
            np.testing.assert_allclose(self._place(path), place)
        table = snapshot.transforms
        ghosts = scripted_rows(snapshot)
        assert set(np.unique(table.reason[~ghosts])) == {StaleReason.FRESH}
        assert set(np.unique(table.reason[ghosts])) <= {StaleReason.FABRIC_ONLY}
        assert all(snapshot.prims.find(f"/World/intruder_{i}") < 0 for i in range(5))
        kinds = {"Cone": 0, "Cube": 1, "Sphere": 2}
        for env in range(self.num_envs):
            shape = self.sim.stage.GetPrimAtPath(f"/World/envs/env_{env}/Object/geometry/mesh")
            assert self._mask[kinds[str(shape.GetTypeName())], env]

    def _note_text(self) -> None:
        if self.session.state is not STOPPED:
            self._before_play = self.sim.stage.GetRootLayer().ExportToString()

    def _unless_past(self, edit: Edit) -> None:
        try:
            self.session.apply(edit)
        except EditRefusedError:
            assert self.session.snapshot().is_past

    def _another_object(self) -> tuple[ReplanEdit, Callable[[], Callable[[], None]]]:
        """Return the edit that gives an environment another object, and what notes it."""
        env = int(self.random.integers(self.num_envs))
        old = int(np.flatnonzero(self._mask[:3, env])[0])
        new = int((old + self.random.integers(1, 3)) % 3)
        edit = ReplanEdit((old, new), (env, env), (False, True))

        def apply() -> Callable[[], None]:
            before = self._mask.copy()
            self._mask[[old, new], env] = False, True

            def forget() -> None:
                self._mask = before

            return forget

        return edit, apply

    def _cell(self) -> tuple[int, int]:
        return int(self.random.integers(3)), int(self.random.integers(self.num_envs))

    def _prop(self) -> str:
        paths = sorted(self._places)
        return paths[self.random.integers(len(paths))]

    def _somewhere(self) -> tuple[float, float, float]:
        x, y, z = self.random.uniform(-1, 1, 3).round(3).tolist()
        return (x, y, z - 3.0)

    def _has_place(self, path: str) -> bool:
        prim = self.sim.stage.GetPrimAtPath(path)
        return bool(prim) and prim.HasAttribute("xformOp:translate")

    def _place(self, path: str) -> tuple[float, ...]:
        prim = UsdGeom.Xformable(self.sim.stage.GetPrimAtPath(path))
        return tuple(prim.GetLocalTransformation().ExtractTranslation())


def resident_megabytes() -> float:
    """Memory of the process after a collection [MB]."""
    gc.collect()
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS"):
            return float(line.split()[1]) * 1024 / 1e6
    return 0.0
