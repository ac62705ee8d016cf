"""Mouse and keyboard over the picture: what is under the pointer, and who gets a click."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, QTimer, Signal, Slot
from PySide6.QtWidgets import QWidget

from inspector.gui.bridge.bridge import Bridge
from inspector.gui.bridge.tokens import Tokens
from inspector.gui.panels.viewport_panel.commands import ViewCommands
from inspector.gui.panels.viewport_panel.overlay import Card
from inspector.gui.panels.viewport_panel.status_words import mode_html, tip_html
from inspector.gui.panels.viewport_panel.tool_bar import ToolBar
from inspector.gui.panels.viewport_panel.tools import Tools
from inspector.gui.viewport.display import Display
from inspector.gui.viewport.pointer import Pointer
from inspector.session.snapshot import GLOBAL_ENV, SceneSnapshot, joined, without

HOVER = 40
"""Shortest time between two looks at what lies under the pointer [ms]."""
TIP = 450
"""Rest of the pointer after which the tip comes [ms]."""
SAY = 5000
"""How long a sentence stays [ms]."""
_MARGIN = 10
_OFF_POINTER = 16


class Interaction(QObject):
    """Pointer, tools and commands of one picture, and the cards that speak of them.

    Args:
        picture: The picture; owns this object.
        area: Widget that the cards lie over, as large as the picture.
        display: What is drawn.
        bridge: Session, view state and undo list.

    Attributes:
        pointer: Watches the picture.
        tools: What the left button does.
        commands: What keys and buttons do.
        bar: The buttons.
        mode: Card that says how the picture differs from a plain view.
        tip: Card beside the pointer.
        hint: Card with the last sentence.

    Signals:
        camera_moved: The picture is seen from elsewhere.
        redraw_wanted: The picture has to be drawn again.
        hovered: Index of the prim under the pointer, -1 for none.
        switched: A switch went on or off; see ``ViewCommands.states``.
    """

    camera_moved = Signal()
    redraw_wanted = Signal()
    hovered = Signal(int)
    switched = Signal()

    def __init__(self, picture: QWidget, area: QWidget, display: Display, bridge: Bridge) -> None:
        super().__init__(picture)
        self._area = area
        self._display = display
        self._view = bridge.view
        self.hover_prim = -1
        self._at: tuple[float, float] | None = None
        self._states: dict[str, bool] = {}
        self._above: QWidget | None = None
        self._below: QWidget | None = None
        self._corner: QWidget | None = None
        self._beside: QWidget | None = None
        self._foot: tuple[QWidget, ...] = ()
        self.pointer = Pointer(picture, display)
        self.tools = Tools(display, bridge, picture)
        self.pointer.begin = self.tools.begin
        self.commands = ViewCommands(display, bridge, self.tools, self.pointer, self)
        self.bar = ToolBar(self.commands.handlers())
        self.mode, self.tip, self.hint = Card(area), Card(area), Card(area)
        self._look = self._timer(HOVER, self._look_under_pointer)
        self._rest = self._timer(TIP, self._show_tip)
        self._silence = self._timer(SAY, self._be_silent)
        self._connect(bridge)
        self.refresh()

    def _timer(self, interval: int, slot: Callable[[], None]) -> QTimer:
        timer = QTimer(self, singleShot=True, interval=interval)
        timer.timeout.connect(slot)
        return timer

    def _connect(self, bridge: Bridge) -> None:
        pointer, tools, commands, bar = self.pointer, self.tools, self.commands, self.bar
        pointer.moved.connect(self._follow_camera)
        pointer.clicked.connect(self._click)
        pointer.double_clicked.connect(self._frame_at)
        pointer.hovered.connect(self._hover)
        pointer.left.connect(self._leave)
        pointer.pressed.connect(self._hide_tip)
        pointer.flight_changed.connect(self.refresh)
        tools.changed.connect(self.refresh)
        tools.redraw_wanted.connect(self.redraw_wanted)
        tools.said.connect(self.say)
        commands.changed.connect(self._follow_change)
        commands.camera_changed.connect(self._follow_camera)
        commands.said.connect(self.say)
        bar.spacing.spacing_changed.connect(commands.set_spacing)
        bar.ran.connect(self._check)
        bar.steps_changed.connect(self._set_steps)
        bar.cameras.aboutToShow.connect(self._fill_cameras)
        bridge.session.stage_replaced.connect(self._restart)

    @property
    def cards(self) -> tuple[Card, ...]:
        """The cards, to be placed and coloured."""
        return self.mode, self.tip, self.hint

    # -- words -----------------------------------------------------------------------------------

    @Slot(str)
    def say(self, text: str) -> None:
        """Show a sentence for a while; an empty one takes the last one down."""
        self.hint.say(text)
        self.place()
        if text:
            self._silence.start()

    @Slot()
    def _be_silent(self) -> None:
        self.hint.say("")

    @Slot()
    def refresh(self) -> None:
        """Say what the picture is, and show it on the buttons."""
        flight = self.pointer.flight if self.pointer.is_flying else None
        self.mode.say(mode_html(self._display, flight))
        states = self.commands.states()
        if states != self._states:
            self._states = states
            self.bar.check(states)
            self.switched.emit()
        self.bar.spacing.show_spacing(self._display.spacing)
        self.place()

    @Slot()
    def _check(self) -> None:
        self.bar.check(self.commands.states())

    def place(self) -> None:
        """Keep the cards where they belong."""
        width, height = self._area.width(), self._area.height()
        top, bottom = _below(self._above), _over(self._below, height)
        end, beside = width - _MARGIN, self._beside
        if beside is not None and not beside.isHidden():
            if beside.y() == _MARGIN:
                end = beside.x() - _MARGIN
            else:  # no room beside the card in the corner: it stands below
                top = max(top, _below(beside))
        self.mode.fit(end - _MARGIN)
        left = min((width - self.mode.width()) // 2, end - self.mode.width())
        if (
            self._corner is not None
            and self._corner.isVisible()
            and left < self._corner.geometry().right()
        ):
            # A narrow picture: below the card in the corner, and not over it.
            top = max(top, self._corner.geometry().bottom() + _MARGIN // 2)
        self.mode.move(left, top)
        hint = self.hint
        hint.move((width - hint.width()) // 2, height - hint.height() - bottom)
        for other in self._foot:
            if not other.isHidden() and hint.geometry().intersects(other.geometry()):
                hint.move(hint.x(), other.y() - hint.height() - _MARGIN // 2)

    def avoid(
        self,
        above: QWidget,
        below: QWidget,
        corner: QWidget,
        beside: QWidget,
        foot: Sequence[QWidget] = (),
    ) -> None:
        """Leave room for what else lies over the picture.

        Args:
            above: Stands in the middle at the top.
            below: Stands in the middle at the bottom.
            corner: Stands at the top left.
            beside: Stands at the top right.
            foot: Stand in the corners at the bottom, the lower ones first.
        """
        self._above, self._below, self._corner = above, below, corner
        self._beside, self._foot = beside, tuple(foot)

    def set_tokens(self, tokens: Tokens) -> None:
        """Use the colours of a theme."""
        for card in self.cards:
            card.set_tokens(tokens)

    def show_snapshot(self, snapshot: SceneSnapshot) -> None:
        """Go along with a snapshot that the display has taken."""
        self.tools.note_snapshot()
        if self.tools.is_outdated:
            # It would end as another kind of edit than the one that was begun.
            self.pointer.cancel()
            self.say("The drag was broken off: the scene is another one now.")
        if self.hover_prim >= len(snapshot.prims):
            self.hover_prim = -1
            self._hide_tip()
        self.refresh()

    @Slot()
    def _restart(self) -> None:
        self.pointer.cancel()
        self._display.restart()
        self.hover_prim = -1
        self._hide_tip()
        self.refresh()

    @Slot()
    def _follow_camera(self) -> None:
        self._hide_tip()
        self.refresh()
        self.camera_moved.emit()

    @Slot()
    def _follow_change(self) -> None:
        self.refresh()
        self.redraw_wanted.emit()

    @Slot(float, float, float)
    def _set_steps(self, move: float, turn: float, strength: float) -> None:
        self.tools.set(move_step=move, turn_step=turn, strength=strength)

    @Slot()
    def _fill_cameras(self) -> None:
        self.commands.fill_camera_menu(self.bar.cameras)

    # -- pointer ---------------------------------------------------------------------------------

    def path_at(self, x: float, y: float) -> str:
        """Return the path of the prim under a point of the picture [logical pixels], or empty."""
        hit, instances = self._display.pick(x, y), self._display.instances
        return "" if hit is None or instances is None else instances.path(hit.instance)

    @Slot(float, float, bool)
    def _click(self, x: float, y: float, add: bool) -> None:
        path, snapshot = self.path_at(x, y), self._display.snapshot
        if not path or snapshot is None:
            if not add:
                self._view.select()
            return
        if not add:
            self._view.select(path)
        elif path in self._view.selection:
            self._view.select_all(without(self._view.selection, path))
        else:
            self._view.select_all(joined(self._view.selection, (path,)))
        _, env_id = snapshot.prims.paths.split(path)
        if env_id != GLOBAL_ENV:
            self._view.focus_env(env_id)

    @Slot(float, float)
    def _frame_at(self, x: float, y: float) -> None:
        if self.path_at(x, y):
            self._display.frame_selection()
            self._follow_camera()

    @Slot(float, float)
    def _hover(self, x: float, y: float) -> None:
        if (x, y) == self._at:
            return
        self._at = (x, y)
        self._hide_tip()
        self.tools.hover(x, y)
        self._rest.start()
        if not self._look.isActive():
            self._look.start()

    @Slot()
    def _leave(self) -> None:
        self._at = None
        self._hide_tip()
        self._look_under_pointer()

    @Slot()
    def _look_under_pointer(self) -> None:
        prim = -1
        instances = self._display.instances
        if self._at is not None and instances is not None:
            hit = self._display.pick(*self._at)
            prim = -1 if hit is None else int(instances.prims[hit.instance])
        if prim != self.hover_prim:
            self.hover_prim = prim
            self.hovered.emit(prim)

    @Slot()
    def _show_tip(self) -> None:
        snapshot = self._display.snapshot
        if self._at is None or snapshot is None:
            return
        self._look_under_pointer()
        if self.hover_prim < 0:
            return
        self.tip.say(tip_html(snapshot, self.hover_prim, self._display.tokens))
        x = min(int(self._at[0]) + _OFF_POINTER, self._area.width() - self.tip.width() - _MARGIN)
        y = min(int(self._at[1]) + _OFF_POINTER, self._area.height() - self.tip.height() - _MARGIN)
        self.tip.move(max(x, 0), max(y, 0))

    @Slot()
    def _hide_tip(self) -> None:
        self._rest.stop()
        self.tip.say("")

    def stop(self) -> None:
        """Stop all timers; nothing happens afterwards."""
        for timer in (self._look, self._rest, self._silence):
            timer.stop()
        self.pointer.flies = False


def _below(card: QWidget | None) -> int:
    """Upper edge of what stands below a card [px]."""
    if card is None or card.isHidden():
        return _MARGIN
    return card.geometry().bottom() + _MARGIN // 2


def _over(card: QWidget | None, height: int) -> int:
    """Room at the bottom of what stands above a card [px]."""
    return _MARGIN if card is None or card.isHidden() else height - card.y() + _MARGIN // 2
