"""Finding prims by path expression, predicate and direction."""

from __future__ import annotations

import pytest
from pxr import Sdf, Usd, UsdGeom, UsdPhysics

from inspector.usd import queries


@pytest.fixture
def envs(stage):
    for env in range(3):
        for name in ("Robot/base", "Robot/arm", "Object"):
            stage.DefinePrim(f"/World/envs/env_{env}/{name}", "Xform")
    return stage


def test_expressions_match_token_by_token(envs):
    assert queries.find_matching_prim_paths("/World/envs/env_.*/Object") == [
        f"/World/envs/env_{i}/Object" for i in range(3)
    ]
    assert queries.find_matching_prim_paths("/World/.*") == ["/World/envs"]
    assert len(queries.find_matching_prims("/World/envs/env_[^/]+/Robot/(base|arm)")) == 6
    assert queries.find_matching_prim_paths("/World/envs/env_") == []
    assert queries.find_matching_prims("/") == []
    first = queries.find_first_matching_prim("/World/envs/env_[12]/Robot")
    assert str(first.GetPath()) == "/World/envs/env_1/Robot"
    assert queries.find_first_matching_prim("/Nope/.*") is None


def test_class_prims_are_no_part_of_the_scene_but_inactive_ones_are(envs):
    envs.CreateClassPrim("/prototypes")
    envs.DefinePrim("/prototypes/row_0", "Xform")
    envs.GetPrimAtPath("/World/envs/env_1").SetActive(False)
    assert queries.find_matching_prim_paths("/.*") == ["/World"]
    assert queries.find_matching_prim_paths("/prototypes/row_0") == []
    assert len(queries.find_matching_prims("/World/envs/env_.*")) == 3


@pytest.mark.parametrize("path", ["World/x", "/World/env_(", ""])
def test_bad_expressions_say_so(stage, path):
    with pytest.raises(ValueError, match="prim_path"):
        queries.find_matching_prims(path)


def test_is_regex_path():
    assert queries.is_regex_path("/World/env_.*/A")
    assert not queries.is_regex_path("/World/env_0/A")


def test_children_by_predicate_depth_and_count(envs):
    def is_arm(prim):
        return prim.GetName() == "arm"

    def everything(_):
        return True

    assert str(queries.get_first_matching_child_prim("/World", is_arm).GetPath()).endswith(
        "0/Robot/arm"
    )
    assert len(queries.get_all_matching_child_prims("/World", is_arm)) == 3
    assert len(queries.get_all_matching_child_prims("/World/envs", everything, depth=1)) == 4
    with pytest.raises(RuntimeError, match="Expected 2 prims below '/World', found 3"):
        queries.get_all_matching_child_prims("/World", is_arm, expected_num_matches=2)
    for wrong in ({"depth": 0}, {"expected_num_matches": -1}):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            queries.get_all_matching_child_prims("/World", **wrong)
    with pytest.raises(ValueError, match="/Nope"):
        queries.get_all_matching_child_prims("/Nope")


def test_instances_are_entered_unless_told_not_to(stage):
    stage.DefinePrim("/Master/ball", "Sphere")
    instance = stage.DefinePrim("/World/a", "Xform")
    instance.GetReferences().AddInternalReference("/Master")
    instance.SetInstanceable(True)

    def is_sphere(prim):
        return prim.IsA(UsdGeom.Sphere)

    assert queries.get_first_matching_child_prim("/World", is_sphere)
    assert (
        queries.get_first_matching_child_prim("/World", is_sphere, traverse_instance_prims=False)
        is None
    )
    assert queries.find_matching_prim_paths("/World/a/.*") == ["/World/a/ball"]


def test_ancestor_includes_the_prim_itself(envs):
    path = "/World/envs/env_0/Robot/arm"
    found = queries.get_first_matching_ancestor_prim(path, lambda p: p.GetName() == "Robot")
    assert str(found.GetPath()) == "/World/envs/env_0/Robot"
    assert str(queries.get_first_matching_ancestor_prim(path, bool).GetPath()) == path
    assert queries.get_first_matching_ancestor_prim(path, lambda p: p.IsA(UsdGeom.Mesh)) is None


def test_next_free_path_counts_up(stage):
    for name in ("Cube", "Cube_01", "Box_9"):
        stage.DefinePrim(f"/World/{name}")
    assert queries.get_next_free_prim_path("/World/New") == "/World/New"
    assert queries.get_next_free_prim_path("/World/Cube") == "/World/Cube_02"
    assert queries.get_next_free_prim_path("/World/Box_9") == "/World/Box_10"
    stage.SetDefaultPrim(stage.GetPrimAtPath("/World"))
    assert queries.get_next_free_prim_path("/Cube") == "/World/Cube_02"
    with pytest.raises(ValueError, match="not a valid"):
        queries.get_next_free_prim_path("/World/a b")


def test_global_fixed_joint(stage):
    UsdGeom.Xform.Define(stage, "/R/base")
    UsdGeom.Xform.Define(stage, "/R/arm")
    hinge = UsdPhysics.RevoluteJoint.Define(stage, "/R/hinge")
    hinge.CreateBody0Rel().SetTargets(["/R/base"])
    hinge.CreateBody1Rel().SetTargets(["/R/arm"])
    assert queries.find_global_fixed_joint_prim("/R") is None
    fixed = UsdPhysics.FixedJoint.Define(stage, "/R/root")
    fixed.CreateBody1Rel().SetTargets([Sdf.Path("/R/base")])
    assert queries.find_global_fixed_joint_prim("/R").GetPath() == fixed.GetPath()
    fixed.CreateJointEnabledAttr(False)
    assert queries.find_global_fixed_joint_prim("/R", check_enabled_only=True) is None


def test_small_accessors(stage):
    other = Usd.Stage.CreateInMemory()
    other.DefinePrim("/A", "Cube")
    assert not queries.is_prim_path_valid("/A")
    assert queries.is_prim_path_valid("/A", other)
    assert queries.get_prim_type_name("/A", other) == "Cube"
    assert queries.get_prim_path(queries.get_prim_at_path("/A", other)) == "/A"
    assert [p.GetName() for p in queries.traverse_stage(other)] == ["A"]
