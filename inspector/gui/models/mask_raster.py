"""Cells of the clone mask to pixels, in numpy: a uint8 image and its colour table.

One pixel may stand for many environments (4096 on 900 pixels). It then shows the *strongest* state
among them, in a shade that says how many, so that a single cell is never lost. No Qt.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inspector.gui.bridge.tokens import Tokens

SHADES = 7
"""Shades of a cell or of a pixel that stands for several; 0 is an empty cell."""
PENDING_OFF = SHADES + 1
PENDING_ON = SHADES + 2
GAP = 255
EDGE_ON = 254
"""Rim of a cell that *Apply* would fill; the rim of one that it would clear has its row's colour."""
STATES = 10
_SERIES = 24
"""Rows with an index range of their own; a multiple of the colours of a theme."""
_GAP_FROM = 4.0
_FAINTEST = 0.6

Image = NDArray[np.uint8]


@dataclass(frozen=True)
class Line:
    """One horizontal band of the picture.

    Attributes:
        row: Source row, or -1 for a group heading.
        group: Group that it belongs to.
        top: First pixel, from the top of all lines.
        height: Height in pixels, the gap to the next line included.
    """

    row: int
    group: int
    top: int
    height: int


def column_states(
    draft: NDArray[np.bool_],
    applied: NDArray[np.bool_],
    first: float,
    per_pixel: float,
    width: int,
) -> Image:
    """Reduce columns to pixels.

    Args:
        draft: Painted cells, shape [s, e].
        applied: Cells on the stage, shape [s, e].
        first: Column at the left edge; may lie within a column.
        per_pixel: Columns per pixel.
        width: Pixels to fill; pixels right of the last column are gaps.

    Returns:
        State per source row and pixel: 0 empty, 1…``SHADES`` on, ``PENDING_OFF``, ``PENDING_ON``
        or ``GAP``; shape [s, width].
    """
    rows, count = draft.shape
    states = np.full((rows, width), GAP, np.uint8)
    starts = np.floor(first + np.arange(width + 1) * per_pixel + 1e-6).astype(np.int64)
    used = int(np.searchsorted(starts[:-1], count))
    if used == 0 or rows == 0:
        return states
    if per_pixel <= 1:
        columns = np.clip(starts[:used], 0, count - 1)
        on, was = draft[:, columns], applied[:, columns]
        states[:, :used] = _combine(on.astype(np.int32), 1, on & ~was, was & ~on)
        if 1 / per_pixel >= _GAP_FROM:
            ends = np.flatnonzero(np.diff(starts[: used + 1]) > 0)
            states[:, ends] = GAP
        return states
    begin, end = int(starts[0]), min(int(starts[used]), count)
    at = starts[:used] - begin
    part, base = draft[:, begin:end], applied[:, begin:end]
    covered = np.diff(np.append(at, end - begin))
    states[:, :used] = _combine(
        np.add.reduceat(part.astype(np.int32), at, axis=1),
        covered,
        np.logical_or.reduceat(part & ~base, at, axis=1),
        np.logical_or.reduceat(base & ~part, at, axis=1),
    )
    return states


def _combine(
    on: NDArray[np.int32],
    covered: NDArray[np.int64] | int,
    added: NDArray[np.bool_],
    removed: NDArray[np.bool_],
) -> Image:
    shade = (on * (SHADES - 1) // covered + 1).astype(np.uint8)
    states = np.where(on > 0, shade, 0).astype(np.uint8)
    states[removed] = PENDING_OFF
    states[added] = PENDING_ON
    return states


def expand_lines(states: Image, lines: list[Line], height: int, offset: int, scale: int) -> Image:
    """Give each line its pixels.

    Args:
        states: From ``column_states``, shape [s, width].
        lines: Lines from top to bottom.
        height: Pixels to fill.
        offset: Pixels scrolled away above.
        scale: Device pixels of a hairline.

    Returns:
        Indices into ``lookup_table``, shape [height, width].
    """
    row_of = np.full(height, -1, np.int64)
    rim = np.zeros(height, np.bool_)
    for line in lines:
        top, bottom = line.top - offset, line.top + line.height - offset
        gap = scale if line.height >= 8 * scale else 0
        top, bottom = top + gap, bottom - gap
        if line.row < 0 or bottom <= 0 or top >= height:
            continue
        row_of[max(top, 0) : bottom] = line.row
        edge = max(scale, line.height // 9)
        rim[max(top, 0) : max(top + edge, 0)] = True
        rim[max(bottom - edge, 0) : max(bottom, 0)] = True
    image = np.full((height, states.shape[1]), GAP, np.uint8)
    shown = row_of >= 0
    series = (row_of[shown] % _SERIES).astype(np.uint8)[:, None] * STATES
    part = states[row_of[shown]]
    body = np.where(part == GAP, GAP, part + series).astype(np.uint8)
    edge_rows = rim[shown][:, None]
    body[edge_rows & (part == PENDING_ON)] = EDGE_ON
    removed = edge_rows & (part == PENDING_OFF)
    body[removed] = np.broadcast_to(series + SHADES, body.shape)[removed]
    image[shown] = body
    return image


def lookup_table(tokens: Tokens) -> Image:
    """Return the colours of the picture, RGBA, shape [256, 4].

    A row is drawn in its colour of ``tokens.series``. A cell that is already on the stage is plain;
    one that *Apply* would fill is brighter, with a rim; one that it would clear is hollow.
    """
    table = np.zeros((256, 4), np.float64)
    background, text, line = (_rgb(c) for c in (tokens.surface, tokens.text, tokens.line))
    for row in range(_SERIES):
        color = _rgb(tokens.series[row % len(tokens.series)])
        at = row * STATES
        table[at, :3] = 0.55 * line + 0.45 * background
        for shade in range(1, SHADES + 1):
            share = _FAINTEST + (1 - _FAINTEST) * (shade - 1) / (SHADES - 1)
            table[at + shade, :3] = share * color + (1 - share) * background
        table[at + PENDING_OFF, :3] = background
        table[at + PENDING_ON, :3] = 0.65 * color + 0.35 * text
    table[: _SERIES * STATES, 3] = 255
    table[EDGE_ON] = (*text, 255)
    table[GAP] = 0
    return np.rint(table).astype(np.uint8)


def _rgb(color: str) -> NDArray[np.float64]:
    return np.array([int(color[at : at + 2], 16) for at in (1, 3, 5)], np.float64)
