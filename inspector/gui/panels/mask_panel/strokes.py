"""Mouse strokes over the clone mask: which cells a drag touches, per tool."""

from __future__ import annotations

from enum import Enum

import numpy as np

from inspector.gui.models.mask_layout import MaskLayout
from inspector.gui.models.mask_model import MaskModel
from inspector.gui.models.mask_selection import one_per_group
from inspector.session.edits import MaskEdit


class Tool(Enum):
    """What a drag paints."""

    PAINT = "paint"
    RECTANGLE = "rectangle"
    ROW = "row"


class Stroke:
    """One drag from press to release.

    Args:
        model: Mask that is painted.
        layout: Order of the rows as drawn.
        tool: What the drag paints.
        value: True paints, false erases.
        start: Source row and column of the press.
    """

    def __init__(
        self,
        model: MaskModel,
        layout: MaskLayout,
        tool: Tool,
        start: tuple[int, int],
        *,
        value: bool,
    ) -> None:
        self._model, self._layout = model, layout
        self._tool, self._value = tool, value
        self.start = self._last = start
        model.begin_stroke()
        self.move(*start)

    def move(self, row: int, column: int) -> None:
        """Follow the pointer to a cell."""
        cells = np.zeros(self._model.draft.shape, np.bool_)
        if self._tool is Tool.PAINT:
            self._line(cells, row, column)
        elif self._tool is Tool.ROW:
            cells[row] = True
        else:
            left, right = sorted((self.start[1], column))
            cells[self._rows(row), left : right + 1] = True
        self._last = (row, column)
        self._model.stroke(cells, value=self._value, restart=self._tool is not Tool.PAINT)

    def finish(self) -> MaskEdit | None:
        """End the stroke; its one edit, or None when it changed nothing."""
        return self._model.end_stroke()

    def _line(self, cells: np.ndarray, row: int, column: int) -> None:
        """Touch every column between two mouse events, however fast the hand was."""
        order = self._layout.order
        (last_row, last_column) = self._last
        low, high = sorted((last_column, column))
        columns = np.arange(low, high + 1)
        if last_column == column:
            cells[row, column] = True
            return
        share = np.abs(columns - last_column) / (high - low)
        begin, end = order.index(last_row), order.index(row)
        places = np.rint(begin + share * (end - begin)).astype(int)
        cells[np.asarray(order)[places], columns] = True

    def _rows(self, row: int) -> list[int]:
        order = self._layout.order
        low, high = sorted((order.index(self.start[0]), order.index(row)))
        rows = order[low : high + 1]
        if not self._value:
            return rows
        return one_per_group(rows, self.start[0], order, self._model.groups)
