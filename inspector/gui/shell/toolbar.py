"""The toolbar: the actions used all the time, and the settings that every number depends on."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QDoubleSpinBox,
    QFormLayout,
    QLabel,
    QSizePolicy,
    QToolBar,
    QToolButton,
    QWidget,
)

from inspector.gui.actions import ActionSet
from inspector.gui.bridge.bridge import Bridge
from inspector.session.snapshot import PlayState, SceneSnapshot, Tolerance

_FIRST = ("file.open", "file.save", "", "edit.undo", "edit.redo", "")
_RUN = ("sim.play", "sim.step", "sim.stop")
# Qt drops the dots of "Open…" when it derives the text of a button from that of a menu.
_TEXTS = {"file.open": "Open…", "sim.play": "▶ Play", "sim.step": "▮▶ Step", "sim.stop": "■ Stop"}
MAX_UNDO_TEXT = 24


class MainToolBar(QToolBar):
    """Actions on the left, settings on the right.

    Args:
        bridge: For the tolerance.
        actions: The action table.
        parent: Owner.
    """

    def __init__(self, bridge: Bridge, actions: ActionSet, parent: QWidget | None = None) -> None:
        super().__init__("Toolbar", parent)
        self._bridge = bridge
        self._actions = actions
        self.setMovable(False)
        self.setIconSize(QSize(14, 14))
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        self._add(_FIRST)
        self._add(_RUN)
        for action_id, text in _TEXTS.items():
            actions[action_id].setIconText(text)
        filler = QWidget()
        filler.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.addWidget(filler)
        self.backend = QLabel()
        self.backend.setProperty("muted", True)
        self.backend.setToolTip("Physics backend, device and where poses go; fixed while playing")
        self.addWidget(self.backend)
        self.tolerance = QToolButton()
        self.tolerance.setToolTip("Poses closer than this are fresh; click to change")
        self.tolerance.clicked.connect(self._edit_tolerance)
        self.addWidget(self.tolerance)
        palette = QToolButton()
        palette.setDefaultAction(actions["help.palette"])
        actions["help.palette"].setIconText("⌘ Commands")
        self.addWidget(palette)
        self._show_tolerance(Tolerance())
        self._undo_texts()
        bridge.undo.undoTextChanged.connect(self._undo_texts)
        bridge.undo.redoTextChanged.connect(self._undo_texts)

    def _add(self, ids: tuple[str, ...]) -> None:
        for action_id in ids:
            if action_id:
                self.addAction(self._actions[action_id])
            else:
                self.addSeparator()

    def show_snapshot(self, snapshot: SceneSnapshot) -> None:
        """Show what plays, on what, and within which tolerance."""
        target = "Fabric" if snapshot.use_fabric else "USD"
        name = snapshot.backend or "Physics at Play"
        self.backend.setText(f"{name} · {snapshot.device.upper()} · poses to {target} ")
        self._show_tolerance(snapshot.tolerance)
        playing = snapshot.state is PlayState.PLAYING
        play = self._actions["sim.play"]
        play.setText("Pause" if playing else "Play")
        play.setIconText("❚❚ Pause" if playing else "▶ Play")
        button = self._button(play)
        if button is not None and button.property("primary") != playing:
            button.setProperty("primary", playing)
            button.style().unpolish(button)
            button.style().polish(button)

    def _button(self, action: QAction) -> QToolButton | None:
        widget = self.widgetForAction(action)
        return widget if isinstance(widget, QToolButton) else None

    def _show_tolerance(self, tolerance: Tolerance) -> None:
        self._tolerance = tolerance
        self.tolerance.setText(
            f"Tolerance {tolerance.position * 1000:g} mm · {tolerance.rotation * 1000:g} mrad"
        )

    @Slot()
    def _undo_texts(self) -> None:
        undo, redo = self._bridge.undo.undoText(), self._bridge.undo.redoText()
        for action_id, glyph, word, text in (
            ("edit.undo", "↶", "Undo", undo),
            ("edit.redo", "↷", "Redo", redo),
        ):
            action = self._actions[action_id]
            action.setText(f"{word} {text[:1].lower()}{text[1:]}" if text else word)
            short = text if len(text) <= MAX_UNDO_TEXT else f"{text[: MAX_UNDO_TEXT - 1]}…"
            action.setIconText(f"{glyph} {short}".rstrip())

    @Slot()
    def _edit_tolerance(self) -> None:
        dialog = ToleranceDialog(self._tolerance, self)
        dialog.accepted.connect(self._send_tolerance)
        dialog.open()
        self._dialog = dialog

    @Slot()
    def _send_tolerance(self) -> None:
        self._bridge.session.set_tolerance(self._dialog.tolerance)


class ToleranceDialog(QDialog):
    """Two numbers with units."""

    def __init__(self, tolerance: Tolerance, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Tolerance")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.position = self._box(tolerance.position, " mm")
        self.rotation = self._box(tolerance.rotation, " mrad")
        buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel
        )
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        form = QFormLayout(self)
        form.addRow("Distance", self.position)
        form.addRow("Angle", self.rotation)
        form.addRow(buttons)

    @staticmethod
    def _box(value: float, unit: str) -> QDoubleSpinBox:
        box = QDoubleSpinBox()
        box.setDecimals(4)
        box.setRange(0.0, 1e6)
        box.setValue(value * 1000)
        box.setSuffix(unit)
        return box

    @property
    def tolerance(self) -> Tolerance:
        """What stands in the boxes."""
        return Tolerance(self.position.value() / 1000, self.rotation.value() / 1000)
