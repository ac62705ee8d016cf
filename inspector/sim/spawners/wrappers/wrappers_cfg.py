"""Settings of assets with several variants."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from inspector.sim.spawners.from_files.from_files_cfg import UsdFileCfg
from inspector.sim.spawners.spawner_cfg import RigidObjectSpawnerCfg, SpawnerCfg
from inspector.sim.spawners.spawning import check_spawner_cfg
from inspector.sim.spawners.wrappers import wrappers
from inspector.utils.configclass import MISSING, configclass


@configclass
class MultiAssetSpawnerCfg(RigidObjectSpawnerCfg):
    """One of several assets at each place.

    Properties given here replace those of the assets; semantic tags are added to theirs; visibility
    is that of each asset. ``variant_cfgs()`` gives the resulting settings.

    Attributes:
        assets_cfg: Settings of the assets.
        random_choice: Whether each place gets a random asset, otherwise they take turns. A scene
            does not use this: it asks its clone strategy.
    """

    func: Callable[..., Any] = wrappers.spawn_multi_asset

    assets_cfg: list[SpawnerCfg] = MISSING
    random_choice: bool = True

    def variant_cfgs(self) -> list[SpawnerCfg]:
        """Return the settings of each asset, with the properties given here."""
        return wrappers.asset_variants(self)

    def check(self) -> None:
        """Check the values before anything is authored.

        Raises:
            ValueError: There are no assets.
        """
        if not self.assets_cfg:
            raise ValueError("MultiAssetSpawnerCfg.assets_cfg is empty; give at least one asset.")
        for asset in self.assets_cfg:
            check_spawner_cfg(asset)


@configclass
class MultiUsdFileCfg(UsdFileCfg):
    """One of several USD files at each place; all other settings hold for each of them.

    Attributes:
        usd_path: The files, or one.
        random_choice: Whether each place gets a random file, otherwise they take turns. A scene
            does not use this: it asks its clone strategy.
    """

    func: Callable[..., Any] = wrappers.spawn_multi_usd_file

    usd_path: str | list[str] = MISSING  # pyright: ignore[reportIncompatibleVariableOverride] as in Isaac Lab
    random_choice: bool = True

    def variant_cfgs(self) -> list[SpawnerCfg]:
        """Return the settings of each file."""
        return wrappers.file_variants(self)

    def check(self) -> None:
        """Check the values before anything is authored.

        Raises:
            ValueError: There are no files.
        """
        if not self.usd_path:
            raise ValueError("MultiUsdFileCfg.usd_path is empty; give at least one file.")
        for variant in self.variant_cfgs():
            check_spawner_cfg(variant)
