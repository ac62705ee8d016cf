"""Moving prims to world poses: as local transforms in USD while stopped, live while playing.

Belongs here: what a ``PoseEdit`` becomes. Which state the simulation must be in is decided here
too, because it is part of what such an edit means.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from pxr import Gf, Sdf, Usd, UsdGeom

from inspector.errors import EditRefusedError, InspectorError
from inspector.fabric.scene_tables import SceneTables
from inspector.physics.backend import Progress
from inspector.physics.engine_state import require_state
from inspector.physics.poses import from_world_matrices
from inspector.session.edits import PoseEdit, RestoreEdit, StopApplyPlay
from inspector.session.passes import AT_ONCE, parts, passes
from inspector.session.scripted_edits import move_scripted, scripted_among
from inspector.session.sync_edits import pack_rows, put_rows, unpack_rows
from inspector.session.usd_edits import UsdEditor, xform_specs
from inspector.sim.pose_math import stretches, world_matrices
from inspector.sim.simulation_context import SimulationContext
from inspector.usd.transforms import present_values, standardize_xform_ops
from inspector.usd.world_cache import WorldCache
from inspector.utils.states import PlayState, Writer

_SHEAR = 1e-6
_SAME = 1e-9
_LEAST, _MOST = 1e-30, 1e30
"""Between these, squares of numbers neither vanish nor overflow."""

_Matrices: TypeAlias = NDArray[np.float64]


Inverse: TypeAlias = PoseEdit | RestoreEdit


def apply_pose_edit(
    edit: PoseEdit, sim: SimulationContext, editor: UsdEditor, progress: Progress | None = None
) -> Inverse:
    """Move prims and return the inverse.

    Args:
        edit: What to move, and where to.
        sim: The simulation.
        editor: Authors USD.
        progress: Reports and cancels.

    Raises:
        CancelledError: ``progress`` cancelled; the stage is as it was.
        EditRefusedError: The edit belongs to the other state, a prim cannot be moved, or the
            matrices are none.
    """
    worlds = _matrices(edit)
    stopped = sim.state is PlayState.STOPPED
    if edit.live and (stopped or edit.play not in {0, sim.play_generation}):
        raise EditRefusedError(
            f"'{edit.text}' belongs to a run of the simulation that is over.",
            todo="It is gone since stop.",
        )
    if not edit.live and not stopped:
        raise EditRefusedError(
            f"'{edit.text}' changes USD, and physics is running.",
            todo="Stop, apply, play.",
            offer=StopApplyPlay.kind,
        )
    if scripted_among(sim.tables, edit.paths):
        before = move_scripted(edit, worlds, sim.tables, sim.step_count)
        return replace(editor.inverse(edit.text, ()), scripted=before)
    if edit.live:
        return _move_live(edit, worlds, sim)
    return _author(edit, worlds, sim, editor, progress)


def _matrices(edit: PoseEdit) -> _Matrices:
    worlds = np.array(edit.worlds, np.float64)
    if len(worlds) != 16 * len(edit.paths) or not len(worlds) or not np.isfinite(worlds).all():
        raise EditRefusedError(
            f"'{edit.text}' needs 16 finite numbers for each of {len(edit.paths)} prims, got "
            f"{len(worlds)} numbers."
        )
    worlds = worlds.reshape(-1, 4, 4)
    axes = np.abs(worlds[:, :3, :3]).max(axis=(1, 2))
    flat = (axes < _LEAST) | (np.abs(worlds[:, :3]).max(axis=(1, 2)) > _MOST)
    if flat.any() or (np.abs(worlds[:, 3]) > _MOST).any():
        raise EditRefusedError(
            f"'{edit.text}' has a matrix that is no transform: its axes are zero, or its numbers "
            "are too large.",
            where=edit.paths[int(np.argmax(flat))],
        )
    return worlds


# While stopped ------------------------------------------------------------------------------


_Values: TypeAlias = tuple[list[float], list[float] | None, list[float] | None]
"""Translation, orientation (xyzw) and scale in the parent's frame; None for what stays."""
_PlainOps: TypeAlias = list[tuple[Sdf.AttributeSpec, Any]] | None
"""What ``UsdEditor.plain_ops`` returns."""


