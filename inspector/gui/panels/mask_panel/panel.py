"""The Clone mask panel: tools above the heatmap, lints and *Apply* beside them."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QSize, Qt, QTimer, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from inspector.cloner.estimate import DryRun
from inspector.gui.bridge.bridge import Bridge
from inspector.gui.bridge.tokens import Tokens
from inspector.gui.models.env_ranges import parse_env_ranges
from inspector.gui.models.mask_model import MaskModel
from inspector.gui.panels.mask_panel.canvas import MaskCanvas
from inspector.gui.panels.mask_panel.strokes import Tool
from inspector.session.edits import Edit, MaskEdit
from inspector.session.snapshot import Message, PlayState, SceneSnapshot, Severity

_TOOLS = {
    Tool.PAINT: ("Paint", "Drag to paint; right button or Alt erases"),
    Tool.RECTANGLE: (
        "Rectangle",
        "Drag over cells; in each group the row you started in is painted",
    ),
    Tool.ROW: ("Row", "Click paints a row in every environment"),
}
_LARGEST_SEED = 2**31 - 1
_DRY_RUN_DELAY = 150  # a stroke goes on: no question per cell [ms]


class LintButton(QPushButton):
    """One line that is cut where the room ends; a click goes to what it is about."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.sentence = ""
        self.setProperty("link", True)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def set_sentence(self, sentence: str) -> None:
        """Show a sentence; an empty one leaves the place empty."""
        self.sentence = sentence
        self.setEnabled(bool(sentence))
        room = self.width() - 24
        self.setText(self.fontMetrics().elidedText(sentence, Qt.TextElideMode.ElideRight, room))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Cut the sentence anew."""
        super().resizeEvent(event)
        self.set_sentence(self.sentence)


class MaskPanel(QWidget):
    """Paints which environment receives which source row.

    Args:
        bridge: Session, view state and undo list.
        parent: Owner.
    """

    TITLE = "Clone mask"
    QUESTION = "Who receives what?"

    def __init__(self, bridge: Bridge, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._state = PlayState.STOPPED
        self._complaint = ""
        self._lint: Message | None = None
        self.model = MaskModel(self)
        self._dry_run_token = 0
        self._dry_run_of = (self.model.draft, self.model.applied)
        self._dry_run_timer = QTimer(self)
        self._dry_run_timer.setSingleShot(True)
        self._dry_run_timer.setInterval(_DRY_RUN_DELAY)
        self.canvas = MaskCanvas(self.model, bridge.view, self)
        self._make_tools()
        self._make_actions()
        self._lay_out()
        self._connect()
        self._show_tokens(bridge.view.tokens)
        if bridge.session.snapshot is not None:
            self.show_snapshot(bridge.session.snapshot)
        self._update()

    def sizeHint(self) -> QSize:
        """Prefer the shape of the mask: wide and low."""
        return QSize(960, 300)

    def show_snapshot(self, snapshot: SceneSnapshot) -> None:
        """Show the mask of a snapshot."""
        self._state = snapshot.state
        self.model.show(snapshot)
        self._update()

    # construction

    def _make_tools(self) -> None:
        self.tools = QButtonGroup(self)
        for at, (tool, (text, tip)) in enumerate(_TOOLS.items()):
            button = QPushButton(text)
            button.setCheckable(True)
            button.setChecked(tool is Tool.PAINT)
            button.setToolTip(tip)
            self.tools.addButton(button, at)
        self.range_edit = QLineEdit()
        self.range_edit.setPlaceholderText("0-63:2, 100-")
        self.range_edit.setToolTip("Environments to select: 7, 0-63, 0-63:2, 100-, *")
        self.range_edit.setAccessibleName("Environment range")
        self.range_edit.setMaximumWidth(150)
        self.fill_button = QPushButton("Fill")
        self.fill_button.setToolTip("Paint the selected cells (Space); Delete erases them")

    def _make_actions(self) -> None:
        self.sequential_button = QPushButton("Sequential")
        self.sequential_button.setToolTip("Assign the rows of each group in turn")
        self.random_button = QPushButton("Random")
        self.random_button.setToolTip("Assign the rows of each group at random, by the seed")
        self.seed_box = QSpinBox()
        self.seed_box.setRange(0, _LARGEST_SEED)
        self.seed_box.setPrefix("seed ")
        self.seed_box.setMaximumWidth(84)
        self.seed_box.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.lint_button = LintButton()
        self.dry_run_label = QLabel()
        self.dry_run_label.setProperty("muted", True)
        self.dry_run_label.setAccessibleName("Dry run")
        self.dry_run_label.setMinimumWidth(1)  # it gives way where the window is narrow
        self.revert_button = QPushButton("Revert")
        self.revert_button.setToolTip("Take the draft back to what is on the stage")
        self.apply_button = QPushButton("Apply")
        self.apply_button.setProperty("primary", True)

    def _lay_out(self) -> None:
        self.setProperty("panel", True)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        bar = QHBoxLayout()
        bar.setContentsMargins(8, 6, 8, 2)
        bar.setSpacing(5)
        for button in self.tools.buttons():
            bar.addWidget(button)
        bar.addSpacing(6)
        for widget in (self.range_edit, self.fill_button):
            bar.addWidget(widget)
        bar.addSpacing(6)
        for widget in (self.sequential_button, self.random_button, self.seed_box):
            bar.addWidget(widget)
        bar.addWidget(self.lint_button, 1)
        bar.addWidget(self.dry_run_label)
        bar.addWidget(self.revert_button)
        bar.addWidget(self.apply_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(bar)
        layout.addWidget(self.canvas, 1)

    def _connect(self) -> None:
        self.tools.idClicked.connect(self._choose_tool)
        self.range_edit.textChanged.connect(self._select_range)
        self.range_edit.returnPressed.connect(self.fill)
        self.fill_button.clicked.connect(self.fill)
        self.sequential_button.clicked.connect(self._assign_sequential)
        self.random_button.clicked.connect(self._assign_random)
        self.lint_button.clicked.connect(self._go_to_lint)
        self.revert_button.clicked.connect(self.revert)
        self.apply_button.clicked.connect(self.apply)
        self.canvas.painted.connect(self._push)
        self.canvas.env_clicked.connect(self._bridge.view.focus_env)
        self.canvas.apply_requested.connect(self.apply)
        self.canvas.complained.connect(self._complain)
        self.model.dataChanged.connect(self._update)
        self._dry_run_timer.timeout.connect(self._ask_for_dry_run)
        self._bridge.view.tokens_changed.connect(self._show_tokens)
        session = self._bridge.session
        session.mask_proposed.connect(self._take_proposal)
        session.edit_applied.connect(self._acknowledge)
        session.edit_refused.connect(self._forget_sent)
        session.estimated.connect(self._show_dry_run)
        session.stage_replaced.connect(self.model.forget_sent)

    # what the user does

    @Slot()
    def apply(self) -> None:
        """Put the draft on the stage, or say why not."""
        edit = self.model.replan()
        if edit is None:
            return
        if self.model.refusal:
            self._complain(f"Not applied: {self.model.refusal}")
        elif self._state is PlayState.STOPPED:
            self._bridge.undo.push_edit(edit)
        else:
            self._bridge.undo.stop_apply_play(edit)

    @Slot()
    def revert(self) -> None:
        """Take the draft back to what is on the stage, as one edit."""
        self._push(self.model.revert_draft())

    @Slot()
    def fill(self) -> None:
        """Paint the selected cells of the row of the cursor."""
        self._select_range(self.range_edit.text())
        if not self._complaint:
            self.canvas.fill(value=True)

    @Slot(object)
    def _push(self, edit: MaskEdit | None) -> None:
        self._complaint = ""
        if edit is not None:
            self._bridge.undo.push_edit(edit)
        self._update()

    @Slot(int)
    def _choose_tool(self, at: int) -> None:
        self.canvas.tool = list(_TOOLS)[at]

    @Slot(str)
    def _select_range(self, text: str) -> None:
        self._complaint = ""
        try:
            chosen = np.flatnonzero(parse_env_ranges(text, self.model.env_ids))
            self.canvas.select_columns(chosen if len(chosen) else None)
        except ValueError as error:
            self._complaint = str(error)
        self._update()

    @Slot()
    def _assign_sequential(self) -> None:
        self._bridge.session.assign("sequential", 0)

    @Slot()
    def _assign_random(self) -> None:
        self._bridge.session.assign("random", self.seed_box.value())

    @Slot()
    def _go_to_lint(self) -> None:
        if self._lint is not None and self._lint.env_ids:
            self._bridge.view.focus_env(self._lint.env_ids[0])
        if self._lint is not None and self._lint.path:
            self._bridge.view.select(self._lint.path)

    @Slot(str)
    def _complain(self, sentence: str) -> None:
        self._complaint = sentence
        self._update()

    # what the session answers

    @Slot(object)
    def _take_proposal(self, edit: MaskEdit) -> None:
        self._push(self.model.propose(edit))

    @Slot(int, object)
    def _acknowledge(self, _token: int, inverse: Edit) -> None:
        self.model.acknowledge(inverse)

    @Slot(int, object)
    def _forget_sent(self, _token: int, _error: object) -> None:
        self.model.forget_sent()

    # display

    @Slot()
    def _update(self) -> None:
        model, pending = self.model, self.model.pending
        cells = f"{pending} {'cell' if pending == 1 else 'cells'}"
        playing = self._state is not PlayState.STOPPED
        self.apply_button.setText(f"Stop, apply {cells}, play" if playing else f"Apply {cells}")
        self.apply_button.setEnabled(pending > 0)
        self.apply_button.setToolTip(model.refusal or "Clone and remove what differs (Ctrl+Enter)")
        self.revert_button.setEnabled(pending > 0)
        usable = model.rowCount() > 0 and model.columnCount() > 0
        for widget in (
            *self.tools.buttons(),
            self.range_edit,
            self.fill_button,
            self.sequential_button,
            self.random_button,
            self.seed_box,
        ):
            widget.setEnabled(usable)
        self._show_lint()
        self._update_dry_run()

    def _update_dry_run(self) -> None:
        model, told = self.model, self._dry_run_of
        if model.draft is told[0] and model.applied is told[1]:
            return
        # What was announced for another draft must not stand beside this one.
        self._dry_run_of = (model.draft, model.applied)
        self._dry_run_token = 0
        wanted = model.pending > 0 and not model.refusal
        self.dry_run_label.setText("Dry run: …" if wanted else "")
        self.dry_run_label.setToolTip("")
        if wanted:
            self._dry_run_timer.start()
        else:
            self._dry_run_timer.stop()

    @Slot()
    def _ask_for_dry_run(self) -> None:
        edit = self.model.replan()
        if edit is not None:
            self._dry_run_token = self._bridge.session.estimate(edit)

    @Slot(int, object)
    def _show_dry_run(self, token: int, run: DryRun) -> None:
        if token == self._dry_run_token:
            self.dry_run_label.setText(f"Dry run: {run.short_text}")
            self.dry_run_label.setToolTip(f"Apply: {run.text}, by measured rates")

    def _show_lint(self) -> None:
        lints = [lint for lint in self.model.lints if lint.severity is not Severity.INFO]
        self._lint = lints[0] if lints else None
        sentence = self._complaint or (self._lint.text if self._lint else "")
        more = f" (+{len(lints) - 1})" if len(lints) > 1 and not self._complaint else ""
        self.lint_button.set_sentence(f"✖ {sentence}{more}" if sentence else "")
        self.lint_button.setToolTip(
            "\n".join([sentence, *(lint.text for lint in lints[:12] if lint.text != sentence)])
        )

    @Slot(object)
    def _show_tokens(self, tokens: Tokens) -> None:
        self.canvas.set_tokens(tokens)
        self.lint_button.setStyleSheet(f"color: {tokens.not_finite}; text-align: left;")
