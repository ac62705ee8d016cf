"""One number per environment: what the Environments panel colours by. Numpy only, no Qt."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inspector.gui.models.mask_groups import group_rows
from inspector.session.snapshot import SceneSnapshot, StaleReason

MAX_ERROR = "max error"
MAX_ROTATION = "max rotation"
STALE_ROWS = "stale rows"
AGE = "age"
SOURCE_ROW = "source row"


@dataclass(frozen=True)
class Metric:
    """What to colour by.

    Attributes:
        kind: One of the constants above.
        title: Text in the list.
        unit: Unit, or empty for source rows.
        group: Group of source rows, for ``SOURCE_ROW``.
        tolerance: What is no difference, in the unit.
    """

    kind: str
    title: str
    unit: str = ""
    group: int = -1
    tolerance: float = 0.0


@dataclass(frozen=True, eq=False)
class EnvValues:
    """One value per environment.

    Attributes:
        env_ids: Env ids in the order shown, int32, shape [e].
        values: Value per environment, NaN where something is not finite and, for source rows, -1
            where there is none; float64, shape [e].
    """

    env_ids: NDArray[np.int32]
    values: NDArray[np.float64]


def available_metrics(snapshot: SceneSnapshot) -> tuple[Metric, ...]:
    """Return what a snapshot can be coloured by; one source row metric per group of the mask."""
    groups = group_rows(snapshot.mask.destinations)
    names = [group.title.split(" → ")[0] for group in groups]
    return (
        Metric(MAX_ERROR, "Max error", "m", tolerance=snapshot.tolerance.position),
        Metric(MAX_ROTATION, "Max rotation", "rad", tolerance=snapshot.tolerance.rotation),
        Metric(STALE_ROWS, "Stale rows", "rows"),
        Metric(AGE, "Age", "steps"),
        *(Metric(SOURCE_ROW, f"Source row: {name}", group=at) for at, name in enumerate(names)),
    )


def shown_envs(snapshot: SceneSnapshot) -> NDArray[np.int32]:
    """Return the env ids of the mask, shape [e]; without one, those that the prims name."""
    if len(snapshot.mask.env_ids):
        return snapshot.mask.env_ids
    env_id = snapshot.prims.env_id
    return np.unique(env_id[env_id >= 0]).astype(np.int32)


def env_values(snapshot: SceneSnapshot, metric: Metric) -> EnvValues:
    """Return the metric of every environment."""
    env_ids = shown_envs(snapshot)
    if metric.kind == SOURCE_ROW:
        return EnvValues(env_ids, _source_rows(snapshot, metric.group, len(env_ids)))
    table = snapshot.transforms
    place = _places(env_ids, table.env_id)
    inside = np.flatnonzero(place >= 0)
    place = place[inside]
    values = np.zeros(len(env_ids))
    if metric.kind == STALE_ROWS:
        np.add.at(values, place, (table.reason[inside] != StaleReason.FRESH).astype(np.float64))
        return EnvValues(env_ids, values)
    if metric.kind == AGE:
        rows = table.age(snapshot.step).astype(np.float64)
    else:
        rows = table.error_rotation if metric.kind == MAX_ROTATION else table.error_position
    rows = rows[inside]
    np.maximum.at(values, place, np.where(np.isfinite(rows), rows, np.inf))
    values[place[table.reason[inside] == StaleReason.NOT_FINITE]] = np.nan
    values[~np.isfinite(values)] = np.nan
    return EnvValues(env_ids, values)


def _places(env_ids: NDArray[np.int32], wanted: NDArray[np.int32]) -> NDArray[np.integer]:
    """Return where each wanted id stands in ``env_ids``, -1 where it does not."""
    count = len(env_ids)
    # As a rule they are counted from 0; looking for 100,000 of them costs 2 ms of every step.
    if np.array_equal(env_ids, np.arange(count)):
        return np.where(wanted < count, wanted, -1)
    sorter = np.argsort(env_ids, kind="stable")
    near = sorter[np.minimum(np.searchsorted(env_ids, wanted, sorter=sorter), count - 1)]
    return np.where(env_ids[near] == wanted, near, -1)


def _source_rows(snapshot: SceneSnapshot, group: int, count: int) -> NDArray[np.float64]:
    """Row of the mask that each environment received on the stage, -1 for none."""
    rows = np.array(group_rows(snapshot.mask.destinations)[group].rows)
    cells = snapshot.mask.applied[rows]
    if cells.shape[1] != count:
        return np.full(count, -1.0)
    return np.where(cells.any(axis=0), rows[cells.argmax(axis=0)], -1).astype(np.float64)


def near_square(count: int) -> tuple[int, int]:
    """Return rows and columns of the grid: the shape in which environments stand on the stage."""
    if count == 0:
        return 0, 0
    rows = int(np.ceil(count / np.sqrt(count)))
    return rows, int(np.ceil(count / rows))
