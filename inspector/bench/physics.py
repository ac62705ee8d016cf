"""What a step of thousands of environments costs, against the engines' own loops.

Ratios are taken between blocks of steps that alternate, from the same states; seconds alone say
little on a busy machine. On a machine with CUDA the same is done there, with world matrices of all
bodies on the device after every step.
"""

from __future__ import annotations

import argparse
import gc
import importlib.util
import resource
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from pxr import Usd, UsdGeom, UsdPhysics

from inspector.assets.robots.resources import robot_file
from inspector.bench.report import Report
from inspector.cloner import ClonePlan, grid_transforms, usd_replicate
from inspector.fabric.store import FabricStore
from inspector.physics.bare_loops import Step, batch_loop, newton_loop, places_of_mjcf, warp_loop
from inspector.physics.mujoco import MujocoBackend
from inspector.physics.mujoco_clock import unclocked
from inspector.physics.mujoco_warp import MujocoWarpBackend
from inspector.physics.recipe_batch import RecipeBatch
from inspector.physics.warp_capacity import Capacity
from inspector.physics.warp_group import WarpGroup
from inspector.session.snapshot import Tolerance
from inspector.session.staleness_torch import TensorComparison
from inspector.sim.pose_writers import DevicePoseWriter
from inspector.sim.simulation_cfg import PhysicsCfg, SimulationCfg
from inspector.sim.simulation_context import SimulationContext
from inspector.usd.path_table import PathTable
from inspector.usd.row_hierarchy import RowHierarchy
from inspector.usd.stage import use_stage

CPU_RATIO = 0.90
"""Throughput of ours against the bare ``Batch``."""
CUDA_RATIO = 0.95
"""Throughput of ours against mujoco_warp's own loop."""
FIRST_PLAY, NEXT_PLAYS = 200.0, 100.0
"""Play to the end of the first step, 1024 environments [ms]."""
FIRST_STEP = 400.0
"""Model to the end of the first step on CUDA, kernels compiled [ms]."""
COMPARE = 0.2
"""Comparison of all rows on CUDA [ms]."""
GROWTH = 20.0
"""Memory after 20 plays [MB]."""
HANDS = 4000
_PLAYED = 1024
_PLAYS = 20
_SUBSTEPS = 4
_DT = 1.0 / 60.0
_SOURCE, _TEMPLATE = "/World/envs/env_0/Robot", "/World/envs/env_{}/Robot"


def run(options: argparse.Namespace) -> Report:
    """Measure with ``options.num_envs`` ants."""
    count = int(options.num_envs)
    report = Report(f"Physics of {count} ants, {_SUBSTEPS} substeps")
    plays(report, min(count, _PLAYED))
    steps_on_cpu(report, count)
    if torch.cuda.is_available() and importlib.util.find_spec("mujoco_warp") is not None:
        steps_on_cuda(report, count)
        hands_on_cuda(report, HANDS if count >= _PLAYED else count)
    return report


def plays(report: Report, count: int) -> None:
    """Measure play to the end of the first step, and what many plays leave behind."""
    with _ants(count) as sim:
        times = [_play(sim) for _ in range(10)]  # the last ones fill what allocators keep
        report.add(f"play and first step, {count}", times[0], "ms", FIRST_PLAY)
        report.add("again", statistics.median(times[1:]), "ms", NEXT_PLAYS)
        gc.collect()
        before = _memory()
        for _ in range(_PLAYS):
            _play(sim)
        gc.collect()
        report.add(f"{_PLAYS} plays, memory", _memory() - before, "MB", GROWTH, note="added")


