"""Humanoid."""

from inspector.assets.articulation_cfg import ArticulationCfg
from inspector.assets.robots.resources import robot_file
from inspector.sim.spawners.from_files.from_files_cfg import UsdFileCfg

HUMANOID_CFG = ArticulationCfg(spawn=UsdFileCfg(usd_path=robot_file("humanoid")))
"""1.6 m tall, thirteen bodies, hips and shoulders with three axes; stands on z = 0."""
