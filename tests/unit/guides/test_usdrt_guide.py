"""The calls of NVIDIA's guides to USDRT and of Isaac Sim's and Isaac Lab's Fabric code.

The guides: "USDRT Scenegraph API usage", "Fast stage queries", "Efficiently processing sets of
prims", "Change tracking", "What's in Fabric?", "Working with OmniHydra transforms", "Fabric
transforms with IFabricHierarchy", "Authoring geometry for Fabric Scene Delegate".
"""

from __future__ import annotations

import numpy as np
import pytest
from pxr import Gf, Sdf, Usd, UsdGeom, UsdLux, UsdPhysics, UsdShade, UsdUtils

from inspector.errors import StageError
from inspector.sim.simulation_cfg import SimulationCfg
from inspector.sim.simulation_context import SimulationContext
from inspector.usd.stage import get_current_stage, get_current_stage_id
from inspector.utils.states import Writer
from tests.unit.guides.porting import run

WALL, LIGHT = "/Room/Walls/Back", "/Room/Sun"


def furnish(stage):
    """A room: a wall of four points, a box that falls, two lights, two materials."""
    stage.SetDefaultPrim(UsdGeom.Xform.Define(stage, "/Room").GetPrim())
    walls = UsdGeom.Xform.Define(stage, "/Room/Walls")
    walls.AddTranslateOp().Set((0, 0, 1))
    wall = UsdGeom.Mesh.Define(stage, WALL)
    wall.CreatePointsAttr([(0, 0, 0), (1, 0, 0), (1, 1, 0), (0, 1, 0)])
    wall.CreateFaceVertexCountsAttr([4])
    wall.CreateFaceVertexIndicesAttr([0, 1, 2, 3])
    wall.CreateDisplayColorAttr([(0.5, 0.5, 0.5)])
    wall.CreateDoubleSidedAttr(True)
    UsdGeom.Mesh.Define(stage, "/Room/Walls/Bare")
    for name in ("Red", "Green"):
        UsdShade.Material.Define(stage, f"/Room/Looks/{name}")
    UsdShade.MaterialBindingAPI.Apply(wall.GetPrim()).Bind(
        UsdShade.Material(stage.GetPrimAtPath("/Room/Looks/Green"))
    )
    box = UsdGeom.Cube.Define(stage, "/Room/Box")
    box.CreateSizeAttr(0.2)
    box.AddTranslateOp().Set((0, 0, 2))
    UsdPhysics.RigidBodyAPI.Apply(box.GetPrim())
    UsdPhysics.CollisionAPI.Apply(box.GetPrim())
    UsdLux.DistantLight.Define(stage, LIGHT)
    UsdLux.ShapingAPI.Apply(UsdLux.SphereLight.Define(stage, "/Room/Spot").GetPrim())
    return stage


@pytest.fixture
def room(tmp_path):
    path = str(tmp_path / "room.usda")
    stage = furnish(Usd.Stage.CreateNew(path))
    stage.Save()
    return path


@pytest.fixture
def attached():
    """The id of the current stage, furnished."""
    furnish(get_current_stage())
    return get_current_stage_id()


@pytest.fixture
def sim(attached):
    return SimulationContext(SimulationCfg())


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


# "Efficiently processing sets of prims" ---------------------------------------------------------


