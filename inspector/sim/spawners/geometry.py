"""The layout that shapes and meshes share: ``{path}`` with the body, ``{path}/geometry/mesh``.

Belongs here: where the schemas and materials of one spawned object go. The body is not on the
geometry, so that the geometry can be instanced while each body keeps its own state.
"""

from __future__ import annotations

from typing import Any, Literal

from pxr import Gf, Usd, UsdGeom

from inspector.sim.schemas.schemas import (
    define_collision_properties,
    define_mass_properties,
    define_rigid_body_properties,
)
from inspector.sim.spawners.materials.physics_materials_cfg import PhysicsMaterialCfg
from inspector.sim.spawners.materials.visual_materials_cfg import VisualMaterialCfg
from inspector.sim.spawners.spawner_cfg import RigidObjectSpawnerCfg
from inspector.sim.spawners.spawning import check_positive, check_size, check_spawner_cfg
from inspector.usd.bindings import bind_physics_material, bind_visual_material
from inspector.usd.prims import create_prim
from inspector.usd.queries import check_prim
from inspector.usd.stage import get_current_stage
from inspector.utils.configclass import MISSING, configclass


@configclass
class GeometryCfg(RigidObjectSpawnerCfg):
    """Base of shapes and meshes.

    Attributes:
        visual_material_path: Where the material for drawing goes; a relative path is below
            ``{path}/geometry``.
        visual_material: Material for drawing.
        physics_material_path: Where the material for physics goes; may be the same.
        physics_material: Material for physics; needs ``collision_props`` to have an effect.
    """

    visual_material_path: str = "material"
    visual_material: VisualMaterialCfg | None = None
    physics_material_path: str = "material"
    physics_material: PhysicsMaterialCfg | None = None

    def check(self) -> None:
        """Check the values before anything is authored."""
        for material in (self.visual_material, self.physics_material):
            if material is not None:
                check_spawner_cfg(material)


@configclass
class SphereGeometryCfg(GeometryCfg):
    """Base of spheres.

    Attributes:
        radius: Radius [m].
    """

    radius: float = MISSING

    def check(self) -> None:
        """Check the values before anything is authored."""
        check_positive(self, "radius")
        super().check()


@configclass
class CuboidGeometryCfg(GeometryCfg):
    """Base of cuboids.

    Attributes:
        size: Edge lengths [m].
    """

    size: tuple[float, float, float] = MISSING

    def check(self) -> None:
        """Check the values before anything is authored."""
        check_size(self, "size", 3)
        super().check()


@configclass
class AxialGeometryCfg(GeometryCfg):
    """Base of what is round about an axis.

    Attributes:
        radius: Radius [m].
        height: Length along the axis [m]; of a capsule without its caps.
        axis: The axis.
    """

    radius: float = MISSING
    height: float = MISSING
    axis: Literal["X", "Y", "Z"] = "Z"

    def check(self) -> None:
        """Check the values before anything is authored.

        Raises:
            ValueError: A length is not above zero, or the axis unknown.
        """
        check_positive(self, "radius", "height")
        if str(self.axis).upper() not in {"X", "Y", "Z"}:
            raise ValueError(f"{type(self).__name__}.axis must be X, Y or Z, got '{self.axis}'.")
        super().check()


def spawn_geometry(
    prim_path: str,
    cfg: GeometryCfg,
    prim_type: str,
    attributes: dict[str, Any],
    translation: Any,
    orientation: Any,
    scale: Any = None,
) -> Usd.Prim:
    """Author ``{path}`` (body, mass), ``{path}/geometry/mesh`` (collider) and materials.

    Args:
        prim_path: Absolute path where no prim is.
        cfg: The settings.
        prim_type: Type of the geometry.
        attributes: Its attributes.
        translation: Of ``{path}`` in its parent's frame, shape [3], or None.
        orientation: xyzw, shape [4], or None.
        scale: Of the geometry, shape [3], or None.

    Returns:
        The prim at ``{path}``.
    """
    prim = create_prim(prim_path, "Xform", translation=translation, orientation=orientation)
    folder, mesh_path = f"{prim_path}/geometry", f"{prim_path}/geometry/mesh"
    mesh = create_prim(mesh_path, prim_type, scale=scale, attributes=attributes)
    if cfg.collision_props is not None:
        define_collision_properties(mesh_path, cfg.collision_props)
    if cfg.visual_material is not None:
        path = below(folder, cfg.visual_material_path)
        add_visual_material(path, cfg.visual_material)
        bind_visual_material(mesh_path, path)
        _show_color(mesh, cfg.visual_material)
    if cfg.physics_material is not None:
        path = below(folder, cfg.physics_material_path)
        cfg.physics_material.func(path, cfg.physics_material)
        if cfg.collision_props is not None:
            bind_physics_material(mesh_path, path)
    if cfg.mass_props is not None:
        define_mass_properties(prim_path, cfg.mass_props)
    if cfg.rigid_props is not None:
        define_rigid_body_properties(prim_path, cfg.rigid_props)
    return prim


def add_visual_material(path: str, cfg: VisualMaterialCfg) -> None:
    """Author a material, unless it has an absolute path and an earlier object brought it.

    Args:
        path: Absolute path.
        cfg: The settings.
    """
    if not get_current_stage().GetPrimAtPath(path):
        cfg.func(path, cfg)


def below(folder: str, path: str) -> str:
    """Return ``path``, below ``folder`` when it is relative."""
    return path if path.startswith("/") else f"{folder}/{path}"


def _show_color(mesh: Usd.Prim, material: VisualMaterialCfg) -> None:
    """Give viewers that read no materials the colour too."""
    color = getattr(material, "diffuse_color", None)
    gprim = UsdGeom.Gprim(check_prim(mesh.GetPath(), mesh.GetStage()))
    if color is not None and gprim:
        gprim.CreateDisplayColorAttr([Gf.Vec3f(*color)])
        opacity = getattr(material, "opacity", 1.0)
        if opacity < 1.0:
            gprim.CreateDisplayOpacityAttr([opacity])
