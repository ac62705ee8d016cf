"""Stages that nobody would write on purpose, and that exporters write every day."""

from __future__ import annotations

import numpy as np
import pytest
import trimesh
from pxr import Usd, UsdShade

from inspector.errors import InspectorError, StageError
from inspector.physics.poses import rotate
from tests.unit.physics.scenes import play, pose_of, run

TETRAHEDRON = """
    point3f[] points = [(0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1)]
    int[] faceVertexCounts = [3, 3, 3, 3]
    int[] faceVertexIndices = [0, 2, 1, 0, 1, 3, 0, 3, 2, 1, 2, 3]
"""
MESH_APIS = '(prepend apiSchemas = ["PhysicsCollisionAPI", "PhysicsMeshCollisionAPI"])'
FLAT = """
    point3f[] points = [(0, 0, 0), (1, 0, 0), (0, 1, 0), (1, 1, 0)]
    int[] faceVertexCounts = [4]
    int[] faceVertexIndices = [0, 1, 3, 2]
    uniform token physics:approximation = "convexHull"
"""
BALL = """
def Sphere "{}" (prepend apiSchemas = ["PhysicsRigidBodyAPI", "PhysicsCollisionAPI"])
{{
    double radius = 0.1
    double3 xformOp:translate = ({}, 0, 0)
    uniform token[] xformOpOrder = ["xformOp:translate"]
}}
"""


def stage_of(text, gravity="-inf"):
    stage = Usd.Stage.CreateInMemory()
    header = '#usda 1.0\n(upAxis = "Z"\n metersPerUnit = 1)\n'
    scene = f'def PhysicsScene "scene" {{ float physics:gravityMagnitude = {gravity}\n}}\n'
    assert stage.GetRootLayer().ImportFromString(header + scene + text)
    return stage


def said(backend):
    return {message.code: message for message in backend.messages}


def body(collider):
    return f'def Xform "body" (prepend apiSchemas = ["PhysicsRigidBodyAPI"]) {{ {collider}\n}}'


@pytest.mark.parametrize("scale", ["(-1, 2, 0.5)", "(1, -2, -0.5)", "(-1, -2, -0.5)"])
def test_a_mirrored_cube_weighs_and_collides_as_the_cube(scale):
    cube = f"""
    def Cube "cube" (prepend apiSchemas = ["PhysicsCollisionAPI"])
    {{
        double size = 0.2
        double3 xformOp:scale = {scale}
        uniform token[] xformOpOrder = ["xformOp:scale"]
    }}"""
    backend, table = play(stage_of(body(cube)))
    assert table.mass[0] == pytest.approx(8.0)
    assert not backend.messages


@pytest.mark.parametrize("mirrored", [False, True])
def test_a_convex_mesh_is_not_cut_into_pieces(mirrored):
    mesh = f"""
    def Mesh "mesh" {MESH_APIS}
    {{
        {TETRAHEDRON}
        uniform token physics:approximation = "convexDecomposition"
        double3 xformOp:scale = ({-1 if mirrored else 1}, 1, 2)
        uniform token[] xformOpOrder = ["xformOp:scale"]
    }}"""
    backend, table = play(stage_of(body(mesh)))
    assert backend.groups[0].translation.model.ngeom == 1
    assert table.mass[0] == pytest.approx(1000 / 3)


@pytest.mark.parametrize(
    ("points", "indices", "why"),
    [
        ("", "", "it has no points"),
        ("(0, 0, nan), (1, 0, 0), (0, 1, 0)", "0, 1, 2", "1 of its 3 points are not finite"),
        ("(0, 0, 0), (1, 0, 0), (0, 1, 0)", "0, 1, 7", "none of its faces is a triangle"),
    ],
)
def test_a_mesh_that_cannot_collide_says_why(points, indices, why):
    mesh = f"""
    def Mesh "mesh" {MESH_APIS}
    {{
        point3f[] points = [{points}]
        int[] faceVertexCounts = [{3 if indices else ""}]
        int[] faceVertexIndices = [{indices}]
        uniform token physics:approximation = "none"
    }}"""
    backend, _ = play(stage_of(BALL.format("ball", 3) + mesh))
    message = said(backend)["shape-mesh"]
    assert message.path == "/mesh"
    assert why in message.text


