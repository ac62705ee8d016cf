"""Where the rows and columns of the clone mask stand on the screen; zoom and pan. No Qt."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from inspector.gui.models.mask_groups import MaskGroup
from inspector.gui.models.mask_raster import Line

LEFT, RIGHT, TOP, BOTTOM = 164, 92, 22, 6
"""Margins for labels, counts and env ids [px]."""
_ROW_HEIGHTS = (11, 28)
_HEADING_HEIGHT = 20
_WIDEST_CELL = 28.0
_TICK_SPACING = 64


@dataclass
class MaskLayout:
    """Maps cells to pixels of the canvas and back; all in logical pixels.

    Attributes:
        columns: Number of environments.
        first: Column at the left edge of the plot.
        per_pixel: Columns per pixel.
        offset: Pixels scrolled away above.
        lines: Bands from top to bottom.
        order: Source rows as they are drawn, from top to bottom.
    """

    columns: int = 0
    width: int = 1
    height: int = 1
    first: float = 0.0
    per_pixel: float = 1.0
    offset: int = 0
    lines: list[Line] = field(default_factory=list[Line])
    order: list[int] = field(default_factory=list[int])
    _fitted: bool = True

    def arrange(self, groups: tuple[MaskGroup, ...], columns: int, width: int, height: int) -> None:
        """Lay out anew; the zoom is kept unless all columns were shown before.

        Args:
            groups: Groups of rows.
            columns: Number of columns.
            width: Width of the canvas [px].
            height: Its height [px].
        """
        self._fitted = self._fitted or columns != self.columns
        self.columns, self.width, self.height = columns, width, height
        self.order = [row for group in groups for row in group.rows]
        count = len(self.order) + len(groups)
        low, high = _ROW_HEIGHTS
        line = min(max(self.plot_height // count, low), high) if count else high
        self.lines = []
        top = 0
        for at, group in enumerate(groups):
            for row in (-1, *group.rows):
                tall = min(line, _HEADING_HEIGHT) if row < 0 else line
                self.lines.append(Line(row, at, top, tall))
                top += tall
        if self._fitted:
            self.first, self.per_pixel = 0.0, self._widest
        self.pan(0, 0)

    @property
    def plot_width(self) -> int:
        """Width of the cells' area [px]."""
        return max(self.width - LEFT - RIGHT, 1)

    @property
    def plot_height(self) -> int:
        """Height of the cells' area [px]."""
        return max(self.height - TOP - BOTTOM, 1)

    @property
    def content_height(self) -> int:
        """Height of all lines [px]."""
        return self.lines[-1].top + self.lines[-1].height if self.lines else 0

    @property
    def _widest(self) -> float:
        return max(self.columns / self.plot_width, 1 / _WIDEST_CELL)

    def x_of(self, column: float) -> float:
        """Return the left edge of a column on the canvas [px]."""
        return LEFT + (column - self.first) / self.per_pixel

    def column_at(self, x: float) -> int:
        """Return the column at a place, the nearest one outside of the plot; -1 without any."""
        column = int(np.floor(self.first + (x - LEFT) * self.per_pixel))
        return min(max(column, 0), self.columns - 1)

    def row_at(self, y: float) -> int:
        """Return the nearest source row of a height; -1 without any."""
        rows = [line for line in self.lines if line.row >= 0]
        if not rows:
            return -1
        place = y - TOP + self.offset
        return min(rows, key=lambda line: abs(line.top + line.height / 2 - place)).row

    def inside(self, x: float, y: float) -> bool:
        """Return whether a place is on a cell (not a heading, a margin or beyond the last)."""
        place = y - TOP + self.offset
        on_row = any(
            line.row >= 0 and line.top <= place < line.top + line.height for line in self.lines
        )
        return on_row and LEFT <= x < min(self.width - RIGHT, self.x_of(self.columns)) and y >= TOP

    def line_of(self, row: int) -> Line:
        """Return the band of a source row."""
        return next(line for line in self.lines if line.row == row)

    def y_of(self, row: int) -> float:
        """Return the upper edge of a source row on the canvas [px]."""
        return TOP + self.line_of(row).top - self.offset

    def zoom(self, factor: float, x: float) -> None:
        """Show fewer columns by a factor, around a place that stays where it is."""
        anchor = self.first + (x - LEFT) * self.per_pixel
        wanted = self.per_pixel / factor
        self.per_pixel = min(max(wanted, 1 / _WIDEST_CELL), self._widest)
        self._fitted = self.per_pixel >= self._widest
        self.first = anchor - (x - LEFT) * self.per_pixel
        self.pan(0, 0)

    def pan(self, dx: float, dy: float) -> None:
        """Move the content by pixels, as far as there is content."""
        room = max(self.columns - self.plot_width * self.per_pixel, 0.0)
        self.first = min(max(self.first - dx * self.per_pixel, 0.0), room)
        rest = max(self.content_height - self.plot_height, 0)
        self.offset = int(min(max(self.offset - dy, 0), rest))

    def reveal(self, row: int, column: int) -> None:
        """Pan as little as needed to show a cell."""
        x, width = self.x_of(column), 1 / self.per_pixel
        right = LEFT + self.plot_width
        dx = max(LEFT - x, 0.0) or min(right - (x + width), 0.0)
        line = self.line_of(row)
        y = TOP + line.top - self.offset
        dy = max(TOP - y, 0) or min(TOP + self.plot_height - (y + line.height), 0)
        self.pan(dx, dy)

    def ticks(self) -> list[int]:
        """Return the columns whose env id is written above, a round number apart."""
        least = max(_TICK_SPACING * self.per_pixel, 1.0)
        power = 10 ** int(np.floor(np.log10(least)))
        step = next(power * m for m in (1, 2, 5, 10) if power * m >= least)
        last = min(self.columns, int(self.first + self.plot_width * self.per_pixel) + 1)
        begin = -(-int(np.ceil(self.first)) // step) * step
        return list(range(begin, last, step))

    def runs(self, columns: NDArray[np.intp]) -> list[tuple[float, float]]:
        """Return the visible stretches of columns, shape [k], as left edge and width [px]."""
        shown = columns[(columns + 1 > self.first)]
        shown = shown[shown < self.first + self.plot_width * self.per_pixel]
        if len(shown) == 0:
            return []
        grain = max(int(np.ceil(2 * self.per_pixel)), 1)
        breaks = np.flatnonzero(np.diff(shown) > grain)
        begin = shown[np.append(0, breaks + 1)]
        end = shown[np.append(breaks, len(shown) - 1)] + 1
        return [
            (self.x_of(float(a)), (float(b) - float(a)) / self.per_pixel)
            for a, b in zip(begin, end, strict=True)
        ]
