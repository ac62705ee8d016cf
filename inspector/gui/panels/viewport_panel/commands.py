"""What the keys and buttons of the viewport do to cameras, tools and environments."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu

from inspector.gui.bridge.bridge import Bridge
from inspector.gui.panels.viewport_panel.tools import Tools
from inspector.gui.viewport.display import Display
from inspector.gui.viewport.env_view import SPACING
from inspector.gui.viewport.gizmo import Tool
from inspector.gui.viewport.pointer import Pointer
from inspector.gui.viewport.rig import camera_paths
from inspector.session.snapshot import GLOBAL_ENV

SIDES = {"top": "Top", "front": "Front", "right": "Right"}
_SPACING_STEP = 1.25


class ViewCommands(QObject):
    """Commands of one picture.

    Args:
        display: What is drawn.
        bridge: Session, view state and undo list.
        tools: Tools of the left button.
        pointer: Knows whether keys fly.
        parent: Owner.

    Signals:
        camera_changed: The picture is seen from elsewhere.
        changed: A switch changed; the picture has to be drawn again.
        said: A sentence for the user.
    """

    camera_changed = Signal()
    changed = Signal()
    said = Signal(str)

    def __init__(
        self, display: Display, bridge: Bridge, tools: Tools, pointer: Pointer, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._display = display
        self._bridge = bridge
        self._tools = tools
        self._pointer = pointer

    def handlers(self) -> dict[str, Callable[[], object]]:
        """Return what each action of the viewport does, by its id."""
        return {
            "view.tool_select": partial(self.set_tool, "select"),
            "view.tool_move": partial(self.set_tool, "move"),
            "view.tool_rotate": partial(self.set_tool, "rotate"),
            "view.local_axes": partial(self._toggle, "local"),
            "view.snap": partial(self._toggle, "snap"),
            "view.box_select": partial(self._toggle, "band"),
            "view.escape": self.escape,
            "edit.select_all": self._tools.select_everything,
            "edit.invert_selection": self._tools.invert_selection,
            **{f"view.{side}": partial(self.face, side) for side in SIDES},
            "view.perspective": self.use_perspective,
            "view.orthographic": self.toggle_orthographic,
            "view.camera_next": self.next_camera,
            "view.follow": self.toggle_follow,
            "view.fly": self.toggle_fly,
            "view.solo": self.toggle_solo,
            "view.hide_envs": self.hide_envs,
            "view.show_envs": self.show_envs,
            "view.spacing_more": partial(self._spread, _SPACING_STEP),
            "view.spacing_less": partial(self._spread, 1 / _SPACING_STEP),
            "view.spacing_reset": partial(self.set_spacing, 1.0),
        }

    def states(self) -> dict[str, bool]:
        """Return which switches are on, by the ids of their actions."""
        state, display, rig = self._tools.state, self._display, self._display.rig
        return {
            **{f"view.tool_{tool}": state.tool == tool for tool in ("select", "move", "rotate")},
            "view.local_axes": state.local,
            "view.snap": state.snap,
            "view.box_select": state.band,
            "view.orthographic": display.camera.orthographic,
            "view.follow": bool(rig.following),
            "view.fly": self._pointer.flies,
            "view.solo": display.solo,
        }

    # -- tools -----------------------------------------------------------------------------------

    def set_tool(self, tool: Tool) -> None:
        """Choose what the gizmo does."""
        self._tools.set(tool=tool, band=False)

    def _toggle(self, name: str) -> None:
        self._tools.set(**{name: not getattr(self._tools.state, name)})

    def escape(self) -> None:
        """Break off what is going on; when nothing is, select nothing."""
        if self._pointer.cancel():
            return
        if self._pointer.flies:
            self.toggle_fly()
        elif self._tools.state.band:
            self._tools.set(band=False)
        else:
            self._bridge.view.select()

    # -- cameras ---------------------------------------------------------------------------------

    def face(self, side: str) -> None:
        """Look from one side, without perspective."""
        self._display.rig.face(side)
        self._moved_camera()

    def use_perspective(self) -> None:
        """Go back to the free camera."""
        self._display.rig.use_perspective()
        self._moved_camera()

    def toggle_orthographic(self) -> None:
        """Switch perspective on or off."""
        self._display.rig.toggle_orthographic()
        self._moved_camera()

    def look_through(self, path: str) -> None:
        """Look through a camera of the stage."""
        display = self._display
        if display.snapshot is None:
            return
        if not display.rig.look_through(path, display.snapshot, display.aspect):
            self.said.emit(f"{path} is no camera.")
        self._moved_camera()

    def next_camera(self) -> None:
        """Look through the next camera of the stage; after the last one the view is free again."""
        paths = self._camera_paths()
        if not paths:
            self.said.emit("This stage has no camera.")
            return
        through = self._display.rig.through
        place = paths.index(through) + 1 if through in paths else 0
        if place < len(paths):
            self.look_through(paths[place])
        else:
            self.use_perspective()

    def _camera_paths(self) -> list[str]:
        snapshot = self._display.snapshot
        return [] if snapshot is None else camera_paths(snapshot, self._bridge.view.env_id)

    def toggle_follow(self) -> None:
        """Go along with the current prim, or stay."""
        display = self._display
        snapshot, path = display.snapshot, self._bridge.view.current_path
        if snapshot is None:
            return
        if display.rig.following:
            display.rig.follow("", snapshot, np.zeros(3))
        elif not path:
            self.said.emit("Select what to follow first.")
        else:
            _, env_id = snapshot.prims.paths.split(path)
            if not display.rig.follow(path, snapshot, self._tools.shift_of(env_id)):
                self.said.emit(f"{path} has no place to follow.")
        self._moved_camera()

    def toggle_fly(self) -> None:
        """Let keys fly, or work as everywhere else."""
        self._pointer.flies = not self._pointer.flies
        self.changed.emit()

    def _moved_camera(self) -> None:
        self._display.touch()
        self.camera_changed.emit()
        self.changed.emit()

    def fill_camera_menu(self, menu: QMenu) -> None:
        """List the cameras that there are now.

        Args:
            menu: Emptied and filled.
        """
        menu.clear()
        rig = self._display.rig
        for action_id, text in (
            *((f"view.{side}", word) for side, word in SIDES.items()),
            ("view.perspective", "Perspective"),
            ("view.orthographic", "Orthographic"),
        ):
            action = menu.addAction(text)
            action.setObjectName(action_id)
            action.triggered.connect(self._choose)
            if action_id == "view.orthographic":
                action.setCheckable(True)
                action.setChecked(self._display.camera.orthographic)
        menu.addSection("Cameras of the stage")
        paths = self._camera_paths()
        for path in paths:
            action = menu.addAction(path)
            action.setData(path)
            action.setCheckable(True)
            action.setChecked(path == rig.through)
            action.triggered.connect(self._choose)
        if not paths:
            menu.addAction("None").setEnabled(False)

    @Slot()
    def _choose(self) -> None:
        action = self.sender()
        if not isinstance(action, QAction):
            return
        if action.data():
            self.look_through(str(action.data()))
        else:
            self.handlers()[action.objectName()]()

    # -- environments ----------------------------------------------------------------------------

    def _chosen_envs(self) -> frozenset[int]:
        """The environments of all that is selected, or else the focused one."""
        snapshot, view = self._display.snapshot, self._bridge.view
        if snapshot is None:
            return frozenset()
        prims = snapshot.prims
        found = np.unique(prims.env_id[prims.paths.at_or_below(view.selection)])
        chosen = frozenset(found[found != GLOBAL_ENV].tolist())
        focused = frozenset(() if view.env_id == GLOBAL_ENV else (view.env_id,))
        return chosen or focused

    def _has_envs(self) -> bool:
        instances = self._display.instances
        return instances is not None and bool((instances.env_id != GLOBAL_ENV).any())

    def _ask_for(self, what: str) -> None:
        """Say what to do first, or that there is nothing that it could be done with."""
        self.said.emit(what if self._has_envs() else "This stage has no environments.")

    def toggle_solo(self) -> None:
        """Draw only the environments of the selection, or the focused one; or all again."""
        display, chosen = self._display, self._chosen_envs()
        if not display.solo and not chosen:
            self._ask_for("Focus an environment first: click one, or choose it in Environments.")
            self.changed.emit()
            return
        display.solo = not display.solo
        # The focused environment changes with the focus; others stay, whatever is clicked in them.
        follows = chosen == {self._bridge.view.env_id}
        display.solo_envs = chosen if display.solo and not follows else frozenset()
        self.changed.emit()

    def hide_envs(self) -> None:
        """Hide the environments of the selection, or the focused one."""
        display, chosen = self._display, self._chosen_envs()
        if display.snapshot is None:
            return
        if not chosen:
            self._ask_for("Select something in the environments to hide.")
            return
        display.hidden_envs |= chosen
        self.changed.emit()

    def show_envs(self) -> None:
        """Show every environment."""
        display = self._display
        display.solo, display.solo_envs, display.hidden_envs = False, frozenset(), frozenset()
        self.changed.emit()

    def _spread(self, factor: float) -> None:
        self.set_spacing(self._display.spacing * factor)

    @Slot(float)
    def set_spacing(self, spacing: float) -> None:
        """Draw environments apart or together; 1 is where they are."""
        if spacing != 1.0 and not self._has_envs():
            self._ask_for("")
            spacing = 1.0
        spacing = min(max(spacing, SPACING[0]), SPACING[1])
        self._display.spacing = 1.0 if abs(spacing - 1.0) < 1e-3 else spacing
        self.changed.emit()
