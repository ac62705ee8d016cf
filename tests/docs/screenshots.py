"""Takes the pictures of the window in ``docs/images`` anew: ``python -m tests.docs.screenshots``.

Needs a display (``xvfb-run`` is enough) and some minutes. Look at them before you commit them.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image
from PySide6.QtCore import QTimer
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QApplication

from inspector.gui.app import run
from inspector.gui.main_window import MainWindow
from inspector.session.snapshot import PlayState
from tests.docs.pages import ROOT

IMAGES = ROOT / "docs" / "images"
OBJECT = "/World/envs/env_{}/Object"


@dataclass(frozen=True)
class Picture:
    """One picture.

    Attributes:
        steps: Steps before it; none stays stopped.
        is_playing: Whether the simulation goes on.
        selected: Environment whose object is selected, -1 for none.
        panel: Tab below the viewport that is in front.
        ghost: Environment that is looked at from near, with ghosts, joints and labels.
    """

    num_envs: int
    theme: str
    color_mode: str
    steps: int = 0
    is_playing: bool = True
    selected: int = -1
    panel: str = "Clone mask"
    ghost: int = -1


PICTURES = {
    "window-64-stopped-light": Picture(64, "light", "material"),
    "window-64-playing-dark": Picture(64, "dark", "material", steps=60),
    "window-64-stale-dark": Picture(64, "dark", "stale", 300, selected=61, panel="USD · Fabric"),
    "window-64-ghost-dark": Picture(64, "dark", "error", 45, is_playing=False, ghost=28),
    "window-4096-stopped-light": Picture(4096, "light", "material"),
    "window-4096-stale-dark": Picture(4096, "dark", "stale", steps=40),
}


def arrange(window: MainWindow, picture: Picture) -> Iterator[Callable[[], object]]:
    """Bring the window to what the picture shows; yields what has to be waited for."""
    session, view = window.bridge.session, window.bridge.view
    yield lambda: session.snapshot is not None and not session.busy
    view.set_color_mode(picture.color_mode)
    window.workspace.docks[picture.panel].raise_()
    if picture.steps and picture.is_playing:
        session.play()
    elif picture.steps:
        session.step(picture.steps)
    yield lambda: session.snapshot is not None and session.snapshot.step >= picture.steps
    if picture.selected >= 0:
        view.select(OBJECT.format(picture.selected))
        view.focus_env(picture.selected)
    if picture.ghost >= 0:
        for name in ("ghost", "joints", "labels"):
            view.switch(name, True)
        view.focus_env(picture.ghost)
        window.workspace.viewport.frame_selection()
        window.workspace.viewport.display.camera.distance *= 1.5
    viewport, generation = window.workspace.viewport, session.snapshot.generation
    yield lambda: viewport.drawn_generation >= generation
    turns = iter(range(100))  # tables and legends follow at their own pace
    yield lambda: next(turns, None) is None


def save(pixels: QPixmap, path: Path) -> None:
    """Save with 256 colours: a third of the size, and no difference that one would see."""
    pixels.save(str(path))
    with Image.open(path) as full:
        full.convert("RGB").quantize(256).save(path, optimize=True)


def take(name: str) -> None:
    """Take one picture in this process."""
    picture = PICTURES[name]
    timer = QTimer()

    def begin(window: MainWindow) -> None:
        script = arrange(window, picture)
        waits: list[Callable[[], object]] = [next(script)]

        def turn() -> None:
            if not waits[0]():
                return
            following = next(script, None)
            if following is not None:
                waits[0] = following
                return
            timer.stop()
            save(window.grab(), IMAGES / f"{name}.png")
            if window.bridge.session.state is not PlayState.STOPPED:
                window.bridge.session.stop()
            QApplication.exit(0)

        timer.setInterval(20)
        timer.timeout.connect(turn)
        timer.start()

    run(num_envs=picture.num_envs, theme=picture.theme, on_window=begin)


def main() -> None:
    """Take the named pictures, or all of them, each in a process without settings of its own."""
    if len(sys.argv) == 3 and sys.argv[1] == "--take":
        take(sys.argv[2])
        return
    for name in sys.argv[1:] or PICTURES:
        with TemporaryDirectory() as home:
            folders = {f"XDG_{kind}_HOME": home for kind in ("CONFIG", "DATA", "STATE")}
            command = [sys.executable, "-m", "tests.docs.screenshots", "--take", name]
            subprocess.run(command, cwd=ROOT, env={**dict(os.environ), **folders}, check=True)


if __name__ == "__main__":
    main()
