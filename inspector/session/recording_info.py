"""What the window knows of a recording. A value module: loads without pxr and torch."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

DEFAULT_CAPACITY = 512 * 2**20
"""Memory that recorded steps may take [byte]."""
UNKNOWN = -1
"""Stale count of a step that was never compared."""


def _no_counts() -> NDArray[np.int32]:
    return np.zeros(0, np.int32)


def _no_reasons() -> NDArray[np.uint8]:
    return np.zeros(0, np.uint8)


@dataclass(frozen=True, eq=False)
class RecordingInfo:
    """Which steps are recorded and which of them is shown.

    Attributes:
        first_step: Oldest recorded step.
        last_step: Latest recorded step: where the simulation is when no past step is shown.
        shown_step: The step that the tables of the snapshot show.
        capacity_bytes: Memory that recorded steps may take [byte].
        used_bytes: Memory that they take [byte].
        enabled: Whether steps are recorded.
        stale: Number of stale rows of each recorded step, ``UNKNOWN`` where nothing was compared,
            int32, shape [n]; the first entry is that of ``first_step``.
        reason: Commonest ``StaleReason`` of each recorded step, uint8, shape [n].
        refused: Why nothing can be recorded, empty when it can.
        conditions: Break conditions that are watched, as they were given.
    """

    first_step: int = 0
    last_step: int = 0
    shown_step: int = 0
    capacity_bytes: int = DEFAULT_CAPACITY
    used_bytes: int = 0
    enabled: bool = True
    stale: NDArray[np.int32] = field(default_factory=_no_counts)
    reason: NDArray[np.uint8] = field(default_factory=_no_reasons)
    refused: str = ""
    conditions: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.stale)

    @property
    def is_past(self) -> bool:
        """Whether a step before the latest one is shown."""
        return self.shown_step < self.last_step

    @property
    def sentence(self) -> str:
        """What the views say about the shown step: "step 212 of 418, recorded"."""
        if not self.is_past:
            return f"step {self.shown_step}"
        return f"step {self.shown_step} of {self.last_step}, recorded"
