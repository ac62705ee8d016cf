"""Physics properties: None leaves alone, foreign schemas are plain attributes, angles convert."""

from __future__ import annotations

import math

import pytest
from pxr import UsdGeom, UsdPhysics

from inspector.sim import schemas
from inspector.usd.queries import find_global_fixed_joint_prim


@pytest.fixture
def robot(stage):
    root = UsdGeom.Xform.Define(stage, "/Robot").GetPrim()
    UsdPhysics.ArticulationRootAPI.Apply(root)
    for name in ("base", "arm"):
        link = UsdGeom.Cube.Define(stage, f"/Robot/{name}").GetPrim()
        UsdPhysics.RigidBodyAPI.Apply(link)
        UsdPhysics.CollisionAPI.Apply(link)
        UsdPhysics.MassAPI.Apply(link).CreateMassAttr(3.0)
    for kind, name in ((UsdPhysics.RevoluteJoint, "hinge"), (UsdPhysics.PrismaticJoint, "rail")):
        joint = kind.Define(stage, f"/Robot/{name}")
        joint.CreateBody0Rel().SetTargets(["/Robot/base"])
        joint.CreateBody1Rel().SetTargets(["/Robot/arm"])
    return stage


def test_none_leaves_alone_what_is_authored(robot):
    schemas.modify_mass_properties("/Robot", schemas.MassPropertiesCfg(density=10.0))
    arm = robot.GetPrimAtPath("/Robot/arm")
    assert arm.GetAttribute("physics:mass").Get() == 3.0
    assert arm.GetAttribute("physics:density").Get() == 10.0


def test_modify_reaches_every_body_and_writes_foreign_schemas_as_plain_attributes(robot):
    cfg = schemas.RigidBodyPropertiesCfg(kinematic_enabled=True, solver_position_iteration_count=8)
    assert schemas.modify_rigid_body_properties("/Robot", cfg)
    for name in ("base", "arm"):
        prim = robot.GetPrimAtPath(f"/Robot/{name}")
        assert UsdPhysics.RigidBodyAPI(prim).GetKinematicEnabledAttr().Get() is True
        assert prim.GetAttribute("physxRigidBody:solverPositionIterationCount").Get() == 8
        assert "PhysxRigidBodyAPI" in prim.GetMetadata("apiSchemas").GetAppliedItems()
        assert not prim.HasAttribute("physxRigidBody:disableGravity")


def test_modify_warns_when_nothing_fits(stage, caplog):
    stage.DefinePrim("/A", "Xform")
    assert not schemas.modify_collision_properties("/A", schemas.CollisionPropertiesCfg())
    assert "modify_collision_properties" in caplog.text
    caplog.clear()


def test_define_applies_the_schemas(stage):
    stage.DefinePrim("/A", "Cube")
    schemas.define_rigid_body_properties("/A", schemas.RigidBodyPropertiesCfg())
    schemas.define_collision_properties("/A", schemas.CollisionPropertiesCfg(contact_offset=0.02))
    schemas.define_mass_properties("/A", schemas.MassPropertiesCfg(mass=2.0))
    schemas.define_articulation_root_properties(
        "/A", schemas.ArticulationRootPropertiesCfg(enabled_self_collisions=False)
    )
    prim = stage.GetPrimAtPath("/A")
    for api in ("RigidBodyAPI", "CollisionAPI", "MassAPI", "ArticulationRootAPI"):
        assert f"Physics{api}" in prim.GetAppliedSchemas()
    assert prim.GetAttribute("physxCollision:contactOffset").Get() == pytest.approx(0.02)
    assert prim.GetAttribute("physxArticulation:enabledSelfCollisions").Get() is False
    with pytest.raises(ValueError, match="/None"):
        schemas.define_mass_properties("/None", schemas.MassPropertiesCfg())


def test_drive_gains_are_given_in_radians_and_authored_in_degrees(robot):
    cfg = schemas.JointDrivePropertiesCfg(
        drive_type="acceleration",
        stiffness=180.0,
        damping=18.0,
        max_effort=7.0,
        max_velocity=math.pi,
    )
    assert schemas.modify_joint_drive_properties("/Robot", cfg)
    hinge = robot.GetPrimAtPath("/Robot/hinge")
    angular = UsdPhysics.DriveAPI(hinge, "angular")
    assert angular.GetStiffnessAttr().Get() == pytest.approx(math.pi)
    assert angular.GetDampingAttr().Get() == pytest.approx(math.pi / 10)
    assert angular.GetMaxForceAttr().Get() == 7.0
    assert angular.GetTypeAttr().Get() == "acceleration"
    assert hinge.GetAttribute("physxJoint:maxJointVelocity").Get() == pytest.approx(180.0)
    linear = UsdPhysics.DriveAPI(robot.GetPrimAtPath("/Robot/rail"), "linear")
    assert linear.GetStiffnessAttr().Get() == 180.0


def test_root_link_is_tied_once_then_switched(robot):
    for fixed in (True, False, True):
        cfg = schemas.ArticulationRootPropertiesCfg(fix_root_link=fixed)
        schemas.modify_articulation_root_properties("/Robot", cfg)
        joint = find_global_fixed_joint_prim("/Robot")
        assert str(joint.GetPath()) == "/Robot/FixedJoint"
        assert joint.GetBody1Rel().GetTargets() == ["/Robot/base"]
        assert joint.GetJointEnabledAttr().Get() is fixed


def test_root_link_needs_a_body(stage):
    UsdPhysics.ArticulationRootAPI.Apply(stage.DefinePrim("/A", "Xform"))
    with pytest.raises(ValueError, match="no rigid body"):
        schemas.modify_articulation_root_properties(
            "/A", schemas.ArticulationRootPropertiesCfg(fix_root_link=True)
        )


@pytest.mark.parametrize(
    ("cfg", "error", "match"),
    [
        (schemas.MassPropertiesCfg(mass=-1.0), ValueError, "MassPropertiesCfg.mass"),
        (schemas.MassPropertiesCfg(density=math.nan), ValueError, "density"),
        (schemas.MassPropertiesCfg(mass="heavy"), TypeError, "MassPropertiesCfg.mass"),
        (schemas.MassPropertiesCfg(mass=True), TypeError, "MassPropertiesCfg.mass"),
    ],
)
def test_impossible_values_are_refused_before_authoring(stage, cfg, error, match):
    stage.DefinePrim("/A", "Cube")
    before = stage.GetRootLayer().ExportToString()
    with pytest.raises(error, match=match):
        schemas.define_mass_properties("/A", cfg)
    assert stage.GetRootLayer().ExportToString() == before


def test_drive_type_and_approximation_are_checked(robot):
    with pytest.raises(ValueError, match="drive_type"):
        schemas.modify_joint_drive_properties(
            "/Robot", schemas.JointDrivePropertiesCfg(drive_type="spring")
        )
    with pytest.raises(ValueError, match="convexHull"):
        schemas.define_mesh_collision_properties(
            "/Robot/arm", schemas.MeshCollisionPropertiesCfg(mesh_approximation_name="hull")
        )


def test_contact_reports(robot):
    assert schemas.activate_contact_sensors("/Robot", threshold=2.0)
    arm = robot.GetPrimAtPath("/Robot/arm")
    assert arm.GetAttribute("physxContactReport:threshold").Get() == 2.0
