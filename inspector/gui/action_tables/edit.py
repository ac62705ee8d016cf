"""Actions of the menu *Edit*: undo and the selection."""

from __future__ import annotations

from inspector.gui.action_tables.spec import ActionSpec, When

EDIT_ACTIONS: tuple[ActionSpec, ...] = (
    ActionSpec("edit.undo", "Undo", "Edit", "Ctrl+Z", "Undo the last edit", When.UNDO, undo="Redo"),
    ActionSpec("edit.redo", "Redo", "Edit", "Ctrl+Shift+Z", "Redo the edit undone last", When.REDO,
               undo="Undo"),
    ActionSpec(
        "edit.select_all", "Select all shapes", "Edit", "Ctrl+A",
        "Select every shape of the environments that is drawn", When.STAGE, separated=True,
    ),
    ActionSpec(
        "edit.invert_selection", "Invert selection", "Edit", "Ctrl+I",
        "Select the drawn shapes of the environments that are not selected", When.STAGE,
    ),
    ActionSpec(
        "edit.clear_selection", "Clear selection", "Edit", "Ctrl+Shift+A",
        "Select nothing and focus no environment", When.SELECTION,
    ),
)  # fmt: skip
