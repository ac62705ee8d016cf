"""Authoring assets with several variants."""

from __future__ import annotations

import dataclasses
import random
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from pxr import Sdf, Usd

from inspector.sim.spawners.spawner_cfg import RigidObjectSpawnerCfg, SpawnerCfg
from inspector.sim.spawners.spawning import check_spawner_cfg, copy_prim, spawn_paths
from inspector.usd.authoring import rollback_on_error
from inspector.usd.stage import get_current_stage
from inspector.usd.transforms import numbers

if TYPE_CHECKING:
    from inspector.sim.spawners.wrappers.wrappers_cfg import MultiAssetSpawnerCfg, MultiUsdFileCfg

_OWN = {"func", "visible", "semantic_tags", "copy_from_source", "activate_contact_sensors"}


def spawn_multi_asset(
    prim_path: str | Sdf.Path,
    cfg: MultiAssetSpawnerCfg | MultiUsdFileCfg,
    translation: Any = None,
    orientation: Any = None,
    **_: Any,
) -> Usd.Prim:
    """Spawn one of several assets below every prim that matches the parent part of a path.

    Args:
        prim_path: Absolute path; its parent part may be an expression.
        cfg: The settings.
        translation: In the parent's frame, shape [3].
        orientation: xyzw in the parent's frame, shape [4].

    Returns:
        The prim at the first match.

    Raises:
        TypeError: Settings are missing.
        ValueError: Nothing matches the parent path, there is a prim already, or a value is not
            possible.
    """
    stage = get_current_stage()
    pose = (numbers("translation", translation, 3), numbers("orientation", orientation, 4))
    check_spawner_cfg(cfg)
    variants = cfg.variant_cfgs()
    paths = spawn_paths(prim_path, stage)
    places: dict[int, list[Sdf.Path]] = {}
    for turn, path in enumerate(paths):
        choice = random.randrange(len(variants)) if cfg.random_choice else turn % len(variants)
        places.setdefault(choice, []).append(path)
    with ExitStack() as undo:
        for path in paths:
            undo.enter_context(rollback_on_error(path, stage))
        for choice, (first, *others) in places.items():
            variants[choice].func(str(first), variants[choice], *pose)
            copy_prim(stage, first, others)
    return stage.GetPrimAtPath(paths[0])


spawn_multi_usd_file = spawn_multi_asset


def asset_variants(cfg: MultiAssetSpawnerCfg) -> list[SpawnerCfg]:
    """Return the settings of each asset, with the properties of the whole.

    Args:
        cfg: The settings.
    """
    shared = {
        field.name: getattr(cfg, field.name)
        for field in dataclasses.fields(RigidObjectSpawnerCfg)
        if field.name not in _OWN and getattr(cfg, field.name) is not None
    }
    variants: list[SpawnerCfg] = []
    for asset in cfg.assets_cfg:
        variant = asset.copy()
        for name, value in shared.items():
            if hasattr(variant, name):
                setattr(variant, name, value)
        if cfg.semantic_tags:
            variant.semantic_tags = [*(variant.semantic_tags or []), *cfg.semantic_tags]
        if cfg.activate_contact_sensors and isinstance(variant, RigidObjectSpawnerCfg):
            variant.activate_contact_sensors = True
        variants.append(variant)
    return variants


def file_variants(cfg: MultiUsdFileCfg) -> list[SpawnerCfg]:
    """Return the settings of each file.

    Args:
        cfg: The settings.
    """
    from inspector.sim.spawners.from_files.from_files_cfg import UsdFileCfg

    paths = [cfg.usd_path] if isinstance(cfg.usd_path, str) else list(cfg.usd_path)
    kept = {f.name: getattr(cfg, f.name) for f in dataclasses.fields(UsdFileCfg)}
    shared = {name: value for name, value in kept.items() if name not in {"func", "usd_path"}}
    return [UsdFileCfg(usd_path=path, **shared) for path in paths]
