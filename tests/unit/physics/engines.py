"""The engines that share one protocol, for tests that every one of them must pass."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass, replace

import numpy as np
import pytest
import torch

from inspector.physics.backend import BodyTable, PhysicsBackend, PhysicsSettings
from inspector.sim.backends import make_backend


@dataclass(frozen=True)
class Engine:
    """An engine with its solver, and how far single precision and its method may lead it away.

    Attributes:
        backend: Name of the engine.
        solver: Solver.
        needs: Modules without which it is skipped.
        rounding: Error of a pose [m].
        resting: Error of a height at rest [m].
        pushing: Relative error of a contact force.
        device: Where it steps.
        repeating: How far the same steps may end from each other [m]: threads of a GPU add up
            Newton's contacts in the order in which they come.
    """

    backend: str
    solver: str = "auto"
    needs: tuple[str, ...] = ()
    rounding: float = 1e-9
    resting: float = 1e-6
    pushing: float = 0.01
    device: str = "cpu"
    repeating: float = 0.0

    def play(self, stage, plan=None, **settings) -> tuple[PhysicsBackend, BodyTable]:
        for module in self.needs:
            if importlib.util.find_spec(module) is None:
                pytest.skip(f"{self.backend} needs the package {module}")
        backend = make_backend(self.backend)
        chosen = PhysicsSettings(solver=self.solver, device=self.device, **settings)
        return backend, backend.build(stage, plan, chosen)

    def assert_repeated(self, found, expected) -> None:
        """Check poses of the same steps: the same bits, but for what a GPU may add up otherwise."""
        np.testing.assert_allclose(found, expected, rtol=0, atol=self.repeating)


MUJOCO = Engine("mujoco")
MUJOCO_WARP = Engine("mujoco_warp", "auto", ("mujoco_warp",), 2e-6, 1e-3, 0.05)
NEWTON_MUJOCO = Engine("newton", "mujoco", ("newton", "mujoco_warp"), 2e-6, 1e-3, 0.05)
NEWTON_XPBD = Engine("newton", "xpbd", ("newton",), 2e-6, 2e-3, 0.3)

DEVICES = ["cpu", *(["cuda:0"] if torch.cuda.is_available() else [])]


def on_devices(engine: Engine, name: str, repeating: float, *marks: pytest.MarkDecorator):
    """Return the engine on each device that this machine has, for ``parametrize``."""
    params = [pytest.param(engine, id=name, marks=marks)]
    for device in DEVICES[1:]:
        there = replace(engine, device=device, repeating=repeating)
        params.append(pytest.param(there, id=f"{name}-cuda", marks=(*marks, pytest.mark.cuda)))
    return params


XPBD_ENGINES = on_devices(NEWTON_XPBD, "newton-xpbd", 1e-3, pytest.mark.newton)

ENGINES = [
    pytest.param(MUJOCO, id="mujoco"),
    *on_devices(MUJOCO_WARP, "mujoco_warp", 0.0),
    *on_devices(NEWTON_MUJOCO, "newton-mujoco", 1e-4, pytest.mark.newton),
    *XPBD_ENGINES,
]
