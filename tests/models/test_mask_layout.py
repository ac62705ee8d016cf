from itertools import pairwise

import numpy as np
import pytest

from inspector.gui.models.mask_groups import MaskGroup
from inspector.gui.models.mask_layout import LEFT, TOP, MaskLayout
from inspector.gui.models.mask_selection import MaskSelection, one_per_group

GROUPS = (MaskGroup("/e/env_{}/Object", (0, 1, 3)), MaskGroup("/e/env_{}/Robot", (2, 4)))


def laid_out(columns: int = 4096, width: int = 1200, height: int = 260) -> MaskLayout:
    layout = MaskLayout()
    layout.arrange(GROUPS, columns, width, height)
    return layout


def test_rows_are_drawn_by_group() -> None:
    layout = laid_out()
    assert layout.order == [0, 1, 3, 2, 4]
    assert [line.row for line in layout.lines] == [-1, 0, 1, 3, -1, 2, 4]


@pytest.mark.parametrize("columns", [1, 64, 4096, 100_000])
def test_a_cell_is_found_where_it_is_drawn(columns: int) -> None:
    layout = laid_out(columns)
    for column in (0, columns // 2, columns - 1):
        x = layout.x_of(column + 0.5)
        assert layout.column_at(x) == column
        assert layout.inside(x, layout.y_of(3) + 5)
    assert layout.row_at(layout.y_of(3) + 5) == 3
    assert not layout.inside(layout.x_of(0.5), TOP + 3), "a heading is no cell"


def test_zoom_keeps_the_column_below_the_pointer_and_ends_at_both_ends() -> None:
    layout = laid_out()
    x = layout.x_of(1000.5)
    for _ in range(40):
        layout.zoom(1.25, x)
        assert layout.column_at(x) == 1000
    assert layout.per_pixel == pytest.approx(1 / 28)
    for _ in range(60):
        layout.zoom(1 / 1.25, x)
    assert (layout.first, layout.x_of(4096)) == (0, pytest.approx(LEFT + layout.plot_width))


def test_zoom_survives_a_new_snapshot_and_a_new_plan_shows_everything() -> None:
    layout = laid_out()
    layout.zoom(8, 600)
    before = layout.first, layout.per_pixel
    layout.arrange(GROUPS, 4096, 1200, 260)
    assert (layout.first, layout.per_pixel) == before
    layout.arrange(GROUPS, 64, 1200, 260)
    assert layout.first == 0


def test_a_cell_out_of_sight_is_revealed() -> None:
    layout = laid_out()
    layout.zoom(100, LEFT)
    layout.reveal(4, 3000)
    assert LEFT <= layout.x_of(3000) < LEFT + layout.plot_width


def test_many_rows_scroll_and_stay_readable() -> None:
    layout = MaskLayout()
    layout.arrange((MaskGroup("/e/env_{}/Object", tuple(range(64))),), 4096, 1200, 260)
    assert min(line.height for line in layout.lines) >= 11
    layout.reveal(63, 0)
    assert layout.y_of(63) + layout.line_of(63).height <= TOP + layout.plot_height


@pytest.mark.parametrize("columns", [1, 7, 64, 4096, 100_000])
def test_ticks_are_round_and_apart(columns: int) -> None:
    layout = laid_out(columns)
    ticks = layout.ticks()
    assert ticks[0] == 0
    assert all((b - a) / layout.per_pixel >= 64 for a, b in pairwise(ticks))


def test_neighbouring_columns_become_one_frame() -> None:
    layout = laid_out(64)
    assert len(layout.runs(np.array([3, 4, 5, 9]))) == 2
    assert layout.runs(np.zeros(0, np.intp)) == []


def test_a_rectangle_paints_one_row_of_each_group() -> None:
    order = [0, 1, 3, 2, 4]
    assert one_per_group([0, 1, 3, 2], 1, order, GROUPS) == [1, 2]
    assert one_per_group([3, 2, 4], 4, order, GROUPS) == [3, 4]


def test_shift_extends_from_where_the_selection_started() -> None:
    selection = MaskSelection()
    selection.move(1, 10)
    selection.move(2, 13, extend=True)
    assert selection.rows([0, 1, 3, 2]) == [1, 3]
    assert selection.columns().tolist() == [10, 11, 12, 13]
    selection.move(0, 5)
    assert selection.count() == 1
