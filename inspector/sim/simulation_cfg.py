"""Settings of the simulation; frozen from play to stop.

Belongs here: the fields, their defaults and their checks. What they do is in
``simulation_context``.
"""

from __future__ import annotations

import math
import numbers
import re
from dataclasses import field
from typing import Any

from inspector.errors import SimulationStateError
from inspector.sim.spawners.materials import RigidBodyMaterialCfg
from inspector.utils.configclass import Config, configclass

BACKENDS = ("auto", "mujoco", "mujoco_warp", "newton")
"""Names that ``PhysicsCfg.backend`` accepts."""

SOLVERS = ("auto", "mujoco", "xpbd")
"""Names that ``PhysicsCfg.solver`` accepts."""

_FROZEN = "__frozen"
_DEVICE = re.compile(r"cpu|cuda(:\d+)?")


class _Freezable(Config):
    """Settings that refuse to change while a simulation uses them."""

    def __setattr__(self, name: str, value: Any) -> None:
        """Set a field.

        Args:
            name: Field.
            value: New value.

        Raises:
            SimulationStateError: If a simulation is between play and stop.
        """
        if vars(self).get(_FROZEN, False):
            raise SimulationStateError(
                f"'{name}' is frozen from play to stop.", todo="Stop the simulation first."
            )
        super().__setattr__(name, value)

    def __getstate__(self) -> dict[str, Any]:
        """Return what a copy receives: a copy of frozen settings is free."""
        return {key: value for key, value in vars(self).items() if key != _FROZEN}


@configclass
class PhysicsCfg(_Freezable):
    """Which physics engine, and how finely it steps.

    Newton has two solvers: ``"mujoco"`` for articulations, one model for all environments that
    received the same sources, and ``"xpbd"`` for many different shapes, particles and cloth.
    ``"auto"`` takes ``"xpbd"`` when the stage has particles or cloth, and else ``"mujoco"``.
    A solver by name takes Newton where the engine is left open.

    Attributes:
        backend: ``"auto"`` (the best that is installed), ``"mujoco"``, ``"mujoco_warp"`` or
            ``"newton"``.
        device: Device of the dynamics, such as ``"cpu"`` or ``"cuda:0"``; empty for what suits the
            engine, the machine and the device of the tensors.
        substeps: Solver steps per simulation step.
        seed: Seed of whatever is random in the engine.
        solver: Newton's solver: ``"auto"``, ``"mujoco"`` or ``"xpbd"``; other engines have one.
    """

    backend: str = "auto"
    device: str = ""
    substeps: int = 4
    seed: int = 0
    solver: str = "auto"


@configclass
class SimulationCfg(_Freezable):
    """Settings of a ``SimulationContext``.

    Attributes:
        dt: Time that one step advances [s].
        device: Device of the tensors that scripts read, such as ``"cpu"`` or ``"cuda:0"``.
        gravity: Gravity [m/s²] with z up; it is turned to the stage's up axis.
        render_interval: Physics steps per rendered step.
        use_fabric: Write poses to Fabric while playing; otherwise to USD.
        create_stage_in_memory: Work on a stage that no window shows until it is attached.
        physics_prim_path: Where the PhysicsScene is authored when the stage has none.
        physics_material: Material of colliders that have none.
        physics: Engine and substeps; a plain string names the engine.
    """

    dt: float = 1.0 / 60.0
    device: str = "cpu"
    gravity: tuple[float, float, float] = (0.0, 0.0, -9.81)
    render_interval: int = 1
    use_fabric: bool = True
    create_stage_in_memory: bool = False
    physics_prim_path: str = "/physicsScene"
    physics_material: RigidBodyMaterialCfg = field(default_factory=RigidBodyMaterialCfg)
    physics: PhysicsCfg | str = field(default_factory=PhysicsCfg)

    def __post_init__(self) -> None:
        if isinstance(self.physics, str):
            self.physics = PhysicsCfg(backend=self.physics)

    @property
    def engine(self) -> PhysicsCfg:
        """The engine's settings, also when ``physics`` was set to a name."""
        return PhysicsCfg(backend=self.physics) if isinstance(self.physics, str) else self.physics


def check_settings(cfg: SimulationCfg) -> None:
    """Check every value before anything is authored.

    Args:
        cfg: Settings to check.

    Raises:
        ValueError: A value is out of range; the message names the setting.
        TypeError: ``physics`` names no engine.
    """
    if not (_finite(cfg.dt) and cfg.dt > 0):
        raise ValueError(f"dt must be a positive time in seconds, got {cfg.dt!r}.")
    if not (_is_sequence(cfg.gravity, 3) and all(map(_finite, cfg.gravity))):
        raise ValueError(f"gravity must be three finite numbers in m/s², got {cfg.gravity!r}.")
    if not _counts(cfg.render_interval):
        raise ValueError(f"render_interval must be at least 1, got {cfg.render_interval!r}.")
    if not _DEVICE.fullmatch(str(cfg.device)):
        raise ValueError(f"device must be 'cpu', 'cuda' or 'cuda:<n>', got '{cfg.device}'.")
    if not isinstance(cfg.physics, (PhysicsCfg, str)):
        raise TypeError(f"physics must be a PhysicsCfg or an engine's name, got {cfg.physics!r}.")
    if not cfg.physics_prim_path.startswith("/") or len(cfg.physics_prim_path) < 2:
        raise ValueError(
            f"physics_prim_path must be an absolute prim path, got '{cfg.physics_prim_path}'."
        )
    _check_engine(cfg.engine)


def _check_engine(engine: PhysicsCfg) -> None:
    if engine.backend not in BACKENDS:
        raise ValueError(
            f"physics names the engine '{engine.backend}'; choose from {', '.join(BACKENDS)}."
        )
    if engine.device and not _DEVICE.fullmatch(str(engine.device)):
        raise ValueError(
            f"physics.device must be empty, 'cpu', 'cuda' or 'cuda:<n>', got '{engine.device}'."
        )
    if engine.solver not in SOLVERS:
        raise ValueError(f"physics.solver is '{engine.solver}'; choose from {', '.join(SOLVERS)}.")
    if engine.solver != "auto" and engine.backend.startswith("mujoco"):
        raise ValueError(
            f"physics.solver '{engine.solver}' is one of Newton's, and the engine "
            f"'{engine.backend}' has no choice of solvers. Choose the engine 'newton', or "
            "physics.solver='auto'."
        )
    if not _counts(engine.substeps):
        raise ValueError(
            f"physics.substeps must be a whole number from 1, got {engine.substeps!r}."
        )


def _finite(value: Any) -> bool:
    return isinstance(value, numbers.Real) and math.isfinite(value)


def _counts(value: Any) -> bool:
    return isinstance(value, numbers.Integral) and int(value) >= 1


def _is_sequence(value: Any, length: int) -> bool:
    return hasattr(value, "__len__") and len(value) == length


def set_frozen(cfg: SimulationCfg, *, frozen: bool) -> None:
    """Freeze the settings at play and free them at stop.

    Args:
        cfg: Settings of the running simulation.
        frozen: Whether changing them raises.
    """
    for part in (cfg, cfg.physics, cfg.physics_material):
        if isinstance(part, _Freezable):
            vars(part)[_FROZEN] = frozen
