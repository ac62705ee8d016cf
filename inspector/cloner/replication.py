"""From a checked request to written clones: sources read, jobs prepared, all in one transaction."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from typing import Any

from pxr import Sdf, Usd

from inspector.cloner.arguments import CloneRequest, RowCells
from inspector.cloner.authoring import CloneJob, CloneWriter, Progress, reference_stub
from inspector.cloner.pose_ops import PoseLayout, pose_layout
from inspector.cloner.source_specs import capture
from inspector.cloner.transaction import LayerTransaction
from inspector.errors import StageError


def replicate(stage: Any, request: CloneRequest, progress: Progress | None = None) -> None:
    """Write all clones of a request, or nothing.

    Args:
        stage: Stage whose root layer is written.
        request: Checked arguments.
        progress: Reports and cancels; what it raises reaches the caller.

    Raises:
        TypeError: If ``stage`` is no stage.
        ValueError: If a source does not exist or a destination lies inside an instance.
        StageError: If the root layer cannot be edited.
    """
    written = check_stage(stage, request)
    check_writable(stage)
    with LayerTransaction(stage.GetRootLayer()) as transaction:
        writer = CloneWriter(stage, transaction, request.cell_count, progress)
        # Every source is read before anything is written: one may be another's destination.
        specs = {row.row: capture(stage, Sdf.Path(row.source)) for row in request.rows}
        layouts = {row.row: _layout(stage, request, row) for row in request.rows}
        jobs = [
            _job(writer, request, row, specs[row.row], layouts[row.row], written)
            for row in request.rows
        ]
        for job in jobs:
            writer.write(job, request.positions, request.quats_xyzw)


def check_stage(stage: Any, request: CloneRequest, removed: Sequence[str] = ()) -> list[str]:
    """Check a request against the stage.

    Args:
        stage: Stage whose root layer will be written.
        request: Checked arguments.
        removed: Paths that will be removed first.

    Returns:
        Paths that will be replaced or created, sorted; sources that stay are not among them.

    Raises:
        TypeError: If ``stage`` is no stage.
        ValueError: If a source does not exist or a destination lies inside an instance.
    """
    if not isinstance(stage, Usd.Stage):
        raise TypeError(f"stage must be a Usd.Stage, got {type(stage).__name__}.")
    written: list[str] = []
    for row in request.rows:
        if not stage.GetPrimAtPath(row.source):
            raise ValueError(
                f"sources[{row.row}]: there is no prim at {row.source}; "
                "spawn the source before cloning it."
            )
        written += [path for path in row.destinations() if path != row.source]
    if stage.GetPrototypes():  # without instances nothing can lie inside one
        covered = {*written, *removed}
        for row in request.rows:
            _check_parents(stage, row, covered)
    return sorted(written)


def check_writable(stage: Usd.Stage) -> None:
    """Check that clones can be written; a dry run writes none, and from play to stop nobody can.

    Raises:
        StageError: If the root layer cannot be edited.
    """
    if not stage.GetRootLayer().permissionToEdit:
        raise StageError(
            "The root layer cannot be edited.",
            where=stage.GetRootLayer().identifier,
            todo="Save the scene under another name and clone there.",
        )


def _check_parents(stage: Usd.Stage, row: RowCells, written: set[str]) -> None:
    """Refuse destinations that nobody can author.

    Raises:
        ValueError: If one lies inside an instance.
    """
    for destination in row.destinations():
        path = Sdf.Path(destination).GetParentPath()
        while path != Sdf.Path.absoluteRootPath and path.pathString not in written:
            prim = stage.GetPrimAtPath(path)
            if prim and (prim.IsInstance() or prim.IsInstanceProxy()):
                raise ValueError(
                    f"destinations[{row.row}]: {destination} lies inside the instance {path}; "
                    "make it unique or clone somewhere else."
                )
            if prim:
                break
            path = path.GetParentPath()


def _layout(stage: Usd.Stage, request: CloneRequest, row: RowCells) -> PoseLayout | None:
    translated, oriented = request.positions is not None, request.quats_xyzw is not None
    if not row.posed or not (translated or oriented):
        return None
    prim = stage.GetPrimAtPath(row.source)
    return pose_layout(prim, translated=translated, oriented=oriented)


def _job(
    writer: CloneWriter,
    request: CloneRequest,
    row: RowCells,
    specs: Sdf.Layer,
    layout: PoseLayout | None,
    written: Sequence[str],
) -> CloneJob:
    source = Sdf.Path(row.source)
    path = source
    # Nothing can be authored below an instance, and weaker opinions would shine through a
    # reference: rows with other rows below them are copied in every mode.
    if request.mode != "copy" and not row.has_nested:
        target = source
        if is_overwritten(row.source, written):
            target = writer.keep_prototype(specs, source, row.row)
        specs, path = reference_stub(target, instanceable=request.mode == "instance")
    return CloneJob(
        specs=specs,
        path=path,
        source=source,
        destinations=row.destinations(),
        env_ids=row.env_ids,
        layout=layout,
        text=f"Clone {row.source}",
        nested=not row.posed,
    )


def is_overwritten(source: str, written: Sequence[str]) -> bool:
    """Return whether one of some sorted paths is at, above or below a source."""
    at = bisect_right(written, source + "/")
    if at < len(written) and written[at].startswith(source + "/"):
        return True
    return any(_contains(written, path) for path in _upwards(source))


def _upwards(path: str) -> Iterable[str]:
    while path:
        yield path
        path = path.rpartition("/")[0]


def _contains(paths: Sequence[str], path: str) -> bool:
    at = bisect_right(paths, path)
    return at > 0 and paths[at - 1] == path
