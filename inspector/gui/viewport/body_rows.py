"""Which body carries a transform row."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from inspector.session.snapshot import PrimTable, TransformTable


def bodies_of_rows(prims: PrimTable, table: TransformTable) -> NDArray[np.int32]:
    """Return the body that is, or is the nearest above, each row, -1 for none, shape [r]."""
    body_of_prim = np.full(len(prims), -1, np.int32)
    body_of_prim[table.prims] = table.body
    at = table.prims.astype(np.int64)
    found = body_of_prim[at]
    while True:
        climbing = (found < 0) & (at >= 0)
        if not climbing.any():
            return found
        at = np.where(climbing, prims.parent[at], -1)
        found = np.where(climbing & (at >= 0), body_of_prim[at], found)
