"""Physics that goes wrong at a chosen step, in the state of the engine itself."""

from __future__ import annotations

import numpy as np
import pytest

from inspector.physics.mujoco import MujocoBackend


def break_step(monkeypatch: pytest.MonkeyPatch, number: int = 1) -> None:
    """Make the ``number``-th step from now leave a body of environment 0 nowhere, and only that."""
    count = 0
    real = MujocoBackend.step

    def advance(self: MujocoBackend, dt: float, substeps: int) -> None:
        nonlocal count
        real(self, dt, substeps)
        count += 1
        if count == number:
            group = next(g for g in self.groups if 0 in g.env_ids or len(self.groups) == 1)
            row = int(np.argmax(group.env_ids == 0))
            group.write("qpos", (row, 2), np.float64(np.nan))
            group.refresh()

    monkeypatch.setattr(MujocoBackend, "step", advance)
