"""A dry run says what will happen, and then it happens."""

from __future__ import annotations

import pytest
from pxr import Usd, UsdGeom

from inspector.cloner import (
    ClonePlan,
    dry_run_difference,
    dry_run_replicate,
    replicate_difference,
    usd_replicate,
)
from tests.unit.cloner.conftest import ENVS, OBJECT, ROBOT, define, make_stage, text

SOURCE = "/World/envs/env_0/Robot"


def counts(stage):
    prims = list(Usd.PrimRange(stage.GetPrimAtPath("/World/envs")))
    return len(prims), sum(bool(UsdGeom.Xformable(p)) for p in prims)


@pytest.mark.parametrize("mode", ["copy", "reference", "instance"])
def test_the_prims_that_are_announced_are_created(mode):
    stage = make_stage(6)
    before, composed = text(stage), counts(stage)
    plan = dry_run_replicate(stage, [SOURCE], [ROBOT], range(6), mode=mode)
    assert text(stage) == before
    usd_replicate(stage, [SOURCE], [ROBOT], range(6), mode=mode)
    assert counts(stage)[0] - composed[0] == plan.created
    assert plan.clones == 5
    assert plan.removed == 0
    assert plan.rows == 5 * 2  # Fabric has rows for what is inside instances too
    assert plan.seconds > 0


def test_a_difference_announces_what_it_creates_and_removes():
    stage = make_stage(6)
    rows = ("/Sources/cube", "/Sources/ball")
    before = ClonePlan(rows, (OBJECT, OBJECT), [[True] * 4 + [False] * 2, [False] * 6])
    usd_replicate(stage, rows, (OBJECT, OBJECT), range(6), before.clone_mask)
    mask = [[True, True, False, False, False, False], [False, False, False, True, True, True]]
    after = ClonePlan(rows, (OBJECT, OBJECT), mask)
    plan = dry_run_difference(stage, before, after)
    composed = counts(stage)
    replicate_difference(stage, before, after)
    assert plan.created == 6
    assert plan.removed == 2
    assert counts(stage)[0] - composed[0] == plan.created - plan.removed
    assert plan.clones == 3


def test_modes_get_cheaper_and_the_line_reads_well():
    stage = make_stage(1)
    for i in range(27):
        define(stage, f"{SOURCE}/part_{i}", "Cube")
    runs = [
        dry_run_replicate(stage, [SOURCE], [ROBOT], range(4096), mode=mode)
        for mode in ("copy", "reference", "instance")
    ]
    assert runs[0].seconds > runs[1].seconds > runs[2].seconds
    assert runs[0].memory > runs[1].memory > runs[2].memory
    assert "+122,850 prims" in runs[0].text
    assert "MB" in runs[0].text


def test_wrong_arguments_are_refused_as_by_the_call_itself():
    with pytest.raises(ValueError, match="/Missing"):
        dry_run_replicate(make_stage(), ["/Missing"], [ENVS], range(2))
