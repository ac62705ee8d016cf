"""What a colour means: one number per transform row and a lookup table. ``legends`` explains them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from inspector.gui.bridge.tokens import Tokens
from inspector.gui.viewport.body_rows import bodies_of_rows
from inspector.session.snapshot import SceneSnapshot, StaleReason

LUT_SIZE = 256
NO_VALUE = -1.0
"""Scalar of rows that the mode says nothing about; they are drawn in the muted grey."""

_GOLDEN = 0.6180339887498949
_BAD = LUT_SIZE - 1
"""Texel of numbers that are none; the one before it is the end of the scale."""
_TOP = LUT_SIZE - 3
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
    ERROR = "error"
    ROTATION = "rotation"
    AGE = "age"
    SPEED = "speed"
    NOT_FINITE = "not_finite"
    SOURCE_ROW = "source_row"
    ENV = "env"
    ENV_ERROR = "env_error"
    ENV_STALE = "env_stale"

    @property
    def label(self) -> str:
        """The words in the menu and over the legend."""
        return _LABELS[self]

    @property
    def sentence(self) -> str:
        """The words after "Colour by"."""
        return self.label if self is ColorMode.NOT_FINITE else self.label.lower()

    @property
    def is_scale(self) -> bool:
        """Whether colours stand for numbers; otherwise for categories."""
        return self in _SCALES


_LABELS = {
    ColorMode.MATERIAL: "Material",
    ColorMode.STALE: "Stale reason",
    ColorMode.ERROR: "Error",
    ColorMode.ROTATION: "Rotation error",
    ColorMode.AGE: "Age",
    ColorMode.SPEED: "Speed",
    ColorMode.NOT_FINITE: "NaN and infinity",
    ColorMode.SOURCE_ROW: "Source row",
    ColorMode.ENV: "Environment",
    ColorMode.ENV_ERROR: "Largest error per environment",
    ColorMode.ENV_STALE: "Stale rows per environment",
}
_SCALES = {
    ColorMode.ERROR,
    ColorMode.ROTATION,
    ColorMode.AGE,
    ColorMode.SPEED,
    ColorMode.ENV_ERROR,
    ColorMode.ENV_STALE,
}


@dataclass(frozen=True)
class Scale:
    """From numbers to places on the colour bar. Fixed while playing, so that a colour stays true.

    Attributes:
        low: Number at the lower end, and below.
        high: Number at the upper end, and above.
        unit: Unit of the numbers.
        is_log: Whether equal ratios are equal distances.
        mark: Number that is marked on the bar, such as the tolerance.
    """

    low: float
    high: float
    unit: str
    is_log: bool = True
    mark: float | None = None

    def place(self, numbers: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return the place of numbers on the bar, 0…1, NaN for what is none, in their shape."""
        with np.errstate(invalid="ignore"):
            if not self.is_log:
                share = (numbers - self.low) / (self.high - self.low)
            else:
                span = np.log10(self.high / self.low)
                share = np.log10(np.maximum(numbers, self.low) / self.low) / span
        return np.clip(np.where(np.isfinite(numbers), share, np.nan), 0.0, 1.0)


def scale_of(mode: ColorMode, snapshot: SceneSnapshot) -> Scale:
    """Return the scale of a mode whose colours stand for numbers."""
    if mode is ColorMode.ROTATION:
        mark = max(snapshot.tolerance.rotation, 1e-12)
        return Scale(mark / 10, max(np.pi, mark * 10), "rad", mark=mark)
    if mode is ColorMode.AGE:
        return Scale(1.0, 1e4, "steps")
    if mode is ColorMode.SPEED:
        return Scale(1e-3, 1e1, "m/s")
    if mode is ColorMode.ENV_STALE:
        return Scale(0.0, 1.0, "of its rows", is_log=False)
    mark = max(snapshot.tolerance.position, 1e-12)
    return Scale(mark / 10, mark * 1e4, "m", mark=mark)


def numbers_of(mode: ColorMode, snapshot: SceneSnapshot) -> NDArray[np.float64]:
    """Return the number of each transform row in the unit of the scale, shape [r].

    NaN and infinity stay what they are; ``NO_VALUE`` marks rows that have no such number.
    """
    table = snapshot.transforms
    if mode is ColorMode.SPEED:
        speed = snapshot.overlay.speed
        body = bodies_of_rows(snapshot.prims, table)
        known = (body >= 0) & (body < len(speed))
        return np.where(known, np.append(speed, NO_VALUE)[np.where(known, body, -1)], NO_VALUE)
    if mode is ColorMode.ENV_ERROR:
        return _per_env(table.env_id, _errors(snapshot), np.fmax)
    if mode is ColorMode.ENV_STALE:
        rows = np.bincount(table.env_id[table.env_id >= 0], minlength=1)
        stale = np.bincount(table.env_id[(table.env_id >= 0) & (table.reason > 0)], minlength=1)
        share = np.zeros(len(rows))
        np.divide(np.append(stale, np.zeros(len(rows) - len(stale))), rows, share, where=rows > 0)
        return np.where(table.env_id < 0, NO_VALUE, share[np.maximum(table.env_id, 0)])
    if mode is ColorMode.AGE:
        numbers = table.age(snapshot.step).astype(np.float64)
    elif mode is ColorMode.ROTATION:
        numbers = table.error_rotation
    else:
        numbers = _errors(snapshot)
    return np.where(_backdrop(snapshot), NO_VALUE, numbers)


