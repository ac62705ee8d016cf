"""Where bodies touch, as every engine tells it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class ContactTable:
    """Contact points of one moment, one row each.

    Attributes:
        positions: Points in the world, in stage units, float64, shape [c, 3].
        normals: Unit normals in the world, from the first body to the second, shape [c, 3].
        forces: How hard the bodies press against each other along the normal [N], shape [c].
        env_id: Environment, ``GLOBAL_ENV`` outside of all, int32, shape [c].
        bodies: Rows of the body table, -1 for what never moves, int32, shape [c, 2].
    """

    positions: NDArray[np.float64]
    normals: NDArray[np.float64]
    forces: NDArray[np.float64]
    env_id: NDArray[np.int32]
    bodies: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.forces)

    @classmethod
    def empty(cls) -> ContactTable:
        """Return a table without rows."""
        return cls(
            np.empty((0, 3)),
            np.empty((0, 3)),
            np.empty(0),
            np.empty(0, np.int32),
            np.empty((0, 2), np.int32),
        )

    @classmethod
    def joined(cls, parts: Sequence[ContactTable], limit: int) -> ContactTable:
        """Return the first ``limit`` rows of several tables."""
        if not parts:
            return cls.empty()
        return cls(
            np.concatenate([part.positions for part in parts])[:limit],
            np.concatenate([part.normals for part in parts])[:limit],
            np.concatenate([part.forces for part in parts])[:limit],
            np.concatenate([part.env_id for part in parts])[:limit],
            np.concatenate([part.bodies for part in parts])[:limit],
        )
