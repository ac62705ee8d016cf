"""Stop, apply, play: one command, and one step to undo."""

from __future__ import annotations

import pytest

from inspector.errors import EditRefusedError
from inspector.session.edits import PrimEdit, ReplanEdit, StopApplyPlay, from_json
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


def test_a_refused_edit_plays_on_and_changes_nothing(demo: Session):
    before = prims(demo)
    demo.set_state(PLAYING)
    with pytest.raises(EditRefusedError):
        demo.apply(StopApplyPlay(PrimEdit("/World/nothing", "delete")))
    assert demo.state is PLAYING
    assert prims(demo) == before
    demo.step()


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
