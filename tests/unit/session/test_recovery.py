"""Unsaved edits survive a crash, and only a crash makes the program offer them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from inspector.errors import StageError
from inspector.session.edits import XformEdit
from inspector.session.journal import CLOSED, Journal, SceneOrigin
from inspector.session.recovery import KEPT, find_recovery, prune
from inspector.session.session import Session

OBJECT = "/World/envs/env_1/Object"
CRASH = f"""
import os, sys
from pathlib import Path
from inspector.session.edits import XformEdit
from inspector.session.session import Session
session = Session(Path(sys.argv[1]))
session.new_demo(3, seed=2)
session.apply(XformEdit("{OBJECT}", (0.5, 0.0, 3.0)))
session.apply(XformEdit("{OBJECT}", (0.5, 0.0, 4.0)))
os._exit(9)
"""


@pytest.fixture
def crashed(tmp_path: Path) -> Path:
    """State folder of a session that was killed after two edits."""
    done = subprocess.run([sys.executable, "-c", CRASH, str(tmp_path)], check=False)
    assert done.returncode == 9
    return tmp_path


def translation(session: Session) -> tuple[float, ...]:
    snapshot = session.snapshot()
    row = snapshot.transforms.row_of_prim(snapshot.prims.find(OBJECT))
    env = snapshot.transforms.row_of_prim(snapshot.prims.find("/World/envs/env_1"))
    world = snapshot.transforms.usd_world
    return tuple(world[row, 3, :3] - world[env, 3, :3])


def test_edits_of_a_killed_session_come_back(crashed: Path) -> None:
    session = Session(crashed)
    try:
        found = session.recoverable()
        assert found is not None
        assert len(found.entries) == 2
        assert found.name == "the demo scene with 3 environments"
        assert session.recover() == ""
        assert translation(session) == pytest.approx((0.5, 0.0, 4.0))
        assert session.snapshot().dirty
        # The recovered edits are safe again at once, and belong to a living session.
        assert session.recoverable() is None
        with pytest.raises(StageError, match="no edits to recover"):
            session.recover()
    finally:
        session.close()


def test_discarded_edits_are_not_offered_again(crashed: Path) -> None:
    session = Session(crashed)
    session.discard_recovery()
    assert session.recoverable() is None
    session.close()


def test_a_session_that_was_closed_or_still_lives_has_nothing_to_recover(tmp_path: Path) -> None:
    session, other = Session(tmp_path), Session(tmp_path)
    session.new_demo(2)
    session.apply(XformEdit(OBJECT, (0.0, 0.0, 2.0)))
    assert other.recoverable() is None
    session.close()
    assert other.recoverable() is None
    assert len(list((tmp_path / "journals").iterdir())) == 1


def test_rubbish_and_journals_without_lasting_edits_are_put_aside(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text("rubbish\nmore\n")
    journal = Journal(tmp_path / "b.jsonl", SceneOrigin(num_envs=2))
    journal.append(XformEdit(OBJECT, (0.0, 0.0, 2.0)), lasting=False)
    lines = journal.path.read_bytes()
    journal.close(discard=True)
    (tmp_path / "b.jsonl").write_bytes(lines)
    assert find_recovery(tmp_path) is None
    assert all(path.name.endswith(CLOSED) for path in tmp_path.iterdir())


def test_old_journals_do_not_pile_up(tmp_path: Path) -> None:
    for number in range(KEPT + 5):
        (tmp_path / f"{number:03}{CLOSED}").write_text("")
    prune(tmp_path)
    left = sorted(path.name for path in tmp_path.iterdir())
    assert len(left) == KEPT
    assert left[-1].startswith(f"{KEPT + 4:03}")