def scalars(mode: ColorMode, snapshot: SceneSnapshot) -> NDArray[np.float32]:
    """Return the lookup position 0…1 of each transform row, ``NO_VALUE`` for none, shape [r].

    Args:
        mode: What to colour by.
        snapshot: Scene.
    """
    table = snapshot.transforms
    if mode.is_scale:
        numbers = numbers_of(mode, snapshot)
        place = scale_of(mode, snapshot).place(numbers)
        texel = np.where(np.isnan(place), _BAD, np.nan_to_num(place) * _TOP)
        return np.where(numbers == NO_VALUE, NO_VALUE, (texel + 0.5) / LUT_SIZE).astype(np.float32)
    if mode is ColorMode.STALE:
        return np.where(_backdrop(snapshot), NO_VALUE, _slot(table.reason)).astype(np.float32)
    if mode is ColorMode.NOT_FINITE:
        return np.where(
            _backdrop(snapshot), NO_VALUE, _slot(finiteness(snapshot))
        ).astype(np.float32)  # fmt: skip
    if mode is ColorMode.SOURCE_ROW:
        return np.where(table.source_row < 0, NO_VALUE, _slot(table.source_row)).astype(np.float32)
    if mode is ColorMode.ENV:
        # Neighbours in number are neighbours on the grid: spread them over the whole map.
        spread = (np.mod(table.env_id * _GOLDEN, 1.0) * _TOP + 0.5) / LUT_SIZE
        return np.where(table.env_id < 0, NO_VALUE, spread).astype(np.float32)
    return np.zeros(0, np.float32)


def scalar_key(mode: ColorMode, snapshot: SceneSnapshot) -> tuple[object, ...]:
    """Return what the scalars are made from: equal keys (by identity) make equal scalars."""
    if mode is ColorMode.SPEED:
        return mode, snapshot.transforms.body, snapshot.overlay.speed
    return mode, snapshot.transforms, snapshot.tolerance.position, snapshot.tolerance.rotation


def same_key(a: tuple[object, ...] | None, b: tuple[object, ...]) -> bool:
    """Whether two scalar keys stand for the same scalars."""
    if a is None or len(a) != len(b):
        return False
    return all(
        x is y or (isinstance(x, float) and x == y) for x, y in zip(a, b, strict=True)
    )  # fmt: skip


def finiteness(snapshot: SceneSnapshot) -> NDArray[np.uint8]:
    """Return 2 for rows that are not finite, 1 for others in their environments, 0, shape [r]."""
    table = snapshot.transforms
    bad = table.reason == StaleReason.NOT_FINITE
    sick = np.unique(table.env_id[bad & (table.env_id >= 0)])
    return np.where(bad, 2, np.isin(table.env_id, sick)).astype(np.uint8)


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
    if mode.is_scale or mode is ColorMode.ENV:
        # The end of the map that melts into the background of the theme is left out.
        low, high = (0.22, 1.0) if tokens.name == "dark" else (0.0, 0.9)
        at = np.linspace(low, high, _TOP + 1) * (len(_CIVIDIS) - 1)
        stops = np.arange(len(_CIVIDIS))
        channels = [np.interp(at, stops, _CIVIDIS[:, i]) for i in range(3)]
        lut = np.empty((LUT_SIZE, 3), np.uint8)
        lut[: _TOP + 1] = np.stack(channels, 1)
        lut[_TOP + 1 :] = _rgb([tokens.not_finite])
        return lut
    if mode is ColorMode.STALE:
        colors = [reason_color(reason, tokens) for reason in StaleReason]
    elif mode is ColorMode.NOT_FINITE:
        colors = [tokens.fresh, tokens.usd, tokens.not_finite]
    else:
        colors = list(tokens.series)
    rgb = _rgb(colors)
    return rgb[np.arange(LUT_SIZE) % len(rgb)]


def bar_colors(tokens: Tokens, count: int) -> list[str]:
    """Return the colours of a scale from its lower to its upper end as ``#rrggbb``."""
    lut = lookup_table(ColorMode.ERROR, tokens)
    texels = np.linspace(0, _TOP, count).round().astype(int)
    return ["#{:02x}{:02x}{:02x}".format(*(int(c) for c in lut[at])) for at in texels]


def reason_color(reason: StaleReason, tokens: Tokens) -> str:
    """Return the colour of a stale reason as ``#rrggbb``."""
    return str(getattr(tokens, reason.token))


def _errors(snapshot: SceneSnapshot) -> NDArray[np.float64]:
    table = snapshot.transforms
    return np.where(table.reason == StaleReason.NOT_FINITE, np.nan, table.error_position)


def _backdrop(snapshot: SceneSnapshot) -> NDArray[np.bool_]:
    """What lies outside of the environments, until something is wrong with it."""
    table = snapshot.transforms
    outside = (table.env_id < 0) & (table.reason == StaleReason.FRESH)
    return outside & bool(len(snapshot.env_origins))


def _per_env(
    env_id: NDArray[np.int32], numbers: NDArray[np.float64], worst: np.ufunc
) -> NDArray[np.float64]:
    """Worst number of each environment at all of its rows; NaN as soon as one is NaN."""
    inside = env_id >= 0
    per_env = np.zeros(int(env_id.max(initial=-1)) + 1)
    worst.at(per_env, env_id[inside], np.nan_to_num(numbers[inside], nan=0.0))
    per_env[env_id[inside & np.isnan(numbers)]] = np.nan
    if len(per_env) == 0:
        return np.full(len(env_id), NO_VALUE)
    return np.where(inside, per_env[np.maximum(env_id, 0)], NO_VALUE)


def _rgb(colors: list[str]) -> NDArray[np.uint8]:
    return np.array([[int(c[i : i + 2], 16) for i in (1, 3, 5)] for c in colors], np.uint8)


def _slot(number: NDArray[np.integer]) -> NDArray[np.float32]:
    """Centre of the texel of a small number; larger ones wrap."""
    return ((number.astype(np.int32) % LUT_SIZE + 0.5) / LUT_SIZE).astype(np.float32)
