import json
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPersistentModelIndex, Qt
from PySide6.QtTest import QAbstractItemModelTester
from pytestqt.qtbot import QtBot
from scipy.spatial.transform import Rotation

from inspector.gui.models.row_filter import RowFilter, Scope
from inspector.gui.models.transform_columns import COLUMNS, Kind, Side
from inspector.gui.models.transform_table_model import (
    PRESENCE_ROLE,
    TOKEN_ROLE,
    TransformTableModel,
)
from inspector.session.snapshot import PlayState, SceneSnapshot, StaleReason
from tests.helpers.snapshots import empty_snapshot, make_snapshot

FATAL = QAbstractItemModelTester.FailureReportingMode.Fatal
DOWN, UP = Qt.SortOrder.DescendingOrder, Qt.SortOrder.AscendingOrder


def column(kind: Kind, side: Side | None = None, axis: int = 0) -> int:
    return next(
        at
        for at, wanted in enumerate(COLUMNS)
        if (wanted.kind, wanted.side, wanted.axis) == (kind, side, axis)
    )


def shown(snapshot: SceneSnapshot) -> TransformTableModel:
    model = TransformTableModel()
    model.show(snapshot)
    return model


@pytest.fixture
def playing() -> SceneSnapshot:
    return make_snapshot(12, state=PlayState.PLAYING, mixed=True)


def text(model: TransformTableModel, place: int, at: int) -> str:
    return str(model.index(place, at).data())


@pytest.mark.parametrize("num_envs", [0, 1, 64])
def test_model_keeps_the_rules_of_qt(qtbot: QtBot, num_envs: int) -> None:
    model = TransformTableModel()
    tester = QAbstractItemModelTester(model, FATAL)
    snapshot = make_snapshot(num_envs)
    model.show(snapshot)
    moved = make_snapshot(num_envs, state=PlayState.PLAYING, mixed=True)
    model.sort(column(Kind.ERROR_POSITION), DOWN)
    model.show(replace(snapshot, transforms=moved.transforms, step=60))
    model.set_filter(RowFilter(Scope.STALE))
    model.sort(-1)
    model.show(empty_snapshot())
    assert (model.rowCount(), tester.model()) == (0, model)


def test_model_keeps_the_rules_of_qt_at_4096_environments(qtbot: QtBot) -> None:
    # The tester visits every cell on every signal (8 s for 750,000 of them): one round is enough.
    snapshot = make_snapshot(4096, state=PlayState.PLAYING, mixed=True)
    model = shown(snapshot)
    model.sort(column(Kind.ERROR_POSITION), DOWN)
    tester = QAbstractItemModelTester(model, FATAL)
    assert (model.rowCount(), tester.model()) == (len(snapshot.transforms), model)


@pytest.mark.parametrize("order", [UP, DOWN])
@pytest.mark.parametrize(
    ("at", "values"),
    [
        (column(Kind.ERROR_POSITION), lambda s: s.transforms.error_position),
        (column(Kind.REASON), lambda s: s.transforms.reason),
        (column(Kind.AGE), lambda s: s.transforms.age(s.step)),
        (column(Kind.POSITION, Side.FABRIC, 2), lambda s: s.transforms.fabric_world[:, 3, 2]),
    ],
)
def test_sorting_agrees_with_numpy(playing: SceneSnapshot, at: int, values, order) -> None:
    model = shown(playing)
    model.sort(at, order)
    has = playing.transforms.has_fabric | (COLUMNS[at].side is None)
    key = values(playing).astype(float)
    key = np.where(np.isfinite(key) & has, key, np.inf)[model.rows]
    assert np.array_equal(key, np.sort(key) if order is UP else np.sort(key)[::-1])
    assert sorted(model.rows.tolist()) == list(range(len(playing.transforms)))


