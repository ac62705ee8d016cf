"""A simulation for the length of a ``with`` block, for tests and small scripts."""

from __future__ import annotations

import contextlib
from collections.abc import Generator

from inspector.sim.simulation_cfg import SimulationCfg
from inspector.sim.simulation_context import SimulationContext
from inspector.usd import stage as stage_utils


@contextlib.contextmanager
def build_simulation_context(
    create_new_stage: bool = True,
    gravity_enabled: bool = True,
    device: str = "cpu",
    dt: float = 0.01,
    sim_cfg: SimulationCfg | None = None,
    add_ground_plane: bool = False,
    add_lighting: bool = False,
) -> Generator[SimulationContext]:
    """Yield a context for a test and clear it afterwards, also after a failure.

    Args:
        create_new_stage: Start from an empty stage.
        gravity_enabled: Without, gravity is zero; ignored with ``sim_cfg``.
        device: Device; ignored with ``sim_cfg``.
        dt: Time step [s]; ignored with ``sim_cfg``.
        sim_cfg: All settings at once.
        add_ground_plane: Spawn a ground plane at ``/World/defaultGroundPlane``.
        add_lighting: Spawn a dome light at ``/World/defaultDomeLight``.

    Yields:
        The context, stopped.
    """
    if create_new_stage:
        stage_utils.create_new_stage()
    if sim_cfg is None:
        gravity = (0.0, 0.0, -9.81) if gravity_enabled else (0.0, 0.0, 0.0)
        sim_cfg = SimulationCfg(dt=dt, device=device, gravity=gravity)
    context = SimulationContext(sim_cfg)
    try:
        with stage_utils.use_stage(context.stage):
            _spawn_surroundings(ground=add_ground_plane, light=add_lighting)
            yield context
    finally:
        SimulationContext.clear_instance()


def _spawn_surroundings(*, ground: bool, light: bool) -> None:
    from inspector.sim.spawners import DomeLightCfg, GroundPlaneCfg

    if ground:
        ground_cfg = GroundPlaneCfg()
        ground_cfg.func("/World/defaultGroundPlane", ground_cfg)
    if light:
        light_cfg = DomeLightCfg(intensity=2000.0)
        light_cfg.func("/World/defaultDomeLight", light_cfg)
