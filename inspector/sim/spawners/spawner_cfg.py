"""What every spawner can be told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from inspector.sim.schemas.schemas_cfg import (
    CollisionPropertiesCfg,
    MassPropertiesCfg,
    RigidBodyPropertiesCfg,
)
from inspector.utils.configclass import MISSING, Config, configclass


@configclass
class SpawnerCfg(Config):
    """Base of everything that can be spawned.

    Attributes:
        func: ``func(prim_path, cfg, translation=None, orientation=None) -> Usd.Prim``.
        visible: Whether it is drawn.
        semantic_tags: Pairs of kind and label, such as ``("class", "cone")``.
        copy_from_source: Where the parent path matches several prims: whether the others get
            copies, or inherit from the first and follow its changes.
    """

    func: Callable[..., Any] = MISSING
    visible: bool = True
    semantic_tags: list[tuple[str, str]] | None = None
    copy_from_source: bool = True


@configclass
class RigidObjectSpawnerCfg(SpawnerCfg):
    """Base of what may be a rigid object; properties that are None are not authored.

    Attributes:
        mass_props: Mass of the body.
        rigid_props: Makes it a rigid body.
        collision_props: Makes its geometry collide.
        activate_contact_sensors: Whether its bodies report contacts.
    """

    mass_props: MassPropertiesCfg | None = None
    rigid_props: RigidBodyPropertiesCfg | None = None
    collision_props: CollisionPropertiesCfg | None = None
    activate_contact_sensors: bool = False
