"""Which environments are drawn, and where: solo, hidden ones, and the display spacing.

Belongs here: arrays per instance, made of what the user has switched. The data is never touched:
what is moved apart on the screen is where it was everywhere else.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

from inspector.session.snapshot import GLOBAL_ENV

SPACING = (0.25, 4.0)
"""Least and most that environments are moved together or apart."""


def env_shifts(origins: NDArray[np.float64], spacing: float) -> NDArray[np.float32]:
    """Return by how much each environment is drawn beside its place [stage units], shape [e, 3].

    Environments spread from the origin of the world, around which the grid layout lays them.

    Args:
        origins: Origins of the environments by env id [stage units], shape [e, 3].
        spacing: 1 draws everything where it is.
    """
    if len(origins) == 0 or spacing == 1.0:
        return np.zeros((len(origins), 3), np.float32)
    return ((spacing - 1.0) * origins).astype(np.float32)


def shifts_of(shifts: NDArray[np.float32], env_id: NDArray[np.int32]) -> NDArray[np.float32]:
    """Return by how much each instance is drawn beside its place [stage units], shape [n, 3].

    Args:
        shifts: What ``env_shifts`` returned.
        env_id: Environment of each instance; what is outside of all of them stays, shape [n].
    """
    known = (env_id >= 0) & (env_id < len(shifts))
    if len(shifts) == 0:
        return np.zeros((len(env_id), 3), np.float32)
    return np.where(known[:, None], shifts[np.where(known, env_id, 0)], np.float32(0.0))


def hidden_of(
    env_id: NDArray[np.int32], hidden_envs: Collection[int], only: Collection[int] = ()
) -> NDArray[np.bool_] | None:
    """Return which instances are not drawn, shape [n], or None when all of them are.

    Args:
        env_id: Environment of each instance, shape [n].
        hidden_envs: Environments that are hidden.
        only: The environments that are shown, together with what is outside of all of them; none
            shows all.
    """
    if not hidden_envs and not only:
        return None
    hidden = np.zeros(len(env_id), bool)
    if hidden_envs:
        hidden = np.isin(env_id, np.fromiter(hidden_envs, np.int64))
    if only:
        shown = np.isin(env_id, np.fromiter(only, np.int64))
        hidden |= (env_id != GLOBAL_ENV) & ~shown
    return hidden
