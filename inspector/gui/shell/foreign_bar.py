"""The bar that says what somebody else moved in USD while playing, and what can be done about it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QWidget

from inspector.gui.bridge.bridge import Bridge
from inspector.gui.panels.messages_panel import OfferButtons
from inspector.session.snapshot import Message, SceneSnapshot


class ForeignBar(QWidget):
    """Shows the latest message with offers until it is settled or dismissed.

    Args:
        bridge: Publishes the snapshots and takes the edits.
        parent: Owner.
    """

    def __init__(self, bridge: Bridge, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._messages: tuple[Message, ...] = ()
        self._dismissed: frozenset[Message] = frozenset()
        self.setObjectName("offer")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        sign = QLabel("▲")
        sign.setObjectName("sign")
        self.sentence = QLabel()
        self.sentence.setWordWrap(True)
        self.offers = OfferButtons(bridge)
        self.close_button = QToolButton()
        self.close_button.setText("✕")
        self.close_button.setProperty("chrome", True)
        self.close_button.setToolTip("Dismiss; it stays in Messages")
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 4, 8, 4)
        row.setSpacing(10)
        row.addWidget(sign)
        row.addWidget(self.sentence, 1)
        row.addWidget(self.offers)
        row.addWidget(self.close_button)
        self.close_button.clicked.connect(self._dismiss)
        bridge.session.snapshot_published.connect(self._follow)
        self.hide()

    @Slot(object)
    def _follow(self, snapshot: SceneSnapshot) -> None:
        found = tuple(message for message in snapshot.messages if message.offers)
        if found == self._messages:
            return
        self._messages = found
        self._dismissed &= frozenset(found)
        self._show()

    @Slot()
    def _dismiss(self) -> None:
        self._dismissed = frozenset(self._messages)
        self._show()

    def _show(self) -> None:
        left = [message for message in self._messages if message not in self._dismissed]
        latest = left[-1] if left else None
        if latest is not None:
            more = f" {len(left) - 1} more in Messages." if len(left) > 1 else ""
            self.sentence.setText(latest.text + more)
        self.offers.show_message(latest)
        self.setVisible(latest is not None)