def test_prims_are_selected_by_type_schema_and_attribute(room):
    names = run(
        """
        from usdrt import Rt, Sdf, Usd, UsdGeom

        stage = Usd.Stage.Open(room)
        meshes = stage.SelectPrims(require_prim_type="Mesh", device="cpu")
        bodies = stage.SelectPrims(
            require_prim_type="Cube", require_applied_schemas=["PhysicsRigidBodyAPI"], device="cpu"
        )
        sized = stage.SelectPrims(
            require_applied_schemas=[],
            require_attrs=[(Sdf.ValueTypeNames.Double, "size", Usd.Access.ReadWrite)],
            device="cpu",
            want_paths=True,
        )
        wrong = stage.SelectPrims(
            require_attrs=[(Sdf.ValueTypeNames.Float, "size", Usd.Access.Read)]
        )
        looks = stage.SelectPrims(require_prim_type="Material")
        still = [sized.PrepareForReuse() for _ in range(3)]
        """,
        room=room,
    )
    assert names["meshes"].GetCount() == 2
    assert names["bodies"].GetPaths() == ["/Room/Box"]
    assert names["sized"].GetPaths() == ["/Room/Box"]
    assert names["wrong"].GetCount() == 0
    assert names["looks"].GetCount() == 2  # without a transform
    assert names["still"] == [False] * 3
    with pytest.raises(ValueError, match="memory of the CPU"):
        names["stage"].SelectPrims(require_prim_type="Mesh", device="cuda:0")


def test_a_kernel_moves_selected_prims(sim, attached):
    names = run(
        """
        import warp as wp
        from usdrt import Gf, Rt, Sdf, Usd, UsdGeom

        wp.config.quiet = True
        stage = Usd.Stage.Attach(stage_id)
        sel = stage.SelectPrims(
            require_attrs=[
                (Sdf.ValueTypeNames.Matrix4d, "omni:fabric:localMatrix", Usd.Access.ReadWrite)
            ],
            require_prim_type="Mesh",
            device="cpu",
        )
        """,
        stage_id=attached,
    )
    wp, sel, stage = names["wp"], names["sel"], names["stage"]
    with wp.ScopedDevice("cpu"):
        xforms = wp.fabricarray(sel, "omni:fabric:localMatrix")
        wp.launch(kernels()["lift"], dim=xforms.size, inputs=[xforms], device="cpu")
    rows = sim.tables.world_cache.rows_of([WALL, "/Room/Walls/Bare"])
    assert sim.fabric.local[rows, 3, 2].tolist() == [19, 19]
    assert sim.fabric.world[rows, 3, 2].tolist() == [1, 1]  # not before the pass
    hierarchy = run(
        """
        from usdrt import hierarchy

        rows = hierarchy.IFabricHierarchy().get_fabric_hierarchy(
            stage.GetFabricId(), stage.GetStageIdAsStageId()
        )
        rows.update_world_xforms()
        """,
        stage=stage,
    )["rows"]
    assert hierarchy.get_world_xform(Sdf.Path(WALL)).ExtractTranslation() == Gf.Vec3d(0, 0, 20)


def test_a_kernel_writes_attributes_with_elements(room):
    names = run(
        """
        import warp as wp
        from usdrt import Rt, Sdf, Usd, UsdGeom

        wp.config.quiet = True
        stage = Usd.Stage.Open(room)
        selection = stage.SelectPrims(
            require_attrs=[
                (
                    Sdf.ValueTypeNames.Point3fArray,
                    UsdGeom.Tokens.points,
                    Usd.Access.ReadWrite,
                ),
            ],
            require_prim_type="Mesh",
            device="cpu",
        )
        points = wp.fabricarrayarray(data=selection, attrib="points")
        """,
        room=room,
    )
    wp, selection = names["wp"], names["selection"]
    assert selection.GetPaths() == [WALL, "/Room/Walls/Bare"]
    wp.launch(kernels()["bend"], dim=1, inputs=[names["points"]], device="cpu")
    value = names["stage"].GetAttributeAtPath(f"{WALL}.points").Get()
    assert list(value) == [
        Gf.Vec3f(0, 0, 7),
        *[Gf.Vec3f(*p) for p in ((1, 0, 0), (1, 1, 0), (0, 1, 0))],
    ]


