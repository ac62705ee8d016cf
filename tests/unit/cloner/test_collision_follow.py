"""Collision groups after a plan has changed are those of a fresh clone."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings, strategies as st
from pxr import Sdf, Usd, UsdPhysics

from inspector.cloner import ClonePlan, filter_collisions, replicate_difference, usd_replicate
from inspector.cloner.collision_filter import INVERT_SCENE, CollisionGroups
from tests.unit.cloner.conftest import ENVS, OBJECT, StopError, define, stop_at, text

ROOT, GROUND, SOURCE = "/World/collisions", "/World/ground", "/World/source"
COUNT = 5


def cloned(mask, ground=True, template=ENVS, inverted=None):
    """A stage with whole environments as clones, and groups for those that exist."""
    stage = Usd.Stage.CreateInMemory()
    for path in ("/World", "/World/envs", GROUND, SOURCE):
        define(stage, path)
    scene = UsdPhysics.Scene.Define(stage, "/physicsScene").GetPrim()
    if inverted is not None:
        scene.CreateAttribute(INVERT_SCENE, Sdf.ValueTypeNames.Bool).Set(inverted)
    plan = ClonePlan((SOURCE,), (template,), torch.tensor([mask]))
    usd_replicate(stage, plan.sources, plan.destinations, plan.env_ids, plan.clone_mask)
    there = [template.format(i) for i in range(COUNT) if mask[i]]
    filter_collisions(stage, "/physicsScene", ROOT, there, [GROUND] if ground else [])
    return stage, plan


def meaning(stage, template=ENVS):
    """Which pairs collide, by path: names of groups do not matter."""
    groups = CollisionGroups(stage)
    paths = [*(template.format(i) for i in range(COUNT)), GROUND, "/Elsewhere"]
    members = sorted(member for group in groups.groups for member in group.members)
    return members, [[groups.collide(a, b) for b in paths] for a in paths]


masks = st.lists(st.booleans(), min_size=COUNT, max_size=COUNT).filter(any)


@settings(max_examples=30, deadline=None)
@given(masks, masks, st.booleans(), st.sampled_from([ENVS, OBJECT]), st.sampled_from([None, False]))
def test_groups_equal_those_of_a_fresh_clone(before, after, ground, template, inverted):
    stage, plan = cloned(before, ground, template, inverted)
    replicate_difference(stage, plan, replace(plan, clone_mask=torch.tensor([after])))
    assert meaning(stage, template) == meaning(
        cloned(after, ground, template, inverted)[0], template
    )


def test_a_stage_without_groups_gets_none():
    stage, plan = cloned([True] * COUNT)
    stage.RemovePrim(ROOT)
    replicate_difference(
        stage, plan, replace(plan, clone_mask=torch.tensor([[True] + [False] * 4]))
    )
    assert not stage.GetPrimAtPath(ROOT)


def test_a_failure_leaves_the_groups_alone(monkeypatch):
    stage, plan = cloned([True, True, True, False, False])
    before = text(stage)

    def fails(*_):
        raise StopError

    monkeypatch.setattr("inspector.cloner.collision_filter.GroupAuthor.name", fails)
    after = replace(plan, clone_mask=torch.tensor([[True, False, True, True, False]]))
    with pytest.raises(StopError):
        replicate_difference(stage, plan, after)
    assert text(stage) == before


def test_a_cancelled_change_leaves_the_groups_alone():
    stage, plan = cloned([True, True, True, False, False])
    before = text(stage)
    after = replace(plan, clone_mask=torch.tensor([[True, False, True, True, False]]))
    with pytest.raises(StopError):
        replicate_difference(stage, plan, after, progress=stop_at(1))
    assert text(stage) == before
