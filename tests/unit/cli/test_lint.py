"""``scene-inspector lint``: the lints of the window on the command line."""

from __future__ import annotations

from pathlib import Path

import pytest
from pxr import Usd, UsdGeom

from inspector.cli import main
from inspector.session.session import Session


def saved_demo(folder: Path) -> Path:
    session = Session(folder / "state")
    session.new_demo(4, seed=1)
    session.save(folder / "demo.usda")
    session.close()
    return folder / "demo.usda"


def test_a_good_file_passes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lint", str(saved_demo(tmp_path))]) == 0
    assert "0 errors" in capsys.readouterr().out


def test_a_lost_source_is_an_error_with_its_path(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = saved_demo(tmp_path)
    stage = Usd.Stage.Open(str(file))
    stage.RemovePrim("/World/envs/env_0/Robot")
    stage.Save()
    assert main(["lint", str(file)]) == 1
    assert "error: There is no prim at /World/envs/env_0/Robot" in capsys.readouterr().out


def test_environments_that_overlap_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = saved_demo(tmp_path)
    stage = Usd.Stage.Open(str(file))
    for env_id in range(4):
        cube = UsdGeom.Cube.Define(stage, f"/World/envs/env_{env_id}/Robot/wall")
        cube.GetSizeAttr().Set(20.0)
    stage.Save()
    assert main(["lint", str(file)]) == 0
    assert "overlap in space" in capsys.readouterr().out


def test_a_missing_file_is_wrong_input(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lint", str(tmp_path / "nope.usda")]) == 2
    assert "nope.usda" in capsys.readouterr().err
