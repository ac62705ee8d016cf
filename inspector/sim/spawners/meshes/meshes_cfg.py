"""Settings of shapes as triangle meshes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from inspector.sim.spawners.geometry import GeometryCfg
from inspector.sim.spawners.meshes import meshes
from inspector.sim.spawners.spawning import check_positive, check_size
from inspector.utils.configclass import MISSING, configclass


@configclass
class MeshCfg(GeometryCfg):
    """Base of shapes as meshes: ``{path}/geometry/mesh`` is a ``Mesh``; it collides as its hull."""


@configclass
class MeshSphereCfg(MeshCfg):
    """A sphere.

    Attributes:
        radius: Radius [m].
    """

    func: Callable[..., Any] = meshes.spawn_mesh_sphere

    radius: float = MISSING

    def check(self) -> None:
        """Check the values before anything is authored."""
        check_positive(self, "radius")
        super().check()


@configclass
class MeshCuboidCfg(MeshCfg):
    """A cuboid.

    Attributes:
        size: Edge lengths [m].
    """

    func: Callable[..., Any] = meshes.spawn_mesh_cuboid

    size: tuple[float, float, float] = MISSING

    def check(self) -> None:
        """Check the values before anything is authored."""
        check_size(self, "size", 3)
        super().check()


@configclass
class AxialMeshCfg(MeshCfg):
    """Base of the meshes around an axis.

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