def test_isaac_labs_view_of_world_matrices(sim, attached):
    names = run(
        """
        import usdrt
        import warp as wp
        from usdrt import Rt

        wp.config.quiet = True
        stage = usdrt.Usd.Stage.Attach(stage_id)
        for i, path in enumerate(paths):
            prim = stage.GetPrimAtPath(path)
            xformable = Rt.Xformable(prim)
            if not xformable.HasFabricHierarchyWorldMatrixAttr():
                xformable.CreateFabricHierarchyWorldMatrixAttr()
            xformable.SetWorldXformFromUsd()
            prim.CreateAttribute("view:index", usdrt.Sdf.ValueTypeNames.UInt, custom=True)
            prim.GetAttribute("view:index").Set(i)
        hierarchy = usdrt.hierarchy.IFabricHierarchy().get_fabric_hierarchy(
            stage.GetFabricId(), stage.GetStageIdAsStageId()
        )
        selection = stage.SelectPrims(
            require_attrs=[
                (usdrt.Sdf.ValueTypeNames.UInt, "view:index", usdrt.Usd.Access.Read),
                (
                    usdrt.Sdf.ValueTypeNames.Matrix4d,
                    "omni:fabric:worldMatrix",
                    usdrt.Usd.Access.ReadWrite,
                ),
            ],
            device="cpu",
        )
        places = wp.zeros(len(paths), dtype=wp.uint32, device="cpu")
        order = wp.fabricarray(selection, "view:index")
        worlds = wp.fabricarray(selection, "omni:fabric:worldMatrix")
        """,
        stage_id=attached,
        paths=["/Room/Box", WALL, LIGHT],
    )
    wp = names["wp"]
    assert names["selection"].GetCount() == 3
    wp.launch(kernels()["invert"], dim=3, inputs=[names["order"], names["places"]], device="cpu")
    targets = wp.array([(1, 0, 0), (2, 0, 0), (3, 0, 0)], dtype=wp.vec3d, device="cpu")
    wp.launch(
        kernels()["place"],
        dim=3,
        inputs=[names["worlds"], names["places"], targets],
        device="cpu",
    )
    rows = sim.tables.world_cache.rows_of(["/Room/Box", WALL, LIGHT])
    assert sim.fabric.world[rows, 3, 0].tolist() == [1, 2, 3]
    assert (sim.fabric.writer[rows] == Writer.SCRIPT).all()
    names["hierarchy"].update_world_xforms()
    assert not names["selection"].PrepareForReuse()
    UsdGeom.Xform.Define(sim.stage, "/Room/later")
    assert names["selection"].PrepareForReuse()


# "Change tracking in USDRT" --------------------------------------------------------------------


def test_changes_of_tracked_attributes_are_told(room):
    names = run(
        """
        from usdrt import Gf, Rt, Sdf, Usd

        stage = Usd.Stage.Open(room)
        prim = stage.GetPrimAtPath(Sdf.Path("/Room/Sun"))
        color = prim.GetAttribute("inputs:color")
        tracker = Rt.ChangeTracker(stage)
        tracker.TrackAttribute("inputs:color")
        quiet = tracker.HasChanges()
        color.Set((0, 0.5, 0.5), 0)
        prim.GetAttribute("inputs:intensity").Set(3.0)
        result = tracker.GetChangedAttributes("/Room/Sun")
        """,
        room=room,
    )
    tracker, prim = names["tracker"], names["prim"]
    assert not names["quiet"]
    assert names["result"] == ["inputs:color"]
    assert names["color"].Get() == Gf.Vec3f(0, 0.5, 0.5)
    assert tracker.HasChanges()
    assert tracker.PrimChanged(prim)
    assert tracker.PrimChanged("/Room/Sun")
    assert not tracker.PrimChanged("/Room/Box")
    assert tracker.AttributeChanged(names["color"])
    assert tracker.AttributeChanged("/Room/Sun.inputs:color")
    assert tracker.GetAllChangedPrims() == ["/Room/Sun"]
    assert tracker.GetAllChangedAttributes() == ["/Room/Sun.inputs:color"]
    assert tracker.GetTrackedAttributes() == ["inputs:color"]
    tracker.ClearChanges()
    assert not tracker.HasChanges()
    tracker.PauseTracking()
    names["color"].Set((1, 1, 1))
    assert tracker.IsChangeTrackingPaused()
    tracker.ResumeTracking()
    assert not tracker.HasChanges()
    names["stage"].usd.GetPrimAtPath(LIGHT).GetAttribute("inputs:intensity").Set(9.0)
    tracker.TrackAttribute("inputs:intensity")
    assert tracker.GetChangedAttributes(prim) == []  # Fabric has a value of its own
    tracker.StopTrackingAttribute("inputs:color")
    names["color"].Set((0, 0, 0))
    assert not tracker.HasChanges()
    assert not tracker.IsTrackingAttribute("inputs:color")


