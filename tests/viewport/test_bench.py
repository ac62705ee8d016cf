"""The viewport benchmark on a scene that is small enough for every machine."""

from __future__ import annotations

import math

import pytest
from PySide6.QtGui import QGuiApplication

from inspector.bench import viewport as bench
from inspector.bench.report import Report
from inspector.gui.viewport.offscreen import OffscreenRenderer

pytestmark = [pytest.mark.viewport]


def test_the_parts_that_do_not_depend_on_the_machine_are_in_budget(qapp, monkeypatch):
    if QGuiApplication.platformName() == "offscreen":
        pytest.skip("no display: OpenGL needs one")
    monkeypatch.setattr(bench, "SIZE", (160, 90))
    report = Report("small")
    with OffscreenRenderer() as offscreen, offscreen.opened() as (renderer, target):
        made = bench._build(report, renderer, target, 64)
        bench._work(report, made)
        bench._switches(report, made)
        bench._frames(report, made)
        assert renderer.scene.drawn_triangles[0] == 64 * 25
    rows = {row.name: row for row in report.rows}
    assert rows["instances"].value == 1600
    assert rows["unique meshes"].good
    for name, row in rows.items():
        assert math.isfinite(row.value)
        if name.endswith("uploaded"):
            assert row.good, name
    assert rows["colour mode, uploaded"].value > 0
    assert rows["select all, uploaded"].value > 0
    assert rows["spacing, uploaded"].value <= 1600 * 4 / 1e3
