"""PhysX's name for replication, for scripts that come from Isaac Lab with a PhysX backend.

No openly licensed build of PhysX can be used here; the call registers the same worlds with the
default engine and says so once.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

import torch
from numpy.typing import ArrayLike
from pxr import Usd

from inspector.physics.registry import mujoco_physics_replicate

logger = logging.getLogger("inspector.physics")

_said: list[bool] = []


def physx_replicate(  # noqa: PLR0913, PLR0917 the signature is PhysX's
    stage: Usd.Stage,
    sources: Sequence[str],
    destinations: Sequence[str],
    env_ids: ArrayLike | torch.Tensor,
    mapping: ArrayLike | torch.Tensor | None = None,
    positions: ArrayLike | torch.Tensor | None = None,
    quaternions: ArrayLike | torch.Tensor | None = None,
    use_fabric: bool = False,
    device: str = "cpu",
    exclude_self_replication: bool = True,
) -> None:
    """Register one world per environment with the default engine; authors nothing.

    Args:
        stage: Stage of the environments.
        sources: Prim paths, one per row.
        destinations: Templates with exactly one ``{}``, one per row.
        env_ids: Env ids of the mapping's columns, shape [e].
        mapping: Which rows go into which environments, bool, shape [s, e]; ``None`` for all.
        positions: Positions by env id, for environments without a prim, shape [*, 3].
        quaternions: Orientations (xyzw) by env id, shape [*, 4].
        use_fabric: Without effect: whether clones have prims is the scene's choice.
        device: Without effect: dynamics run where ``SimulationCfg`` says.
        exclude_self_replication: Without effect: a source is never copied onto itself.

    Raises:
        TypeError: If the mapping is not boolean.
        ValueError: If env ids are negative or repeated, or shapes do not fit.
    """
    del use_fabric, device, exclude_self_replication
    mujoco_physics_replicate(
        stage,
        sources,
        destinations,
        env_ids,
        mapping,
        positions,
        quaternions,
    )
    if not _said:
        _said.append(True)
        logger.warning(
            "physx_replicate: there is no PhysX here; the environments were registered with the "
            "default engine, MuJoCo."
        )