def test_what_usd_authors_is_a_change_where_fabric_has_no_value(room):
    names = run(
        """
        from usdrt import Rt, Usd

        stage = Usd.Stage.Open(room)
        tracker = Rt.ChangeTracker(stage)
        tracker.TrackAttribute("inputs:intensity")
        tracker.EnablePrimCreateTracking()
        """,
        room=room,
    )
    names["stage"].usd.GetPrimAtPath(LIGHT).GetAttribute("inputs:intensity").Set(9.0)
    assert names["tracker"].GetChangedAttributes(LIGHT) == ["inputs:intensity"]
    UsdGeom.Cube.Define(names["stage"].usd, "/Room/later")
    names["stage"].DefinePrim("/Room/defined", "Cube")
    assert names["tracker"].GetAddedPrims() == ["/Room/defined", "/Room/later"]
    names["tracker"].ClearChanges()
    assert not names["tracker"].HasChanges()


def test_physics_and_the_hierarchy_pass_are_changes_of_transforms(sim, attached):
    names = run(
        """
        from usdrt import Rt, Usd, hierarchy

        stage = Usd.Stage.Attach(stage_id)
        tracker = Rt.ChangeTracker(stage)
        tracker.TrackAttribute("omni:fabric:worldMatrix")
        tracker.TrackAttribute(Rt.Tokens.fabricHierarchyLocalMatrix)
        rows = hierarchy.IFabricHierarchy().get_fabric_hierarchy(
            stage.GetFabricId(), stage.GetStageIdAsStageId()
        )
        """,
        stage_id=attached,
    )
    tracker, rows = names["tracker"], names["rows"]
    sim.play()
    tracker.ClearChanges()
    sim.step()
    assert "/Room/Box" in map(str, tracker.GetAllChangedPrims())
    assert LIGHT not in map(str, tracker.GetAllChangedPrims())
    sim.stop()
    assert tracker.HasChanges()  # all rows are those of before
    tracker.ClearChanges()
    rows.set_local_xform("/Room/Walls", Gf.Matrix4d().SetTranslate((5, 0, 0)))
    assert tracker.GetAllChangedPrims() == ["/Room/Walls"]
    rows.update_world_xforms()
    assert tracker.GetChangedAttributes(WALL) == ["omni:fabric:worldMatrix"]


# "What's in Fabric?" and "Working with OmniHydra transforms" ------------------------------------


def test_what_is_in_fabric_is_listed(attached):
    text = run(
        """
        from usdrt import Usd, Sdf, Gf, Vt, Rt

        def describe(stage_id, path):
            stage = Usd.Stage.Attach(stage_id)
            prim = stage.GetPrimAtPath(Sdf.Path(path))
            if not prim:
                return f"Prim at path {path} is not in Fabric"
            result = ""
            for attr in prim.GetAttributes():
                data = attr.Get()
                shown = "<no value>" if data is None else str(data)
                result += "{} ({}): {}\\n".format(
                    attr.GetName(), str(attr.GetTypeName().GetAsToken()), shown
                )
            return result

        text = describe(stage_id, "/Room/Box")
        nothing = describe(stage_id, "/Room/nothing")
        """,
        stage_id=attached,
    )
    assert "size (double): 0.2\n" in text["text"]
    assert "_worldPosition (double3): (0, 0, 2)\n" in text["text"]
    assert "omni:fabric:worldMatrix (matrix4d)" in text["text"]
    assert text["nothing"] == "Prim at path /Room/nothing is not in Fabric"


