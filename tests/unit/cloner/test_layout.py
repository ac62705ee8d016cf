"""The grid on which environments stand."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from inspector.cloner import grid_transforms


@pytest.mark.parametrize("count", [1, 2, 3, 5, 64, 100, 128, 4096])
def test_positions_follow_the_formula_of_the_guide(count):
    positions, orientations = grid_transforms(count, spacing=2.5)
    rows = math.ceil(count / math.sqrt(count))
    cols = math.ceil(count / rows)
    for k in (0, count // 2, count - 1):
        i, j = divmod(k, cols)
        expected = (-(i - (rows - 1) / 2) * 2.5, (j - (cols - 1) / 2) * 2.5, 0)
        np.testing.assert_allclose(positions[k], expected)
    assert positions.shape == (count, 3)
    assert positions.dtype == orientations.dtype == torch.float32
    assert len({tuple(row) for row in positions.tolist()}) == count
    assert orientations.tolist() == [[0, 0, 0, 1]] * count


def test_the_grid_lies_across_the_up_axis():
    z, _ = grid_transforms(6, up_axis="Z")
    y, _ = grid_transforms(6, up_axis="y")
    x, _ = grid_transforms(6, up_axis="x")
    assert torch.equal(y, z[:, [0, 2, 1]])
    assert torch.equal(x, z[:, [2, 0, 1]])


def test_no_environments_give_empty_tensors():
    positions, orientations = grid_transforms(0)
    assert positions.shape == (0, 3)
    assert orientations.shape == (0, 4)


@pytest.mark.parametrize(
    ("kwargs", "error", "name"),
    [
        ({"N": -1}, ValueError, "N must"),
        ({"N": 2.0}, TypeError, "N must"),
        ({"N": True}, TypeError, "N must"),
        ({"N": 2, "spacing": math.nan}, ValueError, "spacing"),
        ({"N": 2, "up_axis": "w"}, ValueError, "up_axis"),
    ],
)
def test_wrong_arguments_are_named(kwargs, error, name):
    with pytest.raises(error, match=name):
        grid_transforms(**kwargs)
