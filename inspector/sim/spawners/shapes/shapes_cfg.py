"""Settings of the primitive shapes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from inspector.sim.spawners.geometry import GeometryCfg
from inspector.sim.spawners.shapes import shapes
from inspector.sim.spawners.spawning import check_positive, check_size
from inspector.utils.configclass import MISSING, configclass


@configclass
class ShapeCfg(GeometryCfg):
    """Base of the primitive shapes: ``{path}/geometry/mesh`` is a USD gprim."""


@configclass
class SphereCfg(ShapeCfg):
    """A sphere.

    Attributes:
        radius: Radius [m].
    """

    func: Callable[..., Any] = shapes.spawn_sphere

    radius: float = MISSING

    def check(self) -> None:
        """Check the values before anything is authored."""
        check_positive(self, "radius")
        super().check()


@configclass
class CuboidCfg(ShapeCfg):
    """A cuboid.

    Attributes:
        size: Edge lengths [m].
    """

    func: Callable[..., Any] = shapes.spawn_cuboid

    size: tuple[float, float, float] = MISSING

    def check(self) -> None:
        """Check the values before anything is authored."""
        check_size(self, "size", 3)
        super().check()


@configclass
class AxialShapeCfg(ShapeCfg):
    """Base of the shapes around an axis.

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
class CylinderCfg(AxialShapeCfg):
    """A cylinder, centred."""

    func: Callable[..., Any] = shapes.spawn_cylinder


@configclass
class CapsuleCfg(AxialShapeCfg):
    """A capsule, centred."""

    func: Callable[..., Any] = shapes.spawn_capsule


@configclass
class ConeCfg(AxialShapeCfg):
    """A cone, its axis centred, its tip in the positive direction."""

    func: Callable[..., Any] = shapes.spawn_cone
