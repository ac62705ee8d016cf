"""Pictures of stages: from USD to pixels without a session."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from pxr import Gf, Sdf, Usd, UsdGeom, UsdShade

from inspector.bench.viewport_scene import Cloned, snapshot_of
from inspector.fabric.scene_tables import SceneTables
from inspector.session.snapshot import SceneSnapshot

ROOT = "/World"
SIZE = (240, 160)
FRONT = (-1.57, 0.05)
SHINING = (-1.35, -0.45)
"""Azimuth and elevation that look along +y."""


def new_stage(up_axis: str = "Z", meters_per_unit: float = 1.0) -> Usd.Stage:
    """A stage with nothing but its root."""
    stage = Usd.Stage.CreateInMemory()
    UsdGeom.SetStageUpAxis(stage, up_axis)
    UsdGeom.SetStageMetersPerUnit(stage, meters_per_unit)
    stage.SetDefaultPrim(UsdGeom.Xform.Define(stage, ROOT).GetPrim())
    return stage


def snapshot(stage: Usd.Stage) -> SceneSnapshot:
    """What a session would publish of it."""
    made = snapshot_of(Cloned(stage, SceneTables.build(stage), np.zeros((0, 3))))
    unit = UsdGeom.GetStageMetersPerUnit(stage)
    up_axis = str(UsdGeom.GetStageUpAxis(stage))
    return replace(made, up_axis=up_axis, meters_per_unit=unit)


def gprim(
    stage: Usd.Stage,
    kind: str,
    name: str,
    at: tuple[float, float, float] = (0.0, 0.0, 0.0),
    color: tuple[float, float, float] | None = (0.3, 0.6, 0.9),
    **attributes: object,
) -> Usd.Prim:
    """Author a gprim somewhere."""
    prim = stage.DefinePrim(f"{ROOT}/{name}", kind)
    for key, value in attributes.items():
        assert prim.GetAttribute(key).Set(value)
    UsdGeom.Xformable(prim).AddTranslateOp().Set(Gf.Vec3d(*at))
    if color is not None:
        UsdGeom.Gprim(prim).CreateDisplayColorAttr([Gf.Vec3f(*color)])
    return prim


def square(
    stage: Usd.Stage, name: str, at: tuple[float, float, float] = (0.0, 0.0, 0.0), cells: int = 2
) -> Usd.Prim:
    """An upright mesh of cells × cells quads, seen from the front, with coordinates 0…1."""
    side = np.linspace(0.0, 1.0, cells + 1)
    x, z = (part.ravel() for part in np.meshgrid(side, side))
    prim = gprim(stage, "Mesh", name, at, None)
    mesh = UsdGeom.Mesh(prim)
    mesh.GetPointsAttr().Set(np.column_stack([x, 0 * x, z]).astype(np.float32))
    a = (np.arange(cells)[:, None] * (cells + 1) + np.arange(cells)).ravel()
    faces = np.column_stack([a, a + 1, a + cells + 2, a + cells + 1])
    mesh.GetFaceVertexCountsAttr().Set(np.full(len(faces), 4, np.int32))
    mesh.GetFaceVertexIndicesAttr().Set(faces.ravel().astype(np.int32))
    mesh.GetSubdivisionSchemeAttr().Set("none")
    uv = UsdGeom.PrimvarsAPI(prim).CreatePrimvar("st", Sdf.ValueTypeNames.TexCoord2fArray, "vertex")
    uv.Set(np.column_stack([x, z]).astype(np.float32))
    return prim


def material(stage: Usd.Stage, name: str, **inputs: object) -> UsdShade.Material:
    """A preview surface; inputs are values, or outputs to connect to."""
    types = Sdf.ValueTypeNames
    made = UsdShade.Material.Define(stage, f"{ROOT}/Looks/{name}")
    shader = UsdShade.Shader.Define(stage, f"{ROOT}/Looks/{name}/surface")
    shader.CreateIdAttr("UsdPreviewSurface")
    for key, value in inputs.items():
        kind = types.Color3f if "Color" in key else types.Float
        source = shader.CreateInput(key, types.Normal3f if key == "normal" else kind)
        if isinstance(value, UsdShade.Output):
            source.ConnectToSource(value)
        else:
            source.Set(value)
    made.CreateSurfaceOutput().ConnectToSource(shader.ConnectableAPI(), "surface")
    return made


def texture(
    stage: Usd.Stage,
    name: str,
    file: str,
    *,
    output: str = "rgb",
    wrap: str = "repeat",
    transform: dict[str, object] | None = None,
    **inputs: object,
) -> UsdShade.Output:
    """A texture node that reads ``st``; an empty ``wrap`` authors none."""
    types = Sdf.ValueTypeNames
    path = f"{ROOT}/Looks/{name}"
    reader = UsdShade.Shader.Define(stage, f"{path}_st")
    reader.CreateIdAttr("UsdPrimvarReader_float2")
    reader.CreateInput("varname", types.String).Set("st")
    place = reader.CreateOutput("result", types.Float2)
    if transform is not None:
        node = UsdShade.Shader.Define(stage, f"{path}_transform")
        node.CreateIdAttr("UsdTransform2d")
        node.CreateInput("in", types.Float2).ConnectToSource(place)
        for key, value in transform.items():
            kind = types.Float if key == "rotation" else types.Float2
            node.CreateInput(key, kind).Set(value)
        place = node.CreateOutput("result", types.Float2)
    node = UsdShade.Shader.Define(stage, path)
    node.CreateIdAttr("UsdUVTexture")
    node.CreateInput("file", types.Asset).Set(file)
    node.CreateInput("st", types.Float2).ConnectToSource(place)
    for key in ("wrapS", "wrapT"):
        if wrap:
            node.CreateInput(key, types.Token).Set(wrap)
    for key, value in inputs.items():
        kind = types.Token if isinstance(value, str) else types.Float4
        node.CreateInput(key, kind).Set(value)
    return node.CreateOutput(output, types.Float3 if output == "rgb" else types.Float)


def bind(prim: Usd.Prim, made: UsdShade.Material) -> None:
    """Bind a material to a prim or a subset."""
    UsdShade.MaterialBindingAPI.Apply(prim).Bind(made)
