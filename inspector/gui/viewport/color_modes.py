"""What a colour means: one number per transform row, a lookup table and the legend that explains it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from inspector.gui.bridge.tokens import Tokens
from inspector.session.snapshot import SceneSnapshot, StaleReason

LUT_SIZE = 256
NO_VALUE = -1.0
"""Scalar of rows that the mode says nothing about; they are drawn in the muted grey."""

_ERROR_DECADES = 4
_GOLDEN = 0.6180339887498949
# Source: J. R. Nuñez, C. R. Anderton, R. S. Renslow, cividis (PLOS ONE, 2018); every eighth of it.
_CIVIDIS = np.array(
    [
        [0, 34, 78], [18, 53, 112], [59, 73, 108], [87, 93, 109], [112, 113, 115],
        [138, 134, 120], [165, 156, 116], [195, 179, 105], [254, 232, 56],
    ]
)  # fmt: skip


class ColorMode(Enum):
    """What instances are coloured by; the value is the one in ``ViewState.color_mode``."""

    MATERIAL = "material"
    STALE = "stale"
    SOURCE_ROW = "source_row"
    ENV = "env"
    ERROR = "error"

    @property
    def label(self) -> str:
        """The word in the menu."""
        return _LABELS[self]


_LABELS = {
    ColorMode.MATERIAL: "Material",
    ColorMode.STALE: "Stale reason",
    ColorMode.SOURCE_ROW: "Source row",
    ColorMode.ENV: "Environment",
    ColorMode.ERROR: "Error",
}


@dataclass(frozen=True)
class LegendEntry:
    """One line of the legend.

    Attributes:
        color: ``#rrggbb``.
        glyph: Shape that says the same as the colour.
        word: What it means.
        count: Number of rows, or empty.
    """

    color: str
    glyph: str
    word: str
    count: str = ""


def scalars(mode: ColorMode, snapshot: SceneSnapshot) -> NDArray[np.float32]:
    """Return the lookup position 0…1 of each transform row, ``NO_VALUE`` for none, shape [r].

    Args:
        mode: What to colour by.
        snapshot: Scene.
    """
    table = snapshot.transforms
    # What lies outside of the environments is a backdrop until something is wrong with it.
    backdrop = (table.env_id < 0) & (table.reason == StaleReason.FRESH)
    backdrop &= bool(len(snapshot.env_origins))
    if mode is ColorMode.STALE:
        return np.where(backdrop, NO_VALUE, _slot(table.reason)).astype(np.float32)
    if mode is ColorMode.SOURCE_ROW:
        return np.where(table.source_row < 0, NO_VALUE, _slot(table.source_row)).astype(np.float32)
    if mode is ColorMode.ENV:
        # Neighbours in number are neighbours on the grid: spread them over the whole map.
        spread = np.mod(table.env_id * _GOLDEN, 1.0)
        return np.where(table.env_id < 0, NO_VALUE, spread).astype(np.float32)
    if mode is ColorMode.ERROR:
        floor = max(snapshot.tolerance.position, 1e-12)
        decades = np.log10(np.maximum(table.error_position, floor) / floor)
        share = np.nan_to_num(np.clip(decades / _ERROR_DECADES, 0, 1), nan=1.0)
        return np.where(backdrop, NO_VALUE, share).astype(np.float32)
    return np.zeros(0, np.float32)


def row_colors(mode: ColorMode, snapshot: SceneSnapshot, tokens: Tokens) -> NDArray[np.float64]:
    """Return the colour of each transform row as shown, 0…255, shape [r, 3].

    Args:
        mode: What to colour by; not by material, which rows do not know.
        snapshot: Scene.
        tokens: Colours of the theme.
    """
    position = scalars(mode, snapshot)
    table = lookup_table(mode, tokens).astype(np.float64)
    slot = np.clip((position * LUT_SIZE).astype(np.int64), 0, LUT_SIZE - 1)
    nothing = np.array(tokens.rgb("line")) * 255
    return np.where(position[:, None] < 0, nothing, table[slot])


def lookup_table(mode: ColorMode, tokens: Tokens) -> NDArray[np.uint8]:
    """Return the colours of a mode, shape [256, 3]."""
    if mode in {ColorMode.ENV, ColorMode.ERROR}:
        # The end of the map that melts into the background of the theme is left out.
        low, high = (0.22, 1.0) if tokens.name == "dark" else (0.0, 0.9)
        at = np.linspace(low, high, LUT_SIZE) * (len(_CIVIDIS) - 1)
        stops = np.arange(len(_CIVIDIS))
        channels = [np.interp(at, stops, _CIVIDIS[:, i]) for i in range(3)]
        return np.stack(channels, 1).astype(np.uint8)
    colors = [reason_color(reason, tokens) for reason in StaleReason]
    if mode is not ColorMode.STALE:
        colors = list(tokens.series)
    rgb = np.array([[int(c[i : i + 2], 16) for i in (1, 3, 5)] for c in colors], np.uint8)
    return rgb[np.arange(LUT_SIZE) % len(rgb)]


def legend(mode: ColorMode, snapshot: SceneSnapshot, tokens: Tokens) -> list[LegendEntry]:
    """Return what the colours mean, with counts of transform rows."""
    if mode is ColorMode.STALE:
        return [
            LegendEntry(reason_color(reason, tokens), reason.glyph, reason.word, f"{count:,}")
            for reason, count in snapshot.stale_counts.items()
        ]
    if mode is ColorMode.SOURCE_ROW:
        envs = np.count_nonzero(snapshot.mask.applied, axis=1)
        series = tokens.series
        return [
            LegendEntry(series[i % len(series)], "■", label, f"{int(envs[i]):,} envs")
            for i, label in enumerate(snapshot.mask.labels)
        ]
    lut = lookup_table(mode, tokens)
    if mode is ColorMode.ENV:
        ids = snapshot.mask.env_ids
        if len(ids) == 0:
            return [LegendEntry(tokens.muted, "■", "no environments")]
        word = f"one shade each, {int(ids[0])}…{int(ids[-1])}"
        return [LegendEntry(_hex(lut[LUT_SIZE * 3 // 4]), "■", word, f"{len(ids):,} envs")]
    if mode is ColorMode.ERROR:
        return _error_legend(snapshot, lut)
    return []


def reason_color(reason: StaleReason, tokens: Tokens) -> str:
    """Return the colour of a stale reason as ``#rrggbb``."""
    return str(getattr(tokens, reason.token))


