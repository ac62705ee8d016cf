"""Numbers of environments and joints that scripts pass, checked before anything is written."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

EnvIds = Sequence[int] | torch.Tensor | None
"""Environments; ``None`` means all."""


def ids_of(name: str, ids: EnvIds, count: int) -> NDArray[np.int64] | None:
    """Return numbers as numpy, int64, shape [k]; ``None`` for all.

    Args:
        name: Argument, for the message.
        ids: Tensor, array or sequence of numbers.
        count: How many there are; the numbers go from 0 to ``count`` - 1.

    Raises:
        TypeError: They are no whole numbers, such as a mask.
        ValueError: One is negative or beyond the last.
    """
    if ids is None:
        return None
    given = torch.as_tensor(ids).cpu().numpy().reshape(-1)
    if len(given) and given.dtype.kind not in "iu":
        raise TypeError(
            f"{name} must be whole numbers, got {given.dtype}; mask.nonzero() makes some."
        )
    found = given.astype(np.int64)
    wrong = found[(found < 0) | (found >= count)]
    if len(wrong):
        raise ValueError(f"{name} has {wrong[0]}; there are {count}, from 0 to {count - 1}.")
    return found
