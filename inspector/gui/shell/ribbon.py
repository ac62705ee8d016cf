"""The bars below the toolbar: what the state means for the user's work, and what was refused."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QToolButton, QWidget

from inspector.session.snapshot import PlayState, SceneSnapshot, StaleReason

_SENTENCES = {
    PlayState.PLAYING: "Poses below live in Fabric and are lost on Stop. Structural edits wait "
    "for Stop.",
    PlayState.PAUSED: "Poses below live in Fabric and are lost on Stop. Step advances by one.",
    PlayState.STOPPED: "Edits go to USD; Play starts from what USD says.",
}


class StateRibbon(QWidget):
    """State on the left, staleness against its tolerance on the right."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("ribbon")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedHeight(24)
        self.state = QLabel("NO STAGE")
        self.state.setObjectName("state")
        self.sentence = QLabel("Open a USD file or make a new demo scene.")
        self.stale = QLabel()
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 0, 12, 0)
        row.setSpacing(12)
        row.addWidget(self.state)
        row.addWidget(self.sentence)
        row.addStretch(1)
        row.addWidget(self.stale)

    def show_snapshot(self, snapshot: SceneSnapshot) -> None:
        """Show state and staleness."""
        past = snapshot.recording
        self.state.setText("RECORDED" if past.is_past else snapshot.state.name)
        live = snapshot.state is not PlayState.STOPPED
        text = _SENTENCES[snapshot.state]
        if live and not snapshot.use_fabric:
            text = "Physics writes USD (no Fabric); Stop brings the authored values back."
        if past.is_past:
            text = (
                f"Everything below is {past.sentence}. Play or Step goes on from here and forgets "
                "the later steps."
            )
        self.sentence.setText(text)
        self.stale.setText(stale_text(snapshot))
        if (self.property("live"), self.property("past")) != (live, past.is_past):
            self.setProperty("live", live)
            self.setProperty("past", past.is_past)
            for widget in (self, self.state, self.sentence, self.stale):
                widget.style().unpolish(widget)
                widget.style().polish(widget)


def stale_text(snapshot: SceneSnapshot) -> str:
    """Return "12,288 of 36,864 rows stale · worst 0.482 m · tolerance 0.1 mm"."""
    total, stale = len(snapshot.transforms), snapshot.stale_count
    tolerance = snapshot.tolerance
    within = f"tolerance {tolerance.position * 1000:g} mm · {tolerance.rotation * 1000:g} mrad"
    if not stale:
        return f"all {total:,} rows fresh · {within}"
    worst = "worst not finite"
    if StaleReason.NOT_FINITE not in snapshot.stale_counts:
        worst = f"worst {float(snapshot.transforms.error_position.max()):.3f} m"
    return f"{stale:,} of {total:,} rows stale · {worst} · {within}"


class SentenceBar(QWidget):
    """A sentence between a sign and what can be done about it; hidden at first.

    Args:
        sign: One character before the sentence.
        offer: What can be done.
        parent: Owner.
    """

    def __init__(self, sign: str, offer: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("offer")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        mark = QLabel(sign)
        mark.setObjectName("sign")
        self.sentence = QLabel()
        self.sentence.setWordWrap(True)
        self.close_button = QToolButton()
        self.close_button.setText("✕")
        self.close_button.setProperty("chrome", True)
        self.close_button.setToolTip("Dismiss; it stays in Messages")
        self.row = QHBoxLayout(self)
        self.row.setContentsMargins(12, 4, 8, 4)
        self.row.setSpacing(10)
        self.row.addWidget(mark)
        self.row.addWidget(self.sentence, 1)
        self.row.addWidget(offer)
        self.row.addWidget(self.close_button)
        self.hide()


class OfferBar(SentenceBar):
    """A refusal or failure in a sentence, with a button for the way out when there is one.

    Signals:
        accepted: The offer was taken.
    """

    accepted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        offer = QPushButton()
        super().__init__("✖", offer, parent)
        self.offer = offer
        self.sentence.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.offer.setProperty("primary", True)
        self.close_button.clicked.connect(self.hide)
        self.offer.clicked.connect(self._accept)

    def show_sentence(self, sentence: str, offer: str = "") -> None:
        """Show a sentence, with an offer when there is one."""
        self.sentence.setText(sentence)
        self.offer.setText(offer)
        self.offer.setVisible(bool(offer))
        self.show()

    @Slot()
    def _accept(self) -> None:
        self.hide()
        self.accepted.emit()


class RecoveryBar(OfferBar):
    """Offers the edits that a crashed session left behind.

    Signals:
        accepted: They are wanted.
        discarded: They are not.
    """

    discarded = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.discard = QPushButton("Discard")
        self.row.insertWidget(self.row.indexOf(self.close_button), self.discard)
        self.close_button.setToolTip("Ask again at the next start")
        self.discard.clicked.connect(self._discard)

    @Slot(int, str)
    def show_edits(self, count: int, name: str) -> None:
        """Offer a number of edits of a scene."""
        edits = "1 edit" if count == 1 else f"{count:,} edits"
        self.show_sentence(
            f"The last session ended without closing; {edits} of {name} can be recovered.",
            f"Recover {edits}",
        )

    @Slot()
    def _discard(self) -> None:
        self.hide()
        self.discarded.emit()
