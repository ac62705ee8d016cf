"""What the left button does beside turning the picture: gizmo, rubber band, spring.

Belongs here: drags and the layers that show them. Geometry is in ``viewport``, the buttons are in
``tool_bar``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QRect, Qt, Signal, Slot
from PySide6.QtWidgets import QRubberBand, QWidget

from inspector.gui.bridge.bridge import Bridge
from inspector.gui.bridge.view_state import MOST_MARKED
from inspector.gui.panels.viewport_panel.move_drag import MoveDrag
from inspector.gui.panels.viewport_panel.pull_drag import PullDrag
from inspector.gui.viewport.display import Display
from inspector.gui.viewport.gizmo import Gizmo, Handle, Tool, axes_of
from inspector.gui.viewport.moved_rows import MovedRows, locked_prim, moved_rows
from inspector.gui.viewport.overlay_layer import OverlayLayer
from inspector.gui.viewport.picking import Rectangle
from inspector.gui.viewport.pointer import Drag
from inspector.session.snapshot import PlayState, PrimTable, SceneSnapshot, joined

_MODIFIER = Qt.KeyboardModifier
_COLORS = ("not_finite", "fresh", "accent")


@dataclass
class ToolState:
    """What the tools are set to.

    Attributes:
        tool: What the gizmo does; ``"select"`` shows none.
        local: Whether it stands along the axes of what is selected, and not those of the world.
        snap: Whether moving and turning go in steps; Ctrl turns that over during a drag.
        move_step: Step of moving [m].
        turn_step: Step of turning [deg].
        band: Whether a left drag selects instead of turning the picture.
        strength: Stiffness of the spring per mass [1/s²].
    """

    tool: Tool = "select"
    local: bool = False
    snap: bool = False
    move_step: float = 0.1
    turn_step: float = 15.0
    band: bool = False
    strength: float = 150.0


class Tools(QObject):
    """The tools of one picture.

    Args:
        display: What is drawn; gets the layers of the tools.
        bridge: Session, view state and undo list.
        parent: Owner; the picture.

    Signals:
        changed: A setting changed.
        redraw_wanted: The picture has to be drawn again.
        said: A sentence about what happens under the pointer; empty takes it down.
    """

    changed = Signal()
    redraw_wanted = Signal()
    said = Signal(str)

    def __init__(self, display: Display, bridge: Bridge, parent: QWidget) -> None:
        super().__init__(parent)
        self.state = ToolState()
        self.display = display
        self.bridge = bridge
        self._picture = parent
        self._hovered: Handle | None = None
        self._moved: tuple[object, object, bool, MovedRows] | None = None
        self._began: tuple[bool, PrimTable | None] = (True, None)
        self._waits = ""
        self.drag: Drag | None = None
        self.layer = OverlayLayer("gizmo", on_top=True)
        self.pull_layer = OverlayLayer("pull", on_top=True)
        self._gate = OverlayLayer("gate", on_top=True)
        display.layers += [self._gate, self.pull_layer, self.layer]
        display.before_draw = self.refresh
        bridge.session.edit_applied.connect(self._note_applied)
        bridge.session.edit_refused.connect(self._note_refused)

    # -- settings --------------------------------------------------------------------------------

    def set(self, **values: object) -> None:
        """Change settings by their names in ``ToolState``."""
        for name, value in values.items():
            setattr(self.state, name, value)
        self.changed.emit()
        self.redraw_wanted.emit()

    # -- gizmo -----------------------------------------------------------------------------------

    @property
    def moved(self) -> MovedRows | None:
        """What the gizmo holds, None for nothing."""
        snapshot = self.display.snapshot
        paths = self.bridge.view.selection
        if snapshot is None or not paths:
            return None
        live = snapshot.state is not PlayState.STOPPED
        known = self._moved
        if known is None or (
            known[0] is not snapshot.prims or known[1] is not paths or known[2] != live
        ):
            # While playing, a shape is where its body is: torn off it would hang in the air.
            rows = moved_rows(snapshot, paths, by_body=live)
            known = self._moved = snapshot.prims, paths, live, rows
        moved = known[3]
        return moved if len(moved) else None

    @property
    def gizmo(self) -> Gizmo | None:
        """The gizmo as it stands now, None for none."""
        snapshot = self.display.snapshot
        # What thousands of prims carry along is only worth finding for a gizmo that is shown.
        moved = None if self.state.tool == "select" else self.moved
        if snapshot is None or moved is None:
            return None
        row = self._current_row(snapshot, moved)
        world = self.display.world[row].astype(np.float64)
        if not np.isfinite(world).all():
            return None
        axes = axes_of(world) if self.state.local else np.eye(3)
        origin = world[3, :3] + self.shift_of(int(snapshot.transforms.env_id[row]))
        return Gizmo(self.state.tool, origin, axes, self.display.camera, self.display.size)

    def _current_row(self, snapshot: SceneSnapshot, moved: MovedRows) -> int:
        prim = snapshot.prims.find(self.bridge.view.current_path)
        row = snapshot.transforms.row_of_prim(prim) if prim >= 0 else -1
        place = np.flatnonzero(moved.followers == row)
        if row < 0 or not len(place):
            return int(moved.rows[-1])
        live = snapshot.state is not PlayState.STOPPED
        return int(moved.rows[moved.owner[place[0]]]) if live else row

    def shift_of(self, env_id: int) -> np.ndarray:
        """Return by how much an environment is drawn beside its place [stage units], shape [3]."""
        shifts = self.display.env_shifts
        if 0 <= env_id < len(shifts):
            return shifts[env_id].astype(np.float64)
        return np.zeros(3)

    def refresh(self) -> None:
        """Draw the tools anew: the camera, the scene or the selection changed."""
        drag = self.drag
        gizmo = drag.gizmo if isinstance(drag, MoveDrag) else self.gizmo
        self._draw_gizmo(gizmo)
        if isinstance(drag, PullDrag):
            drag.refresh()
        self._draw_gate()

    def _draw_gizmo(self, gizmo: Gizmo | None) -> None:
        if gizmo is None:
            if len(self.layer.lines):
                self.layer.clear()
            return
        tokens = self.display.tokens
        lines, colors, heads, head_colors = [], [], [], []
        active = self.drag.handle if isinstance(self.drag, MoveDrag) else self._hovered
        for handle in gizmo.handles:
            role = "text" if handle.axis < 0 else _COLORS[handle.axis]
            lit = handle == active
            color = np.array([*tokens.rgb("text" if lit else role), 1.0 if lit else 0.9])
            path = gizmo.lines(handle)
            lines.append(np.stack([path[:-1], path[1:]], axis=1))
            colors.append(np.tile(color, (len(path) - 1, 1)))
            if handle.kind == "axis":
                heads.append(gizmo.tip(handle.axis))
                head_colors.append(np.tile(color, (len(heads[-1]), 1)))
            elif handle.kind == "plane":
                a, b, c, d = path[:4]
                heads.append(np.array([[a, b, c], [a, c, d]]))
                head_colors.append(np.tile([*color[:3], 0.45 if lit else 0.22], (2, 1)))
        self.layer.set_lines(np.concatenate(lines), np.concatenate(colors), width=2.5)
        if heads:
            self.layer.set_triangles(np.concatenate(heads), np.concatenate(head_colors))
        else:
            self.layer.set_triangles(np.zeros((0, 3, 3)), np.zeros((0, 4)))

    def _draw_gate(self) -> None:
        gate = self.display.rig.gate
        if gate is None:
            if len(self._gate.lines):
                self._gate.clear()
            return
        color = [*self.display.tokens.rgb("text"), 0.55]
        self._gate.set_lines(np.stack([gate, np.roll(gate, -1, 0)], axis=1), color, width=1.5)

    def hover(self, x: float, y: float) -> None:
        """Light the handle under the pointer."""
        gizmo = self.gizmo
        handle = None if gizmo is None else gizmo.hit(x, y)
        if handle != self._hovered:
            self._hovered = handle
            self.redraw_wanted.emit()

    # -- drags -----------------------------------------------------------------------------------

    def begin(self, x: float, y: float, modifiers: Qt.KeyboardModifier) -> Drag | None:
        """Return what a drag of the left button that starts here does; None turns the picture."""
        control, shift = modifiers & _MODIFIER.ControlModifier, modifiers & _MODIFIER.ShiftModifier
        self.drag = None
        self._began = self._circumstances
        if control and shift:
            self.drag = self._begin_pull(x, y)
        elif (gizmo := self.gizmo) is not None and (handle := gizmo.hit(x, y)) is not None:
            self.drag = self._begin_move(gizmo, handle, x, y)
        elif shift or self.state.band:
            self.drag = BandDrag(self, self._picture, x, y)
        return self.drag

    def _begin_move(self, gizmo: Gizmo, handle: Handle, x: float, y: float) -> Drag | None:
        snapshot, moved = self.display.snapshot, self.moved
        if snapshot is None or moved is None:
            return None
        locked = locked_prim(snapshot, moved.prims)
        if locked and snapshot.state is PlayState.STOPPED:
            self.said.emit(
                f"{locked} is shared by all instances: move its master, or the instance."
            )
            return NoDrag()
        table = snapshot.transforms
        shown = np.where(
            table.has_fabric[moved.followers, None, None],
            table.fabric_world[moved.followers],
            table.usd_world[moved.followers],
        )
        return MoveDrag(self, gizmo, handle, (x, y), moved, shown)

    def _begin_pull(self, x: float, y: float) -> Drag:
        snapshot = self.display.snapshot
        if snapshot is None or snapshot.state is not PlayState.PLAYING:
            self.said.emit("Play first: a body is pulled while the simulation runs.")
            return NoDrag()
        pull = PullDrag.at(self, x, y)
        if pull is None:
            self.said.emit("No body here to pull.")
        return pull or NoDrag()

    @property
    def _circumstances(self) -> tuple[bool, PrimTable | None]:
        """Whether the simulation stands, and which prims there are."""
        snapshot = self.display.snapshot
        if snapshot is None:
            return True, None
        return snapshot.state is PlayState.STOPPED, snapshot.prims

    @property
    def is_outdated(self) -> bool:
        """Whether a drag began in another state of the simulation, or with other prims.

        Those that a script adds in Fabric stand behind the others, whose rows stay what they were.
        """
        if not isinstance(self.drag, MoveDrag | PullDrag):
            return False
        stood, prims = self._circumstances
        began = self._began[1]
        if prims is None or began is None:
            return prims is not began
        return stood != self._began[0] or not prims.begins_with(began)

    def end(self) -> None:
        """The drag is over."""
        self.drag = None
        self.redraw_wanted.emit()

    def wait_for_answer(self) -> None:
        """Keep the preview until the engine has answered an edit."""
        self._waits = "answer"

    @Slot()
    def _note_applied(self) -> None:
        if self._waits == "answer":
            self._waits = "snapshot"

    @Slot()
    def _note_refused(self) -> None:
        if self._waits:
            self._waits = ""
            self.display.preview(None)
            self.redraw_wanted.emit()

    def note_snapshot(self) -> None:
        """A new snapshot is shown: what was moved is where it says now."""
        if self._waits == "snapshot":
            self._waits = ""
            self.display.preview(None)

    # -- rubber band -----------------------------------------------------------------------------

    def select_inside(self, rectangle: Rectangle, *, add: bool) -> None:
        """Select what lies in a rectangle of the picture.

        Args:
            rectangle: The rectangle [logical pixels].
            add: Keep what is selected.
        """
        instances = self.display.instances
        if instances is None:
            return
        found, before = self.display.inside(rectangle), self.bridge.view.selection
        if not add or not before:
            self._select(found)
            return
        known = self._mask(self.display.selected)
        fresh = found[~known[found]]
        known[fresh] = True
        paths = joined(before, instances.prim_paths(fresh))
        self.display.expect_selection(paths, np.flatnonzero(known))
        self.bridge.view.select_all(paths)
        self._tell(len(fresh), " more")

    def select_everything(self) -> None:
        """Select every shape that is drawn in the environments; all where there are none."""
        self._select(np.flatnonzero(self._drawn()))

    def invert_selection(self) -> None:
        """Select what is drawn in the environments and not selected."""
        self._select(np.flatnonzero(self._drawn() & ~self._mask(self.display.selected)))

    def _mask(self, instances: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Return which of all instances some are, shape [n]."""
        every = self.display.instances
        mask = np.zeros(0 if every is None else len(every), np.bool_)
        mask[instances] = True
        return mask

    def _drawn(self) -> NDArray[np.bool_]:
        instances, unseen = self.display.instances, self.display.unseen
        if instances is None:
            return np.zeros(0, np.bool_)
        # Not the ground: it lies under everything, and marked it would mark all that is on it.
        drawn = self._mask(instances.interesting())
        return drawn if unseen is None else drawn & ~unseen

    def _select(self, wanted: NDArray[np.int64]) -> None:
        """Select instances and nothing else."""
        instances = self.display.instances
        if instances is None:
            return
        paths = instances.prim_paths(wanted)
        # Looking up again what was just chosen would take most of the time.
        self.display.expect_selection(paths, wanted)
        self.bridge.view.select_all(paths)
        self._tell(len(wanted))

    def _tell(self, count: int, more: str = "") -> None:
        tail = f"; lists mark the last {MOST_MARKED}" if count > MOST_MARKED else ""
        noun = "shape" if count == 1 else "shapes"
        self.said.emit(f"{count:,}{more} {noun} selected{tail}.")


