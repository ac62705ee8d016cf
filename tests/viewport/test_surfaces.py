"""Gprims, meshes and materials from USD to pixels: golden pictures, and what must be equal."""

from __future__ import annotations

import numpy as np
import pytest
from pxr import Gf, Sdf, UsdGeom

from inspector.gui.viewport import ColorMode, Display
from tests.viewport import golden
from tests.viewport.stages import (
    FRONT,
    SHINING,
    SIZE,
    bind,
    gprim,
    material,
    new_stage,
    snapshot,
    square,
)

pytestmark = [pytest.mark.viewport, pytest.mark.gui]


@pytest.mark.parametrize(
    ("kind", "attributes"),
    [
        ("Cube", {"size": 1.5}),
        ("Sphere", {"radius": 0.8}),
        ("Cylinder", {"radius": 0.5, "height": 1.6, "axis": "X"}),
        ("Cone", {"radius": 0.7, "height": 1.5, "axis": "Z"}),
        ("Capsule", {"radius": 0.4, "height": 1.0, "axis": "Y"}),
        ("Plane", {"width": 2.0, "length": 1.0}),
    ],
)
def test_gprims(draw, request, tmp_path, kind, attributes):
    stage = new_stage()
    gprim(stage, kind, "shape", **attributes)
    golden.check(f"gprim_{kind.lower()}", draw(stage), request, tmp_path)