def _error_legend(snapshot: SceneSnapshot, lut: NDArray[np.uint8]) -> list[LegendEntry]:
    floor = snapshot.tolerance.position
    error = snapshot.transforms.error_position
    entries: list[LegendEntry] = []
    for decade in range(_ERROR_DECADES + 1):
        edge = floor * 10**decade
        color = _hex(lut[round(decade / _ERROR_DECADES * (LUT_SIZE - 1))])
        if decade == 0:
            count = int(np.count_nonzero(error <= edge))
            entries.append(LegendEntry(color, "○", f"≤ {_length(edge)}", f"{count:,}"))
            continue
        inside = error > edge / 10
        if decade < _ERROR_DECADES:
            inside &= error <= edge
        word = f"> {_length(edge / 10)}"
        entries.append(
            LegendEntry(color, "◔◑◕●"[decade - 1], word, f"{np.count_nonzero(inside):,}")
        )
    return entries


def _length(meters: float) -> str:
    return f"{meters:g} m" if meters >= 1 else f"{meters * 1000:g} mm"


def _slot(number: NDArray[np.integer]) -> NDArray[np.float32]:
    """Centre of the texel of a small number; larger ones wrap."""
    return ((number.astype(np.int32) % LUT_SIZE + 0.5) / LUT_SIZE).astype(np.float32)


def _hex(rgb: NDArray[np.uint8]) -> str:
    return "#{:02x}{:02x}{:02x}".format(*(int(channel) for channel in rgb))
