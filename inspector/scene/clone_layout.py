"""Which prims a scene spawns and which rows its clone plan gets, before anything is authored.

Belongs here: paths, variants and the plan. Authoring is in ``interactive_scene``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import torch

from inspector.assets.asset_base_cfg import AssetBaseCfg
from inspector.cloner.plan import ClonePlan, make_clone_plan
from inspector.cloner.strategies import CloneStrategy
from inspector.sim.spawners.from_files.from_files_cfg import UsdFileCfg
from inspector.sim.spawners.spawner_cfg import SpawnerCfg
from inspector.sim.spawners.wrappers.wrappers import asset_variants, file_variants
from inspector.sim.spawners.wrappers.wrappers_cfg import MultiAssetSpawnerCfg, MultiUsdFileCfg

ENV_NS = "/World/envs"
ENV_REGEX_NS = f"{ENV_NS}/env_.*"
ENV_TEMPLATE = f"{ENV_NS}/env_{{}}"
PROTOTYPES = "/World/prototypes"
"""A ``class`` prim that keeps sources which no environment uses: not drawn, not simulated."""

_REGEX_MARKS = re.compile(r"[\\^$.|?*+()\[\]{}]")


@dataclass(frozen=True)
class Source:
    """One thing to spawn.

    Attributes:
        path: Where.
        spawn: How.
        cfg: The asset that it is a variant of.
    """

    path: str
    spawn: SpawnerCfg
    cfg: AssetBaseCfg


@dataclass(frozen=True)
class CloneLayout:
    """Everything that a scene is going to author.

    Attributes:
        plan: Sources, destinations and mask.
        sources: What to spawn in the environments, parents first.
        spare: By plan row, the variants that no environment uses; not spawned.
        globals: What to spawn once, outside of the environments.
        heterogeneous: Whether each asset has rows of its own.
    """

    plan: ClonePlan
    sources: tuple[Source, ...]
    spare: Mapping[int, Source] = field(default_factory=dict)
    globals: tuple[Source, ...] = ()
    heterogeneous: bool = False


def resolve_prim_path(name: str, prim_path: str) -> str:
    """Fill in ``{ENV_REGEX_NS}``.

    Args:
        name: Name of the entity, for the message.
        prim_path: Path as the user wrote it.

    Raises:
        ValueError: The path has other placeholders, or is not absolute.
    """
    path = prim_path.replace("{ENV_REGEX_NS}", ENV_REGEX_NS)
    if "{" in path or "}" in path:
        raise ValueError(
            f"prim_path of '{name}' has an unknown placeholder: '{prim_path}'; only "
            "{ENV_REGEX_NS} is known."
        )
    if not path.startswith("/") or len(path) < 2:
        raise ValueError(f"prim_path of '{name}' must be absolute, got '{prim_path}'.")
    return path


def env_suffix(path: str) -> str | None:
    """Return the part of a path below the environments, or None for a path outside of them."""
    return path[len(ENV_REGEX_NS) :] if path.startswith(f"{ENV_REGEX_NS}/") else None


def make_layout(
    assets: Mapping[str, AssetBaseCfg],
    env_pose: torch.Tensor,
    strategy: CloneStrategy,
) -> CloneLayout:
    """Decide what is spawned where and which environment receives which variant.

    Args:
        assets: Entities by name with resolved prim paths.
        env_pose: Pose of each environment, shape [E, 7].
        strategy: Who receives which variant.

    Raises:
        ValueError: A path below the environments is a regular expression or used twice.
    """
    spawned = {name: cfg for name, cfg in assets.items() if cfg.spawn is not None}
    outside = [
        Source(cfg.prim_path, cfg.spawn, cfg)
        for cfg in spawned.values()
        if cfg.spawn is not None and env_suffix(cfg.prim_path) is None
    ]
    groups = _groups(spawned)
    if all(len(variants) == 1 for _, _, variants in groups):
        return CloneLayout(
            plan=ClonePlan(
                (ENV_TEMPLATE.replace("{}", "0"),),
                (ENV_TEMPLATE,),
                torch.ones((1, len(env_pose)), dtype=torch.bool),
                env_pose,
            ),
            sources=tuple(
                Source(f"{ENV_NS}/env_0{suffix}", variants[0], cfg)
                for suffix, cfg, variants in groups
            ),
            globals=tuple(outside),
        )
    return _heterogeneous(groups, tuple(outside), env_pose, strategy)


def _groups(
    assets: Mapping[str, AssetBaseCfg],
) -> list[tuple[str, AssetBaseCfg, list[SpawnerCfg]]]:
    """Suffix, cfg and variants of every asset below the environments, parents first.

    Raises:
        ValueError: A path below the environments is a regular expression or used twice.
    """
    groups: list[tuple[str, AssetBaseCfg, list[SpawnerCfg]]] = []
    taken: dict[str, str] = {}
    for name, cfg in assets.items():
        suffix = env_suffix(cfg.prim_path)
        if suffix is None or cfg.spawn is None:
            continue
        if _REGEX_MARKS.search(suffix):
            raise ValueError(
                f"prim_path of '{name}' must be a plain path below the environments, got "
                f"'{cfg.prim_path}'."
            )
        if suffix in taken:
            raise ValueError(
                f"'{name}' and '{taken[suffix]}' have the same prim_path '{cfg.prim_path}'."
            )
        taken[suffix] = name
        groups.append((suffix, cfg, variant_cfgs(cfg.spawn)))
    return sorted(groups, key=lambda group: group[0].count("/"))


def variant_cfgs(spawn: SpawnerCfg) -> list[SpawnerCfg]:
    """Return the variants that a spawner cfg stands for; itself when it has none."""
    if isinstance(spawn, MultiAssetSpawnerCfg):
        return asset_variants(spawn)
    return file_variants(spawn) if isinstance(spawn, MultiUsdFileCfg) else [spawn]


def _short_name(spawn: SpawnerCfg) -> str:
    """Name what a spawner makes (Cone, ant), empty when a path cannot say it.

    A variant that nobody has spawned is known to the user by this name only.
    """
    if isinstance(spawn, UsdFileCfg):
        name = Path(spawn.usd_path).stem
    else:
        name = type(spawn).__name__.removesuffix("Cfg").removeprefix("Mesh")
        name = "Cube" if name == "Cuboid" else name  # as its prim is called once it is there
    return name if name.isidentifier() else ""


def _heterogeneous(
    groups: list[tuple[str, AssetBaseCfg, list[SpawnerCfg]]],
    outside: tuple[Source, ...],
    env_pose: torch.Tensor,
    strategy: CloneStrategy,
) -> CloneLayout:
    names = [[f"{suffix}#{i}" for i in range(len(variants))] for suffix, _, variants in groups]
    templates = [ENV_TEMPLATE + suffix for suffix, _, _ in groups]
    _, destinations, mask = make_clone_plan(names, templates, len(env_pose), strategy)
    rows = [(suffix, cfg, spawn) for suffix, cfg, variants in groups for spawn in variants]
    used = mask.any(dim=1).tolist()
    first = mask.to(torch.uint8).argmax(dim=1).tolist()
    sources: list[Source] = []
    for row, (suffix, cfg, spawn) in enumerate(rows):
        name = _short_name(spawn) or suffix.rpartition("/")[2]
        home = f"{ENV_NS}/env_{first[row]}{suffix}"
        path = home if used[row] else f"{PROTOTYPES}/row_{row}_{name}"
        sources.append(Source(path, spawn, cfg))
    return CloneLayout(
        plan=ClonePlan(tuple(source.path for source in sources), destinations, mask, env_pose),
        sources=tuple(source for row, source in enumerate(sources) if used[row]),
        spare={row: source for row, source in enumerate(sources) if not used[row]},
        globals=outside,
        heterogeneous=True,
    )
