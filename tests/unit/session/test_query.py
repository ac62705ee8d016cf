"""The search language of the stage tree."""

from __future__ import annotations

import numpy as np
import pytest
from pxr import UsdGeom

from inspector.session.query import parse
from inspector.session.snapshot import StaleReason, TransformTable
from inspector.usd.prim_scan import scan_prims
from inspector.usd.row_hierarchy import RowHierarchy
from tests.unit.usd.clone_stages import clone_stage


@pytest.fixture
def prims():
    stage, plan = clone_stage()
    UsdGeom.Imageable(stage.GetPrimAtPath("/World/ground")).MakeInvisible()
    return scan_prims(stage, plan)


def found(text, prims, transforms=None):
    return [prims.path(i) for i in np.flatnonzero(parse(text).matches(prims, transforms))]


def test_nothing_typed_matches_everything(prims):
    assert len(found("", prims)) == len(prims)
    assert not parse("  ")


def test_a_word_is_part_of_a_name(prims):
    assert len(found("CART", prims)) == 6
    assert found("ground", prims) == ["/World/ground"]
    assert found("env_3", prims) == ["/World/envs/env_3"]


def test_a_word_with_a_slash_is_part_of_a_path(prims):
    assert len(found("robot/rail", prims)) == 12
    assert found("/World/envs/env_4/Robot/rail", prims) == [
        "/World/envs/env_4/Robot/rail",
        "/World/envs/env_4/Robot/rail/cart",
    ]


@pytest.mark.parametrize("root", ["{ENV_REGEX_NS}", "/World/envs/env_.*"])
def test_the_environment_namespace_stands_for_every_environment(prims, root):
    assert len(found(f"{root}/Robot", prims)) == 18
    assert len(found(f"{root}/Robot/.*/cart", prims)) == 6
    assert len(found(f"{root}/Object/geometry/mesh type:Sphere", prims)) == 3


def test_types_take_wildcards(prims):
    assert len(found("type:cube", prims)) == 3
    assert len(found("type:c*", prims)) == 15


def test_environments(prims):
    paths = found("env:1-2,5 Robot", prims)
    assert paths == [f"/World/envs/env_{i}/Robot" for i in (1, 2, 5)]


def test_flags_and_negation(prims):
    assert len(found("is:body", prims)) == 6
    assert found("is:hidden", prims) == ["/World/ground"]
    assert len(found("is:clone -env:0-4 -type:Scope", prims)) == 5


def test_stale_rows(prims):
    rows = RowHierarchy.of(prims)
    reason = np.zeros(len(rows), np.uint8)
    reason[rows.row_of_prim[prims.find("/World/envs/env_3/Robot")]] = StaleReason.USD_BEHIND
    reason[rows.row_of_prim[prims.find("/World/envs/env_4/Robot")]] = StaleReason.NOT_FINITE
    transforms = object.__new__(TransformTable)
    object.__setattr__(transforms, "prims", rows.prims)
    object.__setattr__(transforms, "reason", reason)
    assert len(found("stale", prims, transforms)) == 2
    assert found("stale:usd_behind", prims, transforms) == ["/World/envs/env_3/Robot"]
    assert found("stale", prims) == []


@pytest.mark.parametrize("text", ["env:a-b", "env:5-2", "stale:old", "is:happy"])
def test_a_term_that_is_not_understood_says_what_would_be(text):
    with pytest.raises(ValueError, match=text.split(":")[0]):
        parse(text)


def test_brackets_are_no_accident(prims):
    assert found("{ENV_REGEX_NS}/(", prims) == []
