"""Settings of materials for drawing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from inspector.sim.spawners.materials import visual_materials
from inspector.utils.configclass import MISSING, Config, configclass


@configclass
class VisualMaterialCfg(Config):
    """Base of materials for drawing.

    Attributes:
        func: ``func(prim_path, cfg) -> Usd.Prim``.
    """

    func: Callable[..., Any] = MISSING


@configclass
class PreviewSurfaceCfg(VisualMaterialCfg):
    """A ``UsdPreviewSurface``.

    Attributes:
        diffuse_color: RGB, linear, each 0 … 1.
        emissive_color: RGB, linear.
        roughness: 0 (smooth) … 1 (rough).
        metallic: 0 … 1.
        opacity: 0 … 1.
    """

    func: Callable[..., Any] = visual_materials.spawn_preview_surface

    diffuse_color: tuple[float, float, float] = (0.18, 0.18, 0.18)
    emissive_color: tuple[float, float, float] = (0.0, 0.0, 0.0)
    roughness: float = 0.5
    metallic: float = 0.0
    opacity: float = 1.0

    def check(self) -> None:
        """Check the values before anything is authored.

        Raises:
            ValueError: A value is out of its range.
            TypeError: A value is not a number.
        """
        visual_materials.check_preview_surface(self)
