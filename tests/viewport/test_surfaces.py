"""Gprims, meshes and materials from USD to pixels: golden pictures, and what must be equal."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

import imageio.v2 as imageio
import numpy as np
import pytest
from pxr import Gf, Sdf, Usd, UsdGeom, UsdShade, UsdUtils

from inspector.gui.viewport import ColorMode, Display
from tests.viewport import golden
from tests.viewport.stages import bind, gprim, material, new_stage, snapshot, square, texture

pytestmark = [pytest.mark.viewport, pytest.mark.gui]
SIZE = (240, 160)
FRONT = (-1.57, 0.05)
SHINING = (-1.35, -0.45)
"""Azimuth and elevation that look along +y."""

Draw = Callable[..., np.ndarray]


@pytest.fixture
def draw(renderer) -> Draw:
    """Draw a stage and return the pixels."""

    def picture(
        stage: Usd.Stage, view: tuple[float, float] | None = None, **switches
    ) -> np.ndarray:
        display = Display(grid=False, **switches)
        display.resize(*SIZE)
        scene = snapshot(stage)
        display.show(scene)
        if view is not None:
            display.camera.azimuth, display.camera.elevation = view
            display.frame_all()
        return renderer.render(scene, display, SIZE)

    return picture


@pytest.fixture
def image(tmp_path) -> str:
    """A picture with a red, green, blue and white quarter: red is at (0, 0) of USD's coordinates."""
    pixels = np.zeros((32, 32, 4), np.uint8)
    pixels[..., 3] = 255
    pixels[16:, :16, 0] = pixels[16:, 16:, 1] = pixels[:16, :16, 2] = 255
    pixels[:16, 16:] = (255, 255, 255, 0)
    path = tmp_path / "quarters.png"
    imageio.imwrite(path, pixels)
    return str(path)


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


