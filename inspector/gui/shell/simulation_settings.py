"""The dialog with the settings of the simulation; frozen from play to stop, and shown as such."""

from __future__ import annotations

from typing import TypeVar

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QDoubleSpinBox,
    QFormLayout,
    QLabel,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from inspector.gui.bridge.bridge import Bridge
from inspector.session.edits import SettingsEdit
from inspector.session.snapshot import PlayState, SceneSnapshot, SimulationSettings

ENGINES = {
    "auto": "Automatic – the fastest that this machine has",
    "mujoco": "MuJoCo (CPU)",
    "mujoco_warp": "MuJoCo Warp (CUDA)",
    "newton": "Newton (particles and cloth too)",
}
SOLVERS = {
    "auto": "Automatic – XPBD where there are particles or cloth",
    "mujoco": "MuJoCo's, for rigid bodies",
    "xpbd": "XPBD",
}
DEVICES = ("cpu", "cuda:0")
_T = TypeVar("_T")
_FROZEN = "Frozen from play to stop: physics was built with these values. Stop first."
_FREE = "They take effect with the next play."


class SimulationSettingsDialog(QDialog):
    """Time step, engine, device and where poses go. *Apply* is one undo step.

    Args:
        bridge: Door to the engine.
        parent: The window.
    """

    def __init__(self, bridge: Bridge, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._shown: SimulationSettings | None = None
        self._stopped = False
        self.setWindowTitle("Simulation settings")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._make_fields()
        self.note = QLabel(_FREE)
        self.note.setWordWrap(True)
        self.note.setProperty("muted", True)
        buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Apply | QDialogButtonBox.StandardButton.Close
        )
        self.apply: QPushButton = buttons.button(QDialogButtonBox.StandardButton.Apply)
        self.apply.clicked.connect(self._apply)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addLayout(self._form)
        layout.addWidget(self.note)
        layout.addWidget(buttons)
        bridge.session.snapshot_published.connect(self.show_snapshot)
        if bridge.session.snapshot is not None:
            self.show_snapshot(bridge.session.snapshot)

    def _make_fields(self) -> None:
        self.rate = QDoubleSpinBox(decimals=3, minimum=0.001, maximum=1000.0, suffix=" ms")
        self.rate.setStepType(QDoubleSpinBox.StepType.AdaptiveDecimalStepType)
        self.substeps = QSpinBox(minimum=1, maximum=1000)
        self.engine = QComboBox()
        for name, text in ENGINES.items():
            self.engine.addItem(text, name)
        self.solver = QComboBox()
        for name, text in SOLVERS.items():
            self.solver.addItem(text, name)
        self.engine.currentIndexChanged.connect(self._follow_engine)
        self.device = QComboBox()
        self.device.setEditable(True)
        self.device.addItems(DEVICES)
        self.fabric = QCheckBox("Write poses to Fabric; USD keeps its authored values")
        self._form = QFormLayout()
        self._form.addRow("Time step (dt)", self.rate)
        self._form.addRow("Solver steps per step", self.substeps)
        self._form.addRow("Physics engine", self.engine)
        self._form.addRow("Solver of Newton", self.solver)
        self._form.addRow("Device", self.device)
        self._form.addRow("Fabric", self.fabric)

    @Slot(object)
    def show_snapshot(self, snapshot: SceneSnapshot) -> None:
        """Show the settings when they changed, and whether they can be changed now."""
        stopped = snapshot.state is PlayState.STOPPED
        for field in (self.rate, self.substeps, self.engine, self.device, self.fabric, self.apply):
            field.setEnabled(stopped)
        self._stopped = stopped
        self._follow_engine()
        self.note.setText(_FREE if stopped else _FROZEN)
        if snapshot.settings == self._shown:
            return
        self._shown = settings = snapshot.settings
        self.rate.setValue(settings.dt * 1000.0)
        self.substeps.setValue(settings.substeps)
        self.engine.setCurrentIndex(self.engine.findData(settings.backend))
        self.solver.setCurrentIndex(self.solver.findData(settings.solver))
        self.device.setCurrentText(settings.device)
        self.fabric.setChecked(settings.use_fabric)

    @Slot()
    def _follow_engine(self) -> None:
        has_solvers = self.engine.currentData() in {"auto", "newton"}
        self.solver.setEnabled(self._stopped and has_solvers)

    @Slot()
    def _apply(self) -> None:
        shown = self._shown
        if shown is None:
            return
        # What is shown rounded is not written back rounded.
        dt = self.rate.value() / 1000.0
        same_dt = round(shown.dt * 1000.0, self.rate.decimals()) == self.rate.value()
        edit = SettingsEdit(
            dt=None if same_dt else dt,
            substeps=_changed(self.substeps.value(), shown.substeps),
            use_fabric=_changed(self.fabric.isChecked(), shown.use_fabric),
            backend=_changed(str(self.engine.currentData()), shown.backend),
            solver=_changed(str(self.solver.currentData()), shown.solver),
            device=_changed(self.device.currentText().strip(), shown.device),
        )
        if edit != SettingsEdit():
            self._bridge.undo.push_edit(edit)


def _changed(value: _T, shown: _T) -> _T | None:
    return None if value == shown else value
