"""Authoring shapes as triangle meshes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from pxr import Usd, UsdGeom, Vt

from inspector.sim.schemas.schemas import define_mesh_collision_properties
from inspector.sim.schemas.schemas_cfg import MeshCollisionPropertiesCfg
from inspector.sim.spawners.geometry import spawn_geometry
from inspector.sim.spawners.spawning import clone

if TYPE_CHECKING:
    from inspector.sim.spawners.meshes.meshes_cfg import (
        AxialMeshCfg,
        MeshCfg,
        MeshCuboidCfg,
        MeshRectangleCfg,
        MeshSphereCfg,
    )

# Turns the z axis, around which all of them are made, into the wanted one.
_AXIS_ORDER = {"X": (2, 0, 1), "Y": (1, 2, 0), "Z": (0, 1, 2)}


@clone
def spawn_mesh_sphere(
    prim_path: str, cfg: MeshSphereCfg, translation: Any = None, orientation: Any = None, **_: Any
) -> Usd.Prim:
    """Author a sphere as a mesh.

    Args:
        prim_path: Absolute path; its parent part may be an expression.
        cfg: The settings.
        translation: In the parent's frame, shape [3].
        orientation: xyzw in the parent's frame, shape [4].

    Returns:
        The prim at the first match.
    """
    from trimesh import creation

    return _spawn(prim_path, cfg, creation.uv_sphere(cfg.radius), translation, orientation)


@clone
def spawn_mesh_cuboid(
    prim_path: str, cfg: MeshCuboidCfg, translation: Any = None, orientation: Any = None, **_: Any
) -> Usd.Prim:
    """Author a cuboid as a mesh.

    Args:
        prim_path: Absolute path; its parent part may be an expression.
        cfg: The settings.
        translation: In the parent's frame, shape [3].
        orientation: xyzw in the parent's frame, shape [4].

    Returns:
        The prim at the first match.
    """
    from trimesh import creation

    return _spawn(prim_path, cfg, creation.box(cfg.size), translation, orientation)


@clone
def spawn_mesh_cylinder(
    prim_path: str, cfg: AxialMeshCfg, translation: Any = None, orientation: Any = None, **_: Any
) -> Usd.Prim:
    """Author a cylinder as a mesh.

    Args:
        prim_path: Absolute path; its parent part may be an expression.
        cfg: The settings.
        translation: In the parent's frame, shape [3].
        orientation: xyzw in the parent's frame, shape [4].

    Returns:
        The prim at the first match.
    """
    from trimesh import creation

    mesh = creation.cylinder(cfg.radius, cfg.height)
    return _spawn(prim_path, cfg, mesh, translation, orientation, cfg.axis)


@clone
def spawn_mesh_capsule(
    prim_path: str, cfg: AxialMeshCfg, translation: Any = None, orientation: Any = None, **_: Any
) -> Usd.Prim:
    """Author a capsule as a mesh.

    Args:
        prim_path: Absolute path; its parent part may be an expression.
        cfg: The settings.
        translation: In the parent's frame, shape [3].
        orientation: xyzw in the parent's frame, shape [4].

    Returns:
        The prim at the first match.
    """
    from trimesh import creation

    mesh = creation.capsule(cfg.height, cfg.radius)
    return _spawn(prim_path, cfg, mesh, translation, orientation, cfg.axis)


@clone
def spawn_mesh_cone(
    prim_path: str, cfg: AxialMeshCfg, translation: Any = None, orientation: Any = None, **_: Any
) -> Usd.Prim:
    """Author a cone as a mesh.

    Args:
        prim_path: Absolute path; its parent part may be an expression.
        cfg: The settings.
        translation: In the parent's frame, shape [3].
        orientation: xyzw in the parent's frame, shape [4].

    Returns:
        The prim at the first match.
    """
    from trimesh import creation

    mesh = creation.cone(cfg.radius, cfg.height)
    return _spawn(prim_path, cfg, mesh, translation, orientation, cfg.axis)


@clone
def spawn_mesh_rectangle(
    prim_path: str,
    cfg: MeshRectangleCfg,
    translation: Any = None,
    orientation: Any = None,
    **_: Any,
) -> Usd.Prim:
    """Author a rectangle as a mesh of two triangles.

    Args:
        prim_path: Absolute path; its parent part may be an expression.
        cfg: The settings.
        translation: In the parent's frame, shape [3].
        orientation: xyzw in the parent's frame, shape [4].

    Returns:
        The prim at the first match.
    """
    x, y = cfg.size[0] / 2.0, cfg.size[1] / 2.0
    points = np.array([[-x, -y, 0], [x, -y, 0], [x, y, 0], [-x, y, 0]], np.float32)
    faces = np.array([[0, 1, 2], [0, 2, 3]], np.int32)
    return _author(prim_path, cfg, points, faces, (translation, orientation))


def _spawn(
    prim_path: str,
    cfg: MeshCfg,
    mesh: Any,
    translation: Any,
    orientation: Any,
    axis: str = "Z",
) -> Usd.Prim:
    points = np.asarray(mesh.vertices, np.float32)
    points = points - (points.max(axis=0) + points.min(axis=0)) / 2.0  # centred like USD's gprims
    points = points[:, _AXIS_ORDER[axis.upper()]]
    return _author(prim_path, cfg, points, np.asarray(mesh.faces), (translation, orientation))


def _author(
    prim_path: str,
    cfg: MeshCfg,
    points: NDArray[np.float32],
    faces: NDArray[np.int32],
    pose: tuple[Any, Any],
) -> Usd.Prim:
    attributes = {
        "points": Vt.Vec3fArray.FromNumpy(np.ascontiguousarray(points, np.float32)),
        "faceVertexIndices": Vt.IntArray.FromNumpy(np.ascontiguousarray(faces.ravel(), np.int32)),
        "faceVertexCounts": Vt.IntArray.FromNumpy(np.full(len(faces), 3, np.int32)),
        "subdivisionScheme": UsdGeom.Tokens.none,
        "extent": Vt.Vec3fArray.FromNumpy(np.stack([points.min(axis=0), points.max(axis=0)])),
    }
    prim = spawn_geometry(prim_path, cfg, "Mesh", attributes, *pose)
    if cfg.collision_props is not None:
        hull = MeshCollisionPropertiesCfg(mesh_approximation_name="convexHull")
        define_mesh_collision_properties(f"{prim_path}/geometry/mesh", hull)
    return prim
