"""An array that is made when somebody first looks at it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray


class Deferred:
    """Makes an array once; later calls return the same one.

    Args:
        make: Returns the array.
    """

    def __init__(self, make: Callable[[], NDArray[np.float64]]) -> None:
        self._make: Callable[[], NDArray[np.float64]] | None = make
        self._made = np.empty(0)

    def __call__(self) -> NDArray[np.float64]:
        """Return the array; it is shared, and never written."""
        if self._make is not None:
            self._made, self._make = self._make(), None
        return self._made
