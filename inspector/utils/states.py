"""Small closed vocabularies that every floor shares. A value module: numpy-free, pxr-free."""

from __future__ import annotations

from enum import Enum, IntEnum


class PlayState(Enum):
    """State of the simulation; paused is neither playing nor stopped."""

    STOPPED = "stopped"
    PLAYING = "playing"
    PAUSED = "paused"


class Writer(IntEnum):
    """Who wrote a pose last."""

    NONE = 0
    USER = 1
    PHYSICS = 2
    POPULATE = 3
    HIERARCHY = 4
    SCRIPT = 5

    @property
    def word(self) -> str:
        """Lower-case word for sentences ("written by physics")."""
        return _WRITER_WORDS[self]


_WRITER_WORDS = {
    Writer.NONE: "nobody",
    Writer.USER: "the user",
    Writer.PHYSICS: "physics",
    Writer.POPULATE: "populate",
    Writer.HIERARCHY: "the hierarchy pass",
    Writer.SCRIPT: "a script",
}


class StaleReason(IntEnum):
    """Why a row is stale; ``FRESH`` when it is not. Order is severity for roll-ups."""

    FRESH = 0
    USD_ONLY = 1
    FABRIC_ONLY = 2
    USD_BEHIND = 3
    FABRIC_BEHIND = 4
    PHYSICS_AHEAD = 5
    PARENT_MOVED = 6
    NOT_FINITE = 7

    @property
    def word(self) -> str:
        """The word shown beside the glyph."""
        return _REASONS[self][0]

    @property
    def glyph(self) -> str:
        """The glyph shown beside the word."""
        return _REASONS[self][1]

    @property
    def token(self) -> str:
        """Name of the colour token."""
        return _REASONS[self][2]


_REASONS = {
    StaleReason.FRESH: ("fresh", "●", "fresh"),
    StaleReason.USD_ONLY: ("USD only", "◇", "one_side"),
    StaleReason.FABRIC_ONLY: ("Fabric only", "◈", "one_side"),
    StaleReason.USD_BEHIND: ("USD behind", "▲", "usd"),
    StaleReason.FABRIC_BEHIND: ("Fabric behind", "▼", "fabric"),
    StaleReason.PHYSICS_AHEAD: ("physics ahead", "▶", "physics"),
    StaleReason.PARENT_MOVED: ("parent moved", "◆", "parent_moved"),
    StaleReason.NOT_FINITE: ("not finite", "✖", "not_finite"),
}


class Severity(IntEnum):
    """How bad a message is."""

    INFO = 0
    WARNING = 1
    ERROR = 2