def test_faces_without_points_are_counted():
    mesh = f"""
    def Mesh "mesh" {MESH_APIS}
    {{
        point3f[] points = [(0, 0, 0), (1, 0, 0), (0, 1, 0)]
        int[] faceVertexCounts = [3, 4]
        int[] faceVertexIndices = [0, 1, 2, 0, 1, 2, 9]
        uniform token physics:approximation = "none"
    }}"""
    backend, _ = play(stage_of(BALL.format("ball", 3) + mesh))
    assert "has 1 triangles whose corners are no points" in said(backend)["shape-faces"].text


@pytest.mark.parametrize(
    ("collider", "why"),
    [
        ('def Sphere "x" {} {{ double radius = 0\n}}', "its size is zero"),
        ('def Cube "x" {} {{ double size = nan\n}}', "its size is not a number"),
        (
            f'def Mesh "x" {{}} {{{{ {FLAT}\n}}}}',
            "its points lie in one plane",
        ),
    ],
)
def test_refused_shapes_are_explained_in_one_line(collider, why):
    backend, _ = play(stage_of(body(collider.format(MESH_APIS))))
    text = said(backend)["shape-mesh"].text
    assert text.startswith(f"/body/x cannot collide: {why}")
    assert "\n" not in text
    assert "Element name" not in text


def test_a_limit_of_distance_on_a_d6_joint_is_said():
    joint = """
    def PhysicsJoint "joint" (prepend apiSchemas = ["PhysicsLimitAPI:distance"])
    {
        rel physics:body0 = </a>
        rel physics:body1 = </b>
        point3f physics:localPos0 = (1, 0, 0)
        float limit:distance:physics:high = 1.5
    }"""
    backend, _ = play(stage_of(BALL.format("a", 0) + BALL.format("b", 1) + joint))
    assert said(backend)["joint-limit-distance"].path == "/joint"


def test_a_joint_with_two_bodies_on_one_side_says_which_it_takes():
    joint = """
    def PhysicsRevoluteJoint "joint"
    {
        rel physics:body0 = [</a>, </c>]
        rel physics:body1 = </b>
        point3f physics:localPos0 = (1, 0, 0)
    }"""
    bodies = "".join(BALL.format(name, x) for name, x in (("a", 0), ("b", 1), ("c", 2)))
    backend, _ = play(stage_of(bodies + joint))
    assert "/a is taken" in said(backend)["joint-body0"].text


def test_two_limits_that_are_one_hold_the_joint_there():
    joint = """
    def PhysicsPrismaticJoint "joint"
    {
        rel physics:body1 = </b>
        token physics:axis = "X"
        float physics:lowerLimit = 0.5
        float physics:upperLimit = 0.5
    }"""
    backend, table = play(stage_of(BALL.format("b", 0.4) + joint, gravity=0))
    run(backend, 2.0)
    assert pose_of(backend, table, "/b")[0] == pytest.approx(0.5, abs=0.002)


SLIPPERY = """
def Material "slippery" (prepend apiSchemas = ["PhysicsMaterialAPI"])
{
    float physics:dynamicFriction = 0.03
    float physics:density = 7
}
"""


@pytest.mark.parametrize("purpose", [":physics", ""])
def test_a_material_bound_above_a_collider_is_the_colliders(purpose):
    # UsdShade's bindings are inherited; the native parser looks at the collider alone.
    bound = body(
        f"""
        rel material:binding{purpose} = </slippery>
        def Cube "cube" (prepend apiSchemas = ["PhysicsCollisionAPI"]) {{ double size = 1 \n }}"""
    ).replace('"PhysicsRigidBodyAPI"', '"PhysicsRigidBodyAPI", "MaterialBindingAPI"')
    backend, table = play(stage_of(SLIPPERY + bound))
    assert table.mass[0] == pytest.approx(7.0)
    assert backend.groups[0].translation.model.geom_friction[0, 0] == pytest.approx(0.03)


