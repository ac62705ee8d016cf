"""The heatmap of the clone mask: an image of cells, an overlay, mouse and keyboard."""

from __future__ import annotations

import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal, Slot
from PySide6.QtGui import (
    QFocusEvent,
    QGuiApplication,
    QHelpEvent,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QGraphicsView, QSizePolicy, QToolTip, QWidget

from inspector.gui.bridge.tokens import Tokens
from inspector.gui.bridge.view_state import ViewState
from inspector.gui.models.mask_layout import LEFT, TOP, Line, MaskLayout
from inspector.gui.models.mask_model import MaskModel
from inspector.gui.models.mask_raster import column_states, expand_lines, lookup_table
from inspector.gui.models.mask_selection import MaskSelection, one_per_group
from inspector.gui.panels.mask_panel.overlay import Scene, draw
from inspector.gui.panels.mask_panel.strokes import Stroke, Tool

_ZOOM = 1.25
_NOTCH = 120
_ARROWS = {
    Qt.Key.Key_Left: (0, -1),
    Qt.Key.Key_Right: (0, 1),
    Qt.Key.Key_Up: (-1, 0),
    Qt.Key.Key_Down: (1, 0),
    Qt.Key.Key_PageUp: (0, -64),
    Qt.Key.Key_PageDown: (0, 64),
    Qt.Key.Key_Home: (0, -(2**31)),
    Qt.Key.Key_End: (0, 2**31),
}
_OWN_KEYS = {*_ARROWS, Qt.Key.Key_Space, Qt.Key.Key_Delete, Qt.Key.Key_Backspace, Qt.Key.Key_Escape}


class MaskCanvas(pg.GraphicsView):
    """Draws a ``MaskModel`` and turns gestures into one ``MaskEdit`` each.

    Signals:
        painted: The ``MaskEdit`` of a finished gesture.
        env_clicked: Env id of the clicked column.
        apply_requested: Ctrl+Enter.
        complained: A sentence about a gesture that does nothing.
    """

    painted = Signal(object)
    env_clicked = Signal(int)
    apply_requested = Signal()
    complained = Signal(str)

    def __init__(self, model: MaskModel, view: ViewState, parent: QWidget | None = None) -> None:
        super().__init__(parent, background=view.tokens.surface)
        self.model = model
        self.plot = MaskLayout()
        self.selection = MaskSelection()
        self.tool = Tool.PAINT
        self._view = view
        self._stroke: Stroke | None = None
        self._panned_from: QPointF | None = None
        self._image = pg.ImageItem(axisOrder="row-major")
        self.scene().addItem(self._image)
        self.setViewportUpdateMode(QGraphicsView.ViewportUpdateMode.FullViewportUpdate)
        self.setCacheMode(QGraphicsView.CacheModeFlag.CacheNone)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(320, 96)
        self.setAccessibleName("Clone mask cells")
        self.set_tokens(view.tokens)
        model.modelReset.connect(self._restart)
        model.dataChanged.connect(self.refresh)
        view.env_focused.connect(self._follow_env)

    def set_tokens(self, tokens: Tokens) -> None:
        """Draw in the colours of a theme."""
        self.setBackground(tokens.surface)
        self._image.setLookupTable(lookup_table(tokens), update=False)
        self.refresh()

    @Slot()
    def refresh(self) -> None:
        """Draw the cells again."""
        model, plot, size = self.model, self.plot, self.viewport().size()
        plot.arrange(model.groups, len(model.env_ids), size.width(), size.height())
        self.selection.clamp(len(plot.order), plot.columns)
        self._redraw()

    @Slot()
    def _restart(self) -> None:
        self._stroke = None
        self.refresh()

    def _redraw(self) -> None:
        plot, ratio = self.plot, self.devicePixelRatioF()
        width, height = round(plot.plot_width * ratio), round(plot.plot_height * ratio)
        self._image.setVisible(bool(plot.lines))
        if plot.lines:
            states = column_states(
                self.model.draft, self.model.applied, plot.first, plot.per_pixel / ratio, width
            )
            lines = [
                Line(line.row, line.group, round(line.top * ratio), round(line.height * ratio))
                for line in plot.lines
            ]
            image = expand_lines(states, lines, height, round(plot.offset * ratio), round(ratio))
            self._image.setImage(image, autoLevels=False, levels=None)
            self._image.setRect(QRectF(LEFT, TOP, width / ratio, height / ratio))
        self.viewport().update()

    def select_columns(self, columns: object) -> None:
        """Select columns by number in the row of the cursor; ``None`` goes back to the cursor."""
        self.selection.anchor_place = self.selection.place
        self.selection.picked = columns  # pyright: ignore[reportAttributeAccessIssue] index array
        self.viewport().update()

    def fill(self, *, value: bool) -> None:
        """Paint or erase what is selected, as one edit."""
        cells = self.model.draft.copy()
        cells[:] = False
        plot, selection = self.plot, self.selection
        rows = selection.rows(plot.order)
        if not rows or plot.columns == 0:
            return
        if value:
            start = plot.order[selection.anchor_place]
            rows = one_per_group(rows, start, plot.order, self.model.groups)
        for row in rows:
            cells[row, selection.columns()] = True
        self._emit(self.model.paint(cells, value=value))

    def _emit(self, edit: object) -> None:
        if edit is not None:
            self.painted.emit(edit)

    @Slot(int)
    def _follow_env(self, env_id: int) -> None:
        column = self.model.column_of(env_id)
        if column >= 0 and self._stroke is None and self.plot.order:
            self.plot.reveal(self.plot.order[self.selection.place], column)
            self._redraw()
        self.viewport().update()

    # drawing

    def drawForeground(self, painter: QPainter, rect: QRectF | object) -> None:  # noqa: ARG002, N802 Qt's signature
        """Draw labels, counts, frames and the cursor."""
        painter.save()
        painter.resetTransform()
        draw(
            painter,
            Scene(
                self.model,
                self.plot,
                self.selection,
                self._view.tokens,
                self._view.env_id,
                self.hasFocus(),
            ),
        )
        painter.restore()

    def resizeEvent(self, ev: QResizeEvent | None) -> None:
        """Lay out anew."""
        super().resizeEvent(ev)
        if hasattr(self, "plot"):
            self.refresh()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show the cursor."""
        super().focusInEvent(event)
        self.viewport().update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Hide the cursor."""
        super().focusOutEvent(event)
        self.viewport().update()

    # mouse

    def mousePressEvent(self, ev: QMouseEvent) -> None:
        """Start a stroke or a pan."""
        at = ev.position()
        if ev.button() == Qt.MouseButton.MiddleButton:
            self._panned_from = at
        elif self._stroke is None and self.plot.inside(at.x(), at.y()):
            erase = ev.button() == Qt.MouseButton.RightButton or bool(
                ev.modifiers() & Qt.KeyboardModifier.AltModifier
            )
            row, column = self.plot.row_at(at.y()), self.plot.column_at(at.x())
            self.selection.move(self.plot.order.index(row), column)
            self._stroke = Stroke(self.model, self.plot, self.tool, (row, column), value=not erase)
        ev.accept()

    def mouseMoveEvent(self, ev: QMouseEvent) -> None:
        """Continue the stroke or the pan."""
        at = ev.position()
        if self._panned_from is not None:
            self.plot.pan(at.x() - self._panned_from.x(), at.y() - self._panned_from.y())
            self._panned_from = at
            self._redraw()
        elif self._stroke is not None:
            row, column = self.plot.row_at(at.y()), self.plot.column_at(at.x())
            extend = self.tool is Tool.RECTANGLE
            self.selection.move(self.plot.order.index(row), column, extend=extend)
            self._stroke.move(row, column)
        ev.accept()

    def mouseReleaseEvent(self, ev: QMouseEvent) -> None:
        """Finish: one edit for the whole stroke, then focus the environment of its first cell."""
        if ev.button() == Qt.MouseButton.MiddleButton:
            self._panned_from = None
        elif self._stroke is not None:
            stroke, self._stroke = self._stroke, None
            self._emit(stroke.finish())
            self.env_clicked.emit(int(self.model.env_ids[stroke.start[1]]))
        ev.accept()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Treat the second click as a click."""
        self.mousePressEvent(event)

    def wheelEvent(self, ev: QWheelEvent) -> None:
        """Zoom columns over the cells, scroll rows over the labels, pan with Shift."""
        delta, at = ev.angleDelta(), ev.position()
        sideways = delta.x() or (
            delta.y() if ev.modifiers() & Qt.KeyboardModifier.ShiftModifier else 0
        )
        if sideways:
            self.plot.pan(sideways * 0.5, 0)
        elif LEFT <= at.x() < LEFT + self.plot.plot_width:
            self.plot.zoom(_ZOOM ** (delta.y() / _NOTCH), at.x())
        else:
            self.plot.pan(0, delta.y() * 0.25)
        self._redraw()
        ev.accept()

    def viewportEvent(self, event: QEvent) -> bool:
        """Show a line about the cell below the pointer."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            at = event.pos()
            if self.plot.inside(at.x(), at.y()):
                row, column = self.plot.row_at(at.y()), self.plot.column_at(at.x())
                QToolTip.showText(event.globalPos(), self.model.cell_text(row, column), self)
            else:
                QToolTip.hideText()
            return True
        return super().viewportEvent(event)

    # keyboard

    def event(self, event: QEvent) -> bool:
        """Keep the keys of the spreadsheet from the shortcuts of the window."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            plain = event.key() in _OWN_KEYS and not (
                event.modifiers() & Qt.KeyboardModifier.ControlModifier
            )
            if plain or _is_apply(event) or _standard(event) is not None:
                event.accept()
                return True
        return super().event(event)

    def keyPressEvent(self, ev: QKeyEvent) -> None:
        """Move, extend, paint, erase, copy, paste, apply."""
        key, standard = ev.key(), _standard(ev)
        if not self.plot.order or self.plot.columns == 0:
            ev.ignore()
        elif _is_apply(ev):
            self.apply_requested.emit()
        elif standard == QKeySequence.StandardKey.Copy:
            self.copy()
        elif standard == QKeySequence.StandardKey.Paste:
            self.paste()
        elif standard == QKeySequence.StandardKey.SelectAll:
            self.selection.move(self.selection.place, 0)
            self._move(0, 2**31, extend=True)
        elif key in _ARROWS:
            extend = bool(ev.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            self._move(*_ARROWS[Qt.Key(key)], extend=extend)
        elif key == Qt.Key.Key_Space:
            self.fill(value=True)
        elif key in {Qt.Key.Key_Delete, Qt.Key.Key_Backspace}:
            self.fill(value=False)
        elif key == Qt.Key.Key_Escape:
            self._escape()
        else:
            ev.ignore()

    def _move(self, down: int, right: int, *, extend: bool) -> None:
        selection, plot = self.selection, self.plot
        place = min(max(selection.place + down, 0), len(plot.order) - 1)
        column = min(max(selection.column + right, 0), plot.columns - 1)
        selection.move(place, column, extend=extend)
        plot.reveal(plot.order[place], column)
        self._redraw()

    def _escape(self) -> None:
        self._stroke = None
        self.model.cancel_stroke()
        self.selection.move(self.selection.place, self.selection.column)
        self.viewport().update()

    def copy(self) -> None:
        """Put the selected cells on the clipboard as tab-separated 0 and 1."""
        rows, columns = self.selection.rows(self.plot.order), self.selection.columns()
        QGuiApplication.clipboard().setText(self.model.to_tsv(rows, columns))

    def paste(self) -> None:
        """Paste 0 and 1 from the clipboard at the upper left corner of the selection."""
        selection = self.selection
        below = self.plot.order[min(selection.place, selection.anchor_place) :]
        text = QGuiApplication.clipboard().text()
        try:
            self._emit(self.model.paste(text, below, int(selection.columns()[0])))
        except ValueError as error:
            self.complained.emit(str(error))


def _standard(event: QKeyEvent) -> QKeySequence.StandardKey | None:
    keys = QKeySequence.StandardKey
    return next((k for k in (keys.Copy, keys.Paste, keys.SelectAll) if event.matches(k)), None)


def _is_apply(event: QKeyEvent) -> bool:
    enter = event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}
    return enter and bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
