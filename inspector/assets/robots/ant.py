"""Ant."""

from inspector.assets.articulation_cfg import ArticulationCfg
from inspector.assets.robots.resources import robot_file
from inspector.sim.spawners.from_files.from_files_cfg import UsdFileCfg

ANT_CFG = ArticulationCfg(spawn=UsdFileCfg(usd_path=robot_file("ant")))
"""Four two-link legs: nine bodies, eight driven hinges; stands on z = 0."""
