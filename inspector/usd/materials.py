"""How surfaces look: UsdPreviewSurface materials and display colours, read into ``Look``.

Belongs here: shading networks and textures as files. Decoding images is the viewport's business;
which faces have which material is ``polygon_mesh``'s.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Any, cast

import numpy as np
from pxr import Ar, Sdf, Usd, UsdGeom, UsdShade

from inspector.usd.geometry_table import Look, Texture, TextureUse
from inspector.usd.image_header import is_color as holds_color
from inspector.usd.missing_looks import (
    other_coordinates,
    unbound,
    without_preview,
    without_texture,
)
from inspector.usd.udim import extent_of, tiles_of
from inspector.utils.message import Message

Color = tuple[float, float, float]

DEFAULT_COLOR: Color = (0.6, 0.6, 0.6)
_INPUTS = {  # of UsdPreviewSurface: what they are called in a look
    "diffuseColor": "color",
    "opacity": "opacity",
    "emissiveColor": "emissive",
    "metallic": "metallic",
    "roughness": "roughness",
    "normal": "normal",
}
_CHANNELS = {"r": 0, "g": 1, "b": 2, "a": 3, "rgb": 0}
_WRAPS = frozenset({"repeat", "mirror", "clamp", "black"})
_GLOSSY = 0.45
"""Roughness below which highlights can be seen."""


@dataclass(frozen=True)
class Surface:
    """How a material looks, and which texture coordinates it wants.

    Attributes:
        look: Its look; the colour is the base colour.
        uv_name: Primvar of the texture coordinates, empty when it reads none.
        by_primvar: Whether the base colour is that of the geometry.
    """

    look: Look
    uv_name: str = ""
    by_primvar: bool = False


@dataclass
class Materials:
    """Reads materials and remembers them, their looks and their textures.

    Attributes:
        looks: All looks so far; the first one is plain.
        textures: All textures so far.
        troubles: What was looked for and not found, by the path of the prim that names it.
    """

    looks: list[Look] = field(default_factory=lambda: [Look()])
    textures: list[Texture] = field(default_factory=list[Texture])
    troubles: dict[str, Message] = field(default_factory=dict[str, Message])
    _surfaces: dict[str, Surface | None] = field(default_factory=dict[str, "Surface | None"])
    _look_index: dict[Look, int] = field(default_factory=lambda: {Look(): 0})
    _texture_index: dict[tuple[str, bool, tuple[str, str]], int] = field(
        default_factory=dict[tuple[str, bool, tuple[str, str]], int]
    )

    def forget(self) -> None:
        """Read materials again; looks and textures keep their numbers."""
        self._surfaces.clear()
        self._texture_index.clear()

    def number(self, look: Look) -> int:
        """Return the index of a look."""
        index = self._look_index.setdefault(look, len(self.looks))
        if index == len(self.looks):
            self.looks.append(look)
        return index

    def surface_of(self, prim: Usd.Prim) -> Surface | None:
        """Return what the material bound to a prim or a subset says, None without one.

        A material without a UsdPreviewSurface says nothing, either.
        """
        # As usdview: a binding for previews goes before the one for everything.
        purpose = UsdShade.Tokens.preview
        material, _ = UsdShade.MaterialBindingAPI(prim).ComputeBoundMaterial(purpose)
        if not material:
            self._note(str(prim.GetPath()), unbound(prim))
            return None
        self._note(str(prim.GetPath()), None)
        path = str(material.GetPath())
        if path not in self._surfaces:
            found = self._surfaces[path] = self._read(material)
            self._note(path, without_preview(material) if found is None else None)
        return self._surfaces[path]

    def _note(self, path: str, trouble: Message | None) -> None:
        if trouble is not None:
            self.troubles[path] = trouble
        else:
            self.troubles.pop(path, None)

    def _read(self, material: UsdShade.Material) -> Surface | None:
        shader, _, _ = material.ComputeSurfaceSource()
        has_color = bool(shader and shader.GetInput("diffuseColor"))
        if not has_color and not (shader and shader.GetIdAttr().Get() == "UsdPreviewSurface"):
            return None
        color = _value(shader, "diffuseColor", 3, (0.18, 0.18, 0.18))
        opacity = _number(shader, "opacity", 1.0)
        look = Look(
            color=(color[0], color[1], color[2]),
            opacity=opacity,
            threshold=_number(shader, "opacityThreshold", 0.0),
            metallic=_number(shader, "metallic", 0.0),
            roughness=_number(shader, "roughness", 0.5),
            emissive=cast("Color", _value(shader, "emissiveColor", 3, (0.0, 0.0, 0.0))),
        )
        uses: list[tuple[str, TextureUse]] = []
        # A preview surface that leaves its colour to the fallback says nothing about it.
        uv_name, by_primvar = "", not has_color
        for name, wanted in _INPUTS.items():
            source = _source(shader.GetInput(name))
            if source is None:
                continue
            kind = source[0].GetIdAttr().Get()
            if kind == "UsdUVTexture":
                use, uv = self._texture(source[0], source[1])
                if use is not None:
                    uses.append((wanted, use))
                    uv_name = uv_name or uv
                    other = other_coordinates(source[0], uv, uv_name) if uv != uv_name else None
                    self._note(str(source[0].GetPath()), other)
                elif wanted == "color":
                    look = replace(look, color=_fallback(source[0], look.color))
            elif kind == "UsdPrimvarReader_float3" and wanted == "color":
                by_primvar = True
        names = {name for name, _ in uses}
        # What a texture says replaces the value beside it.
        look = replace(
            look,
            color=(1.0, 1.0, 1.0) if "color" in names else look.color,
            opacity=1.0 if "opacity" in names else look.opacity,
            textures=tuple(uses),
            is_shiny=look.metallic > 0
            or look.roughness < _GLOSSY
            or bool(names & {"metallic", "roughness", "normal"}),
        )
        return Surface(look, uv_name, by_primvar)

    def _texture(self, shader: UsdShade.Shader, output: str) -> tuple[TextureUse | None, str]:
        """Return how a texture node is read, and the primvar of its coordinates."""
        attribute = _value_attribute(shader, "file")
        file = attribute.Get() if attribute else None
        tiles = tiles_of(attribute) if attribute else ()
        resolved = file.resolvedPath if isinstance(file, Sdf.AssetPath) else ""
        resolved = resolved or (tiles[0][2] if tiles else "")
        node = str(shader.GetPath())
        self._note(node, None if resolved else without_texture(shader, file))
        if not resolved:
            return None, ""
        space = str(_attribute_value(shader, "sourceColorSpace") or "auto")
        data = _bytes_of(resolved) if space == "auto" else b""
        # Whatever reads it: a map of plain numbers in three channels has to say "raw".
        is_color = space == "sRGB" or (space == "auto" and holds_color(data))
        wrap = _wrap(shader)
        key = (resolved, is_color, wrap)
        if key not in self._texture_index:
            data = data or _bytes_of(resolved)
            if not data:
                self._note(node, without_texture(shader, file))
                return None, ""
            self._texture_index[key] = len(self.textures)
            files = tuple((column, row, _bytes_of(path)) for column, row, path in tiles)
            self.textures.append(Texture(resolved, data, is_color, wrap, files))
        uv_name, matrix = _coordinates(shader)
        if tiles:
            across, upward = extent_of(tiles)
            matrix = tuple(part / (across, upward)[at % 2] for at, part in enumerate(matrix))
        scale = _value(shader, "scale", 4, (1.0, 1.0, 1.0, 1.0))
        bias = _value(shader, "bias", 4, (0.0, 0.0, 0.0, 0.0))
        use = TextureUse(
            self._texture_index[key], _CHANNELS.get(output, 0), tuple(scale), tuple(bias), matrix
        )
        return use, uv_name


def _wrap(texture: UsdShade.Shader) -> tuple[str, str]:
    """What lies beside an image, along u and v.

    Source: the specification of UsdPreviewSurface: ``useMetadata``, the default, is black where the
    file has no wrap mode, and neither PNG nor JPEG have one.
    """
    across, upward = (str(_attribute_value(texture, name)) for name in ("wrapS", "wrapT"))
    return across if across in _WRAPS else "black", upward if upward in _WRAPS else "black"


def display_color(prim: Usd.Prim) -> Color:
    """Return the colour of a gprim: that of its material, else its displayColor, else grey."""
    surface = Materials().surface_of(prim)
    if surface is not None and surface.look.color is not None and not surface.by_primvar:
        return surface.look.color
    return mean_color(prim)


def mean_color(prim: Usd.Prim) -> Color:
    """Return the displayColor of a gprim, the mean of it where there are several, else grey."""
    primvar = UsdGeom.PrimvarsAPI(prim).FindPrimvarWithInheritance("displayColor")
    values = _flattened(primvar)
    if not values:
        return DEFAULT_COLOR
    colors = np.array(values, np.float64)
    if not np.isfinite(colors).all():
        return DEFAULT_COLOR
    red, green, blue = colors.reshape(-1, 3).mean(axis=0).tolist()
    return red, green, blue


def mean_opacity(prim: Usd.Prim) -> float:
    """Return the displayOpacity of a gprim, the mean of it where there are several, else 1."""
    primvar = UsdGeom.PrimvarsAPI(prim).FindPrimvarWithInheritance("displayOpacity")
    values = _flattened(primvar)
    if not values:
        return 1.0
    opacity = float(np.mean(np.array(values, np.float64)))
    return opacity if math.isfinite(opacity) else 1.0


def _flattened(primvar: UsdGeom.Primvar) -> Any:
    """Values as they are used: of an indexed primvar those that its indices choose."""
    return primvar.ComputeFlattened() if primvar and primvar.HasValue() else None


def _fallback(texture: UsdShade.Shader, otherwise: Color | None) -> Color | None:
    """What a texture node says instead of an image that is not there."""
    if not texture.GetInput("fallback"):
        return otherwise
    red, green, blue, _ = _value(texture, "fallback", 4, (0.0, 0.0, 0.0, 1.0))
    return red, green, blue


def _source(source: UsdShade.Input) -> tuple[UsdShade.Shader, str] | None:
    """The shader and the output that an input is connected to, through node graphs."""
    if not source:
        return None
    for attribute in UsdShade.Utils.GetValueProducingAttributes(source):
        if UsdShade.Output.IsOutput(attribute):
            return UsdShade.Shader(attribute.GetPrim()), attribute.GetBaseName()
    return None


def _attribute_value(shader: UsdShade.Shader, name: str) -> Any:
    attribute = _value_attribute(shader, name)
    return attribute.Get() if attribute else None


def _value_attribute(shader: UsdShade.Shader, name: str) -> Usd.Attribute | None:
    source = shader.GetInput(name)
    if not source:
        return None
    attributes = UsdShade.Utils.GetValueProducingAttributes(source)
    if not attributes or UsdShade.Output.IsOutput(attributes[0]):
        return None
    return attributes[0]


def _number(shader: UsdShade.Shader, name: str, default: float) -> float:
    value = _attribute_value(shader, name)
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else default


def _value(
    shader: UsdShade.Shader, name: str, count: int, default: tuple[float, ...]
) -> tuple[float, ...]:
    value = _attribute_value(shader, name)
    if value is None or len(value) != count:
        return default
    numbers = tuple(float(part) for part in value)
    return numbers if all(map(math.isfinite, numbers)) else default


def _coordinates(texture: UsdShade.Shader) -> tuple[str, tuple[float, ...]]:
    """The primvar of a texture's coordinates, and what is done to them, as six numbers."""
    matrix = np.eye(3)
    source = _source(texture.GetInput("st"))
    while source is not None and source[0].GetIdAttr().Get() == "UsdTransform2d":
        node = source[0]
        scale = _value(node, "scale", 2, (1.0, 1.0))
        move = _value(node, "translation", 2, (0.0, 0.0))
        turn = math.radians(_number(node, "rotation", 0.0))
        step = np.eye(3)
        step[:2, :2] = np.diag(scale) @ [
            [math.cos(turn), math.sin(turn)],
            [-math.sin(turn), math.cos(turn)],
        ]
        step[2, :2] = move
        # The node nearest to the primvar acts first.
        matrix = step @ matrix
        source = _source(node.GetInput("in"))
    name = "st"
    if source is not None:
        name = str(_attribute_value(source[0], "varname") or "st")
    return name, tuple(matrix[:, :2].ravel().tolist())


def _bytes_of(path: str) -> bytes:
    """Contents of a file, also of one in a package; empty when it cannot be read."""
    resolver: Any = Ar.GetResolver()
    asset: Any = resolver.OpenAsset(Ar.ResolvedPath(path))
    if not asset:
        return b""
    with asset as opened:
        return bytes(opened.GetBuffer())
