"""Paints a legend: the same in the window and in headless pictures."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPen, QPolygonF

from inspector.gui.bridge.tokens import Tokens
from inspector.gui.viewport.legends import Legend

_PAD = 9
_LINE = 17
_GLYPH = 18
_BAR_WIDTH = 12
_BAR_LINE = 21
_GAP = 16
_BAR_ROOM = 11
"""Above and below a bar: its outermost numbers reach beyond it [px]."""


def legend_size(legend: Legend, font: QFont) -> QSize:
    """Return how large a legend is [logical pixels]."""
    if legend.is_empty:
        return QSize(0, 0)
    plain, bold = QFontMetrics(font), QFontMetrics(_bold(font))
    width = bold.horizontalAdvance(legend.title)
    for entry in legend.entries:
        words = plain.horizontalAdvance(entry.word) + plain.horizontalAdvance(entry.count)
        width = max(width, _GLYPH + words + (_GAP if entry.count else 0))
    for line in legend.foot:
        width = max(width, plain.horizontalAdvance(line))
    height = 2 * _PAD + _LINE * (1 + len(legend.entries) + len(legend.foot))
    bar = legend.bar
    if bar is not None:
        numbers = max(plain.horizontalAdvance(text) for _, text in bar.ticks)
        mark = 0 if bar.mark is None else 14 + plain.horizontalAdvance(bar.mark[1])
        width = max(width, _BAR_WIDTH + 10 + numbers + mark)
        height += _bar_height(legend) + 2 * _BAR_ROOM
    return QSize(width + 2 * _PAD, height)


def paint_legend(painter: QPainter, legend: Legend, tokens: Tokens, font: QFont) -> None:
    """Paint a legend with its upper left corner at the origin."""
    if legend.is_empty:
        return
    size = legend_size(legend, font)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    surface = QColor(tokens.surface)
    surface.setAlpha(225)
    painter.setBrush(surface)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.drawRoundedRect(QRectF(0, 0, size.width(), size.height()), 4, 4)
    painter.setPen(QColor(tokens.text))
    painter.setFont(_bold(font))
    right = size.width() - _PAD
    y = float(_PAD)
    painter.drawText(QRectF(_PAD, y, right, _LINE), Qt.AlignmentFlag.AlignVCenter, legend.title)
    y += _LINE
    painter.setFont(font)
    if legend.bar is not None:
        _paint_bar(painter, legend, tokens, y + _BAR_ROOM)
        y += _bar_height(legend) + 2 * _BAR_ROOM
    middle, end = Qt.AlignmentFlag.AlignVCenter, Qt.AlignmentFlag.AlignRight
    for entry in legend.entries:
        painter.setPen(QColor(entry.color))
        painter.drawText(QRectF(_PAD, y, _GLYPH, _LINE), middle, entry.glyph)
        painter.setPen(QColor(tokens.text))
        painter.drawText(QRectF(_PAD + _GLYPH, y, right, _LINE), middle, entry.word)
        painter.drawText(QRectF(_PAD, y, right - _PAD, _LINE), middle | end, entry.count)
        y += _LINE
    painter.setPen(QColor(tokens.muted))
    for line in legend.foot:
        painter.drawText(QRectF(_PAD, y, right, _LINE), middle, line)
        y += _LINE
    painter.restore()


def _paint_bar(painter: QPainter, legend: Legend, tokens: Tokens, top: float) -> None:
    bar = legend.bar
    if bar is None:
        return
    height = _bar_height(legend)
    step = height / len(bar.colors)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    for number, color in enumerate(reversed(bar.colors)):
        painter.fillRect(QRectF(_PAD, top + number * step, _BAR_WIDTH, step + 1), QColor(color))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(QColor(tokens.line), 1))
    painter.drawRect(QRectF(_PAD, top, _BAR_WIDTH, height))
    metrics = painter.fontMetrics()
    after = _PAD + _BAR_WIDTH
    numbers = max(metrics.horizontalAdvance(text) for _, text in bar.ticks)
    for place, text in bar.ticks:
        y = top + (1 - place) * height
        painter.setPen(QPen(QColor(tokens.muted), 1))
        painter.drawLine(QPointF(after, y), QPointF(after + 4, y))
        painter.setPen(QColor(tokens.text))
        box = QRectF(after + 8, y - _LINE / 2, 200, _LINE)
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, text)
    if bar.mark is not None:
        _paint_mark(painter, bar.mark, tokens, (top, height, after, numbers))


def _paint_mark(
    painter: QPainter,
    mark: tuple[float, str],
    tokens: Tokens,
    where: tuple[float, float, int, int],
) -> None:
    top, height, after, numbers = where
    y = top + (1 - mark[0]) * height
    color = QColor(tokens.text)
    painter.setPen(QPen(color, 2))
    painter.drawLine(QPointF(_PAD - 3, y), QPointF(after + 3, y))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(color)
    x = after + 8 + numbers + 6
    painter.drawPolygon(QPolygonF([QPointF(x, y), QPointF(x + 6, y - 4), QPointF(x + 6, y + 4)]))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(color)
    box = QRectF(x + 9, y - _LINE / 2, 240, _LINE)
    painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, mark[1])


def _bar_height(legend: Legend) -> int:
    return _BAR_LINE * max(len(legend.bar.ticks) - 1, 3) if legend.bar is not None else 0


def _bold(font: QFont) -> QFont:
    strong = QFont(font)
    strong.setBold(True)
    return strong
