"""Where particles and the points of cloth are while physics plays.

A value module. USD and Fabric keep the authored points; these live in physics and in snapshots only.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class SoftShape:
    """One deformable prim in its environments.

    Attributes:
        rows: Rows of the transform table, whose authored shapes these replace, int32, shape [e].
        env_id: Env ids, ``GLOBAL_ENV`` outside of all, int32, shape [e].
        points: World positions [stage units], float32, shape [e, n, 3].
        radii: Radii of particles [stage units], float32, shape [n].
        triangles: Faces of cloth; particles have none, uint32, shape [t, 3].
    """

    rows: NDArray[np.int32]
    env_id: NDArray[np.int32]
    points: NDArray[np.float32]
    radii: NDArray[np.float32]
    triangles: NDArray[np.uint32]

    @property
    def is_cloth(self) -> bool:
        """Whether it has faces."""
        return len(self.triangles) > 0


@dataclass(frozen=True, eq=False)
class SoftTable:
    """All deformable prims of a moment."""

    shapes: tuple[SoftShape, ...] = ()

    @property
    def rows(self) -> NDArray[np.int32]:
        """Rows of the transform table that deform, shape [k]."""
        parts = [shape.rows for shape in self.shapes]
        rows = np.concatenate([np.zeros(0, np.int32), *parts])
        return rows[rows >= 0].astype(np.int32)
