"""Columns of the USD · Fabric table: titles, units and what they sort by. Numpy only."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from inspector.session.snapshot import SceneSnapshot, TransformTable, Writer


class Side(IntEnum):
    """Representation of a pose; also the bit of the presence letters."""

    USD = 1
    FABRIC = 2
    PHYSICS = 4


class Kind(IntEnum):
    """What a column shows."""

    PATH = 0
    PRESENCE = 1
    REASON = 2
    ERROR_POSITION = 3
    ERROR_ROTATION = 4
    AGE = 5
    WRITER = 6
    POSITION = 7
    ORIENTATION = 8
    SCALE = 9


@dataclass(frozen=True)
class Column:
    """One column.

    Attributes:
        kind: What it shows.
        title: Header with its unit.
        side: Representation, for poses.
        axis: 0…2 for positions.
    """

    kind: Kind
    title: str
    side: Side | None = None
    axis: int = 0

    @property
    def is_number(self) -> bool:
        """Whether the column holds numbers: right-aligned, monospaced."""
        return self.kind >= Kind.ERROR_POSITION and self.kind is not Kind.WRITER


_NAMES = {Side.USD: "USD", Side.FABRIC: "Fabric", Side.PHYSICS: "Physics"}
COLUMNS: tuple[Column, ...] = (
    Column(Kind.PATH, "Path"),
    Column(Kind.PRESENCE, "In"),
    Column(Kind.REASON, "Stale"),
    Column(Kind.ERROR_POSITION, "Error [m]"),
    Column(Kind.ERROR_ROTATION, "Error [rad]"),
    Column(Kind.AGE, "Age [steps]"),
    Column(Kind.WRITER, "Last writer"),
    *(
        Column(Kind.POSITION, f"{_NAMES[side]} {'xyz'[axis]} [m]", side, axis)
        for side in Side
        for axis in range(3)
    ),
    *(Column(Kind.ORIENTATION, f"{_NAMES[side]} xyzw", side) for side in Side),
    *(Column(Kind.SCALE, f"{_NAMES[side]} scale", side) for side in (Side.USD, Side.FABRIC)),
)


def presence(table: TransformTable, rows: NDArray[np.intp] | slice) -> NDArray[np.uint8]:
    """Return the ``Side`` bits of rows, shape [k]."""
    return (
        table.has_usd[rows] * np.uint8(Side.USD)
        + table.has_fabric[rows] * np.uint8(Side.FABRIC)
        + (table.body[rows] >= 0) * np.uint8(Side.PHYSICS if len(table.physics_world) else 0)
    ).astype(np.uint8)


def last_writer(table: TransformTable, rows: NDArray[np.intp] | slice) -> NDArray[np.uint8]:
    """Return the ``Writer`` of the younger representation of rows, shape [k]."""
    fabric = table.has_fabric[rows] & (
        (table.fabric_step[rows] >= table.usd_step[rows]) | ~table.has_usd[rows]
    )
    return np.where(fabric, table.fabric_writer[rows], table.usd_writer[rows]).astype(np.uint8)


def writer_word(writer: int) -> str:
    """Return the writer without its article, as a cell shows it."""
    return Writer(writer).word.removeprefix("the ").removeprefix("a ")


def world_of(table: TransformTable, side: Side, rows: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return the world matrices of one side, NaN where it does not exist, shape [k, 4, 4]."""
    world, at, there = _where(table, side, rows)
    if len(world) == 0:
        return np.full((len(rows), 4, 4), np.nan)
    return np.where(there[:, None, None], world[at], np.nan)


def _where(
    table: TransformTable, side: Side, rows: NDArray[np.intp]
) -> tuple[NDArray[np.float64], NDArray[np.integer], NDArray[np.bool_]]:
    """Matrices of one representation, where the rows are in them, and which rows are."""
    if side is Side.PHYSICS:
        body = table.body[rows]
        there = (body >= 0) & (body < len(table.physics_world))
        return table.physics_world, np.where(there, body, 0), there
    if side is Side.USD:
        return table.usd_world, rows, table.has_usd[rows]
    return table.fabric_world, rows, table.has_fabric[rows]


def sort_key(
    snapshot: SceneSnapshot, column: Column, rows: NDArray[np.intp]
) -> NDArray[np.float64]:
    """Return numbers that sort like the column, what is not finite last, shape [k]."""
    table = snapshot.transforms
    key = _key(snapshot, table, column, rows).astype(np.float64)
    return np.where(np.isfinite(key), key, np.inf)


def _key(
    snapshot: SceneSnapshot, table: TransformTable, column: Column, rows: NDArray[np.intp]
) -> NDArray[np.float64] | NDArray[np.int64] | NDArray[np.uint8]:
    match column.kind:
        case Kind.PATH:
            key = path_ranks(snapshot)[rows]
        case Kind.PRESENCE:
            key = presence(table, rows)
        case Kind.REASON:
            key = table.reason[rows]
        case Kind.ERROR_POSITION:
            key = table.error_position[rows]
        case Kind.ERROR_ROTATION:
            key = table.error_rotation[rows]
        case Kind.AGE:
            key = table.age(snapshot.step, rows)
        case Kind.WRITER:
            key = last_writer(table, rows)
        case _:
            key = _pose_key(table, column, column.side or Side.USD, rows)
    return key


def _pose_key(
    table: TransformTable, column: Column, side: Side, rows: NDArray[np.intp]
) -> NDArray[np.float64]:
    """Coordinate, something that grows with the angle, or volume; NaN where there is no pose."""
    world, at, there = _where(table, side, rows)
    if len(world) == 0:
        return np.full(len(rows), np.nan)
    if column.kind is Kind.POSITION:
        key = world[at, 3, column.axis]
    else:
        linear = world[at, :3, :3]
        scale = np.sqrt(np.einsum("rij,rij->ri", linear, linear))
        if column.kind is Kind.SCALE:
            key = scale.prod(axis=1)
        else:
            with np.errstate(invalid="ignore", divide="ignore"):
                key = -(np.einsum("rii->ri", linear) / scale).sum(axis=1)
    return np.where(there, key, np.nan)


def path_ranks(snapshot: SceneSnapshot) -> NDArray[np.int64]:
    """Return the place of each row in the order of paths, env_2 before env_10, shape [r]."""
    paths, table = snapshot.prims.paths, snapshot.transforms
    parts = [template.partition("{}") for template in paths.templates]
    heads = {head: at for at, head in enumerate(sorted({part[0] for part in parts}))}
    tails = {tail: at for at, tail in enumerate(sorted({part[2] for part in parts}))}
    template_id = paths.template_id[table.prims]
    head = np.array([heads[part[0]] for part in parts], np.int64)[template_id]
    tail = np.array([tails[part[2]] for part in parts], np.int64)[template_id]
    order = np.lexsort((tail, table.env_id, head))
    ranks = np.empty(len(order), np.int64)
    ranks[order] = np.arange(len(order))
    return ranks
