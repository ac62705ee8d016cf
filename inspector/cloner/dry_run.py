"""What cloning would do and cost, before anything is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from pxr import Usd, UsdGeom

from inspector.cloner.arguments import CloneMode, CloneRequest, read_request
from inspector.cloner.difference import requested_rows
from inspector.cloner.estimate import DryRun
from inspector.cloner.plan import ClonePlan
from inspector.cloner.plan_change import plan_change
from inspector.cloner.replication import check_stage


@dataclass(frozen=True)
class Rates:
    """Measured costs of one clone mode.

    Attributes:
        seconds_per_prim: Time per prim that USD composes [s].
        seconds_per_clone: Time per destination [s].
        bytes_per_prim: Memory per prim that USD composes [B].
        bytes_per_clone: Memory per destination [B].
    """

    seconds_per_prim: float
    seconds_per_clone: float
    bytes_per_prim: float
    bytes_per_clone: float


# 30 prims × 4096 environments on two cores; instances compose their root only.
RATES: dict[CloneMode, Rates] = {
    "copy": Rates(14e-6, 20e-6, 1780, 0),
    "reference": Rates(3.5e-6, 20e-6, 480, 500),
    "instance": Rates(0.0, 35e-6, 0, 2700),
}
_REMOVE_SECONDS_PER_PRIM = 4e-6

# What a difference costs beside its prims: reading both plans, and one notice for each clone that
# replaces another, which USD composes on its own.
_DIFFERENCE_SECONDS = 2e-3
_DIFFERENCE_SECONDS_PER_ENV = 0.8e-6
_DIFFERENCE_SECONDS_PER_CLONE = 0.1e-3


def dry_run_replicate(
    stage: Usd.Stage,
    sources: Any,
    destinations: Any,
    env_ids: Any,
    mask: Any = None,
    *,
    mode: CloneMode = "copy",
) -> DryRun:
    """Estimate a ``usd_replicate`` call with the same arguments.

    Args:
        stage: Stage; it is not changed.
        sources: Source prim paths, s rows.
        destinations: Destination templates, s rows.
        env_ids: Ids of the environments, shape [e].
        mask: Who receives what, bool, shape [s, e].
        mode: How clones would be made.

    Returns:
        The estimate.

    Raises:
        TypeError: As ``usd_replicate``.
        ValueError: As ``usd_replicate``.
    """
    request = read_request(sources, destinations, env_ids, mask, mode=mode)
    written = check_stage(stage, request)
    modes: list[CloneMode] = [mode] * len(request.rows)
    return _estimate(stage, request, modes, written)


def dry_run_difference(stage: Usd.Stage, before: ClonePlan, after: ClonePlan) -> DryRun:
    """Estimate a ``replicate_difference`` call with the same arguments.

    Args:
        stage: Stage; it is not changed.
        before: What is on the stage.
        after: What shall be there.

    Returns:
        The estimate.

    Raises:
        TypeError: As ``replicate_difference``.
        ValueError: As ``replicate_difference``.
    """
    change = plan_change(stage, before, after)
    request = CloneRequest(rows=requested_rows(after, change))
    check_stage(stage, request, change.removed)
    by_row: dict[int, CloneMode] = {row.row: row.mode for row in change.rows}
    modes: list[CloneMode] = [by_row[row.row] for row in request.rows]
    touched = [*change.written, *change.removed]
    found = _estimate(stage, request, modes, touched)
    seconds = _DIFFERENCE_SECONDS + _DIFFERENCE_SECONDS_PER_ENV * after.num_envs
    seconds += _DIFFERENCE_SECONDS_PER_CLONE * len(touched)
    return replace(found, seconds=found.seconds + seconds)


def _estimate(
    stage: Usd.Stage,
    request: CloneRequest,
    modes: Sequence[CloneMode],
    touched: list[str],
) -> DryRun:
    removed = sum(_count(stage, path)[0] for path in touched)
    created = rows = clones = 0
    seconds, memory = removed * _REMOVE_SECONDS_PER_PRIM, -removed * RATES["copy"].bytes_per_prim
    for row, wanted in zip(request.rows, modes, strict=True):
        mode: CloneMode = "copy" if row.has_nested else wanted
        prims, transforms = _count(stage, row.source)
        count = len(row.env_ids) - row.destinations().count(row.source)
        rates = RATES[mode]
        composed = 1 if mode == "instance" else prims
        clones += count
        created += count * composed
        rows += count * transforms
        seconds += count * (composed * rates.seconds_per_prim + rates.seconds_per_clone)
        memory += count * (composed * rates.bytes_per_prim + rates.bytes_per_clone)
    return DryRun(created, removed, clones, rows, seconds, max(0, round(memory)))


def _count(stage: Usd.Stage, path: str) -> tuple[int, int]:
    """Return the number of prims and of transformable prims at and below a path."""
    root = stage.GetPrimAtPath(path)
    if not root:
        return 0, 0
    # Prototypes lie below a class, so the default predicate would pass over them.
    kept = Usd.PrimIsActive & Usd.PrimIsDefined & Usd.PrimIsLoaded
    prims = list(Usd.PrimRange(root, Usd.TraverseInstanceProxies(kept)))
    return len(prims), sum(bool(UsdGeom.Xformable(prim)) for prim in prims)
