"""Lengths and angles as people type and read them: ``1mm``, ``0.5 deg``."""

from __future__ import annotations

import math
import re

LENGTHS = {"km": 1e3, "m": 1.0, "cm": 1e-2, "mm": 1e-3, "um": 1e-6, "µm": 1e-6}
ANGLES = {"rad": 1.0, "mrad": 1e-3, "deg": math.pi / 180.0, "°": math.pi / 180.0}

_SHOWN = (("mm", 1e-3, 0.01), ("cm", 1e-2, 1.0), ("m", 1.0, 9999.5), ("km", 1e3, math.inf))
"""Units that lengths are shown in: what they are [m], and below which length they serve [m]."""
_NUMBER = re.compile(r"\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*(\S*)\s*")


def parse_length(text: str) -> float:
    """Return a length [m].

    Args:
        text: Number and unit, such as ``"1mm"``.

    Raises:
        ValueError: It is no number with a unit of length.
    """
    return _parse(text, LENGTHS, "length", "1mm")


def length_text(metres: float) -> str:
    """Return a length with the unit in which it reads best: "0.25 mm", "45.06 cm", "12.5 km".

    Args:
        metres: The length [m], of either sign; what is not finite stays in metres.
    """
    if not math.isfinite(metres):
        return f"{metres} m"
    name, unit, _ = next(shown for shown in _SHOWN if abs(metres) < shown[2])
    return f"{metres / unit:.4g} {name}"


def parse_angle(text: str) -> float:
    """Return an angle [rad].

    Args:
        text: Number and unit, such as ``"0.1deg"``.

    Raises:
        ValueError: It is no number with a unit of angle.
    """
    return _parse(text, ANGLES, "angle", "0.1deg")


def _parse(text: str, units: dict[str, float], what: str, example: str) -> float:
    match = _NUMBER.fullmatch(text)
    if match is None or match[2] not in units:
        raise ValueError(
            f"'{text}' is no {what}: write a number and one of {', '.join(units)}, "
            f"such as {example}"
        )
    return float(match[1]) * units[match[2]]
