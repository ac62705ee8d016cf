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
        "file.demo_fabric", "New demo scene in Fabric", "File", "Ctrl+Shift+N",
        "Build the demo scene with clones that exist in Fabric only, without prims in USD",
        When.READY, undo="Replaces the stage",
    ),
    ActionSpec(
        "file.demo_soft", "New cloth and particles scene", "File", "",
        "Clone cloth that falls on a ball and particles that fall into a box; Newton plays it",
        When.READY, undo="Replaces the stage",
    ),
    ActionSpec(
        "file.save", "Save", "File", "Ctrl+S", "Write the stage to its file", READY_STAGE,
        separated=True, undo="Overwrites the file",
    ),
    ActionSpec(
        "file.save_as", "Save as…", "File", "Ctrl+Shift+S", "Write the stage to another file",
        READY_STAGE, undo="Writes a file",
    ),
    ActionSpec(
        "file.picture", "Picture of the viewport…", "File", "Ctrl+P",
        "Save or copy what the viewport shows, in any size", When.STAGE, separated=True,
        undo="Writes a file",
    ),
    ActionSpec(
        "file.copy_picture", "Copy picture", "File", "Ctrl+Alt+C",
        "Put what the viewport shows on the clipboard", When.STAGE, undo="Fills the clipboard",
    ),
    ActionSpec(
        "file.record", "Record video…", "File", "Ctrl+Shift+R",
        "Write what the viewport shows to a video, or end the recording", When.STAGE,
        undo="Writes a file", checkable=True,
    ),
    ActionSpec("file.quit", "Quit", "File", "Ctrl+Q", "Close the window", separated=True),
)  # fmt: skip
