"""Actions of the menu *Help*: finding things."""

from __future__ import annotations

from inspector.gui.action_tables.spec import ActionSpec

HELP_ACTIONS: tuple[ActionSpec, ...] = (
    ActionSpec("help.palette", "Command palette…", "Help", "Ctrl+Shift+P",
               "Find an action by its name"),
    ActionSpec("help.shortcuts", "Shortcuts…", "Help", "F1", "All actions and their keys"),
    ActionSpec("help.about", "About Scene Inspector…", "Help", "", "Version and licence",
               separated=True),
)  # fmt: skip
