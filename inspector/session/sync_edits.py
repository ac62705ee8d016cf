"""Repairs of stale rows: Fabric to USD, USD to Fabric, and the hierarchy pass."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray
from pxr import Usd

from inspector.errors import EditRefusedError
from inspector.fabric.defined_pose import follow_parents
from inspector.fabric.defined_prims import defined_paths
from inspector.fabric.scene_tables import SceneTables
from inspector.fabric.store import FabricStore
from inspector.fabric.sync import author_locals, locals_for_usd, rows_of_paths
from inspector.physics.backend import Progress
from inspector.session.edits import Edit, RestoreEdit, SyncEdit
from inspector.session.packed_text import DAMAGED, pack, unpack
from inspector.session.passes import Told, parts, passes, telling
from inspector.session.scripted_edits import (
    below_any,
    definitions,
    pack_scripted,
    put_scripted,
    read_scripted,
    refuse_while_playing,
    scripted_among,
)
from inspector.session.usd_edits import UsdEditor, pose_specs
from inspector.usd.prim_table import PrimFlag
from inspector.utils.states import Writer

_SAME = 1e-12
# What a row has beside its world matrix.
_KEPT = ("local", "follows", "writer", "step", "sequence")


class RowSync:
    """Applies ``SyncEdit`` to the tables of one stage.

    Args:
        stage: The stage.
        editor: Makes the inverse of what is authored.

    Attributes:
        authored: What the last repair authored in USD while stopped, for a replay.
    """

    def __init__(self, stage: Usd.Stage, editor: UsdEditor) -> None:
        self._stage = stage
        self._editor = editor
        self.authored = RestoreEdit("")

    def apply(
        self, edit: SyncEdit, tables: SceneTables, step: int, progress: Progress | None = None
    ) -> RestoreEdit:
        """Repair rows and return the inverse.

        Args:
            edit: What to do.
            tables: Tables of the stage.
            step: Present physics step.
            progress: Reports and cancels what authors USD.

        Raises:
            EditRefusedError: A path has no row, or the action does not exist.
            CancelledError: ``progress`` cancelled; the stage is as it was.
        """
        scripted = scripted_among(tables, edit.paths)
        rows = _rows_of(edit, tables, scripted)
        self.authored = RestoreEdit(edit.text)
        if edit.action == "fabric_to_usd":
            if scripted and not self._editor.stopped:
                if len(rows) == 0:
                    refuse_while_playing(scripted)
                scripted = []
            return self._write_back(edit, tables, rows, scripted, progress)
        if edit.action == "usd_to_fabric":
            return self._repopulate(edit, tables, rows, scripted, step)
        if edit.action == "hierarchy":
            return self._follow(edit, tables, rows, step)
        raise EditRefusedError(f"There is no repair '{edit.action}'.")

    def _repopulate(
        self,
        edit: SyncEdit,
        tables: SceneTables,
        rows: NDArray[np.int64],
        scripted: list[str],
        step: int,
    ) -> RestoreEdit:
        fabric, cache = tables.fabric, tables.world_cache
        inverse = self._editor.inverse(edit.text, (), pack_rows(fabric, rows))
        fabric.populate(cache.world, cache.local, rows, step)
        # USD has nothing where a script defined a prim.
        tops = scripted if edit.paths else defined_paths(tables)
        gone = below_any(tops, defined_paths(tables))
        packed = pack_scripted(fabric.attributes, gone)
        for path in tops:
            fabric.attributes.remove_prim(path)
        return replace(inverse, scripted=packed)

    def _follow(
        self, edit: SyncEdit, tables: SceneTables, rows: NDArray[np.int64], step: int
    ) -> RestoreEdit:
        fabric = tables.fabric
        moved = np.flatnonzero(tables.world_cache.hierarchy.below(rows))
        scripted = defined_paths(tables)
        scripted = below_any(edit.paths, scripted) if edit.paths else scripted
        packed = pack_scripted(fabric.attributes, scripted)
        inverse = self._editor.inverse(edit.text, (), pack_rows(fabric, moved))
        fabric.update_world_xforms(rows)
        follow_parents(tables, step, among=scripted)
        return replace(inverse, scripted=packed)

    def before_stop(self, edit: Edit, tables: SceneTables) -> Edit:
        """Return what an edit has to be when the simulation stops before it is applied.

        Stop takes away what scripts defined while playing: it is written down before.

        Args:
            edit: The edit.
            tables: Tables of the stage.

        Raises:
            EditRefusedError: USD cannot hold a prim that is to be defined.
        """
        if not isinstance(edit, SyncEdit) or edit.action != "fabric_to_usd":
            return edit
        scripted = scripted_among(tables, edit.paths)
        return definitions(self._stage, tables, scripted, edit.text) if scripted else edit

    def restore(
        self, edit: RestoreEdit, tables: SceneTables, progress: Progress | None = None
    ) -> RestoreEdit:
        """Put specs and rows back; the inverse puts back what is there now.

        Args:
            edit: What to put back.
            tables: Tables of the stage.
            progress: Reports and cancels what authors USD.

        Raises:
            EditRefusedError: The rows are damaged or do not exist any more.
            CancelledError: ``progress`` cancelled; the stage is as it was.
        """
        # What is damaged is refused before anything changes.
        scripted = read_scripted(edit.scripted)
        packed = _read_rows(edit.rows)
        if "paths" not in packed and packed["rows"].max(initial=-1) >= len(tables):
            raise EditRefusedError("The rows of that edit do not exist any more.")
        inverse = self._editor.restore(edit, progress)
        inverse = replace(inverse, scripted=put_scripted(tables, scripted))
        if not edit.rows:
            return inverse
        packed = _as_numbered(packed, tables)
        before = pack_rows(tables.fabric, packed["rows"], named="paths" in packed)
        put_rows(tables.fabric, packed)
        return replace(inverse, rows=before)

    def put(self, edit: RestoreEdit, tables: SceneTables) -> None:
        """Put rows back once more, after Fabric followed the specs that were put back."""
        if edit.rows and edit.paths:
            put_rows(tables.fabric, unpack_rows(edit.rows, tables))

    def _write_back(
        self,
        edit: SyncEdit,
        tables: SceneTables,
        rows: NDArray[np.int64],
        scripted: list[str],
        progress: Progress | None,
    ) -> RestoreEdit:
        fabric, cache, stopped = tables.fabric, tables.world_cache, self._editor.stopped
        local = locals_for_usd(fabric, cache, rows)
        # A child that only followed its parent keeps its local transform: nothing to author.
        same = (np.abs(local - cache.local[rows]) <= _SAME).all(axis=(1, 2))
        differs: NDArray[np.bool_] = np.logical_not(same)
        rows, local = _authorable(edit, tables, rows, differs, local)
        new = definitions(self._stage, tables, scripted, edit.text, rows) if scripted else None
        if not np.isfinite(local).all():
            raise EditRefusedError(
                "A Fabric pose is not finite and cannot be authored.", todo="Repopulate it first."
            )
        # While stopped Fabric follows what is authored, and has to be brought back as well.
        followers = np.flatnonzero(cache.hierarchy.below(rows)) if stopped else rows[:0]
        # Rows are numbered anew when prims come.
        packed = pack_rows(fabric, followers, named=new is not None) if len(followers) else ""
        look, keep, write, *note = passes(progress, edit.text, len(rows), 4 if stopped else 3)
        specs = self._specs(fabric, rows, look)
        specs = [*specs, *(new.paths if new else ())]
        inverse = self._editor.inverse(edit.text, specs, packed, keep)
        with self._editor.all_or_nothing(inverse):
            for part in parts(len(rows), write):
                author_locals(self._stage, fabric.paths, rows[part], local[part])
            if new is not None:
                self._editor.add(new)
            if stopped:
                # A replay knows no Fabric that could be written back.
                self.authored = self._editor.inverse(edit.text, specs, told=note[0])
        return inverse

    def _specs(self, fabric: FabricStore, rows: NDArray[np.int64], told: Told) -> Sequence[str]:
        each = telling(rows.tolist(), len(rows), told)
        prims = (self._stage.GetPrimAtPath(fabric.paths.path(row)) for row in each)
        return [spec for prim in prims if prim for spec in pose_specs(prim)]


def _rows_of(edit: SyncEdit, tables: SceneTables, scripted: list[str]) -> NDArray[np.int64]:
    """Return the rows of the scene that an edit names.

    Raises:
        EditRefusedError: A path has no row.
    """
    alone = set(scripted)
    paths = [path for path in edit.paths if path not in alone] if alone else edit.paths
    if alone and not paths:
        return np.zeros(0, np.int64)
    rows = rows_of_paths(tables.world_cache, paths)
    if paths and len(rows) < len(paths):
        raise EditRefusedError("A prim of the selection has no transform.", where=paths[0])
    return rows


def _authorable(
    edit: SyncEdit,
    tables: SceneTables,
    rows: NDArray[np.int64],
    differs: NDArray[np.bool_],
    local: NDArray[np.float64],
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return those of the rows that differ and that USD can hold.

    Raises:
        EditRefusedError: Nothing that was asked for can be authored in USD.
    """
    cache = tables.world_cache
    shared = (tables.prims.flags[cache.hierarchy.prims[rows]] & PrimFlag.INSTANCE_PROXY) != 0
    possible = cache.in_usd[rows] & ~shared
    asked = differs if not edit.paths else np.ones(len(rows), np.bool_)
    if asked.any() and not (asked & possible).any():
        path = tables.fabric.paths.path(int(rows[asked][0]))
        inside = bool(shared[asked][0])
        reason = "is inside of an instance" if inside else "exists in Fabric only"
        todo = "Its pose stays in Fabric until stop"
        raise EditRefusedError(
            f"{path} {reason}: its pose cannot be authored in USD.",
            where=path,
            todo=f"{todo}, or make the instance unique." if inside else f"{todo}.",
        )
    chosen = differs & possible
    return rows[chosen], local[chosen]


