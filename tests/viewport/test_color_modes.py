from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtGui import QImage, QPainter

from inspector.gui.bridge.tokens import load_tokens
from inspector.gui.viewport.color_modes import (
    LUT_SIZE,
    NO_VALUE,
    ColorMode,
    lookup_table,
    numbers_of,
    row_colors,
    same_key,
    scalar_key,
    scalars,
    scale_of,
)
from inspector.gui.viewport.legend_painter import legend_size, paint_legend
from inspector.gui.viewport.legends import legend
from inspector.session.snapshot import OverlayTable, PlayState, StaleReason
from tests.helpers.snapshots import empty_snapshot, make_snapshot

DARK = load_tokens("dark")


def color_of(scalar: float, lut: np.ndarray) -> str:
    return "#{:02x}{:02x}{:02x}".format(*lut[int(scalar * LUT_SIZE)])


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_a_stale_row_has_the_colour_of_its_reason_everywhere(theme):
    tokens = load_tokens(theme)
    snapshot = make_snapshot(32, mixed=True)
    values, lut = scalars(ColorMode.STALE, snapshot), lookup_table(ColorMode.STALE, tokens)
    entries = {entry.word: entry for entry in legend(ColorMode.STALE, snapshot, tokens).entries}
    inside = snapshot.transforms.env_id >= 0
    for reason in StaleReason:
        rows = np.flatnonzero(inside & (snapshot.transforms.reason == reason))
        assert color_of(values[rows[0]], lut) == getattr(tokens, reason.token)
        assert entries[reason.word].color == getattr(tokens, reason.token)
        assert entries[reason.word].glyph == reason.glyph


def test_the_ground_stays_grey_until_it_is_stale():
    snapshot = make_snapshot(4)
    outside = np.flatnonzero(snapshot.transforms.env_id < 0)
    assert (scalars(ColorMode.STALE, snapshot)[outside] == NO_VALUE).all()
    reason = snapshot.transforms.reason.copy()
    reason[outside[0]] = StaleReason.USD_BEHIND
    stale = replace(snapshot, transforms=replace(snapshot.transforms, reason=reason))
    assert scalars(ColorMode.STALE, stale)[outside[0]] > 0


def test_environments_and_source_rows_tell_apart():
    snapshot = make_snapshot(64)
    table = snapshot.transforms
    env = scalars(ColorMode.ENV, snapshot)
    assert len(np.unique(np.round(env[table.env_id >= 0], 6))) == 64
    assert (env[table.env_id < 0] == NO_VALUE).all()
    row = scalars(ColorMode.SOURCE_ROW, snapshot)
    lut = lookup_table(ColorMode.SOURCE_ROW, DARK)
    for number in range(4):
        values = row[table.source_row == number]
        assert {color_of(value, lut) for value in values} == {DARK.series[number]}


def test_error_is_logarithmic_around_the_tolerance():
    snapshot = make_snapshot(2)
    error = np.zeros(len(snapshot.transforms))
    error[6:11] = [1e-5, 1e-4, 1e-2, 10.0, np.nan]
    snapshot = replace(snapshot, transforms=replace(snapshot.transforms, error_position=error))
    texel = scalars(ColorMode.ERROR, snapshot)[6:11] * LUT_SIZE - 0.5
    assert texel[:4] == pytest.approx(np.array([0.0, 0.2, 0.6, 1.0]) * 253, abs=1e-3)
    lut = lookup_table(ColorMode.ERROR, DARK)
    assert color_of((texel[4] + 0.5) / LUT_SIZE, lut) == DARK.not_finite
    bar = legend(ColorMode.ERROR, snapshot, DARK).bar
    assert [text for _, text in bar.ticks] == ["10 µm", "0.1 mm", "1 mm", "10 mm", "0.1 m", "1 m"]
    assert bar.mark == (pytest.approx(0.2), "tolerance 0.1 mm")


