"""Arguments of the replicate functions, checked before anything is authored.

Belongs here: turning tensors, arrays and sequences into a ``CloneRequest`` and refusing what is
wrong. Does not belong here: pxr; whether paths exist on a stage is checked in ``replication``.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, cast

import numpy as np
from numpy.typing import NDArray

from inspector.cloner.templates import depth, is_below, is_prim_path, template_fault

CloneMode: TypeAlias = Literal["copy", "reference", "instance"]
MODES: tuple[CloneMode, ...] = ("copy", "reference", "instance")


@dataclass(frozen=True, eq=False)
class RowCells:
    """The true cells of one row of the mask.

    Attributes:
        row: Row of the mask.
        source: Source prim path.
        template: Destination template.
        env_ids: Environments that receive the source, int64, shape [k].
        posed: Whether the pose of the environment is authored on the destinations.
        has_nested: Whether destinations of other rows lie below those of this row.
    """

    row: int
    source: str
    template: str
    env_ids: NDArray[np.int64]
    posed: bool
    has_nested: bool

    def destinations(self) -> list[str]:
        """Return the destination paths in the order of ``env_ids``."""
        head, _, tail = self.template.partition("{}")
        return [f"{head}{env_id}{tail}" for env_id in self.env_ids.tolist()]


@dataclass(frozen=True, eq=False)
class CloneRequest:
    """Checked arguments: rows with work to do, parents before children.

    Attributes:
        rows: Rows with at least one true cell, shallowest template first.
        positions: Position of each env id, float64, shape [*, 3].
        quats_xyzw: Unit orientation of each env id, float64, shape [*, 4].
        mode: How clones are made.
    """

    rows: tuple[RowCells, ...]
    positions: NDArray[np.float64] | None = None
    quats_xyzw: NDArray[np.float64] | None = None
    mode: CloneMode = "copy"

    @property
    def cell_count(self) -> int:
        """Number of true cells."""
        return sum(len(row.env_ids) for row in self.rows)


def read_request(
    sources: Any,
    destinations: Any,
    env_ids: Any,
    mask: Any,
    positions: Any = None,
    quaternions: Any = None,
    mode: str = "copy",
) -> CloneRequest:
    """Check the arguments of a replicate function.

    Args:
        sources: Source prim paths, s rows.
        destinations: Destination templates, s rows.
        env_ids: Ids of the environments, shape [e].
        mask: Who receives what, bool, shape [s, e]; ``None`` is all true.
        positions: Position of each env id, shape [*, 3].
        quaternions: Orientation (xyzw) of each env id, shape [*, 4].
        mode: How clones are made.

    Returns:
        The checked request.

    Raises:
        TypeError: If a type or a dtype is wrong.
        ValueError: If a value, a length or a shape is wrong, or two sources claim one destination.
    """
    source_paths = _strings("sources", sources)
    templates = _strings("destinations", destinations)
    if len(source_paths) != len(templates):
        raise ValueError(
            f"sources and destinations have different lengths: {len(source_paths)} and "
            f"{len(templates)}."
        )
    _check_paths(source_paths, templates)
    ids = _env_ids(env_ids)
    cells = _mask(mask, len(source_paths), len(ids))
    if mode not in MODES:
        raise ValueError(f"mode must be one of {', '.join(MODES)}, got {mode!r}.")
    highest = int(ids.max(initial=-1)) if cells.any() else -1
    return CloneRequest(
        rows=_rows(source_paths, templates, ids, cells),
        positions=_per_env("positions", positions, 3, highest),
        quats_xyzw=_unit(_per_env("quaternions", quaternions, 4, highest)),
        mode=mode,
    )


def _rows(
    sources: Sequence[str],
    templates: Sequence[str],
    env_ids: NDArray[np.int64],
    cells: NDArray[np.bool_],
) -> tuple[RowCells, ...]:
    cells = _without_conflicts(sources, templates, env_ids, cells)
    used = [row for row in range(len(sources)) if cells[row].any()]
    used_templates = {templates[row] for row in used}
    nested = {
        below for below in used_templates if any(is_below(below, above) for above in used_templates)
    }
    above = {one for one in used_templates if any(is_below(other, one) for other in used_templates)}
    return tuple(
        RowCells(
            row=row,
            source=sources[row],
            template=templates[row],
            env_ids=env_ids[cells[row]],
            posed=templates[row] not in nested,
            has_nested=templates[row] in above,
        )
        for row in sorted(used, key=lambda row: depth(templates[row]))
    )


def _without_conflicts(
    sources: Sequence[str],
    templates: Sequence[str],
    env_ids: NDArray[np.int64],
    cells: NDArray[np.bool_],
) -> NDArray[np.bool_]:
    """Drop cells that repeat another row; refuse those that contradict one.

    Raises:
        ValueError: If two rows with different sources claim one destination.
    """
    if len(sources) < 2:
        return cells
    cells = cells.copy()
    owner: dict[str, int] = {}
    for row, template in enumerate(templates):
        head, _, tail = template.partition("{}")
        for column in np.flatnonzero(cells[row]).tolist():
            path = f"{head}{env_ids[column]}{tail}"
            first = owner.setdefault(path, row)
            if first == row:
                continue
            if sources[first] != sources[row]:
                raise ValueError(
                    f"mask gives {path} two sources: row {first} ({sources[first]}) and "
                    f"row {row} ({sources[row]})."
                )
            cells[row, column] = False
    return cells


def _strings(name: str, values: Any) -> list[str]:
    """Return a list of strings.

    Raises:
        TypeError: If it is anything else.
    """
    if isinstance(values, str):
        raise TypeError(f"{name} must be a sequence of strings, got one string {values!r}.")
    try:
        items = [value if isinstance(value, str) else _path_text(value) for value in values]
    except TypeError:
        raise TypeError(
            f"{name} must be a sequence of strings, got {type(values).__name__}."
        ) from None
    for row, item in enumerate(items):
        if item is None:
            kind = type(list(values)[row]).__name__
            raise TypeError(f"{name}[{row}] must be a string, got {kind}.")
    return cast("list[str]", items)


def _path_text(value: Any) -> str | None:
    """Return the text of an ``Sdf.Path``, ``None`` for anything else."""
    text = getattr(value, "pathString", None)
    return text if isinstance(text, str) else None


def _check_paths(sources: Sequence[str], templates: Sequence[str]) -> None:
    """Check the spelling of sources and templates.

    Raises:
        ValueError: If one is wrong.
    """
    for row, (source, template) in enumerate(zip(sources, templates, strict=True)):
        if fault := template_fault(template):
            raise ValueError(f"destinations[{row}] {template!r} {fault}.")
        if not is_prim_path(source):
            raise ValueError(f"sources[{row}] {source!r} is no absolute prim path.")


def _array(value: Any) -> NDArray[Any]:
    """Return a numpy array of anything array-like, tensors on a device included."""
    if hasattr(value, "detach"):
        value = value.detach().cpu().numpy()
    return np.asarray(value)


def _env_ids(value: Any) -> NDArray[np.int64]:
    """Return env ids.

    Raises:
        TypeError: If they are no integers.
        ValueError: If one is negative or given twice, or the shape is wrong.
    """
    ids = _array(value)
    if ids.ndim != 1:
        raise ValueError(f"env_ids must have shape [num_envs], got {list(ids.shape)}.")
    if ids.size == 0:
        return np.zeros(0, np.int64)
    if not np.issubdtype(ids.dtype, np.integer):
        raise TypeError(f"env_ids must be integers, got {ids.dtype}.")
    ids = ids.astype(np.int64)
    if (ids < 0).any():
        raise ValueError(f"env_ids must not be negative, got {int(ids[ids < 0][0])}.")
    unique, counts = np.unique(ids, return_counts=True)
    if (counts > 1).any():
        raise ValueError(f"env_ids holds {int(unique[counts > 1][0])} more than once.")
    return ids


def _mask(value: Any, rows: int, columns: int) -> NDArray[np.bool_]:
    """Return the mask with two dimensions.

    Raises:
        TypeError: If it is not boolean.
        ValueError: If its shape is wrong.
    """
    if value is None:
        return np.ones((rows, columns), bool)
    mask = _array(value)
    if mask.size == 0 and isinstance(value, (list, tuple)):
        mask = mask.astype(bool)  # an empty list has no type of its own
    if mask.dtype != np.bool_:
        raise TypeError(f"mask must be bool, got {mask.dtype}; convert it with '!= 0'.")
    if mask.ndim == 1:
        mask = mask[None, :]
    if mask.shape != (rows, columns):
        raise ValueError(
            f"mask must have shape [{rows}, {columns}] (sources × env_ids), "
            f"got {list(_array(value).shape)}."
        )
    return mask


def _per_env(name: str, value: Any, width: int, highest: int) -> NDArray[np.float64] | None:
    """Return poses that are indexed by env id.

    Raises:
        TypeError: If they are no numbers.
        ValueError: If the shape is wrong, a row is missing or a value is not finite.
    """
    if value is None:
        return None
    try:
        poses = _array(value)
    except ValueError as error:
        raise ValueError(f"{name} must have rows of {width} numbers: {error}") from error
    if poses.dtype == np.bool_ or not np.issubdtype(poses.dtype, np.number):
        raise TypeError(f"{name} must be numbers, got {poses.dtype}.")
    if np.iscomplexobj(poses):
        raise TypeError(f"{name} must be real numbers, got {poses.dtype}.")
    if poses.ndim != 2 or poses.shape[1] != width:
        raise ValueError(f"{name} must have shape [num_envs, {width}], got {list(poses.shape)}.")
    if len(poses) <= highest:
        raise ValueError(
            f"{name} has {len(poses)} rows but is indexed by env id and env {highest} needs row "
            f"{highest}."
        )
    poses = poses.astype(np.float64)
    wrong = ~np.isfinite(poses).all(axis=1)
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        raise ValueError(f"{name}[{row}] is not finite: {poses[row].tolist()}.")
    return poses


def _unit(quats: NDArray[np.float64] | None) -> NDArray[np.float64] | None:
    """Return unit quaternions; those that are unit already stay as they are, bit for bit.

    Raises:
        ValueError: If one has no length.
    """
    if quats is None:
        return None
    norm = np.linalg.norm(quats, axis=1, keepdims=True)
    if (norm < 1e-9).any():
        row = int(np.flatnonzero(norm[:, 0] < 1e-9)[0])
        raise ValueError(f"quaternions[{row}] has no length; identity (xyzw) is [0, 0, 0, 1].")
    return np.where(np.abs(norm - 1.0) > 1e-6, quats / norm, quats)


def checked_count(name: str, value: Any) -> int:
    """Return a number of environments.

    Args:
        name: Argument, for the message.
        value: What was passed.

    Raises:
        TypeError: If it is no integer.
        ValueError: If it is negative.
    """
    if isinstance(value, bool):
        raise TypeError(f"{name} must be an integer, got {value!r}.")
    try:
        count = operator.index(value)
    except TypeError:
        raise TypeError(f"{name} must be an integer, got {type(value).__name__}.") from None
    if count < 0:
        raise ValueError(f"{name} must not be negative, got {count}.")
    return count
