"""Clicks, drags and rubber bands land where they point on a screen with small pixels."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtGui import QGuiApplication

_CASES = "rubber or shift_drag or dragged_arm or spring or pulled or solo or click_selects"
_EVENTS = ("test_interaction.py", "test_panel.py", "-k", _CASES)
_PIXELS = ("test_picking_pixels.py",)


@pytest.mark.parametrize("wanted", [_EVENTS, _PIXELS], ids=["events", "pixels"])
def test_pointing_means_the_same_at_twice_the_pixels(qapp, wanted, tmp_path):
    if QGuiApplication.platformName() == "offscreen":
        pytest.skip("no display: OpenGL needs one")
    here = Path(__file__).parent
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider",
         *(str(here / word) if word.endswith(".py") else word for word in wanted)],
        env={**os.environ, "QT_SCALE_FACTOR": "2", "XDG_STATE_HOME": str(tmp_path)},
        cwd=here.parents[1], capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
    assert "passed" in done.stdout
