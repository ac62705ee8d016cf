"""MuJoCo's profiling clock, switched off where nobody reads what it measures.

MuJoCo's Python package installs a clock (``mjcb_time``) that the library reads at the beginning and
end of every stage of every substep: an eighth of a step of small models. ``mujoco.set_mjcb_time(None)``
puts that same clock back, so the library's own variable is what has to be cleared.
"""

from __future__ import annotations

import ctypes
import functools
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from inspector.physics.native import mujoco


@contextmanager
def unclocked() -> Generator[None, None, None]:
    """Run a block without the clock; ``MjData.timer`` is not filled meanwhile, nothing else differs."""
    clock = _clock()
    if clock is None:
        yield
        return
    before = clock.value
    clock.value = None
    try:
        yield
    finally:
        clock.value = before


@functools.cache
def _clock() -> ctypes.c_void_p | None:
    """Return the library's variable, or ``None`` where it cannot be found."""
    folder = Path(mujoco.__file__).parent
    for library in sorted((*folder.glob("libmujoco*"), *folder.glob("mujoco.dll"))):
        try:
            return ctypes.c_void_p.in_dll(ctypes.CDLL(str(library)), "mjcb_time")
        except (OSError, ValueError):
            continue
    return None
