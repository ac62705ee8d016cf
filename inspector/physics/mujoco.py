"""MuJoCo on the CPU: one ``mujoco.batch.Batch`` per recipe, all environments in one call."""

from __future__ import annotations

from inspector.physics.backend import PhysicsSettings, Progress
from inspector.physics.recipe_backend import RecipeBackend
from inspector.physics.recipe_batch import RecipeBatch
from inspector.physics.recipe_group import RecipeGroup
from inspector.physics.recipe_start import RecipePlaces
from inspector.physics.registry import mujoco_physics_replicate

__all__ = ["MujocoBackend", "mujoco_physics_replicate"]


class MujocoBackend(RecipeBackend):
    """The CPU default. Every environment is a world of its own and meets only what is global."""

    name = "MuJoCo"
    device = "cpu"

    def _check(self, settings: PhysicsSettings) -> None:
        if settings.device != "cpu":
            raise ValueError(f"device must be 'cpu' for MuJoCo on the CPU, got {settings.device!r}")

    def _make_groups(
        self, places: list[RecipePlaces], progress: Progress | None
    ) -> list[RecipeGroup]:
        del progress
        return [RecipeBatch(each) for each in places]