def test_normals_say_how_round_a_mesh_looks(draw, request, tmp_path):
    stage = new_stage()
    turn = np.linspace(0, np.pi, 7)
    for number, kind in enumerate(("computed", "vertex", "faceVarying", "uniform")):
        prim = gprim(stage, "Mesh", kind, (2.2 * number, 0, 0))
        mesh = UsdGeom.Mesh(prim)
        ring = np.column_stack([-np.cos(turn), -np.sin(turn), 0 * turn])
        points = np.concatenate([ring, ring + np.array([0, 0, 2])])
        first = np.arange(6)
        faces = np.column_stack([first, first + 1, first + 8, first + 7])
        mesh.GetPointsAttr().Set(points.astype(np.float32))
        mesh.GetFaceVertexCountsAttr().Set(np.full(6, 4, np.int32))
        mesh.GetFaceVertexIndicesAttr().Set(faces.ravel().astype(np.int32))
        if kind == "computed":
            continue
        outward = np.concatenate([ring, ring])
        middle = (turn[:-1] + turn[1:]) / 2
        flat = np.column_stack([-np.cos(middle), -np.sin(middle), 0 * middle])
        normals = {"vertex": outward, "faceVarying": np.repeat(flat, 4, 0), "uniform": flat}[kind]
        mesh.GetNormalsAttr().Set(normals.astype(np.float32))
        mesh.SetNormalsInterpolation(kind)
    picture = draw(stage, FRONT)
    golden.check("mesh_normals", picture, request, tmp_path)
    # Per corner or per face, flat is flat.
    row = picture[SIZE[1] // 2, :, :3].astype(int)
    steps = [np.unique(row[part], axis=0) for part in np.array_split(np.arange(SIZE[0]), 4)]
    assert len(steps[1]) > 2 * len(steps[3])
    assert abs(len(steps[2]) - len(steps[3])) < 8


def test_display_colours_of_every_interpolation(draw, request, tmp_path):
    stage = new_stage()
    rainbow = [(1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 1, 0), (0, 1, 1), (1, 0, 1), (1, 1, 1)]
    for number, (kind, count) in enumerate(
        (("constant", 1), ("uniform", 4), ("vertex", 9), ("faceVarying", 16))
    ):
        prim = square(stage, kind, (1.2 * number, 0, 0))
        UsdGeom.PrimvarsAPI(prim).CreatePrimvar(
            "displayColor", Sdf.ValueTypeNames.Color3fArray, kind
        ).Set([Gf.Vec3f(*rainbow[i % 7]) for i in range(count)])
    golden.check("display_color", draw(stage, FRONT), request, tmp_path)


def test_opacity_lets_what_is_behind_shine_through(draw, request, tmp_path):
    stage = new_stage()
    gprim(stage, "Cube", "behind", (0, 2, 0), (0.9, 0.1, 0.1), size=1.2)
    glass = gprim(stage, "Sphere", "glass", (-0.6, 0, 0), (0.2, 0.4, 1.0), radius=0.7)
    UsdGeom.Gprim(glass).CreateDisplayOpacityAttr([0.35])
    pane = square(stage, "pane", (0.3, 0, -0.5))
    bind(pane, material(stage, "green", diffuseColor=(0.1, 0.8, 0.2), opacity=0.5))
    golden.check("opacity", draw(stage, FRONT), request, tmp_path)


def test_subsets_have_materials_of_their_own(draw, request, tmp_path):
    stage = new_stage()
    prim = square(stage, "mesh", cells=3)
    UsdGeom.Gprim(prim).CreateDisplayColorAttr([Gf.Vec3f(0.5, 0.5, 0.5)])
    for name, color, faces in (("a", (1, 0, 0), [0, 4, 8]), ("b", (0, 0.2, 1), [2, 6])):
        subset = UsdGeom.Subset.CreateGeomSubset(
            UsdGeom.Mesh(prim), name, "face", faces, "materialBind"
        )
        bind(subset.GetPrim(), material(stage, name, diffuseColor=color))
    picture = draw(stage, FRONT)
    golden.check("subsets", picture, request, tmp_path)
    table = snapshot(stage).geometry
    assert [len(batch.looks) for batch in table.batches] == [3]
    assert np.diff(table.meshes[0].part_edges).tolist() == [6, 4, 8]


def test_materials_shine_glow_and_mirror(draw, request, tmp_path):
    stage = new_stage()
    for number, inputs in enumerate(
        (
            {"roughness": 1.0},
            {"roughness": 0.2},
            {"roughness": 0.3, "metallic": 1.0},
            {"emissiveColor": (0.5, 0.3, 0.0)},
        )
    ):
        ball = gprim(stage, "Sphere", f"ball_{number}", (1.1 * number, 0, 0), radius=0.5)
        bind(ball, material(stage, f"m{number}", diffuseColor=(0.6, 0.15, 0.1), **inputs))
    golden.check("materials", draw(stage, FRONT), request, tmp_path)


def test_a_material_without_a_colour_glows_and_cuts_out(draw):
    stage = new_stage()
    bind(square(stage, "s"), material(stage, "m", emissiveColor=Gf.Vec3f(0, 0, 1)))
    bind(square(stage, "gone", (2, 0, 0)), material(stage, "n", opacity=0.2, opacityThreshold=0.5))
    picture = draw(stage, FRONT)[..., :3].astype(int)
    lit = picture[SIZE[1] // 2, SIZE[0] // 4]
    assert lit[2] > lit[0] + 40
    right = picture[:, SIZE[0] // 2 :]
    assert (np.abs(right - picture[0, 0]).max(-1) < 8).mean() > 0.9


def test_a_colour_that_means_something_is_not_mixed_with_highlights(draw):
    pictures = []
    for inputs in ({"metallic": 1.0, "roughness": 0.2}, {"metallic": 0.0, "roughness": 1.0}):
        stage = new_stage()
        bind(square(stage, "s"), material(stage, "m", diffuseColor=Gf.Vec3f(1, 0, 0), **inputs))
        pictures.append(draw(stage, SHINING, color_mode=ColorMode.STALE)[..., :3].astype(int))
    assert np.abs(pictures[0] - pictures[1]).max() <= 2


def test_light_falls_on_a_squeezed_shape_as_on_one_that_was_made_so(draw):
    """Normals do not scale as points do."""
    pictures = []
    for scale, radius in (((0.2, 1.0, 1.0), 1.0), (None, None)):
        stage = new_stage()
        made = gprim(stage, "Sphere" if radius else "Mesh", "shape")
        if radius:
            UsdGeom.Xformable(made).AddScaleOp().Set(Gf.Vec3f(*scale))
        else:
            squeezed_sphere(UsdGeom.Mesh(made), np.array([0.2, 1.0, 1.0]))
        pictures.append(draw(stage, (-0.8, 0.3))[..., :3].astype(int))
    assert np.abs(pictures[0] - pictures[1]).mean() < 1.0


def squeezed_sphere(mesh: UsdGeom.Mesh, scale: np.ndarray) -> None:
    """A mesh that is an ellipsoid, with the normals of one."""
    u, v = np.meshgrid(np.linspace(0, 2 * np.pi, 33), np.linspace(-np.pi / 2, np.pi / 2, 25))
    unit = np.stack([np.cos(v) * np.cos(u), np.cos(v) * np.sin(u), np.sin(v)], -1).reshape(-1, 3)
    a = (np.arange(24)[:, None] * 33 + np.arange(32)).ravel()
    faces = np.column_stack([a, a + 1, a + 34, a + 33])
    mesh.GetPointsAttr().Set((unit * scale).astype(np.float32))
    mesh.GetFaceVertexCountsAttr().Set(np.full(len(faces), 4, np.int32))
    mesh.GetFaceVertexIndicesAttr().Set(faces.ravel().astype(np.int32))
    normals = unit / scale
    mesh.GetNormalsAttr().Set(
        (normals / np.linalg.norm(normals, axis=1, keepdims=True)).astype(np.float32)
    )
    mesh.SetNormalsInterpolation("vertex")


def test_mirrored_and_left_handed_meshes_face_the_same_way(draw):
    pictures = []
    for way in ("plain", "mirrored", "left-handed"):
        stage = new_stage()
        prim = square(stage, "s", (-0.5, 0, 0))
        if way == "mirrored":
            UsdGeom.Xformable(prim).ClearXformOpOrder()
            UsdGeom.Xformable(prim).AddTranslateOp(opSuffix="m").Set(Gf.Vec3d(0.5, 0, 0))
            UsdGeom.Xformable(prim).AddScaleOp().Set(Gf.Vec3f(-1, 1, 1))
        if way == "left-handed":
            mesh = UsdGeom.Mesh(prim)
            mesh.GetOrientationAttr().Set("leftHanded")
            faces = np.array(mesh.GetFaceVertexIndicesAttr().Get()).reshape(-1, 4)[:, ::-1]
            mesh.GetFaceVertexIndicesAttr().Set(faces.ravel())
        pictures.append(draw(stage, FRONT, cull_backs=True))
    assert (pictures[0] != pictures[0][0, 0]).any(-1).mean() > 0.2
    for picture in pictures[1:]:
        assert (np.abs(picture.astype(int) - pictures[0]).max(-1) > 8).mean() < 0.002


def test_culled_backs_are_gone_unless_double_sided(draw):
    back = (1.57, 0.05)
    for double_sided in (False, True):
        stage = new_stage()
        prim = square(stage, "s")
        UsdGeom.Gprim(prim).CreateDoubleSidedAttr(double_sided)
        assert (draw(stage, back) != draw(stage, back)[0, 0]).any(-1).mean() > 0.2
        picture = draw(stage, back, cull_backs=True)
        assert (picture != picture[0, 0]).any() == double_sided


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("double_sided", [False, True])
def test_a_click_goes_through_backs_that_are_culled(mirrored, double_sided):
    """What is seen through is not what was meant."""
    stage = new_stage()
    pane = square(stage, "pane", (-0.5, 0, 0))
    UsdGeom.Gprim(pane).CreateDoubleSidedAttr(double_sided)
    if mirrored:
        UsdGeom.Xformable(pane).AddScaleOp().Set(Gf.Vec3f(1, -1, 1))
    gprim(stage, "Cube", "behind", (0, -3, 0.5), size=1.0)
    display, scene = Display(grid=False, cull_backs=True), snapshot(stage)
    display.resize(*SIZE)
    display.show(scene)
    # From behind the pane, whose front looks along -y, whether it is mirrored or not.
    display.camera.azimuth, display.camera.elevation = 1.57, 0.05
    display.frame_all()
    hit = display.pick(SIZE[0] / 2, SIZE[1] / 2)
    seen = display.instances.path(hit.instance)
    is_front = mirrored
    assert seen == ("/World/pane" if double_sided or is_front else "/World/behind")


def test_up_axis_and_units_change_nothing_that_is_seen(draw):
    pictures = []
    for up_axis, unit in (("Z", 1.0), ("Y", 1.0), ("Z", 0.01)):
        stage = new_stage(up_axis, unit)
        scale = 1.0 / unit
        for number, height in enumerate((0.4, 0.8)):
            place = np.array([1.1 * number, 0.0, height / 2]) * scale
            at = place if up_axis == "Z" else (place[1], place[2], place[0])
            size = height * scale
            gprim(stage, "Cube", f"c{number}", tuple(map(float, at)), size=size)
        pictures.append(draw(stage))
    for picture in pictures[1:]:
        assert (np.abs(picture.astype(int) - pictures[0]).max(-1) > 12).mean() < 0.02


def on_grid(renderer, up_axis: str, unit: float) -> tuple[Display, np.ndarray]:
    """A display and its picture of a tiny cube on the grid."""
    stage = new_stage(up_axis, unit)
    gprim(stage, "Cube", "c", (0.0, 0.0, 0.0), size=0.02 / unit)
    display, scene = Display(grid=True), snapshot(stage)
    display.resize(*SIZE)
    display.show(scene)
    display.frame_all()
    display.camera.distance = 2.0 / unit
    return display, renderer.render(scene, display, SIZE)[..., :3].astype(int)


@pytest.mark.parametrize(("up_axis", "across"), [("Z", "XY"), ("Y", "XZ")])
def test_axes_on_the_ground_have_the_colours_of_their_letters(renderer, up_axis, across):
    display, picture = on_grid(renderer, up_axis, 1.0)
    roles = {"X": "not_finite", "Y": "fresh", "Z": "accent"}
    colors = {letter: np.array(display.tokens.rgb(role)) for letter, role in roles.items()}
    for letter in across:
        along = np.linspace(0.25, 0.35, 9)[:, None] * np.eye(3)["XYZ".index(letter)]
        at = display.camera.project(along, *SIZE)[:, :2].astype(int)
        near = np.concatenate([picture[y - 1 : y + 3, x - 1 : x + 3].reshape(-1, 3) for x, y in at])
        most = near[np.argmax(np.ptp(near, axis=1))] / 255
        closest = min(colors, key=lambda each: np.abs(colors[each] - most).max())
        assert closest == letter


def test_the_grid_counts_in_metres_whatever_the_unit(renderer):
    metres, centimetres = (on_grid(renderer, "Z", unit)[1] for unit in (1.0, 0.01))
    assert (np.abs(metres - centimetres).max(-1) > 12).mean() < 0.02
    _, inches = on_grid(renderer, "Z", 0.0254)
    assert (np.abs(metres - inches).max(-1) > 12).mean() < 0.02


def test_purposes_are_chosen(draw):
    stage = new_stage()
    for number, purpose in enumerate(("default", "render", "proxy", "guide")):
        prim = gprim(stage, "Sphere", purpose, (1.1 * number, 0, 0), radius=0.5)
        UsdGeom.Imageable(prim).CreatePurposeAttr(purpose)

    def columns(*purposes: str) -> list[bool]:
        picture = draw(stage, FRONT, purposes=frozenset(purposes))
        shown = (picture != picture[0, 0]).any((0, 2))
        return [bool(part.any()) for part in np.array_split(shown, len(purposes))]

    everything = columns("default", "render", "proxy", "guide")
    assert everything == [True] * 4
    assert columns("guide") == [True]
    picture = draw(stage, FRONT)
    both = draw(stage, FRONT, purposes=frozenset({"default", "render"}))
    np.testing.assert_array_equal(picture, both)
    assert (picture != draw(stage, FRONT, purposes=frozenset({"proxy"}))).any()