@pytest.mark.parametrize("mode", ColorMode)
@pytest.mark.parametrize("snapshot", [empty_snapshot(), make_snapshot(0), make_snapshot(3)])
def test_every_mode_takes_every_scene(mode, snapshot):
    values = scalars(mode, snapshot)
    assert len(values) in {0, len(snapshot.transforms)}
    assert np.isfinite(values).all()
    assert lookup_table(mode, DARK).shape == (LUT_SIZE, 3)
    what = legend(mode, snapshot, DARK)
    for entry in what.entries:
        assert entry.glyph
        assert entry.word
    if len(snapshot.transforms) and mode is not ColorMode.MATERIAL:
        assert what.title.startswith(mode.label)
    assert (what.bar is not None) == mode.is_scale


def test_error_legend_counts_every_row_once():
    snapshot = make_snapshot(16, mixed=True)
    entries = {e.glyph: e for e in legend(ColorMode.ERROR, snapshot, DARK).entries}
    counts = {glyph: int(e.count.replace(",", "")) for glyph, e in entries.items()}
    table = snapshot.transforms
    bad = table.reason == StaleReason.NOT_FINITE
    inside = (table.env_id >= 0) | (table.reason > 0)
    assert counts["✖"] == np.count_nonzero(bad)
    assert sum(counts.values()) == np.count_nonzero(inside)
    beyond = ~bad & (table.error_position > snapshot.tolerance.position)
    assert counts["▸"] == np.count_nonzero(beyond)


def test_metrics_of_environments_colour_all_of_their_rows_alike():
    snapshot = make_snapshot(9)
    table = snapshot.transforms
    error, reason = np.zeros(len(table)), table.reason.copy()
    rows = np.flatnonzero(table.env_id == 4)
    error[rows[2]], reason[rows[2]] = 0.5, StaleReason.USD_BEHIND
    reason[np.flatnonzero(table.env_id == 7)[0]] = StaleReason.NOT_FINITE
    snapshot = replace(snapshot, transforms=replace(table, error_position=error, reason=reason))
    worst = numbers_of(ColorMode.ENV_ERROR, snapshot)
    assert (worst[rows] == 0.5).all()
    assert np.isnan(worst[table.env_id == 7]).all()
    assert (worst[table.env_id < 0] == NO_VALUE).all()
    share = numbers_of(ColorMode.ENV_STALE, snapshot)
    assert share[rows] == pytest.approx(np.full(len(rows), 1 / len(rows)))
    values = scalars(ColorMode.NOT_FINITE, snapshot)
    lut = lookup_table(ColorMode.NOT_FINITE, DARK)
    sick = np.flatnonzero(table.env_id == 7)
    assert color_of(values[sick[0]], lut) == DARK.not_finite
    assert color_of(values[sick[1]], lut) == DARK.usd
    assert color_of(values[rows[0]], lut) == DARK.fresh


