"""The edits of a session on disk, one JSON line each, written before an edit is acknowledged.

The first line says which scene the edits belong to. A crash can tear the last line only; reading
leaves it out.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
from dataclasses import dataclass
from io import BufferedWriter
from pathlib import Path

from inspector.errors import StageError
from inspector.session.edits import Edit, from_json

CLOSED = ".closed.jsonl"
"""How the journals of sessions end that were closed on purpose."""


@dataclass(frozen=True)
class SceneOrigin:
    """What the scene was made from.

    Attributes:
        file: USD file, empty for the demo scene.
        num_envs: Number of environments, ``None`` for a file that was opened as it is.
        seed: Seed of the demo scene.
        clone_in_fabric: Whether its clones exist in Fabric only.
    """

    file: str = ""
    num_envs: int | None = None
    seed: int = 0
    clone_in_fabric: bool = False


@dataclass(frozen=True)
class JournalEntry:
    """One edit.

    Attributes:
        edit: The edit.
        lasting: Whether it is part of the scene; edits while playing are gone at stop.
    """

    edit: Edit
    lasting: bool


class Journal:
    """Appends to a file that is made with the first edit.

    Args:
        path: File to write; it must not exist.
        origin: Scene that the edits belong to.
    """

    def __init__(self, path: Path, origin: SceneOrigin) -> None:
        self.path = path
        self._origin = origin
        self._file: BufferedWriter | None = None

    def append(self, edit: Edit, *, lasting: bool) -> None:
        """Write one edit through to the disk.

        Args:
            edit: The edit that has just been applied.
            lasting: Whether it is part of the scene.

        Raises:
            StageError: The disk does not take it.
        """
        entry = f'{{"lasting":{json.dumps(lasting)},"edit":{edit.to_json()}}}'
        try:
            if self._file is None:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                self._file = self.path.open("xb")
                # Whoever looks for edits of crashed sessions must not find those of a living one.
                with contextlib.suppress(OSError):  # some network disks have no locks
                    fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                self._write(json.dumps({"scene": vars(self._origin)}, separators=(",", ":")))
            self._write(entry)
        except OSError as error:
            raise StageError(
                f"The journal of edits cannot be written: {error}.",
                where=str(self.path),
                todo="Save the scene; make room on the disk.",
            ) from error

    def close(self, *, discard: bool = False) -> None:
        """Close the file on purpose: nobody will be asked whether to recover its edits.

        Args:
            discard: Remove it, because the scene has been saved or nothing is left to recover.
        """
        if self._file is not None:
            self._file.close()
            self._file = None
            if discard:
                self.path.unlink(missing_ok=True)
            else:
                self.path = self.put_aside(self.path)

    @staticmethod
    def put_aside(path: Path) -> Path:
        """Rename a journal so that its edits are not offered for recovery; return its new path."""
        if path.name.endswith(CLOSED):
            return path
        target = path.with_name(path.name.removesuffix(".jsonl") + CLOSED)
        with contextlib.suppress(OSError):  # a read-only folder: it will be offered once more
            return path.rename(target)
        return path

    def _write(self, line: str) -> None:
        assert self._file is not None  # opened by the caller
        self._file.write(line.encode() + b"\n")
        self._file.flush()
        os.fsync(self._file.fileno())


def read_journal(path: Path) -> tuple[SceneOrigin, tuple[JournalEntry, ...]]:
    """Read a journal back; a torn last line is left out.

    Args:
        path: File written by ``Journal``.

    Returns:
        The scene and its edits, oldest first.

    Raises:
        StageError: The file cannot be read, or is damaged before its last line.
    """
    try:
        lines = path.read_bytes().split(b"\n")
    except OSError as error:
        raise StageError(f"The journal cannot be read: {error}.", where=str(path)) from error
    # What follows the last line break was never acknowledged.
    whole = lines[:-1]
    try:
        origin = SceneOrigin(**json.loads(whole[0])["scene"])
        entries = [json.loads(line) for line in whole[1:]]
        return origin, tuple(
            JournalEntry(from_json(json.dumps(entry["edit"])), bool(entry["lasting"]))
            for entry in entries
        )
    except (ValueError, TypeError, KeyError, IndexError) as error:
        raise StageError(
            f"The journal is damaged: {error}.", where=str(path), todo="Remove the file."
        ) from error
