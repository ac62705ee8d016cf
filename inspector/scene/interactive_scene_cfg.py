"""Settings of an ``InteractiveScene``: the environments, and one attribute per entity.

Belongs here: fields and the checks that need no stage. Loads without pxr.
"""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from inspector.assets.asset_base_cfg import AssetBaseCfg
from inspector.cloner.strategies import CloneStrategy, random
from inspector.utils.configclass import MISSING, Config, configclass


@configclass
class InteractiveSceneCfg(Config):
    """Inherit from it and add one attribute per entity (``AssetBaseCfg`` and its children).

    ``{ENV_REGEX_NS}`` in a prim path means every environment; other paths are spawned once.

    Attributes:
        num_envs: Number of environments.
        env_spacing: Distance between neighbours on the grid [stage units].
        lazy_sensor_update: Compute sensor data when it is read. No effect on other entities.
        replicate_physics: Copy the physics of each source instead of reading every environment.
        filter_collisions: Environments do not collide with each other. The engines here isolate
            them anyway; collision groups are authored by ``InteractiveScene.filter_collisions``.
        clone_in_fabric: Clones exist in Fabric only.
        clone_strategy: Who receives which variant.
    """

    num_envs: int = MISSING
    env_spacing: float = MISSING
    lazy_sensor_update: bool = True
    replicate_physics: bool = True
    filter_collisions: bool = True
    clone_in_fabric: bool = False
    clone_strategy: CloneStrategy = random


_OWN = frozenset(item.name for item in fields(InteractiveSceneCfg))  # pyright: ignore[reportArgumentType] configclass makes a dataclass of it


def entities(cfg: InteractiveSceneCfg) -> dict[str, AssetBaseCfg]:
    """Check a scene cfg and return its entities by name, in the order of their definition.

    Args:
        cfg: Settings to check.

    Raises:
        TypeError: A value is missing, or an entity is of a type that a scene cannot hold.
        ValueError: A value is out of range.
    """
    found: dict[str, Any] = {
        name: value for name, value in vars(cfg).items() if name not in _OWN and value is not None
    }
    for name, value in found.items():
        if not isinstance(value, AssetBaseCfg):
            raise TypeError(
                f"'{name}' of {type(cfg).__name__} is a {type(value).__name__}; a scene holds "
                "AssetBaseCfg, RigidObjectCfg and ArticulationCfg."
            )
    missing = cfg.validate("scene")
    if missing:
        paths = ", ".join(path.removeprefix("scene.") for path in missing)
        raise TypeError(f"{type(cfg).__name__} is missing a value for: {paths}.")
    _check_numbers(cfg)
    return found


def _check_numbers(cfg: InteractiveSceneCfg) -> None:
    if isinstance(cfg.num_envs, bool) or not isinstance(cfg.num_envs, int):  # pyright: ignore[reportUnnecessaryIsInstance] users pass anything
        raise TypeError(f"num_envs must be an integer, got {type(cfg.num_envs).__name__}.")
    if cfg.num_envs < 1:
        raise ValueError(f"num_envs must be at least 1, got {cfg.num_envs}.")
    if not 0 <= cfg.env_spacing < float("inf"):
        raise ValueError(f"env_spacing must be a distance of 0 or more, got {cfg.env_spacing}.")
