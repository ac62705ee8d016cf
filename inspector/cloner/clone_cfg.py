"""Settings of cloning, with the names and defaults that Isaac Lab users know."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from inspector.cloner.strategies import random
from inspector.utils.configclass import Config, configclass


@configclass
class CloneCfg(Config):
    """How environments are cloned.

    Attributes:
        clone_regex: Destinations; ``.*`` stands for the env id.
        clone_usd: Whether prims are replicated in USD.
        clone_physics: Whether the physics worlds are replicated.
        physics_clone_fn: Replicates the physics worlds; ``None`` takes that of the backend.
        clone_strategy: Which prototypes each environment receives.
        device: Device of the masks.
        clone_in_fabric: Whether clones exist in Fabric and physics only.
    """

    clone_regex: str = "/World/envs/env_.*"
    clone_usd: bool = True
    clone_physics: bool = True
    physics_clone_fn: Callable[..., Any] | None = None
    clone_strategy: Callable[..., torch.Tensor] = random
    device: str = "cpu"
    clone_in_fabric: bool = False
