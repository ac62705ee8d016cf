"""The calls of "Efficiently processing sets of prims", and Isaac Lab's view of world matrices."""

from __future__ import annotations

import pytest
from pxr import Gf, Sdf, UsdGeom

from inspector.utils.states import Writer
from tests.unit.guides.porting import run
from tests.unit.guides.usdrt_room import LIGHT, WALL, kernels

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

        wp.config.log_level = wp.LOG_ERROR
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

        wp.config.log_level = wp.LOG_ERROR
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

        wp.config.log_level = wp.LOG_ERROR
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