def test_a_prim_is_turned_in_place(sim, attached):
    run(
        """
        import math
        from usdrt import Usd, Sdf, Gf, Vt, Rt

        stage = Usd.Stage.Attach(stage_id)
        prim = stage.GetPrimAtPath(Sdf.Path("/Room/Box"))
        xformable = Rt.Xformable(prim)
        if not xformable.HasWorldXform():
            xformable.SetWorldXformFromUsd()
        half = math.pi / 4
        axis = Gf.Vec3f(0, 0, 1).GetNormalized()
        rotation = Gf.Quatf(math.cos(half), *(axis[i] * math.sin(half) for i in range(3)))
        xformable.GetWorldOrientationAttr().Set(rotation)
        """,
        stage_id=attached,
    )
    row = sim.tables.world_cache.rows_of(["/Room/Box"])[0]
    np.testing.assert_allclose(sim.fabric.world[row, 0, :3], (0, 1, 0), atol=1e-7)
    assert sim.fabric.world[row, 3, 2] == 2


def test_a_mesh_is_deformed_with_warp(attached):
    names = run(
        """
        import warp as wp
        from usdrt import Usd, Sdf, Gf, Vt, Rt

        wp.config.quiet = True
        stage = Usd.Stage.Attach(stage_id)
        prim = stage.GetPrimAtPath(Sdf.Path("/Room/Walls/Back"))
        if not prim.HasAttribute("Deformable"):
            prim.CreateAttribute("Deformable", Sdf.ValueTypeNames.PrimTypeTag, True)
        points = prim.GetAttribute("points")
        values = points.Get()
        array = wp.array(values, dtype=wp.vec3, device="cpu")
        """,
        stage_id=attached,
    )
    array = names["array"]
    names["wp"].launch(kernels()["shift"], dim=len(array), inputs=[array], device="cpu")
    run("points.Set(Vt.Vec3fArray(array.numpy()))", **names)
    assert names["prim"].HasAttribute("Deformable")
    assert list(names["points"].Get())[1] == Gf.Vec3f(1, 0, 1)


# "Authoring geometry for Fabric Scene Delegate" and "IFabricHierarchy" --------------------------


def test_geometry_is_authored_in_fabric_alone(sim, attached):
    names = run(
        """
        from usdrt import Usd, Sdf, UsdGeom, Rt, Gf, Vt

        stage = Usd.Stage.Attach(stage_id)
        prim = stage.DefinePrim("/Room/Walls/Triangle", "Mesh")
        mesh = UsdGeom.Mesh(prim)
        points = mesh.CreatePointsAttr()
        points.Set(Vt.Vec3fArray([Gf.Vec3f(1.0, 0, 0), Gf.Vec3f(0, 1.0, 0), Gf.Vec3f(-1.0, 0, 0)]))
        mesh.CreateFaceVertexCountsAttr().Set(Vt.IntArray([3]))
        mesh.CreateFaceVertexIndicesAttr().Set(Vt.IntArray([0, 1, 2]))
        bound = Rt.Boundable(prim)
        had = bound.HasWorldExtent()
        extent = bound.CreateWorldExtentAttr()
        extent.Set(Gf.Range3d(Gf.Vec3d(-1, 0, -1), Gf.Vec3d(1, 1, 1)))
        xform = Rt.Xformable(prim)
        unset = xform.HasFabricHierarchyLocalMatrixAttr()
        local = xform.CreateFabricHierarchyLocalMatrixAttr()
        world = xform.CreateFabricHierarchyWorldMatrixAttr()
        prim.CreateAttribute("purpose", Sdf.ValueTypeNames.Token, False).Set("default")
        """,
        stage_id=attached,
    )
    stage, prim = names["stage"], names["prim"]
    assert not names["had"]
    assert not names["unset"]
    assert len(prim.GetAttribute("points").Get()) == 3
    assert names["extent"].Get().GetMax() == Gf.Vec3d(1, 1, 1)
    assert "/Room/Walls/Triangle" in stage.GetPrimsWithTypeName("Mesh")
    assert names["world"].Get().ExtractTranslation() == Gf.Vec3d(0, 0, 1)  # where its parent is
    rows = run(
        """
        from usdrt import hierarchy

        rows = hierarchy.IFabricHierarchy().get_fabric_hierarchy(
            stage.GetFabricId(), stage.GetStageIdAsStageId()
        )
        """,
        stage=stage,
    )["rows"]
    rows.set_world_xform("/Room/Walls", Gf.Matrix4d().SetTranslate((0, 0, 5)))
    assert names["world"].Get().ExtractTranslation() == Gf.Vec3d(0, 0, 1)
    rows.update_world_xforms()
    assert names["world"].Get().ExtractTranslation() == Gf.Vec3d(0, 0, 5)
    assert not sim.stage.GetPrimAtPath("/Room/Walls/Triangle")
    # What came while playing is gone after the stop.
    sim.play()
    stage.DefinePrim("/Room/while_playing", "Cube")
    sim.stop()
    assert not stage.GetPrimAtPath("/Room/while_playing")
    assert stage.GetPrimAtPath("/Room/Walls/Triangle")


