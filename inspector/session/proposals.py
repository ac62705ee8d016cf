"""What a clone strategy would paint."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from inspector.cloner import make_clone_plan, random, sequential
from inspector.errors import EditRefusedError
from inspector.session.clone_mask import CloneMask

_STRATEGIES = {"random": random, "sequential": sequential}


def assigned(mask: CloneMask, strategy: str, seed: int) -> NDArray[np.bool_]:
    """Return the mask that a strategy would choose for the groups of a plan.

    Args:
        mask: Mask whose rows and environments are assigned.
        strategy: ``"random"`` or ``"sequential"``.
        seed: Seed of the random strategy; the same seed gives the same mask.

    Returns:
        The mask, bool, shape [s, e].

    Raises:
        EditRefusedError: There is no such strategy, or the scene has no clone plan.
    """
    chosen = _STRATEGIES.get(strategy)
    if chosen is None:
        raise EditRefusedError(
            f"There is no clone strategy '{strategy}'.", todo=f"Choose {' or '.join(_STRATEGIES)}."
        )
    groups = mask.groups()
    if not groups:
        raise EditRefusedError("This scene has no clone plan, so there is nothing to assign.")
    # The plan needs prim paths; only their order matters here.
    names = [[f"/row_{row}" for row in group] for group in groups]
    templates = [f"/env_{{}}/group_{index}" for index in range(len(groups))]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        _, _, cells = make_clone_plan(names, templates, mask.applied.shape[1], chosen)
    result = np.zeros_like(mask.applied)
    result[[row for group in groups for row in group]] = cells.numpy()
    return result
