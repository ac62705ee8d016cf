"""What pictures without a window share: options of the view, and the display that they describe."""

from __future__ import annotations

import argparse
import math
import re
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from inspector.cli.off_screen import has_display, run_off_screen
from inspector.errors import InspectorError
from inspector.gui.bridge.tokens import load_tokens
from inspector.gui.bridge.view_options import SWITCHES, ViewOptions, clamp_exaggeration
from inspector.gui.viewport.camera import SIDES
from inspector.gui.viewport.color_modes import ColorMode
from inspector.gui.viewport.decorate import decorated
from inspector.gui.viewport.display import Display
from inspector.gui.viewport.offscreen import Pixels
from inspector.gui.viewport.overlays.build import needs_of
from inspector.session.snapshot import GLOBAL_ENV, SceneSnapshot, Severity

if TYPE_CHECKING:
    from inspector.session.session import Session

_LARGEST = 16_384
_FARTHEST = 1_000
"""Spacing beyond which environments would be too far apart to be seen at all."""


def add_view_options(parser: argparse.ArgumentParser, size: str) -> None:
    """Add what a picture shows, and how large it is."""
    parser.add_argument("--size", default=size, metavar="WxH", help=f"pixels (default: {size})")
    parser.add_argument(
        "--color-by",
        choices=[mode.value.replace("_", "-") for mode in ColorMode],
        default="material",
        help="what colours mean (default: material)",
    )
    parser.add_argument(
        "--camera",
        default="first",
        metavar="NAME",
        help=f"first, all, {', '.join(SIDES)}, or the path of a camera on the stage",
    )
    parser.add_argument("--frame", metavar="PATH", help="prim that fills the picture")
    parser.add_argument("--env", type=int, metavar="N", help="environment that fills the picture")
    parser.add_argument("--solo", action="store_true", help="draw only the environment of --env")
    parser.add_argument("--spacing", type=float, default=1.0, metavar="X", help="draw spread out")
    parser.add_argument("--select", metavar="PATH", help="prim that is outlined")
    parser.add_argument(
        "--show",
        metavar="WHAT",
        action="append",
        default=[],
        choices=list(SWITCHES),
        help=f"draw this too, repeatable: {', '.join(SWITCHES)}",
    )
    parser.add_argument("--no-grid", action="store_true", help="draw no ground grid")
    parser.add_argument(
        "--exaggerate", type=float, default=1.0, metavar="X", help="how much further the ghost is"
    )
    parser.add_argument("--plain", action="store_true", help="without legend and step")
    parser.add_argument("--theme", choices=("dark", "light"), default="dark")


def size_of(options: argparse.Namespace) -> tuple[int, int]:
    """Return width and height of the picture [pixels].

    Raises:
        InspectorError: --size cannot be read, or is too large.
    """
    match = re.fullmatch(r"(\d+)[x×](\d+)", options.size)
    width, height = (int(match[1]), int(match[2])) if match else (0, 0)
    if not (0 < width <= _LARGEST and 0 < height <= _LARGEST):
        raise InspectorError(
            f"--size {options.size}: no size of a picture.",
            todo=f"Write width x height, such as 1920x1080, up to {_LARGEST}.",
        )
    return width, height


def check_view(options: argparse.Namespace) -> None:
    """Check the numbers of a view.

    Raises:
        InspectorError: One of them describes no picture.
    """
    size_of(options)
    if not 0 < options.spacing <= _FARTHEST:
        raise InspectorError(
            f"--spacing {options.spacing:g}: environments cannot be drawn like that.",
            todo=f"Pass a number above 0, up to {_FARTHEST:,}; 1 is where they are.",
        )
    if not (math.isfinite(options.exaggerate) and options.exaggerate >= 1):
        raise InspectorError(
            f"--exaggerate {options.exaggerate:g}: a ghost cannot be drawn like that.",
            todo="Pass a number from 1, where it is, to 1000.",
        )


