"""Settings of lights; the defaults are those of UsdLux."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from inspector.sim.spawners.lights import lights
from inspector.sim.spawners.spawner_cfg import SpawnerCfg
from inspector.sim.spawners.spawning import check_positive
from inspector.utils.configclass import MISSING, configclass


@configclass
class LightCfg(SpawnerCfg):
    """Base of lights.

    Attributes:
        prim_type: UsdLux type.
        color: RGB, linear.
        enable_color_temperature: Whether the temperature counts.
        color_temperature: White point [K], 1000 … 10000.
        normalize: Whether the power is independent of the size.
        exposure: Power as an exponent of two.
        intensity: Power, linear.
    """

    func: Callable[..., Any] = lights.spawn_light

    prim_type: str = MISSING
    color: tuple[float, float, float] = (1.0, 1.0, 1.0)
    enable_color_temperature: bool = False
    color_temperature: float = 6500.0
    normalize: bool = False
    exposure: float = 0.0
    intensity: float = 1.0

    def check(self) -> None:
        """Check the values before anything is authored."""
        lengths = [name for name in ("radius", "length") if hasattr(self, name)]
        check_positive(self, *lengths)


@configclass
class DiskLightCfg(LightCfg):
    """Light from a disk.

    Attributes:
        radius: Radius [m].
    """

    prim_type: str = "DiskLight"
    radius: float = 0.5


@configclass
class DistantLightCfg(LightCfg):
    """Parallel light, such as the sun's.

    Attributes:
        angle: Angular size [deg].
    """

    prim_type: str = "DistantLight"
    angle: float = 0.53


@configclass
class DomeLightCfg(LightCfg):
    """Light from all around.

    Attributes:
        texture_file: Image on the dome; None for a uniform colour.
        texture_format: Layout of the image.
        visible_in_primary_ray: Whether the image is seen, not only its light.
    """

    prim_type: str = "DomeLight"
    texture_file: str | None = None
    texture_format: Literal[
        "automatic", "latlong", "mirroredBall", "angular", "cubeMapVerticalCross"
    ] = "automatic"
    visible_in_primary_ray: bool = True


@configclass
class CylinderLightCfg(LightCfg):
    """Light from a cylinder.

    Attributes:
        length: Length [m].
        radius: Radius [m].
        treat_as_line: Whether the radius counts as zero.
    """

    prim_type: str = "CylinderLight"
    length: float = 1.0
    radius: float = 0.5
    treat_as_line: bool = False


@configclass
class SphereLightCfg(LightCfg):
    """Light from a sphere.

    Attributes:
        radius: Radius [m].
        treat_as_point: Whether the radius counts as zero.
    """

    prim_type: str = "SphereLight"
    radius: float = 0.5
    treat_as_point: bool = False
