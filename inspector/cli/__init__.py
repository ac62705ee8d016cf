"""The command line: without a subcommand it opens the window.

Exit codes: 0 = good, 1 = a check failed, 2 = wrong input, or an answer that could not be written, with
one sentence on stderr, 130 = interrupted, 141 = nobody reads the answer any more; with ``--json`` a
failure is an object on stdout as well. Each subcommand is a module of this package with one function
``main(arguments)``; heavy packages are imported after the arguments were checked, so that a typo answers at once.
"""

from __future__ import annotations

import errno
import io
import os
import sys
from collections.abc import Sequence
from importlib import import_module

from inspector.cli.off_screen import INTERRUPTED, end_with_starter
from inspector.cli.parser import UsageError, failure_json, wants_json
from inspector.errors import CancelledError, InspectorError

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF}
"""Why a stream takes nothing any more."""
_UNREAD = 128 + 13
"""What a shell says of a program that SIGPIPE ended."""

SUBCOMMANDS = {
    "bench": "measure, and compare with budgets",
    "check": "play some steps and fail when poses are stale",
    "lint": "look for mistakes in the clones of a file",
    "record": "write a video of a scene",
    "run": "play some steps and report",
    "screenshot": "write a picture of a scene",
}
"""What follows ``scene-inspector``, and what it does; each is a module of this package."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program.

    Args:
        argv: Arguments without the program name; ``None`` takes those of the process.

    Returns:
        The exit code.

    Raises:
        OSError: What is not about writing the answer.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    name = arguments[0] if arguments and arguments[0] in SUBCOMMANDS else "window"
    rest = arguments if name == "window" else arguments[1:]
    is_below_another = end_with_starter()
    _can_write_anything()
    try:
        code = _answer(name, rest, is_below_another=is_below_another)
        sys.stdout.flush()
    except BrokenPipeError:
        _leave_unwritten()
        return _UNREAD
    except OSError as error:
        if error.filename is not None or error.errno not in _FULL:
            raise
        _leave_unwritten()
        sys.stderr.write(f"The answer cannot be written: {error.strerror}.\n")
        return 2
    return code


def _answer(name: str, arguments: Sequence[str], *, is_below_another: bool) -> int:
    """Run a subcommand and say what went wrong: a sentence on stderr, with --json an object, too.

    Raises:
        UsageError: The arguments cannot be read; that was said.
    """
    as_json = name != "window" and wants_json(arguments)
    try:
        return import_module(f"inspector.cli.{name}").main(arguments)
    except UsageError as error:
        if as_json:
            sys.stdout.write(failure_json(InspectorError(error.sentence), 2))
            sys.stdout.flush()
        raise
    except (KeyboardInterrupt, CancelledError):
        if is_below_another:  # which says it
            return INTERRUPTED
        failure, code = InspectorError("Interrupted; nothing was written."), INTERRUPTED
    except InspectorError as error:
        failure, code = error, 2
    sys.stderr.write(f"{failure}\n")
    if as_json:
        sys.stdout.write(failure_json(failure, code))
    return code


def _can_write_anything() -> None:
    """Paths hold every letter and shells close streams; neither may cost the answer."""
    sys.stdout = sys.stdout or io.StringIO()
    sys.stderr = sys.stderr or io.StringIO()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and stream.errors == "strict":
            stream.reconfigure(errors="backslashreplace")


def _leave_unwritten() -> None:
    """Python flushes its streams at exit, which would fail again, and say so."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, ValueError):
        return
