"""Clones look like their sources: which prims are read for all of them.

Belongs here: the grouping. What is read of a prim is the reader's business.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

from inspector.usd.prim_table import PrimTable

SHARED_ENV, UNAUTHORED_ENV = -2, -3
"""In the place of an env id: any environment that is like its source; one that USD does not have."""


def look_keys(
    prims: PrimTable, wanted: NDArray[np.int64], irregular_envs: Collection[int] = ()
) -> NDArray[np.integer]:
    """Return what tells prims apart: those with equal keys are clones of one source.

    Args:
        prims: Prims of the stage.
        wanted: Indices of some prims, shape [k].
        irregular_envs: Environments whose clones may differ from the others.

    Returns:
        Path template, environment and source row, shape [k, 3].
    """
    irregular = np.isin(prims.env_id[wanted], np.fromiter(irregular_envs, np.int64))
    shared = (prims.source_row[wanted] >= 0) & ~irregular
    env = np.where(shared, SHARED_ENV, prims.env_id[wanted])
    source = np.where(shared, prims.source_row[wanted], -1)
    if prims.origin is not None:
        # What USD does not have is read from its source, whatever became of the other clones.
        origin = prims.origin[wanted]
        env = np.where(origin >= 0, UNAUTHORED_ENV, env)
        source = np.where(origin >= 0, origin, source)
    return np.column_stack([prims.paths.template_id[wanted], env, source])


def alike(
    prims: PrimTable, wanted: NDArray[np.int64], irregular_envs: Collection[int] = ()
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Group prims that are clones of one source.

    Args:
        prims: Prims of the stage.
        wanted: Indices of some prims, shape [k].
        irregular_envs: Environments whose clones may differ from the others.

    Returns:
        One prim of each group, shape [g], and the group of each prim, shape [k].
    """
    keys = look_keys(prims, wanted, irregular_envs)
    _, first, group = np.unique(keys, axis=0, return_index=True, return_inverse=True)
    return wanted[first], group.ravel()


def prims_of_types(prims: PrimTable, types: Collection[str]) -> NDArray[np.int64]:
    """Return the indices of the prims of some type names, ascending, shape [k]."""
    numbers = [number for number, name in enumerate(prims.types) if name in types]
    return np.flatnonzero(np.isin(prims.type_id, numbers))
