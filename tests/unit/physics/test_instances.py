"""Instanced robots have bodies inside instances, which USD cannot author on but physics moves."""

from __future__ import annotations

import numpy as np
import pytest
from pxr import Sdf, UsdGeom, UsdPhysics

from tests.unit.physics.scenes import CARTPOLE, clone, new_stage, play, pose_of, run


def test_bodies_inside_instances_weigh_and_move_like_copies():
    results = []
    for instanceable in (False, True):
        stage = new_stage()
        for env_id in range(2):
            root = UsdGeom.Xform.Define(stage, f"/World/envs/env_{env_id}")
            UsdGeom.XformCommonAPI(root).SetTranslate((3.0 * env_id, 0.0, 0.0))
            robot = stage.DefinePrim(f"/World/envs/env_{env_id}/Robot")
            robot.GetReferences().AddReference(str(CARTPOLE))
            robot.SetInstanceable(instanceable)
        template = "/World/envs/env_{}/Robot"
        plan = clone(
            new_stage(), ["/World/envs/env_0/Robot"], [template], np.zeros((1, 2), np.bool_), 3.0
        )
        plan.clone_mask[:] = True
        backend, table = play(stage, plan)
        run(backend, 1.0)
        results.append(pose_of(backend, table, "/World/envs/env_1/Robot/pole"))
        assert backend.messages == ()
    np.testing.assert_allclose(results[0], results[1], atol=1e-4)


@pytest.mark.parametrize("authored", [{}, {"density": 500.0}, {"mass": 3.0}])
def test_colliders_inside_an_instance_count(authored):
    stage = new_stage()
    shape = UsdGeom.Cube.Define(stage, "/Prototype/shape")
    shape.CreateSizeAttr(0.2)
    UsdGeom.XformCommonAPI(shape).SetTranslate((0.1, 0.0, 0.0))
    UsdPhysics.CollisionAPI.Apply(shape.GetPrim())
    masses = []
    for instanceable in (False, True):
        body = UsdGeom.Xform.Define(stage, "/World/body").GetPrim()
        UsdPhysics.RigidBodyAPI.Apply(body)
        UsdPhysics.MassAPI.Apply(body)
        for name, value in authored.items():
            body.GetAttribute(f"physics:{name}").Set(value)
        geometry = stage.DefinePrim("/World/body/geometry")
        geometry.GetReferences().AddInternalReference("/Prototype")
        geometry.SetInstanceable(instanceable)
        stage.GetPrimAtPath("/Prototype").SetSpecifier(Sdf.SpecifierClass)
        model = play(stage)[0]._groups[0].translation.model
        masses.append([model.body_mass[1], *model.body_ipos[1], *np.sort(model.body_inertia[1])])
    np.testing.assert_allclose(masses[0], masses[1], rtol=1e-5, atol=1e-9)


def test_a_body_nested_in_a_body_is_a_body_of_its_own():
    """The inner one weighs its own collider, stands where both transforms put it, and falls alone."""
    stage = new_stage()
    outer = UsdGeom.Xform.Define(stage, "/World/outer")
    outer.AddTranslateOp().Set((0.0, 0.0, 5.0))
    outer.AddRotateZOp().Set(90.0)
    inner = UsdGeom.Xform.Define(stage, "/World/outer/inner")
    inner.AddTranslateOp().Set((2.0, 0.0, 0.0))
    for path, size in (("/World/outer/box", 0.4), ("/World/outer/inner/box", 0.2)):
        box = UsdGeom.Cube.Define(stage, path)
        box.CreateSizeAttr(size)
        UsdPhysics.CollisionAPI.Apply(box.GetPrim())
    for prim in (outer.GetPrim(), inner.GetPrim()):
        UsdPhysics.RigidBodyAPI.Apply(prim)
    UsdPhysics.RigidBodyAPI(outer.GetPrim()).CreateKinematicEnabledAttr(True)
    backend, table = play(stage)
    masses = dict(zip([table.paths.path(i) for i in range(2)], table.mass, strict=True))
    assert masses["/World/outer/inner"] == pytest.approx(8.0, rel=1e-6)
    np.testing.assert_allclose(
        pose_of(backend, table, "/World/outer/inner")[:3], [0, 2, 5], atol=1e-9
    )
    run(backend, 0.5)
    assert pose_of(backend, table, "/World/outer")[2] == pytest.approx(5.0)
    assert pose_of(backend, table, "/World/outer/inner")[2] < 4.0
