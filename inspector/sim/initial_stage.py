"""What a ``SimulationContext`` starts from: its stage, and where a viewer looks from."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from pxr import Usd

from inspector.errors import StageError
from inspector.usd.stage import (
    create_new_stage,
    create_new_stage_in_memory,
    get_current_stage,
)


def initial_stage(*, in_memory: bool) -> Usd.Stage:
    """Return the current stage, or a new one where there is none.

    Args:
        in_memory: Make a new one that no window shows.
    """
    if in_memory:
        return create_new_stage_in_memory()
    try:
        return get_current_stage()
    except StageError:
        return create_new_stage()


def checked_view(eye: Sequence[float], target: Sequence[float]) -> NDArray[np.float64]:
    """Return where a viewer should look from, shape [2, 3].

    Raises:
        ValueError: They are no points, or the same one.
    """
    points = np.asarray([list(eye), list(target)], np.float64)
    if points.shape != (2, 3) or not np.isfinite(points).all():
        raise ValueError(f"eye and target must be finite points, got {eye} and {target}.")
    if (points[0] == points[1]).all():
        raise ValueError(f"eye and target must differ, got {eye} for both.")
    return points
