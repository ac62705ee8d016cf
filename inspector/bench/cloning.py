"""What cloning costs, against the loop that one would write down: time, memory, other threads.

Ratios are taken between runs that alternate; seconds alone say little on a busy machine. Whole
clones are timed in processes of their own, because the memory that one leaves behind decides how
fast the next one is.
"""

from __future__ import annotations

import argparse
import functools
import gc
import math
import statistics
from collections.abc import Sequence
from dataclasses import replace
from typing import TypeAlias

import torch
from pxr import Usd, UsdGeom, UsdPhysics

from inspector.bench import cloning_cases as cases
from inspector.bench.interference import cancel_times, longest_gap
from inspector.bench.isolated import Cost, measure
from inspector.bench.report import Report, alternate, seconds_of
from inspector.cloner import (
    ClonePlan,
    filter_collisions,
    grid_transforms,
    make_clone_plan,
    replicate_difference,
    sequential,
    usd_replicate,
)

WAYS = (*cases.MODES, "Fabric")
SPEEDUPS = {"copy": 1.4, "reference": 4.0, "instance": 15.0, "Fabric": 100.0}
FABRIC_BUDGET = 60.0
"""Clones in Fabric [ms]."""
GAP_BUDGET = 50.0
"""Longest hold-up of another thread [ms]."""
CANCEL_BUDGET = 100.0
"""From a cancel until it is heard [ms]."""
GROUPS = 8192
CHANGED = 16
SCALES = (64, 256, 1024, 4096, 16384)
_LINEAR = 1.5
_EXPONENT = 1.2
_REPEATS = 3

Costs: TypeAlias = dict[str, list[tuple[int, float]]]
"""Seconds by way of cloning and number of environments."""


def run(options: argparse.Namespace) -> Report:
    """Measure with ``options.num_envs`` environments; draw the cost to ``options.plot``."""
    count = int(options.num_envs)
    report = Report(f"Cloning 30 prims to {count} environments")
    speed_and_memory(report, count)
    interference(report, count)
    one_cube(report, count)
    difference(report, count)
    groups(report, GROUPS)
    large_plan(report, count)
    costs = scaling(report, SCALES)
    if options.plot is not None:
        from inspector.bench.plot import draw_costs

        draw_costs(costs, options.plot)
    return report


def speed_and_memory(report: Report, num_envs: int, repeats: int = 5) -> None:
    """Compare all ways with the loop, each run in a fresh process, in turn."""
    costs = _in_turn(("loop", *WAYS), num_envs, repeats)
    loop_time, loop_memory = _medians(costs["loop"])
    report.add("loop", loop_time * 1e3, "ms", note="one ChangeBlock, one CopySpec per environment")
    for way in WAYS:
        own, _ = _medians(costs[way])
        report.add(way, own * 1e3, "ms", FABRIC_BUDGET if way == "Fabric" else None)
        report.add(f"{way} against loop", loop_time / own, "×", SPEEDUPS[way], better="higher")
    report.add("loop, memory", loop_memory, "MB", note="added at the peak")
    for way in WAYS:
        report.add(f"{way}, memory", _medians(costs[way])[1], "MB", round(loop_memory))


def interference(report: Report, num_envs: int, repeats: int = _REPEATS) -> None:
    """Measure what each way does to another thread, and how fast it can be cancelled."""
    for way in WAYS:
        gaps: list[float] = []
        heard: list[float] = []
        undone: list[float] = []
        for turn in range(repeats):
            took, gap = _timed_gap(_scene(way, num_envs), way)
            gaps.append(gap)
            run_ = functools.partial(cases.clone, _scene(way, num_envs), way)
            until = cancel_times(run_, took * (turn + 1) / (repeats + 1))
            heard.append(until[0])
            undone.append(until[1])
        report.add(f"{way}, longest gap", statistics.median(gaps) * 1e3, "ms", GAP_BUDGET)
        report.add(f"{way}, cancel heard", max(heard) * 1e3, "ms", CANCEL_BUDGET)
        report.add(f"{way}, cancel undone", max(undone) * 1e3, "ms", note="layer as it was")


def one_cube(report: Report, num_envs: int, repeats: int = 5) -> None:
    """Compare the smallest source with the loop."""
    costs = _in_turn(("loop cube", "copy cube"), num_envs, repeats)
    loop, own = (_medians(values)[0] for values in costs.values())
    report.add("1 cube with positions", own * 1e3, "ms")
    report.add("1 cube against loop", loop / own, "×", 1.0, better="higher")


def difference(report: Report, num_envs: int, repeats: int = _REPEATS) -> None:
    """Change a few cells of a plan, against cloning all of it."""
    full: list[float] = []
    few: list[float] = []
    for _ in range(repeats):
        stage, plan = _planned(num_envs)
        full.append(seconds_of(lambda s=stage, p=plan: _clone_plan(s, p)))
        mask = plan.clone_mask.clone()
        for column in torch.linspace(0, num_envs - 1, CHANGED).long().tolist():
            mask[:, column] = mask[:, column].roll(1)
        after = replace(plan, clone_mask=mask)
        few.append(seconds_of(lambda s=stage, b=plan, a=after: replicate_difference(s, b, a)))
        del stage
    share = statistics.median(a / b for a, b in zip(few, full, strict=True))
    report.add(f"{CHANGED} cells changed", statistics.median(few) * 1e3, "ms")
    report.add("against the full clone", share * 100, "%", 3.0)


