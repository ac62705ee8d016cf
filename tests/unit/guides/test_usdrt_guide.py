"""The calls of NVIDIA's guides "USDRT Scenegraph API usage" and "Fast stage queries"."""

from __future__ import annotations

import pytest
from pxr import Gf, Usd, UsdUtils

from inspector.errors import StageError
from tests.unit.guides.porting import run
from tests.unit.guides.usdrt_room import LIGHT, WALL

# "USDRT Scenegraph API usage" ------------------------------------------------------------------


def test_one_property_is_read_and_written(room):
    names = run(
        """
        from usdrt import Gf, Sdf, Usd, UsdGeom, Vt

        stage = Usd.Stage.Open(room)
        prim = stage.GetPrimAtPath("/Room/Walls/Back")
        attr = prim.GetAttribute(UsdGeom.Tokens.primvarsDisplayColor)
        before = attr.Get()
        attr.Set(Vt.Vec3fArray([Gf.Vec3f(1, 0, 0)]))
        after = attr.Get()
        """,
        room=room,
    )
    assert list(names["before"]) == [Gf.Vec3f(0.5)]
    assert list(names["after"]) == [Gf.Vec3f(1, 0, 0)]
    theirs = names["stage"].usd.GetPrimAtPath(WALL).GetAttribute("primvars:displayColor")
    assert list(theirs.Get()) == [Gf.Vec3f(0.5)]  # USD keeps what it had


def test_many_properties_by_type_and_the_abstract_types(room):
    names = run(
        """
        from usdrt import Gf, Sdf, Usd, UsdGeom, Vt

        stage = Usd.Stage.Open(room)
        red = Vt.Vec3fArray([Gf.Vec3f(1, 0, 0)])
        mesh_paths = stage.GetPrimsWithTypeName("Mesh")
        for mesh_path in mesh_paths:
            prim = stage.GetPrimAtPath(mesh_path)
            if prim.HasAttribute(UsdGeom.Tokens.primvarsDisplayColor):
                prim.GetAttribute(UsdGeom.Tokens.primvarsDisplayColor).Set(red)

        double_sided = []
        for path in stage.GetPrimsWithTypeName("Gprim"):
            prim = stage.GetPrimAtPath(path)
            if prim.HasAttribute(UsdGeom.Tokens.doubleSided):
                if prim.GetAttribute(UsdGeom.Tokens.doubleSided).Get():
                    double_sided.append(prim)
        same = stage.GetPrimsWithTypeName("UsdGeomBoundable") == stage.GetPrimsWithTypeName("Boundable")
        """,
        room=room,
    )
    assert names["mesh_paths"] == [WALL, "/Room/Walls/Bare"]
    assert [str(prim.GetPath()) for prim in names["double_sided"]] == [WALL]
    assert names["same"]
    color = names["stage"].GetPrimAtPath(WALL).GetAttribute("primvars:displayColor")
    assert list(color.Get()) == [Gf.Vec3f(1, 0, 0)]


def test_a_relationship_is_read_and_pointed_elsewhere(room):
    names = run(
        """
        from usdrt import Gf, Sdf, Usd, UsdGeom, UsdShade

        stage = Usd.Stage.Open(room)
        prim = stage.GetPrimAtPath("/Room/Walls/Back")
        rel = prim.GetRelationship(UsdShade.Tokens.materialBinding)
        had = rel.HasAuthoredTargets()
        before = rel.GetTargets()[0]
        rel.SetTargets(["/Room/Looks/Red"])
        after = rel.GetTargets()[0]
        by_path = stage.GetRelationshipAtPath(Sdf.Path("/Room/Walls/Back.material:binding"))
        nothing = stage.GetRelationshipAtPath(Sdf.Path("/Room.invalid"))
        """,
        room=room,
    )
    assert names["had"]
    assert names["before"] == "/Room/Looks/Green"
    assert names["after"] == "/Room/Looks/Red"
    assert names["by_path"].GetTargets() == ["/Room/Looks/Red"]
    assert not names["nothing"]


def test_usd_and_usdrt_side_by_side(room):
    names = run(
        """
        from pxr import Sdf, Usd, UsdUtils
        from usdrt import Usd as RtUsd

        usd_stage = Usd.Stage.Open(room)
        usd_stage_id = UsdUtils.StageCache.Get().Insert(usd_stage)
        stage = RtUsd.Stage.Attach(usd_stage_id.ToLongInt())
        found = [usd_stage.GetPrimAtPath(str(path)) for path in stage.GetPrimsWithTypeName("Mesh")]
        exists = RtUsd.Stage.SimStageWithHistoryExists(usd_stage_id.ToLongInt())
        lacks = RtUsd.Stage.StageWithHistoryExists(-1)
        shown = repr(stage)
        """,
        room=room,
    )
    assert all(names["found"])
    assert names["exists"]
    assert not names["lacks"]
    assert names["shown"] == f"Stage(<ID: {names['usd_stage_id'].ToLongInt()}>)"
    UsdUtils.StageCache.Get().Erase(names["usd_stage_id"])


