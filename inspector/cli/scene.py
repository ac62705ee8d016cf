"""What subcommands that open a scene share: options, their checks, and the open session.

The session keeps its journal in a folder that is gone afterwards: a command edits nothing.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
import tempfile
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tqdm import tqdm

from inspector.cli.interrupt import held_interrupt
from inspector.errors import InspectorError
from inspector.session.edits import SettingsEdit
from inspector.utils.robot_formats import refuse_robot_format

if TYPE_CHECKING:
    from inspector.session.session import Session

_SEEDS = 2**63


def add_scene_options(parser: argparse.ArgumentParser) -> None:
    """Add FILE, --num-envs and --seed."""
    parser.add_argument(
        "file", nargs="?", type=Path, metavar="FILE", help="USD file; the demo scene without"
    )
    parser.add_argument(
        "--num-envs",
        type=int,
        metavar="N",
        help="number of environments (demo scene: 64; a robot file is cloned N times)",
    )
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="seed (default: 0)")


def check_scene(options: argparse.Namespace) -> None:
    """Check FILE, --num-envs and --seed before anything heavy is imported.

    Raises:
        InspectorError: They are wrong.
    """
    if options.file is not None and not options.file.exists():
        raise InspectorError(
            f"{options.file} does not exist.",
            where=str(options.file),
            todo="Check the path, or leave it out for the demo.",
        )
    if options.file is not None:
        refuse_robot_format(options.file)
    if options.num_envs is not None and options.num_envs < 1:
        raise InspectorError(
            f"--num-envs {options.num_envs}: a scene needs at least one environment.",
            todo="Pass a number from 1 on.",
        )
    seed = getattr(options, "seed", 0)  # some commands have none
    if not -_SEEDS <= seed < _SEEDS:
        raise InspectorError(
            f"--seed {seed}: a seed has 64 bits.",
            todo=f"Pass a number below {_SEEDS}.",
        )


def check_steps(options: argparse.Namespace) -> None:
    """Check --steps.

    Raises:
        InspectorError: It is below 1.
    """
    if options.steps is not None and options.steps < 1:
        raise InspectorError(
            f"--steps {options.steps}: nothing to play.", todo="Pass a number from 1 on."
        )


def check_picture(option: str, path: Path | None, suffixes: tuple[str, ...] = (".png",)) -> None:
    """Check where a picture is to be written.

    Args:
        option: Name of the option, for the sentence.
        path: The file, or ``None``.
        suffixes: What its name may end in.

    Raises:
        InspectorError: The folder does not exist, or the name ends otherwise.
    """
    if path is not None and not path.resolve().parent.is_dir():
        raise InspectorError(
            f"{option} {path}: the folder does not exist.",
            todo="Create it or choose another place.",
        )
    if path is not None and path.suffix.lower() not in suffixes:
        kinds = " or ".join(suffix.removeprefix(".").upper() for suffix in suffixes)
        raise InspectorError(
            f"{option} {path}: not a {kinds} file.",
            todo=f"End the name in {' or '.join(suffixes)}.",
        )


class ProgressBar:
    """Shows the engine's progress on stderr, when that is a terminal."""

    def __init__(self) -> None:
        self._bar: Any = None  # tqdm's type parameter is about what it iterates over: nothing here
        self._job = ("", 0)

    def __call__(self, done: int, total: int, text: str) -> None:
        """Show ``done`` of ``total``; another text or total starts a new bar."""
        if self._bar is None or self._job != (text, total):
            self.close()
            self._job = (text, total)
            self._bar = tqdm(total=total, desc=text, file=sys.stderr, disable=None, leave=False)
        self._bar.update(done - self._bar.n)

    def close(self) -> None:
        """Take the bar down."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None


@contextlib.contextmanager
def open_session(
    options: argparse.Namespace, settings: SettingsEdit | None = None
) -> Generator[Session]:
    """Open the scene that the options name, and close it afterwards.

    Args:
        options: Result of a parser with ``add_scene_options``.
        settings: How the simulation runs; ``None`` for the defaults.

    Yields:
        The session.
    """
    check_scene(options)
    with held_interrupt():
        from inspector.session.session import Session

    bar = ProgressBar()
    with tempfile.TemporaryDirectory() as state:
        session = Session(Path(state), settings)
        session.record(enabled=False)  # nobody looks back here
        try:
            if options.file is None:
                session.new_demo(options.num_envs or 64, options.seed, bar)
            else:
                session.open_file(options.file, options.num_envs, bar)
            bar.close()
            yield session
        finally:
            bar.close()
            session.close()
