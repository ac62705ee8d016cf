"""Changing a clone later: only what differs, and the same as cloning anew."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import example, given, settings, strategies as st
from pxr import Sdf, Usd, UsdGeom

from inspector.cloner import ClonePlan, replicate_difference, usd_replicate
from tests.unit.cloner.conftest import (
    ENVS,
    OBJECT,
    ROBOT,
    StopError,
    define,
    make_stage,
    shape,
    stop_at,
    text,
)

MODES = ["copy", "reference", "instance"]
TEMPLATES = (OBJECT, OBJECT, OBJECT, ROBOT)


def populated(choice, mode="copy"):
    """A scene as InteractiveScene makes it: each source at the first environment that uses it."""
    num_envs = len(choice)
    stage = Usd.Stage.CreateInMemory()
    for path in ("/World", "/World/envs"):
        define(stage, path)
    for env_id in range(num_envs):
        define(stage, ENVS.format(env_id), at=(5.0 * env_id, 0, 0))
    sources = []
    for row, kind in enumerate(("Cube", "Sphere", "Cone")):
        users = [i for i, c in enumerate(choice) if c == row]
        path = OBJECT.format(users[0]) if users else f"/Sources/{kind}"
        prim = define(stage, path, at=(0, 0, row + 1))
        part = define(stage, path + "/part", kind)
        part.CreateRelationship("root").SetTargets([prim.GetPath()])
        sources.append(path)
    define(stage, ROBOT.format(0), "Cylinder")
    sources.append(ROBOT.format(0))
    plan = ClonePlan(sources, TEMPLATES, mask_of(choice))
    usd_replicate(stage, *arguments(plan), mode=mode)
    return stage, plan


def mask_of(choice):
    rows = [[c == row for c in choice] for row in range(3)]
    return torch.tensor([*rows, [True] * len(choice)])


def arguments(plan):
    return plan.sources, plan.destinations, plan.env_ids, plan.clone_mask


def repaint(plan, choice):
    return ClonePlan(plan.sources, plan.destinations, mask_of(choice), plan.env_pose)


choices = st.lists(st.integers(-1, 2), min_size=5, max_size=5)


@settings(max_examples=60, deadline=None)
@given(choices, st.lists(choices, min_size=1, max_size=3), st.sampled_from(MODES))
def test_a_difference_equals_a_fresh_clone(first, then, mode):
    stage, plan = populated([0, 1, 2, 0, 1], mode)
    for choice in [first, *then]:
        plan = replicate_difference(stage, plan, repaint(plan, choice))
        fresh, _ = populated(choice)
        assert shape(stage) == shape(fresh)
    back = replicate_difference(stage, plan, repaint(plan, [0, 1, 2, 0, 1]))
    assert shape(stage) == shape(populated([0, 1, 2, 0, 1])[0])
    assert torch.equal(back.clone_mask, mask_of([0, 1, 2, 0, 1]))


def test_only_changed_cells_are_touched():
    stage, plan = populated([0, 1, 2, 0, 1])
    define(stage, OBJECT.format(3) + "/by_hand")
    after = replicate_difference(stage, plan, repaint(plan, [0, 1, 2, 0, 2]))
    assert stage.GetPrimAtPath(OBJECT.format(3) + "/by_hand")
    assert stage.GetPrimAtPath(OBJECT.format(4) + "/part").GetTypeName() == "Cone"
    assert after.sources == plan.sources
    assert not stage.GetPrimAtPath("/World/prototypes")


@pytest.mark.parametrize("mode", MODES)
def test_a_source_that_would_be_lost_is_kept_out_of_sight(mode):
    stage, plan = populated([0, 1, 2, 0, 1], mode)
    after = replicate_difference(stage, plan, repaint(plan, [1, 1, -1, 0, 1]))
    assert after.sources[0] == "/World/prototypes/row_0_Object"
    assert after.sources[1] == plan.sources[1]
    assert after.sources[2] == "/World/prototypes/row_2_Object"
    spec = stage.GetRootLayer().GetPrimAtPath("/World/prototypes")
    assert spec.specifier == Sdf.SpecifierClass
    assert not [p for p in stage.Traverse() if "prototypes" in str(p.GetPath())]
    kinds = {i: stage.GetPrimAtPath(OBJECT.format(i) + "/part").GetTypeName() for i in (0, 1, 3, 4)}
    assert kinds == {0: "Sphere", 1: "Sphere", 3: "Cube", 4: "Sphere"}
    assert not stage.GetPrimAtPath(OBJECT.format(2))
    again = replicate_difference(stage, after, repaint(after, [1, 1, 2, 0, 0]))
    assert stage.GetPrimAtPath(OBJECT.format(2) + "/part").GetTypeName() == "Cone"
    assert again.sources == after.sources


def test_a_lost_source_is_taken_from_any_environment_that_has_it():
    stage, plan = populated([0, 1, 2, 0, 1])
    stage.RemovePrim(plan.sources[0])
    after = replicate_difference(stage, plan, repaint(plan, [0, 0, 2, 0, 1]))
    assert stage.GetPrimAtPath(OBJECT.format(1) + "/part").GetTypeName() == "Cube"
    assert after.sources[0] == OBJECT.format(3)


def test_a_source_that_is_nowhere_is_refused():
    stage, plan = populated([0, 1, 0, 0, 1])
    stage.RemovePrim("/Sources/Cone")
    before = text(stage)
    with pytest.raises(ValueError, match="/Sources/Cone"):
        replicate_difference(stage, plan, repaint(plan, [0, 1, 2, 0, 1]))
    assert text(stage) == before


def test_environment_roots_stand_at_their_pose():
    stage = make_stage(1)
    define(stage, "/Sources/other", "Cylinder")
    pose = torch.zeros(4, 7)
    pose[:, 0], pose[:, 6] = torch.arange(4) * 3, 1
    rows = ("/World/envs/env_0", "/Sources/other")
    plan = ClonePlan(rows, (ENVS, ENVS), [[True] * 4, [False] * 4], pose)
    usd_replicate(stage, *arguments(plan), pose[:, :3], pose[:, 3:])
    after = ClonePlan(rows, (ENVS, ENVS), [[True, True, False, False], [False, False, True, True]],
                      pose)  # fmt: skip
    replicate_difference(stage, plan, after)
    world = UsdGeom.XformCache().GetLocalToWorldTransform(stage.GetPrimAtPath(ENVS.format(3)))
    assert world.ExtractTranslation() == (9, 0, 0)
    assert stage.GetPrimAtPath(ENVS.format(3)).GetTypeName() == "Cylinder"


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.integers(-1, 1), st.integers(-1, 1)), min_size=3, max_size=3),
    st.lists(st.tuples(st.integers(-1, 1), st.integers(-1, 1)), min_size=3, max_size=3),
    st.sampled_from(MODES),
)
@example([(0, -1)] * 3, [(0, 0), (0, 0), (-1, 0)], "instance")
@example([(0, 0), (0, 0), (-1, 0)], [(-1, -1)] * 3, "copy")
def test_nested_rows_equal_a_fresh_clone(first, then, mode):
    """Parents a or b, children c or d; a has a child of its own at that place."""

    def fresh(choice):
        stage = Usd.Stage.CreateInMemory()
        for path, kind in (("/S/a", "Xform"), ("/S/a/Object", "Cone"), ("/S/b", "Xform"),
                           ("/S/b/x", "Cube"), ("/S/a/Object/deep", "Cube"), ("/S/c", "Sphere"), ("/S/d", "Cylinder"),
                           ("/World/envs", "Xform")):  # fmt: skip
            define(stage, path, kind)
        mask = [
            *([parent == row for parent, _ in choice] for row in (0, 1)),
            *([child == row for _, child in choice] for row in (0, 1)),
        ]
        plan = ClonePlan(["/S/a", "/S/b", "/S/c", "/S/d"], [ENVS, ENVS, OBJECT, OBJECT], mask)
        usd_replicate(stage, *arguments(plan), mode=mode)
        return stage, plan

    stage, before = fresh(first)
    wanted, after = fresh(then)
    replicate_difference(stage, before, after)
    # A fresh clone makes ancestors only where it needs them; those that are empty do not count.
    assert without_empty_roots(shape(stage)) == without_empty_roots(shape(wanted))


def without_empty_roots(scene):
    return {
        path: value
        for path, value in scene.items()
        if path.count("/") > 3 or any(other.startswith(path + "/") for other in scene)
        if path != "/World/envs"
    }


@pytest.mark.parametrize("mode", MODES)
def test_cancel_and_failure_restore_the_layer(mode, monkeypatch):
    monkeypatch.setattr("inspector.cloner.authoring._LARGEST_BLOCK", 1)
    wanted = [2, 0, -1, 1, 1]
    calls = []
    stage, plan = populated([0, 1, 2, 0, 1], mode)
    replicate_difference(stage, plan, repaint(plan, wanted), lambda *a: calls.append(a))
    assert calls[-1][0] == calls[-1][1] == 4
    for call in range(len(calls)):
        stage, plan = populated([0, 1, 2, 0, 1], mode)
        before = text(stage)
        with pytest.raises(StopError):
            replicate_difference(stage, plan, repaint(plan, wanted), stop_at(call))
        assert text(stage) == before


def test_refused_plans():
    stage, plan = populated([0, 1, 2, 0, 1])
    before = text(stage)
    both = plan.clone_mask.clone()
    both[0, 1] = True
    with pytest.raises(ValueError, match="env_1/Object two sources"):
        replicate_difference(stage, plan, ClonePlan(plan.sources, plan.destinations, both))
    fewer = ClonePlan(plan.sources, plan.destinations, np.ones((4, 2), bool))
    with pytest.raises(ValueError, match="5 and 2 environments"):
        replicate_difference(stage, plan, fewer)
    with pytest.raises(TypeError, match="stage"):
        replicate_difference("stage", plan, plan)
    assert text(stage) == before


def test_equal_plans_do_nothing():
    stage, plan = populated([0, 1, 2, 0, 1])
    before = text(stage)
    after = replicate_difference(stage, plan, repaint(plan, [0, 1, 2, 0, 1]))
    assert text(stage) == before
    assert after.sources == plan.sources
