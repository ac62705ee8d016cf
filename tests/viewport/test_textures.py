"""Textures from USD to pixels: where they lie, what they say, and in which colour space."""

from __future__ import annotations

import zipfile
from pathlib import Path

import imageio.v2 as imageio
import numpy as np
import pytest
from pxr import Gf, Sdf, Usd, UsdGeom, UsdShade, UsdUtils

from tests.viewport import golden
from tests.viewport.stages import (
    FRONT,
    SHINING,
    SIZE,
    bind,
    gprim,
    material,
    new_stage,
    square,
    texture,
)

pytestmark = [pytest.mark.viewport, pytest.mark.gui]


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
