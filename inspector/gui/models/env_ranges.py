"""Environment ranges as people type them: ``0-63:2, 100-`` picks every second of 0…63 and 100 up.

No Qt and no widgets: the mask panel and its tests share it.
"""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

_ITEM = re.compile(r"(?P<first>\d+)?(?P<dash>-)?(?P<last>\d+)?(?::(?P<step>\d+))?")


def parse_env_ranges(text: str, env_ids: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Return which of the environments a range text names.

    Items are separated by commas: ``7``, ``0-63``, ``0-63:2`` (every second), ``100-`` (to the
    last), ``-15`` (from the first), ``*`` (all).

    Args:
        text: Range text; an empty text names none.
        env_ids: Env ids, shape [e].

    Returns:
        Mask over ``env_ids``, shape [e].

    Raises:
        ValueError: If an item is no range, runs backwards, has step 0 or names no environment.
    """
    chosen = np.zeros(len(env_ids), np.bool_)
    for item in filter(None, (part.strip() for part in text.split(","))):
        hit = _parse_item(item, env_ids)
        if not hit.any():
            raise ValueError(f"{item} names no environment; there are {_span(env_ids)}")
        chosen |= hit
    return chosen


def _parse_item(item: str, env_ids: NDArray[np.int32]) -> NDArray[np.bool_]:
    if item == "*":
        return np.ones(len(env_ids), np.bool_)
    match = _ITEM.fullmatch(item.replace(" ", ""))
    if match is None or not (match["first"] or match["last"]):
        raise ValueError(f"{item} is no range; write 7, 0-63, 0-63:2, 100- or *")
    start = int(match["first"] or 0)
    stop = int(match["last"]) if match["last"] else None
    if not match["dash"]:
        stop = start
    step = int(match["step"] or 1)
    if step == 0:
        raise ValueError(f"{item} has step 0; the smallest step is 1")
    if stop is not None and stop < start:
        raise ValueError(f"{item} runs backwards; write {stop}-{start}")
    inside = env_ids >= start
    if stop is not None:
        inside &= env_ids <= stop
    return inside & ((env_ids - start) % step == 0)


def _span(env_ids: NDArray[np.int32]) -> str:
    if len(env_ids) == 0:
        return "no environments"
    return f"environments {int(env_ids.min())}-{int(env_ids.max())}"
