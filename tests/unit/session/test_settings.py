"""Settings of the simulation as an edit."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from inspector.errors import EditRefusedError
from inspector.session.edits import SettingsEdit, from_json
from inspector.session.session import Session
from inspector.session.snapshot import PlayState, SimulationSettings


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    made = Session(tmp_path)
    made.new_demo(2)
    yield made
    made.close()


def test_change_and_undo(session: Session) -> None:
    inverse = session.apply(SettingsEdit(dt=0.01, use_fabric=False))
    shown = session.snapshot().settings
    assert shown == SimulationSettings(dt=0.01, use_fabric=False)
    session.apply(inverse)
    assert session.snapshot().settings == SimulationSettings()


@pytest.mark.parametrize("bad", [SettingsEdit(dt=-1.0), SettingsEdit(device="abacus")])
def test_a_refused_setting_changes_none(session: Session, bad: SettingsEdit) -> None:
    with pytest.raises(EditRefusedError):
        session.apply(bad)
    assert session.snapshot().settings == SimulationSettings()


def test_they_are_frozen_while_playing(session: Session) -> None:
    session.set_state(PlayState.PLAYING)
    with pytest.raises(EditRefusedError) as refusal:
        session.apply(SettingsEdit(dt=0.01))
    assert refusal.value.offer == "stop_apply_play"


def test_json_round_trip() -> None:
    edit = SettingsEdit(substeps=2, backend="mujoco")
    assert from_json(edit.to_json()) == edit


def test_an_engine_that_runs_anywhere_runs_on_the_device_that_is_shown(session: Session) -> None:
    inverse = session.apply(SettingsEdit(backend="newton"))
    engine = session._scene.sim.cfg.engine
    assert (engine.backend, engine.device) == ("newton", session.snapshot().settings.device)
    session.apply(inverse)
    assert session._scene.sim.cfg.engine.device == ""
