"""Everything of the clone mask that is not a cell: labels, counts, env ids, frames and the cursor."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontDatabase, QPainter, QPen, QPolygonF

from inspector.gui.bridge.tokens import Tokens
from inspector.gui.models.mask_layout import LEFT, RIGHT, TOP, MaskLayout
from inspector.gui.models.mask_model import MaskModel
from inspector.gui.models.mask_selection import MaskSelection
from inspector.session.snapshot import Message, Severity

GLYPHS = "▲■●◆▼★◀▶"
"""Glyphs of source rows: a row is never told by its colour alone."""
_LEAST_FRAME = 5.0
_READABLE = 9
EMPTY = (
    "No clone plan yet",
    "Open a scene with environments or make a new demo scene;",
    "then paint here which environment receives which asset.",
)


@dataclass(frozen=True)
class Scene:
    """What the overlay is drawn from."""

    model: MaskModel
    layout: MaskLayout
    selection: MaskSelection
    tokens: Tokens
    env_id: int
    focused: bool


def draw(painter: QPainter, scene: Scene) -> None:
    """Draw the overlay over the cells."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
    if not scene.layout.lines:
        _draw_empty(painter, scene)
        return
    _draw_lines(painter, scene)
    _draw_ticks(painter, scene)
    _draw_scroll_mark(painter, scene)
    painter.save()
    layout = scene.layout
    painter.setClipRect(QRectF(LEFT - 2, 0, layout.plot_width + 4, layout.height))
    _draw_focus(painter, scene)
    for lint in scene.model.lints:
        if lint.severity is Severity.ERROR:
            _draw_lint(painter, scene, lint)
    _draw_selection(painter, scene)
    painter.restore()


def mono_font(pixels: int) -> QFont:
    """Return the monospaced face for numbers."""
    font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
    font.setPixelSize(pixels)
    return font


def _draw_empty(painter: QPainter, scene: Scene) -> None:
    middle = scene.layout.height / 2 - 24
    for at, sentence in enumerate(EMPTY):
        painter.setPen(QColor(scene.tokens.text if at == 0 else scene.tokens.muted))
        box = QRectF(0, middle + 20 * at, scene.layout.width, 20)
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, sentence)


def _draw_lines(painter: QPainter, scene: Scene) -> None:
    layout, model, tokens = scene.layout, scene.model, scene.tokens
    painter.save()
    painter.setClipRect(QRectF(0, TOP, layout.width, layout.plot_height))
    middle = Qt.AlignmentFlag.AlignVCenter
    counts, environments = model.counts(), max(layout.columns, 1)
    face, metrics = painter.font(), painter.fontMetrics()
    for line in layout.lines:
        y = TOP + line.top - layout.offset
        if y + line.height < TOP or y > layout.height:
            continue
        painter.setFont(_sized(face, min(12, line.height)))
        if line.row < 0:
            painter.setPen(QColor(tokens.muted))
            box = QRectF(10, y, layout.width - 20, line.height)
            painter.drawText(box, middle, model.groups[line.group].title)
            continue
        painter.setPen(QColor(tokens.series[line.row % len(tokens.series)]))
        painter.drawText(QRectF(10, y, 16, line.height), middle, GLYPHS[line.row % len(GLYPHS)])
        painter.setPen(QColor(tokens.text))
        label = metrics.elidedText(
            model.mask.labels[line.row], Qt.TextElideMode.ElideMiddle, LEFT - 40
        )
        painter.drawText(QRectF(28, y, LEFT - 34, line.height), middle, label)
        count = int(counts[line.row])
        share = f"{count} {round(100 * count / environments):3d}%" if layout.columns else "0"
        painter.setFont(mono_font(min(12, line.height)))
        box = QRectF(layout.width - RIGHT, y, RIGHT - 10, line.height)
        painter.drawText(box, middle | Qt.AlignmentFlag.AlignRight, share)
    painter.restore()


def _sized(font: QFont, pixels: int) -> QFont:
    font = QFont(font)
    font.setPixelSize(max(pixels, _READABLE))
    return font


def _draw_ticks(painter: QPainter, scene: Scene) -> None:
    layout, model = scene.layout, scene.model
    painter.save()
    painter.setFont(mono_font(11))
    painter.setPen(QColor(scene.tokens.muted))
    for column in layout.ticks():
        x = layout.x_of(column + 0.5 if layout.per_pixel < 1 else column)
        box = QRectF(x - 40, 2, 80, TOP - 6)
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, str(int(model.env_ids[column])))
    painter.restore()


def _draw_scroll_mark(painter: QPainter, scene: Scene) -> None:
    """Show how much of the rows is below or above when they do not fit."""
    layout = scene.layout
    if layout.content_height <= layout.plot_height:
        return
    share = layout.plot_height / layout.content_height
    top = TOP + layout.offset * share
    bar = QRectF(layout.width - 5, top, 3, layout.plot_height * share)
    painter.fillRect(bar, QColor(scene.tokens.line))


def _draw_focus(painter: QPainter, scene: Scene) -> None:
    layout = scene.layout
    column = scene.model.column_of(scene.env_id)
    if column < 0:
        return
    left, width = layout.x_of(column), max(1 / layout.per_pixel, 1.0)
    if not LEFT - width < left < LEFT + layout.plot_width:
        return
    x = left + width / 2
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(scene.tokens.text))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    corners = [QPointF(x - 4, TOP - 7), QPointF(x + 4, TOP - 7), QPointF(x, TOP - 1)]
    painter.drawPolygon(QPolygonF.fromList(corners))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)


def _draw_lint(painter: QPainter, scene: Scene, lint: Message) -> None:
    layout, model = scene.layout, scene.model
    pen = QPen(QColor(scene.tokens.not_finite), 2)
    pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for group in model.groups:
        last = layout.line_of(group.rows[-1])
        top = max(layout.y_of(group.rows[0]), TOP)
        bottom = layout.y_of(last.row) + last.height
        for left, width in layout.runs(model.columns_about(lint, group)):
            wider = max(width, _LEAST_FRAME)
            box = QRectF(left - (wider - width) / 2 - 1, top, wider + 1, bottom - top)
            painter.drawRect(box)


def _draw_selection(painter: QPainter, scene: Scene) -> None:
    layout, selection, tokens = scene.layout, scene.selection, scene.tokens
    rows = selection.rows(layout.order)
    if layout.columns == 0 or not rows:
        return
    painter.setBrush(Qt.BrushStyle.NoBrush)
    if selection.count() > 1:
        first, last = layout.line_of(rows[0]), layout.line_of(rows[-1])
        top = TOP + first.top - layout.offset
        height = last.top + last.height - first.top
        painter.setPen(QPen(QColor(tokens.text), 1, Qt.PenStyle.DashLine))
        for left, width in layout.runs(selection.columns()):
            painter.drawRect(QRectF(left - 1, top, max(width, 3), height - 1))
    if scene.focused:
        row = layout.order[selection.place]
        painter.setPen(QPen(QColor(tokens.accent), 2))
        left, width = layout.x_of(selection.column), max(1 / layout.per_pixel, _LEAST_FRAME)
        box = QRectF(left - 1, layout.y_of(row), width + 1, layout.line_of(row).height - 1)
        painter.drawRect(box)
