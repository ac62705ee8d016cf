"""Fixtures of the window: a bridge whose core thread runs a fake session."""

from __future__ import annotations

from collections.abc import Iterator

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
