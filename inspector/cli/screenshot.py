"""``scene-inspector screenshot FILE -o OUT.png``: a picture of the scene without a window."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

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
from inspector.errors import InspectorError
from inspector.session.snapshot import PlayState


def main(arguments: Sequence[str]) -> int:
    """Open a scene, play some steps when asked to, and write what the viewport would show.

    Args:
        arguments: What follows ``screenshot``.

    Returns:
        0.

    Raises:
        InspectorError: The arguments are wrong.
    """
    options = _parser().parse_args(arguments)
    check_picture("-o", options.output, (".png", ".jpg", ".jpeg"))
    if options.transparent and options.output.suffix.lower() != ".png":
        raise InspectorError(
            f"--transparent: {options.output.suffix} pictures have no opacity.",
            todo="End the name in .png.",
        )
    check_view(options)
    size = size_of(options)
    if options.steps < 0:
        raise InspectorError(
            f"--steps {options.steps}: no number of steps.", todo="Pass 0 or more."
        )
    if needs_xvfb():
        return again_off_screen("screenshot", arguments)
    from inspector.gui.app import make_application
    from inspector.gui.viewport.offscreen import OffscreenRenderer
    from inspector.gui.viewport.pictures import write_picture

    application = make_application()
    bar = ProgressBar()
    with open_session(options, settings_edit(options)) as session, OffscreenRenderer() as renderer:
        if options.steps:
            session.set_state(PlayState.PLAYING, bar)
            for done in range(options.steps):
                session.step()
                bar(done + 1, options.steps, "Playing")
        bar.close()
        snapshot = take_snapshot(session, options)
        display = make_display(options, snapshot)
        pixels = renderer.render(snapshot, display, size, transparent=options.transparent)
        trouble = renderer.trouble
    write_picture(finished(pixels, display, options), options.output)
    del application
    say_messages(snapshot)
    if trouble:
        sys.stderr.write(f"Drawn by the CPU: {trouble}.\n")
    if options.json:
        report = {"picture": str(options.output), "size": size, "step": snapshot.step}
        sys.stdout.write(json.dumps(report) + "\n")
    else:
        sys.stdout.write(f"{options.output}: {size[0]} × {size[1]} pixels, step {snapshot.step}\n")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = Parser(prog="scene-inspector screenshot", description="Write a picture of a scene.")
    add_scene_options(parser)
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="OUT.png")
    parser.add_argument("--steps", type=int, default=0, metavar="N", help="play so many first")
    parser.add_argument("--transparent", action="store_true", help="leave out the background")
    add_view_options(parser, "1600x1000")
    add_settings_options(parser)
    parser.add_argument("--json", action="store_true", help="print JSON instead of a line")
    return parser
