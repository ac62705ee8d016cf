"""All panels, where they stand at first, and which of them a snapshot has to reach."""

from __future__ import annotations

import math
from dataclasses import replace
from time import perf_counter
from typing import Protocol

from PySide6.QtCore import QByteArray, QObject, Qt, QTimer, Slot
from PySide6.QtWidgets import (
    QDockWidget,
    QMainWindow,
    QStackedWidget,
    QTabWidget,
    QWidget,
)

from inspector.gui.bridge.bridge import Bridge
from inspector.gui.panels.environments_panel import EnvironmentsPanel
from inspector.gui.panels.mask_panel import MaskPanel
from inspector.gui.panels.messages_panel import MessagesPanel
from inspector.gui.panels.properties_panel import PropertiesPanel
from inspector.gui.panels.stage_panel import StagePanel
from inspector.gui.panels.timeline_panel import TimelinePanel
from inspector.gui.panels.transforms_panel import TransformsPanel
from inspector.gui.panels.viewport_panel import ViewportPanel
from inspector.gui.shell.dock import PanelDock
from inspector.gui.shell.settings import LAYOUT_VERSION
from inspector.gui.shell.welcome import WelcomePage
from inspector.session.snapshot import PlayState, SceneSnapshot, Severity

EVERYTHING = frozenset({"prims", "transforms", "geometry", "mask", "messages", "state"})
TURN = 0.008
"""Panels show a snapshot together until so much time has gone: a composition costs more [s]."""
LONGEST_WAIT = 0.5
"""Longest that panels wait for the frame of the viewport while it plays [s]."""
_TREE_WIDTH, _SIDE_WIDTH = 330, 280
"""Narrowest panels at the sides [px]: headings and columns can still be read."""
_LEFT = Qt.DockWidgetArea.LeftDockWidgetArea
_RIGHT = Qt.DockWidgetArea.RightDockWidgetArea
_BOTTOM = Qt.DockWidgetArea.BottomDockWidgetArea


class _View(Protocol):
    """What a snapshot reaches."""

    def show_snapshot(self, snapshot: SceneSnapshot) -> None:
        """Show a snapshot."""


