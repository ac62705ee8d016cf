"""What work on one thread does to another: how long it is held up, and when a cancel arrives."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

_PERIOD = 0.001

Progress = Callable[[int, int, str], None]


class StoppedError(Exception):
    """Raised by the progress callback of a cancelled run."""


def longest_gap(run: Callable[[], object]) -> float:
    """Return the longest time [s] for which another thread could not run during ``run``."""
    done, ready, pause = threading.Event(), threading.Event(), threading.Event()
    gaps: list[float] = []

    def watch() -> None:
        ready.set()
        last = time.perf_counter()
        while not done.is_set():
            pause.wait(_PERIOD)
            now = time.perf_counter()
            gaps.append(now - last - _PERIOD)
            last = now

    watcher = threading.Thread(target=watch)
    watcher.start()
    ready.wait()
    try:
        run()
    finally:
        done.set()
        watcher.join()
    return max(gaps, default=0.0)


def cancel_times(run: Callable[[Progress], object], after: float) -> tuple[float, float]:
    """Cancel from another thread.

    Args:
        run: Takes a progress callback.
        after: When to cancel [s].

    Returns:
        From the cancel until it was heard [s], and until the call had put everything back [s];
        zero when the run was over before.
    """
    cancelled_at = 0.0
    heard_at = 0.0

    def cancel() -> None:
        nonlocal cancelled_at
        cancelled_at = time.perf_counter()

    def progress(_done: int, _total: int, _text: str) -> None:
        nonlocal heard_at
        if cancelled_at:
            heard_at = time.perf_counter()
            raise StoppedError

    timer = threading.Timer(after, cancel)
    timer.start()
    try:
        run(progress)
    except StoppedError:
        return heard_at - cancelled_at, time.perf_counter() - cancelled_at
    finally:
        timer.cancel()
        timer.join()
    return 0.0, 0.0
