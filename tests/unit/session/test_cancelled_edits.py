"""Edits of many prims, their undo and redo: how far they are, and a cancel at any moment."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from inspector.errors import CancelledError
from inspector.session import passes, pose_edits
from inspector.session.edits import Edit, PoseEdit, SyncEdit
from inspector.session.session import Session
from inspector.session.snapshot import PlayState, Writer
from tests.unit.session.states import everything

PATHS = tuple(f"/World/envs/env_{i}/Object" for i in range(5))


@pytest.fixture(autouse=True)
def ask_often(monkeypatch):
    for module in (passes, pose_edits):
        monkeypatch.setattr(module, "AT_ONCE", 2)


def turn_and_lift(session: Session) -> Edit:
    snapshot = session.snapshot()
    rows = [snapshot.transforms.row_of_prim(snapshot.prims.find(path)) for path in PATHS]
    worlds = snapshot.transforms.usd_world[rows].astype(float)
    worlds[:, [0, 1], :3] = worlds[:, [1, 0], :3] * [[[-1.0], [1.0]]]
    worlds[:, 3, 2] += 2.0
    return PoseEdit("Move 5 prims", PATHS, tuple(worlds.ravel().tolist()))


def write_back_while_playing(session: Session) -> Edit:
    session.set_state(PlayState.PLAYING)
    session.step(5)
    return SyncEdit("fabric_to_usd")


def write_back_while_stopped(session: Session) -> Edit:
    tables = session._scene.sim.tables
    robots = [f"/World/envs/env_{i}/Robot/{name}" for i in range(5) for name in ("cart", "pole")]
    rows = tables.fabric.paths.find_paths([*PATHS, *robots])
    worlds = tables.fabric.world[rows]
    worlds[:, 3, 0] += 0.5
    tables.fabric.write(rows, worlds, Writer.SCRIPT, 0)
    return SyncEdit("fabric_to_usd")


class BrokenError(Exception):
    """Stands for what nobody expects."""


def done_in_time(
    session: Session, edit: Edit, patience: int, ending: type[Exception]
) -> Edit | None:
    """Apply an edit that ends at a question; its inverse when it was done before that."""
    asked: list[tuple[int, int]] = []

    def progress(done: int, total: int, text: str) -> None:
        assert text == edit.text
        assert 0 <= done <= total
        asked.append((done, total))
        if len(asked) > patience:
            raise ending("Cancelled.")

    try:
        inverse = session.apply(edit, progress)
    except ending:
        return None
    assert asked == sorted(asked), "progress goes back"
    return inverse


@pytest.mark.parametrize("ending", [CancelledError, BrokenError])
@pytest.mark.parametrize(
    "make", [turn_and_lift, write_back_while_playing, write_back_while_stopped]
)
def test_edit_undo_and_redo_that_end_early_leave_everything_as_it_was(
    demo: Session, make: Callable[[Session], Edit], ending: type[Exception]
) -> None:
    edit = make(demo)
    sim = demo._scene.sim
    for _ in ("edit", "undo", "redo"):
        demo.snapshot()
        before = everything(sim)
        questions = 0
        while (inverse := done_in_time(demo, edit, questions, ending)) is None:
            demo.snapshot()
            assert everything(sim) == before
            questions += 1
        assert questions >= 4
        assert everything(sim) != before
        edit = inverse
