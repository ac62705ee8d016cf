"""What the colours of the picture mean, as words, glyphs, counts and numbers with units."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from inspector.gui.bridge.tokens import Tokens
from inspector.gui.viewport.color_modes import (
    NO_VALUE,
    ColorMode,
    Scale,
    bar_colors,
    finiteness,
    numbers_of,
    reason_color,
    scale_of,
)
from inspector.session.snapshot import SceneSnapshot

MAX_ENTRIES = 10
_BAR_COLORS = 48


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


@dataclass(frozen=True)
class ColorBar:
    """A scale with its numbers.

    Attributes:
        colors: From the lower to the upper end, ``#rrggbb``.
        ticks: Place 0…1 and text of the numbers beside the bar.
        mark: Place 0…1 and text of the number that is marked, such as the tolerance.
    """

    colors: tuple[str, ...]
    ticks: tuple[tuple[float, str], ...]
    mark: tuple[float, str] | None = None


@dataclass(frozen=True)
class Legend:
    """Everything that the legend shows; without entries and bar there is none.

    Attributes:
        title: What is coloured by, with the unit.
        entries: Categories.
        bar: Scale of the numbers.
        foot: What else must be said.
    """

    title: str = ""
    entries: tuple[LegendEntry, ...] = ()
    bar: ColorBar | None = None
    foot: tuple[str, ...] = field(default=())

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to explain."""
        return not self.entries and self.bar is None


def legend(mode: ColorMode, snapshot: SceneSnapshot, tokens: Tokens) -> Legend:
    """Return what the colours mean, with counts of transform rows."""
    if mode is ColorMode.MATERIAL:
        return Legend()
    if mode.is_scale:
        return _scale_legend(mode, snapshot, tokens)
    make = {
        ColorMode.STALE: _stale_entries,
        ColorMode.NOT_FINITE: _finite_entries,
        ColorMode.SOURCE_ROW: _source_entries,
        ColorMode.ENV: _env_entries,
    }[mode]
    foot = (_tolerance(snapshot),) if mode is ColorMode.STALE else ()
    return Legend(mode.label, make(snapshot, tokens), foot=foot)


def _stale_entries(snapshot: SceneSnapshot, tokens: Tokens) -> tuple[LegendEntry, ...]:
    return tuple(
        LegendEntry(reason_color(reason, tokens), reason.glyph, reason.word, f"{count:,}")
        for reason, count in snapshot.stale_counts.items()
    )


def _finite_entries(snapshot: SceneSnapshot, tokens: Tokens) -> tuple[LegendEntry, ...]:
    counts = np.bincount(finiteness(snapshot), minlength=3)
    lines = (
        (tokens.fresh, "●", "finite"),
        (tokens.usd, "◐", "finite, in an environment with one that is not"),
        (tokens.not_finite, "✖", "not finite"),
    )
    return tuple(
        LegendEntry(color, glyph, word, f"{int(count):,}")
        for (color, glyph, word), count in zip(lines, counts, strict=True)
    )


def _source_entries(snapshot: SceneSnapshot, tokens: Tokens) -> tuple[LegendEntry, ...]:
    envs = np.count_nonzero(snapshot.mask.applied, axis=1)
    series, labels = tokens.series, snapshot.mask.labels
    if not labels:
        return (LegendEntry(tokens.muted, "■", "no clones"),)
    shown = len(labels) if len(labels) <= MAX_ENTRIES else MAX_ENTRIES - 1
    entries = [
        LegendEntry(series[i % len(series)], "■", label, _envs(int(envs[i])))
        for i, label in enumerate(labels[:shown])
    ]
    if shown < len(labels):
        rest = len(labels) - shown
        entries.append(LegendEntry(tokens.muted, "…", f"{rest:,} more rows, colours repeat"))
    return tuple(entries)


def _env_entries(snapshot: SceneSnapshot, tokens: Tokens) -> tuple[LegendEntry, ...]:
    ids = snapshot.mask.env_ids
    if len(ids) == 0:
        return (LegendEntry(tokens.muted, "■", "no environments"),)
    word = f"one shade each, {int(ids[0])}…{int(ids[-1])}"
    return (LegendEntry(bar_colors(tokens, 5)[3], "■", word, _envs(len(ids))),)


def _scale_legend(mode: ColorMode, snapshot: SceneSnapshot, tokens: Tokens) -> Legend:
    scale, numbers = scale_of(mode, snapshot), numbers_of(mode, snapshot)
    bad = ~np.isfinite(numbers)
    has = (numbers != NO_VALUE) & ~bad
    entries: list[LegendEntry] = []
    if scale.mark is not None:
        beyond = int(np.count_nonzero(has & (numbers > scale.mark)))
        entries.append(LegendEntry(tokens.text, "▸", "beyond tolerance", f"{beyond:,}"))
        entries.append(
            LegendEntry(tokens.text, "○", "within tolerance", f"{int(has.sum()) - beyond:,}")
        )
    elif mode is ColorMode.AGE:
        stale = int(np.count_nonzero(has & (numbers > 0)))
        entries.append(LegendEntry(tokens.text, "▸", "stale", f"{stale:,}"))
    if bad.any():
        word = "not finite"
        entries.append(LegendEntry(tokens.not_finite, "✖", word, f"{np.count_nonzero(bad):,}"))
    foot = ["drawn grey: no number"] if (numbers == NO_VALUE).any() and mode in _OFTEN_NONE else []
    if mode is ColorMode.SPEED and len(snapshot.overlay.speed) == 0:
        foot = ["Speeds exist while the simulation plays."]
    counted = " · rows" if entries else ""
    title = f"{mode.label} [{scale.unit}]{counted}"
    return Legend(title, tuple(entries), _bar(scale, tokens), tuple(foot))


_OFTEN_NONE = frozenset({ColorMode.SPEED})


def _bar(scale: Scale, tokens: Tokens) -> ColorBar:
    if scale.is_log:
        first, last = np.ceil(np.log10(scale.low) - 1e-9), np.floor(np.log10(scale.high) + 1e-9)
        values = [float(10.0**decade) for decade in np.arange(first, last + 1)]
    else:
        values = [float(value) for value in np.linspace(scale.low, scale.high, 5)]
    places = scale.place(np.array(values))
    ticks = tuple(
        (float(place), number_text(value, scale.unit))
        for place, value in zip(places, values, strict=True)
    )
    mark = None
    if scale.mark is not None:
        place = float(scale.place(np.array([scale.mark]))[0])
        mark = (place, f"tolerance {number_text(scale.mark, scale.unit)}")
    return ColorBar(tuple(bar_colors(tokens, _BAR_COLORS)), ticks, mark)


def number_text(value: float, unit: str) -> str:
    """Return a number as it stands beside a bar: with a prefix where the unit takes one."""
    if unit == "of its rows":
        return f"{value:.0%}"
    if unit == "steps":
        return f"{value:,.0f}"
    if unit not in {"m", "rad", "m/s"} or value == 0:
        return f"{value:g} {unit}"
    for factor, prefix in ((1.0, ""), (1e-3, "m"), (1e-6, "µ"), (1e-9, "n")):
        # 0.1 m reads better than 100 mm.
        if value >= factor * 0.0999:
            return f"{round(value / factor, 6):g} {prefix}{unit}"
    return f"{value:g} {unit}"


def _tolerance(snapshot: SceneSnapshot) -> str:
    tolerance = snapshot.tolerance
    return f"tolerance {tolerance.position * 1e3:g} mm · {tolerance.rotation * 1e3:g} mrad"


def _envs(count: int) -> str:
    return f"{count:,} env" if count == 1 else f"{count:,} envs"
