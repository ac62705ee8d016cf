"""Fixtures of the window: a bridge whose core thread runs a fake session."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from inspector.gui.app import make_application
from inspector.gui.bridge.bridge import Bridge
from inspector.gui.main_window import MainWindow
from inspector.gui.shell.settings import Settings
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


@pytest.fixture(scope="session")
def qapp():
    """The application as the program makes it: shared GL contexts before it exists."""
    return make_application()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(tmp_path)


def forget_edits(window: MainWindow) -> None:
    """Closing after the test must not ask about unsaved edits."""
    window.bridge.session._snapshot = None


@pytest.fixture
def window(qtbot: QtBot, bridge: Bridge, settings: Settings) -> MainWindow:
    made = MainWindow(bridge, settings)
    qtbot.addWidget(made, before_close_func=forget_edits)
    with qtbot.waitExposed(made):
        made.show()
    return made


@pytest.fixture
def shown(qtbot: QtBot, window: MainWindow) -> MainWindow:
    """A window that shows the demo scene with 4 environments."""
    with qtbot.waitSignal(window.bridge.session.snapshot_published):
        window.new_demo(4)
    qtbot.waitUntil(lambda: window.workspace.is_settled)
    return window