def steps_on_cpu(report: Report, count: int, blocks: int = 12) -> None:
    """Compare a step with Fabric rows with the step of a bare batch."""
    with _ants(count) as sim:
        sim.play()
        engine = sim.backend
        assert isinstance(engine, MujocoBackend)
        group = engine.groups[0]
        assert isinstance(group, RecipeBatch)

        def bare() -> Step:
            # A new one from our states each time, so that both step through the same contacts.
            threads = group.batch.nthread
            return batch_loop(group.translation.model, group.batch.state, threads, _SUBSTEPS)

        for _ in range(20):
            sim.step(render=False)
        ratios: list[float] = []
        unclocked_ratios: list[float] = []
        own: list[float] = []
        for _ in range(blocks):
            other = _block(bare())
            own.append(_block(lambda: sim.step(render=False)))
            ratios.append(other / own[-1])
            with unclocked():
                unclocked_ratios.append(_block(bare()) / own[-1])
        report.add("step on the CPU", statistics.median(own) * 1e3, "ms", note="with Fabric rows")
        ratio = statistics.median(ratios)
        report.add("against the bare Batch", ratio, "×", CPU_RATIO, better="higher")
        ratio = statistics.median(unclocked_ratios)
        report.add("against it without its clock", ratio, "×", note="as we step")


def steps_on_cuda(report: Report, count: int) -> None:
    """Compare ants that come from USD with mujoco_warp's own loop."""
    with _ants(count, "mujoco_warp", "cuda:0") as sim:
        _play(sim)  # compiles and loads the kernels
        report.add("CUDA: ants, play and first step", _play(sim), "ms")
        sim.play()
        engine = sim.backend
        assert isinstance(engine, MujocoWarpBackend)
        group = engine.groups[0]
        assert isinstance(group, WarpGroup)
        for _ in range(60):
            sim.step(render=False)
        _against_warp(report, "ants", group, lambda: sim.step(render=False), engine.matrices)
    if importlib.util.find_spec("newton") is not None:
        step, wait = newton_loop(robot_file("ant"), count, "cuda:0", _SUBSTEPS)
        for _ in range(60):
            step()
        wait()
        seconds = _block(step, 200, wait)
        report.add(f"CUDA: Newton's loop, {count} ants", seconds * 1e3, "ms", note="no rows")
        report.add("environment steps", count / seconds / 1e6, "million/s")


def hands_on_cuda(report: Report, count: int) -> None:
    """Compare hands that come as MJCF with mujoco_warp's own loop."""
    path = _hand()
    if path is None:
        return
    places = places_of_mjcf(str(path), count)
    per_env = len(places.translation.bodies)
    rows = count * per_env
    templates = tuple(f"/World/envs/env_{{}}/body_{i}" for i in range(per_env))
    paths = PathTable(
        templates,
        np.tile(np.arange(per_env, dtype=np.int32), count),
        np.repeat(places.env_ids, per_env),
    )
    own = np.arange(rows, dtype=np.int32)
    hierarchy = RowHierarchy(own, np.full(rows, -1, np.int32), own)
    fabric = FabricStore(paths, hierarchy)
    capacity = Capacity.of(places.translation.model, count)

    def make() -> tuple[WarpGroup, torch.Tensor]:
        matrices = torch.zeros((rows, 4, 4), dtype=torch.float64, device="cuda:0")
        group = WarpGroup(places, "cuda:0", capacity, matrices)
        group.step(_DT / _SUBSTEPS, _SUBSTEPS)
        return group, matrices

    capacity = make()[0].capacity
    start = time.perf_counter()
    group, matrices = make()
    report.add(
        f"CUDA: {count} hands, model to first step",
        (time.perf_counter() - start) * 1e3,
        "ms",
        FIRST_STEP,
        note=f"{rows:,} rows",
    )
    hands = _Hands(matrices, group)
    writer = DevicePoseWriter(fabric, np.arange(rows), hands)
    number = iter(range(1, 1 << 30))

    def step() -> None:
        group.step(_DT / _SUBSTEPS, _SUBSTEPS)
        assert hands.all_finite
        writer.write(next(number))

    for _ in range(60):
        step()
    _against_warp(report, "hands", group, step, matrices)


@dataclass(frozen=True)
class _Hands:
    """What ``DevicePoseWriter`` asks of an engine."""

    matrices: torch.Tensor
    group: WarpGroup

    @property
    def all_finite(self) -> bool:
        return self.group.finite


