"""``scene-inspector [FILE]``: open the window."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from inspector import __version__
from inspector.cli import SUBCOMMANDS
from inspector.cli.off_screen import has_display, run_off_screen
from inspector.cli.scene import add_scene_options, check_picture, check_scene, check_steps
from inspector.cli.settings import add_settings_options, settings_edit
from inspector.errors import InspectorError


def main(arguments: Sequence[str]) -> int:
    """Open the window; without a display only to take a picture of it.

    Args:
        arguments: What follows the program's name.

    Returns:
        The exit code.

    Raises:
        InspectorError: The arguments are wrong, or there is no display.
    """
    options = _parser().parse_args(arguments)
    check_scene(options)
    check_steps(options)
    check_picture("--screenshot", options.screenshot)
    if not has_display():
        if options.screenshot is None:
            raise InspectorError(
                "There is no display to open a window on.",
                todo="Pass --screenshot OUT.png to render the window off-screen, or set DISPLAY.",
            )
        return run_off_screen(arguments)
    from inspector.gui.app import run
    from inspector.gui.bridge.core_thread import real_engine

    return run(
        file=options.file,
        num_envs=options.num_envs,
        seed=options.seed,
        play=options.play,
        steps=options.steps,
        screenshot=options.screenshot,
        theme=options.theme,
        engine_factory=partial(real_engine, settings_edit(options)),
    )


def _parser() -> argparse.ArgumentParser:
    more = "\n".join(f"  scene-inspector {name:<11}{what}" for name, what in SUBCOMMANDS.items())
    parser = argparse.ArgumentParser(
        prog="scene-inspector",
        description="Build, paint, play and debug thousands of cloned environments on a USD stage.",
        epilog=f"Without FILE the demo scene is opened.\n\nWithout a window:\n{more}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_scene_options(parser)
    add_settings_options(parser)
    parser.add_argument("--play", action="store_true", help="start playing as soon as it is open")
    parser.add_argument("--steps", type=int, metavar="N", help="play this many steps, then pause")
    parser.add_argument(
        "--screenshot",
        type=Path,
        metavar="OUT.png",
        help="save a picture of the window and exit (needs no display where Xvfb is installed)",
    )
    parser.add_argument("--theme", choices=("dark", "light"), help="colours of the window")
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    return parser
