"""Messages: what went wrong? Lints, warnings and failures; a click goes to the place."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, Qt, Slot
from PySide6.QtWidgets import (
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QStackedLayout,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from inspector.errors import EditRefusedError, InspectorError
from inspector.gui.bridge.bridge import Bridge
from inspector.gui.bridge.tokens import Tokens
from inspector.gui.models.message_model import MessageModel
from inspector.session.edits import from_json
from inspector.session.snapshot import Message, SceneSnapshot, Severity


class OfferButtons(QWidget):
    """What could be done about a message, one button each; hidden when there is nothing.

    Args:
        bridge: Takes the edits.
        parent: Owner.
    """

    def __init__(self, bridge: Bridge, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._offers: tuple[tuple[str, str], ...] = ()
        self.buttons: list[QPushButton] = []
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(6)
        self.hide()

    def show_message(self, message: Message | None) -> None:
        """Offer what a message offers."""
        offers = () if message is None else message.offers
        if offers != self._offers:
            self._offers = offers
            self._fill()
        self.setVisible(bool(offers))

    def _fill(self) -> None:
        for button in self.buttons:
            self._row.removeWidget(button)
            button.deleteLater()
        self.buttons = [QPushButton(text, self) for text, _ in self._offers]
        for button in self.buttons:
            button.clicked.connect(self._take)
            self._row.addWidget(button)

    @Slot()
    def _take(self) -> None:
        button = self.sender()
        place = next((i for i, own in enumerate(self.buttons) if own is button), -1)
        if place >= 0:
            self._bridge.undo.push_edit(from_json(self._offers[place][1]))


class MessagesPanel(QWidget):
    """List of messages, worst counted in the heading."""

    TITLE = "Messages"
    QUESTION = "What went wrong?"

    def __init__(self, bridge: Bridge, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self.model = MessageModel(bridge.view.tokens, self)
        self.summary = QLabel()
        self.summary.setProperty("muted", True)
        self.offers = OfferButtons(bridge)
        self.clear = QPushButton("Clear failures")
        self.clear.setToolTip("Forget failed requests; lints stay until they are repaired")
        self.table = QTableView()
        self._set_up_table()
        self._lay_out()
        bridge.session.failed.connect(self._add_failure)
        bridge.session.edit_refused.connect(self._add_refusal)
        bridge.view.tokens_changed.connect(self._follow_theme)
        self.clear.clicked.connect(self.model.clear_failures)
        self.model.modelReset.connect(self._summarise)
        self.table.clicked.connect(self._go_to)
        self.table.activated.connect(self._go_to)
        self.table.selectionModel().currentRowChanged.connect(self._show_offers)
        self._summarise()

    def _set_up_table(self) -> None:
        table = self.table
        table.setModel(self.model)
        table.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QTableView.SelectionMode.SingleSelection)
        table.setShowGrid(False)
        table.setWordWrap(False)
        table.verticalHeader().hide()
        table.verticalHeader().setDefaultSectionSize(22)
        table.horizontalHeader().setDefaultAlignment(
            Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        )
        header = table.horizontalHeader()
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        table.setColumnWidth(0, 28)
        table.setColumnWidth(2, 240)

    def _lay_out(self) -> None:
        bar = QHBoxLayout()
        bar.setContentsMargins(8, 4, 8, 4)
        bar.addWidget(self.summary)
        bar.addStretch(1)
        bar.addWidget(self.offers)
        bar.addWidget(self.clear)
        empty = QLabel("Nothing to report: no lints, no warnings, no failed requests.")
        empty.setProperty("muted", True)
        empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._pages = QStackedLayout()
        self._pages.addWidget(empty)
        self._pages.addWidget(self.table)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(bar)
        layout.addLayout(self._pages, 1)

    def show_snapshot(self, snapshot: SceneSnapshot) -> None:
        """Show the messages and lints of a snapshot."""
        self.model.show(snapshot)

    @Slot(object)
    def _add_failure(self, error: InspectorError) -> None:
        self.model.add_failure(message_of(error))
        self.table.scrollToBottom()

    @Slot(int, object)
    def _add_refusal(self, _token: int, error: InspectorError) -> None:
        self._add_failure(error)

    @Slot()
    def _summarise(self) -> None:
        errors = self.model.count(Severity.ERROR)
        warnings = self.model.count(Severity.WARNING) - errors
        total = self.model.rowCount()
        self.summary.setText(
            f"{errors} {_plural('error', errors)} · {warnings} {_plural('warning', warnings)}"
            f" · {total - errors - warnings} other"
        )
        self._pages.setCurrentIndex(1 if total else 0)
        self._show_offers(QModelIndex())

    @Slot(QModelIndex)
    def _show_offers(self, current: QModelIndex) -> None:
        """Offer what the selected message offers, without a selection the latest that does."""
        if current.isValid():
            self.offers.show_message(self.model.message(current.row()))
            return
        rows = range(self.model.rowCount() - 1, -1, -1)
        messages = (self.model.message(row) for row in rows)
        self.offers.show_message(next((m for m in messages if m.offers), None))

    @Slot(QModelIndex)
    def _go_to(self, index: QModelIndex) -> None:
        message = self.model.message(index.row())
        if message.env_ids:
            self._bridge.view.focus_env(message.env_ids[0])
        if message.path:
            self._bridge.view.select(message.path)

    @Slot(object)
    def _follow_theme(self, tokens: Tokens) -> None:
        self.model.set_tokens(tokens)
        self.table.viewport().update()


def message_of(error: InspectorError) -> Message:
    """Return an error as a message; a refusal is a warning, since nothing has changed."""
    refused = isinstance(error, EditRefusedError)
    path = error.where if error.where.startswith("/World") else ""
    return Message(Severity.WARNING if refused else Severity.ERROR, str(error), path)


def _plural(word: str, count: int) -> str:
    return word if count == 1 else f"{word}s"