def _author(
    edit: PoseEdit,
    worlds: _Matrices,
    sim: SimulationContext,
    editor: UsdEditor,
    progress: Progress | None,
) -> RestoreEdit:
    """Author translate, orient and scale of each prim in its parent's frame."""
    prims: list[Usd.Prim] = []
    values: list[_Values] = []
    plain: list[_PlainOps] = []
    count = len(edit.paths)
    look, keep, write = passes(progress, edit.text, count, 3)
    for start in range(0, count, AT_ONCE):
        look(start / count)
        paths = edit.paths[start : start + AT_ONCE]
        found = [editor.editable(path) for path in paths]
        local = _local_values(found, paths, worlds[start : start + AT_ONCE], sim.tables.world_cache)
        # Most prims have the three ops in their order: what changes of them is written, only that.
        plain += [editor.plain_ops(prim, value) for prim, value in zip(found, local, strict=True)]
        prims += found
        values += local
    specs: list[str] = []
    for prim, ops in zip(prims, plain, strict=True):
        specs += xform_specs(prim) if ops is None else [str(op.path) for op, _ in ops]
    inverse = editor.inverse(edit.text, specs, told=keep)
    with editor.all_or_nothing(inverse):
        for part in parts(count, write):
            with Sdf.ChangeBlock():
                for prim, value, ops in zip(prims[part], values[part], plain[part], strict=True):
                    if ops is None:
                        standardize_xform_ops(prim, *value)
                        continue
                    for op, number in ops:
                        op.default = number
    return inverse


def _local_values(
    prims: list[Usd.Prim], paths: Sequence[str], worlds: _Matrices, cache: WorldCache
) -> list[_Values]:
    """Return the local values that put prims at world poses.

    Raises:
        EditRefusedError: A prim has no transform, or would be sheared.
    """
    found = cache.prims.paths.find_paths(paths)
    rows = np.where(found >= 0, cache.hierarchy.row_of_prim[found], -1)
    if (rows < 0).any():
        path = paths[int(np.argmax(rows < 0))]
        raise EditRefusedError(f"{path} has no transform.", where=path)
    before, above = cache.local[rows], cache.hierarchy.parent[rows]
    parents = np.where((above >= 0)[:, None, None], cache.world[above], np.eye(4))
    flat = np.abs(np.linalg.det(parents)) < 1e-30
    if flat.any():
        path = paths[int(np.argmax(flat))]
        raise EditRefusedError(
            f"{path} cannot be moved: something above it is scaled to nothing.", where=path
        )
    local = worlds @ np.linalg.inv(parents)
    change = np.abs(local[:, :3, :3] - before[:, :3, :3]).max(axis=(1, 2))
    stays = change <= _SAME * np.maximum(np.abs(before[:, :3, :3]).max(axis=(1, 2)), 1e-30)
    return [
        (matrix[3, :3].tolist(), None, None) if keeps else _turned_values(prim, matrix)
        for prim, matrix, keeps in zip(prims, local, stays.tolist(), strict=True)
    ]


def _turned_values(prim: Usd.Prim, local: _Matrices) -> _Values:
    """Return what a local matrix is in translate, orient and scale.

    Raises:
        EditRefusedError: The prim would be sheared.
    """
    path, linear = str(prim.GetPath()), local[:3, :3]
    square = linear @ linear.T
    scale = np.sqrt(np.diagonal(square))
    shear = square - np.diag(np.diagonal(square))
    if (scale == 0).any() or (np.abs(shear) > _SHEAR * np.outer(scale, scale)).any():
        raise EditRefusedError(
            f"{path} cannot be turned like this: what is above it is scaled unevenly, so that it "
            "would be sheared, and translate, orient and scale cannot say that.",
            where=path,
            todo="Move it instead, or turn what is above it.",
        )
    present = np.array(present_values(UsdGeom.Xformable(prim))[2])
    scale *= _signs(present, linear)
    turn = Gf.Matrix4d(1.0)
    turn.SetRotateOnly(Gf.Matrix3d((linear / scale[:, None]).tolist()))
    quat = turn.ExtractRotationQuat()
    quat_xyzw = [*np.array(quat.GetImaginary()).tolist(), quat.GetReal()]
    same = (np.abs(present - scale) <= _SAME * np.abs(present)).all()
    return local[3, :3].tolist(), quat_xyzw, None if same else scale.tolist()