class Workspace(QObject):
    """Panels in docks around the viewport.

    Args:
        window: Gets the docks; the viewport is one of them, so there is no central widget.
        bridge: Handed to every panel.
    """

    def __init__(self, window: QMainWindow, bridge: Bridge) -> None:
        super().__init__(window)
        self._window = window
        self._session = bridge.session
        self._is_playing, self._held_until = False, 0.0
        self._behind: set[str] = set()
        self._waiting: dict[str, frozenset[str]] = {}
        self._turns = QTimer(self)
        self._turns.timeout.connect(self._show_some)
        self.docks: dict[str, PanelDock] = {}
        self.stage = StagePanel(bridge)
        self.viewport = ViewportPanel(bridge)
        self.properties = PropertiesPanel(bridge)
        self.environments = EnvironmentsPanel(bridge)
        self.clone_mask = MaskPanel(bridge)
        self.transforms = TransformsPanel(bridge)
        self.messages = MessagesPanel(bridge)
        self.timeline = TimelinePanel(bridge)
        self.welcome = WelcomePage()
        shown = (self.viewport, self.messages, self.timeline, *self._hideable())
        self._panels: dict[str, _View] = {panel.TITLE: panel for panel in shown}
        self._bars: tuple[str, ...] = ()
        self._middle = QStackedWidget()
        self._middle.addWidget(self.welcome)
        self._middle.addWidget(self.viewport)
        self._place_docks()
        self._first_layout = window.saveState(LAYOUT_VERSION)
        self.messages.model.modelReset.connect(self._count_messages)

    def _place_docks(self) -> None:
        window = self._window
        window.setDockNestingEnabled(True)
        window.setCorner(Qt.Corner.BottomLeftCorner, _BOTTOM)
        window.setCorner(Qt.Corner.BottomRightCorner, _RIGHT)
        window.setTabPosition(Qt.DockWidgetArea.AllDockWidgetAreas, QTabWidget.TabPosition.North)
        stage = self._add(_LEFT, self.stage, StagePanel.TITLE, StagePanel.QUESTION)
        viewport = self._add(_LEFT, self._middle, ViewportPanel.TITLE, ViewportPanel.QUESTION)
        properties = self._add(
            _RIGHT, self.properties, PropertiesPanel.TITLE, PropertiesPanel.QUESTION
        )
        environments = self._add(
            _RIGHT, self.environments, EnvironmentsPanel.TITLE, EnvironmentsPanel.QUESTION
        )
        timeline = self._add(
            _BOTTOM, self.timeline, TimelinePanel.TITLE, TimelinePanel.QUESTION, slim=True
        )
        mask = self._add(_BOTTOM, self.clone_mask, MaskPanel.TITLE, MaskPanel.QUESTION)
        table = self._add(_BOTTOM, self.transforms, TransformsPanel.TITLE, TransformsPanel.QUESTION)
        messages = self._add(_BOTTOM, self.messages, MessagesPanel.TITLE, MessagesPanel.QUESTION)
        across, down = Qt.Orientation.Horizontal, Qt.Orientation.Vertical
        window.splitDockWidget(stage, viewport, across)
        window.splitDockWidget(timeline, mask, down)
        window.tabifyDockWidget(mask, table)
        window.tabifyDockWidget(table, messages)
        mask.raise_()
        self.stage.setMinimumWidth(_TREE_WIDTH)
        for panel in (self.properties, self.environments):
            panel.setMinimumWidth(_SIDE_WIDTH)
        window.resizeDocks([stage, viewport, properties], [390, 880, 330], across)
        window.resizeDocks([properties, environments], [530, 350], down)
        window.resizeDocks([viewport, timeline, mask], [540, 36, 300], down)

    def _add(
        self,
        area: Qt.DockWidgetArea,
        panel: QWidget,
        title: str,
        question: str,
        *,
        slim: bool = False,
    ) -> PanelDock:
        dock = PanelDock(panel, title, question, self._window, slim=slim)
        dock.visibilityChanged.connect(self._catch_up)
        self.docks[title] = dock
        self._window.addDockWidget(area, dock)
        return dock

    def add_bar(self, name: str, bar: _View) -> None:
        """Show snapshots in a bar of the window too, together with the panels."""
        self._panels[name] = bar
        self._bars += (name,)

    def reset(self) -> None:
        """Put every panel where it was at the first start."""
        for dock in self.docks.values():
            dock.setFloating(False)
        self._window.restoreState(self._first_layout, LAYOUT_VERSION)

    def restore(self, layout: QByteArray) -> None:
        """Put every panel where it was when the window was closed."""
        if not layout.isEmpty():
            self._window.restoreState(layout, LAYOUT_VERSION)

    def show_snapshot(self, snapshot: SceneSnapshot) -> None:
        """Give a snapshot to every panel that can be seen; the others catch up later.

        A few at a time in each turn of the event loop: a click between two turns does not wait for
        all of them, and the window is not composed anew for every one. While it plays all of them
        wait for the frame of the viewport, so that one composition shows them together.
        """
        if self._middle.currentIndex() == 0:
            self._middle.setCurrentIndex(1)
            self.viewport.take_focus()
        # What is said of a step can wait for its picture, a change of the state cannot.
        plays = self._is_playing and snapshot.state is PlayState.PLAYING
        self._is_playing = snapshot.state is PlayState.PLAYING
        # A timeline that is a turn late would show the step from before a stop as the present one.
        for bar in (*self._bars, self.timeline.TITLE):
            if plays:
                self._await(bar, snapshot)
            else:
                self._waiting.pop(bar, None)
                self._panels[bar].show_snapshot(snapshot)
        for panel in (self.viewport, self.messages):
            self._await(panel.TITLE, snapshot)
        for panel in self._hideable():
            if self.docks[panel.TITLE].isVisible() and not panel.visibleRegion().isEmpty():
                self._await(panel.TITLE, snapshot)
                self._behind.discard(panel.TITLE)
            else:
                self._waiting.pop(panel.TITLE, None)
                self._behind.add(panel.TITLE)
        if not plays:
            self._held_until = 0.0
            self._turns.start(0)
        elif not self._turns.isActive():
            self._held_until = perf_counter() + LONGEST_WAIT
            self._turns.start(math.ceil(self.viewport.pause * 1000))

    @property
    def is_settled(self) -> bool:
        """Whether every panel that can be seen shows the latest snapshot."""
        return not self._waiting

    def _await(self, title: str, snapshot: SceneSnapshot) -> None:
        self._waiting[title] = self._waiting.get(title, frozenset()) | snapshot.changed

    @Slot()
    def _show_some(self) -> None:
        """Show the latest snapshot in the panels that have waited longest."""
        snapshot = self._session.snapshot
        if snapshot is None:
            self._waiting.clear()
        begin, pause = perf_counter(), self.viewport.pause
        if pause > 0 and begin < self._held_until:
            # A click or the camera was drawn meanwhile.
            self._turns.start(math.ceil(pause * 1000))
            return
        self._held_until = 0.0
        self._turns.setInterval(0)
        while snapshot is not None and self._waiting and perf_counter() - begin < TURN:
            self._show_one(snapshot)
        if not self._waiting:
            self._turns.stop()

    def _show_one(self, snapshot: SceneSnapshot) -> None:
        title = next(iter(self._waiting))
        changed = self._waiting.pop(title)
        if changed != snapshot.changed:
            snapshot = replace(snapshot, changed=changed)
        self._panels[title].show_snapshot(snapshot)

    def _hideable(
        self,
    ) -> tuple[StagePanel, PropertiesPanel, EnvironmentsPanel, MaskPanel, TransformsPanel]:
        return (
            self.stage,
            self.properties,
            self.environments,
            self.clone_mask,
            self.transforms,
        )

    @Slot(bool)
    def _catch_up(self, visible: bool) -> None:
        """Give a panel that comes to light the snapshot that it has missed."""
        snapshot = self._session.snapshot
        dock = self.sender()
        if not visible or snapshot is None or not isinstance(dock, QDockWidget):
            return
        for panel in self._hideable():
            if dock.objectName() == panel.TITLE and panel.TITLE in self._behind:
                self._behind.discard(panel.TITLE)
                self._waiting.pop(panel.TITLE, None)
                panel.show_snapshot(replace(snapshot, changed=EVERYTHING))

    @Slot()
    def _count_messages(self) -> None:
        count = self.messages.model.count(Severity.WARNING)
        title = MessagesPanel.TITLE
        self.docks[title].setWindowTitle(f"{title} {count}" if count else title)
