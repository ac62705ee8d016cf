"""Lengths and angles as people type them."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, strategies as st

from inspector.utils.quantity import LENGTHS, parse_angle, parse_length


@given(st.floats(1e-9, 1e9), st.sampled_from(sorted(LENGTHS)), st.sampled_from(["", " "]))
def test_a_number_with_a_unit_is_that_many_units(value: float, unit: str, space: str) -> None:
    assert parse_length(f"{value!r}{space}{unit}") == pytest.approx(value * LENGTHS[unit])


def test_degrees() -> None:
    assert parse_angle("180 deg") == pytest.approx(math.pi)


@pytest.mark.parametrize("text", ["", "1", "mm", "1 inch", "one mm", "1mm 2mm", "nanm"])
def test_everything_else_is_told_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="such as 1mm"):
        parse_length(text)
