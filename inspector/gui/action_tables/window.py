"""Actions of the menu *Window*: panels."""

from __future__ import annotations

from inspector.gui.action_tables.spec import ActionSpec

WINDOW_ACTIONS: tuple[ActionSpec, ...] = (
    ActionSpec("window.reset_layout", "Reset layout", "Window", "", "Put every panel where it was"),
)  # fmt: skip
