"""Settings of the primitive shapes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from inspector.sim.spawners.geometry import (
    AxialGeometryCfg,
    CuboidGeometryCfg,
    GeometryCfg,
    SphereGeometryCfg,
)
from inspector.sim.spawners.shapes import shapes
from inspector.utils.configclass import configclass


@configclass
class ShapeCfg(GeometryCfg):
    """Base of the primitive shapes: ``{path}/geometry/mesh`` is a USD gprim."""


@configclass
class SphereCfg(SphereGeometryCfg, ShapeCfg):
    """A sphere."""

    func: Callable[..., Any] = shapes.spawn_sphere


@configclass
class CuboidCfg(CuboidGeometryCfg, ShapeCfg):
    """A cuboid."""

    func: Callable[..., Any] = shapes.spawn_cuboid


@configclass
class AxialShapeCfg(AxialGeometryCfg, ShapeCfg):
    """Base of the shapes around an axis."""


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