def _against_warp(
    report: Report, what: str, group: WarpGroup, step: Step, matrices: torch.Tensor
) -> None:
    ratios: list[float] = []
    own: list[float] = []
    model, count = group.translation.model, len(group.env_ids)
    qpos = group.read("qpos")
    bare, wait = warp_loop(model, qpos, group.capacity, "cuda:0", _SUBSTEPS)
    for _ in range(60):
        bare()
    for _ in range(10):
        wait()
        other = _block(bare, 50, wait)
        own.append(_block(step, 50, wait))
        ratios.append(other / own[-1])
    seconds = statistics.median(own)
    report.add(f"CUDA: step of {count} {what}", seconds * 1e3, "ms", note="with rows")
    report.add("environment steps", count / seconds / 1e6, "million/s")
    ratio = statistics.median(ratios)
    report.add("against mujoco_warp's loop", ratio, "×", CUDA_RATIO, better="higher")
    report.add(f"compare {len(matrices):,} rows", _compare(matrices), "ms", COMPARE)


def _compare(matrices: torch.Tensor) -> float:
    """Return how long the comparison of all rows takes on the device [ms]."""
    other = matrices.clone()
    other[::3, 3, 0] += 0.01
    compare = TensorComparison(matrices, other, Tolerance())
    begin, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
    times: list[float] = []
    for _ in range(20):
        begin.record()
        compare()
        end.record()
        end.synchronize()
        times.append(begin.elapsed_time(end))
    return statistics.median(times)


def _block(step: Step, steps: int = 4, wait: Callable[[], None] | None = None) -> float:
    """Return the mean time of a step [s]; the first one is not counted."""
    step()
    if wait is not None:
        wait()
    start = time.perf_counter()
    for _ in range(steps):
        step()
    if wait is not None:
        wait()
    return (time.perf_counter() - start) / steps


def _play(sim: SimulationContext) -> float:
    """Return the time from play to the end of the first step [ms]; stopped afterwards."""
    start = time.perf_counter()
    sim.play()
    sim.step(render=False)
    seconds = time.perf_counter() - start
    sim.stop()
    return seconds * 1e3


class _ants:  # noqa: N801 reads like the function that it stands for
    """A simulation of cloned ants on a plane, for a ``with`` block."""

    def __init__(self, count: int, engine: str = "mujoco", device: str = "") -> None:
        self._count = count
        self._cfg = SimulationCfg(physics=PhysicsCfg(backend=engine, device=device))

    def __enter__(self) -> SimulationContext:
        stage, plan = ant_scene(self._count)
        self._current = use_stage(stage)
        self._current.__enter__()
        sim = SimulationContext(self._cfg)
        sim.set_clone_plan(plan)
        _ = sim.tables
        return sim

    def __exit__(self, *error: object) -> None:
        SimulationContext.clear_instance()
        self._current.__exit__(None, None, None)


def ant_scene(count: int) -> tuple[Usd.Stage, ClonePlan]:
    """Return ants above a plane and the plan that made them."""
    stage = Usd.Stage.CreateInMemory()
    UsdPhysics.Scene.Define(stage, "/physicsScene")
    plane = UsdGeom.Plane.Define(stage, "/World/ground")
    plane.CreateAxisAttr("Z")
    UsdPhysics.CollisionAPI.Apply(plane.GetPrim())
    UsdGeom.Xform.Define(stage, "/World/envs/env_0")
    robot = stage.DefinePrim(_SOURCE)
    robot.GetReferences().AddReference(robot_file("ant"))
    UsdGeom.XformCommonAPI(robot).SetTranslate((0.0, 0.0, 0.6))
    layer = stage.Flatten()
    stage = Usd.Stage.Open(layer)
    positions, turns = grid_transforms(count, 4.0)
    roots, template = ["/World/envs/env_0"], ["/World/envs/env_{}"]
    usd_replicate(stage, roots, template, range(count), positions=positions, mode="reference")
    poses = torch.cat([positions, turns], dim=1)
    mask = torch.ones(1, count, dtype=torch.bool)
    return stage, ClonePlan((_SOURCE,), (_TEMPLATE,), mask, poses)


def _hand() -> Path | None:
    """Return the MJCF file of the Shadow Hand, when gymnasium-robotics is installed."""
    found = importlib.util.find_spec("gymnasium_robotics")
    if found is None or not found.submodule_search_locations:
        return None
    path = Path(found.submodule_search_locations[0]) / "envs/assets/hand/reach.xml"
    return path if path.is_file() else None


def _memory() -> float:
    """Return the memory of this process now [MB]."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / 1e6