def test_the_material_of_the_physics_scene_is_everybodys_default():
    stage = stage_of(
        SLIPPERY + body('def Cube "c" (prepend apiSchemas = ["PhysicsCollisionAPI"]) {}')
    )
    scene, material = stage.GetPrimAtPath("/scene"), stage.GetPrimAtPath("/slippery")
    UsdShade.MaterialBindingAPI.Apply(scene).Bind(
        UsdShade.Material(material), UsdShade.Tokens.weakerThanDescendants, "physics"
    )
    backend, _ = play(stage)
    assert backend.groups[0].translation.model.geom_friction[0, 0] == pytest.approx(0.03)


def test_a_physics_scene_deep_in_the_tree_says_what_gravity_is():
    text = BALL.format("ball", 0) + 'def Xform "a" { def Xform "b" { def Xform "c" {\n'
    text += 'def PhysicsScene "s" { float physics:gravityMagnitude = 1\n}\n}\n}\n}'
    stage = stage_of(text)
    stage.RemovePrim("/scene")
    backend, table = play(stage)
    run(backend, 1.0)
    assert pose_of(backend, table, "/ball")[2] == pytest.approx(-0.5, rel=0.01)


@pytest.mark.parametrize("magnitude", ["inf", "nan"])
def test_gravity_that_is_not_finite_is_said(magnitude):
    backend, table = play(stage_of(BALL.format("ball", 0), gravity=magnitude))
    run(backend, 1.0)
    assert said(backend)["scene-gravity"].path == "/scene"
    assert pose_of(backend, table, "/ball")[2] == pytest.approx(-4.905, rel=0.01)


@pytest.mark.parametrize("unit", ["metersPerUnit", "kilogramsPerUnit"])
def test_a_unit_of_zero_is_refused(unit):
    stage = stage_of(BALL.format("ball", 0))
    stage.SetMetadata(unit, 0.0)
    with pytest.raises(StageError, match=f"{unit} = 0.*Set {unit}"):
        play(stage)


def test_a_velocity_that_is_not_finite_does_not_spoil_the_world():
    stage = stage_of(BALL.format("a", 0) + BALL.format("b", 1))
    stage.GetPrimAtPath("/a").GetAttribute("physics:velocity").Set((float("nan"), 0, 0))
    backend, _ = play(stage)
    assert said(backend)["body-velocity-not-finite"].path == "/a"
    run(backend, 0.1)
    assert np.isfinite(backend.poses()).all()


def test_a_decomposed_mesh_weighs_what_the_mesh_weighs():
    torus = trimesh.creation.torus(1.0, 0.3, 24, 12)
    mesh = f"""
    def Mesh "mesh" {MESH_APIS}
    {{
        point3f[] points = {[tuple(point) for point in torus.vertices.tolist()]}
        int[] faceVertexCounts = {[3] * len(torus.faces)}
        int[] faceVertexIndices = {torus.faces.ravel().tolist()}
        uniform token physics:approximation = "convexDecomposition"
    }}"""
    _, table = play(stage_of(body(mesh)))
    assert table.mass[0] == pytest.approx(1000.0 * torus.volume, rel=1e-4)


def test_an_acceleration_drive_accelerates_what_resists_it():
    # The second ball slides on the first and is not accelerated by it.
    joints = """
    def PhysicsPrismaticJoint "drive" (prepend apiSchemas = ["PhysicsDriveAPI:linear"])
    {
        rel physics:body1 = </a>
        token physics:axis = "X"
        uniform token drive:linear:physics:type = "acceleration"
        float drive:linear:physics:stiffness = 4
        float drive:linear:physics:damping = 4
        float drive:linear:physics:targetPosition = 1
    }
    def PhysicsPrismaticJoint "slide"
    {
        rel physics:body0 = </a>
        rel physics:body1 = </b>
        token physics:axis = "X"
        point3f physics:localPos0 = (1, 0, 0)
    }"""
    backend, table = play(stage_of(BALL.format("a", 0) + BALL.format("b", 1) + joints, gravity=0))
    run(backend, 1.0)
    critically_damped = 1.0 - 3.0 * np.exp(-2.0)
    assert pose_of(backend, table, "/a")[0] == pytest.approx(critically_damped, rel=2e-3)


