"""Arm gripper."""

from inspector.assets.articulation_cfg import ArticulationCfg
from inspector.assets.robots.resources import robot_file
from inspector.sim.spawners.from_files.from_files_cfg import UsdFileCfg

ARM_GRIPPER_CFG = ArticulationCfg(spawn=UsdFileCfg(usd_path=robot_file("arm_gripper")))
"""A six-axis arm with a two-finger gripper on a fixed base, held by position drives."""
