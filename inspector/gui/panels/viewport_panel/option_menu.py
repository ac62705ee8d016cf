"""The menu of everything that can be shown beside the shapes; it stays open while one chooses."""

from __future__ import annotations

import math

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QAction, QColor, QMouseEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QPushButton, QSlider, QWidget

from inspector.gui.bridge.tokens import Tokens
from inspector.gui.bridge.view_options import MAX_EXAGGERATION, SWITCHES, ViewOptions
from inspector.gui.bridge.view_state import ViewState

_STEPS = 300
_SEPARATED = frozenset({"bounds", "ghost", "shadows"})


class OptionMenu(QMenu):
    """Switches of the view options.

    Args:
        view: Shared view state.
        parent: Owner.
    """

    def __init__(self, view: ViewState, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._view = view
        self.setToolTipsVisible(True)
        self.switches: dict[str, QAction] = {}
        for name, (words, tip) in SWITCHES.items():
            if name in _SEPARATED:
                self.addSeparator()
            action = self.addAction(words)
            action.setData(name)
            action.setCheckable(True)
            action.setToolTip(tip)
            action.toggled.connect(self._switch)
            self.switches[name] = action
        self.addSeparator()
        self.reset = self.addAction("Reset view options")
        self.reset.triggered.connect(view.reset_options)
        view.options_changed.connect(self._follow)
        self._follow(view.options)

    @Slot(object)
    def _follow(self, options: ViewOptions) -> None:
        for name, action in self.switches.items():
            action.setChecked(name in options.shown)

    @Slot(bool)
    def _switch(self, on: bool) -> None:
        action = self.sender()
        if isinstance(action, QAction):
            self._view.switch(str(action.data()), on)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Stay open when a switch is clicked: often more than one is wanted."""
        action = self.activeAction()
        if action is not None and action.isCheckable() and action.isEnabled():
            action.trigger()
            event.accept()
            return
        super().mouseReleaseEvent(event)


class GhostSlider(QWidget):
    """How much further the ghost is drawn from the shape than it is: ×1 to ×1000."""

    def __init__(self, view: ViewState, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._view = view
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, _STEPS)
        self.slider.setFixedWidth(90)
        self.slider.setAccessibleName("Exaggeration of the ghost")
        self.slider.setToolTip("Draw the ghost further from the shape than it is")
        self.label = QLabel()
        self.label.setMinimumWidth(40)
        line = QHBoxLayout(self)
        line.setContentsMargins(9, 2, 9, 2)
        line.addWidget(QLabel("Ghost"))
        line.addWidget(self.slider)
        line.addWidget(self.label)
        self.slider.valueChanged.connect(self._choose)
        view.options_changed.connect(self._follow)
        self._follow(view.options)

    def set_tokens(self, tokens: Tokens) -> None:
        """Use the colours of a theme."""
        surface = QColor(tokens.surface)
        self.setStyleSheet(
            f"GhostSlider {{ background: rgba({surface.red()}, {surface.green()}, "
            f"{surface.blue()}, 215); border-radius: 4px; }}"
        )

    @Slot(int)
    def _choose(self, value: int) -> None:
        factor = float(f"{MAX_EXAGGERATION ** (value / _STEPS):.2g}")
        if self._place(self._view.options.exaggeration) != value:
            self._view.exaggerate(factor)

    @staticmethod
    def _place(factor: float) -> int:
        return round(math.log(factor) / math.log(MAX_EXAGGERATION) * _STEPS)

    @Slot(object)
    def _follow(self, options: ViewOptions) -> None:
        self.slider.blockSignals(True)
        self.slider.setValue(self._place(options.exaggeration))
        self.slider.blockSignals(False)
        self.label.setText(f"× {options.exaggeration:g}")
        self.setVisible("ghost" in options.shown)


def option_button(menu: QMenu) -> QPushButton:
    """Return the button of the viewport's bar that opens the menu."""
    button = QPushButton("Overlays")
    button.setToolTip("What is drawn beside the shapes")
    button.setMenu(menu)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return button
