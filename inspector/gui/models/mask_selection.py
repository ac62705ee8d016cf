"""The cell cursor of the clone mask and what it selects. No Qt."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inspector.gui.models.mask_groups import MaskGroup


@dataclass
class MaskSelection:
    """A cursor, the corner that a selection started from, and columns picked by a range text.

    ``place`` counts rows as they are drawn, which is not the order of the mask when rows of a
    group are apart.

    Attributes:
        place: Row of the cursor, as drawn.
        column: Column of the cursor.
        anchor_place: Row at which the selection started, as drawn.
        anchor_column: Column at which the selection started.
        picked: Columns of the range text; ``None`` when the cursor selects.
    """

    place: int = 0
    column: int = 0
    anchor_place: int = 0
    anchor_column: int = 0
    picked: NDArray[np.intp] | None = None

    def move(self, place: int, column: int, *, extend: bool = False) -> None:
        """Put the cursor on a cell; ``extend`` keeps the corner that the selection started from."""
        self.place, self.column = place, column
        self.picked = None
        if not extend:
            self.anchor_place, self.anchor_column = place, column

    def clamp(self, rows: int, columns: int) -> None:
        """Keep the cursor on the mask after it became smaller."""
        place, column = min(self.place, max(rows - 1, 0)), min(self.column, max(columns - 1, 0))
        if (place, column) != (self.place, self.column) or (
            self.picked is not None and self.picked.max(initial=0) >= columns
        ):
            self.move(place, column)
        self.anchor_place = min(self.anchor_place, max(rows - 1, 0))
        self.anchor_column = min(self.anchor_column, max(columns - 1, 0))

    def rows(self, order: list[int]) -> list[int]:
        """Return the selected source rows in the order drawn."""
        low, high = sorted((self.place, self.anchor_place))
        return order[low : high + 1]

    def columns(self) -> NDArray[np.intp]:
        """Return the selected columns, rising, shape [k]."""
        if self.picked is not None:
            return self.picked
        low, high = sorted((self.column, self.anchor_column))
        return np.arange(low, high + 1)

    def count(self) -> int:
        """Number of selected cells."""
        return (abs(self.place - self.anchor_place) + 1) * len(self.columns())


def one_per_group(
    rows: list[int], start: int, order: list[int], groups: tuple[MaskGroup, ...]
) -> list[int]:
    """Return which of several rows get painted: an environment receives one row of a group.

    Args:
        rows: Source rows that a rectangle covers.
        start: Source row in which the gesture started; it wins in its group.
        order: Source rows as drawn.
        groups: Groups of the mask.
    """
    place = {row: at for at, row in enumerate(order)}
    chosen: list[int] = []
    for group in groups:
        covered = [row for row in rows if row in group.rows]
        if covered:
            chosen.append(min(covered, key=lambda row: abs(place[row] - place[start])))
    return chosen
