"""Who authored USD last, kept with the inverse of an edit: undo brings that back, too.

Without it a pose that an undo returned to what it was before play would count as authored now.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inspector.fabric.scene_tables import SceneTables
from inspector.fabric.store import FabricStore
from inspector.fabric.write_record import WriteRecord
from inspector.session.packed_text import pack_values, unpack_values
from inspector.sim.play_run import find_rows


@dataclass(frozen=True, eq=False)
class Authorship:
    """Who authored each row in USD at a moment.

    Attributes:
        fabric: The rows that it is of.
        record: Writer, step and order, shape [r].
        label_id: What did it, shape [r].
    """

    fabric: FabricStore
    record: WriteRecord
    label_id: NDArray[np.int32]

    @staticmethod
    def of(tables: SceneTables) -> Authorship:
        """Return what holds now."""
        return Authorship(tables.fabric, tables.usd.copy(), tables.label_id.copy())

    def packed(self, tables: SceneTables) -> str:
        """Return what held for the rows that were authored since, as text; empty for none."""
        record, same = self.record, tables.fabric is self.fabric
        # Rows that came or went have others numbered anew.
        paths = self.fabric.paths
        now = np.arange(len(paths)) if same else find_rows(tables.fabric.paths, paths)
        rows = np.flatnonzero((now >= 0) & (record.sequence != tables.usd.sequence[now]))
        if len(rows) == 0:
            return ""
        labels, index = np.unique(self.label_id[rows], return_inverse=True)
        data = {
            "rows": rows.tolist() if same else [],
            "paths": [] if same else paths.paths(rows),
            "writer": record.writer[rows].tolist(),
            "step": record.step[rows].tolist(),
            "sequence": record.sequence[rows].tolist(),
            "labels": [tables.labels[label] for label in labels.tolist()],
            "label": index.tolist(),
        }
        return pack_values(data)


def read_authorship(packed: str) -> dict[str, Any]:
    """Return who authored rows.

    Args:
        packed: What ``Authorship.packed`` returned; empty for nobody else.

    Raises:
        EditRefusedError: The text is damaged.
    """
    return unpack_values(packed, "authors")


def put_authorship(tables: SceneTables, data: dict[str, Any]) -> None:
    """Put back who authored rows.

    Args:
        tables: Tables of the stage.
        data: What ``read_authorship`` returned; nothing happens when that is empty.
    """
    if not data:
        return
    rows = np.array(data["rows"], np.int64)
    if data["paths"]:
        rows = tables.fabric.paths.find_paths(data["paths"])
    index = np.array(data["label"], np.int64)
    if len(rows) and (int(rows.max()) >= len(tables) or int(rows.min()) < 0):
        return  # rows came or went since
    tables.usd.writer[rows] = data["writer"]
    tables.usd.step[rows] = data["step"]
    tables.usd.sequence[rows] = data["sequence"]
    tables.label_id[rows] = np.array([tables.label_index(text) for text in data["labels"]])[index]
