"""Stop, apply, play: an edit that needs the physics to stop, as one command."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Protocol

from inspector.errors import InspectorError
from inspector.physics.backend import Progress
from inspector.session.edits import Edit, StopApplyPlay
from inspector.session.snapshot import Message, PlayState, Severity

logger = logging.getLogger("inspector.session")


class Playable(Protocol):
    """A session that plays and takes edits."""

    @property
    def state(self) -> PlayState:
        """Stopped, playing or paused."""
        ...

    def set_state(self, state: PlayState, progress: Progress | None = None) -> None:
        """Play, pause or stop."""
        ...

    def apply(self, edit: Edit, progress: Progress | None = None) -> Edit:
        """Apply an edit and return its inverse."""
        ...


def apply_between_plays(
    command: StopApplyPlay,
    session: Playable,
    tell: Callable[[Message], None],
    progress: Progress | None = None,
) -> StopApplyPlay:
    """Stop, apply, play again; what was paused is paused again.

    Args:
        command: What to apply.
        session: The session.
        tell: Takes a message.
        progress: Reports and cancels.

    Returns:
        The inverse command. A scene that cannot play any more stays stopped, and says why.

    Raises:
        InspectorError: The edit is refused or was cancelled; it plays again, from the beginning.
    """
    before = session.state
    if before is not PlayState.STOPPED:
        session.set_state(PlayState.STOPPED)
    try:
        return StopApplyPlay(session.apply(command.edit, progress))
    finally:
        if before is not PlayState.STOPPED:
            _play_again(session, before, tell, progress)


def _play_again(
    session: Playable,
    state: PlayState,
    tell: Callable[[Message], None],
    progress: Progress | None,
) -> None:
    try:
        session.set_state(PlayState.PLAYING, progress)
    except InspectorError as error:
        # The edit is done and can be undone: that it cannot be played is news, not a failure of it.
        logger.debug("Cannot play again", exc_info=True)
        text = f"It was stopped to apply an edit and cannot play again. {error}"
        tell(Message(Severity.WARNING, text, error.where, code="stays-stopped"))
    else:
        if state is PlayState.PAUSED:
            session.set_state(PlayState.PAUSED)