def test_a_sheared_body_is_told():
    text = """
    def Xform "wide"
    {
        double3 xformOp:scale = (2, 1, 1)
        uniform token[] xformOpOrder = ["xformOp:scale"]
        def Cube "turned" (prepend apiSchemas = ["PhysicsRigidBodyAPI", "PhysicsCollisionAPI"])
        {
            double xformOp:rotateZ = ANGLE
            uniform token[] xformOpOrder = ["xformOp:rotateZ"]
        }
    }"""
    backend, _ = play(stage_of(text.replace("ANGLE", "45")))
    assert said(backend)["sheared"].path == "/wide/turned"
    backend, _ = play(stage_of(text.replace("ANGLE", "90")))
    assert "sheared" not in said(backend)


def test_a_mass_that_nothing_can_have_is_told():
    ball = BALL.format("ball", 0).replace('["Physics', '["PhysicsMassAPI", "Physics', 1)
    backend, table = play(
        stage_of(ball.replace("double radius", "float physics:mass = -5\ndouble radius"))
    )
    assert "physics:mass = -5" in said(backend)["mass-not-positive"].text
    assert table.mass[0] == pytest.approx(4.18879)


def scaled(kind, scale, more="", *, apis='"PhysicsCollisionAPI"', child=""):
    return f"""
    def {kind} "{kind.lower()}" ({f"prepend apiSchemas = [{apis}]" if apis else ""})
    {{
        {more}
        double3 xformOp:scale = {scale}
        uniform token[] xformOpOrder = ["xformOp:scale"]
        {child}
    }}"""


def center_of_mass(stage):
    """Centre of mass of the only body in the world."""
    backend, table = play(stage)
    (place,) = backend.poses()
    return place[:3] + rotate(place[3:], table.center_of_mass[0])


BODY = '"PhysicsRigidBodyAPI", "PhysicsCollisionAPI"'
CONE = 'double radius = 0.2\n double height = 0.8\n uniform token axis = "Z"'
TAPERED = """
    double radiusTop = 0.1
    double radiusBottom = 0.3
    double height = 0.8
    uniform token axis = "Z"
"""


@pytest.mark.parametrize("scale", ["(-1, 1, 1)", "(1, -1, 1)", "(1, 1, -1)", "(-1, -1, -1)"])
@pytest.mark.parametrize(
    ("kind", "size"),
    [("Cone", CONE), ("Capsule_1", TAPERED), ("Cylinder_1", TAPERED)],
    ids=["cone", "capsule", "cylinder"],
)
def test_what_is_mirrored_is_heavy_where_it_is_seen_to_be_thick(kind, size, scale):
    upright = center_of_mass(stage_of(body(scaled(kind, "(1, 1, 1)", size))))
    assert upright[2] < -0.1
    side = -1 if scale.endswith("-1)") else 1
    for text in (scaled(kind, scale, size, apis=BODY), body(scaled(kind, scale, size))):
        np.testing.assert_allclose(center_of_mass(stage_of(text)), side * upright, atol=1e-9)


def test_a_ground_below_a_mirrored_prim_holds_what_falls_on_it():
    ground = scaled("Plane", "(1, 1, 1)", 'uniform token axis = "Z"')
    ball = BALL.format("ball", 0.5).replace("(0.5, 0, 0)", "(0.5, 0, 1)")
    backend, table = play(stage_of(scaled("Xform", "(-1, 1, 1)", apis="", child=ground + ball)))
    run(backend, 1.0)
    assert pose_of(backend, table, "/xform/ball")[2] == pytest.approx(0.1, abs=1e-3)


