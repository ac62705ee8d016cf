"""Poses of one prim side by side."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester
from pytestqt.qtbot import QtBot

from inspector.gui.bridge.tokens import load_tokens
from inspector.gui.models.pose_math import decompose
from inspector.gui.models.pose_model import PoseModel
from inspector.session.snapshot import PlayState
from tests.helpers.snapshots import make_snapshot

FATAL = QAbstractItemModelTester.FailureReportingMode.Fatal


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


def test_a_mirrored_prim_is_described_as_in_the_transforms_panel(qtbot: QtBot) -> None:
    model = PoseModel(load_tokens("dark"))
    snapshot = make_snapshot(1)
    row = snapshot.transforms.row_of_prim(snapshot.prims.find("/World/envs/env_0/Object"))
    world = snapshot.transforms.usd_world.copy()
    world[row] = np.diag([1.0, -2.0, 1.0, 1.0])
    table = replace(snapshot.transforms, usd_world=world)
    model.show(replace(snapshot, transforms=table), row)
    position, quat, scale = decompose(world[row][None])
    shown = [model.index(line, 0).data() for line in range(8)]
    assert [float(text) for text in shown[:7]] == pytest.approx([*position[0], *quat[0]], abs=1e-4)
    assert "-0.0000" not in shown
    assert [float(word) for word in shown[7].split()] == pytest.approx(list(scale[0]))
