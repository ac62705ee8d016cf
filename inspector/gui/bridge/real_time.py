"""When the next step is due, so that simulated time keeps up with the clock on the wall."""

from __future__ import annotations

from time import perf_counter

MAX_LAG = 0.25
"""A simulation that is further behind real time than this stops trying to catch up [s]."""
DEFAULT_DT = 1 / 60
"""Step length until the first step has shown the real one [s]."""


class RealTime:
    """The pace of one play.

    Attributes:
        dt: Time that one step advances [s].
    """

    def __init__(self) -> None:
        self.dt = DEFAULT_DT
        self._due = 0.0

    def start(self) -> None:
        """The first step is done now."""
        self._due = perf_counter() + self.dt

    def wait(self) -> int:
        """Return how long the step after this one has to wait [ms]; 0 when physics is slower."""
        now = perf_counter()
        self._due += self.dt
        if now - self._due > MAX_LAG:
            self._due = now
        return max(0, round((self._due - now) * 1000))
