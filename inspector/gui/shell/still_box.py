"""A box that keeps what changes inside it from laying out the window again."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget, QWidgetItem


class StillBox(QWidget):
    """Holds one widget and speaks up only when that wants another size.

    A label that says something else asks every layout up to the window to think again, and a main
    window that does paints what lies between its docks: with every step one composition more.

    Args:
        inside: The widget; it fills the box.
        parent: Owner.
    """

    def __init__(self, inside: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        inside.setParent(self)
        inside.show()  # with the box; what is hidden has no size
        self._inside = inside
        # The item says what a layout would make of hints, limits and policies together.
        self._item = QWidgetItem(inside)
        self.setSizePolicy(inside.sizePolicy())
        self._wanted = self._sizes()

    def _sizes(self) -> tuple[QSize, QSize, QSize]:
        hint = self._item.sizeHint()
        if self.sizePolicy().horizontalPolicy() == QSizePolicy.Policy.Ignored:
            hint.setWidth(0)
        return hint, self._item.minimumSize(), self._item.maximumSize()

    def sizeHint(self) -> QSize:
        """Return what the widget wants."""
        return self._item.sizeHint()

    def minimumSizeHint(self) -> QSize:
        """Return what the widget needs."""
        return self._item.minimumSize()

    def event(self, event: QEvent) -> bool:
        """Pass a request to be laid out on if there is a reason for it."""
        if event.type() == QEvent.Type.LayoutRequest:
            wanted = self._sizes()
            if wanted != self._wanted:
                self._wanted = wanted
                self.updateGeometry()
        return super().event(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fill the box."""
        super().resizeEvent(event)
        self._inside.setGeometry(self.rect())
