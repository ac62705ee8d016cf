import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from inspector.gui.bridge.tokens import load_tokens
from inspector.gui.models.mask_raster import (
    EDGE_ON,
    GAP,
    PENDING_OFF,
    PENDING_ON,
    SHADES,
    STATES,
    Line,
    column_states,
    expand_lines,
    lookup_table,
)


def mask(columns: int, *on: int) -> np.ndarray:
    cells = np.zeros((1, columns), np.bool_)
    cells[0, list(on)] = True
    return cells


@settings(deadline=None)
@given(
    count=st.integers(1, 9000),
    width=st.integers(1, 1500),
    column=st.integers(0, 8999),
)
def test_a_single_cell_is_never_lost(count: int, width: int, column: int) -> None:
    cells = mask(count, column % count)
    states = column_states(cells, cells, 0.0, count / width, width)
    assert np.count_nonzero((states > 0) & (states <= SHADES)) >= 1


def test_a_single_pending_cell_outweighs_the_others_on_its_pixel() -> None:
    applied = np.ones((1, 4096), np.bool_)
    draft = applied.copy()
    draft[0, 77] = False
    states = column_states(draft, applied, 0.0, 4096 / 900, 900)
    assert np.count_nonzero(states == PENDING_OFF) == 1
    assert np.count_nonzero(column_states(applied, draft, 0, 4096 / 900, 900) == PENDING_ON) == 1


def test_the_shade_says_how_many_of_the_environments_have_it() -> None:
    cells = np.zeros((2, 100), np.bool_)
    cells[0] = True
    cells[1, ::10] = True
    full, tenth = column_states(cells, cells, 0.0, 10.0, 10)
    assert (full == SHADES).all()
    assert (tenth == 1).all()


def test_wide_cells_have_gaps_and_nothing_stands_beyond_the_last() -> None:
    cells = mask(3, 1)
    states = column_states(cells, cells, 0.0, 0.1, 40)[0]
    assert (states[10:19] == SHADES).all()
    assert states[19] == GAP
    assert (states[30:] == GAP).all()


def test_a_zoomed_picture_starts_within_a_column() -> None:
    cells = mask(10, 5)
    states = column_states(cells, cells, 4.5, 0.5, 6)[0]
    assert (states > 0).tolist() == [False, True, True, False, False, False]


def test_rows_stand_at_their_lines_and_pending_cells_have_a_rim() -> None:
    states = np.array([[SHADES, PENDING_ON], [0, PENDING_OFF]], np.uint8)
    lines = [Line(-1, 0, 0, 10), Line(0, 0, 10, 20), Line(1, 0, 30, 20)]
    image = expand_lines(states, lines, 60, 0, 1)
    assert (image[:11] == GAP).all(), "the heading has no cells"
    assert (image[11:29, 0] == SHADES).all()
    assert image[11, 1] == image[28, 1] == EDGE_ON
    assert image[20, 1] == PENDING_ON
    assert image[40, 1] == STATES + PENDING_OFF
    assert image[31, 1] == STATES + SHADES, "the rim of a removal has the colour of its row"
    assert (image[50:] == GAP).all()


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_every_state_of_every_row_has_a_colour_of_its_own(theme: str) -> None:
    tokens = load_tokens(theme)
    table = lookup_table(tokens)
    for row in range(len(tokens.series)):
        states = table[row * STATES : row * STATES + STATES]
        assert len(np.unique(states, axis=0)) == STATES
    assert (table[GAP] == 0).all()
