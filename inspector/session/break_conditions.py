"""Break conditions: what is asked of every step, read from a line of text.

A value module: loads without pxr and torch, so that the window can say at once what is wrong with a
line. Asking a live scene is done by ``break_watch``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TypeAlias

from inspector.utils.quantity import ANGLES, LENGTHS

EXAMPLES = (
    "stale > 1 mm",
    "stale count > 10",
    "nan",
    "speed > 50 m/s",
    "env 17 differs from its cohort by 1 cm",
    "contact force > 500 N",
    "step 500",
)
"""One line of each kind."""

_NUMBER = r"([0-9]*\.?[0-9]+(?:e[+-]?[0-9]+)?)"
_LIMIT = rf"\s*>\s*{_NUMBER}\s*([^\s0-9]*)"
_DEFAULT_DIFFERENCE = 0.01


@dataclass(frozen=True)
class StaleError:
    """Some row's representations are further apart than this.

    Attributes:
        limit: Largest error that is not reported [m or rad].
        is_angle: Whether the limit is an angle.
    """

    limit: float
    is_angle: bool = False


@dataclass(frozen=True)
class StaleCount:
    """More rows than this are stale."""

    limit: int


@dataclass(frozen=True)
class NotFinite:
    """A pose in any representation is NaN or infinite."""


@dataclass(frozen=True)
class Speed:
    """Some body's centre of mass is faster than this [m/s]."""

    limit: float


@dataclass(frozen=True)
class Outlier:
    """A body of an environment is not where its cohort has it.

    The cohort are the environments that received the same source rows. Poses are taken relative to
    the environments' roots; what counts is the distance to the cohort's median.

    Attributes:
        env_id: The environment; ``None`` asks all of them.
        limit: Largest distance [m] or angle [rad] that is not reported.
        is_angle: Whether the limit is an angle.
    """

    env_id: int | None
    limit: float = _DEFAULT_DIFFERENCE
    is_angle: bool = False


@dataclass(frozen=True)
class ContactForce:
    """Some contact presses harder than this [N]."""

    limit: float


@dataclass(frozen=True)
class AtStep:
    """This step is reached."""

    step: int


Condition: TypeAlias = StaleError | StaleCount | NotFinite | Speed | Outlier | ContactForce | AtStep


def parse_condition(text: str) -> Condition:
    """Read one break condition.

    Args:
        text: Such as ``"stale > 1mm"``; see ``EXAMPLES``.

    Raises:
        ValueError: It is none; the message says what is wrong and what would be right.
    """
    line = " ".join(text.split()).lower()
    first = line.split(" ")[0].split(">")[0]
    read = _KINDS.get(first)
    if read is None:
        raise ValueError(
            f"'{text.strip()}' is no break condition: it begins with none of "
            f"{', '.join(_KINDS)}. Such as: {EXAMPLES[0]}."
        )
    return read(line)


def _stale(line: str) -> Condition:
    count = re.fullmatch(rf"stale count{_LIMIT}", line)
    if count:
        if count[2] or not float(count[1]).is_integer():
            raise ValueError(
                "The stale count is a whole number of rows, such as: stale count > 10."
            )
        return StaleCount(int(float(count[1])))
    found = re.fullmatch(rf"stale{_LIMIT}", line)
    if not found:
        raise ValueError("'stale' is compared with '>', such as: stale > 1 mm, stale count > 10.")
    return StaleError(*_measure(found[1], found[2], "stale > 1 mm"))


def _nan(line: str) -> Condition:
    if line != "nan":
        raise ValueError("'nan' stands alone: it asks whether any pose is NaN or infinite.")
    return NotFinite()


def _speed(line: str) -> Condition:
    found = re.fullmatch(rf"speed{_LIMIT}", line)
    if not found or found[2] not in {"", "m/s"}:
        raise ValueError("The speed is compared with '>' in metres per second: speed > 50 m/s.")
    return Speed(float(found[1]))


def _outlier(line: str) -> Condition:
    pattern = rf"(?:any env|env (\S+)) differs from (?:its|the) cohort(?: by {_NUMBER}\s*(\S*))?"
    found = re.fullmatch(pattern, line)
    if not found or (found[1] is not None and not found[1].isdecimal()):
        raise ValueError(
            "An environment is compared like this: env 17 differs from its cohort by 1 cm; "
            "'any env' asks all of them."
        )
    env_id = None if found[1] is None else int(found[1])
    if found[2] is None:
        return Outlier(env_id)
    return Outlier(env_id, *_measure(found[2], found[3], "differs from its cohort by 1 cm"))


def _contact(line: str) -> Condition:
    found = re.fullmatch(rf"contact force{_LIMIT}", line)
    if not found or found[2] not in {"", "n"}:
        raise ValueError(
            "The contact force is compared with '>' in newtons: contact force > 500 N."
        )
    return ContactForce(float(found[1]))


def _step(line: str) -> Condition:
    found = re.fullmatch(r"step ([0-9]+)", line)
    if not found or int(found[1]) < 1:
        raise ValueError("A step is a number from 1: step 500.")
    return AtStep(int(found[1]))


def _measure(number: str, unit: str, example: str) -> tuple[float, bool]:
    """Return a length [m] or an angle [rad], and whether it is an angle.

    Raises:
        ValueError: The unit is missing or unknown.
    """
    factor = LENGTHS.get(unit, ANGLES.get(unit))
    if factor is None:
        problem = f"'{unit}' is no unit" if unit else f"{number} needs a unit"
        raise ValueError(
            f"{problem}: mm, cm or m for a distance, mrad, rad or deg for an angle, such as: "
            f"{example}."
        )
    return float(number) * factor, unit in ANGLES


_KINDS = {
    "stale": _stale,
    "nan": _nan,
    "speed": _speed,
    "env": _outlier,
    "any": _outlier,
    "contact": _contact,
    "step": _step,
}
