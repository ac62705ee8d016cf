"""The clone plan: which source goes to which environments. Nothing is authored here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, cast

import numpy as np
import torch

from inspector.cloner.arguments import checked_count
from inspector.cloner.strategies import CloneStrategy, choose
from inspector.cloner.templates import template_fault


@dataclass(frozen=True, eq=False)
class ClonePlan:
    """Rows of sources and destinations, and who receives what.

    Column ``j`` of the mask is the environment with env id ``j``.

    Attributes:
        sources: Prim path of the source of each row, s rows.
        destinations: Destination template with one ``{}`` for the env id, s rows; rows with equal
            templates form a group.
        clone_mask: Whether environment ``j`` receives row ``i``, bool, shape [s, e].
        env_pose: Position [m] and quat_xyzw of each environment, float32, shape [e, 7].

    Raises:
        TypeError: If the mask is not boolean or a path is no string.
        ValueError: If lengths or shapes disagree or a template is wrong.
    """

    sources: tuple[str, ...]
    destinations: tuple[str, ...]
    clone_mask: torch.Tensor
    env_pose: torch.Tensor | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "sources", _paths("sources", self.sources))
        object.__setattr__(self, "destinations", _paths("destinations", self.destinations))
        object.__setattr__(self, "clone_mask", torch.as_tensor(self.clone_mask))
        _check_templates(self.destinations)
        if len(self.sources) != len(self.destinations):
            raise ValueError(
                f"sources and destinations have different lengths: {len(self.sources)} and "
                f"{len(self.destinations)}."
            )
        if self.clone_mask.dtype != torch.bool:
            raise TypeError(f"clone_mask must be bool, got {self.clone_mask.dtype}.")
        shape = tuple(self.clone_mask.shape)
        if len(shape) != 2 or shape[0] != len(self.sources):
            raise ValueError(
                f"clone_mask must have shape [{len(self.sources)}, num_envs], got {list(shape)}."
            )
        if self.env_pose is not None:
            pose = torch.as_tensor(self.env_pose, dtype=torch.float32)
            if tuple(pose.shape) != (shape[1], 7):
                raise ValueError(
                    f"env_pose must have shape [{shape[1]}, 7], got {list(pose.shape)}."
                )
            object.__setattr__(self, "env_pose", pose)

    @property
    def num_envs(self) -> int:
        """Number of environments."""
        return int(self.clone_mask.shape[1])

    @property
    def env_ids(self) -> torch.Tensor:
        """Env id of each column, int64, shape [e]."""
        return torch.arange(self.num_envs, device=self.clone_mask.device)

    def destination(self, row: int, env_id: int) -> str:
        """Return the prim path that a row has in an environment."""
        return self.destinations[row].replace("{}", str(env_id))

    def recipes(self) -> list[tuple[tuple[int, ...], torch.Tensor]]:
        """Group the environments by the set of rows that they receive.

        Returns:
            For each recipe its rows and the ids of its environments, int64, ascending, shape [k];
            recipes in the order of their first environment.
        """
        mask = self.clone_mask.detach().cpu().numpy()
        if mask.shape[1] == 0:
            return []
        if mask.shape[0] == 0:
            return [((), self.env_ids)]
        packed = np.ascontiguousarray(np.packbits(mask, axis=0).T)
        keys = packed.view(np.dtype((np.void, packed.shape[1])))[:, 0]
        _, first, recipe = np.unique(keys, return_index=True, return_inverse=True)
        by_recipe = np.split(np.argsort(recipe, kind="stable"), np.cumsum(np.bincount(recipe))[:-1])
        return [
            (
                tuple(np.flatnonzero(mask[:, first[k]]).tolist()),
                torch.from_numpy(by_recipe[k].astype(np.int64)).to(self.clone_mask.device),
            )
            for k in np.argsort(first, kind="stable")
        ]


def make_clone_plan(
    sources: list[list[str]],
    destinations: list[str],
    num_clones: int,
    clone_strategy: CloneStrategy | Callable[..., torch.Tensor],
    device: str = "cpu",
) -> tuple[tuple[str, ...], tuple[str, ...], torch.Tensor]:
    """Assign one prototype of each group to each environment.

    The combinations are the Cartesian product of the groups, the last group fastest; the strategy
    picks one per environment. Prototypes that nobody receives keep an all-false row.

    Args:
        sources: Prototype paths, one inner list per group.
        destinations: Destination template of each group.
        num_clones: Number of environments.
        clone_strategy: Picks a combination per environment, see ``strategies``.
        device: Device of the mask.

    Returns:
        Sources and destination templates, one per row, and the mask, bool, shape [s, num_clones];
        each column has exactly one true cell per group.

    Raises:
        TypeError: If an argument or the answer of the strategy has the wrong type.
        ValueError: If lengths differ, there is no group, a group is empty, a template is wrong or
            the answer of the strategy has the wrong shape or names a prototype that is not there.
    """
    groups = _groups(sources, destinations)
    count = checked_count("num_clones", num_clones)
    if not callable(clone_strategy):
        raise TypeError(f"clone_strategy must be callable, got {type(clone_strategy).__name__}.")
    sizes = [len(group) for group in groups]
    answer = choose(clone_strategy, sizes, count, device)
    chosen = _checked_choice(answer, sizes, count).to(device)
    offsets = torch.tensor([0, *accumulate(sizes[:-1])], dtype=torch.long, device=device)
    mask = torch.zeros((sum(sizes), count), dtype=torch.bool, device=device)
    mask[chosen + offsets, torch.arange(count, device=device)[:, None]] = True
    rows = tuple(path for group in groups for path in group)
    templates = tuple(
        template for group, template in zip(groups, destinations, strict=True) for _ in group
    )
    return rows, templates, mask


def _groups(sources: Sequence[Sequence[str]], destinations: Sequence[str]) -> list[list[str]]:
    """Check the groups and their templates.

    Raises:
        TypeError: If a group is a string instead of a list of strings.
        ValueError: If lengths differ, there is no group or a group is empty.
    """
    if isinstance(sources, str) or any(isinstance(group, str) for group in sources):
        raise TypeError("sources must be a list of lists of prim paths, one inner list per group.")
    _check_templates(_paths("destinations", destinations))
    if len(sources) != len(destinations):
        raise ValueError(
            f"sources has {len(sources)} groups but destinations has {len(destinations)} templates."
        )
    if len(sources) == 0:
        raise ValueError("sources has no group; give at least one list of prototypes.")
    for index, group in enumerate(sources):
        if len(group) == 0:
            raise ValueError(
                f"sources[{index}] (for {destinations[index]}) is empty; "
                "a group needs at least one prototype."
            )
    return [list(_paths(f"sources[{index}]", group)) for index, group in enumerate(sources)]


def _checked_choice(answer: Any, sizes: Sequence[int], num_clones: int) -> torch.Tensor:
    """Check what a strategy answered.

    Raises:
        TypeError: If it holds no integers.
        ValueError: If its shape is wrong or an index is outside of its group.
    """
    try:
        chosen = torch.as_tensor(answer)
    except (TypeError, ValueError, RuntimeError) as error:
        kind = type(answer).__name__
        raise TypeError(f"clone_strategy must return a tensor of integers, got {kind}.") from error
    if num_clones == 0 and chosen.numel() == 0:
        return torch.zeros((0, len(sizes)), dtype=torch.long)
    if chosen.is_floating_point() or chosen.is_complex() or chosen.dtype == torch.bool:
        raise TypeError(f"clone_strategy must return integers, got {chosen.dtype}.")
    if tuple(chosen.shape) != (num_clones, len(sizes)):
        raise ValueError(
            f"clone_strategy must return shape [{num_clones}, {len(sizes)}], "
            f"got {list(chosen.shape)}."
        )
    chosen = chosen.long()
    limits = torch.tensor(sizes, device=chosen.device)
    wrong = (chosen < 0) | (chosen >= limits)
    if bool(wrong.any()):
        env_id, group = (int(i) for i in wrong.nonzero()[0])
        raise ValueError(
            f"clone_strategy chose prototype {int(chosen[env_id, group])} for env {env_id} in "
            f"group {group}, which has only {sizes[group]}."
        )
    return chosen


def _check_templates(destinations: Sequence[str]) -> None:
    """Check all templates.

    Raises:
        ValueError: If one is wrong.
    """
    for row, template in enumerate(destinations):
        if fault := template_fault(template):
            raise ValueError(f"destinations[{row}] {template!r} {fault}.")


def _paths(name: str, paths: Any) -> tuple[str, ...]:
    """Return paths as a tuple of strings.

    Raises:
        TypeError: If they are anything else.
    """
    if isinstance(paths, str):
        raise TypeError(f"{name} must be a sequence of strings, got one string {paths!r}.")
    result = tuple(cast("Sequence[Any]", paths))
    for row, path in enumerate(result):
        if not isinstance(path, str):
            raise TypeError(f"{name}[{row}] must be a string, got {type(path).__name__}.")
    return result
