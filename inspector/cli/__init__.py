"""The command line: without a subcommand it opens the window.

Exit codes: 0 = good, 1 = a check failed, 2 = wrong input with one sentence on stderr, 130 =
interrupted. Each subcommand is a module of this package with one function ``main(arguments)``;
heavy packages are imported after the arguments were checked, so that a typo answers at once.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module

from inspector.cli.off_screen import INTERRUPTED, end_with_starter
from inspector.errors import CancelledError, InspectorError

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
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    name = arguments[0] if arguments and arguments[0] in SUBCOMMANDS else "window"
    rest = arguments if name == "window" else arguments[1:]
    is_below_another = end_with_starter()
    try:
        return import_module(f"inspector.cli.{name}").main(rest)
    except (KeyboardInterrupt, CancelledError):
        if not is_below_another:
            sys.stderr.write("Interrupted; nothing was written.\n")
        return INTERRUPTED
    except InspectorError as error:
        sys.stderr.write(f"{error}\n")
        return 2
