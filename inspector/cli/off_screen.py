"""Windows on machines without a display: the same command again below Xvfb."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence

from inspector.errors import InspectorError

_XVFB = ["xvfb-run", "-a", "-s", "-screen 0 1600x1000x24 +extension GLX"]


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
    """
    if shutil.which("xvfb-run") is None:
        raise InspectorError(
            "There is no display, and Xvfb is not installed.",
            todo="Install xvfb and xauth, or run 'make run', which does.",
        )
    command = [*_XVFB, sys.executable, "-m", "inspector.cli", *arguments]
    return subprocess.run(command, check=False).returncode
