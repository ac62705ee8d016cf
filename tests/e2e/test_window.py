"""End to end: the real program in a process of its own, under Xvfb."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]

pytestmark = [pytest.mark.e2e, pytest.mark.gui]


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the driver saw while it painted, played and stopped."""
    folder = tmp_path_factory.mktemp("drive")
    out = folder / "seen.json"
    done = subprocess.run(
        [sys.executable, "-m", "tests.e2e.drive_window", str(out), str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert out.exists(), done.stderr
    result = json.loads(out.read_text())
    assert result["finished"], (result, done.stderr)
    return result


def test_painting_a_cell_changes_the_object_on_the_stage(seen: dict[str, Any]):
    assert seen["pending"] == 2  # one cell on, the other cell of the group off
    assert seen["type_before"] != seen["type_after"]
    assert {seen["type_before"], seen["type_after"]} <= {"Cone", "Cube", "Sphere"}


def test_the_window_itself_is_not_multisampled(seen: dict[str, Any]):
    # The viewport smooths edges in a target of its own; here it only makes every paint dearer.
    assert seen["samples"] <= 0


def test_the_collector_stops_nobody_while_the_engine_is_imported(seen: dict[str, Any]):
    assert seen["collections"] == 0
    assert seen["collects"], "what comes later is collected"
    assert seen["frozen"] > 100_000, "and what was imported is not looked at again"


def test_painting_a_cell_changes_the_viewport(seen: dict[str, Any]):
    assert seen["picture_changed"] > 50


def test_playing_makes_usd_fall_behind(seen: dict[str, Any]):
    assert seen["step"] >= 60
    assert seen["body_reason"] == "USD_BEHIND"
    assert seen["body_error"] > 0.01
    assert seen["body_error"] == pytest.approx(seen["body_distance"], abs=1e-9)
    assert seen["reasons"]["USD_BEHIND"] >= 8
    assert "NOT_FINITE" not in seen["reasons"]


def test_stop_restores_usd_and_fabric_bit_for_bit(seen: dict[str, Any]):
    assert seen["stale_after_stop"] == 0
    assert seen["tables_restored"]
    assert seen["file_restored"]


def test_undo_brings_the_object_back(seen: dict[str, Any]):
    assert seen["type_undone"] == seen["type_before"]
