"""All environments as one image: colours, legend, click."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QImage
from pytestqt.qtbot import QtBot

from inspector.gui.bridge.bridge import Bridge
from inspector.gui.panels.environments_panel import EnvironmentsPanel
from inspector.session.snapshot import PlayState, SceneSnapshot, StaleReason
from tests.helpers.snapshots import empty_snapshot, make_snapshot


@pytest.fixture
def panel(qtbot: QtBot, bridge: Bridge) -> EnvironmentsPanel:
    made = EnvironmentsPanel(bridge)
    qtbot.addWidget(made)
    made.resize(330, 360)
    with qtbot.waitExposed(made):
        made.show()
    return made


def with_errors(count: int, errors: dict[int, float]) -> SceneSnapshot:
    snapshot = make_snapshot(count)
    error, reason = np.zeros(len(snapshot.transforms)), snapshot.transforms.reason.copy()
    for env, value in errors.items():
        row = int(np.flatnonzero(snapshot.transforms.env_id == env)[1])
        error[row] = value
        reason[row] = StaleReason.USD_BEHIND if np.isfinite(value) else StaleReason.NOT_FINITE
    transforms = replace(snapshot.transforms, error_position=error, reason=reason)
    return replace(snapshot, transforms=transforms)


def color_of(panel: EnvironmentsPanel, picture: QImage, env_id: int) -> QColor:
    return picture.pixelColor(panel.grid.rect_of(env_id).center().toPoint())


def test_the_worst_environment_is_the_brightest_and_what_is_not_finite_is_marked(
    bridge: Bridge, panel: EnvironmentsPanel
) -> None:
    panel.show_snapshot(with_errors(20, {3: 0.5, 7: 0.1, 11: np.nan}))
    picture = panel.grid.grab().toImage()
    light = {env: color_of(panel, picture, env).lightnessF() for env in (0, 3, 7)}
    assert light[0] < light[7] < light[3]
    assert color_of(panel, picture, 11) == QColor(bridge.view.tokens.not_finite)
    assert panel.summary.text() == "✖ 1 not finite"
    assert panel.grid.text_of(11) == "env 11 · max error not finite"
    assert panel.grid.text_of(3) == "env 3 · max error 0.5 m"
    assert panel.grid.limits() == (0.0, 0.5)


def test_the_summary_names_the_odd_one(panel: EnvironmentsPanel) -> None:
    panel.show_snapshot(with_errors(20, {13: 0.25}))
    assert panel.summary.text() == "worst env 13: 0.25 m"


def test_what_is_within_the_tolerance_does_not_stand_out(panel: EnvironmentsPanel) -> None:
    panel.show_snapshot(with_errors(20, dict.fromkeys(range(20), 8.9e-16)))
    picture = panel.grid.grab().toImage()
    assert color_of(panel, picture, 3).lightnessF() < 0.25
    assert panel.grid.limits() == (0.0, 1e-4)
    assert panel.summary.text() == "all within 0.1 mm"


@pytest.mark.parametrize("count", [1, 5, 64, 4096])
def test_a_click_focuses_and_selects_the_environment_below_the_pointer(
    qtbot: QtBot, bridge: Bridge, panel: EnvironmentsPanel, count: int
) -> None:
    panel.show_snapshot(make_snapshot(count))
    env = count - 1
    place = panel.grid.rect_of(env).center().toPoint()
    qtbot.mouseClick(panel.grid.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert bridge.view.env_id == env
    assert bridge.view.selection == (f"/World/envs/env_{env}",)
    qtbot.mouseClick(panel.grid.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(1, 1))
    assert bridge.view.env_id == env, "beside the grid is no environment"


def test_the_focused_environment_is_outlined(bridge: Bridge, panel: EnvironmentsPanel) -> None:
    panel.show_snapshot(make_snapshot(64))
    bridge.view.focus_env(9)
    picture = panel.grid.grab().toImage()
    box = panel.grid.rect_of(9).toRect()
    edge = [picture.pixelColor(x, box.center().y()) for x in range(box.left() - 3, box.left() + 4)]
    assert QColor(bridge.view.tokens.text) in edge


def test_source_rows_have_the_colours_of_the_mask(bridge: Bridge, panel: EnvironmentsPanel) -> None:
    snapshot = make_snapshot(12)
    panel.show_snapshot(snapshot)
    panel.metric_box.setCurrentText("Source row: Object")
    picture = panel.grid.grab().toImage()
    rows = snapshot.mask.applied[:3].argmax(0)
    for env in range(12):
        wanted = QColor(bridge.view.tokens.series[rows[env]])
        assert color_of(panel, picture, env) == wanted
    assert panel.grid.text_of(0) == f"env 0 · {snapshot.mask.labels[rows[0]]}"


def test_the_metric_stays_when_the_simulation_goes_on(panel: EnvironmentsPanel) -> None:
    panel.show_snapshot(make_snapshot(12))
    panel.metric_box.setCurrentText("Stale rows")
    panel.show_snapshot(make_snapshot(12, state=PlayState.PLAYING))
    assert panel.metric_box.currentText() == "Stale rows"
    assert panel.grid.text_of(0) == "env 0 · stale rows 5 rows"


def test_no_environments_teaches(qtbot: QtBot, bridge: Bridge, panel: EnvironmentsPanel) -> None:
    panel.show_snapshot(empty_snapshot())
    qtbot.mouseClick(panel.grid.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(100, 100))
    assert bridge.view.env_id == -1
    picture = panel.grid.grab().toImage()
    colors = {picture.pixel(x, y) for x in range(0, 330, 2) for y in range(100, 220)}
    assert len(colors) > 1, "something is written"


def test_a_new_theme_recolours(bridge: Bridge, panel: EnvironmentsPanel) -> None:
    panel.show_snapshot(with_errors(4, {2: np.nan}))
    bridge.view.set_theme("light")
    picture = panel.grid.grab().toImage()
    assert color_of(panel, picture, 2) == QColor(bridge.view.tokens.not_finite)
    assert picture.pixelColor(2, 2) == QColor(bridge.view.tokens.surface)
