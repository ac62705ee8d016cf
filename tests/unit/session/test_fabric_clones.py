"""Clones that exist in Fabric only, as the panels see them."""

from __future__ import annotations

import numpy as np
import pytest

from inspector.errors import EditRefusedError
from inspector.session.edits import PrimEdit, ReplanEdit, SyncEdit, XformEdit
from inspector.session.session import Session
from inspector.session.snapshot import PlayState, StaleReason


@pytest.fixture
def fabric_demo(session: Session) -> Session:
    session.new_demo(6, seed=1, clone_in_fabric=True)
    return session


def test_rows_without_a_usd_prim_say_so(fabric_demo: Session):
    rows = fabric_demo.snapshot().transforms
    assert not rows.has_usd.all()
    assert set(rows.reason[~rows.has_usd].tolist()) == {StaleReason.FABRIC_ONLY}
    assert set(rows.reason[rows.has_usd].tolist()) == {StaleReason.FRESH}


def test_what_usd_does_not_have_is_behind_nothing(fabric_demo: Session):
    fabric_demo.set_state(PlayState.PLAYING)
    fabric_demo.step(20)
    rows = fabric_demo.snapshot().transforms
    assert set(rows.reason[~rows.has_usd].tolist()) == {StaleReason.FABRIC_ONLY}
    assert rows.error_position[~rows.has_usd].max() < 1e-9
    assert rows.age(20)[~rows.has_usd].max() == 0
    assert rows.error_position[rows.has_usd].max() > 0.01


def test_a_clone_shows_its_source_and_is_locked(fabric_demo: Session):
    snapshot = fabric_demo.snapshot()
    row = int(np.flatnonzero(~snapshot.transforms.has_usd)[-1])
    path = snapshot.prims.path(int(snapshot.transforms.prims[row]))
    details = fabric_demo.inspect(path)
    assert details.path == path
    assert "Fabric only" in details.locked


def test_edits_and_repairs_of_a_clone_say_that_it_is_in_fabric_only(fabric_demo: Session):
    fabric_demo.set_state(PlayState.PLAYING)
    fabric_demo.step(5)
    snapshot = fabric_demo.snapshot()
    row = int(np.flatnonzero(~snapshot.transforms.has_usd)[-1])
    path = snapshot.prims.path(int(snapshot.transforms.prims[row]))
    for edit in (SyncEdit("fabric_to_usd", (path,)), XformEdit(path, (0.0, 0.0, 1.0))):
        with pytest.raises(EditRefusedError, match="exists in Fabric only"):
            fabric_demo.apply(edit)
    fabric_demo.apply(SyncEdit("fabric_to_usd"))  # writes what USD can hold
    assert StaleReason.USD_BEHIND not in fabric_demo.snapshot().stale_counts


def test_clones_play_and_return(fabric_demo: Session):
    before = fabric_demo.snapshot().transforms.fabric_world
    fabric_demo.set_state(PlayState.PLAYING)
    fabric_demo.step(5)
    moved = fabric_demo.snapshot().transforms.fabric_world
    assert np.abs(moved - before).max() > 1e-3
    fabric_demo.set_state(PlayState.STOPPED)
    np.testing.assert_array_equal(fabric_demo.snapshot().transforms.fabric_world, before)


def test_a_replay_makes_the_same_kind_of_clones(fabric_demo: Session, tmp_path):
    from inspector.session.edits import MaskEdit

    fabric_demo.apply(MaskEdit((0,), (1,), (True,)))
    journal = tmp_path / "kept.jsonl"
    journal.write_bytes(next((tmp_path / "state" / "journals").glob("*.jsonl")).read_bytes())
    fabric_demo.new_demo(2)
    assert fabric_demo.snapshot().transforms.has_usd.all()
    fabric_demo.replay(journal)
    assert not fabric_demo.snapshot().transforms.has_usd.all()


def test_a_saved_file_says_what_it_does_not_hold(fabric_demo: Session, tmp_path):
    fabric_demo.save(tmp_path / "scene.usda")
    assert "clones-not-saved" in {m.code for m in fabric_demo.snapshot().messages}
    fabric_demo.open_file(tmp_path / "scene.usda")
    assert fabric_demo.snapshot().transforms.has_usd.all()


@pytest.mark.parametrize("action", ["delete", "deactivate"])
@pytest.mark.parametrize("path", ["/World/envs/env_0/Object", "/World/envs/env_0"])
def test_the_source_of_clones_that_usd_does_not_have_stays(fabric_demo: Session, action, path):
    before = fabric_demo.snapshot()
    with pytest.raises(EditRefusedError, match=r"clones of /World/envs/env_0.* in Fabric only"):
        fabric_demo.apply(PrimEdit(path, action))
    assert fabric_demo.snapshot().prims is before.prims
    # Once nobody is made of it, it may go.
    mask = before.mask
    row = mask.sources.index("/World/envs/env_0/Object")
    others = [env for env in np.flatnonzero(mask.applied[row]).tolist() if env != 0]
    another = next(i for i, source in enumerate(mask.sources) if "Object" in source and i != row)
    count = len(others)
    rows, values = (row,) * count + (another,) * count, (False,) * count + (True,) * count
    fabric_demo.apply(ReplanEdit(rows, (*others, *others), values))
    fabric_demo.apply(PrimEdit("/World/envs/env_0/Object", action))
