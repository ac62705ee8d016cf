"""Settings of a rigid object."""

from __future__ import annotations

from typing import Any

from inspector.assets.asset_base_cfg import AssetBaseCfg
from inspector.assets.rigid_object import RigidObject
from inspector.utils.configclass import configclass


@configclass
class RigidObjectCfg(AssetBaseCfg):
    """One rigid body in each environment.

    Attributes:
        class_type: Class made of this cfg by a scene.
        init_state: Where it stands and how it moves at first.
    """

    @configclass
    class InitialStateCfg(AssetBaseCfg.InitialStateCfg):
        """Pose and velocity at play.

        Attributes:
            lin_vel: Linear velocity in the world [m/s].
            ang_vel: Angular velocity in the world [rad/s].
        """

        lin_vel: tuple[float, float, float] = (0.0, 0.0, 0.0)
        ang_vel: tuple[float, float, float] = (0.0, 0.0, 0.0)

    class_type: type[Any] | None = RigidObject
    init_state: InitialStateCfg = InitialStateCfg()  # pyright: ignore[reportIncompatibleVariableOverride] as in Isaac Lab
