"""What rigid objects and articulations share: spawning, the root's state, resets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inspector.assets.ids import EnvIds, ids_of
from inspector.sim.simulation_context import SimulationContext
from inspector.usd.queries import find_matching_prims
from inspector.usd.stage import use_stage
from inspector.usd.unauthored import clones_of

if TYPE_CHECKING:
    from inspector.assets.asset_base_cfg import AssetBaseCfg


class AssetBase:
    """One asset in every environment.

    Args:
        cfg: Settings; with ``spawn`` the prims are made, without they must exist.

    Raises:
        ValueError: No prim matches the path.
    """

    def __init__(self, cfg: AssetBaseCfg) -> None:
        self.cfg = cfg.copy()
        self._sim = SimulationContext.instance() or SimulationContext()
        with use_stage(self._sim.stage):
            if cfg.spawn is not None:
                state = cfg.init_state
                cfg.spawn.func(
                    cfg.prim_path, cfg.spawn, translation=state.pos, orientation=state.rot
                )
            self._num_instances = len(find_matching_prims(cfg.prim_path))
        if (clones := clones_of(self._sim.stage)) is not None:
            self._num_instances += clones.count(cfg.prim_path)
        if self._num_instances == 0:
            raise ValueError(f"No prim matches the prim_path '{cfg.prim_path}'.")

    @property
    def num_instances(self) -> int:
        """Number of environments that have it."""
        return self._num_instances

    @property
    def device(self) -> str:
        """Device of the tensors."""
        return self._sim.device

    @property
    def is_initialized(self) -> bool:
        """Whether there is physics to read and write."""
        return not self._sim.is_stopped()

    def reset(self, env_ids: EnvIds = None) -> None:
        """Forget commands and buffers; the state is reset by writing it.

        Args:
            env_ids: Environments; ``None`` means all.

        Raises:
            ValueError: There is no such environment.
        """
        ids_of("env_ids", env_ids, self._num_instances)

    def write_data_to_sim(self) -> None:
        """Hand commands to the engine."""

    def update(self, dt: float) -> None:
        """See the state after a step; tensors are read when asked for, so there is no buffer.

        Args:
            dt: Time since the last update [s].
        """
