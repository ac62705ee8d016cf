"""Which combination of prototypes an environment receives.

A strategy is a callable ``(combinations, num_clones, device) -> LongTensor[num_clones, G]``.
"""

from __future__ import annotations

from collections.abc import Callable

import torch

CloneStrategy = Callable[[torch.Tensor, int, str], torch.Tensor]
"""Picks one row of ``combinations`` (LongTensor, shape [C, G]) for each clone."""


def random(combinations: torch.Tensor, num_clones: int, device: str) -> torch.Tensor:
    """Pick a random combination for each clone, reproducible through ``torch.manual_seed``.

    Args:
        combinations: All combinations, LongTensor, shape [C, G].
        num_clones: Number of clones.
        device: Device of the result.

    Returns:
        Chosen combinations, LongTensor, shape [num_clones, G].
    """
    chosen = torch.randint(len(combinations), (num_clones,), device=combinations.device)
    return combinations[chosen].to(device)


def sequential(combinations: torch.Tensor, num_clones: int, device: str) -> torch.Tensor:
    """Deal the combinations round robin.

    Args:
        combinations: All combinations, LongTensor, shape [C, G].
        num_clones: Number of clones.
        device: Device of the result.

    Returns:
        Chosen combinations, LongTensor, shape [num_clones, G].
    """
    chosen = torch.arange(num_clones, device=combinations.device) % len(combinations)
    return combinations[chosen].to(device)
