"""A run below Xvfb ends with whoever started it, and its display with it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from threading import Event
from time import monotonic

import pytest

STARTER = """
from inspector.cli import off_screen

off_screen._PROGRAM = ({python!r}, "-c", {program!r})
off_screen.run_off_screen([])
"""
WORKER = """
import time
from inspector.cli import off_screen

off_screen._GRACE = {grace}
off_screen.end_with_starter()
open({ready!r}, "w").close()
try:
    {work}
except KeyboardInterrupt:
    open({cleaned!r}, "w").close()
"""


def descendants(root: int) -> list[int]:
    """Return the processes below one, each with a name that Linux tells."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            stat = status(int(entry.name))
            if stat is not None:
                parents[int(entry.name)] = int(stat[1])
    found = [root]
    for pid in found:
        found += [child for child, parent in parents.items() if parent == pid]
    return found[1:]


def status(pid: int) -> tuple[str, str] | None:
    """Return state and parent of a process, ``None`` when it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else (fields[0], fields[1])


def name(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""


def wait(until, seconds: float = 20.0) -> None:
    end = monotonic() + seconds
    while not until():
        assert monotonic() < end, "it took too long"
        Event().wait(0.05)


@pytest.fixture
def start(tmp_path: Path) -> Iterator:
    """Starts a run below Xvfb that works for a minute."""
    started: list[tuple[subprocess.Popen[bytes], list[int]]] = []

    def make(work: str, grace: float) -> tuple[subprocess.Popen[bytes], list[int]]:
        program = WORKER.format(
            grace=grace,
            work=work,
            ready=str(tmp_path / "ready"),
            cleaned=str(tmp_path / "cleaned"),
        )
        # As in the background of a shell, which is where Ctrl+C is ignored.
        program = f"import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)\n{program}"
        script = STARTER.format(python=sys.executable, program=program)
        starter = subprocess.Popen([sys.executable, "-c", script])
        wait((tmp_path / "ready").exists)
        below = descendants(starter.pid)
        started.append((starter, below))
        return starter, below

    yield make
    for starter, below in started:
        starter.kill()
        starter.wait()
        for pid in below:
            if status(pid) is not None:
                os.kill(pid, signal.SIGKILL)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_when_the_starter_alone_is_killed_nothing_is_left(start, tmp_path: Path, how) -> None:
    starter, below = start("time.sleep(60)", 5.0)
    assert "Xvfb" in map(name, below)
    starter.send_signal(how)
    starter.wait()
    wait(lambda: all(status(pid) is None for pid in below))
    assert (tmp_path / "cleaned").exists()  # as with Ctrl+C: nothing is left half-written


def test_what_does_not_let_itself_be_interrupted_ends_too(start) -> None:
    starter, below = start(
        "import signal; signal.signal(signal.SIGUSR1, signal.SIG_IGN); time.sleep(60)", 0.3
    )
    starter.kill()
    starter.wait()
    wait(lambda: all(status(pid) is None for pid in below))


def test_with_the_shell_gone_too_the_display_is_taken_down(start) -> None:
    starter, below = start("time.sleep(60)", 0.3)
    shell = next(pid for pid in below if name(pid) in {"xvfb-run", "sh"})
    os.kill(shell, signal.SIGKILL)
    starter.kill()
    starter.wait()
    wait(lambda: all(status(pid) is None for pid in below))


RECORDER = """
import sys
import time
import types
from inspector import cli

def record(arguments):
    open({ready!r}, "w").close()
    time.sleep(60)

sys.modules["inspector.cli.record"] = types.SimpleNamespace(main=record)
sys.exit(cli.main(["record"]))
"""
TERMINAL = """
import signal
import sys
from inspector import cli
from inspector.cli import off_screen

signal.signal(signal.SIGINT, signal.default_int_handler)
off_screen._PROGRAM = ({python!r}, "-c", {program!r})
off_screen._PATIENCE = 0.5
sys.exit(cli.main(["record", "-o", "never.mp4"]))
"""


@pytest.mark.parametrize("to_all", [True, False], ids=["in a terminal", "the starter alone"])
def test_an_interrupted_recording_says_so_once(tmp_path: Path, to_all: bool) -> None:
    ready = tmp_path / "ready"
    program = RECORDER.format(ready=str(ready))
    script = TERMINAL.format(python=sys.executable, program=program)
    free = {key: value for key, value in os.environ.items() if "DISPLAY" not in key}
    free.pop("QT_QPA_PLATFORM", None)
    starter = subprocess.Popen(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env={**free, "PYTHONPATH": os.pathsep.join(sys.path)},
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    wait(ready.exists)
    below = descendants(starter.pid)
    (os.killpg if to_all else os.kill)(starter.pid, signal.SIGINT)
    _, said = starter.communicate(timeout=20)
    assert said.decode() == "Interrupted; nothing was written.\n"
    assert starter.returncode == 130
    wait(lambda: all(status(pid) is None for pid in below))
