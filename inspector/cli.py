"""The command line: without a subcommand it opens the window.

Exit codes: 0 = good, 1 = a check failed, 2 = wrong input with one sentence on stderr. Heavy
packages are imported after the arguments were checked, so that a typo answers at once.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from inspector import __version__
from inspector.errors import InspectorError

_BENCHMARKS = ("gui", "cloning")
_NEED_A_DISPLAY = {"gui"}
_XVFB = ["xvfb-run", "-a", "-s", "-screen 0 1600x1000x24 +extension GLX"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program.

    Args:
        argv: Arguments without the program name; ``None`` takes those of the process.

    Returns:
        The exit code.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        if arguments[:1] == ["bench"]:
            return _bench(arguments)
        if arguments[:1] == ["lint"]:
            return _lint(arguments)
        return _window(arguments)
    except InspectorError as error:
        sys.stderr.write(f"{error}\n")
        return 2


def _window(arguments: list[str]) -> int:
    options = _window_parser().parse_args(arguments)
    _check(options)
    if not _has_display():
        if options.screenshot is None:
            raise InspectorError(
                "There is no display to open a window on.",
                todo="Pass --screenshot OUT.png to render the window off-screen, or set DISPLAY.",
            )
        return _run_off_screen(arguments)
    from inspector.gui.app import run

    return run(
        file=options.file,
        num_envs=options.num_envs,
        seed=options.seed,
        play=options.play,
        steps=options.steps,
        screenshot=options.screenshot,
        theme=options.theme,
    )


def _bench(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="scene-inspector bench")
    parser.add_argument("name", choices=_BENCHMARKS, help="what to measure")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument("--num-envs", type=int, default=4096, metavar="N")
    parser.add_argument("--seconds", type=float, default=60.0, metavar="S")
    parser.add_argument("--plot", type=Path, metavar="OUT.png", help="draw the cost (cloning)")
    options = parser.parse_args(arguments[1:])
    if options.name in _NEED_A_DISPLAY and not _has_display():
        return _run_off_screen(arguments)
    report = import_module(f"inspector.bench.{options.name}").run(options)
    sys.stdout.write(report.to_json() + "\n" if options.json else report.to_text())
    return 0 if report.good else 1


def _lint(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="scene-inspector lint",
        description="Look for mistakes in the clones of a USD file. Exit code 1: there are errors.",
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="USD file to look at")
    parser.add_argument("--num-envs", type=int, metavar="N", help="clone a robot file N times")
    options = parser.parse_args(arguments[1:])
    _check_scene(options)
    make_session = import_module("inspector.session.session").Session
    with tempfile.TemporaryDirectory() as state:
        session = make_session(Path(state))
        try:
            session.open_file(options.file, options.num_envs)
            snapshot = session.snapshot()
        finally:
            session.close()
    found = (*snapshot.mask.lints, *snapshot.messages)
    for message in found:
        where = f" [{message.path}]" if message.path and message.path not in message.text else ""
        sys.stdout.write(f"{message.severity.name.lower()}: {message.text}{where}\n")
    errors = sum(message.severity.name == "ERROR" for message in found)
    sys.stdout.write(f"{errors} errors, {len(found) - errors} other messages\n")
    return 1 if errors else 0


def _window_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="scene-inspector",
        description="Build, paint, play and debug thousands of cloned environments on a USD stage.",
        epilog="Without FILE the demo scene is opened.",
    )
    parser.add_argument("file", nargs="?", type=Path, metavar="FILE", help="USD file to open")
    parser.add_argument(
        "--num-envs",
        type=int,
        metavar="N",
        help="number of environments (demo scene: 64; a robot file is cloned N times)",
    )
    parser.add_argument("--play", action="store_true", help="start playing as soon as it is open")
    parser.add_argument("--steps", type=int, metavar="N", help="play this many steps, then pause")
    parser.add_argument(
        "--screenshot",
        type=Path,
        metavar="OUT.png",
        help="save a picture of the window and exit (needs no display where Xvfb is installed)",
    )
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="seed (default: 0)")
    parser.add_argument("--theme", choices=("dark", "light"), help="colours of the window")
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    return parser


def _check_scene(options: argparse.Namespace) -> None:
    if options.file is not None and not options.file.exists():
        raise InspectorError(
            f"{options.file} does not exist.", todo="Check the path, or leave it out for the demo."
        )
    if options.num_envs is not None and options.num_envs < 1:
        raise InspectorError(
            f"--num-envs {options.num_envs}: a scene needs at least one environment.",
            todo="Pass a number from 1 on.",
        )


def _check(options: argparse.Namespace) -> None:
    _check_scene(options)
    if options.steps is not None and options.steps < 1:
        raise InspectorError(
            f"--steps {options.steps}: nothing to play.", todo="Pass a number from 1 on."
        )
    if options.screenshot is not None and not options.screenshot.resolve().parent.is_dir():
        raise InspectorError(
            f"--screenshot {options.screenshot}: the folder does not exist.",
            todo="Create it or choose another place.",
        )
    if options.screenshot is not None and options.screenshot.suffix.lower() != ".png":
        raise InspectorError(
            f"--screenshot {options.screenshot}: not a PNG file.", todo="End the name in .png."
        )


def _has_display() -> bool:
    if sys.platform != "linux" or os.environ.get("QT_QPA_PLATFORM"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _run_off_screen(arguments: list[str]) -> int:
    if shutil.which("xvfb-run") is None:
        raise InspectorError(
            "There is no display, and Xvfb is not installed.",
            todo="Install xvfb and xauth, or run 'make run', which does.",
        )
    command = [*_XVFB, sys.executable, "-m", "inspector.cli", *arguments]
    return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
