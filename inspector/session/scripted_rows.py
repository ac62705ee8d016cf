"""Rows of what is published for prims that a script defined in Fabric and USD does not have.

Belongs here: adding them behind the rows of the scene, so that all who look at a snapshot see them.
The tables of the scene, physics and Fabric's own rows know nothing of them: they come and go while
playing, which rows of the scene do not. Without such prims everything is handed through as it is.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inspector.fabric.attributes import FabricAttributes
from inspector.fabric.defined_prims import DefinedPrims
from inspector.fabric.scene_tables import SceneTables
from inspector.session.snapshot import (
    PathTable,
    PrimFlag,
    PrimTable,
    StaleReason,
    Tolerance,
    TransformTable,
    Writer,
)
from inspector.session.staleness import compare_scripted

_FLAGS = int(PrimFlag.DEFINED | PrimFlag.ACTIVE | PrimFlag.SCRIPTED)


class ScriptedRows:
    """Prims and rows of one scene, with those that scripts defined behind them."""

    def __init__(self) -> None:
        self._read: tuple[FabricAttributes, int, PrimTable] | None = None
        self._defined: DefinedPrims | None = None
        self._prims: PrimTable | None = None
        self._structure: tuple[object, ...] = ()
        self._usd: tuple[NDArray[np.float64], NDArray[np.float64]] | None = None
        self._made: tuple[TransformTable, DefinedPrims, TransformTable] | None = None

    def prims(self, tables: SceneTables) -> PrimTable:
        """Return the prims of a scene and those that scripts defined; those of the scene first.

        Args:
            tables: The scene; the same table is returned while none came or went.
        """
        self._look(tables)
        defined = self._defined
        if defined is None:
            return tables.prims
        structure = (tables.prims, defined.paths, defined.types, defined.posed.tobytes())
        if self._prims is None or structure != self._structure:
            self._structure = structure
            self._prims = _joined_prims(tables.prims, defined)
        return self._prims

    def rows(
        self, tables: SceneTables, table: TransformTable, tolerance: Tolerance, unit: float
    ) -> TransformTable:
        """Return rows of a scene and those of prims that scripts defined, behind them.

        Args:
            tables: The scene.
            table: Its rows; the same object as long as nothing was written.
            tolerance: Tolerance of its comparison.
            unit: Length of a stage unit [m].
        """
        prims = self.prims(tables)
        defined = self._defined
        if defined is None:
            return table
        if self._made is None or self._made[0] is not table or self._made[1] is not defined:
            first = len(table)
            rows = self._joined(table, prims, defined)
            above = np.full((len(defined.world), 4, 4), np.nan)
            parent = rows.parent[first:]
            above[parent >= 0] = rows.fabric_world[parent[parent >= 0]]
            verdict = compare_scripted(defined, above, tolerance, unit)
            rows.reason[first:] = verdict.reason
            rows.error_position[first:] = verdict.error_position
            rows.error_rotation[first:] = verdict.error_rotation
            self._made = (table, defined, rows)
        return self._made[2]

    def _look(self, tables: SceneTables) -> None:
        known = tables.fabric.attributes
        if not known.prims:
            self._read = self._defined = self._prims = self._made = self._usd = None
            return
        last = self._read
        now = (known, known.version, tables.prims)
        if last is not None and last[0] is known and last[1:] == now[1:]:
            return
        self._read = now
        defined = DefinedPrims.of(tables)
        self._defined = defined if len(defined) else None

    def _joined(
        self, table: TransformTable, prims: PrimTable, defined: DefinedPrims
    ) -> TransformTable:
        count = len(defined.world)
        added = (len(prims) - len(defined) + np.flatnonzero(defined.posed)).astype(np.int32)
        rows = np.concatenate([table.prims, added])
        return replace(
            table,
            prims=rows,
            env_id=_behind(table.env_id, prims.env_id[added]),
            source_row=_behind(table.source_row, np.full(count, -1)),
            usd_world=self._usd_world(table.usd_world, count),
            fabric_world=np.concatenate([table.fabric_world, defined.world]),
            body=_behind(table.body, np.full(count, -1)),
            has_usd=_behind(table.has_usd, np.zeros(count)),
            has_fabric=_behind(table.has_fabric, np.ones(count)),
            reason=_behind(table.reason, np.full(count, StaleReason.FABRIC_ONLY)),
            error_position=_behind(table.error_position, np.zeros(count)),
            error_rotation=_behind(table.error_rotation, np.zeros(count)),
            usd_writer=_behind(table.usd_writer, np.full(count, Writer.NONE)),
            fabric_writer=_behind(table.fabric_writer, defined.writer),
            usd_step=_behind(table.usd_step, np.zeros(count)),
            fabric_step=_behind(table.fabric_step, defined.step),
            parent=_behind(table.parent, _rows_above(prims, rows, added)),
            usd_label=_behind(table.usd_label, np.zeros(count)),
        )

    def _usd_world(self, world: NDArray[np.float64], count: int) -> NDArray[np.float64]:
        """Return USD's matrices with identities behind; the same array while USD stays as it is."""
        known = self._usd
        if known is None or known[0] is not world or len(known[1]) != len(world) + count:
            nothing = np.broadcast_to(np.eye(4), (count, 4, 4))
            known = self._usd = (world, np.concatenate([world, nothing]))
        return known[1]


