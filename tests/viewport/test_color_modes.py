from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from inspector.gui.bridge.tokens import load_tokens
from inspector.gui.viewport.color_modes import (
    LUT_SIZE,
    NO_VALUE,
    ColorMode,
    legend,
    lookup_table,
    scalars,
)
from inspector.session.snapshot import StaleReason
from tests.helpers.snapshots import empty_snapshot, make_snapshot

DARK = load_tokens("dark")


def color_of(scalar: float, lut: np.ndarray) -> str:
    return "#{:02x}{:02x}{:02x}".format(*lut[int(scalar * LUT_SIZE)])


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_a_stale_row_has_the_colour_of_its_reason_everywhere(theme):
    tokens = load_tokens(theme)
    snapshot = make_snapshot(32, mixed=True)
    values, lut = scalars(ColorMode.STALE, snapshot), lookup_table(ColorMode.STALE, tokens)
    entries = {entry.word: entry for entry in legend(ColorMode.STALE, snapshot, tokens)}
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


def test_error_is_logarithmic_above_the_tolerance():
    snapshot = make_snapshot(2)
    error = np.zeros(len(snapshot.transforms))
    error[6:11] = [1e-5, 1e-3, 1e-2, 10.0, np.nan]
    snapshot = replace(snapshot, transforms=replace(snapshot.transforms, error_position=error))
    values = scalars(ColorMode.ERROR, snapshot)[6:11]
    assert values == pytest.approx([0, 0.25, 0.5, 1, 1], abs=1e-6)


@pytest.mark.parametrize("mode", ColorMode)
@pytest.mark.parametrize("snapshot", [empty_snapshot(), make_snapshot(0), make_snapshot(3)])
def test_every_mode_takes_every_scene(mode, snapshot):
    values = scalars(mode, snapshot)
    assert len(values) in {0, len(snapshot.transforms)}
    assert np.isfinite(values).all()
    assert lookup_table(mode, DARK).shape == (LUT_SIZE, 3)
    for entry in legend(mode, snapshot, DARK):
        assert entry.glyph
        assert entry.word


def test_error_legend_counts_every_row_once():
    snapshot = make_snapshot(16, mixed=True)
    error = np.nan_to_num(snapshot.transforms.error_position)
    snapshot = replace(snapshot, transforms=replace(snapshot.transforms, error_position=error))
    counts = [int(e.count.replace(",", "")) for e in legend(ColorMode.ERROR, snapshot, DARK)]
    assert sum(counts) == len(error)