def test_ages_are_those_that_are_sorted_by_and_nothing_alone_has_one(
    playing: SceneSnapshot,
) -> None:
    table = playing.transforms
    reason = table.reason.copy()
    reason[:4] = StaleReason.FABRIC_ONLY
    snapshot = replace(playing, transforms=replace(table, reason=reason, has_usd=reason != 2))
    model = shown(snapshot)
    ages = [int(text(model, place, column(Kind.AGE))) for place in range(model.rowCount())]
    assert ages == snapshot.transforms.age(snapshot.step)[model.rows].tolist()
    assert ages[:4] == [0, 0, 0, 0]
    assert max(ages) > 0


def test_paths_sort_by_number_and_equal_rows_keep_their_order(playing: SceneSnapshot) -> None:
    model = shown(playing)
    model.sort(0)
    paths = [text(model, place, 0) for place in range(model.rowCount())]
    assert paths.index("/World/envs/env_2/Object") < paths.index("/World/envs/env_10/Object")
    assert paths.index("/World/envs/env_10") < paths.index("/World/envs/env_10/Object")
    model.sort(column(Kind.REASON))
    reasons = playing.transforms.reason[model.rows]
    assert all((np.diff(model.rows[reasons == reason]) > 0).all() for reason in np.unique(reasons))


def test_orientations_sort_by_angle_and_scales_by_volume() -> None:
    snapshot = make_snapshot(3)
    count = len(snapshot.transforms)
    rng = np.random.default_rng(0)
    angle, scale = rng.uniform(0, np.pi, count), rng.uniform(0.1, 3, (count, 3))
    world = np.tile(np.eye(4), (count, 1, 1))
    turned = Rotation.from_rotvec(angle[:, None] * np.array([0.6, 0, 0.8])).as_matrix()
    world[:, :3, :3] = scale[:, :, None] * np.swapaxes(turned, 1, 2)
    model = shown(replace(snapshot, transforms=replace(snapshot.transforms, usd_world=world)))
    rows = np.flatnonzero(snapshot.transforms.has_usd)
    for kind, key in ((Kind.ORIENTATION, angle), (Kind.SCALE, scale.prod(axis=1))):
        model.sort(column(kind, Side.USD))
        assert model.rows[: len(rows)].tolist() == rows[np.argsort(key[rows])].tolist()


def test_order_and_persistent_indexes_follow_a_new_snapshot(playing: SceneSnapshot) -> None:
    model = shown(playing)
    at = column(Kind.ERROR_POSITION)
    model.sort(at, DOWN)
    index = QPersistentModelIndex(model.index(3, 0))
    path = index.data()
    error = playing.transforms.error_position[::-1].copy()
    model.show(replace(playing, transforms=replace(playing.transforms, error_position=error)))
    key = np.where(np.isfinite(error), error, np.inf)[model.rows]
    assert (np.diff(key[np.isfinite(key)]) <= 0).all()
    assert index.data() == path


