"""Pulling a body with a spring while the simulation plays."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt

from inspector.gui.viewport.gizmo import axes_of, on_plane
from inspector.session.pull_target import PullTarget
from inspector.session.snapshot import PlayState, SceneSnapshot

if TYPE_CHECKING:
    from inspector.gui.panels.viewport_panel.tools import Tools


class PullDrag:
    """Holds a body at a point; the core computes the force of each step.

    Args:
        tools: The tools.
        snapshot: The scene.
        row: Transform row of the body.
        grab: Where the body is held, as drawn [stage units], shape [3].
    """

    is_held = True

    def __init__(
        self, tools: Tools, snapshot: SceneSnapshot, row: int, grab: NDArray[np.float64]
    ) -> None:
        self._tools = tools
        self._row = row
        self._env = int(snapshot.transforms.env_id[row])
        world = tools.display.world[row].astype(np.float64)
        place = world[3, :3] + tools.shift_of(self._env)
        self._point = (grab - place) @ axes_of(world).T
        self._plane = grab
        self._target = grab
        self._path = snapshot.prims.path(int(snapshot.transforms.prims[row]))

    @staticmethod
    def at(tools: Tools, x: float, y: float) -> PullDrag | None:
        """Return the drag of the body under a point of the view, None when there is none."""
        display = tools.display
        hit, instances, snapshot = display.pick(x, y), display.instances, display.snapshot
        if hit is None or instances is None or snapshot is None:
            return None
        row = body_above(snapshot, int(instances.prims[hit.instance]))
        if row < 0:
            return None
        start, ray = display.line_of_sight(x, y)
        return PullDrag(tools, snapshot, row, start + hit.distance * ray)

    def move(self, x: float, y: float, modifiers: Qt.KeyboardModifier) -> None:  # noqa: ARG002 the same for every tool
        """Move the other end of the spring, parallel to the picture."""
        display = self._tools.display
        snapshot = display.snapshot
        if snapshot is None or snapshot.state is PlayState.STOPPED:
            return
        camera = display.camera
        place = on_plane(camera, display.size, (x, y), self._plane, camera.backward)
        if place is None:
            return
        self._target = place
        x_m, y_m, z_m = (place - self._tools.shift_of(self._env)).tolist()
        a, b, c = self._point.tolist()
        self._tools.bridge.session.pull(
            PullTarget(self._path, (a, b, c), (x_m, y_m, z_m), self._tools.state.strength)
        )
        self._tools.said.emit(f"Pulling {self._path.rpartition('/')[2]} · let go to release")
        self._tools.redraw_wanted.emit()

    def refresh(self) -> None:
        """Draw the spring from where the body is now."""
        display = self._tools.display
        if self._row >= len(display.world):
            return
        world = display.world[self._row].astype(np.float64)
        held = world[3, :3] + self._point @ axes_of(world) + self._tools.shift_of(self._env)
        color = [*display.tokens.rgb("physics"), 1.0]
        layer = self._tools.pull_layer
        layer.set_lines(np.array([[held, self._target]]), color, width=3.0)
        layer.set_points(np.array([held, self._target]), color, size=9.0)

    def finish(self, x: float, y: float, modifiers: Qt.KeyboardModifier) -> None:  # noqa: ARG002 the same for every tool
        """Let go."""
        self.cancel()

    def cancel(self) -> None:
        """Let go."""
        self._tools.bridge.session.pull(None)
        self._tools.pull_layer.clear()
        self._tools.said.emit("")
        self._tools.end()


def body_above(snapshot: SceneSnapshot, prim: int) -> int:
    """Return the transform row of the body that carries a prim, -1 for none."""
    table = snapshot.transforms
    while prim >= 0:
        row = table.row_of_prim(prim)
        if row >= 0 and table.body[row] >= 0:
            return row
        prim = int(snapshot.prims.parent[prim])
    return -1
