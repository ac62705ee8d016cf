"""Words at places of the scene: projected, thinned out until none covers another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inspector.gui.viewport.overlays.context import Context
from inspector.gui.viewport.overlays.lines import Drawing, Word

MAX_LABELS = 4096
"""Environments that are considered; of those that do not fit on the screen, the near ones win."""
MAX_PLACED = 160
"""Words on the screen: of more, none is read."""
_HEIGHT = 15.0
_GAP = 4.0


@dataclass(frozen=True)
class PlacedWord:
    """A word on the screen.

    Attributes:
        x: Left edge [logical pixels].
        y: Base line [logical pixels].
        text: The text.
        color: Role of its colour in the theme.
    """

    x: float
    y: float
    text: str
    color: str


def env_labels(context: Context, out: Drawing) -> None:
    """Name the environments at their origins."""
    origins = context.snapshot.env_origins
    known = context.snapshot.transforms.env_id
    envs = np.unique(known[known >= 0])
    envs = envs[envs < len(origins)][:MAX_LABELS]
    for env_id in envs.tolist():
        if env_id in context.hidden:
            continue
        x, y, z = (float(part) for part in origins[env_id])
        focused = env_id == context.env_id
        role = "accent" if focused else "text"
        out.words.append(Word((x, y, z), f"env {env_id}", env_id, role, 4.0 if focused else 0.0))


def place_words(
    words: Sequence[Word],
    view_projection: NDArray[np.float64],
    size: tuple[float, float],
    width_of: Callable[[str], float],
    offsets: NDArray[np.floating] | None = None,
) -> list[PlacedWord]:
    """Return the words that have room on the screen: heavy before light, near before far.

    Args:
        words: Words in the scene.
        view_projection: World to clip coordinates, for column vectors, shape [4, 4].
        size: Width and height of the view [logical pixels].
        width_of: Width of a text [logical pixels].
        offsets: How far environments are drawn from where they are [stage units], shape [e, 3].
    """
    if not words:
        return []
    at = np.array([word.at for word in words])
    if offsets is not None and len(offsets):
        env = np.array([word.env_id for word in words])
        inside = (env >= 0) & (env < len(offsets))
        at[inside] += offsets[env[inside]]
    clip = np.column_stack([at, np.ones(len(at))]) @ view_projection.T
    depth = clip[:, 3]
    good = (depth > 1e-9) & (np.abs(clip[:, :2]) < depth[:, None]).all(1)
    screen = np.zeros((len(at), 2))
    screen[good] = (clip[good, :2] / depth[good, None] * [0.5, -0.5] + 0.5) * size
    weight = np.array([word.weight for word in words])
    order = np.lexsort((depth, -weight))
    taken: dict[tuple[int, int], list[tuple[float, float, float]]] = {}
    placed: list[PlacedWord] = []
    for number in order[good[order]].tolist():
        if len(placed) >= MAX_PLACED:
            break
        word = words[number]
        width = width_of(word.text) + _GAP
        # A word at the right edge stays whole.
        x = max(min(float(screen[number, 0]) + _GAP, size[0] - width), 0.0)
        y = float(screen[number, 1]) - _GAP
        if _take(taken, x, y, width):
            placed.append(PlacedWord(x, y, word.text, word.color))
    return placed


def _take(
    taken: dict[tuple[int, int], list[tuple[float, float, float]]],
    x: float,
    y: float,
    width: float,
) -> bool:
    """Note the room of a word, unless some of it is taken."""
    cell = 128.0
    low, high = int(x // cell), int((x + width) // cell)
    line = int(y // _HEIGHT)
    cells = [(column, row) for column in range(low, high + 1) for row in (line - 1, line, line + 1)]
    for key in cells:
        for left, base, right in taken.get(key, ()):
            if x < right and left < x + width and abs(base - y) < _HEIGHT:
                return False
    for column in range(low, high + 1):
        taken.setdefault((column, line), []).append((x, y, x + width))
    return True
