"""Who wrote each row last, at which step, and in which order over USD and Fabric."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inspector.utils.states import Writer


class WriteClock:
    """Numbers the writes of USD and Fabric in one sequence."""

    def __init__(self) -> None:
        self._now = 0

    @property
    def now(self) -> int:
        """Number of the last write."""
        return self._now

    def tick(self) -> int:
        """Return the number of the next write."""
        self._now += 1
        return self._now


@dataclass(frozen=True, eq=False)
class WriteRecord:
    """The last write of each row in one representation.

    Attributes:
        writer: ``Writer``, uint8, shape [r].
        step: Physics step, 0 before play, int64, shape [r].
        sequence: Number of the write, int64, shape [r].
    """

    writer: NDArray[np.uint8]
    step: NDArray[np.int64]
    sequence: NDArray[np.int64]

    @staticmethod
    def blank(count: int, writer: Writer = Writer.NONE) -> WriteRecord:
        """Return a record of rows that were all written at the beginning."""
        return WriteRecord(
            np.full(count, writer, np.uint8), np.zeros(count, np.int64), np.zeros(count, np.int64)
        )

    def stamp(
        self,
        rows: NDArray[np.integer] | NDArray[np.bool_] | slice,
        writer: Writer,
        step: int | NDArray[np.int64],
        sequence: int,
    ) -> None:
        """Note a write.

        Args:
            rows: Rows, shape [k], a mask of shape [r], or a slice.
            writer: Who wrote.
            step: Physics step, or one per row, shape [k].
            sequence: Number of the write.
        """
        self.writer[rows] = writer
        self.step[rows] = step
        self.sequence[rows] = sequence

    def copy(self) -> WriteRecord:
        """Return an independent copy."""
        return WriteRecord(self.writer.copy(), self.step.copy(), self.sequence.copy())

    def take_over(self, other: WriteRecord, rows: NDArray[np.int64]) -> None:
        """Copy the entries of rows that an older record knows.

        Args:
            other: Older record.
            rows: Row of ``other`` for each row, -1 for none, shape [r].
        """
        known = rows >= 0
        self.writer[known] = other.writer[rows[known]]
        self.step[known] = other.step[rows[known]]
        self.sequence[known] = other.sequence[rows[known]]
