"""What stands in the middle while there is no stage: the two ways to get one, and recent files."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

MAX_SHOWN = 5


class WelcomePage(QWidget):
    """Teaches the first step.

    Signals:
        open_wanted: Open a file (a dialog follows).
        demo_wanted: Make the demo scene.
        file_wanted: Open this recent file.
    """

    open_wanted = Signal()
    demo_wanted = Signal()
    file_wanted = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("panel", True)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.title = QLabel("No stage yet")
        self.title.setProperty("hero", True)
        self.hint = QLabel(
            "Open a USD file, drop one onto this window, or start with the demo scene:\n"
            "a cone, cuboid or sphere beside a cartpole in every environment."
        )
        self.hint.setProperty("muted", True)
        self.hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.open = QPushButton("Open…")
        self.demo = QPushButton("New demo scene")
        self.demo.setProperty("primary", True)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(self.open)
        buttons.addWidget(self.demo)
        buttons.addStretch(1)
        self._recent = QVBoxLayout()
        layout = QVBoxLayout(self)
        layout.setSpacing(12)
        layout.addStretch(2)
        layout.addWidget(self.title, 0, Qt.AlignmentFlag.AlignCenter)
        layout.addWidget(self.hint, 0, Qt.AlignmentFlag.AlignCenter)
        layout.addLayout(buttons)
        layout.addLayout(self._recent)
        layout.addStretch(3)
        self.open.clicked.connect(self.open_wanted)
        self.demo.clicked.connect(self.demo_wanted)

    def show_recent(self, files: list[str]) -> None:
        """Show recent files as links."""
        while (item := self._recent.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.deleteLater()
        for name in files[:MAX_SHOWN]:
            link = QPushButton(Path(name).name)
            link.setProperty("link", True)
            link.setToolTip(name)
            link.setCursor(Qt.CursorShape.PointingHandCursor)
            link.clicked.connect(self._open_recent)
            self._recent.addWidget(link, 0, Qt.AlignmentFlag.AlignCenter)

    def show_waiting(self, text: str) -> None:
        """Say what is being prepared; an empty text brings the invitation back."""
        self.title.setText(text or "No stage yet")
        for widget in (self.open, self.demo, self.hint):
            widget.setVisible(not text)

    @Slot()
    def _open_recent(self) -> None:
        link = self.sender()
        if isinstance(link, QPushButton):
            self.file_wanted.emit(link.toolTip())
