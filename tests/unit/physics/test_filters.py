"""Who collides with whom: groups in both meanings, merged groups, pairs of every kind."""

from __future__ import annotations

import pytest
from pxr import Sdf, Usd, UsdGeom, UsdPhysics

from tests.unit.physics.scenes import add_body, add_joint, new_stage, play, pose_of, run


def table_and_balls(stage: Usd.Stage) -> None:
    """A static table at height 1, and two balls that fall onto it from its two halves."""
    table = UsdGeom.Cube.Define(stage, "/World/table")
    table.CreateSizeAttr(1.0)
    UsdGeom.XformCommonAPI(table).SetTranslate((0.0, 0.0, 0.5))
    UsdGeom.XformCommonAPI(table).SetScale((4.0, 4.0, 1.0))
    UsdPhysics.CollisionAPI.Apply(table.GetPrim())
    for name, x in (("a", -1.0), ("b", 1.0)):
        add_body(stage, f"/World/{name}", at=(x, 0.0, 1.5), radius=0.1)


def group(stage: Usd.Stage, name: str, members: list[str], filtered: list[str] = ()):
    prim = UsdPhysics.CollisionGroup.Define(stage, f"/World/groups/{name}")
    collection = Usd.CollectionAPI.Apply(prim.GetPrim(), "colliders")
    collection.CreateIncludesRel().SetTargets([f"/World/{member}" for member in members])
    targets = [f"/World/groups/{other}" for other in filtered]
    prim.CreateFilteredGroupsRel().SetTargets(targets)
    return prim


def falls_through(stage: Usd.Stage) -> tuple[bool, bool]:
    backend, table = play(stage)
    run(backend, 1.2)
    heights = [pose_of(backend, table, f"/World/{name}")[2] for name in "ab"]
    assert backend.messages == ()
    return heights[0] < 0.5, heights[1] < 0.5


def test_without_filters_everything_collides():
    stage = new_stage()
    table_and_balls(stage)
    assert falls_through(stage) == (False, False)


@pytest.mark.parametrize("inverted", [False, True])
def test_a_group_filters_what_it_names_or_all_else(inverted):
    stage = new_stage()
    table_and_balls(stage)
    group(stage, "balls", ["a"], ["tables"]).CreateInvertFilteredGroupsAttr(inverted)
    group(stage, "tables", ["table"])
    group(stage, "others", ["b"])
    assert falls_through(stage) == (not inverted, False)


def test_physx_files_list_what_a_group_does_hit():
    stage = new_stage()
    table_and_balls(stage)
    scene = stage.GetPrimAtPath("/physicsScene")
    scene.CreateAttribute(
        "physxScene:invertCollisionGroupFilter", Sdf.ValueTypeNames.Bool
    ).Set(True)  # fmt: skip
    group(stage, "balls", ["a"], ["balls", "tables"])
    group(stage, "others", ["b"], ["others"])
    group(stage, "tables", ["table"], ["balls", "tables"])
    assert falls_through(stage) == (False, True)


def test_groups_that_merge_filter_as_one():
    stage = new_stage()
    table_and_balls(stage)
    group(stage, "balls", ["a"], ["tables"]).CreateMergeGroupNameAttr("round")
    group(stage, "more", ["b"]).CreateMergeGroupNameAttr("round")
    group(stage, "tables", ["table"])
    assert falls_through(stage) == (True, True)


def test_a_merged_group_is_named_by_any_of_its_paths():
    stage = new_stage()
    table_and_balls(stage)
    group(stage, "tables", ["table"], ["more"])
    group(stage, "balls", ["a"]).CreateMergeGroupNameAttr("round")
    group(stage, "more", ["b"]).CreateMergeGroupNameAttr("round")
    assert falls_through(stage) == (True, True)


@pytest.mark.parametrize(("owner", "other"), [("a", "table"), ("table", "a")])
def test_a_filtered_pair_may_name_a_body_and_a_static_collider(owner, other):
    stage = new_stage()
    table_and_balls(stage)
    pairs = UsdPhysics.FilteredPairsAPI.Apply(stage.GetPrimAtPath(f"/World/{owner}"))
    pairs.CreateFilteredPairsRel().SetTargets([f"/World/{other}"])
    assert falls_through(stage) == (True, False)


def test_a_filtered_pair_between_bodies():
    stage = new_stage()
    add_body(stage, "/World/a", UsdGeom.Cube, at=(0, 0, 0.0), size=1.0)
    UsdPhysics.RigidBodyAPI(stage.GetPrimAtPath("/World/a")).CreateKinematicEnabledAttr(True)
    add_body(stage, "/World/b", at=(0, 0, 1.0), radius=0.1)
    pairs = UsdPhysics.FilteredPairsAPI.Apply(stage.GetPrimAtPath("/World/b"))
    pairs.CreateFilteredPairsRel().SetTargets(["/World/a"])
    backend, table = play(stage)
    run(backend, 1.2)
    assert pose_of(backend, table, "/World/b")[2] < -0.6


def test_a_filtered_articulation_takes_all_of_its_links_along():
    stage = new_stage()
    table_and_balls(stage)
    root = UsdGeom.Xform.Define(stage, "/World").GetPrim()
    UsdPhysics.ArticulationRootAPI.Apply(root)
    add_joint(
        stage, UsdPhysics.FixedJoint, "/World/bar", "/World/a", "/World/b", pos0=(2.0, 0.0, 0.0)
    )
    pairs = UsdPhysics.FilteredPairsAPI.Apply(root)
    pairs.CreateFilteredPairsRel().SetTargets(["/World/table"])
    assert falls_through(stage) == (True, True)


def test_a_joint_to_a_static_prim_lets_its_body_into_that_prim():
    """A post that stands in a block, hinged to it: the joint says that the two do not collide."""
    for collides in (False, True):
        stage = new_stage()
        block = UsdGeom.Cube.Define(stage, "/World/block")
        block.CreateSizeAttr(1.0)
        UsdPhysics.CollisionAPI.Apply(block.GetPrim())
        add_body(stage, "/World/post", UsdGeom.Cube, at=(0.0, 0.0, 0.5), size=0.5)
        joint = add_joint(
            stage, UsdPhysics.RevoluteJoint, "/World/hinge", "/World/block", "/World/post",
            pos0=(0.0, 0.0, 0.5), axis="X",
        )  # fmt: skip
        joint.CreateCollisionEnabledAttr(collides)
        backend, _ = play(stage)
        run(backend, 0.1)
        assert (len(backend.contacts(10)) > 0) == collides


@pytest.mark.parametrize("inverted", [("balls",), ("more",), ("balls", "more"), ()])
def test_of_groups_that_merge_each_keeps_what_its_own_list_means(inverted):
    """As in ``ComputeCollisionGroupTable``: what one of them switches off is off."""
    stage = new_stage()
    table_and_balls(stage)
    for name, member in (("balls", "a"), ("more", "b")):
        made = group(stage, name, [member], ["tables"] if name == "balls" else [])
        made.CreateMergeGroupNameAttr("round")
        made.CreateInvertFilteredGroupsAttr(name in inverted)
    group(stage, "tables", ["table"])
    table = UsdPhysics.CollisionGroup.ComputeCollisionGroupTable(stage)
    hits = table.IsCollisionEnabled(*(Sdf.Path(f"/World/groups/{n}") for n in ("balls", "tables")))
    assert falls_through(stage) == (not hits, not hits)
