"""Stop, apply, play: one command, and one step to undo."""

from __future__ import annotations

import numpy as np
import pytest

from inspector.errors import EditRefusedError
from inspector.session.edits import (
    PrimEdit,
    ReplanEdit,
    RestoreEdit,
    SettingsEdit,
    StopApplyPlay,
    from_json,
)
from inspector.session.journal import read_journal
from inspector.session.session import Session
from inspector.session.snapshot import PlayState

STOPPED, PLAYING, PAUSED = PlayState.STOPPED, PlayState.PLAYING, PlayState.PAUSED
OBJECT = "/World/envs/env_2/Object"


def prims(session: Session) -> set[str]:
    table = session.snapshot().prims
    return {table.path(index) for index in range(len(table))}


@pytest.mark.parametrize("state", [PLAYING, PAUSED])
def test_it_applies_and_plays_on_as_before(demo: Session, state: PlayState):
    before = prims(demo)
    demo.set_state(PLAYING)
    demo.step(3)
    demo.set_state(state)
    undo = demo.apply(StopApplyPlay(PrimEdit(OBJECT, "deactivate")))
    assert demo.state is state
    assert demo.snapshot().step == 0, "physics was built anew"
    assert prims(demo) != before
    demo.step(2)
    redo = demo.apply(undo)
    assert isinstance(redo, StopApplyPlay)
    assert demo.state is state
    assert prims(demo) == before


def test_undo_while_stopped_stays_stopped(demo: Session):
    before = prims(demo)
    demo.set_state(PLAYING)
    undo = demo.apply(StopApplyPlay(PrimEdit(OBJECT, "deactivate")))
    demo.set_state(STOPPED)
    demo.apply(undo)
    assert demo.state is STOPPED
    assert prims(demo) == before


REFUSED = [
    PrimEdit("/World/nothing", "delete"),
    PrimEdit(OBJECT, "activate"),  # it is active
    PrimEdit(OBJECT, "share"),  # it references nothing
    PrimEdit(OBJECT, "explode"),
    ReplanEdit((99,), (0,), (True,)),
    ReplanEdit((0, 1, 2), (0, 0, 0), (True, True, False)),  # two objects in one place
    SettingsEdit(dt=-1.0),
    SettingsEdit(backend="bullet"),
    RestoreEdit("Move Object", play=1),
]


@pytest.mark.parametrize("state", [PLAYING, PAUSED])
@pytest.mark.parametrize("edit", REFUSED, ids=lambda edit: edit.to_json()[:60])
def test_a_refused_edit_leaves_the_run_and_its_recording(demo: Session, edit, state):
    before = prims(demo)
    demo.set_state(PLAYING)
    demo.step(3)
    demo.set_state(state)
    run = demo.snapshot()
    with pytest.raises(EditRefusedError):
        demo.apply(StopApplyPlay(edit))
    found = demo.snapshot()
    assert (found.state, found.step) == (state, 3)
    assert (found.recording.first_step, found.recording.last_step) == (0, 3)
    np.testing.assert_array_equal(
        found.transforms.physics_world, run.transforms.physics_world, "it is the same run"
    )
    assert prims(demo) == before
    demo.step()
    demo.scrub(1)
    assert demo.snapshot().step == 1, "what was recorded before is still there"


def test_what_is_refused_only_when_it_is_done_plays_again(demo: Session):
    before = prims(demo)
    demo.set_state(PLAYING)
    demo.step(3)
    with pytest.raises(EditRefusedError, match="damaged"):
        demo.apply(StopApplyPlay(PrimEdit(OBJECT, "restore", "no specs")))
    assert demo.state is PLAYING
    assert prims(demo) == before
    demo.step()


@pytest.mark.parametrize(
    ("clone_in_fabric", "use_fabric"), [(False, True), (False, False), (True, True)]
)
def test_what_is_possible_while_stopped_is_not_refused_while_playing(
    session: Session, clone_in_fabric, use_fabric
):
    session.new_demo(6, seed=1, clone_in_fabric=clone_in_fabric)
    session.apply(SettingsEdit(use_fabric=use_fabric))
    mask = session.snapshot().mask
    edits = [
        ReplanEdit((0, 1, 2), (5, 5, 5), tuple(np.roll(mask.applied[:3, 5], 1).tolist())),
        PrimEdit("/World/sun", "hide"),
        PrimEdit("/World/sky" if clone_in_fabric else OBJECT, "delete"),
        SettingsEdit(dt=0.01),
    ]
    session.set_state(PLAYING)
    for edit in edits:
        session.step(2)
        undo = session.apply(StopApplyPlay(edit))
        session.step(2)
        session.apply(undo)
    assert session.state is PLAYING


def test_a_scene_that_cannot_play_any_more_stays_stopped_and_says_why(demo: Session):
    demo.set_state(PLAYING)
    undo = demo.apply(StopApplyPlay(PrimEdit("/World/envs", "deactivate")))
    assert demo.state is STOPPED
    assert "stays-stopped" in {message.code for message in demo.snapshot().messages}
    demo.apply(undo)
    demo.set_state(PLAYING)


def test_the_journal_has_the_edit_as_one_that_lasts(demo: Session, tmp_path):
    demo.set_state(PLAYING)
    edit = ReplanEdit((0, 1, 2), (3, 3, 3), (True, False, False))
    demo.apply(StopApplyPlay(edit))
    journal = next((tmp_path / "state" / "journals").glob("*.jsonl"))
    entries = [entry for entry in read_journal(journal)[1] if entry.lasting]
    assert [entry.edit for entry in entries] == [edit]


def test_it_survives_json():
    command = StopApplyPlay(PrimEdit(OBJECT, "delete"))
    assert from_json(command.to_json()) == command
    assert command.text == "Delete Object"
