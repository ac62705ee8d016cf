"""Settings of shapes as triangle meshes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from inspector.sim.spawners.geometry import (
    AxialGeometryCfg,
    CuboidGeometryCfg,
    GeometryCfg,
    SphereGeometryCfg,
)
from inspector.sim.spawners.meshes import meshes
from inspector.sim.spawners.spawning import check_size
from inspector.utils.configclass import MISSING, configclass


@configclass
class MeshCfg(GeometryCfg):
    """Base of shapes as meshes: ``{path}/geometry/mesh`` is a ``Mesh``; it collides as its hull."""


@configclass
class MeshSphereCfg(SphereGeometryCfg, MeshCfg):
    """A sphere."""

    func: Callable[..., Any] = meshes.spawn_mesh_sphere


@configclass
class MeshCuboidCfg(CuboidGeometryCfg, MeshCfg):
    """A cuboid."""

    func: Callable[..., Any] = meshes.spawn_mesh_cuboid


@configclass
class AxialMeshCfg(AxialGeometryCfg, MeshCfg):
    """Base of the meshes around an axis."""


@configclass
class MeshCylinderCfg(AxialMeshCfg):
    """A cylinder, centred."""

    func: Callable[..., Any] = meshes.spawn_mesh_cylinder


@configclass
class MeshCapsuleCfg(AxialMeshCfg):
    """A capsule, centred."""

    func: Callable[..., Any] = meshes.spawn_mesh_capsule


@configclass
class MeshConeCfg(AxialMeshCfg):
    """A cone, its axis centred as that of ``ConeCfg``, its tip in the positive direction."""

    func: Callable[..., Any] = meshes.spawn_mesh_cone


@configclass
class MeshRectangleCfg(MeshCfg):
    """A flat rectangle, its normal up.

    Attributes:
        size: Edge lengths along x and y [m].
    """

    func: Callable[..., Any] = meshes.spawn_mesh_rectangle

    size: tuple[float, float] = MISSING

    def check(self) -> None:
        """Check the values before anything is authored."""
        check_size(self, "size", 2)
        super().check()