class NoDrag:
    """Swallows a drag that cannot be done, so that the picture does not turn instead."""

    is_held = True

    def move(self, x: float, y: float, modifiers: Qt.KeyboardModifier) -> None:
        """Do nothing."""

    def finish(self, x: float, y: float, modifiers: Qt.KeyboardModifier) -> None:
        """Do nothing."""

    def cancel(self) -> None:
        """Do nothing."""


class BandDrag:
    """A rubber band.

    Args:
        tools: The tools.
        picture: Widget that it is drawn over.
        x: Where it starts [logical pixels].
        y: Where it starts [logical pixels].
    """

    is_held = False

    def __init__(self, tools: Tools, picture: QWidget, x: float, y: float) -> None:
        self._tools = tools
        self._start = x, y
        self._band = QRubberBand(QRubberBand.Shape.Rectangle, picture)

    def move(self, x: float, y: float, modifiers: Qt.KeyboardModifier) -> None:  # noqa: ARG002 the same for every tool
        """Stretch the band and say how much is inside."""
        a, b = self._start
        self._band.setGeometry(
            QRect(int(min(a, x)), int(min(b, y)), int(abs(x - a)), int(abs(y - b)))
        )
        self._band.show()
        count = len(self._tools.display.inside(Rectangle(a, b, x, y)))
        self._tools.said.emit(f"{count:,} {'shape' if count == 1 else 'shapes'}")

    def finish(self, x: float, y: float, modifiers: Qt.KeyboardModifier) -> None:
        """Select what is inside."""
        self.cancel()
        add = bool(modifiers & _MODIFIER.ControlModifier)
        self._tools.select_inside(Rectangle(*self._start, x, y), add=add)

    def cancel(self) -> None:
        """Take the band away."""
        self._band.hide()
        self._band.deleteLater()
        self._tools.said.emit("")
        self._tools.end()
