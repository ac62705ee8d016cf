"""Lints that look at the stage."""

from __future__ import annotations

import torch
from pxr import Gf, Sdf, UsdGeom

from inspector.cloner import ClonePlan, grid_transforms
from inspector.cloner.stage_rules import check_stage_rules
from inspector.utils.states import Severity
from tests.unit.cloner.conftest import ENVS, OBJECT, ROBOT, define, make_stage, text

SOURCE = "/World/envs/env_0/Robot"


def plan_of(source=SOURCE, template=ROBOT, count=4, pose=None):
    return ClonePlan([source], [template], [[True] * count], pose)


def grid(count, spacing):
    positions, quats = grid_transforms(count, spacing)
    return torch.cat([positions, quats], dim=1)


def only(messages, code):
    found = [m for m in messages if m.code == code]
    assert len(found) == 1, messages
    return found[0]


def test_a_good_plan_has_nothing_to_say():
    stage = make_stage()
    before = text(stage)
    assert check_stage_rules(stage, plan_of()) == ()
    assert text(stage) == before


def test_a_missing_source():
    lint = only(check_stage_rules(make_stage(), plan_of("/Missing")), "missing-source")
    assert (lint.severity, lint.path) == (Severity.ERROR, "/Missing")
    unused = ClonePlan([SOURCE, "/Missing"], [ROBOT, OBJECT], [[True] * 4, [False] * 4])
    assert check_stage_rules(make_stage(), unused) == ()


def test_an_over_above_a_source_or_a_destination():
    stage = make_stage()
    stage.OverridePrim("/World/loose")
    define(stage, "/Other/thing", "Cube")
    stage.GetPrimAtPath("/Other").SetSpecifier(Sdf.SpecifierOver)
    lints = check_stage_rules(stage, plan_of("/Other/thing", "/World/loose/thing_{}"))
    assert {m.path for m in lints if m.code == "over-ancestor"} == {"/Other", "/World/loose"}


def test_a_relationship_that_will_still_point_at_env_0():
    stage = make_stage()
    joint = stage.GetPrimAtPath(SOURCE + "/joint")
    joint.CreateRelationship("body0").SetTargets(["/World/envs/env_0/Object"])
    lint = only(check_stage_rules(stage, plan_of()), "points-at-source-env")
    assert lint.path == SOURCE + "/joint"
    assert "/World/envs/env_0/Object" in lint.text
    assert check_stage_rules(stage, plan_of("/World/envs/env_0", ENVS)) == ()


def test_environments_that_overlap_in_space():
    stage = make_stage(64)
    plan = plan_of(count=64, pose=grid(64, 0.4))
    lint = only(check_stage_rules(stage, plan), "envs-overlap")
    assert lint.severity == Severity.WARNING
    assert 2 <= len(lint.env_ids) <= 8
    assert check_stage_rules(stage, plan_of(count=64, pose=grid(64, 0.6))) == ()
    for env_id in range(64):  # without poses in the plan those of the stage count
        op = UsdGeom.Xformable(stage.GetPrimAtPath(ENVS.format(env_id))).GetOrderedXformOps()[0]
        op.Set(Gf.Vec3d(0.4 * env_id, 0, 0))
    only(check_stage_rules(stage, plan_of(count=64)), "envs-overlap")


def test_a_turned_environment_takes_its_room_along():
    stage = make_stage(2)
    define(stage, "/Sources/bar", "Cube", size=1.0)
    bar = UsdGeom.Xformable(stage.GetPrimAtPath("/Sources/bar"))
    bar.AddScaleOp().Set(Gf.Vec3f(4, 1, 1))
    pose = torch.tensor([[0, 0, 0, 0, 0, 0, 1], [0, 2.0, 0, 0, 0, 0, 1]])
    assert check_stage_rules(stage, plan_of("/Sources/bar", OBJECT, 2, pose)) == ()
    pose[1, 3:] = torch.tensor([0, 0, 0.5**0.5, 0.5**0.5])
    only(check_stage_rules(stage, plan_of("/Sources/bar", OBJECT, 2, pose)), "envs-overlap")
