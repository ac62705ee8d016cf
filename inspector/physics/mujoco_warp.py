"""MuJoCo's models on CUDA: one batch of worlds per recipe, stepped by mujoco_warp.

The models are those of the CPU engine; only what steps them differs. On the device ``"cpu"`` the
same code runs slowly, which is enough for tests.
"""

from __future__ import annotations

import hashlib
import importlib
from itertools import pairwise
from typing import Any

import numpy as np
import torch

from inspector.errors import MissingDependencyError
from inspector.physics.backend import PhysicsSettings, Progress
from inspector.physics.kernel_cache import compile_kernels
from inspector.physics.native import MjModel
from inspector.physics.recipe_backend import RecipeBackend
from inspector.physics.recipe_group import RecipeGroup
from inspector.physics.recipe_start import RecipePlaces
from inspector.physics.warp_capacity import Capacity
from inspector.physics.warp_group import WarpGroup, for_device, new_data
from inspector.utils.message import Message

_ROOM: dict[tuple[str, int], Capacity] = {}
"""Room that models turned out to need, by kernel key and number of environments."""


class MujocoWarpBackend(RecipeBackend):
    """MuJoCo on CUDA. Every environment is a world of its own and meets only what is global."""

    name = "MuJoCo Warp"

    def __init__(self) -> None:
        super().__init__()
        self.device = "cuda:0"
        self.matrices = torch.empty((0, 4, 4), dtype=torch.float64)
        self._keys: list[tuple[str, int]] = []
        self._worlds: list[WarpGroup] = []

    @property
    def messages(self) -> tuple[Message, ...]:
        """What could not be represented, and what happened since play."""
        return (*super().messages, *(note for group in self._worlds for note in group.messages))

    @property
    def all_finite(self) -> bool:
        """Whether every pose was finite after the last step."""
        return all(group.finite for group in self._worlds)

    def step(self, dt: float, substeps: int) -> None:
        """Advance every environment by ``dt`` [s]; the poses are those after the step.

        Raises:
            SimulationNotPlayingError: The engine was closed by stop.
        """
        self._require_built("step")
        for group in self._worlds:
            group.begin(dt / substeps, substeps)
        self.steps_begun += 1
        for group in self._worlds:
            group.finish()

    def close(self) -> None:
        """Free everything, the memory of the device included."""
        for key, group in zip(self._keys, self._worlds, strict=True):
            _ROOM[key] = group.capacity.joined(_ROOM.get(key))
        super().close()
        self._keys, self._worlds = [], []
        self.matrices = torch.empty((0, 4, 4), dtype=torch.float64)

    def _check(self, settings: PhysicsSettings) -> None:
        try:
            importlib.import_module("mujoco_warp")
        except ImportError as error:
            raise MissingDependencyError(
                "The engine 'mujoco_warp' is not installed.",
                todo="Install it: pip install 'scene-inspector[cuda]'.",
            ) from error
        if settings.device != "cpu" and not _exists(settings.device):
            raise ValueError(f"device '{settings.device}' is not available on this machine")
        self.device = settings.device

    def _make_groups(
        self, places: list[RecipePlaces], progress: Progress | None
    ) -> list[RecipeGroup]:
        rows = [len(each.env_ids) * len(each.translation.bodies) for each in places]
        offsets = [0, *np.cumsum(rows).tolist()]
        self.matrices = torch.zeros((offsets[-1], 4, 4), dtype=torch.float64, device=self.device)
        keys: list[tuple[str, int]] = []
        groups: list[WarpGroup] = []
        for each, (start, stop) in zip(places, pairwise(offsets), strict=True):
            model, count = each.translation.model, len(each.env_ids)
            sizes = kernel_key(model)
            capacity = _ROOM.get((sizes, count)) or Capacity.of(model, count)
            job = {"model": for_device(model), "rows": capacity.rows, "device": self.device}
            key = f"{sizes} {capacity.rows}"
            compile_kernels(step_once, job, key, self.device, progress)
            keys.append((sizes, count))
            groups.append(WarpGroup(each, self.device, capacity, self.matrices[start:stop]))
        self._keys, self._worlds = keys, groups
        return [*groups]


def kernel_key(model: MjModel) -> str:
    """Return what decides which kernels a model needs: its sizes, kinds and options."""
    sizes = [f"{n}={getattr(model, n)}" for n in sorted(dir(model)) if _is_size(model, n)]
    kinds = [
        np.unique(getattr(model, name)).tolist()
        for name in (
            "geom_type", "geom_condim", "jnt_type", "eq_type", "actuator_trntype",
            "actuator_gaintype", "actuator_biastype", "dof_treeid", "body_parentid",
        )
    ]  # fmt: skip
    option = model.opt
    options = [option.integrator, option.cone, option.solver, option.jacobian, option.disableflags]
    text = repr((sizes, kinds, [int(value) for value in options]))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def step_once(job: dict[str, Any]) -> None:
    """Make a model on a device and step it, so that its kernels are compiled.

    Args:
        job: The model, its constraint rows and the device.
    """
    warp: Any = importlib.import_module("warp")
    engine: Any = importlib.import_module("mujoco_warp")
    kernels: Any = importlib.import_module("inspector.physics.warp_kernels")
    with warp.ScopedDevice(job["device"]):
        warp.load_module(kernels)
        model = engine.put_model(job["model"])
        model.opt.warn_overflow = 0
        count = 2
        capacity = Capacity(128 * count, job["rows"])
        data = new_data(job["model"], count, capacity, engine)
        engine.step(model, data)
        engine.kinematics(model, data)
        engine.com_pos(model, data)
        engine.com_vel(model, data)
        warp.synchronize()


def _exists(device: str) -> bool:
    return int(device.partition(":")[2] or 0) < torch.cuda.device_count()


def _is_size(model: MjModel, name: str) -> bool:
    return name.startswith("n") and isinstance(getattr(model, name), int)
