"""What differs between two clone plans, worked out before anything is written."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pxr import Usd

from inspector.cloner.arguments import CloneMode
from inspector.cloner.plan import ClonePlan
from inspector.cloner.replication import is_overwritten
from inspector.cloner.templates import depth, env_id_in, is_below


@dataclass(frozen=True, eq=False)
class RowChange:
    """What changes for one row of the new plan.

    Attributes:
        row: Row of the new plan.
        source: Prim that still has what the row stands for.
        added: Environments that receive it now, int64.
        kept: Environments that had it and keep it, int64.
        mode: How the clones of this row were made.
    """

    row: int
    source: str
    added: NDArray[np.int64]
    kept: NDArray[np.int64]
    mode: CloneMode


@dataclass(frozen=True, eq=False)
class PlanChange:
    """The difference of two plans.

    Attributes:
        rows: Rows of the new plan that are used before or after.
        written: Destinations that are created or replaced.
        removed: Destinations that nobody fills any more.
        exposed: Rows whose source is among the written or removed paths.
    """

    rows: tuple[RowChange, ...]
    written: tuple[str, ...]
    removed: tuple[str, ...]
    exposed: frozenset[int] = field(default_factory=frozenset)


def plan_change(stage: Usd.Stage, before: ClonePlan, after: ClonePlan) -> PlanChange:
    """Work out what differs; nothing is authored.

    Args:
        stage: Stage on which ``before`` has been replicated.
        before: What is on the stage.
        after: What shall be there.

    Returns:
        The difference.

    Raises:
        TypeError: If ``stage`` is no stage.
        ValueError: If the plans have different environments, two rows claim one destination or no
            prim is left to take a source from.
    """
    if not isinstance(stage, Usd.Stage):
        raise TypeError(f"stage must be a Usd.Stage, got {type(stage).__name__}.")
    if before.num_envs != after.num_envs:
        raise ValueError(
            f"The plans have {before.num_envs} and {after.num_envs} environments; a difference "
            "needs the same ones. Clone anew to change their number."
        )
    _check_conflicts(after)
    cells = _changed_cells(before, after)
    _rewrite_what_is_nested(stage, cells)
    sources = _SourceFinder(stage, before)
    removed = {path for cell in cells for path in cell.paths(cell.had & ~cell.has)}
    written: list[str] = []
    rows: list[RowChange] = []
    for cell in cells:
        if cell.row < 0:
            continue
        source = sources.find(cell.key, cell.had, needed=bool(cell.dirty.any()))
        written += cell.paths(cell.dirty)
        rows.append(
            RowChange(
                row=cell.row,
                source=source,
                added=np.flatnonzero(cell.dirty),
                kept=np.flatnonzero(cell.has & ~cell.dirty),
                mode=sources.mode(cell.key, source, cell.had),
            )
        )
    touched = sorted(removed.union(written))
    exposed = (row.row for row in rows if row.source and is_overwritten(row.source, touched))
    removed.difference_update(written)
    return PlanChange(tuple(rows), tuple(written), tuple(sorted(removed)), frozenset(exposed))


@dataclass(eq=False)
class _RowCells:
    """One row in both plans; ``row`` is -1 when the new plan lacks it.

    Attributes:
        key: Source and template.
        row: Row of the new plan.
        had: Cells before, bool, shape [e].
        has: Cells after, bool, shape [e].
        dirty: Cells to write, bool, shape [e].
    """

    key: tuple[str, str]
    row: int
    had: NDArray[np.bool_]
    has: NDArray[np.bool_]
    dirty: NDArray[np.bool_]

    def paths(self, cells: NDArray[np.bool_]) -> list[str]:
        """Return the destinations of some environments, bool, shape [e]."""
        head, _, tail = self.key[1].partition("{}")
        return [f"{head}{env_id}{tail}" for env_id in np.flatnonzero(cells).tolist()]


def _changed_cells(before: ClonePlan, after: ClonePlan) -> list[_RowCells]:
    """Return the rows that are used in either plan, with the cells to write."""
    old, new = _cells_by_row(before), _cells_by_row(after)
    nothing = np.zeros(after.num_envs, bool)
    rows: list[_RowCells] = []
    for key in dict.fromkeys([*new, *old]):
        row, has = new.get(key, (-1, nothing))
        _, had = old.get(key, (-1, nothing))
        if has.any() or had.any():
            rows.append(_RowCells(key, row, had, has, has & ~had))
    return sorted(rows, key=lambda cell: depth(cell.key[1]))


def _rewrite_what_is_nested(stage: Usd.Stage, rows: list[_RowCells]) -> None:
    """Add the cells that have to be written again because rows are nested.

    A destination that is written takes everything below it along, so the rows nested there are
    written again. A nested clone that goes uncovers what its parent row has there; one that comes
    cannot be authored below an instance, and a reference would shine through it.
    """
    pairs = [(a, b) for a in rows for b in rows if is_below(b.key[1], a.key[1])]
    if not pairs:
        return
    filled = _filled_by_template(rows)
    for above, below in reversed(pairs):
        above.dirty |= below.had & ~filled[below.key[1]] & above.has
        maybe = below.dirty & above.has & ~above.dirty
        for env_id, path in zip(np.flatnonzero(maybe), above.paths(maybe), strict=True):
            spec: Any = stage.GetRootLayer().GetPrimAtPath(path)
            above.dirty[env_id] = spec is not None and bool(spec.referenceList.prependedItems)
        own = env_id_in(*above.key)
        if own is not None and own < len(above.dirty) and above.had[own]:
            above.dirty[own] = False  # the source itself: there is nothing else to write there
    for above, below in pairs:
        below.dirty |= below.has & (above.dirty | (above.had & ~above.has))


def _filled_by_template(rows: list[_RowCells]) -> dict[str, NDArray[np.bool_]]:
    filled: dict[str, NDArray[np.bool_]] = {}
    for cell in rows:
        filled[cell.key[1]] = filled.get(cell.key[1], False) | cell.has
    return filled


class _SourceFinder:
    """Finds a prim that still has what a row stands for, and how its clones were made."""

    def __init__(self, stage: Usd.Stage, before: ClonePlan) -> None:
        self._stage = stage
        self._filled: dict[str, tuple[str, str]] = {}
        for (source, template), (row, cells) in _cells_by_row(before).items():
            for env_id in np.flatnonzero(cells).tolist():
                self._filled[before.destination(row, env_id)] = (source, template)

    def find(self, key: tuple[str, str], had: NDArray[np.bool_], *, needed: bool) -> str:
        """Return the path of the row's content: its source, or any clone of it.

        Raises:
            ValueError: If it is needed and there is none.
        """
        source, template = key
        # A source that another row overwrote is no longer what this row stands for.
        if self._filled.get(source, key) == key and self._stage.GetPrimAtPath(source):
            return source
        for env_id in np.flatnonzero(had).tolist():
            clone = template.replace("{}", str(env_id))
            if self._stage.GetPrimAtPath(clone):
                return clone
        if needed:
            raise ValueError(
                f"There is no prim at {source} and no environment has a copy of it; "
                "spawn the source before cloning it."
            )
        return ""

    def mode(self, key: tuple[str, str], source: str, had: NDArray[np.bool_]) -> CloneMode:
        """Return how the clones of a row were made, judged by one of them."""
        for env_id in np.flatnonzero(had).tolist():
            clone = key[1].replace("{}", str(env_id))
            if clone == source:
                continue
            spec: Any = self._stage.GetRootLayer().GetPrimAtPath(clone)
            if spec is None or not _refers_to(spec, source):
                return "copy"
            return "instance" if spec.instanceable else "reference"
        return "copy"


def _refers_to(spec: Any, source: str) -> bool:
    return any(
        not item.assetPath and item.primPath.pathString == source
        for item in spec.referenceList.prependedItems
    )


def mask_of(plan: ClonePlan) -> NDArray[np.bool_]:
    """Return the mask of a plan as an array, shape [s, e]."""
    return plan.clone_mask.detach().cpu().numpy()


def _cells_by_row(plan: ClonePlan) -> dict[tuple[str, str], tuple[int, NDArray[np.bool_]]]:
    """Rows by source and template; rows that repeat each other count once."""
    mask = mask_of(plan)
    rows: dict[tuple[str, str], tuple[int, NDArray[np.bool_]]] = {}
    for row, key in enumerate(zip(plan.sources, plan.destinations, strict=True)):
        first, cells = rows.get(key, (row, np.zeros(plan.num_envs, bool)))
        rows[key] = (first, cells | mask[row])
    return rows


def _check_conflicts(plan: ClonePlan) -> None:
    """Refuse a plan in which two sources claim one destination.

    Raises:
        ValueError: If they do.
    """
    claimed: dict[str, tuple[str, NDArray[np.bool_]]] = {}
    for (source, template), (_, cells) in _cells_by_row(plan).items():
        other, taken = claimed.get(template, ("", np.zeros(plan.num_envs, bool)))
        both = np.flatnonzero(taken & cells)
        if len(both):
            path = template.replace("{}", str(int(both[0])))
            raise ValueError(f"clone_mask gives {path} two sources: {other} and {source}.")
        claimed[template] = (source, taken | cells)