def test_a_colliders_centre_of_mass_is_a_point_of_the_collider():
    """Scales above it move it, as they move the collider."""
    mass = """
        double size = 0.2
        point3f physics:centerOfMass = (0.05, 0.05, 0.05)
    """
    cube = scaled("Cube", "(1, 1, 3)", mass, apis='"PhysicsCollisionAPI", "PhysicsMassAPI"')
    link = scaled("Xform", "(1, -2, 1)", apis='"PhysicsRigidBodyAPI"', child=cube)
    found = center_of_mass(stage_of(link))
    np.testing.assert_allclose(found, (0.05, -0.1, 0.15), atol=1e-7)


def test_points_that_collide_are_where_they_are_seen():
    points = """
        point3f[] points = [(0, 0, 0), (0.5, 0.25, 0)]
        float[] widths = [0.2, 0.2]
    """
    backend, _ = play(stage_of(scaled("Points", "(1, 2, 1)", points, apis=BODY)))
    first, second = (backend.groups[0].translation.model.geom(i).pos for i in (0, 1))
    np.testing.assert_allclose(second - first, (0.5, 0.5, 0))
    assert "shape-scale" in said(backend)


def test_a_ball_that_its_body_stretches_is_told_to_stay_round():
    ball = scaled("Sphere", "(1, 1, 1)", "double radius = 0.1")
    backend, _ = play(
        stage_of(scaled("Xform", "(1, 3, 1)", apis='"PhysicsRigidBodyAPI"', child=ball))
    )
    assert said(backend)["shape-scale"].path == "/xform/sphere"


def codes_of(text):
    backend, _ = play(stage_of(text))
    run(backend, 0.1)
    assert np.isfinite(backend.poses()).all()
    return set(said(backend))


def test_a_joint_whose_frame_overflows_is_left_out():
    joint = """
    def PhysicsRevoluteJoint "joint"
    {
        rel physics:body1 = </ball>
        quatf physics:localRot1 = (0.5, 0.5, 1e38, 0.5)
        vector3f physics:velocity = (0, 1, 0)
    }"""
    moving = BALL.format("ball", 3).replace(
        "double radius", "vector3f physics:velocity = (0, 1, 0)\n    double radius"
    )
    assert codes_of(moving + joint) == {"joint-not-finite"}


@pytest.mark.parametrize("size", ["inf", "1e200", "0", "1e-20"])
def test_a_cone_of_no_size_cannot_collide_and_all_else_goes_on(size):
    cone = f"double radius = 0.2\n double height = {size}"
    text = BALL.format("ball", 3) + scaled("Cone", "(1, 1, 1)", cone)
    assert codes_of(text) == {"shape-mesh"}


def test_a_restitution_that_nothing_can_have_bounces_as_well_as_anything():
    ball = BALL.format("ball", 3).replace(
        "double radius", "rel material:binding:physics = </rubber>\n    double radius"
    ).replace('"PhysicsCollisionAPI"]', '"PhysicsCollisionAPI", "MaterialBindingAPI"]')  # fmt: skip
    rubber = """
    def Material "rubber" (prepend apiSchemas = ["PhysicsMaterialAPI"])
    {
        float physics:restitution = 1e38
    }"""
    assert codes_of(ball + rubber) == {"material-restitution"}


def test_a_collider_that_is_nowhere_in_its_flat_body_cannot_collide():
    ball = BALL.format("far", 3).replace('"PhysicsRigidBodyAPI", ', "")
    flat = scaled("Xform", "(1, 1, 0)", apis='"PhysicsRigidBodyAPI"', child=ball)
    assert "shape-mesh" in codes_of(flat + BALL.format("ball", 3))


def test_what_the_engine_refuses_is_told_with_its_prim():
    rope = """
    def PhysicsDistanceJoint "rope"
    {
        rel physics:body1 = </ball>
        float physics:minDistance = 3e38
        float physics:maxDistance = 1
    }"""
    with pytest.raises(InspectorError, match=r"cannot build /rope: .*\. Repair") as refused:
        play(stage_of(BALL.format("ball", 3) + rope))
    assert refused.value.where == "/rope"
