"""Mask lints: what is wrong with a plan, found on plain arrays before anything is authored.

A value module: numpy only, so that the window checks every stroke without an engine. Lints that
need a stage live in ``stage_lints``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from inspector.utils.message import Message
from inspector.utils.states import Severity

_SHOWN = 8
"""Number of env ids that a lint carries at the most."""


def check(
    sources: Sequence[str],
    destinations: Sequence[str],
    env_ids: NDArray[np.integer],
    clone_mask: NDArray[np.bool_],
) -> tuple[Message, ...]:
    """Return everything that is wrong or odd about a plan, errors first.

    Args:
        sources: Prim path of the source of each row, S rows.
        destinations: Destination template of each row.
        env_ids: Env id of each column, shape [E].
        clone_mask: Who receives what, bool, shape [S, E].

    Returns:
        Lints; an error forbids to apply the plan.
    """
    if clone_mask.shape != (len(sources), len(env_ids)):
        text = (
            f"The mask has shape {list(clone_mask.shape)}, but there are {len(sources)} source "
            f"rows and {len(env_ids)} environments. Resize the mask."
        )
        return (Message(Severity.ERROR, text, code="mask-shape"),)
    lints = [
        *_templates(destinations),
        *_columns(destinations, env_ids, clone_mask),
        *_rows(sources, destinations, env_ids, clone_mask),
        *_order(sources, destinations, clone_mask),
    ]
    return tuple(sorted(lints, key=lambda lint: -lint.severity))


def group_name(destination: str) -> str:
    """Return the short name of a group: the last token of its destination ("Object")."""
    return destination.rstrip("/").rpartition("/")[2] or destination


def env_range_text(env_ids: Sequence[int] | NDArray[np.integer]) -> str:
    """Return env ids as text: ``env_77`` or ``env_3, env_5 … (12 environments)``."""
    ids = [int(env_id) for env_id in env_ids]
    if len(ids) <= 3:
        return ", ".join(f"env_{env_id}" for env_id in ids)
    return f"env_{ids[0]}, env_{ids[1]} … ({len(ids)} environments)"


def _templates(destinations: Sequence[str]) -> Iterator[Message]:
    for row, destination in enumerate(destinations):
        if destination.count("{}") != 1:
            yield Message(
                Severity.ERROR,
                f"The destination of row {row} must have exactly one '{{}}' for the env id: "
                f"{destination!r}.",
                path=destination,
                code="template",
            )


def _columns(
    destinations: Sequence[str], env_ids: NDArray[np.integer], mask: NDArray[np.bool_]
) -> Iterator[Message]:
    for destination in dict.fromkeys(destinations):
        rows = [row for row, other in enumerate(destinations) if other == destination]
        count = np.count_nonzero(mask[rows], axis=0)
        name = group_name(destination)
        if (without := env_ids[count == 0]).size:
            verb = "has" if without.size == 1 else "have"
            yield Message(
                Severity.ERROR,
                f"{env_range_text(without)} {verb} no {name}. Paint one source for it.",
                path=destination.replace("{}", str(int(without[0]))),
                env_ids=_few(without),
                code="env-without-source",
            )
        if (twice := env_ids[count > 1]).size:
            yield Message(
                Severity.ERROR,
                f"{env_range_text(twice)}: two sources for one {name}. Erase all but one.",
                path=destination.replace("{}", str(int(twice[0]))),
                env_ids=_few(twice),
                code="two-sources",
            )


def _rows(
    sources: Sequence[str],
    destinations: Sequence[str],
    env_ids: NDArray[np.integer],
    mask: NDArray[np.bool_],
) -> Iterator[Message]:
    used = mask.any(axis=1)
    if env_ids.size:
        for row in np.flatnonzero(~used).tolist():
            yield Message(
                Severity.INFO,
                f"No environment receives {sources[row]} (row {row}).",
                path=sources[row],
                code="unused-row",
            )
    for row in np.flatnonzero(used).tolist():
        own = [
            int(env_id)
            for env_id in env_ids[mask[row]][:_SHOWN]
            if destinations[row].replace("{}", str(int(env_id))) != sources[row]
            and destinations[row].replace("{}", str(int(env_id))).startswith(sources[row] + "/")
        ]
        if own:
            yield Message(
                Severity.ERROR,
                f"{sources[row]} would be copied into itself. Choose another destination.",
                path=sources[row],
                env_ids=tuple(own),
                code="self-copy",
            )


def _order(
    sources: Sequence[str], destinations: Sequence[str], mask: NDArray[np.bool_]
) -> Iterator[Message]:
    for row, destination in enumerate(destinations):
        for earlier in range(row):
            if destinations[earlier].startswith(destination + "/") and np.any(
                mask[row] & mask[earlier]
            ):
                yield Message(
                    Severity.WARNING,
                    f"Row {earlier} ({destinations[earlier]}) is below row {row} ({destination}) "
                    "but stands before it; it is cloned after its parent all the same.",
                    path=sources[earlier],
                    code="child-before-parent",
                )


def _few(env_ids: NDArray[np.integer]) -> tuple[int, ...]:
    return tuple(int(env_id) for env_id in env_ids[:_SHOWN])
