"""Whatever happens to the dock of the viewport, its picture is there: looked at on the screen."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]

pytestmark = [pytest.mark.e2e, pytest.mark.gui, pytest.mark.viewport]


def tortured(tmp_path: Path, rounds: int, mode: str) -> dict[str, Any]:
    out = tmp_path / "seen.json"
    done = subprocess.run(
        [sys.executable, "-m", "tests.e2e.drive_docks", str(out), str(rounds), mode],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert out.exists(), done.stderr
    seen = json.loads(out.read_text())
    assert seen["finished"], (seen, done.stderr)
    assert len(seen["rounds"]) == rounds
    assert seen["instances"] > 8
    assert seen["step"] > rounds, "it played on"
    assert seen["screens"] == 2
    return seen


@pytest.mark.timeout(300)
def test_thirty_rounds_of_docking_hiding_and_screens_never_blank_it(tmp_path: Path):
    seen = tortured(tmp_path, 30, "shared")
    assert seen["contexts"] == 0, "contexts share: none was lost"


@pytest.mark.timeout(300)
def test_a_context_that_goes_with_all_it_held_is_made_again(tmp_path: Path):
    seen = tortured(tmp_path, 14, "alone")
    assert seen["contexts"] >= 3, "Qt destroyed the context and made another"
