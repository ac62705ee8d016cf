"""Lines, points and words that an overlay is made of, and the few figures they form."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Color = tuple[float, float, float, float]

_BARB = 0.22
"""Length of the barbs of an arrow, in its length."""
_THIN = 0.45


@dataclass(frozen=True)
class Word:
    """A text beside a place.

    Attributes:
        at: World position [stage units].
        text: The text.
        env_id: Environment that it belongs to, -1 for none.
        color: Role of its colour in the theme.
        weight: Words of more weight are placed first where there is no room for all.
    """

    at: tuple[float, float, float]
    text: str
    env_id: int = -1
    color: str = "text"
    weight: float = 0.0


@dataclass(eq=False)
class Drawing:
    """Grows while an overlay is built; arrays are joined once at the end."""

    words: list[Word] = field(default_factory=list[Word])
    notes: list[str] = field(default_factory=list[str])
    _lines: list[tuple[Floats, Floats, NDArray[np.int32]]] = field(
        default_factory=list[tuple[Floats, Floats, NDArray[np.int32]]]
    )
    _points: list[tuple[Floats, Floats, NDArray[np.int32]]] = field(
        default_factory=list[tuple[Floats, Floats, NDArray[np.int32]]]
    )

    def line(self, start: Floats, end: Floats, color: Floats, env: NDArray[np.integer]) -> None:
        """Add lines.

        Args:
            start: World positions [stage units], shape [..., 3].
            end: World positions [stage units], shape [..., 3].
            color: Colours 0…1 with alpha, shape [4] or [n, 4], n being the first axis of ``start``.
            env: Environment of each, shape [n].
        """
        ends = np.stack([start, end], axis=-2)
        count = len(ends)
        per = ends.size // max(count * 6, 1)
        rgba = np.broadcast_to(color, (count, 4))
        self._lines.append((
            ends.reshape(-1, 2, 3),
            np.repeat(rgba, per, axis=0),
            np.repeat(np.asarray(env, np.int32), per),
        ))  # fmt: skip

    def chain(self, points: Floats, color: Floats, env: NDArray[np.integer]) -> None:
        """Add open chains of lines.

        Args:
            points: World positions [stage units], shape [n, k, 3].
            color: Shape [4] or [n, 4].
            env: Shape [n].
        """
        self.line(points[:, :-1], points[:, 1:], color, env)

    def arrow(self, start: Floats, way: Floats, color: Floats, env: NDArray[np.integer]) -> None:
        """Add arrows.

        Args:
            start: World positions [stage units], shape [n, 3].
            way: From start to tip, shape [n, 3].
            color: Shape [4] or [n, 4].
            env: Shape [n].
        """
        tip = start + way
        self.line(start, tip, color, env)
        length = np.linalg.norm(way, axis=1, keepdims=True)
        u, v = across(way / np.maximum(length, 1e-12))
        back = tip - _BARB * way
        for side in (u, -u, v, -v):
            self.line(tip, back + _THIN * _BARB * length * side, color, env)

    def point(self, at: Floats, color: Floats, env: NDArray[np.integer]) -> None:
        """Add points, shape [n, 3], with colours of shape [4] or [n, 4]."""
        rgba = np.broadcast_to(color, (len(at), 4))
        self._points.append((at, rgba, np.asarray(env, np.int32)))

    @property
    def is_empty(self) -> bool:
        """Whether nothing would be seen."""
        return not self.words and len(self.lines[0]) == 0 and len(self.points[0]) == 0

    @property
    def lines(self) -> tuple[Floats, Floats, NDArray[np.int32]]:
        """Ends, shape [n, 2, 3], colours, shape [n, 4], and environments, shape [n]."""
        return _joined(self._lines, (2, 3))

    @property
    def points(self) -> tuple[Floats, Floats, NDArray[np.int32]]:
        """Positions, shape [n, 3], colours, shape [n, 4], and environments, shape [n]."""
        return _joined(self._points, (3,))


def _joined(
    parts: list[tuple[Floats, Floats, NDArray[np.int32]]], shape: tuple[int, ...]
) -> tuple[Floats, Floats, NDArray[np.int32]]:
    if not parts:
        return np.empty((0, *shape)), np.empty((0, 4)), np.empty(0, np.int32)
    where, color, env = (np.concatenate(column) for column in zip(*parts, strict=True))
    # What is not finite has no place; a line to infinity would cover the picture.
    good = np.isfinite(where).all(axis=tuple(range(1, where.ndim)))
    return where[good], color[good], env[good]


def across(direction: Floats) -> tuple[Floats, Floats]:
    """Return two unit vectors across unit vectors and each other, shape [n, 3] each."""
    other = np.where(np.abs(direction[:, :1]) < 0.9, [[1.0, 0, 0]], [[0, 1.0, 0]])
    u: Floats = np.cross(direction, other)
    u /= np.maximum(np.linalg.norm(u, axis=1, keepdims=True), 1e-12)
    v: Floats = np.cross(direction, u)
    return u, v


_CORNERS = np.array([[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)], np.float64)
_EDGES = np.array(
    [(a, b) for a in range(8) for b in range(a + 1, 8) if bin(a ^ b).count("1") == 1], np.int64
)


def box_edges(low: Floats, high: Floats) -> Floats:
    """Return the twelve edges of axis-aligned boxes, shape [n, 12, 2, 3].

    Args:
        low: Lower corners, shape [n, 3].
        high: Upper corners, shape [n, 3].
    """
    corners = low[:, None] + _CORNERS * (high - low)[:, None]
    return corners[:, _EDGES]
