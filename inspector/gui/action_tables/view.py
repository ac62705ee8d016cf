"""Actions of the menu *View*: what the viewport shows, and the theme."""

from __future__ import annotations

from inspector.gui.action_tables.spec import ActionSpec, When

VIEW_ACTIONS: tuple[ActionSpec, ...] = (
    ActionSpec("view.frame", "Frame selection", "View", "F", "Move the camera to the selection",
               When.STAGE),
    ActionSpec("view.frame_all", "Frame all", "View", "A", "Move the camera to see everything",
               When.STAGE),
    ActionSpec("view.color_material", "Colour by material", "View", "1", "Colours of the stage",
               group="color", separated=True),
    ActionSpec("view.color_stale", "Colour by stale reason", "View", "2",
               "Fresh, USD behind, parent moved, …", group="color"),
    ActionSpec("view.color_source_row", "Colour by source row", "View", "3",
               "Which source an environment received", group="color"),
    ActionSpec("view.color_env", "Colour by environment", "View", "4", "One colour per environment",
               group="color"),
    ActionSpec("view.theme_dark", "Dark theme", "View", "", "Dark colours", group="theme",
               separated=True),
    ActionSpec("view.theme_light", "Light theme", "View", "", "Light colours", group="theme"),
)  # fmt: skip
