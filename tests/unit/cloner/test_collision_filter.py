"""Collision groups, written and read in both meanings of the filter."""

from __future__ import annotations

import time

import pytest
from pxr import Sdf, Usd, UsdPhysics

from inspector.cloner import filter_collisions
from inspector.cloner.collision_filter import INVERT_SCENE, CollisionGroups
from tests.unit.cloner.conftest import ENVS, define, make_stage, text

ROOT = "/World/collisions"
GROUND = "/World/ground"


@pytest.fixture
def stage():
    stage = make_stage()
    UsdPhysics.Scene.Define(stage, "/physicsScene")
    define(stage, GROUND)
    return stage


def envs(count=4):
    return [ENVS.format(i) for i in range(count)]


def said_before(stage, value):
    attribute = stage.GetPrimAtPath("/physicsScene").CreateAttribute(
        INVERT_SCENE, Sdf.ValueTypeNames.Bool
    )
    attribute.Set(value)


@pytest.mark.parametrize("before", [None, True, False])
def test_environments_are_apart_and_all_touch_the_ground(stage, before):
    if before is not None:
        said_before(stage, before)
    filter_collisions(stage, "/physicsScene", ROOT, envs(), [GROUND])
    groups = CollisionGroups(stage)
    cube = [path + "/Robot/base" for path in envs()]
    assert not groups.collide(cube[0], cube[1])
    assert not groups.collide(cube[3], cube[2])
    assert groups.collide(cube[1], cube[1] + "/other")
    assert groups.collide(cube[2], GROUND + "/mesh")
    assert groups.collide(GROUND, GROUND + "/mesh")
    assert groups.collide(cube[0], "/Elsewhere")
    assert stage.GetPrimAtPath("/physicsScene").GetAttribute(INVERT_SCENE).Get() is (
        before is not False
    )


def test_without_global_paths_there_is_no_global_group(stage):
    filter_collisions(stage, "/physicsScene", ROOT, envs())
    names = [prim.GetName() for prim in stage.GetPrimAtPath(ROOT).GetChildren()]
    assert names == ["group0", "group1", "group2", "group3"]
    assert stage.GetPrimAtPath(ROOT).GetTypeName() == "Scope"
    assert not CollisionGroups(stage).collide(envs()[0], envs()[1])


def test_the_standard_table_agrees_when_groups_are_inverted_by_themselves(stage):
    said_before(stage, value=False)
    filter_collisions(stage, "/physicsScene", ROOT, envs(), [GROUND])
    table = UsdPhysics.CollisionGroup.ComputeCollisionGroupTable(stage)
    assert not table.IsCollisionEnabled(f"{ROOT}/group0", f"{ROOT}/group1")
    assert table.IsCollisionEnabled(f"{ROOT}/group0", f"{ROOT}/global_group")
    assert table.IsCollisionEnabled(f"{ROOT}/group0", f"{ROOT}/group0")


@pytest.mark.parametrize("inverted", [False, True])
def test_foreign_groups_are_read_in_the_meaning_of_their_scene(stage, inverted):
    said_before(stage, inverted)
    a = UsdPhysics.CollisionGroup.Define(stage, "/Groups/a")
    b = UsdPhysics.CollisionGroup.Define(stage, "/Groups/b")
    a.GetCollidersCollectionAPI().CreateIncludesRel().SetTargets(["/A"])
    b.GetCollidersCollectionAPI().CreateIncludesRel().SetTargets(["/B"])
    b.GetCollidersCollectionAPI().CreateExcludesRel().SetTargets(["/B/free"])
    a.CreateFilteredGroupsRel().SetTargets(["/Groups/b"])
    b.CreateFilteredGroupsRel().SetTargets(["/Groups/a"])
    groups = CollisionGroups(stage)
    assert groups.collide("/A/x", "/B/y") is inverted
    assert groups.collide("/A/x", "/A/y") is not inverted
    assert groups.collide("/A/x", "/B/free/z")


def test_groups_of_others_keep_their_meaning(stage):
    a = UsdPhysics.CollisionGroup.Define(stage, "/Groups/a")
    b = UsdPhysics.CollisionGroup.Define(stage, "/Groups/b")
    a.GetCollidersCollectionAPI().CreateIncludesRel().SetTargets(["/A"])
    b.GetCollidersCollectionAPI().CreateIncludesRel().SetTargets(["/B"])
    a.CreateFilteredGroupsRel().SetTargets(["/Groups/b"])
    filter_collisions(stage, "/physicsScene", ROOT, envs(), [GROUND])
    groups = CollisionGroups(stage)
    assert not groups.collide("/A", "/B")
    assert groups.collide("/A", "/A/x")
    assert not groups.collide(envs()[0], envs()[1])


def test_twice_is_once_and_fewer_environments_leave_no_group_behind(stage):
    filter_collisions(stage, "/physicsScene", ROOT, envs(), [GROUND])
    once = text(stage)
    filter_collisions(stage, "/physicsScene", ROOT, envs(), [GROUND])
    assert text(stage) == once
    filter_collisions(stage, "/physicsScene", ROOT, envs(2), [])
    names = [prim.GetName() for prim in stage.GetPrimAtPath(ROOT).GetChildren()]
    assert names == ["group0", "group1"]


@pytest.mark.parametrize(
    ("args", "error", "word"),
    [
        (("/Missing", ROOT, []), ValueError, "physicsscene_path"),
        (("/World", ROOT, []), ValueError, "physicsscene_path"),
        (("/physicsScene", "collisions", []), ValueError, "collision_root_path"),
        (("/physicsScene", ROOT, "/World/envs/env_0"), TypeError, "prim_paths"),
        (("/physicsScene", ROOT, ["env_0"]), ValueError, r"prim_paths\[0\]"),
        (("/physicsScene", ROOT, ["/A", "/A"]), ValueError, "more than once"),
        (("/physicsScene", ROOT, [], [3]), TypeError, r"global_paths\[0\]"),
    ],
)
def test_wrong_arguments_are_refused_before_anything_is_written(stage, args, error, word):
    before = text(stage)
    with pytest.raises(error, match=word):
        filter_collisions(stage, *args)
    assert text(stage) == before


def test_a_failure_leaves_the_layer_bit_for_bit(stage, monkeypatch):
    from inspector.cloner.collision_filter import GroupAuthor

    original = GroupAuthor.define
    filter_collisions(stage, "/physicsScene", ROOT, envs(3), [GROUND])
    before = text(stage)
    calls = []

    def failing(self, *args):
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        original(self, *args)

    monkeypatch.setattr(GroupAuthor, "define", failing)
    with pytest.raises(KeyboardInterrupt):
        filter_collisions(stage, "/physicsScene", ROOT, envs(4), [GROUND])
    assert text(stage) == before


@pytest.mark.perf
def test_the_cost_grows_with_the_environments_and_not_with_their_square():
    def seconds(count):
        stage = Usd.Stage.CreateInMemory()
        UsdPhysics.Scene.Define(stage, "/physicsScene")
        start = time.perf_counter()
        filter_collisions(stage, "/physicsScene", ROOT, envs(count), [GROUND])
        return time.perf_counter() - start

    seconds(64)
    small = min(seconds(512) for _ in range(3))
    large = min(seconds(4096) for _ in range(3))
    assert large / small < 3 * 8, f"8 times the environments cost {large / small:.0f} times"
