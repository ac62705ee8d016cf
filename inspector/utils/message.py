"""One thing that the user should know, with the place that it is about."""

from __future__ import annotations

from dataclasses import dataclass

from inspector.utils.states import Severity


@dataclass(frozen=True)
class Message:
    """A lint, a warning or an error.

    Attributes:
        severity: How bad it is.
        text: One sentence: what, where, what to do.
        path: Prim path that it is about, or empty.
        env_ids: Environments that it is about, at most a few; empty for none.
        code: Stable id of the kind of message, such as ``"env-without-source"``.
        offers: What could be done about it: text of a button, and an edit as JSON.
    """

    severity: Severity
    text: str
    path: str = ""
    env_ids: tuple[int, ...] = ()
    code: str = ""
    offers: tuple[tuple[str, str], ...] = ()