def test_world_extents_are_where_fabric_has_the_prim(sim, attached):
    names = run(
        """
        from usdrt import Gf, Rt, Usd

        stage = Usd.Stage.Attach(stage_id)
        bound = Rt.Boundable(stage.GetPrimAtPath("/Room/Box"))
        before = bound.GetWorldExtentAttr().Get()
        bound.GetWorldPositionAttr().Set(Gf.Vec3d(1, 2, 3))
        after = bound.GetWorldExtentAttr().Get()
        bound.GetWorldExtentAttr().Set(Gf.Range3d(Gf.Vec3d(0), Gf.Vec3d(1)))
        own = bound.GetWorldExtentAttr().Get()
        bound.SetWorldExtentFromUsd()
        again = bound.GetWorldExtentAttr().Get()
        """,
        stage_id=attached,
    )
    assert Gf.IsClose(names["before"].GetMax(), Gf.Vec3d(0.1, 0.1, 2.1), 1e-6)
    assert Gf.IsClose(names["after"].GetMax(), Gf.Vec3d(1.1, 2.1, 3.1), 1e-6)
    assert names["own"].GetMax() == Gf.Vec3d(1)
    assert names["again"] == names["after"]


def test_the_calls_that_fill_fabric_are_there(room):
    names = run(
        """
        from usdrt import Gf, Sdf, Usd, hierarchy, population

        stage = Usd.Stage.Open(room)
        reader = stage.GetStageReaderWriterId()
        stage_id, fabric_id = stage.GetStageIdAsStageId(), stage.GetFabricId()
        pop = population.IUtils()
        pop.set_enable_usd_notice_handling(stage_id, fabric_id, True)
        pop.populate_from_usd(reader, stage_id, Sdf.Path("/"), 0)
        pop.apply_pending_usd_updates(stage_id, reader, 0)
        hier = hierarchy.IFabricHierarchy().get_fabric_hierarchy(fabric_id, stage_id)
        hier.update_world_xforms()
        hier.track_world_xform_changes(True)
        """,
        room=room,
    )
    assert names["reader"].id != 0
    assert names["hier"].get_local_xform("/Room/Walls").ExtractTranslation() == Gf.Vec3d(0, 0, 1)
    cache = UsdUtils.StageCache.Get()
    cache.Erase(Usd.StageCache.Id.FromLongInt(names["stage_id"]))


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


def kernels():
    """Compiled once; Warp reads their source, so they stand in a file."""
    from tests.unit.guides import usdrt_kernels

    return vars(usdrt_kernels)
