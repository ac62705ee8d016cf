"""Actions of the menu *File*: files and the program."""

from __future__ import annotations

from inspector.gui.action_tables.spec import READY_STAGE, ActionSpec, When

FILE_ACTIONS: tuple[ActionSpec, ...] = (
    ActionSpec(
        "file.open", "Open…", "File", "Ctrl+O", "Open a USD file", When.READY,
        undo="Replaces the stage; the file on disk is untouched",
    ),
    ActionSpec(
        "file.demo", "New demo scene", "File", "Ctrl+N",
        "Build the demo scene: cone, cuboid or sphere beside a cartpole, cloned", When.READY,
        undo="Replaces the stage",
    ),
    ActionSpec(
        "file.save", "Save", "File", "Ctrl+S", "Write the stage to its file", READY_STAGE,
        separated=True, undo="Overwrites the file",
    ),
    ActionSpec(
        "file.save_as", "Save as…", "File", "Ctrl+Shift+S", "Write the stage to another file",
        READY_STAGE, undo="Writes a file",
    ),
    ActionSpec("file.quit", "Quit", "File", "Ctrl+Q", "Close the window", separated=True),
)  # fmt: skip
