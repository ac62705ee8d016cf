"""``scene-inspector bench NAME``: measure, and compare with budgets."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from inspector.cli.off_screen import has_display, run_off_screen
from inspector.cli.parser import Parser

BENCHMARKS = ("gui", "cloning", "staleness", "physics", "viewport")
NEED_A_DISPLAY = {"gui", "viewport"}


def main(arguments: Sequence[str]) -> int:
    """Run one benchmark and print its table.

    Args:
        arguments: What follows ``bench``.

    Returns:
        0 when every budget is met, 1 otherwise.
    """
    parser = Parser(prog="scene-inspector bench")
    parser.add_argument("name", choices=BENCHMARKS, help="what to measure")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument(
        "--num-envs", type=int, default=4096, metavar="N", help="of the scene (default: 4096)"
    )
    parser.add_argument(
        "--seconds", type=float, default=60.0, metavar="S", help="how long gui plays (default: 60)"
    )
    parser.add_argument("--plot", type=Path, metavar="OUT.png", help="draw the cost (cloning)")
    options = parser.parse_args(arguments)
    if options.name in NEED_A_DISPLAY and not has_display():
        return run_off_screen(["bench", *arguments])
    report = import_module(f"inspector.bench.{options.name}").run(options)
    sys.stdout.write(report.to_json() + "\n" if options.json else report.to_text())
    return 0 if report.good else 1
