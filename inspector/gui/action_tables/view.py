"""Actions of the menu *View*: what the viewport shows, and the theme."""

from __future__ import annotations

from inspector.gui.action_tables.spec import ActionSpec, When
from inspector.gui.bridge.view_options import SWITCHES
from inspector.gui.viewport.color_modes import ColorMode

_COLORS: dict[ColorMode, tuple[str, str]] = {
    ColorMode.MATERIAL: ("1", "Colours of the stage"),
    ColorMode.STALE: ("2", "Fresh, USD behind, parent moved, …"),
    ColorMode.SOURCE_ROW: ("3", "Which source an environment received"),
    ColorMode.ENV: ("4", "One colour per environment"),
    ColorMode.ERROR: ("5", "Distance between USD, Fabric and physics, logarithmic, in metres"),
    ColorMode.ROTATION: ("", "Angle between USD, Fabric and physics, logarithmic, in radians"),
    ColorMode.AGE: ("6", "By how many steps the older side of a stale row is behind"),
    ColorMode.SPEED: ("7", "Speed of the body that carries a shape, while playing"),
    ColorMode.NOT_FINITE: ("8", "Which rows are NaN or infinite, and in which environments"),
    ColorMode.ENV_ERROR: ("", "The largest error of each environment on all of its shapes"),
    ColorMode.ENV_STALE: ("", "How many rows of each environment are stale"),
}

COLOR_ACTIONS: tuple[ActionSpec, ...] = tuple(
    ActionSpec(f"view.color_{mode.value}", f"Colour by {mode.sentence}", "View", key, tip,
               group="color", submenu="Colour by")
    for mode, (key, tip) in _COLORS.items()
)  # fmt: skip

_KEYS = {"ghost": "G"}

OVERLAY_ACTIONS: tuple[ActionSpec, ...] = (
    *(
        ActionSpec(f"view.show_{name}", words, "View", _KEYS.get(name, ""), tip,
                   checkable=True, submenu="Overlays", separated=name in {"bounds", "shadows"})
        for name, (words, tip) in SWITCHES.items()
    ),
    ActionSpec("view.reset_options", "Reset view options", "View", "",
               "Colours, overlays and ghost as in a new window", submenu="Overlays",
               separated=True),
)  # fmt: skip

VIEW_ACTIONS: tuple[ActionSpec, ...] = (
    ActionSpec("view.frame", "Frame selection", "View", "F", "Move the camera to the selection",
               When.STAGE),
    ActionSpec("view.frame_all", "Frame all", "View", "A", "Move the camera to see everything",
               When.STAGE),
    *COLOR_ACTIONS,
    *OVERLAY_ACTIONS,
    ActionSpec("view.theme_dark", "Dark theme", "View", "", "Dark colours", group="theme",
               separated=True),
    ActionSpec("view.theme_light", "Light theme", "View", "", "Light colours", group="theme"),
)  # fmt: skip