def _behind(column: NDArray[Any], more: NDArray[Any]) -> NDArray[Any]:
    return np.concatenate([column, more.astype(column.dtype)])


def _rows_above(
    prims: PrimTable, rows: NDArray[np.int32], added: NDArray[np.int32]
) -> NDArray[np.int64]:
    """Return the row of the nearest prim with a transform above each added prim, -1 for none."""
    above = np.full(len(added), -1, np.int64)
    at = prims.parent[added].astype(np.int64)
    while (climbing := at >= 0).any():
        place = np.minimum(np.searchsorted(rows, at), len(rows) - 1)
        hit = climbing & (rows[place] == at)
        above[hit] = place[hit]
        at = np.where(climbing & ~hit, prims.parent[np.maximum(at, 0)], -1)
    return above


def _joined_prims(prims: PrimTable, defined: DefinedPrims) -> PrimTable:
    paths = prims.paths
    templates = {template: index for index, template in enumerate(paths.templates)}
    names = {name: index for index, name in enumerate(prims.names)}
    types = {name: index for index, name in enumerate(prims.types)}
    index_of: dict[str, int] = {}
    columns: list[tuple[int, ...]] = []
    for path, type_name, posed in zip(
        defined.paths, defined.types, defined.posed.tolist(), strict=True
    ):
        index_of[path] = len(prims) + len(columns)
        template, env_id = paths.split(path)
        columns.append(
            (
                templates.setdefault(template, len(templates)),
                env_id,
                _prim_above(path, prims, index_of),
                names.setdefault(path.rpartition("/")[2], len(names)),
                types.setdefault(type_name, len(types)),
                _FLAGS | (int(PrimFlag.XFORMABLE) if posed else 0),
            )
        )
    template_id, env_id, parent, name_id, type_id, flags = np.array(columns, np.int64).T
    alone = np.full(len(defined), -1)
    return PrimTable(
        paths=PathTable(
            tuple(templates),
            _behind(paths.template_id, template_id),
            _behind(paths.env_id, env_id),
            paths.env_root,
        ),
        parent=_behind(prims.parent, parent),
        name_id=_behind(prims.name_id, name_id),
        type_id=_behind(prims.type_id, type_id),
        flags=_behind(prims.flags, flags),
        source_row=_behind(prims.source_row, alone),
        names=tuple(names),
        types=tuple(types),
        origin=None if prims.origin is None else _behind(prims.origin, alone),
        origins=prims.origins,
    )


def _prim_above(path: str, prims: PrimTable, defined: dict[str, int]) -> int:
    """Return the nearest prim above a path; what was above it in USD may be gone by now."""
    while path := path.rpartition("/")[0]:
        found = defined.get(path, -1)
        found = prims.find(path) if found < 0 else found
        if found >= 0:
            return found
    return -1
