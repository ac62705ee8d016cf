"""Arguments that cannot be read, and failures as JSON: one object on stdout, whatever went wrong."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from typing import NoReturn

from inspector.errors import InspectorError


class UsageError(SystemExit):
    """Arguments that cannot be read; stderr says so already.

    Args:
        sentence: What is wrong with them.
    """

    def __init__(self, sentence: str) -> None:
        self.sentence = sentence
        super().__init__(2)


class Parser(argparse.ArgumentParser):
    """Tells who called it what is wrong with the arguments, and not only stderr."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong as every parser does.

        Raises:
            UsageError: Always.
        """
        self.print_usage(sys.stderr)
        sys.stderr.write(f"{self.prog}: error: {message}\n")
        raise UsageError(f"{message[:1].upper()}{message[1:]}.")


def wants_json(arguments: Sequence[str]) -> bool:
    """Whether they ask for JSON; options may be abbreviated."""
    return any(len(word) > 2 and "--json".startswith(word) for word in arguments)


def failure_json(error: InspectorError, exit_code: int) -> str:
    """Return what went wrong as one JSON object in a line."""
    told = {"what": error.what, "where": error.where, "todo": error.todo}
    return json.dumps({"good": False, "error": told, "exit_code": exit_code}) + "\n"
