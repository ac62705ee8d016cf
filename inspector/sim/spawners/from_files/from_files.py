"""Authoring references to files, and the ground plane."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pxr import Gf, Usd, UsdGeom, UsdPhysics

from inspector.sim.schemas.schemas import (
    modify_articulation_root_properties,
    modify_collision_properties,
    modify_joint_drive_properties,
    modify_mass_properties,
    modify_rigid_body_properties,
)
from inspector.sim.spawners.geometry import add_visual_material, below
from inspector.sim.spawners.materials.visual_materials_cfg import PreviewSurfaceCfg
from inspector.sim.spawners.spawning import clone
from inspector.usd.bindings import bind_physics_material, bind_visual_material
from inspector.usd.prims import create_prim, make_uninstanceable
from inspector.usd.queries import get_first_matching_child_prim
from inspector.usd.references import select_usd_variants
from inspector.usd.stage import get_current_stage

if TYPE_CHECKING:
    from inspector.sim.spawners.from_files.from_files_cfg import (
        FileCfg,
        GroundPlaneCfg,
        UsdFileCfg,
    )

_GREY = (0.16, 0.17, 0.19)
_MODIFIERS = {
    "rigid_props": modify_rigid_body_properties,
    "collision_props": modify_collision_properties,
    "mass_props": modify_mass_properties,
    "articulation_props": modify_articulation_root_properties,
    "joint_drive_props": modify_joint_drive_properties,
}


@clone
def spawn_from_usd(
    prim_path: str, cfg: UsdFileCfg, translation: Any = None, orientation: Any = None, **_: Any
) -> Usd.Prim:
    """Reference a USD file.

    Args:
        prim_path: Absolute path; its parent part may be an expression.
        cfg: The settings.
        translation: In the parent's frame, shape [3]; None keeps the file's own.
        orientation: xyzw in the parent's frame, shape [4]; None keeps the file's own.

    Returns:
        The prim at the first match.
    """
    prim = create_prim(
        prim_path,
        usd_path=cfg.usd_path,
        translation=translation,
        orientation=orientation,
        scale=cfg.scale,
    )
    if cfg.variants is not None:
        select_usd_variants(prim_path, cfg.variants)
    if cfg.make_uninstanceable:
        make_uninstanceable(prim_path)
    _change(prim_path, cfg)
    return prim


@clone
def spawn_ground_plane(
    prim_path: str, cfg: GroundPlaneCfg, translation: Any = None, orientation: Any = None, **_: Any
) -> Usd.Prim:
    """Author a ground: an endless plane that collides, and a square that is drawn.

    Args:
        prim_path: Absolute path; its parent part may be an expression.
        cfg: The settings.
        translation: In the parent's frame, shape [3].
        orientation: xyzw in the parent's frame, shape [4].

    Returns:
        The prim at the first match.

    Raises:
        ValueError: The file of the settings contains no plane.
    """
    prim = create_prim(
        prim_path, usd_path=cfg.usd_path, translation=translation, orientation=orientation
    )
    if cfg.usd_path is None:
        _author_ground(prim, cfg)
    plane = get_first_matching_child_prim(prim_path, lambda p: p.GetTypeName() == "Plane")
    if plane is None:
        raise ValueError(f"GroundPlaneCfg.usd_path '{cfg.usd_path}' contains no Plane.")
    material_path = f"{prim_path}/physicsMaterial"
    cfg.physics_material.func(material_path, cfg.physics_material)
    bind_physics_material(str(plane.GetPath()), material_path)
    return prim


def _author_ground(prim: Usd.Prim, cfg: GroundPlaneCfg) -> None:
    stage, path = get_current_stage(), str(prim.GetPath())
    axis = UsdGeom.GetStageUpAxis(stage)
    plane = UsdGeom.Plane.Define(stage, f"{path}/CollisionPlane")
    plane.CreateAxisAttr(axis)
    plane.CreatePurposeAttr(UsdGeom.Tokens.guide)  # the square below is what one sees
    UsdPhysics.CollisionAPI.Apply(plane.GetPrim())
    mesh = UsdGeom.Mesh.Define(stage, f"{path}/geometry/mesh")
    x, y = (length / 2.0 for length in cfg.size)
    corners = [(-x, -y), (x, -y), (x, y), (-x, y)]
    up_z = axis == UsdGeom.Tokens.z
    points = [Gf.Vec3f(a, b, 0) if up_z else Gf.Vec3f(a, 0, -b) for a, b in corners]
    mesh.CreatePointsAttr(points)
    mesh.CreateFaceVertexCountsAttr([4])
    mesh.CreateFaceVertexIndicesAttr([0, 1, 2, 3])
    mesh.CreateSubdivisionSchemeAttr(UsdGeom.Tokens.none)
    mesh.CreateExtentAttr(UsdGeom.PointBased.ComputeExtent(points))
    color = _GREY if cfg.color is None else cfg.color
    mesh.CreateDisplayColorAttr([Gf.Vec3f(*color)])
    material_path = f"{path}/geometry/material"
    add_visual_material(material_path, PreviewSurfaceCfg(diffuse_color=color, roughness=0.9))
    bind_visual_material(str(mesh.GetPath()), material_path)


def _change(prim_path: str, cfg: FileCfg) -> None:
    for name, modify in _MODIFIERS.items():
        props: Any = getattr(cfg, name)
        if props is not None:
            modify(prim_path, props)
    if cfg.visual_material is not None:
        path = below(prim_path, cfg.visual_material_path)
        add_visual_material(path, cfg.visual_material)
        bind_visual_material(prim_path, path)
    if cfg.physics_material is not None:
        path = below(prim_path, cfg.physics_material_path)
        cfg.physics_material.func(path, cfg.physics_material)
        bind_physics_material(prim_path, path)
