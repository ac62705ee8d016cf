"""Pictures and videos from the window: files with the right content, or none."""

from __future__ import annotations

from dataclasses import replace
from itertools import takewhile
from pathlib import Path
from time import perf_counter

import imageio.v2 as imageio
import numpy as np
import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from inspector.errors import StageError
from inspector.gui.bridge.bridge import Bridge
from inspector.gui.bridge.view_options import ViewOptions
from inspector.gui.panels.viewport_panel.dressing import Dressing
from inspector.gui.shell.picture_commands import PictureCommands
from inspector.gui.shell.pictures import PictureDialog
from inspector.gui.shell.recorder import PLAYING, TURNTABLE, Recorder
from inspector.gui.viewport.decorate import decorated
from inspector.gui.viewport.display import Display
from inspector.gui.viewport.offscreen import OffscreenRenderer
from inspector.gui.viewport.overlay_layer import OverlayLayer
from inspector.gui.viewport.pictures import Video
from inspector.gui.viewport.poster import Poster, draw, frozen_copy, magnified

pytestmark = pytest.mark.gui


@pytest.fixture
def display(real: Bridge) -> Display:
    made = Display()
    made.resize(320, 200)
    assert real.session.snapshot is not None
    made.show(real.session.snapshot)
    return made


def test_a_picture_has_the_size_that_was_asked_for(
    qtbot: QtBot, display: Display, tmp_path: Path
) -> None:
    said: list[str] = []
    dialog = PictureDialog(display, said.append)
    qtbot.addWidget(dialog)
    dialog.size_row._width.setValue(200)
    dialog.size_row._height.setValue(160)
    dialog.transparent.setChecked(True)
    with qtbot.waitSignal(dialog.accepted):
        dialog.save_to(tmp_path / "shot")
    pixels = imageio.imread(tmp_path / "shot.png")
    assert pixels.shape == (160, 200, 4)
    assert pixels[..., 3].min() == 0
    assert pixels[..., 3].max() == 255
    assert "shot.png" in said[-1]
    assert display.size == (320, 200)  # the live view is left as it is


def test_a_picture_without_legend_has_no_words(
    qtbot: QtBot, display: Display, tmp_path: Path
) -> None:
    dialog = PictureDialog(display, str)
    qtbot.addWidget(dialog)
    with qtbot.waitSignal(dialog.accepted):
        dialog.save_to(tmp_path / "with.png")
    dialog.legend.setChecked(False)
    with qtbot.waitSignal(dialog.accepted):
        dialog.save_to(tmp_path / "without.png")
    corner = [imageio.imread(tmp_path / f"{name}.png")[-30:, -150:] for name in ("with", "without")]
    assert (corner[0] != corner[1]).any()


def test_a_picture_says_how_it_differs_from_the_data(display: Display) -> None:
    before = draw(display, (320, 200))
    display.hidden_envs = frozenset({97})
    after = draw(display, (320, 200))
    changed = (before != after).any(axis=2)
    assert changed[10:32, 10:120].mean() > 0.5
    assert not changed[40:].any()


def test_a_larger_picture_shows_the_same_with_larger_words(display: Display) -> None:
    small, large = draw(display, (320, 200)), draw(display, (960, 600))
    assert large.shape == (600, 960, 4)
    shrunk = large.reshape(200, 3, 320, 3, 4).mean((1, 3))
    assert np.abs(shrunk - small)[-34:, -160:].mean() < 12
    assert display.size == (320, 200)


def test_tools_are_not_in_a_picture(display: Display) -> None:
    before = draw(display, (320, 200))
    layer = OverlayLayer("gizmo", on_top=True)
    layer.set_lines(np.array([[[-5.0, 0, 0], [5, 0, 0]]]), [1.0, 0.0, 1.0, 1.0], width=9.0)
    display.layers.append(layer)
    assert np.array_equal(draw(display, (320, 200)), before)
    layer.name = "pull"
    assert not np.array_equal(draw(display, (320, 200)), before)


def test_a_picture_in_another_shape_leaves_the_live_camera_alone(display: Display) -> None:
    snapshot = display.snapshot
    assert snapshot is not None
    row = np.int32(snapshot.transforms.row_of_prim(snapshot.prims.find("/World/envs/env_0/Object")))
    cameras = replace(
        snapshot.cameras,
        prims=snapshot.transforms.prims[[row]],
        rows=np.array([row]),
        horizontal_aperture=np.array([20.0]),
        vertical_aperture=np.array([15.0]),
        focal_length=np.array([10.0]),
        offset=np.zeros((1, 2)),
        clipping=np.array([[0.1, 100.0]]),
        orthographic=np.array([False]),
    )
    display.show(replace(snapshot, cameras=cameras))
    assert display.rig.look_through("/World/envs/env_0/Object", display.snapshot, display.aspect)
    fov = display.camera.fov
    draw(display, (100, 400))
    assert display.camera.fov == fov


