"""A view over environments that exist in Fabric only says what it leaves out."""

from __future__ import annotations

import logging

import pytest
from pxr import Usd, UsdGeom

from inspector.cloner import fabric_replicate
from inspector.sim.views import XformPrimView


def test_clones_without_prims_are_left_out_aloud(caplog: pytest.LogCaptureFixture) -> None:
    stage = Usd.Stage.CreateInMemory()
    for path in ("/World", "/World/envs", "/World/envs/env_0", "/World/envs/env_0/Box"):
        UsdGeom.Xform.Define(stage, path)
    with caplog.at_level(logging.WARNING, "inspector.sim"):
        XformPrimView("/World/envs/env_.*/Box", stage=stage)
        assert caplog.text == ""
        fabric_replicate(stage, ["/World/envs/env_0"], ["/World/envs/env_{}"], range(5))
        view = XformPrimView("/World/envs/env_.*/Box", stage=stage)
    assert view.count == 1
    assert "4 clones exist in Fabric only" in caplog.text
    caplog.clear()
