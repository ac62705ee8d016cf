from dataclasses import replace

import numpy as np
import pytest

from inspector.gui.models.env_metrics import (
    AGE,
    MAX_ERROR,
    SOURCE_ROW,
    STALE_ROWS,
    Metric,
    available_metrics,
    env_values,
    near_square,
    shown_envs,
)
from inspector.session.snapshot import PlayState, SceneSnapshot, StaleReason
from tests.helpers.snapshots import empty_snapshot, make_snapshot


def slowly(snapshot: SceneSnapshot, column: np.ndarray) -> list[float]:
    table = snapshot.transforms
    return [float(column[table.env_id == env].max()) for env in snapshot.mask.env_ids]


@pytest.fixture
def playing() -> SceneSnapshot:
    return make_snapshot(37, state=PlayState.PLAYING, step=60)


def test_max_error_is_the_worst_row_of_the_environment(playing: SceneSnapshot) -> None:
    shown = env_values(playing, Metric(MAX_ERROR, "", "m"))
    assert shown.values.tolist() == slowly(playing, playing.transforms.error_position)
    assert shown.values.max() > 0


def test_stale_rows_and_age(playing: SceneSnapshot) -> None:
    table = playing.transforms
    stale = env_values(playing, Metric(STALE_ROWS, "", "rows")).values
    wanted = [int(np.count_nonzero(table.reason[table.env_id == env])) for env in range(37)]
    assert stale.tolist() == wanted
    age = env_values(playing, Metric(AGE, "", "steps")).values
    assert age.tolist() == slowly(playing, table.age(60).astype(float))


def test_an_environment_with_a_row_that_is_not_finite_is_nan(playing: SceneSnapshot) -> None:
    error, reason = (
        playing.transforms.error_position.copy(),
        playing.transforms.reason.copy(),
    )
    row = int(np.flatnonzero(playing.transforms.env_id == 5)[0])
    error[row], reason[row] = np.nan, StaleReason.NOT_FINITE
    bad = replace(
        playing, transforms=replace(playing.transforms, error_position=error, reason=reason)
    )
    for metric in available_metrics(bad)[:2]:
        values = env_values(bad, metric).values
        assert np.flatnonzero(np.isnan(values)).tolist() == [5]


def test_source_rows_are_those_on_the_stage(playing: SceneSnapshot) -> None:
    metrics = available_metrics(playing)
    assert [m.title for m in metrics if m.kind == SOURCE_ROW] == [
        "Source row: Object",
        "Source row: Robot",
    ]
    values = env_values(playing, metrics[4]).values
    assert values.tolist() == playing.mask.applied[:3].argmax(0).tolist()


def test_an_environment_without_a_source_has_none() -> None:
    applied = np.ones((4, 3), np.bool_)
    applied[1:3] = False
    applied[0, 1] = False
    snapshot = make_snapshot(3, applied=applied)
    assert env_values(snapshot, available_metrics(snapshot)[4]).values.tolist() == [0, -1, 0]


def test_a_stage_without_a_plan_shows_the_environments_of_its_paths(
    playing: SceneSnapshot,
) -> None:
    bare = replace(playing, mask=empty_snapshot().mask)
    assert shown_envs(bare).tolist() == list(range(37))
    assert env_values(bare, Metric(MAX_ERROR, "", "m")).values.max() > 0
    nothing = empty_snapshot()
    assert all(len(env_values(nothing, m).values) == 0 for m in available_metrics(nothing))


def test_environments_need_not_be_counted_from_zero(playing: SceneSnapshot) -> None:
    mask, order = playing.mask, np.random.default_rng(0).permutation(37)[:20]
    some = replace(mask, env_ids=mask.env_ids[order], applied=mask.applied[:, order])
    every = env_values(playing, Metric(MAX_ERROR, "", "m")).values
    shown = env_values(replace(playing, mask=some), Metric(MAX_ERROR, "", "m"))
    assert shown.env_ids.tolist() == order.tolist()
    assert shown.values.tolist() == every[order].tolist()


@pytest.mark.parametrize("count", [0, 1, 2, 5, 64, 100, 4096, 5000])
def test_the_grid_holds_everything_and_is_nearly_square(count: int) -> None:
    rows, columns = near_square(count)
    assert rows * columns >= count
    assert abs(rows - columns) <= 1
