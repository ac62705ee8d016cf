"""From a checked request to clones that exist as Fabric rows, without prims in USD.

The source stays in USD, and so does whatever USD has at a destination. What a clone looks like is
taken from its source once; later edits of the source do not reach it, as with copies in USD.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pxr import Sdf, Usd

from inspector.cloner.arguments import CloneRequest, RowCells
from inspector.cloner.authoring import Progress
from inspector.cloner.pose_ops import stretch_of
from inspector.cloner.replication import replicate
from inspector.cloner.transaction import LayerTransaction
from inspector.fabric.scene_tables import SceneTables
from inspector.usd.unauthored import (
    Matrices,
    UnauthoredClones,
    UnauthoredRow,
    clones_of,
    read_source,
    set_clones,
)


def replicate_in_fabric(
    target: SceneTables | Usd.Stage, request: CloneRequest, progress: Progress | None = None
) -> None:
    """Make the clones of a request, or nothing.

    Args:
        target: Tables that receive the rows at once, or a stage.
        request: Checked arguments.
        progress: Reports and cancels; what it raises reaches the caller.

    Raises:
        TypeError: If ``target`` is something else.
        ValueError: If a source is missing, or USD has a prim at a destination.
    """
    stage, tables = (target, None) if isinstance(target, Usd.Stage) else _opened(target)
    _check_stage(stage, request)
    total, text = request.cell_count, "Clone in Fabric"
    before = clones_of(stage)
    if progress is not None:
        progress(0, total, text)
    try:
        with LayerTransaction(stage.GetRootLayer()) as transaction:
            rows = tuple(_row(stage, row, request) for row in request.rows)
            added = tuple(row for row in rows if len(row.env_ids))
            _pose_sources(stage, request, transaction)
            if tables is not None:
                tables.refresh(author=text)  # moves the source while there are few rows
            set_clones(stage, (before or UnauthoredClones()).plus(added))
            if tables is not None:
                tables.refresh(author=text)
            if progress is not None:
                progress(total, total, text)
    except BaseException:
        set_clones(stage, before)
        if tables is not None:
            tables.refresh()
        raise


def _opened(target: Any) -> tuple[Usd.Stage, SceneTables]:
    """Return the stage of some tables.

    Raises:
        TypeError: If they are something else.
    """
    if not isinstance(target, SceneTables):
        raise TypeError(f"target must be SceneTables or a Usd.Stage, got {type(target).__name__}.")
    return target.stage, target


def _check_stage(stage: Usd.Stage, request: CloneRequest) -> None:
    """Check a request against the stage.

    Raises:
        ValueError: If a source is missing or USD has a prim at a destination.
    """
    for row in request.rows:
        if not stage.GetPrimAtPath(row.source):
            raise ValueError(
                f"sources[{row.row}]: there is no prim at {row.source}; "
                "spawn the source before cloning it."
            )
        for path in _authored(stage, row):
            if path != row.source:
                raise ValueError(
                    f"destinations[{row.row}]: USD has a prim at {path}, which a clone in Fabric "
                    "cannot replace; remove it or leave its environment out of the mask."
                )


def _authored(stage: Usd.Stage, row: RowCells) -> list[str]:
    """Return the destinations of a row at which USD has a prim."""
    head, _, tail = row.template.partition("{}")
    parent, _, start = head.rpartition("/")
    end, _, below = tail.partition("/")
    above = stage.GetPrimAtPath(parent or "/")
    # Few environments are in USD: what is there is looked at instead of thousands that are not.
    wanted = set(row.env_ids.tolist()) if above else set[int]()
    found: list[str] = []
    for name in above.GetAllChildrenNames() if above else ():
        number = name[len(start) : len(name) - len(end)]
        if f"{start}{number}{end}" != name or not number.isdecimal() or int(number) not in wanted:
            continue
        path = f"{head}{number}{end}" + (f"/{below}" if below else "")
        if stage.GetPrimAtPath(path):
            found.append(path)
    return found


def _row(stage: Usd.Stage, row: RowCells, request: CloneRequest) -> UnauthoredRow:
    prim = stage.GetPrimAtPath(row.source)
    shape = read_source(prim)
    env_ids = np.sort(row.env_ids)
    own = _self_cells(row)
    if len(own):
        env_ids = env_ids[~np.isin(env_ids, own)]
    roots = shape.local[:1]
    if row.posed and (request.positions is not None or request.quats_xyzw is not None):
        roots = _posed(prim, shape.local[0], request, env_ids)
    return UnauthoredRow(shape, row.template, env_ids, roots)


def _posed(
    prim: Usd.Prim, local: Matrices, request: CloneRequest, env_ids: NDArray[np.int64]
) -> Matrices:
    """Return local matrices at the poses of environments, scale and shear as in the source."""
    roots = np.tile(local, (len(env_ids), 1, 1))
    if request.positions is not None:
        roots[:, 3, :3] = request.positions[env_ids]
    if request.quats_xyzw is not None:
        turns = _rotations(request.quats_xyzw[env_ids])
        roots[:, :3, :3] = stretch_of(prim) @ turns
    return roots


def _rotations(quats_xyzw: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return row-vector rotation matrices of unit quaternions, shape [n, 3, 3]."""
    x, y, z, w = quats_xyzw.T
    rows = (
        (1 - 2 * (y * y + z * z), 2 * (x * y + z * w), 2 * (x * z - y * w)),
        (2 * (x * y - z * w), 1 - 2 * (x * x + z * z), 2 * (y * z + x * w)),
        (2 * (x * z + y * w), 2 * (y * z - x * w), 1 - 2 * (x * x + y * y)),
    )
    return np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)


def _self_cells(row: RowCells) -> NDArray[np.int64]:
    """Return the environment whose destination is the source itself, shape [0] or [1]."""
    head, _, tail = row.template.partition("{}")
    number = row.source[len(head) : len(row.source) - len(tail) if tail else None]
    if f"{head}{number}{tail}" != row.source or not number.isdecimal():
        return np.zeros(0, np.int64)
    return row.env_ids[row.env_ids == int(number)]


def _pose_sources(stage: Usd.Stage, request: CloneRequest, transaction: LayerTransaction) -> None:
    """Author the pose of their environment on sources that are their own destination."""
    if request.positions is None and request.quats_xyzw is None:
        return
    own = [replace(row, env_ids=_self_cells(row)) for row in request.rows if row.posed]
    rows = tuple(row for row in own if len(row.env_ids))
    for row in rows:
        transaction.before_write(Sdf.Path(row.source))
    if rows:
        replicate(stage, replace(request, rows=rows))
