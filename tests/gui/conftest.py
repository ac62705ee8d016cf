"""Fixtures of the window: a bridge whose core thread runs a fake session."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from inspector.gui.bridge.bridge import Bridge
from tests.helpers.snapshots import FakeSession


@pytest.fixture
def fake() -> FakeSession:
    return FakeSession()


@pytest.fixture
def bridge(qtbot: QtBot, fake: FakeSession) -> Iterator[Bridge]:
    """A started bridge over the fake session."""
    made = Bridge(lambda: fake)
    with qtbot.waitSignal(made.session.engine_ready):
        made.session.start()
    yield made
    made.shutdown()


@pytest.fixture
def demo(qtbot: QtBot, bridge: Bridge) -> Bridge:
    """A bridge that shows the demo scene with 4 environments."""
    with qtbot.waitSignal(bridge.session.snapshot_published):
        bridge.session.new_demo(4)
    return bridge


@pytest.fixture
def real(qtbot: QtBot, tmp_path: Path) -> Iterator[Bridge]:
    """A bridge over a real session that shows the demo scene with 8 environments."""
    from inspector.session.session import Session

    made = Bridge(lambda: Session(tmp_path / "state"))
    with qtbot.waitSignal(made.session.engine_ready, timeout=60_000):
        made.session.start()
    with qtbot.waitSignal(made.session.snapshot_published, timeout=60_000):
        made.session.new_demo(8, seed=1)
    yield made
    made.shutdown()
