"""Clones that exist in Fabric only, as the panels see them."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from inspector.scene.demo import build_demo
from inspector.session import scene_source
from inspector.session.session import Session
from inspector.session.snapshot import PlayState, StaleReason


@pytest.fixture
def fabric_demo(session: Session, monkeypatch: pytest.MonkeyPatch) -> Session:
    monkeypatch.setattr(scene_source, "build_demo", partial(build_demo, clone_in_fabric=True))
    session.new_demo(6, seed=1)
    return session


def test_rows_without_a_usd_prim_say_so(fabric_demo: Session):
    rows = fabric_demo.snapshot().transforms
    assert not rows.has_usd.all()
    assert set(rows.reason[~rows.has_usd].tolist()) == {StaleReason.FABRIC_ONLY}
    assert set(rows.reason[rows.has_usd].tolist()) == {StaleReason.FRESH}


def test_a_clone_shows_its_source_and_is_locked(fabric_demo: Session):
    snapshot = fabric_demo.snapshot()
    row = int(np.flatnonzero(~snapshot.transforms.has_usd)[-1])
    path = snapshot.prims.path(int(snapshot.transforms.prims[row]))
    details = fabric_demo.inspect(path)
    assert details.path == path
    assert "Fabric only" in details.locked


def test_clones_play_and_return(fabric_demo: Session):
    before = fabric_demo.snapshot().transforms.fabric_world
    fabric_demo.set_state(PlayState.PLAYING)
    fabric_demo.step(5)
    moved = fabric_demo.snapshot().transforms.fabric_world
    assert np.abs(moved - before).max() > 1e-3
    fabric_demo.set_state(PlayState.STOPPED)
    np.testing.assert_array_equal(fabric_demo.snapshot().transforms.fabric_world, before)
