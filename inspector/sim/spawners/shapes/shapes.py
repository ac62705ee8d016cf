"""Authoring the primitive shapes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pxr import Usd

from inspector.sim.spawners.geometry import spawn_geometry
from inspector.sim.spawners.spawning import clone

if TYPE_CHECKING:
    from inspector.sim.spawners.shapes.shapes_cfg import AxialShapeCfg, CuboidCfg, SphereCfg


@clone
def spawn_sphere(
    prim_path: str, cfg: SphereCfg, translation: Any = None, orientation: Any = None, **_: Any
) -> Usd.Prim:
    """Author a sphere.

    Args:
        prim_path: Absolute path; its parent part may be an expression.
        cfg: The settings.
        translation: In the parent's frame, shape [3].
        orientation: xyzw in the parent's frame, shape [4].

    Returns:
        The prim at the first match.
    """
    attributes = {"radius": cfg.radius}
    return spawn_geometry(prim_path, cfg, "Sphere", attributes, translation, orientation)


@clone
def spawn_cuboid(
    prim_path: str, cfg: CuboidCfg, translation: Any = None, orientation: Any = None, **_: Any
) -> Usd.Prim:
    """Author a cuboid: a USD cube of its shortest edge, scaled.

    Args:
        prim_path: Absolute path; its parent part may be an expression.
        cfg: The settings.
        translation: In the parent's frame, shape [3].
        orientation: xyzw in the parent's frame, shape [4].

    Returns:
        The prim at the first match.
    """
    edge = min(cfg.size)
    scale = [length / edge for length in cfg.size]
    attributes = {"size": edge}
    return spawn_geometry(prim_path, cfg, "Cube", attributes, translation, orientation, scale)


@clone
def spawn_cylinder(
    prim_path: str, cfg: AxialShapeCfg, translation: Any = None, orientation: Any = None, **_: Any
) -> Usd.Prim:
    """Author a cylinder.

    Args:
        prim_path: Absolute path; its parent part may be an expression.
        cfg: The settings.
        translation: In the parent's frame, shape [3].
        orientation: xyzw in the parent's frame, shape [4].

    Returns:
        The prim at the first match.
    """
    return _spawn_axial(prim_path, cfg, "Cylinder", translation, orientation)


@clone
def spawn_capsule(
    prim_path: str, cfg: AxialShapeCfg, translation: Any = None, orientation: Any = None, **_: Any
) -> Usd.Prim:
    """Author a capsule.

    Args:
        prim_path: Absolute path; its parent part may be an expression.
        cfg: The settings.
        translation: In the parent's frame, shape [3].
        orientation: xyzw in the parent's frame, shape [4].

    Returns:
        The prim at the first match.
    """
    return _spawn_axial(prim_path, cfg, "Capsule", translation, orientation)


@clone
def spawn_cone(
    prim_path: str, cfg: AxialShapeCfg, translation: Any = None, orientation: Any = None, **_: Any
) -> Usd.Prim:
    """Author a cone.

    Args:
        prim_path: Absolute path; its parent part may be an expression.
        cfg: The settings.
        translation: In the parent's frame, shape [3].
        orientation: xyzw in the parent's frame, shape [4].

    Returns:
        The prim at the first match.
    """
    return _spawn_axial(prim_path, cfg, "Cone", translation, orientation)


def _spawn_axial(
    prim_path: str, cfg: AxialShapeCfg, prim_type: str, translation: Any, orientation: Any
) -> Usd.Prim:
    attributes = {"radius": cfg.radius, "height": cfg.height, "axis": cfg.axis.upper()}
    return spawn_geometry(prim_path, cfg, prim_type, attributes, translation, orientation)
