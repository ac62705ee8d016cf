"""Changing a clone later: write and remove only the cells in which two plans differ."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from pxr import Sdf, Usd

from inspector.cloner.arguments import CloneRequest, RowCells
from inspector.cloner.authoring import CloneJob, CloneWriter, Progress, reference_stub
from inspector.cloner.collision_follow import follow_clones
from inspector.cloner.plan import ClonePlan
from inspector.cloner.plan_change import PlanChange, RowChange, mask_of, plan_change
from inspector.cloner.pose_ops import PoseLayout, pose_layout
from inspector.cloner.replication import check_stage, check_writable
from inspector.cloner.source_specs import capture
from inspector.cloner.templates import depth, is_below
from inspector.cloner.transaction import LayerTransaction


def replicate_difference(
    stage: Usd.Stage, before: ClonePlan, after: ClonePlan, progress: Progress | None = None
) -> ClonePlan:
    """Bring a stage from one plan to another; the result equals a fresh clone.

    Only cells that differ are touched, and the collision groups of clones that come or go. A source that would be lost is kept below
    ``/World/prototypes``, a ``class`` that is neither traversed, drawn nor simulated, and becomes
    the source of its row. New clones are made in the mode of the row's other clones.

    Args:
        stage: Stage on which ``before`` has been replicated.
        before: What is on the stage.
        after: What shall be there; the same environments.
        progress: Reports and cancels; what it raises reaches the caller, and the layer is as it
            was.

    Returns:
        ``after`` with the sources where they are now.

    Raises:
        TypeError: If ``stage`` is no stage.
        ValueError: If the plans have different environments, two rows claim one destination or no
            prim is left to take a source from.
        StageError: If the root layer cannot be edited.
    """
    change = plan_change(stage, before, after)
    positions, quats = _env_poses(after)
    request = CloneRequest(
        rows=requested_rows(after, change), positions=positions, quats_xyzw=quats
    )
    check_stage(stage, request, change.removed)
    check_writable(stage)
    sources = list(after.sources)
    for row in change.rows:
        sources[row.row] = row.source or sources[row.row]
    if not change.written and not change.removed:
        return replace(after, sources=tuple(sources))
    total = len(change.written) + len(change.removed)
    with LayerTransaction(stage.GetRootLayer()) as transaction:
        writer = CloneWriter(stage, transaction, total, progress)
        by_row = {row.row: row for row in change.rows}
        specs = {row: capture(stage, Sdf.Path(by_row[row].source)) for row in _read(change)}
        layouts = {cells.row: _layout(stage, cells, request) for cells in request.rows}
        for row in sorted(change.exposed):
            kept = writer.keep_prototype(specs[row], Sdf.Path(by_row[row].source), row)
            sources[row] = kept.pathString
            _follow(writer, after, by_row[row], kept)
        jobs = [
            _job(after, by_row[cells.row], cells, sources, specs, layouts) for cells in request.rows
        ]
        writer.remove(change.removed, "Remove clones")
        for job in jobs:
            writer.write(job, positions, quats)
        templates = {*before.destinations, *after.destinations}
        follow_clones(stage, transaction, templates, change.removed, change.written)
    return replace(after, sources=tuple(sources))


def requested_rows(plan: ClonePlan, change: PlanChange) -> tuple[RowCells, ...]:
    """Return the rows to write, parents before children."""
    cells = mask_of(plan)
    used = {plan.destinations[row] for row in range(len(cells)) if cells[row].any()}
    return tuple(
        RowCells(
            row=row.row,
            source=row.source,
            template=(template := plan.destinations[row.row]),
            env_ids=row.added,
            # Only environment roots stand at the pose of their environment.
            posed="{}" in template.rpartition("/")[2],
            has_nested=any(is_below(other, template) for other in used),
        )
        for row in sorted(change.rows, key=lambda item: depth(plan.destinations[item.row]))
        if len(row.added)
    )


def _env_poses(
    plan: ClonePlan,
) -> tuple[NDArray[np.float64] | None, NDArray[np.float64] | None]:
    if plan.env_pose is None:
        return None, None
    pose = plan.env_pose.detach().cpu().numpy().astype(np.float64)
    return pose[:, :3], pose[:, 3:]


def _read(change: PlanChange) -> set[int]:
    """Rows whose source has to be read."""
    return {row.row for row in change.rows if len(row.added)} | set(change.exposed)


def _layout(stage: Usd.Stage, cells: RowCells, request: CloneRequest) -> PoseLayout | None:
    if not cells.posed or request.positions is None:
        return None
    return pose_layout(stage.GetPrimAtPath(cells.source), translated=True, oriented=True)


def _follow(writer: CloneWriter, plan: ClonePlan, row: RowChange, kept: Sdf.Path) -> None:
    """Point the row's remaining references at the prototype that is kept."""
    if row.mode == "copy":
        return
    clones = [plan.destination(row.row, env_id) for env_id in row.kept.tolist()]
    writer.retarget(clones, Sdf.Path(row.source), kept)


def _job(
    plan: ClonePlan,
    row: RowChange,
    cells: RowCells,
    sources: list[str],
    specs: Mapping[int, Sdf.Layer],
    layouts: Mapping[int, PoseLayout | None],
) -> CloneJob:
    layer, path = specs[row.row], Sdf.Path(row.source)
    if row.mode != "copy" and not cells.has_nested:
        target = Sdf.Path(sources[row.row])
        layer, path = reference_stub(target, instanceable=row.mode == "instance")
    return CloneJob(
        specs=layer,
        path=path,
        source=Sdf.Path.emptyPath,  # a source that is written over has just been kept
        destinations=cells.destinations(),
        env_ids=cells.env_ids,
        layout=layouts[row.row],
        text=f"Clone {plan.sources[row.row]}",
        nested=not cells.posed,
    )