def say_messages(snapshot: SceneSnapshot) -> None:
    """Write warnings and errors about a scene to stderr: its picture may not be all of it."""
    for message in snapshot.messages:
        if message.severity >= Severity.WARNING:
            sys.stderr.write(f"{message.severity.name.lower()}: {message.text}\n")


def needs_xvfb() -> bool:
    """Whether the command must run again below Xvfb to have OpenGL."""
    import shutil

    return not has_display() and shutil.which("xvfb-run") is not None


def again_off_screen(name: str, arguments: Sequence[str]) -> int:
    """Run the command again below Xvfb."""
    return run_off_screen([name, *arguments])


def view_options(options: argparse.Namespace) -> ViewOptions:
    """Return colours and switches."""
    usual = ViewOptions()
    shown = (usual.shown - {"grid"} if options.no_grid else usual.shown) | set(options.show)
    mode = options.color_by.replace("-", "_")
    return ViewOptions(mode, shown, clamp_exaggeration(options.exaggerate))


def take_snapshot(session: Session, options: argparse.Namespace) -> SceneSnapshot:
    """Publish the scene with what the options draw beside the shapes."""
    wanted = view_options(options)
    session.show_overlays(needs_of(wanted.shown, wanted.color_mode))
    return session.snapshot()


def finished(pixels: Pixels, display: Display, options: argparse.Namespace) -> Pixels:
    """Return a picture with its words, and its legend unless it is plain."""
    return decorated(pixels, display, with_legend=not options.plain)


def make_display(options: argparse.Namespace, snapshot: SceneSnapshot) -> Display:
    """Return what the options describe, with the camera in its place.

    Args:
        options: Result of a parser with ``add_view_options``.
        snapshot: The scene.

    Raises:
        InspectorError: There is no such environment, prim or camera.
    """
    display = Display(tokens=load_tokens(options.theme))
    display.resize(*size_of(options))
    display.use(view_options(options))
    display.spacing = options.spacing
    display.show(snapshot)
    if options.env is not None:
        _focus(display, options, snapshot)
    elif options.solo:
        raise InspectorError("--solo: which environment?", todo="Add --env N.")
    if options.frame is not None:
        _frame(display, options.frame)
    elif options.camera == "all":
        display.frame_all()
    elif options.camera in SIDES:
        display.camera.face(options.camera)
        if not display.frame(display.focused):
            display.frame_all()
    elif options.camera != "first" and not display.rig.look_through(
        options.camera, snapshot, display.aspect
    ):
        on_stage = [snapshot.prims.paths.path(int(prim)) for prim in snapshot.cameras.prims[:5]]
        raise InspectorError(
            f"--camera {options.camera}: there is no such camera.",
            todo=f"Choose one of first, all, {', '.join([*SIDES, *on_stage])}.",
        )
    if options.select is not None:
        _select(display, options.select)
    return display


def _focus(display: Display, options: argparse.Namespace, snapshot: SceneSnapshot) -> None:
    display.focus_env(options.env)
    if options.env == GLOBAL_ENV or not len(display.focused):
        count = len(snapshot.env_origins)
        raise InspectorError(
            f"--env {options.env}: nothing is drawn there.",
            todo=f"The scene has {count} environments, from 0 on.",
        )
    display.solo = options.solo
    display.frame(display.focused)
    if options.solo:
        return
    display.focus_env(GLOBAL_ENV)  # a picture needs no outline around what it is about


def _select(display: Display, path: str) -> None:
    instances = display.instances
    if instances is None or not path or len(instances.below([path])) == 0:
        raise InspectorError(
            f"--select {path}: nothing is drawn there.", todo="Name a prim that has a shape below."
        )
    display.select((path,))


def _frame(display: Display, path: str) -> None:
    instances = display.instances
    if instances is None or not path or not display.frame(instances.below([path])):
        raise InspectorError(
            f"--frame {path}: nothing is drawn there.", todo="Name a prim that has a shape below."
        )
