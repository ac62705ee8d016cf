"""Files that this program wrote and nobody touched since: their clones need not be compared again.

A file that holds thousands of clones is read clone by clone, because anybody may have edited one of
them. What a session saved is remembered by a digest of every byte that the stage is made of, with
the environments that differed; a single changed byte and the file is read in full.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from pxr import Usd

from inspector.fabric.scene_tables import SceneTables
from inspector.usd.path_table import GLOBAL_ENV
from inspector.usd.world_cache import WorldCache

_KEPT = 200
"""Digests that are remembered; older ones are forgotten."""
_TRIES = 4


class KnownFiles:
    """Remembers saved stages.

    Args:
        folder: Where the digests are kept; made when the first one is.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def remember(self, stage: Usd.Stage, saved: Path, tables: SceneTables) -> None:
        """Remember a stage that was just saved.

        Args:
            stage: The stage, stopped.
            saved: File that its root layer was written to.
            tables: Its prims and transforms, up to date.
        """
        root = stage.GetRootLayer()
        others = [layer.realPath for layer in stage.GetUsedLayers() if _counts(layer, stage, root)]
        name = _digest([str(saved), *others])
        if not name:
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        (self._folder / name).write_text(
            json.dumps(sorted(differing_envs(tables))), encoding="utf-8"
        )
        entries = sorted(self._folder.iterdir(), key=lambda path: path.stat().st_mtime)
        for old in entries[:-_KEPT]:
            old.unlink(missing_ok=True)

    def irregular_envs(self, stage: Usd.Stage) -> frozenset[int] | None:
        """Return the environments of an opened stage that differ, ``None`` when it is not known.

        Args:
            stage: Stage as it was opened, without edits.
        """
        files = [layer.realPath for layer in stage.GetUsedLayers() if _counts(layer, stage, None)]
        name = _digest(files) if self._folder.is_dir() else ""
        entry = self._folder / name
        if not name or not entry.is_file():
            return None
        try:
            return frozenset(int(env_id) for env_id in json.loads(entry.read_text("utf-8")))
        except (ValueError, TypeError):
            return None


def differing_envs(tables: SceneTables) -> frozenset[int]:
    """Return the environments that reading only one clone of each source would get wrong.

    Args:
        tables: Prims and transforms, up to date.
    """
    env_id = tables.prims.env_id[tables.world_cache.hierarchy.prims]
    everyone = frozenset(int(each) for each in np.unique(env_id) if each != GLOBAL_ENV)
    alone, best = frozenset(tables.irregular_envs), everyone
    for _ in range(_TRIES):
        tiled = WorldCache(tables.stage, tables.prims, alone)
        rows = (tiled.local != tables.world_cache.local).any(axis=(1, 2))
        moved = {int(each) for each in np.unique(env_id[rows]) if each != GLOBAL_ENV}
        best = min(best, alone | moved, key=len)
        if 2 * len(best) <= len(everyone) or alone == everyone:
            break
        # The clone that stood for all others is the odd one.
        alone |= {min(everyone - alone - moved, default=0)}
    return best


def _counts(layer: object, stage: Usd.Stage, root: object) -> bool:
    return layer != stage.GetSessionLayer() and layer != root


def _digest(files: Iterable[str]) -> str:
    """Return a digest of the content of files in any order, empty when one cannot be read."""
    parts: list[bytes] = []
    for file in files:
        try:
            with Path(file).open("rb") as stream:
                parts.append(hashlib.file_digest(stream, "blake2b").digest())
        except OSError:
            return ""
    whole = hashlib.blake2b(digest_size=20)
    for part in sorted(parts):
        whole.update(part)
    return whole.hexdigest()
