"""The USD · Fabric table: selection both ways, filter, tolerance, repair, copy."""

from __future__ import annotations

import json
from dataclasses import replace
from time import perf_counter

import numpy as np
import pytest
from PySide6.QtCore import QItemSelectionModel, Qt
from PySide6.QtGui import QColor, QGuiApplication
from pytestqt.qtbot import QtBot

from inspector.gui.bridge.bridge import Bridge
from inspector.gui.models.transform_columns import COLUMNS, Kind
from inspector.gui.panels.transforms_panel import TransformsPanel
from inspector.session.edits import SyncEdit
from inspector.session.snapshot import PlayState, StaleReason, Tolerance
from tests.helpers.snapshots import empty_snapshot, make_snapshot, with_markers

OBJECT = "/World/envs/env_{}/Object"
ERROR = next(at for at, column in enumerate(COLUMNS) if column.kind is Kind.ERROR_POSITION)


@pytest.fixture
def panel(qtbot: QtBot, bridge: Bridge) -> TransformsPanel:
    made = TransformsPanel(bridge)
    qtbot.addWidget(made)
    made.resize(1100, 300)
    with qtbot.waitExposed(made):
        made.show()
    made.show_snapshot(make_snapshot(16, state=PlayState.PLAYING))
    return made


@pytest.fixture
def pushed(bridge: Bridge, monkeypatch: pytest.MonkeyPatch) -> list[SyncEdit]:
    edits: list[SyncEdit] = []
    monkeypatch.setattr(bridge.undo, "push_edit", edits.append)
    return edits


def click(qtbot: QtBot, panel: TransformsPanel, path: str, modifier=None) -> None:
    index = panel.model.index(panel.model.place_of_path(path), 2)
    panel.table.scrollTo(index)
    place = panel.table.visualRect(index).center()
    keys = modifier or Qt.KeyboardModifier.NoModifier
    qtbot.mouseClick(panel.table.viewport(), Qt.MouseButton.LeftButton, keys, place)


def selected_paths(panel: TransformsPanel) -> tuple[str, ...]:
    return panel.model.paths(panel.table.selected_places())


def test_a_click_selects_the_prim_everywhere(
    qtbot: QtBot, bridge: Bridge, panel: TransformsPanel
) -> None:
    click(qtbot, panel, OBJECT.format(2))
    assert bridge.view.selection == (OBJECT.format(2),)
    click(qtbot, panel, OBJECT.format(1), Qt.KeyboardModifier.ControlModifier)
    assert bridge.view.current_path == OBJECT.format(1)
    assert set(bridge.view.selection) == {OBJECT.format(1), OBJECT.format(2)}


def test_the_table_follows_the_selection_and_shows_it(
    bridge: Bridge, panel: TransformsPanel
) -> None:
    bridge.view.select(OBJECT.format(15))
    assert selected_paths(panel) == (OBJECT.format(15),)
    first, last = panel.table.visible_places()
    assert first <= panel.model.place_of_path(OBJECT.format(15)) <= last
    bridge.view.select("/World/envs")
    assert selected_paths(panel) == (), "a prim without a pose is no row"


def test_rows_that_come_at_every_step_leave_the_table_where_it_was_scrolled_to(
    bridge: Bridge, panel: TransformsPanel
) -> None:
    bridge.view.select(OBJECT.format(1))
    playing = panel.model.snapshot
    panel.table.verticalScrollBar().setValue(60)
    for count in range(1, 4):
        panel.show_snapshot(with_markers(playing, count))
    assert panel.model.place_of_path("/World/marker_2") >= 0
    assert panel.table.verticalScrollBar().value() == 60
    assert selected_paths(panel) == (OBJECT.format(1),)


def test_repair_means_all_that_is_selected_and_not_what_is_marked(
    bridge: Bridge, panel: TransformsPanel, pushed: list[SyncEdit]
) -> None:
    panel.show_snapshot(make_snapshot(400, state=PlayState.PLAYING, generation=2))
    every = tuple(OBJECT.format(env) for env in range(400))
    bridge.view.select_all(every)
    assert 0 < len(selected_paths(panel)) < 400
    assert panel.repair_label.text() == "Repair 400 selected rows"
    panel.repair("fabric_to_usd")
    assert sorted(pushed[0].paths) == sorted(every)
    bridge.view.select(every[3])
    panel.repair("fabric_to_usd")
    assert pushed[1].paths == (every[3],)


def test_selection_survives_sorting_filtering_and_new_snapshots(
    qtbot: QtBot, bridge: Bridge, panel: TransformsPanel
) -> None:
    click(qtbot, panel, OBJECT.format(2))
    panel.table.sortByColumn(ERROR, Qt.SortOrder.DescendingOrder)
    assert selected_paths(panel) == (OBJECT.format(2),)
    panel.scope_box.setCurrentText("Stale only")
    assert selected_paths(panel) == (OBJECT.format(2),)
    panel.show_snapshot(make_snapshot(16, state=PlayState.PLAYING, step=61, generation=2))
    assert selected_paths(panel) == (OBJECT.format(2),)
    assert bridge.view.selection == (OBJECT.format(2),)
    assert panel.table.horizontalHeader().sortIndicatorSection() == ERROR


def test_scopes_follow_the_shared_view(
    qtbot: QtBot, bridge: Bridge, panel: TransformsPanel
) -> None:
    panel.scope_box.setCurrentText("Focused environment")
    assert panel.model.rowCount() == 0
    bridge.view.focus_env(3)
    every = panel.model.paths(range(panel.model.rowCount()))
    assert every
    assert all(path.startswith("/World/envs/env_3") for path in every)
    panel.scope_box.setCurrentText("Selection with descendants")
    bridge.view.select("/World/envs/env_5/Robot")
    assert panel.model.rowCount() == 4
    click(qtbot, panel, "/World/envs/env_5/Robot/cart")
    assert panel.model.rowCount() == 4, "a click in the table must not narrow it"


