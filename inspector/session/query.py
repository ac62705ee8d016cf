"""The search language of the stage tree, evaluated on flat arrays.

A value module: loads without pxr and torch. Terms are separated by blanks and all must hold:

* ``cone`` is part of the name, ``Robot/rail`` is part of the path; case does not matter
* ``{ENV_REGEX_NS}/Object`` or ``/World/envs/env_.*/Object``: this path in every environment
* ``type:Xform``: type name, ``*`` allowed
* ``env:0-63,70``: environments
* ``is:clone``, ``is:body``, ``is:instance``, ``is:hidden``, ``is:inactive``, ``is:over``
* ``stale``, or one reason such as ``stale:usd_behind``
* ``-term``: the term must not hold
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import translate

import numpy as np
from numpy.typing import NDArray

from inspector.session.snapshot import (
    GLOBAL_ENV,
    PrimFlag,
    PrimTable,
    StaleReason,
    TransformTable,
)

Matches = NDArray[np.bool_]

_ENV_REGEX_NS = "{ENV_REGEX_NS}"
_STATES: dict[str, tuple[int, bool]] = {
    "clone": (PrimFlag.CLONE, True),
    "body": (PrimFlag.RIGID_BODY, True),
    "instance": (PrimFlag.INSTANCE | PrimFlag.INSTANCE_PROXY, True),
    "hidden": (PrimFlag.INVISIBLE, True),
    "inactive": (PrimFlag.ACTIVE, False),
    "over": (PrimFlag.DEFINED, False),
}


@dataclass(frozen=True)
class Term:
    """One condition.

    Attributes:
        kind: ``text``, ``path``, ``type``, ``env``, ``is`` or ``stale``.
        value: What stands behind the colon, or the text.
        negated: Whether it must not hold.
    """

    kind: str
    value: str
    negated: bool = False


@dataclass(frozen=True)
class Query:
    """A parsed search text; all terms must hold."""

    terms: tuple[Term, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.terms)

    def matches(self, prims: PrimTable, transforms: TransformTable | None = None) -> Matches:
        """Return which prims match, bool, shape [n].

        Args:
            prims: Prims to search.
            transforms: Their transforms, for ``stale``; without them nothing is stale.
        """
        result = np.ones(len(prims), np.bool_)
        for term in self.terms:
            found = _EVALUATE[term.kind](term.value, prims, transforms)
            result &= ~found if term.negated else found
        return result


def parse(text: str) -> Query:
    """Parse a search text.

    Args:
        text: What the user typed; empty matches everything.

    Raises:
        ValueError: A term is not understood; the message says which and what would be.
    """
    return Query(tuple(_parse_term(word) for word in text.split()))


def _parse_term(word: str) -> Term:
    negated = word.startswith("-") and len(word) > 1
    bare = word[1:] if negated else word
    kind, colon, value = bare.partition(":")
    kind = kind.lower()
    if kind == "stale":
        if value and value.upper() not in StaleReason.__members__:
            names = ", ".join(reason.name.lower() for reason in StaleReason)
            raise ValueError(f"'{word}': the reasons are {names}.")
        return Term("stale", value.upper(), negated)
    if colon and kind == "env":
        env_ranges(value)
        return Term("env", value, negated)
    if colon and kind == "type":
        return Term("type", value, negated)
    if colon and kind == "is":
        if value.lower() not in _STATES:
            raise ValueError(f"'{word}': is: takes {', '.join(_STATES)}.")
        return Term("is", value.lower(), negated)
    if _ENV_REGEX_NS in bare or ".*" in bare:
        return Term("path", bare, negated)
    return Term("text", bare, negated)


def env_ranges(text: str) -> tuple[tuple[int, int], ...]:
    """Parse ``0-63,70`` into inclusive ranges.

    Raises:
        ValueError: Not numbers, or a range that runs backwards.
    """
    ranges: list[tuple[int, int]] = []
    for part in text.split(","):
        match = re.fullmatch(r"(\d+)(?:-(\d+))?", part.strip())
        if match is None:
            raise ValueError(f"'env:{text}': write environments as env:0-63,70.")
        first = int(match.group(1))
        last = int(match.group(2) or first)
        if last < first:
            raise ValueError(f"'env:{text}': {first}-{last} runs backwards.")
        ranges.append((first, last))
    return tuple(ranges)


def _of_strings(
    strings: tuple[str, ...], ids: NDArray[np.integer], test: Callable[[str], object]
) -> Matches:
    """Test each distinct string once."""
    hits = np.fromiter((bool(test(string)) for string in strings), np.bool_, len(strings))
    return hits[ids]


def _text(value: str, prims: PrimTable, _transforms: TransformTable | None) -> Matches:
    wanted = value.lower()
    if "/" not in wanted:
        return _of_strings(prims.names, prims.name_id, lambda name: wanted in name.lower())
    template, env_id = prims.paths.split(value)
    if env_id != GLOBAL_ENV:
        wanted = template.lower()
    found = _of_strings(
        prims.paths.templates,
        prims.paths.template_id,
        lambda path: wanted in path.lower(),
    )
    return found & (prims.env_id == env_id) if env_id != GLOBAL_ENV else found


def _path(value: str, prims: PrimTable, _transforms: TransformTable | None) -> Matches:
    root = prims.paths.env_root
    pattern = value.replace(_ENV_REGEX_NS, root).replace(root.replace("{}", ".*"), root)
    head, found, tail = pattern.partition(root)
    # The environment part is literal, what stands behind it may use regular expressions.
    try:
        regex = re.compile(
            (re.escape(head + root) + tail if found else pattern) + r"(/.*)?", re.IGNORECASE
        )
    except re.error:
        regex = re.compile(re.escape(value), re.IGNORECASE)
    return _of_strings(prims.paths.templates, prims.paths.template_id, regex.fullmatch)


def _type(value: str, prims: PrimTable, _transforms: TransformTable | None) -> Matches:
    regex = re.compile(translate(value), re.IGNORECASE)
    return _of_strings(prims.types, prims.type_id, regex.fullmatch)


def _env(value: str, prims: PrimTable, _transforms: TransformTable | None) -> Matches:
    found = np.zeros(len(prims), np.bool_)
    for first, last in env_ranges(value):
        found |= (prims.env_id >= first) & (prims.env_id <= last)
    return found


def _is(value: str, prims: PrimTable, _transforms: TransformTable | None) -> Matches:
    flag, expected = _STATES[value]
    return ((prims.flags & np.uint16(flag)) != 0) == expected


def _stale(value: str, prims: PrimTable, transforms: TransformTable | None) -> Matches:
    found = np.zeros(len(prims), np.bool_)
    if transforms is not None:
        reason = transforms.reason
        hit = reason == StaleReason[value] if value else reason != StaleReason.FRESH
        found[transforms.prims[hit]] = True
    return found


_EVALUATE: dict[str, Callable[[str, PrimTable, TransformTable | None], Matches]] = {
    "text": _text,
    "path": _path,
    "type": _type,
    "env": _env,
    "is": _is,
    "stale": _stale,
}
