"""Quadcopter."""

from inspector.assets.articulation_cfg import ArticulationCfg
from inspector.assets.robots.resources import robot_file
from inspector.sim.spawners.from_files.from_files_cfg import UsdFileCfg

QUADCOPTER_CFG = ArticulationCfg(spawn=UsdFileCfg(usd_path=robot_file("quadcopter")))
"""0.5 m wide with four free-spinning rotors; rests on its skids at z = 0.1."""
