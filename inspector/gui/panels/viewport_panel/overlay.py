"""Words and small drawings that lie over the picture and let the pointer through."""

from __future__ import annotations

from html import escape

import numpy as np
from PySide6.QtCore import QPointF, QSize, Qt
from PySide6.QtGui import QColor, QFontDatabase, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QLabel, QWidget

from inspector.gui.bridge.tokens import Tokens
from inspector.gui.viewport.camera import OrbitCamera
from inspector.session.snapshot import GLOBAL_ENV, SceneSnapshot

_TRIAD = 62


class Card(QLabel):
    """A translucent card with a few lines of rich text."""

    def __init__(self, parent: QWidget, *, monospaced: bool = False) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setTextFormat(Qt.TextFormat.RichText)
        if monospaced:
            font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
            font.setPixelSize(11)
            self.setFont(font)
        self.hide()

    def set_tokens(self, tokens: Tokens) -> None:
        """Use the colours of a theme."""
        surface = QColor(tokens.surface)
        self.setStyleSheet(
            f"background: rgba({surface.red()}, {surface.green()}, {surface.blue()}, 215);"
            f"color: {tokens.text}; border-radius: 4px; padding: 6px 9px;"
        )
        if not self.wordWrap():
            # The padding is new to what was said before.
            self.adjustSize()

    def say(self, html: str) -> None:
        """Show a text, or nothing when it is empty."""
        if html != self.text():
            self.setText(html)
            self.setWordWrap(False)
            self.adjustSize()
        self.setVisible(bool(html))

    def fit(self, width: int) -> None:
        """Be as wide as the text, or break lines where there is less room.

        Args:
            width: Room [px].
        """
        self.setWordWrap(False)
        wanted = self.sizeHint()
        if wanted.width() > width > 0:
            self.setWordWrap(True)
            self.resize(width, self.heightForWidth(width))
        else:
            self.resize(wanted)


class AxesTriad(QWidget):
    """The three axes as the camera sees them, with their letters."""

    def __init__(self, camera: OrbitCamera, tokens: Tokens, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFixedSize(QSize(_TRIAD, _TRIAD))
        self._camera = camera
        self._tokens = tokens
        self._drawn = np.zeros((3, 3))

    def set_tokens(self, tokens: Tokens) -> None:
        """Use the colours of a theme."""
        self._tokens = tokens
        self.update()

    def follow(self) -> None:
        """Paint again if the camera has turned."""
        if not np.allclose(self._camera.rotation, self._drawn, atol=1e-4):
            self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the axes, the farthest first."""
        tokens = self._tokens
        self._drawn = self._camera.rotation
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colors = (tokens.not_finite, tokens.fresh, tokens.accent)
        middle = QPointF(_TRIAD / 2, _TRIAD / 2)
        for axis in np.argsort(self._drawn[2]):
            right, up, near = self._drawn[:, axis]
            color = QColor(colors[axis])
            color.setAlphaF(1.0 if near > -0.2 else 0.55)
            tip = middle + QPointF(right, -up) * 20
            painter.setPen(QPen(color, 2.0))
            painter.drawLine(middle, tip)
            at = middle + QPointF(right, -up) * 27
            painter.drawText(QPointF(at.x() - 4, at.y() + 4), "XYZ"[axis])
        painter.end()


def card_html(snapshot: SceneSnapshot, prim: int, tokens: Tokens, *, hidden: int = 0) -> str:
    """Return what is known of a prim, and of the scene as a whole.

    Args:
        snapshot: Scene.
        prim: Index of the prim that the card is about, -1 for none.
        tokens: Colours.
        hidden: How many instances are not drawn: hidden environments, guides.
    """
    count = snapshot.geometry.instance_count
    part = f"{count - hidden:,} of " if hidden else ""
    scene = f"{part}{count:,} {'instance' if count == 1 else 'instances'}"
    if prim < 0:
        return f"<span style='color:{tokens.muted}'>{scene}</span>"
    table, paths = snapshot.transforms, snapshot.prims.paths
    template, env_id = paths.split(paths.path(prim))
    name = template
    if env_id != GLOBAL_ENV:
        tail = template.removeprefix(paths.env_root).lstrip("/").replace("/", " · ")
        name = f"env {env_id}" + (f" · {tail}" if tail else "")
    lines = [f"<b>{escape(name)}</b>"]
    row = table.row_of_prim(prim)
    if row >= 0:
        for word, color, has, world in (
            ("Fabric", tokens.fabric, table.has_fabric[row], table.fabric_world[row]),
            ("USD", tokens.usd, table.has_usd[row], table.usd_world[row]),
        ):
            place = _position(world[3, :3] * snapshot.meters_per_unit) if has else "—"
            label, place = (text.replace(" ", "&nbsp;") for text in (f"{word:<6}", place))
            lines.append(f"<span style='color:{color}'>{label}</span>&nbsp;{place}")
    lines.append(f"<span style='color:{tokens.muted}'>{scene}</span>")
    return "<br>".join(lines)


def _position(meters: np.ndarray) -> str:
    return "(" + ", ".join(f"{value:7.3f}" for value in meters) + ") m"
