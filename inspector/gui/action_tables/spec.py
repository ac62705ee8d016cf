"""A row of the action tables, and what an action may need."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntFlag


class When(IntFlag):
    """What holds at the moment; an action names what it needs."""

    ALWAYS = 0
    READY = 1  # the engine is there and idle
    STAGE = 2
    STOPPED = 4
    PLAYING = 8
    PAUSED = 16
    UNDO = 32
    REDO = 64
    SELECTION = 128
    PENDING = 256  # the draft of the mask differs from the stage
    LIVE = 512  # playing or paused
    BUSY = 1024


@dataclass(frozen=True)
class ActionSpec:
    """One row of the table.

    Attributes:
        id: Stable id.
        text: Text in menus; ``…`` when a dialog follows.
        menu: Menu that it stands in.
        shortcut: Portable key sequence, or empty.
        tip: What it does, in a sentence.
        needs: All of these must hold for it to be enabled.
        group: Name of an exclusive group; its actions are checkable.
        separated: Whether a separator stands before it in the menu.
        submenu: Submenu of the menu that it stands in, or empty.
        checkable: Whether it switches something on and off.
        undo: How it is undone, or why it cannot be.
    """

    id: str
    text: str
    menu: str
    shortcut: str = ""
    tip: str = ""
    needs: When = When.ALWAYS
    group: str = ""
    separated: bool = False
    submenu: str = ""
    checkable: bool = False
    undo: str = "Changes nothing on the stage"


READY_STAGE = When.READY | When.STAGE
"""The engine is idle and there is a stage."""