def pack_rows(fabric: FabricStore, rows: NDArray[np.int64], *, named: bool = False) -> str:
    """Return the present content of Fabric rows as text.

    Args:
        fabric: The rows.
        rows: Which of them, shape [k].
        named: Whether to find them again by their paths, because rows come or go.
    """
    file = io.BytesIO()
    paths = {"paths": np.array(fabric.paths.paths(rows), np.str_)} if named else {}
    np.savez(
        file,
        allow_pickle=False,
        **paths,
        rows=rows,
        world=fabric.world[rows],
        **{name: getattr(fabric, name)[rows] for name in _KEPT},
    )
    return pack(file.getvalue())


def unpack_rows(text: str, tables: SceneTables) -> dict[str, NDArray[Any]]:
    """Return what ``pack_rows`` packed, for the rows as they are numbered now.

    Raises:
        EditRefusedError: The text is damaged.
    """
    return _as_numbered(_read_rows(text), tables)


def _read_rows(text: str) -> dict[str, NDArray[Any]]:
    """Return what ``pack_rows`` packed, numbered as it was then; no rows for empty text.

    Raises:
        EditRefusedError: The text is damaged.
    """
    if not text:
        return {"rows": np.zeros(0, np.int64)}
    try:
        with np.load(io.BytesIO(unpack(text, "rows"))) as data:
            return {name: data[name] for name in data.files}
    except (ValueError, OSError, BadZipFile) as error:
        raise EditRefusedError(DAMAGED.format("rows")) from error


def _as_numbered(packed: dict[str, NDArray[Any]], tables: SceneTables) -> dict[str, NDArray[Any]]:
    """Return rows that were packed by path as they are numbered now, without those that went."""
    if "paths" not in packed:
        return packed
    rows = tables.fabric.paths.find_paths(packed["paths"].tolist())
    known = rows >= 0
    return {name: values[known] for name, values in (packed | {"rows": rows}).items()}


def put_rows(fabric: FabricStore, packed: dict[str, NDArray[Any]]) -> None:
    """Give Fabric rows the content that ``unpack_rows`` returned."""
    rows = packed["rows"]
    # The write makes the store's arrays its own; who really wrote is put back behind it.
    fabric.write(rows, packed["world"], Writer.USER)
    for name in _KEPT:
        getattr(fabric, name)[rows] = packed[name]