def test_typing_filters(qtbot: QtBot, panel: TransformsPanel) -> None:
    panel.text_edit.setText("env_12/Rob")
    qtbot.waitUntil(lambda: panel.model.rowCount() == 4)


def test_tolerance_is_shown_and_sent(
    qtbot: QtBot, bridge: Bridge, panel: TransformsPanel, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[Tolerance] = []
    monkeypatch.setattr(bridge.session, "set_tolerance", sent.append)
    assert panel.position_box.text() == "0.1000 mm"
    assert panel.rotation_box.text() == "0.1000 mrad"
    panel.position_box.setValue(2.5)
    assert sent == [Tolerance(0.0025, 0.0001)]
    panel.show_snapshot(replace(make_snapshot(2), tolerance=Tolerance(0.5, 0.25)))
    assert (panel.position_box.value(), panel.rotation_box.value()) == (500.0, 250.0)
    assert len(sent) == 1, "showing is not setting"


def test_the_summary_counts_and_measures(panel: TransformsPanel) -> None:
    table = panel.model.snapshot.transforms
    stale, worst = np.count_nonzero(table.reason), table.error_position.max()
    assert panel.summary.text() == f"{stale} of {len(table)} rows stale · worst {worst:.3f} m"


@pytest.mark.parametrize(
    ("button", "action"), [(0, "fabric_to_usd"), (1, "usd_to_fabric"), (2, "hierarchy")]
)
def test_repairs_touch_the_selection_or_everything_stale(
    qtbot: QtBot, panel: TransformsPanel, pushed: list[SyncEdit], button: int, action: str
) -> None:
    table = panel.model.snapshot.transforms
    stale = np.flatnonzero(table.reason != StaleReason.FRESH)
    assert panel.repair_label.text() == f"Repair all {len(stale)} stale rows"
    panel.repair_buttons[button].click()
    assert pushed == [SyncEdit(action, panel.model.row_paths(stale))]
    click(qtbot, panel, OBJECT.format(2))
    assert panel.repair_label.text() == "Repair 1 selected row"
    panel.repair_buttons[button].click()
    assert pushed[1:] == [SyncEdit(action, (OBJECT.format(2),))]


def test_nothing_stale_is_nothing_to_repair(panel: TransformsPanel) -> None:
    panel.show_snapshot(make_snapshot(4))
    assert panel.repair_label.text() == "Nothing to repair"
    assert not any(button.isEnabled() for button in panel.repair_buttons)


def test_rows_are_copied_as_tsv_and_json(qtbot: QtBot, panel: TransformsPanel) -> None:
    click(qtbot, panel, OBJECT.format(2))
    qtbot.keyClick(panel.table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    header, row = QGuiApplication.clipboard().text().split("\n")
    assert header.startswith("Path\tIn\tStale\tError [m]")
    assert row.startswith(f"{OBJECT.format(2)}\tUFP\t▲ USD behind\t")
    menu = panel.make_menu()
    next(action for action in menu.actions() if "JSON" in action.text()).trigger()
    (record,) = json.loads(QGuiApplication.clipboard().text())
    assert (record["path"], record["reason"]) == (OBJECT.format(2), "USD behind")
    menu.deleteLater()


def test_the_reason_is_drawn_in_its_colour(bridge: Bridge, panel: TransformsPanel) -> None:
    place = panel.model.place_of_path(OBJECT.format(0))
    panel.table.scrollTo(panel.model.index(place, 0))
    panel.table.setCurrentIndex(panel.model.index(0, 0))
    panel.table.selectionModel().clearSelection()
    box = panel.table.visualRect(panel.model.index(place, 2))
    picture = panel.table.viewport().grab(box).toImage()
    wanted = QColor(bridge.view.tokens.usd)
    pixels = (
        picture.pixelColor(x, y) for x in range(picture.width()) for y in range(picture.height())
    )
    assert any(abs(c.hue() - wanted.hue()) < 6 and c.saturation() > 150 for c in pixels)


def test_select_all_of_many_rows_does_not_come_back_as_few(
    qtbot: QtBot, bridge: Bridge, panel: TransformsPanel
) -> None:
    panel.show_snapshot(make_snapshot(512))
    qtbot.keyClick(panel.table, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    assert panel.table.selected_count() == panel.model.rowCount()
    assert 0 < len(bridge.view.selection) <= 1000


def test_no_transforms_teaches(panel: TransformsPanel) -> None:
    panel.show_snapshot(empty_snapshot())
    panel.table.grab()
    assert panel.summary.text() == ""


def test_a_hundred_thousand_rows_scroll_and_sort(qtbot: QtBot, panel: TransformsPanel) -> None:
    snapshot = make_snapshot(12_800, state=PlayState.PLAYING)
    assert len(snapshot.transforms) > 100_000
    panel.show_snapshot(snapshot)
    begin = perf_counter()
    panel.table.sortByColumn(ERROR, Qt.SortOrder.DescendingOrder)
    panel.table.verticalScrollBar().setValue(panel.table.verticalScrollBar().maximum() // 2)
    panel.table.grab()
    assert perf_counter() - begin < 2, "a sort and a screenful, on the slowest machine"
    index = panel.model.index(50, 0)
    panel.table.selectionModel().select(
        index, QItemSelectionModel.SelectionFlag.Select | QItemSelectionModel.SelectionFlag.Rows
    )
    assert panel.table.selected_places() == [50]
