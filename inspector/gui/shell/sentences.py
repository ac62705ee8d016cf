"""What the bar below the toolbar says about failures and refusals, and what its button does."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal, Slot

from inspector.errors import CancelledError, EditRefusedError, InspectorError
from inspector.gui.bridge.bridge import Bridge
from inspector.gui.bridge.undo import Operation
from inspector.gui.shell.ribbon import OfferBar
from inspector.session.edits import StopApplyPlay
from inspector.session.snapshot import Message


class Sentences(QObject):
    """Says one thing at a time: the last that went wrong.

    Args:
        bridge: Door to the engine.
        bar: Where it is said.

    Signals:
        said: A sentence that needs no answer, for the status bar.
    """

    said = Signal(str)

    def __init__(self, bridge: Bridge, bar: OfferBar) -> None:
        super().__init__(bar)
        self._undo, self._bar = bridge.undo, bar
        self._offered: Operation | None = None
        self._shown_error: object = None
        session = bridge.session
        session.failed.connect(self.show_failure)
        session.edit_refused.connect(self._show_refusal)
        session.break_reached.connect(self._show_break)
        session.edit_applied.connect(self.dismiss)
        session.stage_replaced.connect(self.dismiss)
        session.saved.connect(self.dismiss)
        bridge.undo.refused.connect(self._offer_way_out)
        bar.accepted.connect(self._take_offer)

    @Slot(object)
    def show_failure(self, error: InspectorError) -> None:
        """Say what failed."""
        if isinstance(error, CancelledError):
            self.said.emit(str(error))
        else:
            self._offered = None
            self._bar.show_sentence(str(error))

    @Slot()
    def dismiss(self) -> None:
        """Take down what was said about something that the user has left behind."""
        self._offered = None
        self._bar.hide()

    @Slot(object)
    def _show_break(self, message: Message) -> None:
        self._offered = None
        self._bar.show_sentence(message.text)

    @Slot(object, object)
    def _offer_way_out(self, operation: Operation, error: InspectorError) -> None:
        self._shown_error = error
        if isinstance(error, CancelledError):
            self.show_failure(error)
            return
        has_offer = isinstance(error, EditRefusedError) and error.offer == StopApplyPlay.kind
        self._offered = operation if has_offer else None
        verb = {"push": "apply", "undo": "undo", "redo": "redo"}[operation.kind]
        self._bar.show_sentence(str(error), f"Stop, {verb}, play" if has_offer else "")

    @Slot(int, object)
    def _show_refusal(self, _token: int, error: InspectorError) -> None:
        if error is not self._shown_error:
            self.show_failure(error)

    @Slot()
    def _take_offer(self) -> None:
        if self._offered is not None:
            operation, self._offered = self._offered, None
            self._undo.stop_apply_play(operation)
