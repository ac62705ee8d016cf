"""Engines' own loops on our models, without anything of ours: what benchmarks hold ours against."""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inspector.physics.kernel_cache import configure_warp
from inspector.physics.native import MjModel, mujoco, mujoco_batch
from inspector.physics.poses import xyzw
from inspector.physics.recipe_start import RecipePlaces
from inspector.physics.units import StageUnits
from inspector.physics.usd_to_mjspec.translate import Translation
from inspector.physics.warp_capacity import Capacity
from inspector.physics.warp_group import for_device, new_data

_DT = 1.0 / 60.0
Step = Callable[[], None]
"""Advances every environment by one step."""


def batch_loop(model: MjModel, state: NDArray[np.float64], threads: int, substeps: int) -> Step:
    """Return the step of a bare ``mujoco.batch.Batch``.

    Args:
        model: The model.
        state: States to begin with, shape [e, s].
        threads: Threads that step.
        substeps: Solver steps per step.
    """
    batch: Any = mujoco_batch.Batch(model, len(state), threads)
    batch.state[:] = state

    def step() -> None:
        batch.step(nstep=substeps)

    return step


def warp_loop(
    model: MjModel, qpos: NDArray[np.float64], capacity: Capacity, device: str, substeps: int
) -> tuple[Step, Step]:
    """Return the step of mujoco_warp's own loop, one CUDA graph, and what waits for its end.

    Args:
        model: The model.
        qpos: Coordinates to begin with, shape [e, nq].
        capacity: Room for contacts and constraints.
        device: Device that steps.
        substeps: Solver steps per step.
    """
    warp = configure_warp(device)
    engine: Any = importlib.import_module("mujoco_warp")
    mjm = for_device(model)
    with warp.ScopedDevice(device):
        on_device = engine.put_model(mjm)
        on_device.opt.warn_overflow = 0
        data = new_data(mjm, len(qpos), capacity, engine)
        warp.copy(data.qpos, warp.array(qpos.astype(np.float32), dtype=float))

        def launch() -> None:
            for _ in range(substeps):
                engine.step(on_device, data)

        launch()
        with warp.ScopedCapture() as capture:
            launch()

    return _replay(warp, capture.graph, device, kept=[on_device, data])


def places_of_mjcf(path: str, num_envs: int, spacing: float = 2.0) -> RecipePlaces:
    """Return environments of a robot that comes as MJCF, in a row along x.

    Args:
        path: MJCF file.
        num_envs: Number of environments.
        spacing: Distance between neighbours [m].
    """
    spec = mujoco.MjSpec.from_file(path)
    model = spec.compile()
    model.opt.timestep = 1.0 / 240.0
    data = mujoco.MjData(model)
    mujoco.mj_forward(model, data)
    count = model.nbody - 1
    poses = np.concatenate([data.xpos[1:], xyzw(data.xquat[1:])], axis=1)
    frames = np.zeros((num_envs, 7))
    frames[:, 0], frames[:, 6] = spacing * np.arange(num_envs), 1.0
    none = np.empty(0, np.int64)
    translation = Translation(
        model=model,
        bodies=tuple(f"/World/envs/env_0/{model.body(i + 1).name}" for i in range(count)),
        kinematic=model.body_mocapid[1:] >= 0,
        free=none,
        free_address=none,
        welded=none,
        poses=poses,
        joints=(),
        controls=np.zeros(model.nu),
        positions=np.array(model.qpos0),
        velocities=np.zeros(model.nv),
        globals_body=-1,
    )
    units = StageUnits(meters=1.0, kilograms=1.0, z_up=np.array([0.0, 0.0, 0.0, 1.0]))
    return RecipePlaces(
        translation,
        np.arange(num_envs, dtype=np.int32),
        frames,
        np.tile(poses, (num_envs, 1, 1)),
        units,
        np.array(model.opt.gravity),
    )


def newton_loop(usd: str, num_envs: int, device: str, substeps: int) -> tuple[Step, Step]:
    """Return the step of Newton's own loop with its MuJoCo solver, and what waits for its end.

    Args:
        usd: Robot, read by Newton's own importer.
        num_envs: Number of worlds.
        device: Device that steps.
        substeps: Solver steps per step.
    """
    warp = configure_warp(device)
    newton: Any = importlib.import_module("newton")
    robot = newton.ModelBuilder()
    newton.solvers.SolverMuJoCo.register_custom_attributes(robot)
    robot.add_usd(usd)
    builder = newton.ModelBuilder()
    newton.solvers.SolverMuJoCo.register_custom_attributes(builder)
    builder.replicate(robot, num_envs)
    builder.add_ground_plane()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it asks for the MuJoCo of its own extras
        model = builder.finalize(device=device)
        solver = newton.solvers.SolverMuJoCo(model, njmax=96, nconmax=64)
    states = [model.state(), model.state()]
    control = model.control()
    newton.eval_fk(model, model.joint_q, model.joint_qd, states[0])

    def launch() -> None:
        for _ in range(substeps):
            states[0].clear_forces()
            solver.step(states[0], states[1], control, None, _DT / substeps)
            states.reverse()

    launch()
    with warp.ScopedCapture(warp.get_device(device)) as capture:
        launch()

    return _replay(warp, capture.graph, device, kept=[model, solver, states, control])


def _replay(warp: Any, graph: Any, device: str, kept: list[Any]) -> tuple[Step, Step]:
    """Return what launches a graph and what waits; it holds addresses in the memory of ``kept``."""

    def step() -> None:
        if kept:
            warp.capture_launch(graph)

    def wait() -> None:
        warp.synchronize_device(device)

    return step, wait
