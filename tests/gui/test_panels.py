"""Stage, Properties, Timeline and Messages, each on its own."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetrics
from pytestqt.qtbot import QtBot

from inspector.errors import EditRefusedError, StageError
from inspector.gui.bridge.bridge import Bridge
from inspector.gui.bridge.view_state import MOST_MARKED
from inspector.gui.models.prim_tree_model import Column, PrimTreeModel
from inspector.gui.panels.messages_panel import MessagesPanel
from inspector.gui.panels.properties_panel import PropertiesPanel
from inspector.gui.panels.stage_panel import StagePanel
from inspector.gui.panels.timeline_panel import TimelinePanel
from inspector.session.edits import PrimEdit, SyncEdit
from inspector.session.snapshot import Message, PlayState, PrimFlag, Severity, StaleReason
from tests.helpers.snapshots import default_mask, empty_snapshot, make_snapshot, with_markers

pytestmark = pytest.mark.gui

OBJECT = "/World/envs/env_1/Object"


def show(qtbot: QtBot, panel, snapshot) -> None:
    qtbot.addWidget(panel)
    panel.resize(400, 600)
    with qtbot.waitExposed(panel):
        panel.show()
    panel.show_snapshot(snapshot)


@pytest.mark.parametrize("kind", [StagePanel, PropertiesPanel, TimelinePanel, MessagesPanel])
@pytest.mark.parametrize("num_envs", [None, 0, 1, 4096])
def test_every_panel_shows_any_size(qtbot: QtBot, bridge: Bridge, kind, num_envs) -> None:
    snapshot = empty_snapshot() if num_envs is None else make_snapshot(num_envs, mixed=True)
    panel = kind(bridge)
    show(qtbot, panel, snapshot)
    panel.show_snapshot(make_snapshot(num_envs or 0, state=PlayState.PLAYING))
    bridge.view.set_theme("light")
    assert not panel.grab().isNull()


# -- stage ---------------------------------------------------------------------------------------


def test_the_tree_opens_on_the_first_environment(qtbot: QtBot, bridge: Bridge) -> None:
    panel = StagePanel(bridge)
    show(qtbot, panel, make_snapshot(4))
    assert panel.tree.isExpanded(panel.model.index_of("/World/envs/env_0"))
    assert panel.summary.text() == "38 prims · 4 environments"


def test_types_are_as_wide_as_they_need_and_names_keep_room(qtbot: QtBot, bridge: Bridge) -> None:
    panel = StagePanel(bridge)
    show(qtbot, panel, make_snapshot(4))
    snapshot = make_snapshot(4)
    width = panel.tree.columnWidth(Column.TYPE)
    assert "PhysicsScene" in snapshot.prims.types
    assert width > panel.tree.fontMetrics().horizontalAdvance("PhysicsScene") + 8
    types = tuple(t[:6] for t in snapshot.prims.types)
    panel.show_snapshot(replace(snapshot, prims=replace(snapshot.prims, types=types)))
    assert panel.tree.columnWidth(Column.TYPE) < width
    types = tuple("PhysicsPrismaticJoint" * 2 if t == "Cube" else t for t in snapshot.prims.types)
    panel.show_snapshot(replace(snapshot, prims=replace(snapshot.prims, types=types)))
    assert width < panel.tree.columnWidth(Column.TYPE) < panel.tree.columnWidth(Column.PRIM) + 20
    # What does not fit is in the tip, and so are the types that one line stands for.
    tip = Qt.ItemDataRole.ToolTipRole
    cart = panel.model.index_of("/World/envs/env_0/Robot/cart").siblingAtColumn(Column.TYPE)
    assert cart.data(tip) == "PhysicsPrismaticJoint" * 2
    mesh = panel.model.index_of("/World/envs/env_0/Object/geometry/mesh")
    assert mesh.siblingAtColumn(Column.TYPE).data() == "3 types"
    assert mesh.siblingAtColumn(Column.TYPE).data(tip).count(", ") == 2
    panel.resize(340, 400)
    assert panel.tree.columnWidth(Column.TYPE) < 70


def test_what_was_open_stays_open_when_prims_come_and_go(qtbot: QtBot, bridge: Bridge) -> None:
    panel = StagePanel(bridge)
    panel.fold.setChecked(False)
    show(qtbot, panel, make_snapshot(4))
    panel.tree.expand(panel.model.index_of("/World/envs/env_2"))
    panel.tree.setCurrentIndex(panel.model.index_of("/World/envs/env_2/Robot"))
    panel.show_snapshot(make_snapshot(5))
    assert panel.tree.isExpanded(panel.model.index_of("/World/envs/env_2"))
    assert bridge.view.current_path == "/World/envs/env_2/Robot"
    assert panel.model.path(panel.tree.currentIndex()) == "/World/envs/env_2/Robot"


def test_prims_that_a_script_adds_at_every_step_leave_the_tree_where_it_is(
    qtbot: QtBot, bridge: Bridge
) -> None:
    panel = StagePanel(bridge)
    panel.fold.setChecked(False)
    playing = make_snapshot(40, state=PlayState.PLAYING)
    show(qtbot, panel, playing)
    tree, model = panel.tree, panel.model
    for path in ("/World/envs/env_7", "/World/envs/env_7/Robot"):
        tree.expand(model.index_of(path))
    tree.collapse(model.index_of("/World/envs/env_0"))
    bridge.view.select("/World/envs/env_0")
    tree.scrollTo(model.index_of("/physicsScene"))
    top = model.path(tree.indexAt(tree.viewport().rect().topLeft()))
    assert tree.verticalScrollBar().value() > 0
    for count in range(1, 30):
        panel.show_snapshot(with_markers(playing, count))
    last = "/World/marker_28"
    qtbot.waitUntil(lambda: model.index_of(last).isValid())
    assert model.path(tree.indexAt(tree.viewport().rect().topLeft())) == top
    assert tree.isExpanded(model.index_of("/World/envs/env_7/Robot"))
    assert not tree.isExpanded(model.index_of("/World/envs/env_0"))
    assert model.path(tree.currentIndex()) == "/World/envs/env_0"
    assert len(tree.selectionModel().selectedRows()) == 1
    # What is selected only now is gone to, also when it comes together with the prim.
    bridge.view.select("/World/marker_29")
    panel.show_snapshot(with_markers(playing, 30))
    qtbot.waitUntil(lambda: model.path(tree.currentIndex()) == "/World/marker_29")
    assert tree.visualRect(tree.currentIndex()).height() > 0


def test_prims_that_come_at_every_step_cost_the_tree_a_part_of_the_time(
    qtbot: QtBot, bridge: Bridge
) -> None:
    panel = StagePanel(bridge)
    playing = make_snapshot(4, state=PlayState.PLAYING)
    show(qtbot, panel, playing)
    shown: list[None] = []
    panel.model.layoutChanged.connect(lambda: shown.append(None))
    for count in range(1, 60):
        panel.show_snapshot(with_markers(playing, count))
    assert len(shown) < 10
    qtbot.waitUntil(lambda: panel.model.index_of("/World/marker_58").isValid())
    panel.search.setText("marker")
    qtbot.waitUntil(lambda: panel.summary.text().startswith("59 prims match"))
    panel.show_snapshot(with_markers(playing, 60))
    qtbot.waitUntil(lambda: panel.summary.text().startswith("60 prims match"))
    # What the user does while nothing plays is shown at once.
    stopped = replace(playing, state=PlayState.STOPPED)
    panel.show_snapshot(with_markers(stopped, 2))
    panel.show_snapshot(with_markers(stopped, 3))
    assert panel.summary.text().startswith("3 prims match")


def test_selecting_a_deep_prim_elsewhere_reveals_it(qtbot: QtBot, bridge: Bridge) -> None:
    panel = StagePanel(bridge)
    panel.fold.setChecked(False)
    show(qtbot, panel, make_snapshot(64))
    bridge.view.select("/World/envs/env_63/Robot/pole")
    index = panel.tree.currentIndex()
    assert panel.model.path(index) == "/World/envs/env_63/Robot/pole"
    assert panel.tree.visualRect(index).height() > 0


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("cart", 4),
        ("type:cube", 12),
        ("type:Cube env:1-2", 6),
        ("env:2-3", 16),
        ("{ENV_REGEX_NS}/Object", 12),
        ("/World/envs/env_2/Robot", 4),
        ("stale", 20),
        ("nothing-like-it", 0),
    ],
)
def test_the_search_box_counts_what_matches(
    qtbot: QtBot, bridge: Bridge, query: str, count: int
) -> None:
    panel = StagePanel(bridge)
    # Sources are drawn by lot; only the objects that are cuboids are cubes too.
    mask = default_mask(4)
    mask[:3] = [[True], [False], [False]]
    show(qtbot, panel, make_snapshot(4, state=PlayState.PLAYING, applied=mask))
    panel.search.setText(query)
    wanted = f"{count} prim" if count else "Nothing matches"
    qtbot.waitUntil(lambda: panel.summary.text().startswith(wanted))
    assert bridge.view.query == query


@pytest.mark.parametrize("folded", [True, False])
def test_thousands_of_selected_prims_mark_a_few_lines(
    qtbot: QtBot, bridge: Bridge, monkeypatch: pytest.MonkeyPatch, folded: bool
) -> None:
    panel = StagePanel(bridge)
    panel.fold.setChecked(folded)
    show(qtbot, panel, make_snapshot(4096))
    asked = 0

    def parent(model: PrimTreeModel, child):
        nonlocal asked
        asked += 1
        return known(model, child)

    known = PrimTreeModel.parent
    monkeypatch.setattr(PrimTreeModel, "parent", parent)
    paths = tuple(f"/World/envs/env_{env}/Object" for env in range(4096))
    bridge.view.select_all(paths)
    # Each costs several microseconds, and a slot of the window may take 16 ms.
    assert asked < 1500
    marked = panel.tree.selectionModel().selectedRows()
    assert len(marked) == (1 if folded else MOST_MARKED)
    assert panel.model.path(panel.tree.currentIndex(), 4095) == paths[-1]


def test_a_word_that_is_not_understood_is_explained(qtbot: QtBot, bridge: Bridge) -> None:
    panel = StagePanel(bridge)
    show(qtbot, panel, make_snapshot(4))
    panel.search.setText("env:x")
    qtbot.waitUntil(lambda: "env:0-63" in panel.summary.text())
    assert panel.model.rowCount() == 2


def test_the_search_says_which_environment_lacks_the_prim(qtbot: QtBot, bridge: Bridge) -> None:
    panel = StagePanel(bridge)
    snapshot = make_snapshot(8)
    prims = snapshot.prims
    names = (*prims.names, "Spare")
    name_id = prims.name_id.copy()
    name_id[prims.find("/World/envs/env_3/Robot")] = names.index("Spare")
    show(qtbot, panel, replace(snapshot, prims=replace(prims, names=names, name_id=name_id)))
    panel.search.setText("robot")
    wanted = "7 prims match in 7 of 8 environments, missing env_3"
    qtbot.waitUntil(lambda: panel.summary.text() == wanted)


def test_a_click_on_a_folded_prim_selects_it_in_the_focused_environment(
    qtbot: QtBot, bridge: Bridge
) -> None:
    panel = StagePanel(bridge)
    show(qtbot, panel, make_snapshot(8))
    bridge.view.focus_env(5)
    panel.tree.setCurrentIndex(panel.model.index_of("/World/envs/env_0/Object"))
    assert bridge.view.current_path == "/World/envs/env_5/Object"
    bridge.view.select("/World/envs/env_7/Robot")
    assert panel.tree.currentIndex().data() == "Robot"
    assert bridge.view.current_path == "/World/envs/env_7/Robot"


def test_arrow_keys_move_the_shared_selection(qtbot: QtBot, bridge: Bridge) -> None:
    panel = StagePanel(bridge)
    show(qtbot, panel, make_snapshot(1))
    bridge.view.select("/World/envs/env_0/Object")
    qtbot.keyClick(panel.tree, Qt.Key.Key_Down)
    assert bridge.view.current_path == "/World/envs/env_0/Robot"


@pytest.mark.parametrize(("width", "whole"), [(390, True), (330, False)])
def test_types_and_stale_words_have_room_where_there_is_some(
    qtbot: QtBot, bridge: Bridge, width: int, whole: bool
) -> None:
    panel = StagePanel(bridge)
    show(qtbot, panel, make_snapshot(4))
    panel.resize(width, 600)
    metrics = panel.tree.fontMetrics()
    for column, text in ((Column.TYPE, "DistantLight"), (Column.STALE, "▲ 64 USD behind")):
        room = panel.tree.columnWidth(column) - 6
        assert (metrics.horizontalAdvance(text) <= room) == whole, text
    # Names keep a share of a narrow panel.
    assert panel.tree.columnWidth(Column.PRIM) >= 130


# -- properties ----------------------------------------------------------------------------------


def test_nothing_selected_says_what_to_do(qtbot: QtBot, bridge: Bridge) -> None:
    panel = PropertiesPanel(bridge)
    show(qtbot, panel, make_snapshot(1))
    assert not panel.tree.isVisible()


def test_the_narrowest_panel_shows_who_wrote_a_pose(qtbot: QtBot, demo: Bridge) -> None:
    panel = PropertiesPanel(demo)
    show(qtbot, panel, demo.session.snapshot)
    panel.resize(280, 600)
    demo.view.select(OBJECT)
    table = panel.pose_table
    words = [table.model().index(8, column).data() for column in range(2)]
    metrics = QFontMetrics(table.model().index(8, 0).data(Qt.ItemDataRole.FontRole))
    assert "populate" in words
    assert metrics.horizontalAdvance("populate") <= table.columnWidth(1) - 6
    titles = [table.model().headerData(row, Qt.Orientation.Vertical) for row in range(10)]
    widest = max(map(table.fontMetrics().horizontalAdvance, titles))
    assert widest <= table.verticalHeader().width() - 6


def test_the_card_says_why_and_repairs(qtbot: QtBot, demo: Bridge, fake) -> None:
    panel = PropertiesPanel(demo)
    demo.session.snapshot_published.connect(panel.show_snapshot)
    show(qtbot, panel, demo.session.snapshot)
    demo.view.select(OBJECT)
    assert panel.card.title.text() == "● fresh within 0.1 mm, 0.1 mrad"
    assert not panel.card.one.isVisible()
    demo.session.step(60)
    qtbot.waitUntil(lambda: "60 steps, 75 cm" in panel.card.title.text())
    qtbot.waitUntil(lambda: "written by physics" in panel.card.sentence.text())
    assert panel.card.one.text() == "Write 1 row to USD"
    qtbot.mouseClick(panel.card.one, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: demo.undo.count() == 1)
    assert demo.undo.undoText() == SyncEdit("fabric_to_usd").text


def test_inside_of_an_instance_the_card_offers_to_make_it_unique(
    qtbot: QtBot, demo: Bridge, monkeypatch
) -> None:
    edits = []
    monkeypatch.setattr(demo.undo, "push_edit", edits.append)
    snapshot = make_snapshot(2, state=PlayState.PLAYING)
    prims, table = snapshot.prims, snapshot.transforms
    owner = prims.find("/World/envs/env_0")
    inside = int(prims.children(owner)[0])
    flags = prims.flags.copy()
    flags[owner] |= PrimFlag.INSTANCE
    flags[inside] |= PrimFlag.INSTANCE_PROXY
    reason = np.zeros_like(table.reason)
    reason[table.row_of_prim(inside)] = StaleReason.USD_BEHIND
    snapshot = replace(
        snapshot,
        prims=replace(prims, flags=flags),
        transforms=replace(table, reason=reason),
    )
    panel = PropertiesPanel(demo)
    demo.view.select(prims.path(inside))
    show(qtbot, panel, snapshot)
    assert "USD cannot hold a pose inside of the instance /World/envs/env_0" in (
        panel.card.sentence.text()
    )
    assert not panel.card.one.isVisible()
    assert not panel.card.every.isVisible()
    reason[table.row_of_prim(prims.find("/World/envs/env_1/Object"))] = StaleReason.USD_BEHIND
    panel.show_snapshot(replace(snapshot, transforms=replace(table, reason=reason.copy())))
    assert panel.card.every.text() == "Write 1 other row"
    qtbot.mouseClick(panel.card.unshare, Qt.MouseButton.LeftButton)
    assert edits == [PrimEdit("/World/envs/env_0", "unshare")]


def test_the_sentence_is_as_new_as_its_heading(qtbot: QtBot, demo: Bridge) -> None:
    panel = PropertiesPanel(demo)
    show(qtbot, panel, demo.session.snapshot)
    demo.view.select(OBJECT)
    for step in (60, 61):
        demo.session.step(1 if step > 60 else 60)
        qtbot.waitUntil(lambda step=step: demo.session.snapshot.step == step)
        panel.show_snapshot(demo.session.snapshot)  # no answer of the core is waited for
        assert f"{step} steps" in panel.card.title.text()
        assert f"at step {step};" in panel.card.sentence.text()
        assert f"USD is {step} steps old" in panel.card.sentence.text()


def test_a_prim_that_vanished_leaves_the_panel_empty(qtbot: QtBot, bridge: Bridge) -> None:
    panel = PropertiesPanel(bridge)
    show(qtbot, panel, make_snapshot(2))
    bridge.view.select(OBJECT)
    assert panel.path.isVisible()
    panel.show_snapshot(make_snapshot(1))
    assert not panel.path.isVisible()


# -- timeline ------------------------------------------------------------------------------------


def test_buttons_drive_the_simulation(qtbot: QtBot, demo: Bridge) -> None:
    panel = TimelinePanel(demo)
    demo.session.snapshot_published.connect(panel.show_snapshot)
    show(qtbot, panel, demo.session.snapshot)
    assert not panel.stop.isEnabled()
    panel.count.setValue(12)
    qtbot.mouseClick(panel.step, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "step 12 " in panel.counter.text())
    assert "0.200 s" in panel.counter.text()
    qtbot.mouseClick(panel.play, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: panel.play.text() == "❚❚ Pause")
    qtbot.mouseClick(panel.stop, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: panel.play.text() == "▶ Play")
    assert len(panel.band.info) == 0


# -- messages ------------------------------------------------------------------------------------


def test_a_click_goes_to_the_environment_and_prim(qtbot: QtBot, bridge: Bridge) -> None:
    panel = MessagesPanel(bridge)
    draft = default_mask(4)
    draft[:3, 2] = False
    show(qtbot, panel, make_snapshot(4, draft=draft))
    assert panel.summary.text() == "1 error · 0 warnings · 0 other"
    panel.table.clicked.emit(panel.model.index(0, 1))
    assert bridge.view.env_id == 2
    assert bridge.view.current_path == "/World/envs/env_2"


def test_failures_are_kept_and_refusals_are_warnings(qtbot: QtBot, bridge: Bridge) -> None:
    panel = MessagesPanel(bridge)
    info = Message(Severity.INFO, "Cone has no exact collision shape.", "/World/envs/env_0/Object")
    show(qtbot, panel, make_snapshot(4, messages=(info,)))
    bridge.session.failed.emit(StageError("Cannot open.", where="x.usda"))
    bridge.session.edit_refused.emit(1, EditRefusedError("Playing."))
    assert panel.summary.text() == "1 error · 1 warning · 1 other"
    qtbot.mouseClick(panel.clear, Qt.MouseButton.LeftButton)
    assert panel.model.rowCount() == 1


def test_the_card_of_what_a_script_defined_offers_usd_and_that_of_a_clone_does_not(
    qtbot: QtBot, demo: Bridge, monkeypatch
) -> None:
    edits = []
    monkeypatch.setattr(demo.undo, "push_edit", edits.append)
    snapshot = make_snapshot(3)
    prims, table = snapshot.prims, snapshot.transforms
    marks = [prims.find(f"/World/envs/env_{env}/Object") for env in (0, 1)]
    clone = prims.find("/World/envs/env_2/Object")
    flags, reason = prims.flags.copy(), np.zeros_like(table.reason)
    flags[marks] |= np.uint16(PrimFlag.SCRIPTED)
    reason[[table.row_of_prim(prim) for prim in (*marks, clone)]] = StaleReason.FABRIC_ONLY
    snapshot = replace(
        snapshot,
        prims=replace(prims, flags=flags),
        transforms=replace(table, reason=reason),
    )
    monkeypatch.setattr(type(demo.session), "snapshot", snapshot)
    panel = PropertiesPanel(demo)
    demo.view.select(prims.path(marks[0]))
    show(qtbot, panel, snapshot)
    assert "a script defined it" in panel.card.sentence.text()
    assert (panel.card.one.text(), panel.card.every.text()) == ("Write 1 row to USD", "Write all 2")
    qtbot.mouseClick(panel.card.every, Qt.MouseButton.LeftButton)
    assert edits == [SyncEdit("fabric_to_usd", tuple(map(prims.path, marks)))], "named, not all"
    demo.view.select(prims.path(clone))
    panel.show_snapshot(snapshot)
    assert "cloned" in panel.card.sentence.text()
    assert not panel.card.one.isVisible()
    assert not panel.card.every.isVisible()
