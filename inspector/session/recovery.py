"""Edits that a session left behind when it ended without closing: finding, offering, discarding.

A journal is locked while its session lives and renamed when the session ends on purpose. One that
is neither belongs to a session that crashed.
"""

from __future__ import annotations

import fcntl
import logging
from dataclasses import dataclass
from pathlib import Path

from inspector.errors import StageError
from inspector.session.journal import CLOSED, Journal, JournalEntry, SceneOrigin, read_journal

KEPT = 20
"""Journals of sessions that ended on purpose and are kept for a while."""

_log = logging.getLogger("inspector.session")


@dataclass(frozen=True)
class Recovery:
    """Edits that can be applied again.

    Attributes:
        path: The journal.
        origin: What the scene was made from.
        entries: The edits that are part of the scene, oldest first.
    """

    path: Path
    origin: SceneOrigin
    entries: tuple[JournalEntry, ...]

    @property
    def name(self) -> str:
        """What the user knows the scene by."""
        if self.origin.file:
            return Path(self.origin.file).name
        return f"the demo scene with {self.origin.num_envs} environments"


def find_recovery(folder: Path) -> Recovery | None:
    """Return the newest edits that a crashed session left behind.

    Args:
        folder: Where the journals are.
    """
    for path in sorted(folder.glob("*.jsonl"), reverse=True):
        if path.name.endswith(CLOSED) or _is_in_use(path):
            continue
        try:
            origin, entries = read_journal(path)
        except StageError:
            _log.info("Unreadable journal put aside: %s", path)
            discard(path)
            continue
        lasting = tuple(entry for entry in entries if entry.lasting)
        if lasting:
            return Recovery(path, origin, lasting)
        discard(path)
    return None


def discard(path: Path) -> None:
    """Put a journal aside: it is not offered any more."""
    Journal.put_aside(path)


def prune(folder: Path) -> None:
    """Remove all but the newest journals that were put aside."""
    for path in sorted(folder.glob(f"*{CLOSED}"), reverse=True)[KEPT:]:
        path.unlink(missing_ok=True)


def _is_in_use(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return True
    return False
