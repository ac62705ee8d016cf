"""Cloning in counts and ratios that hold on any machine; seconds are for ``bench cloning``."""

from __future__ import annotations

import argparse
import statistics

import pytest
from pxr import Tf, Usd

from inspector.bench import cloning, cloning_cases
from inspector.bench.interference import cancel_times, longest_gap
from inspector.bench.report import Report, alternate
from inspector.cloner import forget_fabric_clones

pytestmark = pytest.mark.perf
NUM_ENVS = 512


@pytest.fixture(autouse=True)
def _warm():
    for way in cloning.WAYS:
        cloning_cases.clone(cloning_cases.robot_scene(64, tables=True), way)


def speedup(way: str) -> float:
    times = alternate(
        {
            "loop": (lambda: cloning_cases.robot_scene(NUM_ENVS), cloning_cases.copy_loop),
            "own": (
                lambda: cloning_cases.robot_scene(NUM_ENVS, tables=True),
                lambda scene: cloning_cases.clone(scene, way),
            ),
        },
        repeats=5,
    )
    return statistics.median(times["loop"]) / statistics.median(times["own"])


# Half of what the benchmark asks for at 4096 environments: a test must not fail by chance.
@pytest.mark.parametrize(
    ("way", "least"), [("copy", 0.9), ("reference", 2.0), ("instance", 5.0), ("Fabric", 15.0)]
)
def test_every_way_beats_the_loop(way, least):
    assert speedup(way) >= least


def test_the_source_has_as_many_prims_as_the_benchmark_says():
    scene = cloning_cases.robot_scene(2)
    below = list(Usd.PrimRange(scene.stage.GetPrimAtPath(cloning_cases.SOURCE)))
    assert len(below) == 30
    cloning_cases.copy_loop(scene)
    clone = list(Usd.PrimRange(scene.stage.GetPrimAtPath("/World/envs/env_1")))
    assert len(clone) == 30


def test_clones_in_fabric_cost_one_row_and_no_prim():
    scene = cloning_cases.robot_scene(NUM_ENVS, tables=True)
    assert scene.tables is not None
    notices: list[object] = []
    key = Tf.Notice.Register(Usd.Notice.ObjectsChanged, lambda *_: notices.append(1), scene.stage)
    rows, prims = len(scene.tables), len(scene.tables.prims)
    cloning_cases.clone(scene, "Fabric")
    key.Revoke()
    assert len(scene.tables.prims) - prims == 30 * (NUM_ENVS - 1)
    assert (len(scene.tables) - rows) % (NUM_ENVS - 1) == 0
    assert len(notices) <= 1  # the source is put in its place
    assert len(scene.stage.GetPrimAtPath("/World/envs").GetChildren()) == 1
    assert not scene.tables.fabric.world.flags.writeable  # shared with USD until it is written
    forget_fabric_clones(scene.stage)


def test_few_changed_cells_cost_a_fraction_of_the_clone():
    report = Report("difference")
    cloning.difference(report, NUM_ENVS, repeats=3)
    share = next(row for row in report.rows if row.unit == "%")
    # 16 of 512 cells are 3 % of the work themselves.
    assert share.value <= 15.0


def test_groups_grow_with_the_environments_and_not_with_their_square():
    report = Report("groups")
    cloning.groups(report, 2048, repeats=3)
    growth = next(row for row in report.rows if "per environment" in row.name)
    assert growth.value <= 2.0


@pytest.mark.parametrize("way", cloning.WAYS)
def test_another_thread_goes_on_and_cancels_while_clones_are_made(way):
    def scene() -> cloning_cases.Scene:
        return cloning_cases.robot_scene(NUM_ENVS, tables=True)

    def gap() -> float:
        made = scene()
        return longest_gap(lambda: cloning_cases.clone(made, way))

    assert min(gap() for _ in range(3)) <= 0.05
    made = scene()
    heard, _ = cancel_times(lambda progress: cloning_cases.clone(made, way, progress), 0.0)
    assert heard <= 0.25


def test_the_plot_is_a_picture(tmp_path, monkeypatch):
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    from inspector.bench.plot import draw_costs

    path = tmp_path / "cost.png"
    draw_costs({"loop": [(64, 0.01), (256, 0.04)], "Fabric": [(64, 0.001), (256, 0.001)]}, path)
    assert path.read_bytes().startswith(b"\x89PNG")


def test_the_command_line_knows_the_benchmark(monkeypatch, capsys):
    from inspector import cli

    def run(options: argparse.Namespace) -> Report:
        report = Report("cloning")
        report.add("copy", 1.0, "ms")
        assert options.plot is None
        return report

    monkeypatch.setattr(cloning, "run", run)
    assert cli.main(["bench", "cloning", "--json"]) == 0
    assert '"copy"' in capsys.readouterr().out
