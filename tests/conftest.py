"""What holds for every test: no unannounced warnings, nothing left running, honest skips."""

from __future__ import annotations

import logging
import os
import threading
from collections import Counter
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

os.environ.setdefault("PYOPENGL_PLATFORM", "x11")
# Lists and settings of a developer's own window must neither be read nor written by a test.
os.environ["XDG_CONFIG_HOME"] = os.environ["XDG_DATA_HOME"] = os.environ["XDG_STATE_HOME"] = (
    "/nonexistent"
)

_NEWTON_ASSETS = "examples/assets"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Golden pictures are written anew on request; a person looks at them then."""
    parser.addoption(
        "--update-golden", action="store_true", help="write the golden pictures that differ anew"
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave tests that take minutes to those who ask for them."""
    if "soak" in str(config.option.markexpr):
        return
    soaks = [item for item in items if item.get_closest_marker("soak")]
    if soaks:
        config.hook.pytest_deselected(items=soaks)
        items[:] = [item for item in items if item not in soaks]


@pytest.fixture(autouse=True)
def _private_folders(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch):
    home = tmp_path_factory.mktemp("home")
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"):
        monkeypatch.setenv(name, str(home / name.lower()))


@pytest.fixture(autouse=True)
def _no_unannounced_log_records(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """A record of WARNING or worse from our loggers fails the test unless it cleared caplog."""
    with caplog.at_level(logging.WARNING, logger="inspector"):
        yield
    records = [
        record
        for when in ("setup", "call")
        for record in caplog.get_records(when)
        if record.name.startswith("inspector") and record.levelno >= logging.WARNING
    ]
    assert not records, f"Unannounced log records: {[record.getMessage() for record in records]}"


@pytest.fixture(autouse=True)
def _no_leaked_threads() -> Iterator[None]:
    """Python threads that a test started must have ended with it."""
    before = set(threading.enumerate())
    yield
    left = [
        thread
        for thread in threading.enumerate()
        if thread not in before
        and not thread.daemon
        and not isinstance(thread, threading._DummyThread)
    ]
    assert not left, f"Threads still running: {left}"


@pytest.fixture(scope="session")
def newton_assets() -> Path:
    """Folder with robot files that nobody here drew."""
    spec = find_spec("newton")
    if spec is None or spec.origin is None:
        pytest.skip("newton is not installed: no foreign robot files")
    return Path(spec.origin).parent / _NEWTON_ASSETS


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many tests were skipped for want of what."""
    reasons = Counter(
        str(report.longrepr[2]) if isinstance(report.longrepr, tuple) else str(report.longrepr)
        for report in terminalreporter.stats.get("skipped", [])
    )
    for reason, count in sorted(reasons.items()):
        terminalreporter.write_line(f"{count} skipped: {reason.removeprefix('Skipped: ')}")
