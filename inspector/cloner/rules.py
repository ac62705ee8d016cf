"""Lints of a clone mask that need no stage. A value module: numpy only, neither torch nor pxr.

The window runs them on every stroke of the brush, so they work on whole rows. Lints that look at
a stage are in ``stage_rules``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from inspector.cloner.templates import env_id_in, is_prim_path, template_fault
from inspector.utils.message import Message
from inspector.utils.states import Severity

_SHOWN = 8


def check(
    sources: Sequence[str],
    destinations: Sequence[str],
    env_ids: ArrayLike,
    clone_mask: NDArray[np.bool_],
    known_paths: Collection[str] | None = None,
) -> tuple[Message, ...]:
    """Look for mistakes in a clone mask.

    Args:
        sources: Source prim path of each row, s rows.
        destinations: Destination template of each row; equal templates form a group.
        env_ids: Env id of each column, shape [e].
        clone_mask: Who receives what, bool, shape [s, e].
        known_paths: Paths that exist on the stage; without them sources are not looked up.

    Returns:
        Messages, the worst first. An error means that cloning would be refused or that an
        environment would lack something.
    """
    ids = np.asarray(env_ids).astype(np.int64).reshape(-1)
    mask = np.asarray(clone_mask)
    fault = _shape_fault(sources, destinations, ids, mask)
    if fault is not None:
        return (fault,)
    mask = mask.astype(np.bool_, copy=False)
    used: NDArray[np.bool_] = np.asarray(mask.any(axis=1))
    found = [
        *_templates(destinations),
        *_env_ids(ids),
        *_groups(sources, destinations, ids, mask),
        *_sources(sources, used, known_paths),
        *_order(destinations, used),
        *_self_copies(sources, destinations, ids, mask),
        *_unused(sources, destinations, used),
    ]
    return tuple(sorted(found, key=lambda message: -message.severity))


def _shape_fault(
    sources: Sequence[str],
    destinations: Sequence[str],
    env_ids: NDArray[np.int64],
    mask: NDArray[np.bool_],
) -> Message | None:
    rows, columns = len(sources), len(env_ids)
    if len(destinations) != rows:
        text = f"There are {rows} sources but {len(destinations)} destinations."
        return Message(Severity.ERROR, text, code="length-mismatch")
    if mask.ndim != 2 or mask.shape[0] != rows:
        text = f"The mask has shape {list(mask.shape)} but there are {rows} source rows."
        return Message(Severity.ERROR, text, code="mask-height")
    if mask.shape[1] != columns:
        text = (
            f"The mask is {mask.shape[1]} columns wide but there are {columns} environments; "
            "make one column per environment."
        )
        return Message(Severity.ERROR, text, code="mask-width")
    return None


def _templates(destinations: Sequence[str]) -> Iterator[Message]:
    for template in dict.fromkeys(destinations):
        if fault := template_fault(template):
            text = f"Destination {template!r} {fault}."
            yield Message(Severity.ERROR, text, template, code="template")


def _env_ids(env_ids: NDArray[np.int64]) -> Iterator[Message]:
    negative = env_ids[env_ids < 0]
    if len(negative):
        text = f"Env ids must not be negative, but {_listed(negative)}."
        yield Message(Severity.ERROR, text, env_ids=_few(negative), code="negative-env-id")
    if len(env_ids) > 1 and not (np.diff(env_ids) > 0).all():
        unique, counts = np.unique(env_ids, return_counts=True)
        twice = unique[counts > 1]
        if len(twice):
            text = f"Env ids must be given once, but {_listed(twice)} more than once."
            yield Message(Severity.ERROR, text, env_ids=_few(twice), code="duplicate-env-id")


def _groups(
    sources: Sequence[str],
    destinations: Sequence[str],
    env_ids: NDArray[np.int64],
    mask: NDArray[np.bool_],
) -> Iterator[Message]:
    groups: dict[str, dict[str, list[int]]] = {}
    for row, (source, template) in enumerate(zip(sources, destinations, strict=True)):
        groups.setdefault(template, {}).setdefault(source, []).append(row)
    for template, by_source in groups.items():
        once = np.zeros(mask.shape[1], np.bool_)
        twice = np.zeros(mask.shape[1], np.bool_)
        for rows in by_source.values():  # repeating a source is harmless
            cells = mask[rows[0]] if len(rows) == 1 else mask[rows].any(axis=0)
            twice |= once & cells
            once |= cells
        if not once.all():
            envs = env_ids[~once]
            text = f"{_envs(envs)} no source for {template}; paint one of {_names(by_source)}."
            yield Message(
                Severity.ERROR, text, _first(template, envs), _few(envs), "env-without-source"
            )
        if twice.any():
            envs = env_ids[twice]
            text = f"{_envs(envs)} more than one source for {template}; keep one of them."
            yield Message(Severity.ERROR, text, _first(template, envs), _few(envs), "two-sources")


def _sources(
    sources: Sequence[str], used: NDArray[np.bool_], known_paths: Collection[str] | None
) -> Iterator[Message]:
    for source in dict.fromkeys(source for source, row in zip(sources, used, strict=True) if row):
        if not is_prim_path(source):
            text = f"Source {source!r} is no absolute prim path."
            yield Message(Severity.ERROR, text, source, code="source-path")
        elif known_paths is not None and source not in known_paths:
            text = f"There is no prim at {source}; spawn the source before cloning it."
            yield Message(Severity.ERROR, text, source, code="missing-source")


def _order(destinations: Sequence[str], used: NDArray[np.bool_]) -> Iterator[Message]:
    first: dict[str, int] = {}
    last: dict[str, int] = {}
    for row in np.flatnonzero(used).tolist():
        first.setdefault(destinations[row], row)
        last[destinations[row]] = row
    for below, row in first.items():
        above = below.rpartition("/")[0]
        while above:
            if last.get(above, -1) > row:
                text = (
                    f"Row {row} ({below}) comes before row {last[above]} ({above}), which contains "
                    "it; here parents are cloned first, other programs may overwrite the child."
                )
                yield Message(Severity.WARNING, text, below, code="child-before-parent")
            above = above.rpartition("/")[0]


def _self_copies(
    sources: Sequence[str],
    destinations: Sequence[str],
    env_ids: NDArray[np.int64],
    mask: NDArray[np.bool_],
) -> Iterator[Message]:
    for row, (source, template) in enumerate(zip(sources, destinations, strict=True)):
        own = env_id_in(source, template) if template.count("{}") == 1 else None
        if own is None or not (mask[row] & (env_ids == own)).any():
            continue
        text = f"{source} is the source of row {row} and its clone in env_{own}; it stays as it is."
        yield Message(Severity.INFO, text, source, (own,), "self-copy")


def _unused(
    sources: Sequence[str], destinations: Sequence[str], used: NDArray[np.bool_]
) -> Iterator[Message]:
    for row in np.flatnonzero(~used).tolist() if len(used) else ():
        text = f"No environment receives row {row} ({sources[row]} → {destinations[row]})."
        yield Message(Severity.INFO, text, sources[row], code="unused-row")


def _first(template: str, env_ids: NDArray[np.int64]) -> str:
    """Return the destination in the first environment: a path that can be clicked."""
    return template.replace("{}", str(int(env_ids[0])))


def _few(env_ids: NDArray[np.int64]) -> tuple[int, ...]:
    return tuple(env_ids[:_SHOWN].tolist())


def _envs(env_ids: NDArray[np.int64]) -> str:
    """Return the subject and verb of a sentence about environments."""
    if len(env_ids) == 1:
        return f"env_{int(env_ids[0])} has"
    names = ", ".join(f"env_{i}" for i in env_ids[:3].tolist())
    more = f" and {len(env_ids) - 3} more" if len(env_ids) > 3 else ""
    return f"{names}{more} have"


def _listed(env_ids: NDArray[np.int64]) -> str:
    names = ", ".join(str(i) for i in env_ids[:_SHOWN].tolist())
    more = f" and {len(env_ids) - _SHOWN} more" if len(env_ids) > _SHOWN else ""
    return f"{names}{more} {'is' if len(env_ids) == 1 else 'are'}"


def _names(sources: Collection[str]) -> str:
    shown = list(sources)[:3]
    more = f" and {len(sources) - 3} more" if len(sources) > 3 else ""
    return ", ".join(shown) + more
