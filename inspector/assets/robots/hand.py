"""Hand."""

from inspector.assets.articulation_cfg import ArticulationCfg
from inspector.assets.robots.resources import robot_file
from inspector.sim.spawners.from_files.from_files_cfg import UsdFileCfg

HAND_CFG = ArticulationCfg(spawn=UsdFileCfg(usd_path=robot_file("hand")))
"""Five fingers, seventeen mesh links; the wrist is fixed at z = 0.3, palm down."""
