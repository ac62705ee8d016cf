"""Start Scene Inspector: ``python -m inspector``, ``main.py`` and the console script."""

from __future__ import annotations

import sys


def start() -> int:
    """Run the program; Ctrl+C ends it quietly even while its modules are imported.

    Returns:
        The exit code.
    """
    try:
        from inspector.cli import main

        return main()
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(start())
