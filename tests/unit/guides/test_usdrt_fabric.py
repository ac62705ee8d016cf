"""The calls of NVIDIA's guides about what Fabric holds and how it is followed.

The guides: "Change tracking", "What's in Fabric?", "Working with OmniHydra transforms", "Fabric
transforms with IFabricHierarchy", "Authoring geometry for Fabric Scene Delegate".
"""

from __future__ import annotations

import numpy as np
from pxr import Gf, Usd, UsdGeom, UsdUtils

from tests.unit.guides.porting import run
from tests.unit.guides.usdrt_room import LIGHT, WALL, kernels

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

        wp.config.log_level = wp.LOG_ERROR
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