def test_a_folder_that_is_not_there_is_a_sentence(
    qtbot: QtBot, display: Display, tmp_path: Path
) -> None:
    said: list[str] = []
    dialog = PictureDialog(display, said.append)
    qtbot.addWidget(dialog)
    dialog.save_to(tmp_path / "nowhere" / "shot.png")
    assert said == []
    assert "cannot be written" in dialog.trouble.text()
    assert not dialog.trouble.isHidden()


def test_the_clipboard(qtbot: QtBot, real: Bridge, display: Display) -> None:
    commands = PictureCommands(real, display, None)
    with qtbot.waitSignal(commands.said):
        commands.copy()
    image = QGuiApplication.clipboard().image()
    assert (image.width(), image.height()) == (320, 200)
    commands.recorder.stop()


def begin(qtbot: QtBot, dialog: PictureDialog, path: Path, size: tuple[int, int]) -> None:
    qtbot.addWidget(dialog)
    dialog.show()
    dialog.size_row._width.setValue(size[0])
    dialog.size_row._height.setValue(size[1])
    dialog.save_to(path)


def test_a_large_picture_is_drawn_in_parts_and_is_the_same(
    qtbot: QtBot, display: Display, tmp_path: Path
) -> None:
    display.use(ViewOptions(shown=frozenset({"grid", "render", "antialias", "labels", "sky"})))
    at_once = draw(display, (1100, 700))
    with OffscreenRenderer() as renderer:
        if renderer.trouble:
            pytest.skip("no display: OpenGL needs one")
        shown = frozen_copy(display)
        scale = magnified(shown, (1100, 700))
        assert shown.snapshot is not None
        whole = renderer.render(shown.snapshot, shown, (1100, 700), scale=scale)
    whole = decorated(whole, shown, scale=scale).astype(int)
    # Coarser levels are chosen per part: nearly every pixel is the same.
    assert (np.abs(whole - at_once).max(axis=2) > 12).mean() < 0.005
    dialog = PictureDialog(display, str)
    steps: list[float] = []
    dialog.job.progressed.connect(steps.append)
    with qtbot.waitSignal(dialog.accepted, timeout=20_000):
        begin(qtbot, dialog, tmp_path / "large.png", (1100, 700))
        assert dialog.progress.isVisible()
        assert not dialog.save.isEnabled()
        # Whatever happens in the window meanwhile is not in the picture.
        display.camera.azimuth += 1.0
        display.select(("/World/envs/env_0",))
    assert np.array_equal(imageio.imread(tmp_path / "large.png"), at_once)
    assert len(steps) > 5
    assert steps == sorted(steps)
    assert steps[-1] == 1.0
    with qtbot.waitSignal(dialog.accepted, timeout=20_000):
        dialog.save_to(tmp_path / "large.jpg")
    assert imageio.imread(tmp_path / "large.jpg").shape == (700, 1100, 3)


def test_a_cancelled_picture_leaves_no_file(qtbot: QtBot, display: Display, tmp_path: Path) -> None:
    said: list[str] = []
    dialog = PictureDialog(display, said.append)
    begin(qtbot, dialog, tmp_path / "large.png", (3000, 2000))
    with qtbot.waitSignal(dialog.job.progressed):
        pass
    assert dialog.close_button.text() == "Cancel"
    qtbot.mouseClick(dialog.close_button, Qt.MouseButton.LeftButton)
    assert list(tmp_path.iterdir()) == []
    assert said == []
    assert "Cancelled" in dialog.trouble.text()
    assert dialog.isVisible(), "another try is one click away"
    assert dialog.save.isEnabled()
    qtbot.mouseClick(dialog.close_button, Qt.MouseButton.LeftButton)
    assert not dialog.isVisible()