def test_stages_are_made_and_prims_defined(tmp_path):
    names = run(
        """
        from usdrt import Sdf, Usd, UsdGeom

        stage = Usd.Stage.CreateNew(path)
        typed = stage.DefinePrim(Sdf.Path("/Test"), "Mesh")
        typeless = stage.DefinePrim(Sdf.Path("/Test2"))
        full_name = stage.DefinePrim(Sdf.Path("/Test3"), "UsdGeomMesh")
        found = stage.GetPrimsWithTypeName("Xformable")
        attr = typed.CreateAttribute("myAttr", Sdf.ValueTypeNames.Int, True)
        again = stage.GetAttributeAtPath(Sdf.Path("/Test.myAttr"))
        in_memory = Usd.Stage.CreateInMemory("test.usda")
        """,
        path=str(tmp_path / "new.usda"),
    )
    assert names["typed"].GetTypeName() == "Mesh"
    assert names["typeless"].GetTypeName() == ""
    assert names["full_name"].GetTypeName() == "Mesh"
    assert names["found"] == ["/Test", "/Test3"]
    assert names["again"]
    assert not names["again"].HasValue()
    assert names["stage"].SetAttributeValue("/Test.myAttr", 3)
    assert names["again"].Get() == 3
    assert not names["stage"].SetAttributeValue("/Nothing.myAttr", 3)
    assert names["in_memory"].GetPseudoRoot()
    assert not list(names["stage"].usd.Traverse())  # USD has none of it


def test_defined_prims_have_parents_children_and_siblings_and_go(attached):
    names = run(
        """
        from usdrt import Usd

        stage = Usd.Stage.Attach(stage_id)
        stage.DefinePrim("/Room/Walls/Extra", "Xform")
        children = [child.GetName() for child in stage.GetPrimAtPath("/Room/Walls").GetChildren()]
        after = stage.GetPrimAtPath("/Room/Walls/Extra").GetNextSibling().GetName()
        there = stage.HasPrimAtPath("/Room/Walls/Extra", excludeTags=False)
        removed = stage.RemovePrim("/Room/Walls/Extra")
        twice = stage.RemovePrim("/Room/Walls/Extra")
        gone = not stage.HasPrimAtPath("/Room/Walls/Extra")
        """,
        stage_id=attached,
    )
    assert names["children"] == ["Back", "Bare", "Extra"]
    assert names["after"] == "Back"
    assert names["there"]
    assert (names["removed"], names["twice"], names["gone"]) == (True, False, True)
    with pytest.raises(StageError, match="Delete it in USD"):
        names["stage"].RemovePrim(WALL)
    with pytest.raises(StageError, match="'Mesh', not 'Cube'"):
        names["stage"].DefinePrim(WALL, "Cube")


def test_fabric_is_written_to_a_layer_again_and_again(tmp_path):
    file = str(tmp_path / "out.usda")
    run(
        """
        from usdrt import Gf, Sdf, Usd, UsdGeom, Vt

        stage = Usd.Stage.CreateInMemory("test.usda")
        world = stage.DefinePrim(Sdf.Path("/World"), "Xform")
        triangle = stage.DefinePrim(Sdf.Path("/World/Triangle"), "Mesh")
        points = triangle.CreateAttribute(
            UsdGeom.Tokens.points, Sdf.ValueTypeNames.Point3fArray, False
        )
        counts = triangle.CreateAttribute(
            UsdGeom.Tokens.faceVertexCounts, Sdf.ValueTypeNames.IntArray, False
        )
        points.Set(Vt.Vec3fArray([Gf.Vec3f(1, 0, 0), Gf.Vec3f(0, 1, 0), Gf.Vec3f(-1, 0, 0)]))
        counts.Set(Vt.IntArray([3]))
        stage.WriteToLayer(file)
        stage.WriteToLayer(file)
        """,
        file=file,
    )
    written = Usd.Stage.Open(file)
    assert written.GetPrimAtPath("/World/Triangle").GetTypeName() == "Mesh"
    assert len(written.GetAttributeAtPath("/World/Triangle.points").Get()) == 3


