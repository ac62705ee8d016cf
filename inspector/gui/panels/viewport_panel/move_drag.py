"""A drag of the gizmo: previewed in the picture, sent as one edit when the button is let go."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt

from inspector.gui.viewport.gizmo import Gizmo, Handle, Motion
from inspector.gui.viewport.moved_rows import MovedRows
from inspector.session.edits import PoseEdit
from inspector.session.snapshot import PlayState

if TYPE_CHECKING:
    from inspector.gui.panels.viewport_panel.tools import Tools


class MoveDrag:
    """Moves or turns what is selected.

    Args:
        tools: The tools.
        gizmo: The gizmo as it stood when the drag began.
        handle: The handle that is dragged.
        start: Where the pointer went down [logical pixels].
        moved: What is moved.
        worlds: World matrices of its followers, shape [m, 4, 4].
    """

    is_held = True

    def __init__(
        self,
        tools: Tools,
        gizmo: Gizmo,
        handle: Handle,
        start: tuple[float, float],
        moved: MovedRows,
        worlds: NDArray[np.float64],
    ) -> None:
        self.handle = handle
        self._tools = tools
        self._start = gizmo
        self._drag = gizmo.begin(handle, *start)
        self._moved = moved
        self._worlds = worlds
        self._top = np.searchsorted(moved.followers, moved.rows)
        # Each turns in its own place: clones stay in their environments.
        self._pivots = worlds[self._top, 3, :3][moved.owner]
        self._motion: Motion | None = None

    @property
    def gizmo(self) -> Gizmo:
        """The gizmo where it has been dragged to."""
        start, motion = self._start, self._motion
        if motion is None:
            return start
        return Gizmo(start.tool, start.origin + motion.shift, start.axes, start.camera, start.size)

    def move(self, x: float, y: float, modifiers: Qt.KeyboardModifier) -> None:
        """Show where it would be."""
        state = self._tools.state
        snapped = state.snap != bool(modifiers & Qt.KeyboardModifier.ControlModifier)
        step = 0.0
        if snapped:
            turns = self._start.tool == "rotate"
            step = np.radians(state.turn_step) if turns else state.move_step / self._meters
        self._motion = self._drag.motion(x, y, float(step))
        worlds = self._motion.apply(self._worlds, self._pivots)
        self._tools.display.preview(self._moved.followers, worlds)
        self._tools.said.emit(self._sentence(self._motion, snapped=snapped))
        self._tools.redraw_wanted.emit()

    @property
    def _meters(self) -> float:
        snapshot = self._tools.display.snapshot
        return snapshot.meters_per_unit if snapshot is not None else 1.0

    def _sentence(self, motion: Motion, *, snapped: bool) -> str:
        tail = " · in steps" if snapped else " · Ctrl for steps"
        if self._start.tool == "rotate":
            return f"{np.degrees(motion.angle):+.1f}°{tail}"
        along = motion.shift @ self._start.axes.T * self._meters
        names = [
            f"{name} {value:+.3f} m" for name, value in zip("XYZ", along, strict=True) if value
        ]
        return (" · ".join(names) or "0 m") + tail

    def finish(self, x: float, y: float, modifiers: Qt.KeyboardModifier) -> None:
        """Send one edit; the picture waits for the answer where it is."""
        self.move(x, y, modifiers)
        tools, motion = self._tools, self._motion
        snapshot = tools.display.snapshot
        if motion is None or motion.is_none or snapshot is None:
            self.cancel()
            return
        worlds = motion.apply(self._worlds[self._top], self._pivots[self._top])
        paths = tuple(snapshot.prims.path(int(prim)) for prim in self._moved.prims)
        verb = "Turn" if self._start.tool == "rotate" else "Move"
        what = paths[0].rpartition("/")[2] if len(paths) == 1 else f"{len(paths):,} prims"
        live = snapshot.state is not PlayState.STOPPED
        tools.wait_for_answer()
        tools.said.emit("")
        tools.end()
        tools.bridge.undo.push_edit(
            PoseEdit(f"{verb} {what}", paths, tuple(worlds.ravel().tolist()), live)
        )

    def cancel(self) -> None:
        """Show everything where it is."""
        self._tools.display.preview(None)
        self._tools.said.emit("")
        self._tools.end()
