"""What survives a restart: window layout, theme, recent files. One INI file, written by Qt."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast

from platformdirs import user_config_path
from PySide6.QtCore import QByteArray, QSettings

LAYOUT_VERSION = 2
"""Grows when docks come or go, so that an old layout is not restored onto a new window."""
MAX_RECENT = 10


class Settings:
    """Typed access to the settings file.

    Args:
        folder: Where ``settings.ini`` lies; ``None`` is the user's configuration folder.
    """

    def __init__(self, folder: Path | None = None) -> None:
        folder = folder or user_config_path("scene-inspector")
        self._store = QSettings(str(folder / "settings.ini"), QSettings.Format.IniFormat)

    @property
    def theme(self) -> str:
        """``"dark"`` or ``"light"``."""
        name = self._store.value("theme", "dark")
        return "light" if name == "light" else "dark"

    @theme.setter
    def theme(self, name: str) -> None:
        self._store.setValue("theme", name)

    @property
    def view_options(self) -> str:
        """What the viewport shows beside the shapes, as text; empty when nothing was saved."""
        return str(self._store.value("view_options", ""))

    @view_options.setter
    def view_options(self, text: str) -> None:
        self._store.setValue("view_options", text)

    @property
    def break_conditions(self) -> dict[str, bool]:
        """Break conditions, and whether each is switched on."""
        try:
            kept: Any = json.loads(str(self._store.value("break_conditions", "{}")))
        except ValueError:
            return {}
        known = cast("dict[str, Any]", kept) if isinstance(kept, dict) else {}
        return {text: on is True for text, on in known.items()}

    @break_conditions.setter
    def break_conditions(self, kept: dict[str, bool]) -> None:
        self._store.setValue("break_conditions", json.dumps(kept))

    @property
    def cameras(self) -> dict[str, Any]:
        """Where the camera of the viewport stood on each stage, as plain numbers."""
        try:
            kept: Any = json.loads(str(self._store.value("cameras", "{}")))
        except ValueError:
            return {}
        return cast("dict[str, Any]", kept) if isinstance(kept, dict) else {}

    @cameras.setter
    def cameras(self, kept: dict[str, Any]) -> None:
        self._store.setValue("cameras", json.dumps(kept))

    @property
    def recent_files(self) -> list[str]:
        """Recently opened files, newest first."""
        value = self._store.value("recent", [])
        names = [value] if isinstance(value, str) else value
        return [str(name) for name in names] if isinstance(names, list) else []

    def add_recent_file(self, path: str) -> None:
        """Put a file at the top of the recent files."""
        full = str(Path(path).absolute())
        names = [full, *(name for name in self.recent_files if name != full)]
        self._store.setValue("recent", names[:MAX_RECENT])

    @property
    def layout(self) -> tuple[QByteArray, QByteArray]:
        """Window geometry and dock state; empty when nothing was saved."""
        return self._bytes("geometry"), self._bytes("docks")

    @layout.setter
    def layout(self, value: tuple[QByteArray, QByteArray]) -> None:
        self._store.setValue("geometry", value[0])
        self._store.setValue("docks", value[1])

    def forget_layout(self) -> None:
        """Start with the built-in layout next time."""
        self._store.remove("geometry")
        self._store.remove("docks")

    def sync(self) -> None:
        """Write to disk now."""
        self._store.sync()

    def _bytes(self, key: str) -> QByteArray:
        value = self._store.value(key, QByteArray())
        return value if isinstance(value, QByteArray) else QByteArray()
