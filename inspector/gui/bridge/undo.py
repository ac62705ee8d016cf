"""The undo list: edits that the core has applied, with the inverses that it sent back.

Answers come later, so operations wait in a line and one is on its way at a time: an undo that is
pressed while a paint stroke is still travelling undoes that stroke, not the one before it.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from typing import Literal

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QUndoCommand, QUndoStack

from inspector.gui.bridge.session_proxy import SessionProxy
from inspector.session.edits import Edit, MaskEdit, StopApplyPlay
from inspector.session.snapshot import PlayState, SceneSnapshot


@dataclass(frozen=True)
class Operation:
    """One wish of the user: apply an edit, or undo or redo the step at the index."""

    kind: Literal["push", "undo", "redo"]
    edit: Edit | None = None
    between_plays: bool = False
    """Stop before it and play again after it, as one step."""


class _EditCommand(QUndoCommand):
    """Holds an applied edit and its inverse; moving the index does not talk to the core."""

    def __init__(self, edit: Edit, inverse: Edit, *, while_playing: bool) -> None:
        super().__init__(edit.text)
        self.edit = edit
        self.inverse = inverse
        self.while_playing = while_playing


class UndoStack(QUndoStack):
    """Undo list over the session.

    Args:
        session: Where edits go.
        parent: Owner.

    Signals:
        refused: The refused ``Operation`` and the error; its ``offer`` may be accepted with
            ``stop_apply_play``.
    """

    refused = Signal(object, object)

    def __init__(self, session: SessionProxy, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._waiting: deque[Operation] = deque()
        self._sent: tuple[int, Operation, Edit] | None = None
        self._commands: list[_EditCommand] = []
        self._state = PlayState.STOPPED
        session.edit_applied.connect(self._finish)
        session.edit_refused.connect(self._refuse)
        session.stage_replaced.connect(self._forget)
        session.snapshot_published.connect(self._follow_state)

    @property
    def is_waiting(self) -> bool:
        """Whether the core has not answered an edit, an undo or a redo yet."""
        return self._sent is not None or bool(self._waiting)

    def push_edit(self, edit: Edit) -> None:
        """Apply an edit; it becomes an undo step when the core has applied it."""
        self._enqueue(Operation("push", edit))

    def undo(self) -> None:
        """Undo the last step; the list moves when the core has answered."""
        self._enqueue(Operation("undo"))

    def redo(self) -> None:
        """Redo the step that was undone last; the list moves when the core has answered."""
        self._enqueue(Operation("redo"))

    def stop_apply_play(self, operation: Operation | Edit) -> None:
        """Stop, do what was refused, and play again."""
        wish = operation if isinstance(operation, Operation) else Operation("push", operation)
        self._enqueue(replace(wish, between_plays=True))

    def _enqueue(self, operation: Operation) -> None:
        self._waiting.append(operation)
        self._send_next()

    def _send_next(self) -> None:
        while self._sent is None and self._waiting:
            operation = self._waiting.popleft()
            edit = self._edit_of(operation)
            if edit is None:
                continue
            if operation.between_plays and not isinstance(edit, StopApplyPlay):
                edit = StopApplyPlay(edit)
            self._sent = (self._session.apply(edit), operation, edit)

    def _edit_of(self, operation: Operation) -> Edit | None:
        if operation.kind == "push":
            return operation.edit
        if operation.kind == "undo":
            return self._commands[self.index() - 1].inverse if self.canUndo() else None
        return self._commands[self.index()].edit if self.canRedo() else None

    @Slot(int, object)
    def _finish(self, token: int, inverse: Edit) -> None:
        if self._sent is None or self._sent[0] != token:
            return
        _, operation, edit = self._sent
        self._sent = None
        if operation.kind == "push":
            self._record(edit, inverse)
        elif operation.kind == "undo":
            self._commands[self.index() - 1].edit = inverse
            super().undo()
        else:
            self._commands[self.index()].inverse = inverse
            super().redo()
        self._send_next()

    def _record(self, edit: Edit, inverse: Edit) -> None:
        lasting = isinstance(edit, MaskEdit | StopApplyPlay)
        playing = self._state is not PlayState.STOPPED and not lasting
        command = _EditCommand(edit, inverse, while_playing=playing)
        # QUndoStack deletes the steps above the index: drop our references to them first.
        del self._commands[self.index() :]
        self._commands.append(command)
        self.push(command)

    @Slot(int, object)
    def _refuse(self, token: int, error: object) -> None:
        if self._sent is None or self._sent[0] != token:
            return
        operation = self._sent[1]
        self._sent = None
        self._waiting.clear()
        self.refused.emit(operation, error)

    @Slot()
    def _forget(self) -> None:
        self._sent = None
        self._waiting.clear()
        self._commands.clear()
        self.clear()

    @Slot(object)
    def _follow_state(self, snapshot: SceneSnapshot) -> None:
        stopped = self._state is not PlayState.STOPPED and snapshot.state is PlayState.STOPPED
        self._state = snapshot.state
        if stopped and any(command.while_playing for command in self._commands):
            self._drop_lost_steps()

    def _drop_lost_steps(self) -> None:
        """Rebuild the list without steps whose effect the stop has already taken back."""
        index = self.index()
        kept = [
            (command.edit, command.inverse, place < index)
            for place, command in enumerate(self._commands)
            if not command.while_playing
        ]
        self._commands.clear()
        self.clear()
        for edit, inverse, _ in kept:
            self._record(edit, inverse)
        self.setIndex(sum(done for _, _, done in kept))
