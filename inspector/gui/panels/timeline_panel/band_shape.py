"""The stale band as numbers: what is drawn in each pixel column. Numpy only."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from inspector.session.snapshot import RecordingInfo


@dataclass(frozen=True, eq=False)
class BandShape:
    """Height and colour of the band by column.

    Attributes:
        share: Largest share of stale rows in the column, 0…1, shape [w].
        reason: Commonest ``StaleReason`` there, uint8, shape [w].
    """

    share: NDArray[np.float64]
    reason: NDArray[np.uint8]

    def runs(self) -> list[tuple[int, int, int]]:
        """Return (first column, column after the last, reason) of each run of equal reason."""
        if len(self.reason) == 0:
            return []
        edges = np.flatnonzero(np.diff(self.reason)) + 1
        bounds = [0, *edges.tolist(), len(self.reason)]
        return [(a, b, int(self.reason[a])) for a, b in pairwise(bounds)]


def band_shape(info: RecordingInfo, rows: int, width: int) -> BandShape:
    """Return the band of a recording; no step is lost where several share a column.

    Args:
        info: The recording.
        rows: Number of rows that could be stale.
        width: Number of columns.
    """
    known = info.stale >= 0
    if width < 1 or not known.any():
        return BandShape(np.zeros(0), np.zeros(0, np.uint8))
    # A step that was never compared is drawn like the last one that was.
    held = np.maximum.accumulate(np.where(known, np.arange(len(info)), -1))
    held[held < 0] = int(known.argmax())
    # Count and reason in one number, so that the highest step of a column brings its reason.
    code = info.stale[held].astype(np.int64) * 256 + info.reason[held]
    left = np.linspace(0, len(info), width, endpoint=False).astype(np.int64)
    highest = np.maximum.reduceat(code, left)
    return BandShape((highest // 256) / max(1, rows), (highest % 256).astype(np.uint8))
