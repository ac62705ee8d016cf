"""MuJoCo on the CPU: one ``mujoco.batch.Batch`` per recipe, all environments in one call."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np

from inspector.physics.backend import PhysicsSettings, Progress
from inspector.physics.mujoco_clock import unclocked
from inspector.physics.poses import Floats
from inspector.physics.recipe_backend import RecipeBackend
from inspector.physics.recipe_batch import MatrixChunk, RecipeBatch
from inspector.physics.recipe_group import RecipeGroup
from inspector.physics.recipe_start import RecipePlaces
from inspector.physics.registry import mujoco_physics_replicate

__all__ = ["MujocoBackend", "mujoco_physics_replicate"]

_THREADS = min(os.cpu_count() or 1, 4)
"""Threads that make matrices; more would wait for memory."""


class MujocoBackend(RecipeBackend):
    """The CPU default. Every environment is a world of its own and meets only what is global."""

    name = "MuJoCo"
    device = "cpu"

    def __init__(self) -> None:
        super().__init__()
        self._batches: list[RecipeBatch] = []
        self._shares: list[_Share] = []

    @property
    def all_finite(self) -> bool:
        """Whether every pose is surely finite, see ``HostMatrices``."""
        with np.errstate(over="ignore", invalid="ignore"):
            return all(batch.all_finite() for batch in self._batches)

    def step(self, dt: float, substeps: int) -> None:
        """Advance every environment by ``dt`` [s], see ``PhysicsBackend``.

        Raises:
            SimulationNotPlayingError: The engine was closed by stop.
        """
        with unclocked():
            super().step(dt, substeps)

    def each_matrices(self, take: Callable[[slice, Floats], None]) -> None:
        """Hand out the world matrices of all bodies, see ``HostMatrices``."""
        for batch in self._batches:
            batch.begin_matrices()
        with unclocked():
            self._run_together([partial(share.hand_out, take) for share in self._shares])
        for batch in self._batches:
            batch.end_matrices()

    def close(self) -> None:
        """Free everything."""
        self._batches, self._shares = [], []
        super().close()

    def _check(self, settings: PhysicsSettings) -> None:
        if settings.device != "cpu":
            raise ValueError(f"device must be 'cpu' for MuJoCo on the CPU, got {settings.device!r}")

    def _make_groups(
        self, places: list[RecipePlaces], progress: Progress | None
    ) -> list[RecipeGroup]:
        del progress
        self._batches = [RecipeBatch(each) for each in places]
        chunks: list[MatrixChunk] = []
        start = 0
        for batch in self._batches:
            for chunk in batch.matrix_chunks():
                rows = slice(start + chunk.rows.start, start + chunk.rows.stop)
                chunks.append(replace(chunk, rows=rows))
            start += batch.rows
        shares = [chunks[first::_THREADS] for first in range(_THREADS)]
        self._shares = [_Share(share) for share in shares if share]
        return list[RecipeGroup](self._batches)


class _Share:
    """What one thread makes, in memory of its own."""

    def __init__(self, chunks: list[MatrixChunk]) -> None:
        self._chunks = chunks
        self._block = np.zeros((max(chunk.room for chunk in chunks), 4, 4))
        self._block[:, 3, 3] = 1.0

    def hand_out(self, take: Callable[[slice, Floats], None]) -> None:
        with np.errstate(over="ignore", invalid="ignore"):
            for chunk in self._chunks:
                chunk.write(self._block[: chunk.room])
                take(chunk.rows, self._block[: chunk.rows.stop - chunk.rows.start])
