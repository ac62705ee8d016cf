"""Windows on machines without a display: the same command again below Xvfb.

That command ends when whoever started it is gone, however that was: it reads the end of a pipe that
the starter holds open. ``xvfb-run`` then takes the display down.
"""

from __future__ import annotations

import atexit
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from threading import Event, Thread
from types import FrameType
from typing import IO

from inspector.errors import InspectorError

_XVFB = ("xvfb-run", "-a", "-s", "-screen 0 1600x1000x24 +extension GLX")
_PROGRAM = (sys.executable, "-m", "inspector")
_LIFELINE = "INSPECTOR_LIFELINE"
_STARTER_GONE = getattr(signal, "SIGUSR1", signal.SIGINT)  # there is no Xvfb where it is missing
_GRACE = 5.0
"""Time to clean up before the process ends as it is [s]."""
_PATIENCE = 5.0
"""After Ctrl+C: time in which the program ends that a terminal has interrupted, too [s]."""

INTERRUPTED = 130
"""Exit code of a program that was interrupted."""


def has_display() -> bool:
    """Whether a window can be opened here."""
    if sys.platform != "linux" or os.environ.get("QT_QPA_PLATFORM"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def run_off_screen(arguments: Sequence[str]) -> int:
    """Run the program again on a display that nobody sees.

    Args:
        arguments: Arguments of the program, subcommand included.

    Returns:
        Its exit code.

    Raises:
        InspectorError: Xvfb is not installed.
        KeyboardInterrupt: It was interrupted; it has ended.
    """
    if shutil.which("xvfb-run") is None:
        raise InspectorError(
            "There is no display, and Xvfb is not installed.",
            todo="Install xvfb and xauth, or run 'make run', which does.",
        )
    with ExitStack() as stack:
        lifeline, end = os.pipe()
        stack.callback(os.close, lifeline)
        held = stack.enter_context(os.fdopen(end, "wb"))
        program = subprocess.Popen(
            [*_XVFB, *_PROGRAM, *arguments],
            pass_fds=[lifeline],
            env={**os.environ, _LIFELINE: str(lifeline)},
        )
        try:
            code = program.wait()
        except KeyboardInterrupt:
            _wait_for_end(program, held)
            raise
    if code == INTERRUPTED:
        raise KeyboardInterrupt
    return code


def _wait_for_end(program: subprocess.Popen[bytes], held: IO[bytes]) -> None:
    """Let a program clean up that Ctrl+C in a terminal has interrupted as well, or is told now."""
    try:
        program.wait(_PATIENCE)
    except subprocess.TimeoutExpired:
        held.close()
        program.wait()


def end_with_starter() -> bool:
    """End this process when the one that ran it off-screen is gone.

    Returns:
        Whether there is such a process. It says so when this one is interrupted.
    """
    lifeline = os.environ.pop(_LIFELINE, "")
    if not lifeline.isdecimal():
        return False
    shell = os.getppid()
    # Not Ctrl+C's own signal: what a shell starts in the background ignores that.
    signal.signal(_STARTER_GONE, _interrupt)
    atexit.register(_end_display, shell)
    Thread(target=_watch, args=(int(lifeline), shell), daemon=True, name="lifeline").start()
    return True


def _watch(lifeline: int, shell: int) -> None:
    with suppress(OSError):
        while os.read(lifeline, 1):
            pass
    # A real signal, because nothing less wakes what waits in the system.
    os.kill(os.getpid(), _STARTER_GONE)
    Event().wait(_GRACE)
    _end_display(shell)
    os._exit(128 + signal.SIGTERM)


def _interrupt(number: int, frame: FrameType | None) -> None:
    """Do what Ctrl+C does, or would do.

    Raises:
        KeyboardInterrupt: Nobody handles Ctrl+C.
    """
    del number
    handler = signal.getsignal(signal.SIGINT)
    if not callable(handler):
        raise KeyboardInterrupt
    handler(signal.SIGINT, frame)


def _end_display(shell: int) -> None:
    """Take the display down if ``xvfb-run`` is gone, too, which does it otherwise."""
    if os.getppid() == shell:
        return
    number = os.environ.get("DISPLAY", "").partition(":")[2].partition(".")[0]
    with suppress(OSError, ValueError):
        lock = Path(f"/tmp/.X{int(number)}-lock")
        os.kill(int(lock.read_text(encoding="ascii")), signal.SIGTERM)
