"""Settings of the simulation, as a value for the window and as an edit of the running one.

Belongs here: what of ``SimulationCfg`` a user changes. A stage's own settings (gravity, units) are
attributes of its prims and edited like any other attribute.
"""

from __future__ import annotations

from dataclasses import asdict, fields, replace
from typing import TYPE_CHECKING

from inspector.errors import EditRefusedError, MissingDependencyError
from inspector.session.edits import SettingsEdit
from inspector.session.snapshot import SimulationSettings

if TYPE_CHECKING:
    from inspector.sim.simulation_cfg import SimulationCfg
    from inspector.sim.simulation_context import SimulationContext

_RUN_ANYWHERE = {"mujoco_warp", "newton"}


def settings_of(sim: SimulationContext) -> SimulationSettings:
    """Return the settings of a simulation."""
    cfg, engine = sim.cfg, sim.cfg.engine
    return SimulationSettings(
        cfg.dt, engine.substeps, cfg.use_fabric, engine.backend, engine.solver, cfg.device
    )


def change_settings(edit: SettingsEdit, sim: SimulationContext) -> SettingsEdit:
    """Change the settings of a stopped simulation.

    Args:
        edit: What to change.
        sim: The simulation.

    Returns:
        The inverse edit.

    Raises:
        EditRefusedError: A value is out of range, or the machine cannot do it; nothing changed.
    """
    before = settings_of(sim)
    try:
        sim.cfg = _changed(edit, sim)
    except (ValueError, MissingDependencyError) as error:
        raise EditRefusedError(str(error)) from error
    return SettingsEdit(**asdict(before))


def check_change(edit: SettingsEdit, sim: SimulationContext) -> None:
    """Refuse what ``change_settings`` would refuse; it may play.

    Args:
        edit: What to change.
        sim: The simulation.

    Raises:
        EditRefusedError: A value is out of range, or the machine cannot do it.
    """
    try:
        sim.check_cfg(_changed(edit, sim))
    except (ValueError, MissingDependencyError) as error:
        raise EditRefusedError(str(error)) from error


def _changed(edit: SettingsEdit, sim: SimulationContext) -> SimulationCfg:
    """Return the settings after an edit, not checked."""
    changes = {
        field.name: getattr(edit, field.name)
        for field in fields(edit)
        if getattr(edit, field.name) is not None
    }
    wanted = replace(settings_of(sim), **changes)
    return sim.cfg.replace(
        dt=wanted.dt,
        use_fabric=wanted.use_fabric,
        device=wanted.device,
        physics=sim.cfg.engine.replace(
            backend=wanted.backend,
            solver=wanted.solver,
            substeps=wanted.substeps,
            # An engine that runs anywhere runs where the user sees that it does.
            device=wanted.device if wanted.backend in _RUN_ANYWHERE else "",
        ),
    )
