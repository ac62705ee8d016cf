"""``scene-inspector record FILE -o OUT.mp4``: a video of the scene without a window."""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from inspector.cli.parser import Parser
from inspector.cli.scene import ProgressBar, add_scene_options, check_picture, open_session
from inspector.cli.settings import add_settings_options, settings_edit
from inspector.cli.view import (
    add_view_options,
    again_off_screen,
    check_view,
    finished,
    make_display,
    needs_xvfb,
    say_messages,
    size_of,
    take_snapshot,
)
from inspector.errors import InspectorError, NoPhysicsError
from inspector.session.snapshot import PlayState

if TYPE_CHECKING:
    from inspector.session.session import Session


def main(arguments: Sequence[str]) -> int:
    """Open a scene, play it in real time of the video, and write what the viewport would show.

    Args:
        arguments: What follows ``record``.

    Returns:
        0.

    Raises:
        InspectorError: The arguments are wrong.
    """
    options = _parser().parse_args(arguments)
    check_picture("-o", options.output, (".mp4", ".gif"))
    check_view(options)
    for name in ("seconds", "fps", "speed"):
        if not (math.isfinite(getattr(options, name)) and getattr(options, name) > 0):
            raise InspectorError(f"--{name} must be above 0.", todo="Pass a positive number.")
    from inspector.gui.viewport.pictures import check_video_size

    check_video_size(size_of(options))
    if needs_xvfb():
        return again_off_screen("record", arguments)
    from inspector.gui.app import make_application

    application = make_application()
    with open_session(options, settings_edit(options)) as session:
        frames, (width, height) = _record(session, options)
        step = session.snapshot().step
    del application
    if options.json:
        report = {"video": str(options.output), "frames": frames, "step": step}
        sys.stdout.write(json.dumps({**report, "width": width, "height": height}) + "\n")
    else:
        what = f"{frames} frames of {width} × {height} pixels"
        sys.stdout.write(f"{options.output}: {what}, up to step {step}\n")
    return 0


def _record(session: Session, options: argparse.Namespace) -> tuple[int, tuple[int, int]]:
    """Write the video; return the number of frames and their size [pixels]."""
    from inspector.gui.viewport.offscreen import OffscreenRenderer
    from inspector.gui.viewport.pictures import Video, turn

    bar = ProgressBar()
    frames = max(round(options.seconds * options.fps), 1)
    display = make_display(options, take_snapshot(session, options))
    azimuth = display.camera.azimuth
    plays = not options.still and _play(session, options, bar)
    with (
        OffscreenRenderer() as renderer,
        Video(options.output, size_of(options), options.fps) as video,
    ):
        if renderer.trouble:
            sys.stderr.write(f"Drawn by the CPU: {renderer.trouble}.\n")
        for frame in range(frames):
            snapshot = session.snapshot()
            due = frame / options.fps * options.speed
            missing = round(due / snapshot.settings.dt) - snapshot.step if plays else 0
            if missing > 0:
                session.step(missing)
                snapshot = session.snapshot()
            if options.turntable:
                turn(display.camera, frame / frames, azimuth)
            display.show(snapshot)
            display.rig.update(snapshot, display.aspect)
            pixels = renderer.render(snapshot, display, video.size)
            video.append(finished(pixels, display, options))
            bar(frame + 1, frames, "Recording")
        bar.close()
    say_messages(session.snapshot())
    return frames, video.size


def _play(session: Session, options: argparse.Namespace, bar: ProgressBar) -> bool:
    """Play; return whether anything can move.

    Raises:
        NoPhysicsError: Nothing can, and the camera does not move either.
    """
    try:
        session.set_state(PlayState.PLAYING, bar)
    except NoPhysicsError as error:
        if options.turntable:
            return False
        raise NoPhysicsError(
            error.what,
            where=error.where,
            todo="Pass --turntable, or --still, to record it as it is.",
        ) from error
    return True


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="scene-inspector record", description="Write a video of a scene while it plays."
    )
    add_scene_options(parser)
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="OUT.mp4")
    parser.add_argument("--seconds", type=float, default=5.0, metavar="S", help="default: 5")
    parser.add_argument("--fps", type=float, default=30.0, metavar="N", help="default: 30")
    parser.add_argument(
        "--speed", type=float, default=1.0, metavar="X", help="simulated per shown second"
    )
    parser.add_argument("--turntable", action="store_true", help="turn once around the scene")
    parser.add_argument("--still", action="store_true", help="do not play: only the camera moves")
    add_view_options(parser, "1280x720")
    add_settings_options(parser)
    parser.add_argument("--json", action="store_true", help="print JSON instead of a line")
    return parser
