"""Paints the words of the overlays: the same in the window and in headless pictures."""

from __future__ import annotations

from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter

from inspector.gui.viewport.display import Display
from inspector.gui.viewport.env_view import env_shifts
from inspector.gui.viewport.overlays.words import place_words

_HALO = tuple((x, y) for x in (-1.2, 0.0, 1.2) for y in (-1.2, 0.0, 1.2) if x or y)


def paint_words(painter: QPainter, display: Display, font: QFont) -> None:
    """Paint the words over a picture of the display, in its logical pixels."""
    snapshot, words = display.snapshot, display.overlays.words
    if snapshot is None or not words:
        return
    camera = display.camera
    near, far = camera.depth_range(*display.scene_sphere)
    view_projection = camera.projection(display.aspect, near, far) @ camera.view()
    metrics = QFontMetricsF(font)
    placed = place_words(
        words,
        view_projection,
        display.size,
        metrics.horizontalAdvance,
        env_shifts(snapshot.env_origins, display.spacing),
    )
    tokens = display.tokens
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setFont(font)
    # A halo in the colour of the background keeps words readable over anything, in any theme.
    painter.setPen(QColor(tokens.background))
    for word in placed:
        for x, y in _HALO:
            painter.drawText(QPointF(word.x + x, word.y + y), word.text)
    for word in placed:
        painter.setPen(QColor(str(getattr(tokens, word.color))))
        painter.drawText(QPointF(word.x, word.y), word.text)
