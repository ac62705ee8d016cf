"""The engines that share one protocol, for tests that every one of them must pass."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass

import pytest

from inspector.physics.backend import BodyTable, PhysicsBackend, PhysicsSettings
from inspector.sim.backends import make_backend


@dataclass(frozen=True)
class Engine:
    """An engine on the CPU with its solver, and how far single precision and its method may lead it away.

    Attributes:
        backend: Name of the engine.
        solver: Solver.
        needs: Modules without which it is skipped.
        rounding: Error of a pose [m].
        resting: Error of a height at rest [m].
        pushing: Relative error of a contact force.
    """

    backend: str
    solver: str = "auto"
    needs: tuple[str, ...] = ()
    rounding: float = 1e-9
    resting: float = 1e-6
    pushing: float = 0.01

    def play(self, stage, plan=None, **settings) -> tuple[PhysicsBackend, BodyTable]:
        for module in self.needs:
            if importlib.util.find_spec(module) is None:
                pytest.skip(f"{self.backend} needs the package {module}")
        backend = make_backend(self.backend)
        return backend, backend.build(stage, plan, PhysicsSettings(solver=self.solver, **settings))


MUJOCO = Engine("mujoco")
MUJOCO_WARP = Engine("mujoco_warp", "auto", ("mujoco_warp",), 2e-6, 1e-3, 0.05)
NEWTON_MUJOCO = Engine("newton", "mujoco", ("newton", "mujoco_warp"), 2e-6, 1e-3, 0.05)
NEWTON_XPBD = Engine("newton", "xpbd", ("newton",), 2e-6, 2e-3, 0.3)

ENGINES = [
    pytest.param(MUJOCO, id="mujoco"),
    pytest.param(MUJOCO_WARP, id="mujoco_warp"),
    pytest.param(NEWTON_MUJOCO, id="newton-mujoco", marks=pytest.mark.newton),
    pytest.param(NEWTON_XPBD, id="newton-xpbd", marks=pytest.mark.newton),
]