def test_the_last_of_many_snapshots_is_sorted_even_when_sorting_is_slow(
    qtbot: QtBot, playing: SceneSnapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("inspector.gui.models.transform_table_model._CHEAP", -1.0)
    monkeypatch.setattr("inspector.gui.models.transform_table_model._BUSY_SHARE", 200)
    model = shown(playing)
    model.sort(column(Kind.ERROR_POSITION))
    for seed in range(5):
        error = np.random.default_rng(seed).random(len(playing.transforms))
        model.show(replace(playing, transforms=replace(playing.transforms, error_position=error)))
    qtbot.waitUntil(lambda: bool((np.diff(error[model.rows]) >= 0).all()))


def test_only_the_rows_on_the_screen_are_announced_and_once(
    qtbot: QtBot, playing: SceneSnapshot
) -> None:
    model = shown(playing)
    model.set_window(4, 9)
    with qtbot.waitSignal(model.dataChanged) as changed:
        model.show(replace(playing, transforms=replace(playing.transforms), step=61))
    first, last = changed.args[:2]
    assert (first.row(), last.row(), first.column()) == (4, 9, 0)
    assert last.column() == len(COLUMNS) - 1


def test_filters(playing: SceneSnapshot) -> None:
    model, table = shown(playing), playing.transforms
    model.set_filter(RowFilter(Scope.STALE))
    assert np.array_equal(model.rows, np.flatnonzero(table.reason))
    model.set_filter(RowFilter(Scope.ENV, env_id=7))
    assert np.array_equal(model.rows, np.flatnonzero(table.env_id == 7))
    model.set_filter(RowFilter(Scope.ENV))
    assert model.rowCount() == 0
    model.set_filter(RowFilter(Scope.SELECTION, selection=("/World/envs/env_1/Object",)))
    paths = [text(model, place, 0) for place in range(model.rowCount())]
    assert paths[0] == "/World/envs/env_1/Object"
    assert all(path.startswith("/World/envs/env_1/Object") for path in paths)
    assert len(paths) == 3
    model.set_filter(RowFilter(Scope.SELECTION, selection=("/World",)))
    assert model.rowCount() == len(table)


@pytest.mark.parametrize("wanted", ["CART", "env_1", "1/Obj", "envs/env_11/", "mesh", "nothing"])
def test_the_text_filter_finds_what_the_paths_contain(playing: SceneSnapshot, wanted: str) -> None:
    model = shown(playing)
    every = [text(model, place, 0) for place in range(model.rowCount())]
    model.set_filter(RowFilter(text=wanted))
    found = [text(model, place, 0) for place in range(model.rowCount())]
    assert found == [path for path in every if wanted.lower() in path.lower()]


def test_a_row_that_usd_is_behind_on_colours_the_usd_numbers_that_deviate() -> None:
    model = shown(make_snapshot(2, state=PlayState.PLAYING))
    place = model.place_of_path("/World/envs/env_0/Object")
    assert text(model, place, column(Kind.REASON)) == "▲ USD behind"
    assert text(model, place, column(Kind.PRESENCE)) == "UFP"
    assert model.index(place, 0).data(PRESENCE_ROLE) == Side.USD | Side.FABRIC | Side.PHYSICS
    tokens = {
        (side, axis): model.index(place, column(Kind.POSITION, side, axis)).data(TOKEN_ROLE)
        for side in Side
        for axis in range(3)
    }
    assert tokens[Side.USD, 2] == "usd", "the object has fallen"
    assert tokens[Side.USD, 0] == ""
    assert {tokens[side, axis] for side in (Side.FABRIC, Side.PHYSICS) for axis in range(3)} == {""}


def test_what_does_not_exist_is_a_dash_and_units_are_metres() -> None:
    snapshot = replace(make_snapshot(2), meters_per_unit=0.01)
    model = shown(snapshot)
    place = model.place_of_path("/World/envs/env_0/Object")
    at = column(Kind.POSITION, Side.PHYSICS, 0)
    assert (text(model, place, at), model.index(place, at).data(TOKEN_ROLE)) == ("–", "muted")
    row = model.rows[place]
    z = snapshot.transforms.usd_world[row, 3, 2] * 0.01
    assert text(model, place, column(Kind.POSITION, Side.USD, 2)) == f"{z:.4f}"


def test_copies_hold_what_is_shown(playing: SceneSnapshot) -> None:
    model = shown(playing)
    model.sort(column(Kind.ERROR_POSITION), DOWN)
    lines = model.to_tsv([0, 5]).split("\n")
    assert lines[0].split("\t")[:4] == ["Path", "In", "Stale", "Error [m]"]
    assert lines[2].split("\t") == [text(model, 5, at) for at in range(len(COLUMNS))]
    records = json.loads(model.to_json(range(model.rowCount())))
    assert [record["path"] for record in records] == [
        text(model, place, 0) for place in range(model.rowCount())
    ]
    bad = StaleReason.NOT_FINITE
    assert any(record["reason"] == bad.word for record in records)


def test_only_shown_rows_are_taken_apart(
    playing: SceneSnapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    from inspector.gui.models import transform_cells

    taken: list[int] = []
    real = transform_cells.decompose

    def counting(matrices):
        taken.append(len(matrices))
        return real(matrices)

    monkeypatch.setattr(transform_cells, "decompose", counting)
    model = shown(make_snapshot(512))
    for at in range(len(COLUMNS)):
        text(model, 100, at)
    assert sum(taken) <= len(Side) * 64
