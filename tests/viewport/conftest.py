"""A panel in a real GL context, fed with snapshots made of numpy."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest
from pxr import Usd
from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtGui import QGuiApplication, QImage
from pytestqt.qtbot import QtBot

from inspector.gui.bridge.bridge import Bridge
from inspector.gui.panels.viewport_panel import ViewportPanel
from inspector.gui.viewport import Display
from inspector.gui.viewport.offscreen import OffscreenRenderer
from tests.viewport.stages import SIZE, snapshot

# As app.py does it, and like there before the application exists.
QCoreApplication.setAttribute(Qt.ApplicationAttribute.AA_ShareOpenGLContexts)

Show = Callable[..., np.ndarray]


def pixels_of(image: QImage) -> np.ndarray:
    """RGB of an image, uint8, shape [height, width, 3]."""
    plain = image.convertToFormat(QImage.Format.Format_RGBX8888)
    flat = np.frombuffer(plain.constBits(), np.uint8)
    return flat.reshape(plain.height(), plain.width(), 4)[..., :3].copy()


@pytest.fixture
def bridge(qapp) -> Bridge:
    """A bridge whose engine was never started: snapshots come from the test."""
    return Bridge()


@pytest.fixture
def panel(qtbot: QtBot, bridge: Bridge) -> Iterator[ViewportPanel]:
    """A shown panel of 480 × 360 pixels."""
    if QGuiApplication.platformName() == "offscreen":
        pytest.skip("no display: OpenGL needs one")
    made = ViewportPanel(bridge)
    qtbot.addWidget(made)
    assert made.canvas is not None, made.banner.text()
    made.resize(480, 360)
    made.show()
    qtbot.waitExposed(made)
    qtbot.waitUntil(lambda: made.canvas.renderer is not None)
    yield made
    made.release()


@pytest.fixture
def picture(qtbot: QtBot, panel: ViewportPanel) -> Show:
    """Show a snapshot (or nothing new) and return the pixels that Qt put on the screen."""

    def show(snapshot=None) -> np.ndarray:
        if snapshot is not None:
            panel.show_snapshot(snapshot)
            qtbot.waitUntil(lambda: panel.drawn_generation == snapshot.generation)
        return pixels_of(panel.grab_image())

    return show


@pytest.fixture
def sent(panel, bridge, monkeypatch) -> list:
    """Edits and pulls that would go to the engine."""
    seen: list = []
    monkeypatch.setattr(bridge.undo, "push_edit", seen.append)
    monkeypatch.setattr(bridge.session, "pull", seen.append)
    return seen


@pytest.fixture(scope="module")
def renderer(qapp) -> Iterator[OffscreenRenderer]:
    """One renderer for all pictures of a file."""
    if QGuiApplication.platformName() == "offscreen":
        pytest.skip("no display: OpenGL needs one")
    with OffscreenRenderer() as made:
        assert made.trouble == ""
        yield made


@pytest.fixture
def draw(renderer) -> Show:
    """Draw a stage and return the pixels."""

    def picture(
        stage: Usd.Stage, view: tuple[float, float] | None = None, **switches
    ) -> np.ndarray:
        display = Display(grid=False, **switches)
        display.resize(*SIZE)
        scene = snapshot(stage)
        display.show(scene)
        if view is not None:
            display.camera.azimuth, display.camera.elevation = view
            display.frame_all()
        return renderer.render(scene, display, SIZE)

    return picture
