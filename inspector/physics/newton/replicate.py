"""Registers worlds for Newton; authors nothing."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from numpy.typing import ArrayLike
from pxr import Usd

from inspector.physics.registry import register_worlds


def newton_physics_replicate(
    stage: Usd.Stage,
    sources: Sequence[str],
    destinations: Sequence[str],
    env_ids: ArrayLike | torch.Tensor,
    mask: ArrayLike | torch.Tensor | None = None,
    positions: ArrayLike | torch.Tensor | None = None,
    quaternions: ArrayLike | torch.Tensor | None = None,
    device: str = "cpu",
) -> None:
    """Register one Newton world per environment for the next play; authors nothing in USD.

    A second call adds its rows to those of the first. The worlds are played by whichever engine
    ``SimulationCfg.physics`` names.

    Args:
        stage: Stage of the environments.
        sources: Prim paths, one per row.
        destinations: Templates with exactly one ``{}``, one per row.
        env_ids: Env ids of the mask's columns, shape [e].
        mask: Which rows go into which environments, bool, shape [s, e]; ``None`` for all.
        positions: Positions by env id, for environments without a prim, shape [*, 3].
        quaternions: Orientations (xyzw) by env id, shape [*, 4].
        device: ``"cpu"``, ``"cuda"`` or ``"cuda:<n>"``.

    Raises:
        TypeError: If the mask is not boolean.
        ValueError: If env ids are negative or repeated, shapes do not fit, or the device has
            another name.
    """
    if device != "cpu" and device.partition(":")[0] != "cuda":
        raise ValueError(f"device must be 'cpu', 'cuda' or 'cuda:<n>', got {device!r}")
    register_worlds(stage, sources, destinations, env_ids, mask, positions, quaternions)