def test_speed_is_that_of_the_body_that_carries_the_row():
    snapshot = make_snapshot(3, state=PlayState.PLAYING)
    bodies = len(snapshot.transforms.physics_world)
    assert "while the simulation plays" in legend(ColorMode.SPEED, snapshot, DARK).foot[0]
    speed = np.linspace(0.0, 2.0, bodies)
    moving = replace(snapshot, overlay=OverlayTable(speed=speed))
    numbers = numbers_of(ColorMode.SPEED, moving)
    table = snapshot.transforms
    gprim, body = (
        table.row_of_prim(snapshot.prims.find(f"/World/envs/env_1/Object{tail}"))
        for tail in ("/geometry/mesh", "")
    )
    assert numbers[gprim] == numbers[body] == speed[table.body[body]]
    rail = table.row_of_prim(snapshot.prims.find("/World/envs/env_1/Robot"))
    assert numbers[rail] == NO_VALUE
    assert not same_key(scalar_key(ColorMode.SPEED, snapshot), scalar_key(ColorMode.SPEED, moving))


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_a_legend_is_painted_in_the_room_that_it_asks_for(qapp, theme):
    tokens, snapshot = load_tokens(theme), make_snapshot(16, mixed=True)
    for mode in ColorMode:
        what = legend(mode, snapshot, tokens)
        size = legend_size(what, qapp.font())
        assert (size.width() == 0) == what.is_empty
        if what.is_empty:
            continue
        image = QImage(size.width() + 60, size.height() + 60, QImage.Format.Format_ARGB32)
        image.fill(0)
        painter = QPainter(image)
        paint_legend(painter, what, tokens, qapp.font())
        painter.end()
        pixels = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1, 4)
        assert pixels[: size.height(), : size.width(), 3].min(initial=255) >= 0
        assert not pixels[size.height() + 1 :, :, 3].any()
        assert not pixels[:, size.width() + 1 :, 3].any()


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("mode", [mode for mode in ColorMode if mode.is_scale])
def test_a_number_has_its_colour_where_the_bar_of_the_legend_has_it(qapp, mode, theme):
    tokens, snapshot = load_tokens(theme), make_snapshot(32, state=PlayState.PAUSED, mixed=True)
    table = snapshot.transforms
    error = np.geomspace(1e-6, 5.0, len(table))
    table = replace(table, error_position=error, error_rotation=error)
    bodies = int(table.body.max()) + 1
    overlay = OverlayTable(shown=frozenset({"speed"}), speed=np.geomspace(1e-4, 20.0, bodies))
    snapshot = replace(snapshot, transforms=table, overlay=overlay)
    numbers = numbers_of(mode, snapshot)
    rows = np.flatnonzero(np.isfinite(numbers) & (numbers != NO_VALUE))
    assert len(rows) > 10
    bar = legend(mode, snapshot, tokens).bar
    stops = np.array([[int(each[i : i + 2], 16) for i in (1, 3, 5)] for each in bar.colors], float)
    place = scale_of(mode, snapshot).place(numbers[rows])
    read = [np.interp(place * (len(stops) - 1), np.arange(len(stops)), c) for c in stops.T]
    assert np.abs(np.stack(read, 1) - row_colors(mode, snapshot, tokens)[rows]).max() < 4
    # The ticks say the same numbers at the same places, and the high end is painted on top.
    at = [scale_of(mode, snapshot).place(np.array([value]))[0] for value in _tick_values(bar)]
    assert np.allclose(at, [where for where, _ in bar.ticks], atol=1e-6)
    picture = painted(legend(mode, snapshot, tokens), tokens, qapp.font())
    strip = picture[:, 14].astype(int)
    seen = [np.flatnonzero(np.abs(strip - stops[end]).max(1) < 2) for end in (0, -1)]
    assert seen[1].min() < seen[0].min()


def _tick_values(bar) -> list[float]:
    units = {"n": 1e-9, "µ": 1e-6, "m": 1e-3}
    found = []
    for _, text in bar.ticks:
        number, _, unit = text.replace("%", " %").replace(",", "").partition(" ")
        has_prefix = unit not in {"m", "m/s"} and unit[:1] in units
        scale = 0.01 if unit == "%" else units[unit[0]] if has_prefix else 1.0
        found.append(float(number) * scale)
    return found


def painted(what, tokens, font) -> np.ndarray:
    """RGB of a legend, uint8, shape [height, width, 3]."""
    image = QImage(legend_size(what, font), QImage.Format.Format_RGBX8888)
    image.fill(0)
    painter = QPainter(image)
    paint_legend(painter, what, tokens, font)
    painter.end()
    flat = np.frombuffer(image.constBits(), np.uint8)
    return flat.reshape(image.height(), image.width(), 4)[..., :3].copy()


def test_the_legend_of_source_rows_has_the_colours_of_the_rows():
    snapshot = make_snapshot(32)
    colors = row_colors(ColorMode.SOURCE_ROW, snapshot, DARK)
    entries = legend(ColorMode.SOURCE_ROW, snapshot, DARK).entries
    for source, entry in enumerate(entries):
        rows = np.flatnonzero(snapshot.transforms.source_row == source)
        wanted = [int(entry.color[i : i + 2], 16) for i in (1, 3, 5)]
        assert np.array_equal(colors[rows[0]], wanted)
        envs = np.unique(snapshot.transforms.env_id[rows])
        assert entry.count == f"{len(envs)} envs"


def test_without_clones_the_legend_of_source_rows_says_so():
    full = make_snapshot(0)
    none = np.zeros((0, 0), bool)
    mask = replace(full.mask, labels=(), sources=(), destinations=(), applied=none, draft=none)
    (entry,) = legend(ColorMode.SOURCE_ROW, replace(full, mask=mask), DARK).entries
    assert entry.word == "no clones"
