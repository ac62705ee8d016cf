"""Staleness in ratios that hold on any machine; milliseconds are for ``bench staleness``."""

from __future__ import annotations

import numpy as np
import pytest

from inspector.bench import staleness
from inspector.bench.report import Report

pytestmark = pytest.mark.perf
NUM_ENVS = 512


@pytest.fixture(scope="module")
def scene() -> staleness.Scene:
    return staleness.clones(NUM_ENVS)


def figures(report: Report) -> dict[str, float]:
    return {row.name: row.value for row in report.rows}


def test_the_scene_has_as_many_rows_as_the_benchmark_says(scene: staleness.Scene):
    tables = staleness.populate(Report("rows"), scene, repeats=1)
    inside = tables.prims.env_id[tables.world_cache.hierarchy.prims] >= 0
    assert np.count_nonzero(inside) == NUM_ENVS * staleness.ROWS
    loop = staleness.cache_loop(scene.stage, len(tables))
    np.testing.assert_allclose(tables.world_cache.world, loop, atol=1e-12)
    tables.close()


# Less than what the benchmark asks for: a test must not fail by chance.
def test_world_matrices_beat_the_loop_and_rows_that_agree_cost_little(scene: staleness.Scene):
    report = Report("staleness")
    tables = staleness.populate(report, scene, repeats=1)
    staleness.world_matrices(report, scene, tables)
    staleness.edits(report, scene, tables)
    staleness.comparison(report, tables)
    tables.close()
    value = figures(report)
    assert value["against the loop"] >= 5.0
    assert value["after one prim was edited"] <= value["world matrices, first time"]
    assert value["compare, all fresh"] <= 0.7 * value["compare, everything moving"]