def groups(report: Report, num_envs: int, repeats: int = _REPEATS) -> None:
    """Filter collisions with a global path, against the version that is quadratic."""
    times = alternate(
        {
            "half": (functools.partial(_grouped, num_envs // 2), _filter),
            "full": (functools.partial(_grouped, num_envs), _filter),
            "quadratic": (functools.partial(_grouped, num_envs), _filter_quadratically),
        },
        repeats,
    )
    medians = {name: statistics.median(values) for name, values in times.items()}
    report.add(f"collision groups, {num_envs}", medians["full"] * 1e3, "ms")
    report.add(
        "against quadratic", medians["quadratic"] / medians["full"], "×", 5.0, better="higher"
    )
    growth = medians["full"] / medians["half"] / 2
    report.add("groups, cost per environment", growth, "×", _LINEAR, note="against half as many")


def large_plan(report: Report, num_envs: int, repeats: int = 5) -> None:
    """Plan over the product of four groups of 30."""
    times = [seconds_of(lambda: cases.large_plan(num_envs)) for _ in range(repeats)]
    report.add("plan over 30⁴", statistics.median(times) * 1e3, "ms", 50.0)
    report.add("plan over 30⁴, memory", measure("plan", num_envs).megabytes, "MB", 50.0)


def scaling(report: Report, scales: tuple[int, ...], repeats: int = 2) -> Costs:
    """Measure the cost against the number of environments."""
    costs: Costs = {way: [] for way in ("loop", *WAYS)}
    for count in scales:
        for way, measured in _in_turn(tuple(costs), count, repeats).items():
            costs[way].append((count, min(cost.seconds for cost in measured)))
    for way, points in costs.items():
        (fewer, before), (most, after) = points[-3], points[-1]
        exponent = math.log(after / before) / math.log(most / fewer)
        budget = None if way == "loop" else _EXPONENT
        note = f"{fewer} to {most} environments; 1 is linear"
        report.add(f"{way}, exponent of growth", exponent, "", budget, note=note)
    return costs


def _in_turn(names: Sequence[str], num_envs: int, repeats: int) -> dict[str, list[Cost]]:
    """Measure cases in turn, so that a busy machine slows all of them alike."""
    costs: dict[str, list[Cost]] = {name: [] for name in names}
    for _ in range(repeats):
        for name in names:
            costs[name].append(measure(name, num_envs))
    return costs


def _medians(costs: Sequence[Cost]) -> tuple[float, float]:
    seconds = statistics.median(cost.seconds for cost in costs)
    return seconds, statistics.median(cost.megabytes for cost in costs)


def _scene(way: str, num_envs: int) -> cases.Scene:
    return cases.robot_scene(num_envs, tables=way == "Fabric")


def _timed_gap(scene: cases.Scene, way: str) -> tuple[float, float]:
    """Return how long cloning took [s] and the longest hold-up of another thread [s]."""
    took = 0.0

    def work() -> None:
        nonlocal took
        took = seconds_of(lambda: cases.clone(scene, way))

    gc.collect()
    gap = longest_gap(work)
    return took, gap


def _planned(num_envs: int) -> tuple[Usd.Stage, ClonePlan]:
    """Return a stage with three robots as sources and a plan that hands them out in turn."""
    stage = cases.robot_scene(1).stage
    sources = [f"/Sources/robot_{index}" for index in range(3)]
    for path in sources:
        cases.author_robot(stage, path)
    template = f"{cases.TEMPLATE}/Robot"
    rows, templates, mask = make_clone_plan([sources], [template], num_envs, sequential)
    poses = torch.cat(grid_transforms(num_envs, 2.0), dim=1)
    stage.RemovePrim(cases.SOURCE)
    return stage, ClonePlan(rows, templates, mask, poses)


def _clone_plan(stage: Usd.Stage, plan: ClonePlan) -> None:
    usd_replicate(
        stage, plan.sources, plan.destinations, range(plan.num_envs), mask=plan.clone_mask
    )


def _grouped(num_envs: int) -> tuple[Usd.Stage, list[str]]:
    stage = Usd.Stage.CreateInMemory()
    UsdPhysics.Scene.Define(stage, "/physicsScene")
    UsdGeom.Plane.Define(stage, "/World/ground")
    return stage, [cases.TEMPLATE.replace("{}", str(i)) for i in range(num_envs)]


def _filter(made: tuple[Usd.Stage, list[str]]) -> None:
    stage, paths = made
    filter_collisions(stage, "/physicsScene", "/World/groups", paths, ["/World/ground"])


def _filter_quadratically(made: tuple[Usd.Stage, list[str]]) -> None:
    stage, paths = made
    cases.quadratic_groups(stage, "/World/groups", paths, "/World/ground")
