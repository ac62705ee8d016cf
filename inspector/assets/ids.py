"""Numbers of environments, bodies and joints that scripts pass, checked before anything is written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

Ids = Sequence[int] | torch.Tensor | slice | None
"""Numbers of things, or a slice of them; ``None`` means all."""

EnvIds = Ids
"""Environments; ``None`` means all."""


def ids_of(name: str, ids: Ids, count: int) -> NDArray[np.int64] | None:
    """Return numbers as numpy, int64, shape [k]; ``None`` for all.

    Args:
        name: Argument, for the message.
        ids: Tensor, array or sequence of numbers, or a slice.
        count: How many there are; the numbers go from 0 to ``count`` - 1.

    Raises:
        TypeError: They are no whole numbers, such as a mask.
        ValueError: One is negative or beyond the last.
    """
    if ids is None:
        return None
    if isinstance(ids, slice):
        return np.arange(count, dtype=np.int64)[ids]
    given = tensor_of(name, ids).cpu().numpy().reshape(-1)
    if len(given) and given.dtype.kind not in "iu":
        raise TypeError(
            f"{name} must be whole numbers, got {given.dtype}; mask.nonzero() makes some."
        )
    found = given.astype(np.int64)
    wrong = found[(found < 0) | (found >= count)]
    if len(wrong):
        raise ValueError(f"{name} has {wrong[0]}; there are {count}, from 0 to {count - 1}.")
    return found


def tensor_of(name: str, values: Any) -> torch.Tensor:
    """Return what a script passed as a tensor, without a copy where it is one.

    Args:
        name: Argument, for the message.
        values: Tensor, array or sequence.

    Raises:
        TypeError: They are no numbers.
        ValueError: Their rows are not equally long.
    """
    try:
        return torch.as_tensor(values).detach()
    except ValueError as error:
        raise ValueError(f"{name} cannot be a tensor: {error}.") from error
    except (TypeError, RuntimeError) as error:
        raise TypeError(
            f"{name} must be a tensor, an array or a sequence of numbers, got "
            f"{type(values).__name__}: {error}."
        ) from error
