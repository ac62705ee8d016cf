"""``scene-inspector run [FILE] --steps N``: play without a window and report."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence

from inspector.cli.lint import message_json, message_line
from inspector.cli.parser import Parser
from inspector.cli.scene import ProgressBar, add_scene_options, check_steps, open_session
from inspector.cli.settings import add_settings_options, settings_edit
from inspector.errors import InspectorError
from inspector.session.snapshot import StaleReason
from inspector.utils.quantity import length_text


def main(arguments: Sequence[str]) -> int:
    """Play some steps and print how fast, and what became of the poses.

    Args:
        arguments: What follows ``run``.

    Returns:
        1 when a pose became NaN or stop did not bring everything back, 0 otherwise.
    """
    options = parser("run", "Play some steps without a window and report.").parse_args(arguments)
    return play(options, None)


def parser(name: str, description: str) -> argparse.ArgumentParser:
    """Return the options of a subcommand that plays."""
    made = Parser(prog=f"scene-inspector {name}", description=description)
    add_scene_options(made)
    made.add_argument("--steps", type=int, default=100, metavar="N", help="default: 100")
    made.add_argument(
        "--break",
        dest="breaks",
        metavar="CONDITION",
        action="append",
        default=[],
        help="end and fail as soon as it holds, repeatable: 'speed > 50 m/s', "
        "'any env differs from its cohort by 1 cm', …",
    )
    add_settings_options(made)
    made.add_argument("--json", action="store_true", help="print JSON instead of lines")
    return made


def play(options: argparse.Namespace, limits: object | None) -> int:
    """Open, play, report.

    Args:
        options: Result of ``parser``.
        limits: ``StaleLimits`` that close the gate, or ``None``.

    Returns:
        1 when the report has failures, 0 otherwise.
    """
    check_steps(options)
    _check_breaks(options.breaks)
    with open_session(options, settings_edit(options)) as session:
        from inspector.session.stale_gate import StaleLimits, play_and_report

        session.set_break_conditions(options.breaks)
        bar = ProgressBar()
        try:
            gate = limits if isinstance(limits, StaleLimits) else None
            report = play_and_report(session, options.steps, gate, bar)
        finally:
            bar.close()
    good = not report.failures
    if options.json:
        messages = [message_json(message) for message in report.messages]
        found = {"good": good, **report.to_dict(), "messages": messages}
        sys.stdout.write(json.dumps(found, indent=2) + "\n")
        return 0 if good else 1
    for message in report.messages:
        sys.stdout.write(f"{message_line(message)}\n")
    stale = [f"{n:,} {reason.word}" for reason, n in report.counts.items()]
    store = "Fabric" if report.use_fabric else "USD"
    envs, rate = "", f"{report.steps_per_second:,.0f} steps/s"
    if report.num_envs:
        envs = f"{report.num_envs:,} environments, "
        rate += f" = {report.steps_per_second * report.num_envs:,.0f} environment steps/s"
    moving = f"{report.bodies:,} {'body' if report.bodies == 1 else 'bodies'}"
    if report.points:
        moving += f" and {report.points:,} points of particles and cloth"
    sys.stdout.write(
        f"{report.steps:,} steps ({report.simulated:.2f} s) of {envs}"
        f"{moving}, {report.backend}, poses to {store} ({report.device})\n"
        f"first step after {report.start_seconds:.2f} s, then {rate}\n"
        f"{report.rows:,} rows: {', '.join(stale) or 'none'}\n"
    )
    for worst, text in ((report.position, length_text), (report.rotation, "{:.4g} rad".format)):
        if worst.reason is not StaleReason.FRESH:
            sys.stdout.write(
                f"largest difference {text(worst.error)}: {worst.path} "
                f"({worst.reason.word}, step {worst.step})\n"
            )
    for failure in report.failures:
        sys.stdout.write(f"FAILED: {failure}\n")
    return 0 if good else 1


def _check_breaks(conditions: Sequence[str]) -> None:
    from inspector.session.break_conditions import parse_condition

    for condition in conditions:
        try:
            parse_condition(condition)
        except ValueError as error:
            raise InspectorError(str(error)) from error
