"""All environments as one image: a square each, a legend below, the focused one outlined."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QRectF, Qt, Signal, Slot
from PySide6.QtGui import (
    QColor,
    QFontDatabase,
    QHelpEvent,
    QMouseEvent,
    QPainter,
    QPen,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QGraphicsView, QToolTip, QWidget

from inspector.gui.bridge.tokens import Tokens
from inspector.gui.bridge.view_state import ViewState
from inspector.gui.models.env_metrics import SOURCE_ROW, EnvValues, Metric, near_square

_LEVELS = 250
_NOT_FINITE, _NOTHING = 254, 255
_MARGIN, _LEGEND = 10, 46
_LARGEST_CELL = 72
_GRID_FROM = 4
_EMPTY = (
    "No environments yet",
    "Make a new demo scene, or open a file",
    "with a number of environments.",
)


@dataclass(frozen=True)
class _Grid:
    """Where the squares stand: rows and columns of the grid, edge of a square, left and top [px]."""

    rows: int
    columns: int
    cell: float
    left: float
    top: float


class EnvGrid(pg.GraphicsView):
    """The image of all environments with its legend.

    Signals:
        env_clicked: Env id of the clicked square.
    """

    env_clicked = Signal(int)

    def __init__(self, view: ViewState, parent: QWidget | None = None) -> None:
        super().__init__(parent, background=view.tokens.surface)
        self._view = view
        self._metric = Metric("", "")
        self._shown = EnvValues(np.zeros(0, np.int32), np.zeros(0))
        self._labels: tuple[str, ...] = ()
        self._lut = np.zeros((256, 4), np.uint8)
        self._image = pg.ImageItem(axisOrder="row-major")
        self.scene().addItem(self._image)
        self.setViewportUpdateMode(QGraphicsView.ViewportUpdateMode.FullViewportUpdate)
        self.setCacheMode(QGraphicsView.CacheModeFlag.CacheNone)
        self.setMinimumSize(160, 140)
        self.setAccessibleName("Environments")
        self.set_tokens(view.tokens)
        view.env_focused.connect(self._refocus)

    @Slot(object)
    def set_tokens(self, tokens: Tokens) -> None:
        """Draw in the colours of a theme."""
        self.setBackground(tokens.surface)
        self._draw_image()

    def show_values(self, metric: Metric, shown: EnvValues, labels: tuple[str, ...]) -> None:
        """Show a metric of all environments."""
        self._metric, self._shown, self._labels = metric, shown, labels
        self._draw_image()

    def env_at(self, x: float, y: float) -> int:
        """Return the env id of the square at a place, -1 for none."""
        grid = self._grid()
        row, column = (
            int(np.floor((v - o) / grid.cell)) for v, o in ((y, grid.top), (x, grid.left))
        )
        place = row * grid.columns + column
        inside = 0 <= row < grid.rows and 0 <= column < grid.columns
        return (
            int(self._shown.env_ids[place]) if inside and place < len(self._shown.env_ids) else -1
        )

    def rect_of(self, env_id: int) -> QRectF:
        """Return the square of an environment; an empty one when it is not shown."""
        place = np.flatnonzero(self._shown.env_ids == env_id)
        if len(place) == 0:
            return QRectF()
        grid = self._grid()
        row, column = divmod(int(place[0]), grid.columns)
        return QRectF(
            grid.left + column * grid.cell, grid.top + row * grid.cell, grid.cell, grid.cell
        )

    def limits(self) -> tuple[float, float]:
        """Return the values at the ends of the legend: what is within the tolerance is not bright."""
        finite = self._shown.values[np.isfinite(self._shown.values)]
        return 0.0, float(finite.max(initial=self._metric.tolerance))

    def _grid(self) -> _Grid:
        rows, columns = near_square(len(self._shown.env_ids))
        width = self.viewport().width() - 2 * _MARGIN
        height = self.viewport().height() - _MARGIN - _LEGEND
        cell = min(width / max(columns, 1), height / max(rows, 1), _LARGEST_CELL)
        if cell > _GRID_FROM:
            cell = np.floor(cell)  # whole pixels: equal squares
        cell = max(float(cell), 0.25)
        left = _MARGIN + (width - cell * columns) / 2
        top = _MARGIN + (height - cell * rows) / 2
        return _Grid(rows, columns, cell, float(np.floor(left)), float(np.floor(top)))

    def _draw_image(self) -> None:
        grid, values = self._grid(), self._shown.values
        self._image.setVisible(len(values) > 0)
        if len(values):
            self._lut = self._colors()
            index = np.full(grid.rows * grid.columns, _NOTHING, np.uint8)
            index[: len(values)] = self._indices(values)
            self._image.setLookupTable(self._lut, update=False)
            picture = index.reshape(grid.rows, grid.columns)
            self._image.setImage(picture, autoLevels=False, levels=None)
            width, height = grid.columns * grid.cell, grid.rows * grid.cell
            self._image.setRect(QRectF(grid.left, grid.top, width, height))
        self.viewport().update()

    def _indices(self, values: NDArray[np.float64]) -> NDArray[np.uint8]:
        if self._metric.kind == SOURCE_ROW:
            index = np.where(values < 0, _NOT_FINITE, values % 200)
        else:
            low, high = self.limits()
            share = np.nan_to_num(values - low) / ((high - low) or 1.0)
            index = np.where(np.isnan(values), _NOT_FINITE, np.rint(share * (_LEVELS - 1)))
        return index.astype(np.uint8)

    def _colors(self) -> NDArray[np.uint8]:
        tokens, lut = self._view.tokens, np.zeros((256, 4), np.uint8)
        if self._metric.kind == SOURCE_ROW:
            for at in range(200):
                lut[at] = _rgba(tokens.series[at % len(tokens.series)])
        else:
            lut[:_LEVELS] = _cividis(_LEVELS)
        lut[_NOT_FINITE] = _rgba(tokens.not_finite)
        return lut

    # drawing

    def drawForeground(self, painter: QPainter, rect: QRectF | object) -> None:  # noqa: ARG002, N802 Qt's signature
        """Draw the grid lines, the focused environment and the legend."""
        painter.save()
        painter.resetTransform()
        tokens = self._view.tokens
        if len(self._shown.env_ids) == 0:
            self._draw_empty(painter, tokens)
        else:
            self._draw_lines(painter, tokens)
            self._draw_focus(painter, tokens)
            self._draw_legend(painter, tokens)
        painter.restore()

    def _draw_empty(self, painter: QPainter, tokens: Tokens) -> None:
        middle = self.viewport().height() / 2 - 30
        for at, sentence in enumerate(_EMPTY):
            painter.setPen(QColor(tokens.text if at == 0 else tokens.muted))
            box = QRectF(0, middle + 20 * at, self.viewport().width(), 20)
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, sentence)

    def _draw_lines(self, painter: QPainter, tokens: Tokens) -> None:
        grid = self._grid()
        if grid.cell < _GRID_FROM:
            return
        painter.setPen(QColor(tokens.surface))
        right, bottom = grid.left + grid.columns * grid.cell, grid.top + grid.rows * grid.cell
        for column in range(grid.columns + 1):
            x = int(grid.left + column * grid.cell)
            painter.drawLine(x, int(grid.top), x, int(bottom))
        for row in range(grid.rows + 1):
            y = int(grid.top + row * grid.cell)
            painter.drawLine(int(grid.left), y, int(right), y)

    def _draw_focus(self, painter: QPainter, tokens: Tokens) -> None:
        box = self.rect_of(self._view.env_id)
        if box.isEmpty():
            return
        wider = max(0.0, 7 - box.width()) / 2
        box = box.adjusted(-wider, -wider, wider, wider)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(tokens.surface), 4))
        painter.drawRect(box)
        painter.setPen(QPen(QColor(tokens.text), 2))
        painter.drawRect(box)

    def _draw_legend(self, painter: QPainter, tokens: Tokens) -> None:
        top = self.viewport().height() - _LEGEND + 8
        if self._metric.kind == SOURCE_ROW:
            self._draw_swatches(painter, tokens, top)
            return
        left, width = _MARGIN, self.viewport().width() - 2 * _MARGIN
        for x in range(width):
            color = self._lut[int(x / max(width - 1, 1) * (_LEVELS - 1))]
            painter.setPen(QColor(*(int(part) for part in color)))
            painter.drawLine(left + x, top, left + x, top + 8)
        font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        font.setPixelSize(11)
        painter.setFont(font)
        painter.setPen(QColor(tokens.muted))
        low, high = self.limits()
        box = QRectF(left, top + 10, width, 18)
        flags = Qt.AlignmentFlag
        painter.drawText(box, flags.AlignLeft, number(low))
        painter.drawText(box, flags.AlignHCenter, f"{self._metric.title} [{self._metric.unit}]")
        painter.drawText(box, flags.AlignRight, number(high))

    def _draw_swatches(self, painter: QPainter, tokens: Tokens, top: int) -> None:
        x = float(_MARGIN)
        rows, counts = np.unique(self._shown.values, return_counts=True)
        for row, count in zip(rows.astype(int), counts, strict=True):
            color = tokens.series[row % len(tokens.series)] if row >= 0 else tokens.not_finite
            text = f"{self._labels[row] if row >= 0 else '✖ none'} {count}"
            width = painter.fontMetrics().horizontalAdvance(text)
            if x + width + 16 > self.viewport().width() - _MARGIN and x > _MARGIN:
                x, top = float(_MARGIN), top + 17
            painter.fillRect(QRectF(x, top + 2, 10, 10), QColor(color))
            painter.setPen(QColor(tokens.text))
            painter.drawText(
                QRectF(x + 15, top - 2, width + 4, 18), Qt.AlignmentFlag.AlignVCenter, text
            )
            x += width + 30

    # input

    def resizeEvent(self, ev: QResizeEvent | None) -> None:
        """Fit the grid."""
        super().resizeEvent(ev)
        if hasattr(self, "_shown"):
            self._draw_image()

    def mousePressEvent(self, ev: QMouseEvent) -> None:
        """Focus the environment below the pointer."""
        env_id = self.env_at(ev.position().x(), ev.position().y())
        if ev.button() == Qt.MouseButton.LeftButton and env_id >= 0:
            self.env_clicked.emit(env_id)
        ev.accept()

    def mouseMoveEvent(self, ev: QMouseEvent) -> None:
        """Do nothing: the graphics scene must not take the mouse."""
        ev.accept()

    def mouseReleaseEvent(self, ev: QMouseEvent) -> None:
        """Do nothing: the graphics scene must not take the mouse."""
        ev.accept()

    def wheelEvent(self, ev: QWheelEvent) -> None:
        """Do nothing: all environments are always shown."""
        ev.ignore()

    def viewportEvent(self, event: QEvent) -> bool:
        """Show the number of the environment below the pointer."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            env_id = self.env_at(event.pos().x(), event.pos().y())
            QToolTip.showText(event.globalPos(), self.text_of(env_id), self)
            return True
        return super().viewportEvent(event)

    def text_of(self, env_id: int) -> str:
        """Return one line about an environment; empty for none."""
        place = np.flatnonzero(self._shown.env_ids == env_id)
        if len(place) == 0:
            return ""
        value = float(self._shown.values[place[0]])
        if self._metric.kind == SOURCE_ROW:
            return f"env {env_id} · {self._labels[int(value)] if value >= 0 else 'no source row'}"
        text = "not finite" if np.isnan(value) else f"{number(value)} {self._metric.unit}"
        return f"env {env_id} · {self._metric.title.lower()} {text}"

    @Slot(int)
    def _refocus(self, _env_id: int) -> None:
        self.viewport().update()


def number(value: float) -> str:
    """Return a number as the panel writes it."""
    return f"{value:.0f}" if value == int(value) else f"{value:.3g}"


def _cividis(count: int) -> NDArray[np.uint8]:
    colors = pg.colormap.get("cividis")
    if colors is None:
        raise RuntimeError("pyqtgraph comes with the cividis map")
    return np.asarray(colors.getLookupTable(0.0, 1.0, count, alpha=True), np.uint8)


def _rgba(color: str) -> tuple[int, int, int, int]:
    shade = QColor(color)
    return shade.red(), shade.green(), shade.blue(), shade.alpha()
