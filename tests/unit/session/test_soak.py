"""No leak, no illegal state, no lost edit, however long and in whatever order it is used."""

from __future__ import annotations

import sys
import time

import pytest

from inspector.session.session import Session
from tests.unit.session.soak import Soak, resident_megabytes

NUM_ENVS = 4


def soaked(session: Session, seed: int) -> Soak:
    session.new_demo(NUM_ENVS, seed=1)
    return Soak(session, NUM_ENVS, seed)


@pytest.mark.parametrize("seed", [1, 2])
def test_random_use_loses_nothing(session: Session, seed: int):
    soak = soaked(session, seed)
    soak.run(150)
    assert soak.steps >= 150


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_ten_thousand_steps_with_play_and_stop_and_random_edits(session: Session):
    soak = soaked(session, seed=7)
    soak.run(2000)  # caches fill, and the journal and message log reach their sizes
    before, start = resident_megabytes(), time.monotonic()
    soak.run(12000)
    growth = resident_megabytes() - before
    actions = ", ".join(f"{count} × {name}" for name, count in soak.done.most_common())
    sys.stderr.write(
        f"\n{soak.steps} steps, {sum(soak.done.values())} actions in "
        f"{time.monotonic() - start:.0f} s, {growth:+.1f} MB: {actions}\n"
    )
    assert growth < 40.0
