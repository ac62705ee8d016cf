"""The same prim of all environments folded into one node: "Robot ×4096".

A folding is a small tree of nodes over the flat prim table; without folding every prim is its own
node. All of it is a handful of numpy passes, whatever the number of environments.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from inspector.session.snapshot import GLOBAL_ENV, PrimTable, TransformTable


@dataclass(frozen=True, eq=False)
class Folding:
    """Nodes of the tree and the prims that they stand for.

    Attributes:
        nodes: One row per node, parents before children; the row of the first prim folded into it.
        node_of: Node of each prim, int64, shape [n].
        prim_of: First prim of each node, int64, shape [m].
        count: Number of prims folded into each node, int64, shape [m].
        type_count: Number of different types among them, int64, shape [m].
    """

    nodes: PrimTable
    node_of: NDArray[np.int64]
    prim_of: NDArray[np.int64]
    count: NDArray[np.int64]
    type_count: NDArray[np.int64]

    def staleness(self, transforms: TransformTable) -> tuple[NDArray[np.int16], NDArray[np.int64]]:
        """Return the worst own reason (-1 without rows) and the stale rows of each node.

        Args:
            transforms: Rows over the prim table that was folded.

        Returns:
            Reasons and counts, both of shape [m].
        """
        size = len(self.prim_of)
        at = self.node_of[transforms.prims]
        worst = np.full(size, -1, np.int16)
        np.maximum.at(worst, at, transforms.reason.astype(np.int16))
        return worst, np.bincount(at[transforms.reason > 0], minlength=size)


def unfolded(prims: PrimTable) -> Folding:
    """Return the folding in which every prim is its own node."""
    every = np.arange(len(prims))
    ones = np.ones(len(prims), np.int64)
    return Folding(prims, every, every, ones, ones)


def fold_environments(prims: PrimTable) -> Folding:
    """Return the folding of all environments onto one.

    Args:
        prims: Prims, parents before children.
    """
    every = np.arange(len(prims))
    inside = prims.env_id != GLOBAL_ENV
    first = every.copy()
    templates = prims.paths.template_id[inside]
    _, at, back = np.unique(templates, return_index=True, return_inverse=True)
    first[inside] = every[inside][at][back]
    prim_of, node_of = np.unique(first, return_inverse=True)
    parent = prims.parent[prim_of]
    nodes = replace(
        prims,
        paths=prims.paths.take(prim_of),
        parent=np.where(parent >= 0, node_of[parent], -1).astype(np.int32),
        name_id=prims.name_id[prim_of],
        type_id=prims.type_id[prim_of],
        flags=prims.flags[prim_of],
        source_row=prims.source_row[prim_of],
    )
    kinds = np.unique(node_of * len(prims.types) + prims.type_id)
    return Folding(
        nodes,
        node_of,
        prim_of,
        np.bincount(node_of, minlength=len(prim_of)),
        np.bincount(kinds // max(1, len(prims.types)), minlength=len(prim_of)),
    )
