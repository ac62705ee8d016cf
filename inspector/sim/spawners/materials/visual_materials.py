"""Authoring materials for drawing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pxr import Gf, Sdf, Usd, UsdShade

from inspector.sim.spawners.spawning import clone
from inspector.usd.authoring import define_prim
from inspector.usd.stage import get_current_stage
from inspector.usd.transforms import numbers

if TYPE_CHECKING:
    from inspector.sim.spawners.materials.visual_materials_cfg import PreviewSurfaceCfg


@clone
def spawn_preview_surface(prim_path: str, cfg: PreviewSurfaceCfg, *_: Any) -> Usd.Prim:
    """Author a material with a ``UsdPreviewSurface``.

    Args:
        prim_path: Absolute path; its parent part may be an expression.
        cfg: The settings.

    Returns:
        The material.
    """
    stage = get_current_stage()
    material = UsdShade.Material(define_prim(prim_path, "Material", stage))
    shader = UsdShade.Shader.Define(stage, material.GetPath().AppendChild("Shader"))
    shader.CreateIdAttr("UsdPreviewSurface")
    for name in ("diffuse", "emissive"):
        color = Gf.Vec3f(*getattr(cfg, f"{name}_color"))
        shader.CreateInput(f"{name}Color", Sdf.ValueTypeNames.Color3f).Set(color)
    for name in ("roughness", "metallic", "opacity"):
        shader.CreateInput(name, Sdf.ValueTypeNames.Float).Set(float(getattr(cfg, name)))
    output = shader.CreateOutput("surface", Sdf.ValueTypeNames.Token)
    material.CreateSurfaceOutput().ConnectToSource(output)
    return material.GetPrim()


def check_preview_surface(cfg: PreviewSurfaceCfg) -> None:
    """Check the values of a preview surface.

    Args:
        cfg: The settings.

    Raises:
        ValueError: A value is out of its range.
        TypeError: A value is not a number.
    """
    for name in ("diffuse_color", "emissive_color"):
        color = numbers(f"PreviewSurfaceCfg.{name}", getattr(cfg, name), 3) or ()
        if min(color) < 0.0:
            raise ValueError(f"PreviewSurfaceCfg.{name} must not be negative, got {color}.")
    for name in ("roughness", "metallic", "opacity"):
        (value,) = numbers(f"PreviewSurfaceCfg.{name}", [getattr(cfg, name)], 1) or (0.0,)
        if not 0.0 <= value <= 1.0:
            raise ValueError(f"PreviewSurfaceCfg.{name} must be within 0 and 1, got {value}.")
