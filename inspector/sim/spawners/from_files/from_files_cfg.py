"""Settings of what comes from files, and of the ground plane."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from inspector.sim.schemas.schemas_cfg import ArticulationRootPropertiesCfg, JointDrivePropertiesCfg
from inspector.sim.spawners.from_files import from_files
from inspector.sim.spawners.materials.physics_materials_cfg import (
    PhysicsMaterialCfg,
    RigidBodyMaterialCfg,
)
from inspector.sim.spawners.materials.visual_materials_cfg import VisualMaterialCfg
from inspector.sim.spawners.spawner_cfg import RigidObjectSpawnerCfg, SpawnerCfg
from inspector.sim.spawners.spawning import check_size, check_spawner_cfg
from inspector.usd.references import existing_file
from inspector.usd.transforms import numbers
from inspector.utils.configclass import MISSING, configclass


@configclass
class FileCfg(RigidObjectSpawnerCfg):
    """Base of what comes from files; properties change what the file says, None leaves it alone.

    Attributes:
        scale: Factor along each axis.
        articulation_props: Properties of the articulation roots in the file.
        joint_drive_props: Properties of all drives in the file.
        visual_material_path: Where the material for drawing goes; relative to the prim.
        visual_material: Material that replaces those in the file.
        physics_material_path: Where the material for physics goes; relative to the prim.
        physics_material: Material of all colliders in the file.
    """

    scale: tuple[float, float, float] | None = None
    articulation_props: ArticulationRootPropertiesCfg | None = None
    joint_drive_props: JointDrivePropertiesCfg | None = None
    visual_material_path: str = "material"
    visual_material: VisualMaterialCfg | None = None
    physics_material_path: str = "material"
    physics_material: PhysicsMaterialCfg | None = None

    def check(self) -> None:
        """Check the values before anything is authored."""
        numbers(f"{type(self).__name__}.scale", self.scale, 3)
        for material in (self.visual_material, self.physics_material):
            if material is not None:
                check_spawner_cfg(material)


@configclass
class UsdFileCfg(FileCfg):
    """A USD file, referenced.

    Attributes:
        usd_path: The file.
        variants: Selections by variant set: a dictionary or a configclass instance.
        make_uninstanceable: Whether instances in the file become plain prims, so that properties
            and materials reach into them.
    """

    func: Callable[..., Any] = from_files.spawn_from_usd

    usd_path: str = MISSING
    variants: object | dict[str, str] | None = None
    make_uninstanceable: bool = False

    def check(self) -> None:
        """Check the values before anything is authored."""
        super().check()
        if isinstance(self.usd_path, (str, os.PathLike)):
            existing_file(self.usd_path)


@configclass
class GroundPlaneCfg(SpawnerCfg):
    """An endless ground to stand on, drawn as far as its size; authored here, no file needed.

    Attributes:
        usd_path: A file with a ground of its own instead; it must contain a ``Plane``.
        color: RGB, linear; None for the ground's own grey.
        size: Edge lengths of what is drawn [m].
        physics_material: Friction and restitution.
    """

    func: Callable[..., Any] = from_files.spawn_ground_plane

    usd_path: str | None = None
    color: tuple[float, float, float] | None = None
    size: tuple[float, float] = (100.0, 100.0)
    physics_material: RigidBodyMaterialCfg = RigidBodyMaterialCfg()

    def check(self) -> None:
        """Check the values before anything is authored."""
        check_size(self, "size", 2)
        numbers("GroundPlaneCfg.color", self.color, 3)
        check_spawner_cfg(self.physics_material)
        if self.usd_path is not None:
            existing_file(self.usd_path)
