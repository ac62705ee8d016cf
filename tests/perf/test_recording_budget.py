"""What recording may cost: a share of the step, and of the engine's state."""

from __future__ import annotations

from pathlib import Path
from statistics import median
from time import perf_counter

import pytest

from inspector.session.recording import Recording
from inspector.session.session import Session
from inspector.session.snapshot import PlayState

pytestmark = pytest.mark.perf

ENVS, STEPS = 512, 60


# It is 0.04 to 0.05, and 0.08 with all else that a step costs beside physics.
def test_recording_takes_a_tenth_of_a_step_and_half_of_the_state(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    costs: list[float] = []

    def timed(name: str) -> None:
        original = getattr(Recording, name)

        def call(recording: Recording) -> None:
            start = perf_counter()
            original(recording)
            costs[-1] += perf_counter() - start

        monkeypatch.setattr(Recording, name, call)

    session = Session(tmp_path / "state")
    try:
        session.new_demo(ENVS, seed=1)
        session.set_state(PlayState.PLAYING)
        session.step(20)
        timed("leave")
        timed("add")
        shares = []
        for _ in range(STEPS):
            costs.append(0.0)
            session.step()
            shares.append(costs[-1] / session.physics_time)
        info = session.snapshot().recording
        captured = session._scene.sim.backend.state.capture()
        state = sum(array.nbytes for array in captured.values())
    finally:
        session.close()
    assert min(shares) > 0, "it was recorded"
    assert median(shares) < 0.10
    assert info.used_bytes / len(info) < 0.5 * state
