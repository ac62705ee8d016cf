"""Poses side by side and grouped properties."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester
from pytestqt.qtbot import QtBot

from inspector.gui.bridge.tokens import load_tokens
from inspector.gui.models.property_model import PoseModel, PropertyModel, decompose
from inspector.session.snapshot import PlayState, PrimDetails, PropertyRow
from tests.helpers.snapshots import make_snapshot

FATAL = QAbstractItemModelTester.FailureReportingMode.Fatal


def details(value: str = "0.25", path: str = "/World/A") -> PrimDetails:
    return PrimDetails(
        path,
        "Xform",
        "def",
        (
            PropertyRow("physics:mass", "Attributes", value, "float", "kg"),
            PropertyRow("visibility", "Attributes", "inherited", authored=False),
            PropertyRow("material:binding", "Relationships", "/World/Looks/Red"),
        ),
    )


@pytest.mark.parametrize("num_envs", [0, 1, 4096])
def test_pose_contract(qtbot: QtBot, num_envs: int) -> None:
    model = PoseModel(load_tokens("dark"))
    tester = QAbstractItemModelTester(model, FATAL)
    snapshot = make_snapshot(num_envs, state=PlayState.PLAYING)
    for row in (-1, 0, len(snapshot.transforms) - 1, -1):
        model.show(snapshot, row)
    assert tester.model().rowCount() == 0


def test_the_three_poses_stand_side_by_side(qtbot: QtBot) -> None:
    model = PoseModel(load_tokens("dark"))
    snapshot = make_snapshot(1, state=PlayState.PLAYING)
    row = snapshot.transforms.row_of_prim(snapshot.prims.find("/World/envs/env_0/Object"))
    model.show(snapshot, row)
    z = [model.index(2, column).data() for column in range(3)]
    assert z == ["1.0000", "0.2500", "0.2500"]
    assert model.index(8, 1).data() == "physics"
    assert model.index(9, 1).data() == "60"
    usd = Qt.ItemDataRole.ForegroundRole
    assert model.index(2, 0).data(usd).name() == load_tokens("dark").usd
    assert model.index(0, 0).data(usd) is None


def test_lengths_are_in_metres(qtbot: QtBot) -> None:
    model = PoseModel(load_tokens("dark"))
    snapshot = replace(make_snapshot(1), meters_per_unit=0.01)
    row = snapshot.transforms.row_of_prim(snapshot.prims.find("/World/envs/env_0/Object"))
    model.show(snapshot, row)
    assert model.index(2, 0).data() == "0.0100"


def test_decompose_gives_xyzw_and_scale() -> None:
    quarter = np.eye(4)
    quarter[:2, :2] = [[0, 1], [-1, 0]]  # row-vector: +90° about z
    quat, scale = decompose(quarter @ np.diag([2.0, 2.0, 2.0, 1.0]))
    assert np.allclose(quat, [0, 0, np.sqrt(0.5), np.sqrt(0.5)])
    assert np.allclose(scale, 2)
    assert np.isnan(decompose(np.full((4, 4), np.nan))[0]).all()


def test_property_contract_and_groups(qtbot: QtBot) -> None:
    model = PropertyModel(load_tokens("dark"))
    tester = QAbstractItemModelTester(model, FATAL)
    assert tester.model() is model
    model.show(None)
    assert model.show(details())
    group = model.index(0, 0)
    assert group.data() == "Attributes"
    assert model.index(0, 1, group).data() == "0.25 kg"
    assert model.index(1, 0).data() == "Relationships"


def test_new_values_of_the_same_prim_do_not_rebuild_the_tree(qtbot: QtBot) -> None:
    model = PropertyModel(load_tokens("dark"))
    model.show(details())
    with qtbot.waitSignal(model.dataChanged), qtbot.assertNotEmitted(model.modelReset):
        assert not model.show(details("0.5"))
    assert model.index(0, 1, model.index(0, 0)).data() == "0.5 kg"
