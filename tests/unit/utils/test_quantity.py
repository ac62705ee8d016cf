"""Lengths and angles as people type them."""

from __future__ import annotations

import math
import re

import pytest
from hypothesis import given, strategies as st

from inspector.utils.quantity import LENGTHS, length_text, parse_angle, parse_length


@given(st.floats(1e-9, 1e9), st.sampled_from(sorted(LENGTHS)), st.sampled_from(["", " "]))
def test_a_number_with_a_unit_is_that_many_units(value: float, unit: str, space: str) -> None:
    assert parse_length(f"{value!r}{space}{unit}") == pytest.approx(value * LENGTHS[unit])


def test_degrees() -> None:
    assert parse_angle("180 deg") == pytest.approx(math.pi)


@pytest.mark.parametrize("text", ["", "1", "mm", "1 inch", "one mm", "1mm 2mm", "nanm"])
def test_everything_else_is_told_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="such as 1mm"):
        parse_length(text)


@pytest.mark.parametrize(
    ("metres", "text"),
    [
        (0.0, "0 mm"),
        (0.00025, "0.25 mm"),
        (-0.1, "-10 cm"),
        (0.4506, "45.06 cm"),
        (45.1, "45.1 m"),
        (4510.4, "4510 m"),
        (9999.7, "10 km"),
        (451_000.0, "451 km"),
        (math.inf, "inf m"),
    ],
)
def test_a_length_has_the_unit_in_which_it_reads_best(metres: float, text: str) -> None:
    assert length_text(metres) == text


@given(st.floats(1e-7, 9.9e6))
def test_a_length_has_at_most_four_digits_before_the_point(metres: float) -> None:
    text = length_text(metres)
    assert re.match(r"\d{1,4}(\.\d+)? (mm|cm|m|km)$", text)
    assert parse_length(text) == pytest.approx(metres, rel=1e-3)
