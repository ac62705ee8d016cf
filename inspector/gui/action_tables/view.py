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
    ActionSpec("view.tool_select", "Select", "View", "Q",
               "Click, or Shift and drag a rectangle, selects", group="tool", submenu="Tools"),
    ActionSpec("view.tool_move", "Move", "View", "W",
               "Drag arms and squares of the gizmo; Ctrl for steps", group="tool", submenu="Tools",
               undo="One undo step per drag"),
    ActionSpec("view.tool_rotate", "Rotate", "View", "E",
               "Drag rings of the gizmo; Ctrl for steps", group="tool", submenu="Tools",
               undo="One undo step per drag"),
    ActionSpec("view.local_axes", "Local axes", "View", "X",
               "The gizmo stands along the axes of the selection instead of the world's",
               submenu="Tools", checkable=True, separated=True),
    ActionSpec("view.snap", "Snap", "View", "N",
               "Move and turn in steps; their sizes are beside the button", submenu="Tools",
               checkable=True),
    ActionSpec("view.box_select", "Box select", "View", "B",
               "A left drag selects what is inside of the rectangle, with Ctrl more",
               submenu="Tools", checkable=True),
    ActionSpec("view.escape", "Leave tool or deselect", "View", "Esc",
               "Break off a drag, stop flying, leave box select, or else select nothing",
               When.READY | When.STAGE, submenu="Tools"),
    ActionSpec("view.perspective", "Perspective", "View", "Alt+4",
               "The free camera as it was before a view from one side", submenu="Camera"),
    ActionSpec("view.top", "Top", "View", "Alt+1", "From above, without perspective",
               submenu="Camera"),
    ActionSpec("view.front", "Front", "View", "Alt+2", "From the front, without perspective",
               submenu="Camera"),
    ActionSpec("view.right", "Right", "View", "Alt+3", "From the right, without perspective",
               submenu="Camera"),
    ActionSpec("view.orthographic", "Orthographic", "View", "O", "Perspective on or off",
               submenu="Camera", checkable=True),
    ActionSpec("view.camera_next", "Next camera of the stage", "View", "C",
               "Look through the cameras of the stage one after the other", When.STAGE,
               submenu="Camera", separated=True),
    ActionSpec("view.follow", "Follow the selection", "View", "T",
               "The camera goes along with the selected prim", When.STAGE, submenu="Camera",
               checkable=True),
    ActionSpec("view.fly", "Fly", "View", "Shift+F",
               "WASD fly, E up, Q down, Shift fast, wheel speed; also while the right button is "
               "held", submenu="Camera", checkable=True),
    ActionSpec("view.solo", "Solo environments", "View", "I",
               "Draw only the environments of the selection, or the focused one",
               When.STAGE, submenu="Environments", checkable=True),
    ActionSpec("view.hide_envs", "Hide environments", "View", "H",
               "Hide the environments of the selection, or the focused one", When.STAGE,
               submenu="Environments"),
    ActionSpec("view.show_envs", "Show all environments", "View", "Shift+H",
               "Show what was hidden; end solo", When.STAGE, submenu="Environments"),
    ActionSpec("view.spacing_more", "Draw further apart", "View", "]",
               "Move environments apart on the screen; the data stays", When.STAGE,
               submenu="Environments", separated=True),
    ActionSpec("view.spacing_less", "Draw closer together", "View", "[",
               "Move environments together on the screen; the data stays", When.STAGE,
               submenu="Environments"),
    ActionSpec("view.spacing_reset", "Draw where they are", "View", "\\",
               "Positions on the screen are world positions again", When.STAGE,
               submenu="Environments"),
    *COLOR_ACTIONS,
    *OVERLAY_ACTIONS,
    ActionSpec("view.theme_dark", "Dark theme", "View", "", "Dark colours", group="theme",
               separated=True),
    ActionSpec("view.theme_light", "Light theme", "View", "", "Light colours", group="theme"),
)  # fmt: skip
