"""What is asked before edits that are in no file are lost: by another scene, or by closing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Qt, Slot
from PySide6.QtWidgets import QMessageBox, QWidget

from inspector.gui.bridge.bridge import Bridge
from inspector.session.snapshot import SceneSnapshot

NAMED = 3
"""So many of the edits are named, the last ones."""

Act = Callable[[], object]


def _nothing() -> None:
    """The scene stays, and nobody has to know."""


class UnsavedEdits(QObject):
    """Knows whether there are such edits, and asks about them.

    Args:
        bridge: Door to the engine.
        save: Begins to save the scene; returns whether it did.
        window: Parent of the question.
    """

    def __init__(self, bridge: Bridge, save: Callable[[], bool], window: QWidget) -> None:
        super().__init__(window)
        self._session, self._undo = bridge.session, bridge.undo
        self._save, self._window = save, window
        self._box: QMessageBox | None = None
        self._wish: tuple[str, Act, Act] | None = None
        self._saving = False
        bridge.session.saved.connect(self._go_on)
        bridge.session.failed.connect(self._keep)

    @property
    def exist(self) -> bool:
        """Whether there are any, or one is on its way."""
        return self._undo.is_waiting or self.are_in(self._session.snapshot)

    def are_in(self, snapshot: SceneSnapshot | None) -> bool:
        """Return whether a snapshot has edits that are in no file."""
        # A demo scene that nobody has edited is made again in a second: nothing to ask, and what
        # was undone up to the last save is saved.
        return snapshot is not None and snapshot.dirty and not self._undo.isClean()

    def before(self, doing: str, then: Act, kept: Act = _nothing) -> None:
        """Do what takes the scene away: at once, or when its edits are saved or given up.

        Args:
            doing: What it is, such as "opening robot.usda".
            then: Does it.
            kept: Is told when the scene stays.
        """
        self.forget()
        if not self.exist:
            then()
            return
        self._wish = doing, then, kept
        button = QMessageBox.StandardButton
        box = self._box = QMessageBox(
            QMessageBox.Icon.Question,
            "Unsaved edits",
            f"Save {self._name} before {doing}?",
            button.Save | button.Discard | button.Cancel,
            self._window,
        )
        box.setInformativeText(self._loss)
        box.setDefaultButton(button.Save)
        box.setWindowModality(Qt.WindowModality.WindowModal)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.finished.connect(self._answer)
        box.open()

    def forget(self) -> None:
        """Ask no longer, and wait for no save: the scene stays."""
        self._keep()
        if self._box is not None:
            self._box.close()

    @property
    def _name(self) -> str:
        snapshot = self._session.snapshot
        name = "" if snapshot is None else Path(snapshot.file_name).name
        return f"the edits of {name}" if name else "this scene"

    @property
    def _loss(self) -> str:
        saved, now = self._undo.cleanIndex(), self._undo.index()
        texts = [self._undo.text(at) for at in range(min(max(saved, 0), now), max(saved, now))]
        if not texts and self._undo.is_waiting:
            return "An edit that is being applied would be lost."
        if not texts:
            return "What was recovered is in no file, and would be lost."
        what = "edit" if saved <= now else "undo"
        count = f"{len(texts):,} {what}{'' if len(texts) == 1 else 's'}"
        named = ", ".join(texts[-NAMED:])
        last = ", the last ones" if len(texts) > NAMED else ""
        return f"{count} would be lost{last}: {named}."

    @Slot(int)
    def _answer(self, answer: int) -> None:
        self._box = None
        wish = self._wish
        if wish is None:
            return
        if answer == QMessageBox.StandardButton.Discard:
            self._wish = None
            wish[1]()
        elif answer == QMessageBox.StandardButton.Save and self._save():
            self._wish, self._saving = wish, True
        else:
            self._keep()

    @Slot()
    def _go_on(self) -> None:
        wish = self._wish
        if self._saving and wish is not None:
            self._wish, self._saving = None, False
            self.before(*wish)  # which asks again about what was edited in the meantime

    @Slot()
    def _keep(self) -> None:
        wish, self._wish, self._saving = self._wish, None, False
        if wish is not None:
            wish[2]()
