"""Transforms of prims of which some exist in Fabric only: those in USD stay the business of USD.

Belongs here: which of two sources a prim belongs to while the simulation is stopped.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from inspector.sim.views.fabric_xforms import FabricXforms
from inspector.sim.views.usd_xforms import UsdXforms

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]


class MixedXforms:
    """Reads and writes each prim where it is true.

    Args:
        usd: The prims that USD has.
        fabric: All prims.
        place: Index into ``usd`` of each prim, -1 for those that exist in Fabric only, shape [n].
    """

    def __init__(self, usd: UsdXforms, fabric: FabricXforms, place: Rows) -> None:
        self._usd = usd
        self._fabric = fabric
        self._place = place

    def world(self, rows: Rows) -> Floats:
        """Return world matrices, shape [k, 4, 4]."""
        result = self._fabric.world(rows)
        own = self._place[rows] >= 0
        result[own] = self._usd.world(self._place[rows[own]])
        return result

    def local(self, rows: Rows) -> Floats:
        """Return local matrices, shape [k, 4, 4]."""
        result = self._fabric.local(rows)
        own = self._place[rows] >= 0
        result[own] = self._usd.local(self._place[rows[own]])
        return result

    def scales(self, rows: Rows) -> Floats:
        """Return local scales, shape [k, 3]."""
        result = self._fabric.scales(rows)
        own = self._place[rows] >= 0
        result[own] = self._usd.scales(self._place[rows[own]])
        return result

    def set_world(self, rows: Rows, position: Floats | None, quat: Floats | None) -> None:
        """Write world poses, parts that are None stay; shapes [k, 3] and xyzw [k, 4]."""
        own = self._place[rows] >= 0
        self._usd.set_world(self._place[rows[own]], _part(position, own), _part(quat, own))
        self._fabric.set_world(rows[~own], _part(position, ~own), _part(quat, ~own))

    def set_local(self, rows: Rows, position: Floats | None, quat: Floats | None) -> None:
        """Write local poses, parts that are None stay; shapes [k, 3] and xyzw [k, 4]."""
        own = self._place[rows] >= 0
        self._usd.set_local(self._place[rows[own]], _part(position, own), _part(quat, own))
        self._fabric.set_local(rows[~own], _part(position, ~own), _part(quat, ~own))

    def set_scales(self, rows: Rows, scales: Floats) -> None:
        """Write local scales, shape [k, 3]."""
        own = self._place[rows] >= 0
        self._usd.set_scales(self._place[rows[own]], scales[own])
        self._fabric.set_scales(rows[~own], scales[~own])


def _part(values: Floats | None, which: NDArray[np.bool_]) -> Floats | None:
    return None if values is None else values[which]
