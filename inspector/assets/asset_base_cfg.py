"""What every asset is configured by: where it stands and how it is spawned."""

from __future__ import annotations

from typing import Any, Literal

from inspector.sim.spawners.spawner_cfg import SpawnerCfg
from inspector.utils.configclass import MISSING, Config, configclass


@configclass
class AssetBaseCfg(Config):
    """An asset of a scene; without a class of its own it is only spawned.

    Attributes:
        class_type: Class made of this cfg by a scene; ``None`` for things that are only there.
        prim_path: Path, where ``{ENV_REGEX_NS}`` means every environment.
        spawn: How it is made; ``None`` when something else brings the prims.
        init_state: Where it stands at first.
        collision_group: 0: collides within its environment; -1: with every environment.
        debug_vis: Whether to draw debug markers.
    """

    @configclass
    class InitialStateCfg(Config):
        """Pose in the frame of the parent prim.

        Attributes:
            pos: Position [stage units].
            rot: Orientation, quat_xyzw.
        """

        pos: tuple[float, float, float] = (0.0, 0.0, 0.0)
        rot: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 1.0)

    class_type: type[Any] | None = None
    prim_path: str = MISSING
    spawn: SpawnerCfg | None = None
    init_state: InitialStateCfg = InitialStateCfg()
    collision_group: Literal[0, -1] = 0
    debug_vis: bool = False
