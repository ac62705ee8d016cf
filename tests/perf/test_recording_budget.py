"""What recording may cost: a share of the step, and of the engine's state."""

from __future__ import annotations

from pathlib import Path
from statistics import median
from time import perf_counter

import pytest

from inspector.session.session import Session
from inspector.session.snapshot import PlayState

pytestmark = pytest.mark.perf

ENVS, STEPS = 512, 60


def test_recording_takes_a_tenth_of_a_step_and_half_of_the_state(tmp_path: Path) -> None:
    session = Session(tmp_path / "state")
    try:
        session.new_demo(ENVS, seed=1)
        session.set_state(PlayState.PLAYING)
        session.step(20)
        shares = []
        for _ in range(STEPS):
            start = perf_counter()
            session.step()
            shares.append((perf_counter() - start) / session.physics_time - 1)
        info = session.snapshot().recording
        captured = session._scene.sim.backend.state.capture()
        state = sum(array.nbytes for array in captured.values())
    finally:
        session.close()
    assert median(shares) < 0.10
    assert info.used_bytes / len(info) < 0.5 * state
