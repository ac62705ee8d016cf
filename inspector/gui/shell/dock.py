"""A dock with the slim header of the design: title, question, and a button that floats it."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Slot
from PySide6.QtWidgets import QDockWidget, QHBoxLayout, QLabel, QToolButton, QWidget

from inspector.gui.shell.still_box import StillBox

HEADER_HEIGHT = 25
SLIM_HEIGHT = 36


class PanelHeader(QWidget):
    """Title and question of a panel, in one line."""

    def __init__(self, title: str, question: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setProperty("header", True)
        self.setFixedHeight(HEADER_HEIGHT)
        name = QLabel(title)
        name.setProperty("heading", True)
        asks = QLabel(question)
        asks.setProperty("muted", True)
        self.row = QHBoxLayout(self)
        self.row.setContentsMargins(8, 0, 4, 0)
        self.row.setSpacing(9)
        self.row.addWidget(name)
        self.row.addWidget(asks)
        self.row.addStretch(1)

    def sizeHint(self) -> QSize:
        """Return the full height: docks ask for the hint, not for the fixed height."""
        return QSize(super().sizeHint().width(), HEADER_HEIGHT)

    def minimumSizeHint(self) -> QSize:
        """Return the full height, and no width: a narrow dock cuts the question."""
        return QSize(0, HEADER_HEIGHT)


class PanelDock(QDockWidget):
    """A panel in a dock.

    Args:
        panel: The panel.
        title: Title; also the object name, which saved layouts refer to.
        question: The question that the panel answers.
        parent: Main window.
        slim: Put the header beside the panel instead of above it, for panels of one row.
    """

    def __init__(
        self, panel: QWidget, title: str, question: str, parent: QWidget, *, slim: bool = False
    ) -> None:
        super().__init__(title, parent)
        self.setObjectName(title)
        panel.setProperty("panel", True)
        panel.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        header = PanelHeader(title, question)
        self._float = QToolButton()
        self._float.setProperty("chrome", True)
        self._float.setText("❐")
        self._float.setToolTip("Float or dock this panel")
        self._float.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._float.clicked.connect(self._toggle_floating)
        if slim:
            self._set_up_slim(panel, header)
        else:
            header.row.addWidget(self._float)
            self.setTitleBarWidget(header)
            self.setWidget(StillBox(panel))

    def _set_up_slim(self, panel: QWidget, header: PanelHeader) -> None:
        box = QWidget()
        box.setProperty("panel", True)
        box.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        header.setProperty("header", False)
        row = QHBoxLayout(box)
        row.setContentsMargins(0, 0, 4, 0)
        row.setSpacing(0)
        row.addWidget(header)
        row.addWidget(panel, 1)
        row.addWidget(self._float)
        box.setFixedHeight(SLIM_HEIGHT)
        self.setTitleBarWidget(QWidget())
        self.setWidget(StillBox(box))

    @Slot()
    def _toggle_floating(self) -> None:
        self.setFloating(not self.isFloating())
