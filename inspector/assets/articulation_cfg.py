"""Settings of an articulation."""

from __future__ import annotations

from dataclasses import field
from typing import Any

from inspector.assets.articulation import Articulation
from inspector.assets.asset_base_cfg import AssetBaseCfg
from inspector.utils.configclass import configclass


@configclass
class ArticulationCfg(AssetBaseCfg):
    """A tree of bodies and joints in each environment.

    Attributes:
        class_type: Class made of this cfg by a scene.
        init_state: Where it stands and how it moves at first.
        soft_joint_pos_limit_factor: Part of the joint range that commands may use.
        actuators: Actuator models by name; without any, the drives of the USD file hold.
    """

    @configclass
    class InitialStateCfg(AssetBaseCfg.InitialStateCfg):
        """Pose, velocity and joint state at play.

        Attributes:
            lin_vel: Linear velocity of the root in the world [m/s].
            ang_vel: Angular velocity of the root in the world [rad/s].
            joint_pos: Joint positions by name expression [rad or m]; joints that no expression
                names keep the position of the USD file.
            joint_vel: Joint velocities by name expression [rad/s or m/s].
        """

        lin_vel: tuple[float, float, float] = (0.0, 0.0, 0.0)
        ang_vel: tuple[float, float, float] = (0.0, 0.0, 0.0)
        joint_pos: dict[str, float] = field(default_factory=dict[str, float])
        joint_vel: dict[str, float] = field(default_factory=dict[str, float])

    class_type: type[Any] | None = Articulation
    init_state: InitialStateCfg = InitialStateCfg()  # pyright: ignore[reportIncompatibleVariableOverride] as in Isaac Lab
    soft_joint_pos_limit_factor: float = 1.0
    actuators: dict[str, Any] = field(default_factory=dict[str, Any])