def test_fabric_is_written_to_the_stage_but_not_while_it_is_locked(sim, attached):
    names = run(
        """
        from usdrt import Gf, Rt, Usd, UsdGeom

        stage = Usd.Stage.Attach(stage_id)
        prim = stage.GetPrimAtPath("/Room/Walls/Back")
        prim.GetAttribute(UsdGeom.Tokens.doubleSided).Set(False)
        Rt.Xformable(prim).GetWorldPositionAttr().Set(Gf.Vec3d(1, 2, 3))
        stage.WriteToStage()
        """,
        stage_id=attached,
    )
    wall = sim.stage.GetPrimAtPath(WALL)
    assert wall.GetAttribute("doubleSided").Get() is False
    assert wall.GetAttribute("xformOp:translate").Get() == Gf.Vec3d(1, 2, 2)  # above: (0, 0, 1)
    sim.stage.GetRootLayer().SetPermissionToEdit(False)  # as the window does while it plays
    with pytest.raises(StageError, match="Stop first"):
        names["stage"].WriteToStage()
    sim.stage.GetRootLayer().SetPermissionToEdit(True)


def test_the_whole_stage_has_an_extent(room):
    bound = run(
        """
        from usdrt import Usd

        bound = Usd.Stage.Open(room).GetStageExtent()
        """,
        room=room,
    )["bound"]
    assert Gf.IsClose(bound.GetMin(), Gf.Vec3d(-0.5, -0.5, -0.5), 1e-6)  # the spot's sphere
    assert Gf.IsClose(bound.GetMax(), Gf.Vec3d(1, 1, 2.1), 1e-6)


# "Fast stage queries" --------------------------------------------------------------------------


def test_prims_are_queried_by_applied_schema(room):
    names = run(
        """
        from usdrt import Gf, Sdf, Usd, UsdLux

        stage = Usd.Stage.Open(room)
        shaped = stage.GetPrimsWithAppliedAPIName("ShapingAPI")
        linked = stage.GetPrimsWithAppliedAPIName("CollectionAPI:lightLink")
        both = stage.GetPrimsWithTypeAndAppliedAPIName("Cube", ["PhysicsCollisionAPI"])
        neither = stage.GetPrimsWithTypeAndAppliedAPIName("Invalid", ["Invalid:test"])
        for path in shaped:
            prim = stage.GetPrimAtPath(path)
            prim.GetAttribute(UsdLux.Tokens.inputsShapingConeAngle).Set(30.0)
            angle = UsdLux.ShapingAPI(prim).GetShapingConeAngleAttr().Get()
        """,
        room=room,
    )
    assert names["shaped"] == ["/Room/Spot"]
    assert sorted(map(str, names["linked"])) == ["/Room/Spot", LIGHT]
    assert names["both"] == ["/Room/Box"]
    assert names["neither"] == []
    assert names["angle"] == 30.0


# What is not there -----------------------------------------------------------------------------


def test_what_fabric_does_without_says_where_it_is(room):
    names = run(
        """
        from usdrt import Rt, Sdf, Usd, UsdGeom, UsdPhysics

        stage = Usd.Stage.Open(room)
        prim = stage.GetPrimAtPath("/Room/Box")
        """,
        room=room,
    )
    stage, prim = names["stage"], names["prim"]
    with pytest.raises(AttributeError, match=r"without layers and composition.*pxr\.Usd\.Stage"):
        stage.GetRootLayer()
    with pytest.raises(AttributeError, match=r"no GetReferences.*pxr\.Usd\.Prim"):
        prim.GetReferences()
    with pytest.raises(AttributeError, match="no GetTimeSamples"):
        prim.GetAttribute("size").GetTimeSamples()
    with pytest.raises(AttributeError, match="Cube has no GetNonsenseAttr"):
        names["UsdGeom"].Cube(prim).GetNonsenseAttr()
    with pytest.raises(AttributeError, match="UsdGeom has no Nonsense"):
        names["UsdGeom"].Nonsense  # noqa: B018
    with pytest.raises(AttributeError, match="It has Gf, Rt"):
        run("import usdrt; usdrt.UsdSkel")
    with pytest.raises(TypeError, match="takes a Vec3f"):
        prim.GetAttribute("primvars:displayColor").Set("red")
    with pytest.raises(StageError, match="its folder does not exist"):
        names["Usd"].Stage.CreateNew("/nowhere/at/all.usda")
    assert names["UsdPhysics"].RigidBodyAPI(prim)
    assert names["UsdPhysics"].RigidBodyAPI(prim).GetRigidBodyEnabledAttr().Get() is True
