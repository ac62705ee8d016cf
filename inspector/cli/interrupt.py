"""Ctrl+C while libraries are imported that lose it."""

from __future__ import annotations

import signal
import threading
from collections.abc import Generator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def held_interrupt() -> Generator[None]:
    """Let Ctrl+C wait until the block has ended; a second one does not wait.

    USD imports its modules from C++, which prints what is raised in there and goes on without it.

    Raises:
        KeyboardInterrupt: Ctrl+C came in the meantime.
    """
    usual = signal.getsignal(signal.SIGINT)
    in_main = threading.current_thread() is threading.main_thread()
    if not in_main or usual is not signal.default_int_handler:
        yield
        return
    came = False

    def hold(number: int, frame: FrameType | None) -> None:
        nonlocal came
        if came:
            signal.default_int_handler(number, frame)
        came = True

    signal.signal(signal.SIGINT, hold)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, usual)
    if came:
        raise KeyboardInterrupt
