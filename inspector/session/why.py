"""The sentence that says who wrote which pose when, and what repairs it.

A value module over one row of a snapshot, so that the sentence is as old as the numbers beside it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inspector.session.snapshot import PlayState, PrimFlag, SceneSnapshot, StaleReason, Writer


@dataclass(frozen=True)
class RowHistory:
    """What is known of one row.

    Attributes:
        reason: Its verdict.
        usd_writer: Who authored USD last.
        usd_step: At which step, 0 for before play.
        usd_label: What authored it, such as ``Move cone``; may be empty.
        fabric_writer: Who wrote Fabric last.
        fabric_step: At which step, 0 for before play.
        parent: Path of the parent row, for ``PARENT_MOVED``.
        parent_writer: Who wrote the parent's row last.
        parent_step: At which step.
        step: Present step.
        state: Stopped, playing or paused.
        alike: Rows of the same environment with the same reason that the same repair can help,
            this one included.
        instance: Instance that the prim is inside of, where nothing can be authored in USD; empty
            for any other prim.
        scripted: Whether a script defined the prim in Fabric, so that USD never had it.
    """

    reason: StaleReason
    usd_writer: Writer
    usd_step: int
    usd_label: str
    fabric_writer: Writer
    fabric_step: int
    parent: str
    parent_writer: Writer
    parent_step: int
    step: int
    state: PlayState
    alike: int = 1
    instance: str = ""
    scripted: bool = False


def why(row: RowHistory) -> str:
    """Return why a row is stale and what to do, empty when it is fresh."""
    sentence = _SENTENCES.get(row.reason)
    return "" if sentence is None else sentence(row)


def why_at(snapshot: SceneSnapshot, row: int) -> str:
    """Return why a row of a snapshot is stale and what to do; empty for -1 or a fresh row.

    Args:
        snapshot: The snapshot.
        row: Row of its transform table, -1 for none.
    """
    return why(history_of(snapshot, row)) if row >= 0 else ""


def history_of(snapshot: SceneSnapshot, row: int) -> RowHistory:
    """Return what a snapshot knows of a row."""
    table = snapshot.transforms
    reason = StaleReason(int(table.reason[row]))
    parent = int(table.parent[row]) if len(table.parent) else -1
    label = int(table.usd_label[row]) if len(table.usd_label) else 0
    alike = (table.reason == reason) & (table.env_id == table.env_id[row])
    if reason is StaleReason.USD_BEHIND:
        alike &= ~shared_rows(snapshot)
    elif reason is StaleReason.FABRIC_ONLY:
        alike &= scripted_rows(snapshot)
    return RowHistory(
        reason=reason,
        usd_writer=Writer(int(table.usd_writer[row])),
        usd_step=int(table.usd_step[row]),
        usd_label=table.labels[label],
        fabric_writer=Writer(int(table.fabric_writer[row])),
        fabric_step=int(table.fabric_step[row]),
        parent=snapshot.prims.path(int(table.prims[parent])) if parent >= 0 else "",
        parent_writer=Writer(int(table.fabric_writer[parent])),
        parent_step=int(table.fabric_step[parent]),
        step=snapshot.step,
        state=snapshot.state,
        alike=int(np.count_nonzero(alike)),
        instance=instance_of(snapshot, row),
        scripted=bool(scripted_rows(snapshot, np.array([row]))[0]),
    )


def shared_rows(snapshot: SceneSnapshot) -> NDArray[np.bool_]:
    """Return which rows are inside of instances, bool, shape [r]."""
    flags = snapshot.prims.flags[snapshot.transforms.prims]
    return (flags & np.uint16(PrimFlag.INSTANCE_PROXY)) != 0


def scripted_rows(
    snapshot: SceneSnapshot, rows: NDArray[np.integer] | None = None
) -> NDArray[np.bool_]:
    """Return which rows are of prims that a script defined in Fabric.

    Args:
        snapshot: The snapshot.
        rows: Rows to look at, shape [k]; ``None`` means all.

    Returns:
        Shape [k].
    """
    prims = snapshot.transforms.prims if rows is None else snapshot.transforms.prims[rows]
    return (snapshot.prims.flags[prims] & np.uint16(PrimFlag.SCRIPTED)) != 0


def instance_of(snapshot: SceneSnapshot, row: int) -> str:
    """Return the path of the instance that a row is inside of, empty for any other row."""
    prims = snapshot.prims
    prim = int(snapshot.transforms.prims[row])
    if not int(prims.flags[prim]) & PrimFlag.INSTANCE_PROXY:
        return ""
    while prim >= 0 and int(prims.flags[prim]) & PrimFlag.INSTANCE_PROXY:
        prim = int(prims.parent[prim])
    return prims.path(prim) if prim >= 0 else ""


def _usd_behind(row: RowHistory) -> str:
    age = _age("USD", row.step - row.usd_step)
    what = f"Fabric was written {_written(row)}; USD was last authored {_authored(row)}{age}."
    if row.instance:
        return (
            f"{what} USD cannot hold a pose inside of the instance {row.instance}: it stays in "
            f"Fabric until stop. Make {row.instance} unique to write it back from then on."
        )
    return f"{what} Write {_rows(row)} back to USD."


def _fabric_behind(row: RowHistory) -> str:
    age = _age("Fabric", row.step - row.fabric_step)
    return (
        f"USD was authored {_authored(row)}; Fabric was last written {_written(row)}{age}. "
        f"Repopulate {_rows(row)} from USD."
    )


def _physics_ahead(row: RowHistory) -> str:
    age = _age("Fabric", row.step - row.fabric_step)
    return (
        f"Physics is at step {row.step} and its pose was not stored: Fabric was last written "
        f"{_written(row)}{age}. Step once more."
    )


def _parent_moved(row: RowHistory) -> str:
    parent = f"{_by(row.parent_writer)} {_when(row, row.parent_step)}".rstrip()
    return (
        f"{row.parent} was written {parent}, and this row did not follow. "
        f"Update the hierarchy of {_rows(row)}."
    )


def _usd_only(_row: RowHistory) -> str:
    return "This prim exists in USD only. Repopulate Fabric."


def _fabric_only(row: RowHistory) -> str:
    if not row.scripted:
        return "This prim exists in Fabric only: it was cloned there without USD."
    # Of what was written before the first step nobody knows whether that was before play.
    when = f"at step {row.fabric_step}" if row.fabric_step > 0 else "before the first step"
    when = "" if row.state is PlayState.STOPPED else f" {when}"
    return (
        "This prim exists in Fabric only: a script defined it there, and USD has none. Its pose was "
        f"written {_by(row.fabric_writer)}{when}. Write {_rows(row)} back to define it in USD."
    )


def _not_finite(row: RowHistory) -> str:
    if row.scripted:
        return (
            f"A pose is not finite; it was written {_written(row)} and exists in Fabric only. "
            "Write another one, or remove the prim."
        )
    return (
        f"A pose is not finite; Fabric was last written {_written(row)}, USD was last authored "
        f"{_authored(row)}. Stop, or repopulate {_rows(row)} from USD."
    )


_SENTENCES: dict[StaleReason, Callable[[RowHistory], str]] = {
    StaleReason.USD_BEHIND: _usd_behind,
    StaleReason.FABRIC_BEHIND: _fabric_behind,
    StaleReason.PHYSICS_AHEAD: _physics_ahead,
    StaleReason.PARENT_MOVED: _parent_moved,
    StaleReason.USD_ONLY: _usd_only,
    StaleReason.FABRIC_ONLY: _fabric_only,
    StaleReason.NOT_FINITE: _not_finite,
}


def _rows(row: RowHistory) -> str:
    return f"{row.alike} {'row' if row.alike == 1 else 'rows'}"


def _written(row: RowHistory) -> str:
    return f"{_by(row.fabric_writer)} {_when(row, row.fabric_step)}".rstrip()


def _authored(row: RowHistory) -> str:
    author = f"by '{row.usd_label}'" if row.usd_label else _by(row.usd_writer)
    return f"{author} {_when(row, row.usd_step)}".rstrip()


def _by(writer: Writer) -> str:
    return f"by {writer.word}"


def _when(row: RowHistory, step: int) -> str:
    if step > 0:
        return f"at step {step}"
    return "" if row.state is PlayState.STOPPED else "before play"


def _age(side: str, steps: int) -> str:
    if steps <= 0:
        return ""
    return f"; {side} is {steps} {'step' if steps == 1 else 'steps'} old"
