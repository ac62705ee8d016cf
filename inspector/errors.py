"""The errors that Scene Inspector raises on purpose, and nothing else.

Every message says what went wrong, where (prim path, environment, file) and what to do. Wrong
arguments to the scripting API are plain ``ValueError`` or ``TypeError`` (see the contract); the
classes here are for the rest. Loads without pxr and torch.
"""

from __future__ import annotations


class InspectorError(Exception):
    """Base of all errors with a sentence for the user.

    Args:
        what: One sentence that says what went wrong.
        where: Prim path, environment or file that it is about; empty when there is none.
        todo: One sentence that says what to do; empty when nothing can be done.
    """

    def __init__(self, what: str, *, where: str = "", todo: str = "") -> None:
        self.what = what
        self.where = where
        self.todo = todo
        super().__init__(what, where, todo)

    def __str__(self) -> str:
        """Return the sentence: what, where, what to do."""
        place = f" [{self.where}]" if self.where and self.where not in self.what else ""
        advice = f" {self.todo}" if self.todo else ""
        return f"{self.what}{place}{advice}"


class StageError(InspectorError):
    """A file or a stage cannot be opened, read or written."""


class NoPhysicsError(InspectorError):
    """The stage has nothing that physics could move."""


class SimulationStateError(InspectorError):
    """A transition between stopped, playing and paused that does not exist."""


class SimulationNotPlayingError(SimulationStateError):
    """Physics state was read while there is none."""


class EditRefusedError(InspectorError):
    """An edit cannot be applied now; ``offer`` names the command that would make it possible.

    Args:
        what: Why the edit is refused.
        where: Prim path or environment.
        todo: What to do.
        offer: Id of the offered command (``"stop_apply_play"``), or empty.
    """

    def __init__(self, what: str, *, where: str = "", todo: str = "", offer: str = "") -> None:
        super().__init__(what, where=where, todo=todo)
        self.offer = offer


class NotFiniteError(InspectorError):
    """A pose became NaN or infinite."""


class CancelledError(InspectorError):
    """The user cancelled; the stage is as it was."""


class MissingDependencyError(InspectorError, ImportError):
    """An optional package is not installed; the message names the extra to install."""
