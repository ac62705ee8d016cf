"""The bar that says what somebody else moved in USD while playing, and what can be done about it."""

from __future__ import annotations

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QWidget

from inspector.gui.bridge.bridge import Bridge
from inspector.gui.panels.messages_panel import OfferButtons
from inspector.gui.shell.ribbon import SentenceBar
from inspector.session.snapshot import Message, SceneSnapshot


class ForeignBar(SentenceBar):
    """Shows the latest message with offers until it is settled or dismissed.

    Args:
        bridge: Publishes the snapshots and takes the edits.
        parent: Owner.
    """

    def __init__(self, bridge: Bridge, parent: QWidget | None = None) -> None:
        offers = OfferButtons(bridge)
        super().__init__("▲", offers, parent)
        self.offers = offers
        self._messages: tuple[Message, ...] = ()
        self._dismissed: frozenset[Message] = frozenset()
        self.close_button.clicked.connect(self._dismiss)
        bridge.session.snapshot_published.connect(self._follow)

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
