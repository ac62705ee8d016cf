"""The two ways in which a scene makes its environments: prims in USD, or rows in Fabric only.

Belongs here: which replicate function gets which cells. What is spawned is decided in
``clone_layout``, how prims and rows are made in ``inspector.cloner``.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import TYPE_CHECKING

import torch
from pxr import Sdf

from inspector.cloner.collision_follow import follow_clones
from inspector.cloner.difference import replicate_difference
from inspector.cloner.fabric_replicate import fabric_replicate
from inspector.cloner.plan import ClonePlan
from inspector.cloner.templates import env_id_in
from inspector.cloner.transaction import LayerTransaction
from inspector.cloner.usd_replicate import usd_replicate
from inspector.physics.backend import Progress
from inspector.scene.clone_layout import ENV_TEMPLATE
from inspector.usd.prims import create_prim
from inspector.usd.stage import use_stage
from inspector.usd.unauthored import UnauthoredClones, clones_of, set_clones

if TYPE_CHECKING:
    from pxr import Usd


class UsdCloning:
    """Every clone has prims.

    Args:
        stage: Stage to author on.
    """

    def __init__(self, stage: Usd.Stage) -> None:
        self._stage = stage

    def clone_roots(self, plan: ClonePlan, progress: Progress | None) -> None:
        """Make empty environments where the plan has them."""
        clone_roots(self._stage, plan, range(plan.num_envs), progress)

    def clone_rows(self, plan: ClonePlan, progress: Progress | None) -> None:
        """Clone the sources of a plan."""
        if plan.destinations == (ENV_TEMPLATE,):
            self.clone_roots(plan, progress)
            return
        usd_replicate(
            self._stage,
            plan.sources,
            plan.destinations,
            range(plan.num_envs),
            plan.clone_mask,
            progress=progress,
        )

    def change(
        self, before: ClonePlan, after: ClonePlan, progress: Progress | None
    ) -> tuple[ClonePlan, set[int]]:
        """Clone and remove the cells that differ; see ``replicate_difference``."""
        return replicate_difference(self._stage, before, after, progress), _changed(before, after)


class FabricCloning:
    """Each source has prims in one environment, its home; everything else exists in Fabric only.

    Args:
        stage: Stage of the sources.
    """

    def __init__(self, stage: Usd.Stage) -> None:
        self._stage = stage
        self._empty: UnauthoredClones | None = None

    def clone_roots(self, plan: ClonePlan, progress: Progress | None) -> None:
        """Make empty environments where the plan has them, in USD only the homes."""
        homes = sorted({0, *_homes(plan).any(dim=0).nonzero().flatten().tolist()})
        clone_roots(self._stage, plan, homes, progress)
        left = sorted(set(range(plan.num_envs)) - set(homes))
        self._clone_everywhere(plan, left, progress)
        self._empty = clones_of(self._stage)

    def clone_rows(self, plan: ClonePlan, progress: Progress | None) -> None:
        """Give the environments what the plan says."""
        if plan.destinations == (ENV_TEMPLATE,):
            self._clone_everywhere(plan, range(plan.num_envs), progress)
            return
        before = clones_of(self._stage)
        set_clones(self._stage, self._empty)
        homes = _homes(plan)
        try:
            fabric_replicate(
                self._stage,
                plan.sources,
                plan.destinations,
                range(plan.num_envs),
                plan.clone_mask & ~homes,
                progress=progress,
            )
        except BaseException:
            set_clones(self._stage, before)
            raise

    def change(
        self, before: ClonePlan, after: ClonePlan, progress: Progress | None
    ) -> tuple[ClonePlan, set[int]]:
        """Move sources that lose their home, and give all rows anew."""
        had = _homes(before)
        has = had & after.clone_mask
        for row in (after.clone_mask.any(dim=1) & ~has.any(dim=1)).nonzero().flatten().tolist():
            has[row, int(after.clone_mask[row].to(torch.uint8).argmax())] = True
        new = (has & ~had).any(dim=0).nonzero().flatten().tolist()
        with LayerTransaction(self._stage.GetRootLayer()) as transaction, use_stage(self._stage):
            for env_id in new:
                if not self._stage.GetPrimAtPath(_root(env_id)):
                    transaction.before_write(Sdf.Path(_root(env_id)))
                    pose = _poses(after)[env_id].tolist()
                    create_prim(_root(env_id), translation=pose[:3], orientation=pose[3:])
            follow_clones(self._stage, transaction, [ENV_TEMPLATE], [], list(map(_root, new)))
            plan = replicate_difference(
                self._stage,
                replace(before, clone_mask=had),
                replace(after, clone_mask=has),
                progress,
            )
        plan = replace(after, sources=_sources(plan, has))
        self.clone_rows(plan, None)  # takes milliseconds: nothing to cancel
        moved = (had != has).any(dim=0).nonzero().flatten().tolist()
        return plan, _changed(before, after) | set(moved)

    def _clone_everywhere(
        self, plan: ClonePlan, env_ids: Collection[int], progress: Progress | None
    ) -> None:
        pose = _poses(plan)
        fabric_replicate(
            self._stage,
            [_root(0)],
            [ENV_TEMPLATE],
            list(env_ids),
            positions=pose[:, :3],
            quaternions=pose[:, 3:],
            progress=progress,
        )


def clone_roots(
    stage: Usd.Stage, plan: ClonePlan, env_ids: Collection[int], progress: Progress | None
) -> None:
    """Copy the first environment to where the plan has others.

    Args:
        stage: Stage to author on.
        plan: Plan with poses.
        env_ids: Environments; the first one is only put in its place.
        progress: Reports and cancels.
    """
    pose = _poses(plan)
    usd_replicate(
        stage,
        [_root(0)],
        [ENV_TEMPLATE],
        list(env_ids),
        positions=pose[:, :3],
        quaternions=pose[:, 3:],
        progress=progress,
    )


def _root(env_id: int) -> str:
    return ENV_TEMPLATE.replace("{}", str(env_id))


def _poses(plan: ClonePlan) -> torch.Tensor:
    assert plan.env_pose is not None  # make_layout always gives one
    return plan.env_pose


def _changed(before: ClonePlan, after: ClonePlan) -> set[int]:
    cells = before.clone_mask != after.clone_mask
    return set(cells.any(dim=0).nonzero().flatten().tolist())


def _homes(plan: ClonePlan) -> torch.Tensor:
    """Return the cells that are their row's source, bool, shape [s, e]."""
    homes = torch.zeros_like(plan.clone_mask)
    for row, (source, template) in enumerate(zip(plan.sources, plan.destinations, strict=True)):
        env_id = env_id_in(source, template)
        if env_id is not None and env_id < plan.num_envs:
            homes[row, env_id] = plan.clone_mask[row, env_id]
    return homes


def _sources(plan: ClonePlan, homes: torch.Tensor) -> tuple[str, ...]:
    """Return the home of each row, where it has one."""
    first = homes.to(torch.uint8).argmax(dim=1).tolist()
    has = homes.any(dim=1).tolist()
    return tuple(
        plan.destination(row, first[row]) if has[row] else source
        for row, source in enumerate(plan.sources)
    )
