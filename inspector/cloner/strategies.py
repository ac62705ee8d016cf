"""Strategies: which combination of prototypes each environment receives.

A strategy is called with ``(combinations: LongTensor[C, G], num_clones, device)`` and returns a
``LongTensor[num_clones, G]``. The built-in ones need only the *number* of combinations, so that
``make_clone_plan`` never has to write down a product of hundreds of thousands of rows for them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TypeAlias

import torch

CloneStrategy: TypeAlias = Callable[[torch.Tensor, int, str], torch.Tensor]

_INT64 = 2**63 - 1


def random(combinations: torch.Tensor, num_clones: int, device: str = "cpu") -> torch.Tensor:
    """Draw a combination for each environment, uniformly, from torch's global generator.

    ``torch.manual_seed`` makes it reproducible, on every device alike (it draws on the CPU).

    Args:
        combinations: Combinations to choose from, int64, shape [C, G].
        num_clones: Number of environments.
        device: Device of the result.

    Returns:
        Chosen combinations, int64, shape [num_clones, G].
    """
    index = _random_index(len(combinations), num_clones)
    return combinations[index.to(combinations.device)].to(device)


def sequential(combinations: torch.Tensor, num_clones: int, device: str = "cpu") -> torch.Tensor:
    """Hand out the combinations in turn (round robin).

    Args:
        combinations: Combinations to choose from, int64, shape [C, G].
        num_clones: Number of environments.
        device: Device of the result.

    Returns:
        Chosen combinations, int64, shape [num_clones, G].
    """
    index = _sequential_index(len(combinations), num_clones)
    return combinations[index.to(combinations.device)].to(device)


def choose(
    strategy: CloneStrategy, sizes: Sequence[int], num_clones: int, device: str
) -> torch.Tensor:
    """Apply a strategy to the product of groups without writing the product down if possible.

    Args:
        strategy: The strategy.
        sizes: Number of prototypes of each group, G numbers.
        num_clones: Number of environments.
        device: Device of the result.

    Returns:
        What the strategy answered, int64, shape [num_clones, G]; unchecked when it is not ours.
    """
    count = math.prod(sizes)
    picker = _PICKERS.get(strategy)
    if picker is not None and count <= _INT64:
        return product_rows(picker(count, num_clones), sizes).to(device)
    if strategy is random:  # more combinations than an index can count: draw digit by digit
        return torch.stack([_random_index(size, num_clones) for size in sizes], 1).to(device)
    if strategy is sequential:
        return product_rows(torch.arange(num_clones), sizes).to(device)
    return strategy(product_rows(torch.arange(count), sizes).to(device), num_clones, device)


def product_rows(index: torch.Tensor, sizes: Sequence[int]) -> torch.Tensor:
    """Return rows of the Cartesian product of ``range(size)``, the last group fastest.

    Args:
        index: Row numbers, int64, shape [k].
        sizes: Sizes of the groups, G numbers.

    Returns:
        Rows, int64, shape [k, G].
    """
    rows = torch.empty((len(index), len(sizes)), dtype=torch.long)
    rest = index.clone()
    for group in range(len(sizes) - 1, -1, -1):
        torch.remainder(rest, sizes[group], out=rows[:, group])
        rest = torch.div(rest, sizes[group], rounding_mode="floor")
    return rows


def _random_index(count: int, num_clones: int) -> torch.Tensor:
    return torch.randint(count, (num_clones,))


def _sequential_index(count: int, num_clones: int) -> torch.Tensor:
    return torch.remainder(torch.arange(num_clones), count)


_PICKERS: dict[CloneStrategy, Callable[[int, int], torch.Tensor]] = {
    random: _random_index,
    sequential: _sequential_index,
}