def test_textures_wrap_turn_and_are_scaled(draw, request, tmp_path, image):
    stage = new_stage()
    shift = {"scale": Gf.Vec2f(2, 2), "translation": Gf.Vec2f(-0.5, -0.5)}
    cases = (
        {},
        {"transform": {"rotation": 90.0, "translation": Gf.Vec2f(1, 0)}},
        {"transform": shift, "wrap": "clamp"},
        {"transform": shift, "wrap": "mirror"},
        {"transform": shift, "wrap": "black"},
        {"scale": Gf.Vec4f(0.3, 0.3, 0.3, 1), "bias": Gf.Vec4f(0.3, 0, 0, 0)},
    )
    for number, case in enumerate(cases):
        prim = square(stage, f"s{number}", (1.1 * (number % 3), 0, 1.1 * (number // 3)))
        bind(prim, material(stage, f"m{number}", diffuseColor=texture(stage, f"t{number}", image, **case)))  # fmt: skip
    golden.check("textures", draw(stage, FRONT), request, tmp_path)


@pytest.mark.parametrize("wrap", ["", "useMetadata"])
def test_beside_an_image_that_says_nothing_about_it_is_nothing(draw, image, wrap):
    """As the specification of UsdPreviewSurface has it, and other viewers."""
    shift = {"scale": Gf.Vec2f(2, 2), "translation": Gf.Vec2f(-0.5, -0.5)}
    pictures = []
    for each in (wrap, "black"):
        stage = new_stage()
        node = texture(stage, "t", image, wrap=each, transform=shift)
        bind(square(stage, "s"), material(stage, "m", diffuseColor=node))
        pictures.append(draw(stage, FRONT))
    np.testing.assert_array_equal(*pictures)


def test_a_texture_cuts_out_and_another_bends_the_light(draw, request, tmp_path, image):
    stage = new_stage()
    gprim(stage, "Cube", "behind", (0.5, 2, 0.5), (0.8, 0.5, 0.1), size=2.0)
    cut = square(stage, "cut")
    bind(cut, material(
        stage, "cut", diffuseColor=texture(stage, "color", image),
        opacity=texture(stage, "alpha", image, output="a"), opacityThreshold=0.5,
    ))  # fmt: skip
    bumps = np.full((32, 32, 3), (128, 128, 255), np.uint8)
    bumps[8:24, 8:12], bumps[8:24, 20:24] = (30, 128, 200), (225, 128, 200)
    path = tmp_path / "bumps.png"
    imageio.imwrite(path, bumps)
    bent = texture(
        stage, "bumps", str(path), sourceColorSpace="raw",
        scale=Gf.Vec4f(2, 2, 2, 1), bias=Gf.Vec4f(-1, -1, -1, 0),
    )  # fmt: skip
    bind(square(stage, "bent", (1.2, 0, 0)), material(stage, "bent", diffuseColor=(0.6,) * 3, normal=bent))  # fmt: skip
    golden.check("texture_maps", draw(stage, FRONT), request, tmp_path)


def test_a_package_looks_like_the_folder_it_was_made_of(draw, tmp_path, image):
    stage = new_stage()
    bind(square(stage, "s"), material(stage, "m", diffuseColor=texture(stage, "t", image)))
    folder = draw(stage, FRONT)
    layer = tmp_path / "scene.usda"
    stage.GetRootLayer().Export(str(layer))
    package = tmp_path / "scene.usdz"
    assert UsdUtils.CreateNewUsdzPackage(str(layer), str(package))
    assert len(zipfile.ZipFile(package).namelist()) == 2
    Path(image).unlink()
    np.testing.assert_array_equal(draw(Usd.Stage.Open(str(package)), FRONT), folder)


def test_tiles_lie_beside_and_above_each_other(draw, tmp_path):
    for number, color in ((1001, (255, 0, 0)), (1002, (0, 255, 0)), (1012, (0, 0, 255))):
        imageio.imwrite(tmp_path / f"t.{number}.png", np.full((8, 8, 3), color, np.uint8))
    layer = tmp_path / "scene.usda"
    stage = new_stage()
    file = str(tmp_path / "t.<UDIM>.png")
    twice = {"scale": Gf.Vec2f(2, 2)}
    glow = texture(stage, "t", file, transform=twice)
    bind(square(stage, "s"), material(stage, "m", diffuseColor=Gf.Vec3f(0), emissiveColor=glow))
    stage.GetRootLayer().Export(str(layer))
    picture = draw(Usd.Stage.Open(str(layer)), FRONT)[..., :3].astype(int)
    high, wide = np.flatnonzero((picture.max(-1) > 200).any(1)), picture.shape[1] // 2
    lower, upper = picture[high[-1] - 10], picture[high[0] + 10]
    assert lower[wide - 12].argmax() == 0
    assert lower[wide + 12].argmax() == 1
    assert upper[wide + 12].argmax() == 2
    assert upper[wide - 12].max() < 60


def test_parts_may_lie_on_coordinates_of_their_own(draw, image):
    stage = new_stage()
    prim = square(stage, "s")
    mesh, looks = UsdGeom.Mesh(prim), []
    for number, name in enumerate(("st", "other")):
        glow = texture(stage, f"t{number}", image)
        reader = UsdShade.Shader(stage.GetPrimAtPath(f"{glow.GetPrim().GetPath()}_st"))
        reader.GetInput("varname").Set(name)
        black = Gf.Vec3f(0)
        looks.append(material(stage, f"m{number}", diffuseColor=black, emissiveColor=glow))
    other = UsdGeom.PrimvarsAPI(prim).CreatePrimvar(
        "other", Sdf.ValueTypeNames.TexCoord2fArray, "constant"
    )
    other.Set([Gf.Vec2f(0.75, 0.25)])  # green
    bind(prim, looks[0])
    right = UsdGeom.Subset.CreateGeomSubset(mesh, "right", "face", [1, 3], "materialBind")
    bind(right.GetPrim(), looks[1])
    picture = draw(stage, FRONT)[..., :3].astype(int)
    y, x = picture.shape[0] // 2, picture.shape[1] // 2
    assert [picture[y + 15, x - 12].argmax(), picture[y - 15, x - 12].argmax()] == [0, 2]
    assert [picture[y + 15, x + 12].argmax(), picture[y - 15, x + 12].argmax()] == [1, 1]


def test_an_image_that_cannot_be_read_is_told_and_the_rest_is_drawn(draw, tmp_path, caplog):
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"no image")
    stage = new_stage()
    bind(square(stage, "s"), material(stage, "m", diffuseColor=texture(stage, "t", str(broken))))
    picture = draw(stage, FRONT)
    assert (picture != picture[0, 0]).any(-1).mean() > 0.2
    assert "broken.png cannot be read" in caplog.text
    caplog.clear()


def test_an_image_that_is_gone_leaves_its_fallback(draw):
    stage = new_stage()
    lost = texture(stage, "t", "/nowhere/lost.png")
    node = UsdShade.Shader(stage.GetPrimAtPath(lost.GetPrim().GetPath()))
    node.CreateInput("fallback", Sdf.ValueTypeNames.Float4).Set(Gf.Vec4f(0, 1, 0, 1))
    bind(square(stage, "s"), material(stage, "m", diffuseColor=lost))
    red, green, blue = draw(stage, FRONT)[SIZE[1] // 2, SIZE[0] // 2, :3].astype(int)
    assert green > 100 > max(red, blue)


def test_a_material_without_a_colour_glows_and_cuts_out(draw):
    stage = new_stage()
    bind(square(stage, "s"), material(stage, "m", emissiveColor=Gf.Vec3f(0, 0, 1)))
    bind(square(stage, "gone", (2, 0, 0)), material(stage, "n", opacity=0.2, opacityThreshold=0.5))
    picture = draw(stage, FRONT)[..., :3].astype(int)
    lit = picture[SIZE[1] // 2, SIZE[0] // 4]
    assert lit[2] > lit[0] + 40
    right = picture[:, SIZE[0] // 2 :]
    assert (np.abs(right - picture[0, 0]).max(-1) < 8).mean() > 0.9


@pytest.mark.parametrize(("space", "shown"), [("sRGB", 128), ("auto", 128), ("raw", 186)])
def test_a_texture_is_read_in_its_colour_space(draw, tmp_path, space, shown):
    """Half way in sRGB is shown half way; the same number, meant as light, is brighter."""
    grey = tmp_path / "grey.png"
    imageio.imwrite(grey, np.full((8, 8, 3), 128, np.uint8))
    glow = texture(new := new_stage(), "t", str(grey), sourceColorSpace=space)
    dark = Gf.Vec3f(0, 0, 0)
    bind(square(new, "s"), material(new, "m", diffuseColor=dark, emissiveColor=glow))
    middle = draw(new, FRONT)[SIZE[1] // 2, SIZE[0] // 2, :3].astype(int)
    assert np.abs(middle - shown).max() <= 6


@pytest.mark.parametrize(
    ("space", "number"), [("raw", 128 / 255), ("auto", 0.2158), ("sRGB", 0.2158)]
)
def test_numbers_in_an_image_of_colours_are_read_in_its_colour_space(draw, tmp_path, space, number):
    """USD asks what the image is, not who reads it: roughness in three channels has to say raw."""
    file = tmp_path / "map.png"
    imageio.imwrite(file, np.full((8, 8, 3), 128, np.uint8))
    pictures = []
    for value in ("map", number):
        stage = new_stage()
        node = texture(stage, "t", str(file), output="r", sourceColorSpace=space)
        rough = node if value == "map" else value
        inputs = {"diffuseColor": Gf.Vec3f(0.6, 0.3, 0.1), "metallic": 0.5, "roughness": rough}
        bind(square(stage, "s"), material(stage, "m", **inputs))
        pictures.append(draw(stage, SHINING)[..., :3].astype(int))
    assert np.abs(pictures[0] - pictures[1]).max() <= 6


@pytest.mark.parametrize("suffix", ["png", "jpg"])
def test_an_image_of_one_channel_is_plain_numbers_unless_somebody_says_otherwise(
    draw, tmp_path, suffix
):
    """USD takes only images of three or four channels for sRGB on its own."""
    grey = tmp_path / f"grey.{suffix}"
    imageio.imwrite(grey, np.full((8, 8), 128, np.uint8))
    glow = texture(new := new_stage(), "t", str(grey), sourceColorSpace="auto")
    dark = Gf.Vec3f(0, 0, 0)
    bind(square(new, "s"), material(new, "m", diffuseColor=dark, emissiveColor=glow))
    middle = draw(new, FRONT)[SIZE[1] // 2, SIZE[0] // 2, :3].astype(int)
    assert np.abs(middle - 186).max() <= 6


@pytest.mark.parametrize(("name", "other"), [("metallic", 0.0), ("roughness", 0.9)])
def test_a_texture_says_how_a_surface_mirrors_light(draw, tmp_path, name, other):
    """An image of one number looks like that number, and not like another one."""
    file = tmp_path / "map.png"
    imageio.imwrite(file, np.full((8, 8, 3), (0, 64, 255), np.uint8))
    pictures = []
    for value in ("map", 64 / 255, other):
        stage = new_stage()
        node = texture(stage, "t", str(file), output="g", sourceColorSpace="raw")
        inputs = {"metallic": 0.5, "roughness": 0.3, name: node if value == "map" else value}
        bind(
            square(stage, "s"), material(stage, "m", diffuseColor=Gf.Vec3f(0.6, 0.3, 0.1), **inputs)
        )
        pictures.append(draw(stage, SHINING)[..., :3].astype(int))
    assert np.abs(pictures[0] - pictures[1]).max() <= 4
    assert np.abs(pictures[0] - pictures[2]).max() > 10


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