def test_drawing_a_large_picture_leaves_the_window_awake(
    qtbot: QtBot, display: Display, tmp_path: Path
) -> None:
    dialog = PictureDialog(display, str)
    gaps: list[float] = [perf_counter()]
    beat = QTimer(interval=5)
    beat.timeout.connect(lambda: gaps.append(perf_counter()))
    beat.start()
    with qtbot.waitSignal(dialog.accepted, timeout=60_000):
        begin(qtbot, dialog, tmp_path / "large.png", (2400, 1600))
    beat.stop()
    # Drawn at once it takes seconds here. A busy machine may be late once.
    assert np.quantile(np.diff(gaps), 0.9) < 0.3
    assert len(gaps) > 20


def test_without_a_gpu_parts_are_smaller_where_each_shows_much(display: Display) -> None:
    with OffscreenRenderer() as renderer:
        if renderer.trouble or not renderer.is_software:
            pytest.skip("parts are large where a GPU draws")
    for width, parts in ((1024, 8), (16_384, 64)):
        bands = Poster(display, (width, 512)).bands()
        turns = list(takewhile(lambda band: band is None, bands))
        bands.close()
        # Beside the parts of the first row there is what is compiled.
        assert parts <= len(turns) <= parts + 6


def test_a_turn_of_large_frames_leaves_the_window_awake(
    qtbot: QtBot, real: Bridge, display: Display, tmp_path: Path
) -> None:
    recorder = Recorder(real, display)
    with qtbot.waitSignal(recorder.progressed):
        recorder.start(TURNTABLE, tmp_path / "turn.gif", (900, 600), 10, 0.5)
        assert recorder._parts is not None, "the first frame is not drawn at once"
    recorder.stop()
    assert len(imageio.mimread(tmp_path / "turn.gif")) >= 1


def test_a_turn_ends_by_itself(
    qtbot: QtBot, real: Bridge, display: Display, tmp_path: Path
) -> None:
    recorder = Recorder(real, display)
    azimuth = display.camera.azimuth
    with qtbot.waitSignal(recorder.finished, timeout=60_000):
        recorder.start(TURNTABLE, tmp_path / "turn.gif", (96, 64), 10, 0.5)
    frames = imageio.mimread(tmp_path / "turn.gif")
    assert len(frames) == 5
    assert (np.asarray(frames[0])[..., :3] != np.asarray(frames[2])[..., :3]).any()
    assert display.camera.azimuth == azimuth


def test_a_recording_lasts_as_long_as_the_simulation(
    qtbot: QtBot, real: Bridge, display: Display, tmp_path: Path
) -> None:
    recorder = Recorder(real, display)
    recorder.start(PLAYING, tmp_path / "play.mp4", (96, 64), 60, 1.0)
    assert not (tmp_path / "play.mp4").exists()
    for step in (10, 20):
        real.session.step(10)
        qtbot.waitUntil(lambda step=step: real.session.snapshot.step == step)
    frames = recorder._video.frames
    recorder.stop()
    # From the first picture to the last: simulated time at 60 frames a second.
    assert frames >= 11
    assert imageio.get_reader(tmp_path / "play.mp4").count_frames() == frames


def test_nothing_played_leaves_no_file(real: Bridge, display: Display, tmp_path: Path) -> None:
    recorder = Recorder(real, display)
    recorder.start(PLAYING, tmp_path / "play.mp4", (96, 64), 30, 1.0)
    recorder.stop()
    assert list(tmp_path.glob("*.mp4")) == []


def fail_after_a_frame(path: Path) -> None:
    with Video(path, (32, 32), 10) as video:
        video.append(np.zeros((32, 32, 3), np.uint8))
        raise RuntimeError


def test_a_failure_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError):
        fail_after_a_frame(tmp_path / "a.mp4")
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(StageError, match="does not exist"):
        Video(tmp_path / "no" / "a.gif", (32, 32), 10)


def test_the_viewport_says_that_it_is_recorded(
    qtbot: QtBot, real: Bridge, display: Display, tmp_path: Path
) -> None:
    dressing = Dressing(real, display, area := QWidget())
    qtbot.addWidget(area)
    area.resize(400, 300)
    commands = PictureCommands(real, display, area)
    commands.recording_told.connect(dressing.tell_recording)
    commands.recorder.start(PLAYING, tmp_path / "play.gif", (64, 48), 10, 1.0)
    assert "●" in dressing.recording.text()
    assert "waiting for the scene to play" in dressing.recording.text()
    with qtbot.waitSignal(commands.recorder.progressed):
        real.session.play()
    assert " s" in dressing.recording.text()
    real.session.pause()
    commands.recorder.stop()
    assert dressing.recording.isHidden()
    dressing.stop()
