"""``scene-inspector lint FILE``: the lints of the window on the command line."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from inspector.cli.parser import Parser
from inspector.cli.scene import open_session
from inspector.session.snapshot import Message


def main(arguments: Sequence[str]) -> int:
    """Print what is wrong with the clones of a file.

    Args:
        arguments: What follows ``lint``.

    Returns:
        1 when there are errors, 0 otherwise.
    """
    parser = Parser(
        prog="scene-inspector lint",
        description="Look for mistakes in the clones of a USD file. Exit code 1: there are errors.",
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="USD file to look at")
    parser.add_argument("--num-envs", type=int, metavar="N", help="clone a robot file N times")
    parser.add_argument("--json", action="store_true", help="print JSON instead of lines")
    options = parser.parse_args(arguments)
    with open_session(options) as session:
        snapshot = session.snapshot()
    found = (*snapshot.mask.lints, *snapshot.messages)
    errors = sum(message.severity.name == "ERROR" for message in found)
    if options.json:
        report = {"errors": errors, "messages": [message_json(message) for message in found]}
        sys.stdout.write(json.dumps(report, indent=2) + "\n")
        return 1 if errors else 0
    for message in found:
        sys.stdout.write(f"{message_line(message)}\n")
    sys.stdout.write(f"{errors} errors, {len(found) - errors} other messages\n")
    return 1 if errors else 0


def message_line(message: Message) -> str:
    """Return a message as one line: severity, text, path."""
    where = f" [{message.path}]" if message.path and message.path not in message.text else ""
    return f"{message.severity.name.lower()}: {message.text}{where}"


def message_json(message: Message) -> dict[str, str | list[int]]:
    """Return a message as a JSON object."""
    return {
        "severity": message.severity.name.lower(),
        "code": message.code,
        "text": message.text,
        "path": message.path,
        "env_ids": list(message.env_ids),
    }
