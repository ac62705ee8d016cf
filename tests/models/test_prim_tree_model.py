"""The stage tree: right at no, one and 4096 environments, and worst-child roll-up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from time import perf_counter
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QTreeView
from pytestqt.qtbot import QtBot

from inspector.gui.bridge.tokens import load_tokens
from inspector.gui.models.env_fold import unfolded
from inspector.gui.models.prim_tree_model import (
    IN_FABRIC,
    IN_PHYSICS,
    IN_USD,
    PRESENCE_ROLE,
    Column,
    PrimTreeModel,
)
from inspector.gui.models.stale_rollup import StaleRollUp
from inspector.session.snapshot import PlayState, PrimFlag, StaleReason
from tests.helpers.snapshots import empty_snapshot, make_snapshot, with_markers

FATAL = QAbstractItemModelTester.FailureReportingMode.Fatal


@pytest.fixture
def model(qtbot: QtBot) -> PrimTreeModel:
    made = PrimTreeModel(load_tokens("dark"))
    made.set_folding(on=False)
    return made


def stale_text(model: PrimTreeModel, path: str) -> str:
    return model.index_of(path).siblingAtColumn(Column.STALE).data()


@pytest.mark.parametrize("num_envs", [0, 1, 4096])
@pytest.mark.parametrize("folding", [True, False])
def test_contract(qtbot: QtBot, num_envs: int, folding: bool) -> None:
    model = PrimTreeModel(load_tokens("dark"))
    model.set_folding(on=folding)
    tester = QAbstractItemModelTester(model, FATAL)
    assert tester.model() is model
    model.show(empty_snapshot())
    snapshot = make_snapshot(num_envs, state=PlayState.PLAYING)
    model.show(snapshot)
    # The tester walks the whole tree at every reset: filters of a few prims, not all of them.
    matches = np.zeros(len(snapshot.prims), bool)
    matches[-3:] = True
    model.set_filter(matches)
    model.set_filter(~matches & matches)
    assert model.rowCount(QModelIndex()) == 0


@pytest.mark.parametrize("num_envs", [0, 1, 64])
def test_every_prim_is_found_by_its_path_and_knows_its_place(model, num_envs: int) -> None:
    snapshot = make_snapshot(num_envs)
    model.show(snapshot)
    for prim in range(len(snapshot.prims)):
        path = snapshot.prims.path(prim)
        index = model.index_of(path)
        assert model.path(index) == path
        assert model.index(index.row(), 0, model.parent(index)) == index


def test_text_of_a_row(model: PrimTreeModel) -> None:
    model.show(make_snapshot(4, state=PlayState.PLAYING))
    index = model.index_of("/World/envs/env_2/Robot/cart")
    assert [index.siblingAtColumn(c).data() for c in (Column.PRIM, Column.TYPE)] == ["cart", "Cube"]
    assert stale_text(model, "/World/envs/env_2/Robot/cart") == "▲ USD behind"
    assert stale_text(model, "/World/ground") == "● fresh"
    assert stale_text(model, "/physicsScene") == ""


def test_parents_show_the_worst_reason_and_the_count_below_them(model: PrimTreeModel) -> None:
    snapshot = make_snapshot(4, state=PlayState.PLAYING)
    stale = np.count_nonzero(snapshot.transforms.reason)
    model.show(snapshot)
    assert stale_text(model, "/World/envs") == f"▲ {stale}"
    reason = snapshot.transforms.reason.copy()
    row = snapshot.transforms.row_of_prim(snapshot.prims.find("/World/envs/env_1/Robot/slider"))
    reason[row] = StaleReason.NOT_FINITE
    model.show(replace(snapshot, transforms=replace(snapshot.transforms, reason=reason)))
    assert stale_text(model, "/World/envs") == f"✖ {stale + 1}"
    assert stale_text(model, "/World/envs/env_0") == "▲ 5"


def test_presence_says_where_a_prim_exists(model: PrimTreeModel) -> None:
    model.show(make_snapshot(1, state=PlayState.PLAYING))
    everywhere = IN_USD | IN_FABRIC | IN_PHYSICS
    assert model.index_of("/World/envs/env_0/Object").data(PRESENCE_ROLE) == everywhere
    assert model.index_of("/World/ground").data(PRESENCE_ROLE) == IN_USD | IN_FABRIC
    assert model.index_of("/World/envs").data(PRESENCE_ROLE) == IN_USD


def test_what_a_script_defined_is_in_fabric_without_a_transform_too(model: PrimTreeModel) -> None:
    snapshot = make_snapshot(1)
    flags = snapshot.prims.flags.copy()
    flags[snapshot.prims.find("/World/envs")] = PrimFlag.DEFINED | PrimFlag.SCRIPTED
    model.show(replace(snapshot, prims=replace(snapshot.prims, flags=flags)))
    assert model.index_of("/World/envs").data(PRESENCE_ROLE) == IN_FABRIC


def test_a_filter_keeps_the_ancestors_of_matches(model: PrimTreeModel) -> None:
    snapshot = make_snapshot(4)
    model.show(snapshot)
    matches = np.zeros(len(snapshot.prims), bool)
    matches[snapshot.prims.find("/World/envs/env_3/Robot/pole")] = True
    model.set_filter(matches)
    assert model.index_of("/World/envs/env_3/Robot/pole").isValid()
    assert not model.index_of("/World/envs/env_3/Robot/cart").isValid()
    assert model.rowCount(model.index_of("/World/envs")) == 1


def test_playing_keeps_the_tree_and_reports_rows_on_refresh(
    qtbot: QtBot, model: PrimTreeModel
) -> None:
    stopped = make_snapshot(4)
    model.show(stopped)
    playing = make_snapshot(4, state=PlayState.PLAYING)
    with qtbot.assertNotEmitted(model.modelReset):
        assert not model.show(replace(playing, prims=stopped.prims))
    with qtbot.waitSignal(model.dataChanged):
        model.refresh([model.index_of("/World/envs")])
    assert stale_text(model, "/World/envs").startswith("▲")


@pytest.mark.parametrize("folding", [True, False])
def test_prims_that_come_and_go_leave_places_that_views_hold(qtbot: QtBot, folding: bool) -> None:
    model = PrimTreeModel(load_tokens("dark"))
    model.set_folding(on=folding)
    tester = QAbstractItemModelTester(model, FATAL)
    assert tester.model() is model
    snapshot = make_snapshot(3)
    model.show(with_markers(snapshot, 1))
    stays = QPersistentModelIndex(model.index_of("/World/envs/env_0/Robot").siblingAtColumn(1))
    after = QPersistentModelIndex(model.index_of("/physicsScene"))
    goes = QPersistentModelIndex(model.index_of("/World/marker_0"))
    with qtbot.assertNotEmitted(model.modelReset):
        assert model.show(with_markers(snapshot, 40))
        assert goes.data() == "marker_0"
        assert model.index_of("/World/marker_39").data() == "marker_39"
        assert model.show(snapshot)
    assert not goes.isValid()
    assert (model.path(stays), stays.column()) == ("/World/envs/env_0/Robot", 1)
    assert after.data() == "physicsScene"
    with qtbot.waitSignal(model.modelReset):
        model.show(replace(make_snapshot(3), file_name="another.usda"))


def test_the_theme_changes_the_colour_of_a_reason(model: PrimTreeModel) -> None:
    model.show(make_snapshot(1, state=PlayState.PLAYING))
    index = model.index_of("/World/envs/env_0/Object").siblingAtColumn(Column.STALE)
    role = Qt.ItemDataRole.ForegroundRole
    assert index.data(role).name() == load_tokens("dark").usd
    model.set_tokens(load_tokens("light"))
    assert index.data(role).name() == load_tokens("light").usd


def test_folding_shows_each_prim_once_with_its_count() -> None:
    model = PrimTreeModel(load_tokens("dark"))
    snapshot = make_snapshot(64, state=PlayState.PLAYING)
    model.show(snapshot)
    envs = model.index_of("/World/envs")
    assert model.rowCount(envs) == 1
    root = model.index(0, 0, envs)
    assert root.data() == "env_{} ×64"
    body = model.index_of("/World/envs/env_5/Object")
    assert body == model.index_of("/World/envs/env_63/Object")
    assert body.data() == "Object"  # as many as there are environments: nothing new
    assert body.siblingAtColumn(Column.STALE).data() == "▲ 64 USD behind"
    mesh = model.index_of("/World/envs/env_0/Object/geometry/mesh")
    assert mesh.siblingAtColumn(Column.TYPE).data() == "3 types"


def test_a_prim_that_some_environments_lack_shows_its_count() -> None:
    model = PrimTreeModel(load_tokens("dark"))
    snapshot = make_snapshot(8)
    templates = (*snapshot.prims.paths.templates, "/World/envs/env_{}/Spare")
    prims = snapshot.prims
    ids = prims.paths.template_id.copy()
    ids[prims.find("/World/envs/env_3/Robot")] = len(templates) - 1
    paths = replace(prims.paths, templates=templates, template_id=ids)
    model.show(replace(snapshot, prims=replace(prims, paths=paths)))
    assert model.index_of("/World/envs/env_0/Robot").data() == "Robot ×7"


def test_a_folded_prim_stands_for_the_focused_environment() -> None:
    model = PrimTreeModel(load_tokens("dark"))
    model.show(make_snapshot(8))
    index = model.index_of("/World/envs/env_0/Robot")
    assert model.path(index) == "/World/envs/env_0/Robot"
    assert model.path(index, 5) == "/World/envs/env_5/Robot"
    assert model.path(index, 99) == "/World/envs/env_0/Robot"


def test_laying_out_all_environments_asks_little_of_each(model, monkeypatch) -> None:
    model.show(make_snapshot(256))
    tree = QTreeView()
    tree.setUniformRowHeights(True)
    tree.setModel(model)
    tree.expand(model.index_of("/World"))
    tree.expand(model.index_of("/World/envs"))
    asked: Counter[str] = Counter()

    def counted(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def count(*args):
            asked[name] += 1
            return real(*args)

        return count

    for name in ("index", "parent", "rowCount", "columnCount", "hasChildren", "data"):
        monkeypatch.setattr(PrimTreeModel, name, counted(name, getattr(PrimTreeModel, name)))
    tree.scheduleDelayedItemsLayout()
    tree.executeDelayedItemsLayout()
    assert 256 <= asked["hasChildren"] <= 300
    assert asked.total() <= 2.5 * 256, "each question takes a microsecond, of thousands of rows"
    tree.setModel(None)


@pytest.mark.perf
def test_roll_up_is_cheap_against_a_loop_over_prims() -> None:
    snapshot = make_snapshot(4096, state=PlayState.PLAYING)
    rollup = StaleRollUp(snapshot.prims)
    start = perf_counter()
    _, count = rollup.apply(*unfolded(snapshot.prims).staleness(snapshot.transforms))
    fast = perf_counter() - start
    parent, reason = snapshot.prims.parent, np.zeros(len(snapshot.prims), int)
    reason[snapshot.transforms.prims] = snapshot.transforms.reason != 0
    start = perf_counter()
    for prim in range(len(parent) - 1, 0, -1):
        if parent[prim] >= 0:
            reason[parent[prim]] += reason[prim]
    slow = perf_counter() - start
    assert count.tolist() == reason.tolist()
    assert fast < slow / 2
