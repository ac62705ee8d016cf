"""The Environments panel: choose a metric, see which environment is unlike the others."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QSize, Qt, Slot
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from inspector.gui.bridge.bridge import Bridge
from inspector.gui.models.env_metrics import (
    SOURCE_ROW,
    EnvValues,
    Metric,
    available_metrics,
    env_values,
)
from inspector.gui.panels.environments_panel.grid import EnvGrid, number
from inspector.session.snapshot import SceneSnapshot

_METRIC_LENGTH = 7


class EnvironmentsPanel(QWidget):
    """Shows which environment is unlike the others; a click focuses it everywhere.

    Args:
        bridge: Session, view state and undo list.
        parent: Owner.
    """

    TITLE = "Environments"
    QUESTION = "Which one is odd?"

    def __init__(self, bridge: Bridge, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._snapshot: SceneSnapshot | None = None
        self._metrics: tuple[Metric, ...] = ()
        self.metric_box = QComboBox()
        self.metric_box.setAccessibleName("Metric")
        # As wide as its usual text, so that the longest metric does not push the worst one out.
        self.metric_box.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.metric_box.setMinimumContentsLength(_METRIC_LENGTH)
        self.summary = QLabel()
        self.summary.setProperty("muted", True)
        self.summary.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.grid = EnvGrid(bridge.view, self)
        self._lay_out()
        self.metric_box.currentIndexChanged.connect(self._show_metric)
        self.grid.env_clicked.connect(self._focus)
        bridge.view.tokens_changed.connect(self.grid.set_tokens)
        bridge.view.tokens_changed.connect(self._show_metric)
        if bridge.session.snapshot is not None:
            self.show_snapshot(bridge.session.snapshot)

    def _lay_out(self) -> None:
        self.setProperty("panel", True)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        bar = QHBoxLayout()
        bar.setContentsMargins(8, 6, 8, 0)
        bar.setSpacing(8)
        bar.addWidget(self.metric_box)
        bar.addWidget(self.summary, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(bar)
        layout.addWidget(self.grid, 1)

    def sizeHint(self) -> QSize:
        """Prefer a square."""
        return QSize(330, 360)

    def show_snapshot(self, snapshot: SceneSnapshot) -> None:
        """Show the metric of every environment of a snapshot."""
        self._snapshot = snapshot
        metrics = available_metrics(snapshot)
        if metrics != self._metrics:
            kept = self.metric_box.currentText()
            self._metrics = metrics
            self.metric_box.blockSignals(True)
            self.metric_box.clear()
            self.metric_box.addItems([metric.title for metric in metrics])
            self.metric_box.setCurrentIndex(max(self.metric_box.findText(kept), 0))
            self.metric_box.blockSignals(False)
        self._show_metric()

    @Slot()
    def _show_metric(self) -> None:
        if self._snapshot is None or not self._metrics:
            return
        metric = self._metrics[max(self.metric_box.currentIndex(), 0)]
        shown = env_values(self._snapshot, metric)
        self.metric_box.setEnabled(len(shown.env_ids) > 0)
        self.grid.show_values(metric, shown, self._snapshot.mask.labels)
        text = self._summary(metric, shown)
        self.summary.setText(text)
        self.summary.setToolTip(text)
        bad = bool(np.isnan(shown.values).any())
        tokens = self._bridge.view.tokens
        color = f"color: {tokens.not_finite if bad else tokens.muted}"
        if color != self.summary.styleSheet():
            self.summary.setStyleSheet(color)

    def _summary(self, metric: Metric, shown: EnvValues) -> str:
        bad = int(np.count_nonzero(np.isnan(shown.values)))
        if bad:
            return f"✖ {bad} not finite"
        finite = shown.values[np.isfinite(shown.values)]
        if metric.kind == SOURCE_ROW or len(finite) == 0 or finite.max() == 0:
            return f"{len(shown.env_ids):,} environments" if len(shown.env_ids) else ""
        if finite.max() <= metric.tolerance:
            return f"all within {metric.tolerance * 1000:g} m{metric.unit}"
        worst = int(shown.env_ids[int(np.nanargmax(shown.values))])
        return f"worst env {worst}: {number(float(finite.max()))} {metric.unit}"

    @Slot(int)
    def _focus(self, env_id: int) -> None:
        self._bridge.view.focus_env(env_id)
        if self._snapshot is not None:
            root = self._snapshot.prims.paths.env_root
            self._bridge.view.select(root.replace("{}", str(env_id)))
