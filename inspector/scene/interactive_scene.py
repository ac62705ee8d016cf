"""Thousands of environments from one description.

Belongs here: authoring the environments, and the entities by name. What goes where is decided in
``clone_layout``; copying prims is the cloner's work; what an entity can do is in ``assets``.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import torch

from inspector.assets.articulation import Articulation
from inspector.assets.asset_base_cfg import AssetBaseCfg
from inspector.assets.ids import EnvIds
from inspector.assets.rigid_object import RigidObject
from inspector.cloner.dry_run import dry_run_difference, dry_run_replicate
from inspector.cloner.estimate import DryRun
from inspector.cloner.layout import grid_transforms
from inspector.cloner.plan import ClonePlan
from inspector.physics.backend import Progress
from inspector.scene import scene_state
from inspector.scene.authoring import authored_or_removed, define_prototypes
from inspector.scene.clone_layout import (
    ENV_NS,
    ENV_REGEX_NS,
    ENV_TEMPLATE,
    PROTOTYPES,
    Source,
    make_layout,
    resolve_prim_path,
)
from inspector.scene.cloning import FabricCloning, UsdCloning
from inspector.scene.interactive_scene_cfg import InteractiveSceneCfg, entities
from inspector.sim.simulation_context import SimulationContext
from inspector.usd.authoring import define_prim, rollback_on_error
from inspector.usd.stage import get_stage_up_axis, use_stage

if TYPE_CHECKING:
    from pxr import Usd

logger = logging.getLogger("inspector.sim")

_NOWHERE = "/World/dry_run_{}"


class InteractiveScene:
    """Authors the environments of a cfg and gives access to their entities.

    Args:
        cfg: Settings, checked before anything is authored.
        progress: Reports and cancels; a cancelled or failed scene leaves no prim behind.

    Attributes:
        cfg: The settings.
        sim: The simulation that the scene lives in.
        stage: The stage that it is authored on.
        env_origins: Positions of the environments, float32, shape [N, 3].

    Raises:
        TypeError: A value is missing, or an entity is of a type that a scene cannot hold.
        ValueError: A value is out of range, settings exclude each other, or the environments exist
            already.
        CancelledError: ``progress`` cancelled.
    """

    def __init__(self, cfg: InteractiveSceneCfg, progress: Progress | None = None) -> None:
        assets = {
            name: asset.replace(prim_path=resolve_prim_path(name, asset.prim_path))
            for name, asset in entities(cfg).items()
        }
        if cfg.clone_in_fabric and not cfg.replicate_physics:
            raise ValueError(
                "clone_in_fabric needs replicate_physics=True: clones without prims in USD have "
                "no physics of their own to read."
            )
        self.cfg = cfg
        self.sim = SimulationContext.instance() or SimulationContext()
        self.stage: Usd.Stage = self.sim.stage
        if cfg.clone_in_fabric and not self.sim.cfg.use_fabric:
            raise ValueError("clone_in_fabric needs SimulationCfg(use_fabric=True).")
        self._cloning = (FabricCloning if cfg.clone_in_fabric else UsdCloning)(self.stage)
        if self.stage.GetPrimAtPath(f"{ENV_NS}/env_0"):
            raise ValueError(f"{ENV_NS}/env_0 exists already; a stage holds one scene.")
        positions, orientations = grid_transforms(
            cfg.num_envs, cfg.env_spacing, get_stage_up_axis(self.stage).lower()
        )
        self.env_origins = positions.to(self.device)
        env_pose = torch.cat([positions, orientations], dim=1)
        self._layout = make_layout(assets, env_pose, cfg.clone_strategy)
        with use_stage(self.stage), authored_or_removed(self.stage):
            self._author(progress)
        self.sim.replicate_physics = cfg.replicate_physics
        self.sim.set_clone_plan(self._layout.plan)
        self._assets = assets
        self._entities = {
            name: asset.class_type(asset.replace(spawn=None))
            for name, asset in assets.items()
            if asset.class_type is not None
        }

    # What there is ---------------------------------------------------------------------------

    @property
    def num_envs(self) -> int:
        """Number of environments."""
        return self.cfg.num_envs

    @property
    def env_ns(self) -> str:
        """Path that holds the environments."""
        return ENV_NS

    @property
    def env_regex_ns(self) -> str:
        """What ``{ENV_REGEX_NS}`` stands for."""
        return ENV_REGEX_NS

    @property
    def env_prim_paths(self) -> list[str]:
        """Path of each environment."""
        return [ENV_TEMPLATE.replace("{}", str(env)) for env in range(self.num_envs)]

    @property
    def physics_dt(self) -> float:
        """Time that one step advances [s]."""
        return self.sim.get_physics_dt()

    @property
    def device(self) -> str:
        """Device of the tensors."""
        return self.sim.device

    @property
    def clone_plan(self) -> ClonePlan:
        """Who received what."""
        return self._layout.plan

    @property
    def articulations(self) -> dict[str, Articulation]:
        """Articulations by name."""
        return {k: v for k, v in self._entities.items() if isinstance(v, Articulation)}

    @property
    def rigid_objects(self) -> dict[str, RigidObject]:
        """Rigid objects by name."""
        rigid = {k: v for k, v in self._entities.items() if isinstance(v, RigidObject)}
        return {k: v for k, v in rigid.items() if not isinstance(v, Articulation)}

    @property
    def extras(self) -> dict[str, AssetBaseCfg]:
        """What is only there, such as lights and the ground: its cfg by name."""
        return {k: v for k, v in self._assets.items() if k not in self._entities}

    def keys(self) -> list[str]:
        """Return the names of all entities, in the order of the cfg."""
        return list(self._assets)

    def __getitem__(self, name: str) -> Any:
        """Return an entity.

        Args:
            name: Its attribute in the cfg.

        Raises:
            KeyError: There is none; the message lists those that exist.
        """
        if name in self._entities:
            return self._entities[name]
        if name in self._assets:
            return self._assets[name]
        raise KeyError(f"The scene has no '{name}'; it has: {', '.join(self.keys())}.")

    def __str__(self) -> str:
        cfg, plan = self.cfg, self.clone_plan
        kind = "heterogeneous" if self._layout.heterogeneous else "homogeneous"
        size = f"{cfg.num_envs} environments, {cfg.env_spacing:g} apart"
        lines = [f"InteractiveScene: {size}, {kind}, on {self.device}"]
        lines += [f"  {name}: {_describe(asset)}" for name, asset in self._assets.items()]
        counts = plan.clone_mask.sum(dim=1).tolist()
        lines += [
            f"  row {row}: {source} → {destination} in {count} environments"
            for row, (source, destination, count) in enumerate(
                zip(plan.sources, plan.destinations, counts, strict=True)
            )
        ]
        return "\n".join(lines)

    # Authoring -------------------------------------------------------------------------------

    def clone_environments(
        self, copy_from_source: bool = False, progress: Progress | None = None
    ) -> None:
        """Clone the sources again, after they were changed in USD.

        Args:
            copy_from_source: Read the physics of every environment on its own afterwards, so that
                differences authored later survive.
            progress: Reports and cancels.

        Raises:
            CancelledError: ``progress`` cancelled.
            SimulationStateError: Physics exists.
            ValueError: ``copy_from_source`` of clones that exist in Fabric only.
        """
        self.sim.set_clone_plan(self.clone_plan)
        if copy_from_source and self.cfg.clone_in_fabric:
            raise ValueError(
                "copy_from_source needs clones with prims; this scene has clone_in_fabric=True."
            )
        if copy_from_source:
            self.sim.replicate_physics = False
        self._cloning.clone_rows(self.clone_plan, progress)

    def filter_collisions(self, global_prim_paths: Sequence[str] | None = None) -> None:
        """Author collision groups, for engines that do not isolate environments by themselves.

        Args:
            global_prim_paths: What collides with every environment; by default the entities
                outside of the environments.
        """
        from inspector.cloner import filter_collisions

        paths = global_prim_paths
        if paths is None:
            paths = [source.path for source in self._layout.globals]
        filter_collisions(
            self.stage,
            self.sim.cfg.physics_prim_path,
            "/World/collisions",
            [path for path in self.env_prim_paths if self.stage.GetPrimAtPath(path)],
            list(paths),
        )

    def replan(self, clone_mask: torch.Tensor, progress: Progress | None = None) -> ClonePlan:
        """Change who receives what; only cells that differ are cloned or removed.

        A variant that no environment used so far is spawned as a prototype first.

        Args:
            clone_mask: New mask, BoolTensor, shape [S, N].
            progress: Reports and cancels.

        Returns:
            The plan that holds now.

        Raises:
            SimulationStateError: Physics exists.
            ValueError: The mask does not fit the plan.
            CancelledError: ``progress`` cancelled.
        """
        before = self.clone_plan
        self.sim.set_clone_plan(before)  # refuses while physics exists
        if clone_mask.shape != before.clone_mask.shape:
            raise ValueError(
                f"clone_mask must have shape {list(before.clone_mask.shape)}, got "
                f"{list(clone_mask.shape)}."
            )
        after = replace(before, clone_mask=clone_mask)
        with ExitStack() as stack:
            stack.enter_context(use_stage(self.stage))
            stack.enter_context(self.sim.tables.listener.muted())
            self._spawn_spares(clone_mask, stack)
            plan, changed = self._cloning.change(before, after, progress)
        self._layout = replace(self._layout, plan=plan)
        self.sim.change_clone_plan(plan, changed)
        return plan

    def dry_run(self, clone_mask: torch.Tensor) -> DryRun:
        """Estimate ``replan`` with the same mask; nothing is authored.

        A variant that is not spawned yet is counted as another one of its group.

        Args:
            clone_mask: New mask, BoolTensor, shape [S, N].

        Raises:
            ValueError: The mask does not fit the plan.
        """
        before = self.clone_plan
        unspawned = [
            row
            for row, source in self._layout.spare.items()
            if bool(clone_mask[row].any()) and not self.stage.GetPrimAtPath(source.path)
        ]
        known = clone_mask.clone()
        known[unspawned] = False
        found = dry_run_difference(self.stage, before, replace(before, clone_mask=known))
        for row in unspawned:
            if source := self._stand_in(row):
                count = range(int(clone_mask[row].sum()))
                found += dry_run_replicate(self.stage, [source], [_NOWHERE], count)
        return found

    def _stand_in(self, row: int) -> str:
        """Return the source of a row in the same group that is there, empty for none."""
        plan = self.clone_plan
        group = plan.destinations[row]
        others = (
            source
            for source, destination in zip(plan.sources, plan.destinations, strict=True)
            if destination == group and self.stage.GetPrimAtPath(source)
        )
        return next(others, "")

    def _spawn_spares(self, clone_mask: torch.Tensor, stack: ExitStack) -> None:
        """Spawn the prototypes that a mask needs; they vanish when the rest of the stack fails."""
        for row, source in self._layout.spare.items():
            if bool(clone_mask[row].any()) and not self.stage.GetPrimAtPath(source.path):
                stack.enter_context(rollback_on_error(source.path, self.stage))
                define_prototypes(self.stage, PROTOTYPES)
                _spawn(source)

    def _author(self, progress: Progress | None) -> None:
        layout = self._layout
        total = len(layout.globals) + len(layout.sources)
        for done, source in enumerate(layout.globals):
            _report(progress, done, total, f"Spawning {source.path}")
            _spawn(source)
        define_prim(f"{ENV_NS}/env_0", stage=self.stage)
        if layout.heterogeneous:
            self._cloning.clone_roots(layout.plan, progress)
        for done, source in enumerate(layout.sources, len(layout.globals)):
            _report(progress, done, total, f"Spawning {source.path}")
            _spawn(source)
        self._cloning.clone_rows(layout.plan, progress)

    # Running ---------------------------------------------------------------------------------

    def reset(self, env_ids: EnvIds = None) -> None:
        """Let entities forget commands and buffers; their state is reset by writing it.

        ``reset_to``, or an asset's ``write_root_state_to_sim``, bring a state back.

        Args:
            env_ids: Environments, shape [k]; ``None`` means all.
        """
        for entity in self._entities.values():
            entity.reset(env_ids)

    def write_data_to_sim(self) -> None:
        """Hand commands of all entities to the engine."""
        for entity in self._entities.values():
            entity.write_data_to_sim()

    def update(self, dt: float) -> None:
        """Let entities see the state after a step.

        Args:
            dt: Time since the last update [s].
        """
        for entity in self._entities.values():
            entity.update(dt)

    @property
    def state(self) -> scene_state.State:
        """State of all entities in the world frame."""
        return self.get_state()

    def get_state(self, is_relative: bool = False) -> scene_state.State:
        """Return poses, velocities and joints of all entities.

        Args:
            is_relative: Positions relative to the origins of the environments.

        Returns:
            ``state["articulation" | "rigid_object"][name][quantity]``, tensors of shape [N, …].

        Raises:
            SimulationNotPlayingError: The simulation is stopped.
        """
        return scene_state.get_state(self, is_relative=is_relative)

    def reset_to(
        self,
        state: scene_state.State,
        env_ids: EnvIds = None,
        is_relative: bool = False,
    ) -> None:
        """Bring entities into a state that ``get_state`` returned.

        Args:
            state: The state of the given environments.
            env_ids: Environments, shape [k]; ``None`` means all.
            is_relative: Positions are relative to the origins of the environments.

        Raises:
            KeyError: The state names an entity that does not exist.
            SimulationNotPlayingError: The simulation is stopped.
            ValueError: A quantity has another shape or is not finite; nothing moved.
        """
        scene_state.reset_to(self, state, env_ids, is_relative=is_relative)


def _spawn(source: Source) -> None:
    state = source.cfg.init_state
    source.spawn.func(source.path, source.spawn, translation=state.pos, orientation=state.rot)


def _report(progress: Progress | None, done: int, total: int, text: str) -> None:
    if progress is not None:
        progress(done, total, text)


def _describe(asset: AssetBaseCfg) -> str:
    kind = "prims only" if asset.class_type is None else asset.class_type.__name__
    spawn = "from elsewhere" if asset.spawn is None else type(asset.spawn).__name__
    return f"{asset.prim_path} ({kind}, {spawn})"
