"""The Viewport panel: canvas, colour menu, legend, card, and the shared selection."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QEvent, QObject, QSize, Qt, QTimer, Slot
from PySide6.QtGui import QImage, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from inspector.errors import MissingDependencyError
from inspector.gui.bridge.bridge import Bridge
from inspector.gui.bridge.tokens import Tokens
from inspector.gui.bridge.view_options import ViewOptions
from inspector.gui.panels.viewport_panel.dressing import Dressing
from inspector.gui.panels.viewport_panel.interaction import Interaction
from inspector.gui.panels.viewport_panel.option_menu import OptionMenu, option_button
from inspector.gui.panels.viewport_panel.overlay import AxesTriad, Card, card_html
from inspector.gui.panels.viewport_panel.software_view import SoftwareView
from inspector.gui.viewport import ColorMode, Display, open_canvas, software
from inspector.session.snapshot import PlayState, SceneSnapshot

if TYPE_CHECKING:
    from inspector.gui.viewport.canvas import ViewportCanvas

REST = 300
"""Time without motion after which everything is drawn in full detail [ms]."""
_SHARE = 3.0
"""A snapshot waits this many times the cost of the last frame: slow drivers leave time for clicks."""
LONGEST_PAUSE = 0.5
"""A frame that took very long (the machine slept) does not hold up the next one [s]."""
_MARGIN = 10
_BY_CPU = (
    "This picture is drawn by the CPU: without ghost, shadows, wireframe and smooth edges, "
    "textures as one colour, coarse while things move."
)
_EMPTY = "Nothing to draw. Open a file, or make a new demo scene."


class ViewportPanel(QWidget):
    """Shows the scene; a click selects, Ctrl adds, a double click frames.

    Args:
        bridge: Session, view state and undo list.
        parent: Owner.

    Attributes:
        drawn_generation: Generation of the snapshot that the picture shows, -1 before the first.
        canvas: The canvas, None without usable OpenGL.
        fallback: What draws without OpenGL, None where there is OpenGL.
        display: What is drawn.
        interaction: Mouse, keyboard and tools.
    """

    TITLE = "Viewport"
    QUESTION = "What does it look like?"

    def __init__(self, bridge: Bridge, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._view = bridge.view
        self.display = Display(tokens=bridge.view.tokens)
        self.canvas: ViewportCanvas | None = None
        self.fallback: SoftwareView | None = None
        self.drawn_generation = -1
        self._last_frame = self._frame_cost = 0.0
        self._make_controls()
        self._area = QWidget()
        self._area.setMinimumSize(160, 120)
        self._area.installEventFilter(self)
        trouble = self._make_canvas(bridge)
        self._make_overlays(trouble, bridge)
        self.dressing.corner = self.card
        dressing = self.dressing
        foot = (dressing.ghost_slider, dressing.step, dressing.recording)
        self.interaction.avoid(dressing.banner, dressing.notes, self.card, dressing.legend, foot)
        self._lay_out()
        self._make_timers()
        self._connect(bridge)
        self._set_tokens(bridge.view.tokens)
        self._follow_options(bridge.view.options)
        self._follow_color_mode(bridge.view.color_mode)
        self.display.select(bridge.view.selection)
        self.display.focus_env(bridge.view.env_id)
        if bridge.session.snapshot is not None:
            self.show_snapshot(bridge.session.snapshot)

    # -- building --------------------------------------------------------------------------------

    def _make_controls(self) -> None:
        self.color_box = QComboBox()
        self.color_box.setAccessibleName("Colour by")
        self.color_box.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        for mode in ColorMode:
            self.color_box.addItem(f"Colour by {mode.sentence}", mode.value)
        self.wireframe = self._switch("Wireframe", "Draw edges only")
        self.grid = self._switch("Grid", "Draw the ground grid and the axes")
        self.grid.setChecked(True)
        self.option_menu = OptionMenu(self._view, self)

    @staticmethod
    def _switch(text: str, tip: str) -> QPushButton:
        button = QPushButton(text)
        button.setCheckable(True)
        button.setToolTip(tip)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return button

    def _make_canvas(self, bridge: Bridge) -> str:
        trouble = ""
        try:
            self.canvas = open_canvas(self.display)
            self.canvas.drawn = self._note_frame
            picture: QWidget = self.canvas.native
        except MissingDependencyError as error:
            trouble = f"{error} {_BY_CPU}"
            picture = self.fallback = SoftwareView(self.display)
            self.display.undrawn = software.UNDRAWN
            self.fallback.drawn = self._note_frame
        self.interaction = Interaction(picture, self._area, self.display, bridge)
        self.interaction.camera_moved.connect(self._follow_camera)
        self.interaction.redraw_wanted.connect(self._update_canvas)
        self.interaction.hovered.connect(self._refresh_words)
        self.interaction.commands.changed.connect(self._refresh_words)
        return trouble

    def _make_overlays(self, trouble: str, bridge: Bridge) -> None:
        self.banner = QLabel(trouble)
        self.banner.setWordWrap(True)
        self.banner.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.banner.setVisible(bool(trouble))
        self.card = Card(self._area, monospaced=True)
        self.dressing = Dressing(bridge, self.display, self._area)
        self.legend = self.dressing.legend
        self.ghost_slider = self.dressing.ghost_slider
        self.empty = Card(self._area)
        self.triad = AxesTriad(self.display.camera, self.display.tokens, self._area)

    def _lay_out(self) -> None:
        self.setProperty("panel", True)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        bar = QHBoxLayout()
        bar.setContentsMargins(8, 4, 8, 4)
        bar.setSpacing(6)
        bar.addWidget(self.color_box)
        bar.addStretch(1)
        bar.addWidget(option_button(self.option_menu))
        bar.addWidget(self.wireframe)
        bar.addWidget(self.grid)
        inside = QVBoxLayout(self._area)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(0)
        if self.fallback is not None:
            inside.addWidget(self.fallback, 1)
        elif self.canvas is not None:
            inside.addWidget(self.canvas.native, 1)
            self.canvas.native.setMinimumSize(1, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(bar)
        layout.addWidget(self.interaction.bar)
        layout.addWidget(self.banner)
        layout.addWidget(self._area, 1)
        self.dressing.raise_all()
        for overlay in (self.card, self.empty, self.triad, *self.interaction.cards):
            overlay.raise_()
        self.empty.say(_EMPTY)

    def _make_timers(self) -> None:
        self._rest = QTimer(self, singleShot=True, interval=REST)
        self._rest.timeout.connect(self._come_to_rest)
        self._painted = QTimer(self, singleShot=True, interval=0)
        self._painted.timeout.connect(self._note_painted)
        self._draw_soon = QTimer(self, singleShot=True)
        self._draw_soon.timeout.connect(self._update_canvas)

    def _connect(self, bridge: Bridge) -> None:
        view = bridge.view
        view.selection_changed.connect(self._follow_selection)
        view.env_focused.connect(self._follow_env)
        view.color_mode_changed.connect(self._follow_color_mode)
        view.options_changed.connect(self._follow_options)
        view.tokens_changed.connect(self._set_tokens)
        self.color_box.currentIndexChanged.connect(self._choose_color_mode)
        self.wireframe.toggled.connect(self._set_wireframe)
        self.grid.toggled.connect(self._set_grid)

    def sizeHint(self) -> QSize:
        """Prefer most of the window."""
        return QSize(860, 560)

    # -- showing ---------------------------------------------------------------------------------

    def show_snapshot(self, snapshot: SceneSnapshot) -> None:
        """Show a snapshot; it is drawn with the next frame."""
        self.display.show(snapshot)
        self.interaction.show_snapshot(snapshot)
        self._refresh_words()
        if snapshot.state is PlayState.PLAYING or self.display.moving:
            self._start_motion()
        pause = self.pause
        if pause == 0.0:
            self._update_canvas()
        elif not self._draw_soon.isActive():
            self._draw_soon.start(math.ceil(pause * 1000))

    @property
    def pause(self) -> float:
        """Time until the next frame of a playing scene should be drawn [s]."""
        picture = self.canvas or self.fallback
        if picture is None:
            return 0.0
        since = perf_counter() - self._last_frame
        return max(0.0, min(_SHARE * self._frame_cost, LONGEST_PAUSE) - since)

    @Slot()
    def _refresh_words(self) -> None:
        snapshot = self.display.snapshot
        if snapshot is None:
            return
        tokens = self.display.tokens
        is_empty = snapshot.geometry.instance_count == 0
        self.empty.say(_EMPTY if is_empty else "")
        hovered = self.interaction.hover_prim
        prim = hovered if hovered >= 0 else self._current_prim(snapshot)
        mask = self.display.hidden
        hidden = 0 if mask is None else int(np.count_nonzero(mask))
        self.card.say("" if is_empty else card_html(snapshot, prim, tokens, hidden=hidden))
        self.dressing.refresh()
        self._place_overlays()

    def _current_prim(self, snapshot: SceneSnapshot) -> int:
        path = self._view.current_path
        return snapshot.prims.find(path) if path else -1

    def _place_overlays(self) -> None:
        width, height = self._area.width(), self._area.height()
        self.card.move(_MARGIN, _MARGIN)
        self.dressing.place()
        self.triad.move(_MARGIN // 2, height - self.triad.height() - _MARGIN // 2)
        self.interaction.place()
        empty = self.empty
        empty.move((width - empty.width()) // 2, (height - empty.height()) // 2)

    def handlers(self) -> dict[str, Callable[[], object]]:
        """Return what the actions of the viewport do, by their ids."""
        return {
            "view.frame": self.frame_selection,
            "view.frame_all": self.frame_all,
            **self.interaction.commands.handlers(),
        }

    def frame_selection(self) -> None:
        """Move the camera to the selection, or to everything when nothing is selected."""
        self.display.frame_selection()
        self._follow_camera()

    def frame_all(self) -> None:
        """Move the camera so that every environment is seen."""
        self.display.frame_all()
        self._follow_camera()

    def take_focus(self) -> None:
        """Let keys work in the picture without a click on it first."""
        picture = self.fallback if self.canvas is None else self.canvas.native
        if picture is not None:
            picture.setFocus(Qt.FocusReason.OtherFocusReason)

    def grab_image(self) -> QImage:
        """Return the picture in full detail, drawn now [physical pixels]."""
        self.display.moving = False
        if self.canvas is not None:
            return self.canvas.grab()
        return QImage() if self.fallback is None else self.fallback.grab_image()

    # -- drawing ---------------------------------------------------------------------------------

    @Slot()
    def _update_canvas(self) -> None:
        if self.canvas is not None:
            self.dressing.announce_frame()
            self.canvas.native.update()
        elif self.fallback is not None:
            self.fallback.update()

    def _note_frame(self) -> None:
        picture = self.canvas or self.fallback
        if picture is not None:
            self.drawn_generation = picture.drawn_generation
            self._last_frame = perf_counter()
            self._frame_cost = picture.frame_time
            self._painted.start()
            # The camera also turns on its own: with another stage, and with what it is tied to.
            self.triad.follow()
            self.dressing.note_frame()

    @Slot()
    def _note_painted(self) -> None:
        """Note what the frame cost with the composition of the window around it."""
        composition = perf_counter() - self._last_frame
        self._last_frame += composition
        self._frame_cost += composition

    def _start_motion(self) -> None:
        self.display.moving = True
        self._rest.start()

    @Slot()
    def _come_to_rest(self) -> None:
        snapshot = self.display.snapshot
        if snapshot is not None and snapshot.state is PlayState.PLAYING:
            # A slow machine publishes seldom: the scene is in motion until it pauses.
            return
        self.display.moving = False
        self._update_canvas()

    @Slot()
    def _follow_camera(self) -> None:
        self._start_motion()
        self.triad.follow()
        self._update_canvas()

    # -- shared view state -----------------------------------------------------------------------

    @Slot(object)
    def _follow_selection(self, paths: Sequence[str]) -> None:
        self.display.select(paths)
        self._refresh_words()
        self._update_canvas()

    @Slot(int)
    def _follow_env(self, env_id: int) -> None:
        self.display.focus_env(env_id)
        self.interaction.refresh()
        self._update_canvas()

    @Slot(str)
    def _follow_color_mode(self, mode: str) -> None:
        self.display.color_mode = ColorMode(mode)
        self.color_box.setCurrentIndex(self.color_box.findData(mode))
        self._refresh_words()
        self._update_canvas()

    @Slot(int)
    def _choose_color_mode(self, index: int) -> None:
        self._view.set_color_mode(str(self.color_box.itemData(index)))

    @Slot(object)
    def _set_tokens(self, tokens: Tokens) -> None:
        self.display.tokens = tokens
        for overlay in (self.card, self.dressing, self.empty, self.triad):
            overlay.set_tokens(tokens)
        self.interaction.set_tokens(tokens)
        if self.canvas is not None:
            self.canvas.bgcolor = tokens.background
        self._refresh_words()
        self._update_canvas()

    @Slot(bool)
    def _set_wireframe(self, on: bool) -> None:
        self._view.switch("wireframe", on)

    @Slot(bool)
    def _set_grid(self, on: bool) -> None:
        self._view.switch("grid", on)

    @Slot(object)
    def _follow_options(self, options: ViewOptions) -> None:
        self.display.use(options)
        self.wireframe.setChecked("wireframe" in options.shown)
        self.grid.setChecked("grid" in options.shown)
        self._refresh_words()
        self.dressing.refresh()
        self._update_canvas()

    def path_at(self, x: float, y: float) -> str:
        """Return the path of the prim under a point of the picture [logical pixels], or empty."""
        return self.interaction.path_at(x, y)

    # -- Qt --------------------------------------------------------------------------------------

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keep the words in their corners."""
        if event.type() == QEvent.Type.Resize:
            self._place_overlays()
        return super().eventFilter(watched, event)

    def showEvent(self, event: QShowEvent) -> None:
        """Draw again: the picture may be older than the scene."""
        super().showEvent(event)
        self._update_canvas()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the words in their corners."""
        super().resizeEvent(event)
        self._place_overlays()

    def release(self) -> None:
        """Free the GL objects; the panel cannot draw afterwards."""
        self.dressing.stop()
        for timer in (self._rest, self._painted, self._draw_soon):
            timer.stop()
        self.interaction.stop()
        if self.canvas is not None:
            canvas, self.canvas = self.canvas, None
            canvas.release()
