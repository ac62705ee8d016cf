"""Clones without prims in USD as rows: joined to what USD has, and given their matrices.

Nothing here is done per prim and environment: an environment's shape is put together once for all
environments that have the same, and matrices are filled for all of them at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from inspector.usd.prim_table import PrimFlag
from inspector.usd.row_hierarchy import RowHierarchy
from inspector.usd.subtree import ENV_TOKEN, Subtree, SubtreeReader
from inspector.usd.unauthored import IMPLIED, Matrices, SourceShape, UnauthoredRow

_INVISIBLE = int(PrimFlag.INVISIBLE)


@dataclass(frozen=True, eq=False)
class Piece:
    """Prims of a subtree that come from one source.

    Attributes:
        shape: The source.
        row: Where it stands in each environment; ``None`` for an implied ancestor.
        offsets: Prims in the subtree, the source first, int64, shape [q].
        prims: The same prims in the shape, int64, shape [q].
    """

    shape: SourceShape
    row: UnauthoredRow | None
    offsets: NDArray[np.int64]
    prims: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Joined:
    """The prims of an environment, those in USD first.

    Attributes:
        subtree: All prims.
        pieces: Those that USD does not have, parents first.
    """

    subtree: Subtree
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, eq=False)
class Block:
    """A joined subtree and the environments that have it.

    Attributes:
        pieces: Prims that USD does not have.
        env_ids: Environments, ascending, int64, shape [m].
        starts: First prim of each environment in the prim table, int64, shape [m].
    """

    pieces: tuple[Piece, ...]
    env_ids: NDArray[np.int64]
    starts: NDArray[np.int64]


class Joiner:
    """Puts the subtree of one environment together.

    Args:
        base: What USD has of it.
        reader: Its tables of strings.
        source_rows: Row of the clone mask by source and template.
    """

    def __init__(
        self, base: Subtree, reader: SubtreeReader, source_rows: Mapping[tuple[str, str], int]
    ) -> None:
        self._base = base
        self._reader = reader
        self._source_rows = source_rows
        # A template names one prim: what is put there later takes its place.
        self._place = {template: i for i, template in enumerate(base.template_id.tolist())}
        self._columns = [column.tolist() for column in base.columns()]
        self._origin: list[tuple[int, int]] = [(-1, -1)] * len(base)
        self._parts: list[tuple[SourceShape, UnauthoredRow | None]] = []
        self._gone: set[int] = set()

    def add(self, row: UnauthoredRow) -> None:
        """Add a clone; where USD has a prim already, that stays."""
        place = self._place.get(self._reader.templates(row.template), -1)
        if 0 <= place < len(self._base):
            return
        if place >= 0:
            self._drop(place)
        self._append(row.shape, row, row.template)

    def joined(self) -> Joined:
        """Return what was put together."""
        keep = np.array([i not in self._gone for i in range(len(self._origin))], np.bool_)
        columns = [np.array(column, np.int64)[keep] for column in self._columns]
        index = np.cumsum(keep) - 1
        columns[1] = np.where(columns[1] >= 0, index[columns[1]], -1)
        origin = np.array(self._origin, np.int64).reshape(-1, 2)[keep]
        pieces: list[Piece] = []
        for part, (shape, row) in enumerate(self._parts):
            offsets = np.flatnonzero(origin[:, 0] == part)
            if len(offsets):
                pieces.append(Piece(shape, row, offsets, origin[offsets, 1]))
        return Joined(Subtree.of(columns), tuple(pieces))

    def _append(self, shape: SourceShape, row: UnauthoredRow | None, template: str) -> int:
        above = self._parent(template)
        reader, part, first = self._reader, len(self._parts), len(self._origin)
        self._parts.append((shape, row))
        source_row = -1 if row is None else self._source_rows.get((row.source, template), -1)
        hidden = self._columns[4][above] & _INVISIBLE if above >= 0 else 0
        name = template.rpartition("/")[2]
        for index, suffix in enumerate(shape.suffixes):
            own = reader.templates(template + suffix)
            parent = int(shape.parent[index])
            # All environments share the name of their root here; the table puts it right.
            prim_name = suffix.rpartition("/")[2] if suffix else name.replace(ENV_TOKEN, "")
            if template == reader.env_root and not suffix:
                prim_name = ENV_TOKEN
            values = (
                own,
                above if parent < 0 else first + parent,
                reader.names(prim_name),
                reader.types(shape.types[index]),
                int(shape.flags[index]) | hidden,
                source_row,
                reader.origins(shape.paths[index]),
            )
            for column, value in zip(self._columns, values, strict=True):
                column.append(value)
            self._place[own] = first + index
            self._origin.append((part, index))
        return first

    def _parent(self, template: str) -> int:
        """Return the prim above a destination; what is missing on the way becomes an Xform."""
        if template == self._reader.env_root:
            return -1
        above = template.rpartition("/")[0]
        place = self._place.get(self._reader.templates(above), -1)
        return place if place >= 0 else self._append(IMPLIED, None, above)

    def _drop(self, place: int) -> None:
        parents = self._columns[1]
        self._gone.add(place)
        for index in range(place + 1, len(parents)):
            if parents[index] in self._gone:
                self._gone.add(index)


def empty_subtree() -> Subtree:
    """Return the subtree of an environment of which USD has nothing."""
    return Subtree.of([np.zeros(0, np.int64) for _ in range(7)])


def fill_worlds(
    blocks: Sequence[Block],
    hierarchy: RowHierarchy,
    world: Matrices,
    resets: NDArray[np.bool_],
) -> None:
    """Write the world matrices of all clones that USD does not have; those above must be there.

    Args:
        blocks: The clones.
        hierarchy: Rows before ``resetXformStack`` is considered.
        world: World matrices, written in place, shape [r, 4, 4].
        resets: Which rows ignore their parents, written in place, shape [r].
    """
    for block, piece, rows in _placed(blocks, hierarchy):
        shape, prims = piece.shape, piece.prims
        frames = _roots(piece, block)
        above = hierarchy.parent[rows[:, 0]]
        if not shape.resets[0] and (above >= 0).any():
            there = (above >= 0)[:, None, None]
            frames = frames @ np.where(there, np.take(world, above, 0), np.eye(4))
        out = _block_of(world, rows)
        # One product per environment: its prims' matrices stacked, times its frame.
        stacked = shape.world[prims].reshape(1, -1, 4)
        np.matmul(stacked, frames, out=out.reshape(len(rows), -1, 4))
        fixed = shape.is_absolute[prims]
        out[:, fixed] = shape.world[prims[fixed]]
        if not np.may_share_memory(out, world):
            world[rows] = out
        if shape.resets.any():
            resets[rows] = shape.resets[prims]


def fill_locals(blocks: Sequence[Block], hierarchy: RowHierarchy, local: Matrices) -> None:
    """Write the local matrices of all clones that USD does not have.

    Args:
        blocks: The clones.
        hierarchy: Rows.
        local: Local matrices, written in place, shape [r, 4, 4].
    """
    for block, piece, rows in _placed(blocks, hierarchy):
        out = _block_of(local, rows)
        out[:] = piece.shape.local[piece.prims]
        if piece.prims[0] == 0:
            out[:, 0] = _roots(piece, block)
        if not np.may_share_memory(out, local):
            local[rows] = out


def _placed(
    blocks: Sequence[Block], hierarchy: RowHierarchy
) -> Iterator[tuple[Block, Piece, NDArray[np.int32]]]:
    """Yield the pieces with the rows of their transformable prims, shape [m, q]."""
    for block in blocks:
        for piece in block.pieces:
            has_row = (piece.shape.flags[piece.prims] & PrimFlag.XFORMABLE) != 0
            if not has_row.any() or len(block.env_ids) == 0:
                continue
            offsets, prims = piece.offsets[has_row], piece.prims[has_row]
            rows = hierarchy.row_of_prim[block.starts[:, None] + offsets]
            yield block, replace(piece, offsets=offsets, prims=prims), rows


def _roots(piece: Piece, block: Block) -> Matrices:
    """Return the local matrices of the piece's source in each environment, shape [m, 4, 4]."""
    if piece.prims[0] == 0 and piece.row is not None:
        return piece.row.roots_of(block.env_ids)
    return np.broadcast_to(np.eye(4), (len(block.env_ids), 4, 4))


def _block_of(matrices: Matrices, rows: NDArray[np.int32]) -> Matrices:
    """Return where to write the matrices of some rows, shape [m, q, 4, 4].

    Neighbours are written in place: no copy of millions of numbers through an index.
    """
    first, last = int(rows[0, 0]), int(rows[-1, -1])
    if last - first + 1 == rows.size:
        return matrices[first : last + 1].reshape(*rows.shape, 4, 4)
    return np.empty((*rows.shape, 4, 4))