def _signs(present: _Matrices, linear: _Matrices) -> _Matrices:
    """Return signs of the scale that leave a rotation, shape [3]: the present ones if they do."""
    mirrored = bool(np.linalg.det(linear) < 0)
    if bool(np.prod(present) < 0) == mirrored:
        return np.where(present < 0, -1.0, 1.0)
    return np.full(3, -1.0 if mirrored else 1.0)


# While playing ------------------------------------------------------------------------------


def _move_live(edit: PoseEdit, worlds: _Matrices, sim: SimulationContext) -> PoseEdit:
    """Write bodies through the engine, and Fabric rows of everything else."""
    tables = sim.tables
    rows = np.array([_row_of(tables, path) for path in edit.paths], np.int64)
    body_of_row = {int(row): body for body, row in enumerate(sim.body_rows.tolist()) if row >= 0}
    bodies = np.array([body_of_row.get(row, -1) for row in rows.tolist()], np.int64)
    is_body = bodies >= 0
    _check_others(edit, rows[~is_body], sim)
    known = unpack_rows(edit.rows, tables) if edit.rows else {}
    before = (tables.fabric.world if sim.cfg.use_fabric else tables.world_cache.world)[rows]
    if not sim.cfg.use_fabric:
        # Somebody else may have authored over what physics wrote there.
        before[is_body] = world_matrices(
            sim.body_poses[bodies[is_body]], stretches(before[is_body])
        )
    inverse = replace(
        edit,
        worlds=tuple(before.ravel().tolist()),
        play=sim.play_generation,
        rows=pack_rows(tables.fabric, _with_followers(tables, rows[~is_body])),
    )
    if is_body.any():
        _move_bodies(edit, bodies[is_body], worlds[is_body], sim)
    if not is_body.all():
        others = rows[~is_body]
        tables.fabric.write(others, worlds[~is_body], Writer.USER, sim.step_count)
        tables.fabric.update_world_xforms(others)
        if known:
            # An inverse knows who wrote these rows before the user moved them.
            put_rows(tables.fabric, known)
    return inverse


def _row_of(tables: SceneTables, path: str) -> int:
    rows = tables.world_cache.rows_of([path])
    if len(rows) == 0:
        raise EditRefusedError(f"{path} has no transform.", where=path)
    return int(rows[0])


def _with_followers(tables: SceneTables, rows: NDArray[np.int64]) -> NDArray[np.int64]:
    if len(rows) == 0:
        return rows
    return np.flatnonzero(tables.world_cache.hierarchy.below(rows))


def _check_others(edit: PoseEdit, rows: NDArray[np.int64], sim: SimulationContext) -> None:
    """Check that Fabric alone can show it: bodies below stay where physics has them.

    Raises:
        EditRefusedError: There is no Fabric, or there are bodies below.
    """
    if len(rows) == 0:
        return
    path = edit.paths[0]
    if not sim.cfg.use_fabric:
        raise EditRefusedError(
            f"{path} is no body, and without Fabric only bodies move while playing.",
            where=path,
            todo="Stop, and move it in USD.",
        )
    below = _with_followers(sim.tables, rows)
    bodies = int(np.isin(sim.body_rows, below).sum())
    if bodies:
        thing = "a body" if bodies == 1 else f"{bodies} bodies"
        raise EditRefusedError(
            f"{path} holds {thing} that physics moves; moving it would leave them behind.",
            where=path,
            todo="Move the bodies, or stop first.",
        )


def _move_bodies(
    edit: PoseEdit, bodies: NDArray[np.int64], worlds: _Matrices, sim: SimulationContext
) -> None:
    run = sim.require_run("move a body")
    try:
        state = require_state(run.backend, f"move {edit.paths[0]}")
        state.set_body_poses(bodies, from_world_matrices(worlds))
        # Whoever was carried somewhere is let go there, and does not fly on.
        state.set_body_velocities(bodies, np.zeros((len(bodies), 6)))
    except ValueError as error:
        raise EditRefusedError(
            str(error), where=edit.paths[0], todo="Pull it with a spring, or move its root."
        ) from error
    except InspectorError as error:
        raise EditRefusedError(str(error), where=edit.paths[0]) from error
    sim.forward()
