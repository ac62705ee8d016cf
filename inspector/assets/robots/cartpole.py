"""A cart on a rail with a pole."""

from inspector.assets.articulation_cfg import ArticulationCfg
from inspector.assets.robots.resources import robot_file
from inspector.sim.spawners.from_files.from_files_cfg import UsdFileCfg

CARTPOLE_CFG = ArticulationCfg(spawn=UsdFileCfg(usd_path=robot_file("cartpole")))
"""Stands on z = 0, its rail along y; the pole starts tilted by 5 degrees."""
