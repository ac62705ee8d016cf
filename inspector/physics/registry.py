"""Worlds that a script registered for the next play; USD stays as it is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import ArrayLike
from pxr import Sdf, Usd

from inspector.cloner.plan import ClonePlan

_PLANS: list[tuple[Sdf.Layer, ClonePlan]] = []
"""Plans by the session layer of their stage: a layer handle knows when its stage is gone."""


def registered_plan(stage: Usd.Stage) -> ClonePlan | None:
    """Return the plan that was registered for a stage, or ``None``."""
    _PLANS[:] = [entry for entry in _PLANS if not entry[0].expired]
    layer = stage.GetSessionLayer()
    return next((plan for handle, plan in _PLANS if handle == layer), None)


def register_plan(stage: Usd.Stage, plan: ClonePlan | None) -> None:
    """Register the plan of a stage for its next plays; ``None`` forgets it."""
    layer = stage.GetSessionLayer()
    _PLANS[:] = [entry for entry in _PLANS if not entry[0].expired and entry[0] != layer]
    if plan is not None:
        _PLANS.append((layer, plan))


def mujoco_physics_replicate(
    stage: Usd.Stage,
    sources: Sequence[str],
    destinations: Sequence[str],
    env_ids: ArrayLike | torch.Tensor,
    mask: ArrayLike | torch.Tensor | None = None,
    positions: ArrayLike | torch.Tensor | None = None,
    quaternions: ArrayLike | torch.Tensor | None = None,
    device: str = "cpu",
) -> None:
    """Register one MuJoCo world per environment for the next play; authors nothing.

    A second call adds its rows to those of the first.

    Args:
        stage: Stage of the environments.
        sources: Prim paths, one per row.
        destinations: Templates with exactly one ``{}``, one per row.
        env_ids: Env ids of the mask's columns, shape [e].
        mask: Which rows go into which environments, bool, shape [s, e]; ``None`` for all.
        positions: Positions by env id, for environments without a prim, shape [*, 3].
        quaternions: Orientations (xyzw) by env id, shape [*, 4].
        device: Where the script works, ``"cpu"`` or a CUDA device; the arguments may be there. What
            steps the worlds is the choice of the simulation settings.

    Raises:
        TypeError: If the mask is not boolean.
        ValueError: If env ids are negative or repeated, or shapes do not fit, or the device is not
            there.
    """
    kind, _, number = device.partition(":")
    if device != "cpu" and (kind != "cuda" or int(number or 0) >= torch.cuda.device_count()):
        raise ValueError(f"device '{device}' is not available on this machine; use 'cpu'")
    register_worlds(stage, sources, destinations, env_ids, mask, positions, quaternions)


def register_worlds(
    stage: Usd.Stage,
    sources: Sequence[str],
    destinations: Sequence[str],
    env_ids: ArrayLike | torch.Tensor,
    mask: ArrayLike | torch.Tensor | None = None,
    positions: ArrayLike | torch.Tensor | None = None,
    quaternions: ArrayLike | torch.Tensor | None = None,
) -> None:
    """Register worlds for the next play, whichever engine plays them.

    Args:
        stage: Stage of the environments.
        sources: Prim paths, one per row.
        destinations: Templates with exactly one ``{}``, one per row.
        env_ids: Env ids of the mask's columns, shape [e].
        mask: Which rows go into which environments, bool, shape [s, e]; ``None`` for all.
        positions: Positions by env id, for environments without a prim, shape [*, 3].
        quaternions: Orientations (xyzw) by env id, shape [*, 4].

    Raises:
        TypeError: If the mask is not boolean.
        ValueError: If env ids are negative or repeated, or shapes do not fit.
    """
    ids = np.atleast_1d(np.asarray(_on_cpu(env_ids)))
    if len(ids) and (ids.min() < 0 or len(np.unique(ids)) != len(ids)):
        raise ValueError("env_ids must be different and not negative")
    shape = (len(sources), len(ids))
    cells = np.ones(shape, np.bool_) if mask is None else np.atleast_2d(np.asarray(_on_cpu(mask)))
    if cells.dtype != np.bool_:
        raise TypeError(f"mask must be bool, got {cells.dtype}")
    if cells.shape != shape:
        raise ValueError(f"mask must have shape {shape}, got {cells.shape}")
    before = registered_plan(stage)
    count = int(ids.max(initial=-1)) + 1
    if before is not None:
        count = max(count, before.num_envs)
    full = torch.zeros((len(sources), count), dtype=torch.bool)
    full[:, torch.as_tensor(ids, dtype=torch.long)] = torch.as_tensor(cells)
    poses = _poses(count, before, positions, quaternions)
    old_sources, old_destinations = (before.sources, before.destinations) if before else ((), ())
    if before is not None:
        old = torch.zeros((len(old_sources), count), dtype=torch.bool)
        old[:, : before.num_envs] = before.clone_mask
        full = torch.cat([old, full])
    plan = ClonePlan((*old_sources, *sources), (*old_destinations, *destinations), full, poses)
    register_plan(stage, plan)


def _on_cpu(values: ArrayLike | torch.Tensor) -> ArrayLike | torch.Tensor:
    return values.cpu() if isinstance(values, torch.Tensor) else values


def _poses(
    count: int,
    before: ClonePlan | None,
    positions: ArrayLike | torch.Tensor | None,
    quaternions: ArrayLike | torch.Tensor | None,
) -> torch.Tensor | None:
    if positions is None and quaternions is None:
        return before.env_pose if before is not None and before.num_envs == count else None
    poses = torch.zeros((count, 7))
    poses[:, 6] = 1.0
    if before is not None and before.env_pose is not None:
        poses[: before.num_envs] = before.env_pose
    for values, columns in ((positions, slice(0, 3)), (quaternions, slice(3, 7))):
        if values is not None:
            rows = torch.as_tensor(np.asarray(_on_cpu(values)), dtype=torch.float32)[:count]
            poses[: len(rows), columns] = rows
    return poses
