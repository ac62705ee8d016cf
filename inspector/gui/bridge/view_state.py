"""What all panels share: selection, focused environment, query, theme. GUI thread only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import QObject, Signal

from inspector.gui.bridge.tokens import Tokens, load_tokens
from inspector.gui.bridge.view_options import ViewOptions, clamp_exaggeration

MOST_MARKED = 64
"""Rows that a list marks of what others selected: more are not on the screen, and each costs time."""


class ViewState(QObject):
    """Shared view state; a setter that changes nothing emits nothing.

    Signals:
        selection_changed: Selected prim paths, the current one last (Sequence[str]).
        env_focused: Focused env id, -1 for none.
        query_changed: Search text of the stage tree.
        color_mode_changed: What the viewport colours by; a value of ``ColorMode``.
        options_changed: ``ViewOptions`` of the viewport; not when only the colour mode changed.
        tokens_changed: Colour tokens of the theme.
    """

    selection_changed = Signal(object)
    env_focused = Signal(int)
    query_changed = Signal(str)
    color_mode_changed = Signal(str)
    options_changed = Signal(object)
    tokens_changed = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._selection: Sequence[str] = ()
        self._env_id = -1
        self._query = ""
        self._options = ViewOptions()
        self._tokens = load_tokens("dark")

    @property
    def selection(self) -> Sequence[str]:
        """Selected prim paths, the current one last; strings are made when they are asked for."""
        return self._selection

    @property
    def current_path(self) -> str:
        """Path of the current prim, empty when nothing is selected."""
        return self._selection[-1] if self._selection else ""

    def select(self, *paths: str) -> None:
        """Select prims; no argument clears the selection."""
        self.select_all(paths)

    def select_all(self, paths: Sequence[str]) -> None:
        """Select these prims and no others."""
        if paths != self._selection:
            self._selection = paths
            self.selection_changed.emit(paths)

    @property
    def env_id(self) -> int:
        """Focused env id, -1 for none."""
        return self._env_id

    def focus_env(self, env_id: int) -> None:
        """Focus one environment everywhere; -1 for none."""
        if env_id != self._env_id:
            self._env_id = env_id
            self.env_focused.emit(env_id)

    @property
    def query(self) -> str:
        """Search text of the stage tree."""
        return self._query

    def set_query(self, query: str) -> None:
        """Set the search text."""
        if query != self._query:
            self._query = query
            self.query_changed.emit(query)

    @property
    def color_mode(self) -> str:
        """What the viewport colours by."""
        return self._options.color_mode

    def set_color_mode(self, mode: str) -> None:
        """Set what the viewport colours by."""
        self.set_options(replace(self._options, color_mode=mode))

    @property
    def options(self) -> ViewOptions:
        """What the viewport shows beside the shapes."""
        return self._options

    def set_options(self, options: ViewOptions) -> None:
        """Set everything that the viewport shows beside the shapes, and the colour mode."""
        before, self._options = self._options, options
        if replace(options, color_mode="") != replace(before, color_mode=""):
            self.options_changed.emit(options)
        if options.color_mode != before.color_mode:
            self.color_mode_changed.emit(options.color_mode)

    def switch(self, name: str, on: bool) -> None:
        """Set one switch of the view options."""
        self.set_options(self._options.switched(name, on))

    def toggle(self, name: str) -> None:
        """Turn one switch of the view options over."""
        self.switch(name, name not in self._options.shown)

    def exaggerate(self, factor: float) -> None:
        """Set how much further the ghost is drawn from the shape than it is."""
        self.set_options(replace(self._options, exaggeration=clamp_exaggeration(factor)))

    def reset_options(self) -> None:
        """Show what a new window shows."""
        self.set_options(ViewOptions())

    @property
    def tokens(self) -> Tokens:
        """Colour tokens of the theme."""
        return self._tokens

    def set_theme(self, name: str) -> None:
        """Switch to the theme ``"dark"`` or ``"light"``."""
        if name != self._tokens.name:
            self._tokens = load_tokens(name)
            self.tokens_changed.emit(self._tokens)
