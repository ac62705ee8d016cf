"""Clone plans: which source goes to which destination in which environment."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch

from inspector.cloner import strategies
from inspector.cloner.strategies import CloneStrategy


@dataclass(frozen=True, eq=False)
class ClonePlan:
    """Who receives what; column ``j`` of the mask is environment ``j``.

    Attributes:
        sources: Prim path of the source of each row, S rows.
        destinations: Destination template of each row, with exactly one ``{}`` for the env id.
        clone_mask: True where a row is cloned into an environment, BoolTensor, shape [S, E].
        env_pose: Pose of each environment, position [stage units] + quaternion xyzw, float32,
            shape [E, 7]; ``None`` when the environments have no pose of their own.
    """

    sources: tuple[str, ...]
    destinations: tuple[str, ...]
    clone_mask: torch.Tensor
    env_pose: torch.Tensor | None = None

    def __post_init__(self) -> None:
        mask = self.clone_mask
        if mask.dtype != torch.bool:
            raise TypeError(f"clone_mask must be bool, got {mask.dtype}")
        if len(self.sources) != len(self.destinations):
            raise ValueError(
                f"{len(self.sources)} sources but {len(self.destinations)} destinations"
            )
        if mask.ndim != 2 or mask.shape[0] != len(self.sources):
            raise ValueError(
                f"clone_mask must have shape [{len(self.sources)}, E], got {list(mask.shape)}"
            )
        for row, destination in enumerate(self.destinations):
            if destination.count("{}") != 1:
                raise ValueError(
                    f"Destination of row {row} must have exactly one '{{}}': {destination!r}"
                )
        if self.env_pose is not None and self.env_pose.shape != (mask.shape[1], 7):
            raise ValueError(
                f"env_pose must have shape [{mask.shape[1]}, 7], got {list(self.env_pose.shape)}"
            )

    @property
    def num_envs(self) -> int:
        """Number of environments."""
        return int(self.clone_mask.shape[1])

    def recipes(self) -> list[tuple[tuple[int, ...], torch.Tensor]]:
        """Group the environments by the set of source rows that they received.

        Returns:
            Pairs of source rows and env ids (LongTensor), in the order of their first environment.
        """
        if self.num_envs == 0:
            return []
        patterns, inverse = torch.unique(self.clone_mask.T, dim=0, return_inverse=True)
        groups = [
            (
                tuple(int(row) for row in torch.nonzero(patterns[i]).flatten()),
                torch.nonzero(inverse == i).flatten(),
            )
            for i in range(len(patterns))
        ]
        return sorted(groups, key=lambda group: int(group[1][0]))


def make_clone_plan(
    sources: list[list[str]],
    destinations: list[str],
    num_clones: int,
    clone_strategy: CloneStrategy,
    device: str = "cpu",
) -> tuple[tuple[str, ...], tuple[str, ...], torch.Tensor]:
    """Choose one prototype per group for each environment.

    Combinations are the Cartesian product of the groups, last group fastest.

    Args:
        sources: Prim paths of the prototypes, one list per group.
        destinations: One destination template per group.
        num_clones: Number of environments.
        clone_strategy: Picks a combination for each environment.
        device: Device of the mask.

    Returns:
        Sources and destinations, one per row, and the mask, BoolTensor, shape [S, num_clones].
        Each column has exactly one true cell per group.

    Raises:
        TypeError: If the strategy's answer is no integer tensor.
        ValueError: If the lengths differ, there are no groups, a group is empty, ``num_clones`` is
            negative, or the strategy's answer has a wrong shape or an index outside of its group.
    """
    if len(sources) != len(destinations):
        raise ValueError(f"{len(sources)} groups of sources but {len(destinations)} destinations")
    if not sources:
        raise ValueError("There are no groups of sources")
    for group, names in enumerate(sources):
        if not names:
            raise ValueError(f"Group {group} ({destinations[group]!r}) has no sources")
    if num_clones < 0:
        raise ValueError(f"num_clones must not be negative, got {num_clones}")
    sizes = [len(names) for names in sources]
    chosen = _choose(sizes, num_clones, clone_strategy, device)
    mask = torch.zeros((sum(sizes), num_clones), dtype=torch.bool, device=device)
    first = 0
    columns = torch.arange(num_clones, device=device)
    for group, size in enumerate(sizes):
        mask[first + chosen[:, group], columns] = True
        first += size
    rows = [(s, d) for names, d in zip(sources, destinations, strict=True) for s in names]
    return tuple(s for s, _ in rows), tuple(d for _, d in rows), mask


def _choose(
    sizes: list[int], num_clones: int, strategy: CloneStrategy, device: str
) -> torch.Tensor:
    count = math.prod(sizes)
    # The built-in strategies only need the index of a combination, never the product itself.
    if strategy is strategies.sequential:
        return _unravel(torch.arange(num_clones, device=device) % count, sizes)
    if strategy is strategies.random:
        return _unravel(torch.randint(count, (num_clones,), device=device), sizes)
    combinations = _unravel(torch.arange(count, device=device), sizes)
    return _checked(strategy(combinations, num_clones, device), sizes, num_clones).to(device)


def _unravel(index: torch.Tensor, sizes: list[int]) -> torch.Tensor:
    digits: list[torch.Tensor] = []
    for size in reversed(sizes):
        digits.append(index % size)
        index = index // size
    return torch.stack(digits[::-1], dim=1)


def _checked(chosen: object, sizes: list[int], num_clones: int) -> torch.Tensor:
    if not isinstance(chosen, torch.Tensor):
        raise TypeError(f"The clone strategy must return a tensor, got {type(chosen).__name__}")
    if chosen.dtype.is_floating_point or chosen.dtype in {torch.bool, torch.complex64}:
        raise TypeError(f"The clone strategy must return integers, got {chosen.dtype}")
    if chosen.shape != (num_clones, len(sizes)):
        raise ValueError(
            f"The clone strategy must return shape [{num_clones}, {len(sizes)}], "
            f"got {list(chosen.shape)}"
        )
    limit = torch.tensor(sizes, device=chosen.device)
    wrong = torch.nonzero((chosen < 0) | (chosen >= limit))
    if len(wrong):
        env, group = (int(i) for i in wrong[0])
        raise ValueError(
            f"The clone strategy chose index {int(chosen[env, group])} for environment {env}, "
            f"but group {group} has {sizes[group]} sources"
        )
    return chosen.long()
