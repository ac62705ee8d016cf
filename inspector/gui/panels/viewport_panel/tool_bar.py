"""The row of buttons of the viewport: tools, cameras, environments, spacing. Each has a key."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtWidgets import (
    QDoubleSpinBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QMenu,
    QSlider,
    QToolButton,
    QWidget,
    QWidgetAction,
)

from inspector.gui.panels.viewport_panel.flow_layout import FlowLayout
from inspector.gui.panels.viewport_panel.tools import ToolState
from inspector.gui.viewport.env_view import SPACING

_STEPS = 100
_DETENT = 0.04
"""Near 1 the slider holds at 1: there positions on the screen are the true ones."""


class SpacingSlider(QSlider):
    """A slider over the spacing of environments, as far to 1/4 as to 4.

    Signals:
        spacing_changed: The spacing that the user chose.
    """

    spacing_changed = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.setRange(-_STEPS, _STEPS)
        self.setFixedWidth(72)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAccessibleName("Display spacing of the environments")
        self.setToolTip("Draw environments apart or together; the data stays ([ and ], \\ resets)")
        self.valueChanged.connect(self._tell)

    @Slot(int)
    def _tell(self, value: int) -> None:
        self.spacing_changed.emit(_spacing(value))

    def show_spacing(self, spacing: float) -> None:
        """Show a spacing without telling of it."""
        self.blockSignals(True)
        self.setValue(round(_STEPS * float(np.log(spacing) / np.log(SPACING[1]))))
        self.blockSignals(False)


def _spacing(value: int) -> float:
    share = value / _STEPS
    return 1.0 if abs(share) < _DETENT else float(SPACING[1] ** share)


class ToolBar(QWidget):
    """Buttons over the picture; what does not fit goes on in a second line.

    Args:
        commands: What the buttons do, by the id of the action.
        parent: Owner.

    Attributes:
        spacing: The slider.
        cameras: The menu of cameras; filled when it opens.

    Signals:
        steps_changed: Steps of moving [m] and turning [deg], strength of the spring [1/s²].
        ran: A button was clicked.
    """

    steps_changed = Signal(float, float, float)
    ran = Signal()

    def __init__(
        self, commands: dict[str, Callable[[], object]], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._commands = commands
        self._buttons: dict[str, QToolButton] = {}
        self._flow = FlowLayout(self, 3)
        self._flow.setContentsMargins(8, 0, 8, 4)
        self.setAccessibleName("Viewport tools")
        self._add("view.tool_select", "Select", "Click, or Shift and drag, selects", "Q")
        self._add("view.tool_move", "Move", "Arms and squares move the selection", "W")
        self._add("view.tool_rotate", "Rotate", "Rings turn the selection", "E")
        self._add(
            "view.local_axes", "Local", "Along the selection's own axes, not the world's", "X"
        )
        snap = self._add("view.snap", "Snap", "Move and turn in steps; Ctrl turns this over", "N")
        snap.setPopupMode(QToolButton.ToolButtonPopupMode.MenuButtonPopup)
        snap.setMenu(self._make_steps())
        self._add("view.box_select", "Box", "The next left drag selects what is inside", "B")
        self.cameras = QMenu("Camera", self)
        camera = self._menu_button(
            "Camera", "Sides, perspective, cameras of the stage (Alt+1…4, C)"
        )
        camera.setMenu(self.cameras)
        self._add("view.follow", "Follow", "The camera goes along with the selection", "T")
        self._add("view.fly", "Fly", "WASD, Q and E fly; so does the right button held", "Shift+F")
        self._add(
            "view.solo", "Solo", "Only the environments of the selection, or the focused one", "I"
        )
        self._add("view.hide_envs", "Hide", "Hide the environments of the selection", "H", False)
        self._add("view.show_envs", "Show", "Show every environment", "Shift+H", False)
        self.spacing = SpacingSlider()
        self._flow.addWidget(_labelled("Spacing", self.spacing))

    def _add(
        self, action_id: str, text: str, tip: str, key: str, checkable: bool = True
    ) -> QToolButton:
        button = QToolButton()
        button.setObjectName(action_id)
        button.setText(text)
        button.setToolTip(f"{tip} ({key})")
        button.setCheckable(checkable)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.clicked.connect(self._run)
        button.setProperty("tool", True)
        self._buttons[action_id] = button
        self._flow.addWidget(button)
        return button

    def _menu_button(self, text: str, tip: str) -> QToolButton:
        button = QToolButton()
        button.setText(text)
        button.setToolTip(tip)
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.setProperty("tool", True)
        self._flow.addWidget(button)
        return button

    def _make_steps(self) -> QMenu:
        menu = QMenu("Steps", self)
        box = QWidget()
        form = QFormLayout(box)
        usual = ToolState()
        self.move_step = _number(usual.move_step, 0.001, 100.0, " m", "Step of moving")
        self.turn_step = _number(usual.turn_step, 0.1, 180.0, "°", "Step of turning")
        self.strength = _number(usual.strength, 10.0, 1000.0, " /s²", "Strength of the spring")
        self.strength.setToolTip(
            "Stiffness of the spring per mass; Ctrl+Shift and drag pulls a body"
        )
        for text, field in (
            ("Move by", self.move_step),
            ("Turn by", self.turn_step),
            ("Spring", self.strength),
        ):
            form.addRow(text, field)
            field.valueChanged.connect(self._tell_steps)
        action = QWidgetAction(menu)
        action.setDefaultWidget(box)
        menu.addAction(action)
        return menu

    @Slot()
    def _tell_steps(self) -> None:
        self.steps_changed.emit(
            self.move_step.value(), self.turn_step.value(), self.strength.value()
        )

    @Slot()
    def _run(self) -> None:
        sender: QObject = self.sender()
        self._commands[sender.objectName()]()
        # A click has already switched the button; what holds is said by the command.
        self.ran.emit()

    def check(self, states: dict[str, bool]) -> None:
        """Show which of the switches are on, by the ids of their actions."""
        for action_id, on in states.items():
            if action_id in self._buttons:
                self._buttons[action_id].setChecked(on)


def _labelled(text: str, field: QWidget) -> QWidget:
    """Return a field with its name before it, which stay in one line."""
    box = QWidget()
    line = QHBoxLayout(box)
    line.setContentsMargins(4, 0, 0, 0)
    label = QLabel(text)
    label.setBuddy(field)
    line.addWidget(label)
    line.addWidget(field)
    return box


def _number(value: float, low: float, high: float, unit: str, name: str) -> QDoubleSpinBox:
    field = QDoubleSpinBox()
    field.setDecimals(3 if low < 0.01 else 1)
    field.setRange(low, high)
    field.setValue(value)
    field.setSuffix(unit)
    field.setAccessibleName(name)
    field.setStepType(QDoubleSpinBox.StepType.AdaptiveDecimalStepType)
    return field
