"""``run`` and ``check``: exit codes and what they say."""

from __future__ import annotations

import errno
import io
import json
import sys
from importlib.resources import files
from pathlib import Path

import pytest
from pxr import Usd, UsdGeom, UsdPhysics

from inspector.cli import main


def said(capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    return json.loads(capsys.readouterr().out)


def test_run_reports_what_was_played(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "--num-envs", "4", "--steps", "5", "--json"]) == 0
    report = said(capsys)
    assert (report["steps"], report["num_envs"], report["backend"]) == (5, 4, "MuJoCo")
    assert report["simulated"] == pytest.approx(5 / 60)
    stale = report["stale"]
    assert isinstance(stale, dict)
    assert stale["USD_BEHIND"] > 0


def test_a_file_without_environments_counts_none(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "ball.usda"
    stage = Usd.Stage.CreateNew(str(file))
    ball = UsdGeom.Sphere.Define(stage, "/World/ball").GetPrim()
    UsdPhysics.RigidBodyAPI.Apply(ball)
    UsdPhysics.CollisionAPI.Apply(ball)
    stage.Save()
    assert main(["run", str(file), "--steps", "5"]) == 0
    out = capsys.readouterr().out
    assert "5 steps (0.08 s) of 1 body" in out
    assert "environment" not in out


def test_settings_reach_the_simulation(capsys: pytest.CaptureFixture[str]) -> None:
    line = ["run", "--num-envs", "2", "--steps", "4", "--dt", "0.01", "--no-fabric", "--json"]
    assert main(line) == 0
    report = said(capsys)
    assert report["simulated"] == pytest.approx(0.04)
    assert report["use_fabric"] is False


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ([], 1),  # objects fall, and USD keeps its authored values
        (["--ignore", "usd-behind"], 0),
        (["--no-fabric"], 0),
        (["--max-stale", "100m", "--max-stale-angle", "1mrad"], 1),
    ],
)
def test_the_gate(more: list[str], code: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--num-envs", "2", "--steps", "20", "--json", *more]) == code
    report = said(capsys)
    assert report["good"] is (code == 0)
    assert bool(report["failures"]) is (code == 1)


def test_the_worst_row_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--num-envs", "2", "--steps", "30", "--max-stale", "0.5m"]) == 1
    out = capsys.readouterr().out
    assert "FAILED: /World/envs/env_" in out
    assert "USD behind by" in out


def test_a_break_condition_ends_it(capsys: pytest.CaptureFixture[str]) -> None:
    line = ["run", "--num-envs", "2", "--steps", "90", "--break", "speed > 1 m/s", "--json"]
    assert main(line) == 1
    report = said(capsys)
    assert 1 <= report["steps"] < 90
    assert "m/s" in report["failures"][0]


@pytest.mark.parametrize(
    "arguments",
    [
        ["check", "--max-stale", "1"],
        ["check", "--max-stale-angle", "1mm"],
        ["run", "--steps", "0"],
        ["run", "--break", "speed > 5 apples"],
        ["run", "nowhere.usda"],
        ["run", "--num-envs", "0"],
        ["run", "--num-envs", "1", "--steps", "1", "--dt", "-1"],
    ],
)
def test_wrong_input_is_one_sentence(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert said.endswith(".\n")


def test_a_pose_that_is_not_finite_fails(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = str(tmp_path / "bad.usda")
    stage = Usd.Stage.CreateNew(file)
    ball = UsdGeom.Sphere.Define(stage, "/Ball").GetPrim()
    UsdPhysics.RigidBodyAPI.Apply(ball).CreateVelocityAttr().Set((1e30, 0.0, 0.0))
    UsdPhysics.CollisionAPI.Apply(ball)
    stage.Save()
    main(["run", file, "--steps", "200", "--json"])
    report = said(capsys)
    assert report["steps"] in range(200)
    assert report["failures"]


def test_a_limit_below_zero_is_wrong_input(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--num-envs", "2", "--steps", "1", "--max-stale=-1mm"]) == 2
    assert "below zero" in capsys.readouterr().err


def test_a_condition_that_cannot_be_watched_does_not_pass(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "ball.usda"
    stage = Usd.Stage.CreateNew(str(file))
    UsdPhysics.RigidBodyAPI.Apply(UsdGeom.Sphere.Define(stage, "/ball").GetPrim())
    stage.Save()
    condition = "env 17 differs from its cohort"
    assert main(["run", str(file), "--steps", "2", "--break", condition]) == 1
    assert "cannot be watched" in capsys.readouterr().out


def test_a_solver_by_name_takes_the_engine_that_has_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from inspector.sim import backends

    monkeypatch.setattr(backends, "is_installed", lambda name: name != "newton")
    monkeypatch.setattr(backends, "_SAID", {"newton"})
    assert main(["run", "--num-envs", "2", "--steps", "1", "--solver", "xpbd"]) == 2
    assert "'newton' is not available" in capsys.readouterr().err


@pytest.mark.newton
def test_points_of_particles_and_cloth_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("newton")
    scene = str(files("resources") / "scenes" / "cloth_and_particles.usda")
    assert main(["run", scene, "--num-envs", "2", "--steps", "2"]) == 0
    out = capsys.readouterr().out
    assert "2 bodies and 938 points of particles and cloth, Newton, XPBD" in out
    assert "/Cloth is stiffer than XPBD can follow" in out


class _Stream(io.TextIOBase):
    """Standard output that takes nothing any more."""

    def __init__(self, error: OSError) -> None:
        self._error = error

    def write(self, text: str) -> int:
        raise self._error


@pytest.mark.parametrize(
    ("error", "code", "sentence"),
    [
        (BrokenPipeError(errno.EPIPE, "Broken pipe"), 141, ""),
        (OSError(errno.ENOSPC, "No space left on device"), 2, "cannot be written: No space left"),
    ],
)
def test_an_answer_that_nobody_takes_is_no_failed_check(
    error: OSError,
    code: int,
    sentence: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(sys, "stdout", _Stream(error))
    assert main(["run", "--num-envs", "2", "--steps", "2"]) == code
    assert sentence in capsys.readouterr().err


def test_the_exit_code_counts_where_there_is_no_standard_output(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    assert main(["run", "--num-envs", "2", "--steps", "2"]) == 0
    assert main(["check", "--num-envs", "2", "--steps", "2"]) == 1
    sys.stdout.close()


def test_a_terminal_that_knows_ascii_only_shows_any_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "ball.usda"
    stage = Usd.Stage.CreateNew(str(file))
    ball = UsdGeom.Sphere.Define(stage, "/World/Würfel").GetPrim()
    UsdPhysics.RigidBodyAPI.Apply(ball)
    UsdPhysics.CollisionAPI.Apply(ball)
    stage.Save()
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding="ascii"))
    assert main(["run", str(file), "--steps", "5"]) == 0
    assert b"/World/W\\xfcrfel" in written.getvalue()
