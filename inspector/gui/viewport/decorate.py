"""Lays words, legend and step over a headless picture, as the window lays them over its own."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QGuiApplication, QImage, QPainter

from inspector.gui.viewport.caveats import caveats, exaggeration, notes
from inspector.gui.viewport.display import Display
from inspector.gui.viewport.legend_painter import legend_size, paint_legend
from inspector.gui.viewport.legends import legend
from inspector.gui.viewport.picture_age import step_text
from inspector.gui.viewport.words_painter import paint_words

_MARGIN = 10
_FONT_PIXELS = 12
_CARD = 22


def decorated(
    rgba: NDArray[np.uint8],
    display: Display,
    *,
    scale: float = 1.0,
    with_legend: bool = True,
    top: int = 0,
    full_height: int = 0,
) -> NDArray[np.uint8]:
    """Return a picture with its words, its step and its legend.

    Args:
        rgba: Picture of the display, straight alpha, uint8, shape [height, width, 4].
        display: What it shows.
        scale: Physical pixels per logical pixel.
        with_legend: Whether legend, step and sentences about it are part of it; words always are.
        top: Where a band of a picture begins [physical pixels].
        full_height: Height of the whole picture of a band, 0 for that of ``rgba``.
    """
    height, width = rgba.shape[:2]
    size = (width / scale, (full_height or height) / scale)
    plain = np.ascontiguousarray(rgba)
    image = QImage(plain.data, width, height, 4 * width, QImage.Format.Format_RGBA8888).copy()
    snapshot = display.snapshot
    if snapshot is None:
        return plain
    font = QFont(QGuiApplication.font())
    font.setPixelSize(_FONT_PIXELS)
    display.overlays.update(display)
    painter = QPainter(image)
    painter.translate(0.0, -float(top))
    painter.scale(scale, scale)
    paint_words(painter, display, font)
    if with_legend:
        _paint_step(painter, step_text(snapshot), display, size, font)
        _paint_sentences(painter, display, size, font)
        what = legend(display.color_mode, snapshot, display.tokens)
        painter.translate(QPointF(size[0] - legend_size(what, font).width() - _MARGIN, _MARGIN))
        paint_legend(painter, what, display.tokens, font)
    painter.end()
    flat = np.frombuffer(image.constBits(), np.uint8)
    return flat.reshape(height, image.bytesPerLine() // 4, 4)[:, :width].copy()


def _paint_step(
    painter: QPainter, text: str, display: Display, size: tuple[float, float], font: QFont
) -> None:
    painter.setFont(font)
    width = painter.fontMetrics().horizontalAdvance(text) + 16
    box = QRectF(size[0] - width - _MARGIN, size[1] - _CARD - _MARGIN, width, _CARD)
    _paint_card(painter, box, text, display)


def _paint_sentences(
    painter: QPainter, display: Display, size: tuple[float, float], font: QFont
) -> None:
    """How the picture differs from the data at the top left, what it leaves out at the bottom."""
    painter.setFont(font)
    stretch = exaggeration(display)
    above = [str(caveat) for caveat in (*caveats(display), *([stretch] if stretch else []))]
    below = notes(display)
    lowest = size[1] - _MARGIN - (len(below) + 1) * (_CARD + 2)
    rows = [(text, _MARGIN + row * (_CARD + 2)) for row, text in enumerate(above)]
    rows += [(text, lowest + row * (_CARD + 2)) for row, text in enumerate(below)]
    for text, top in rows:
        width = painter.fontMetrics().horizontalAdvance(text) + 16
        _paint_card(painter, QRectF(_MARGIN, top, width, _CARD), text, display)


def _paint_card(painter: QPainter, box: QRectF, text: str, display: Display) -> None:
    surface = QColor(display.tokens.surface)
    surface.setAlpha(225)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(surface)
    painter.drawRoundedRect(box, 4, 4)
    painter.setPen(QColor(display.tokens.text))
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)
