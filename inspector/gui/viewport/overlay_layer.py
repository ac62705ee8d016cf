"""Lines, points and triangles in world coordinates that the renderer draws after the scene.

A layer is plain numpy: whoever fills it needs no GL. The renderer uploads what is new since the
last frame, and only that.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from inspector.session.snapshot import GLOBAL_ENV


@dataclass(frozen=True, eq=False)
class OverlayItems:
    """Primitives of one kind.

    Attributes:
        points: World positions [stage units], float32, shape [n, k, 3]: k is 1 for points, 2 for
            lines, 3 for triangles.
        rgba: Colour of each corner, straight alpha, uint8, shape [n, k, 4].
        env_id: Environment that each primitive is drawn beside when environments are spread,
            int32, shape [n].
        size: Width of lines or diameter of points [logical pixels].
    """

    points: NDArray[np.float32]
    rgba: NDArray[np.uint8]
    env_id: NDArray[np.int32]
    size: float = 1.0

    def __len__(self) -> int:
        return len(self.points)


def _nothing(corners: int) -> OverlayItems:
    return OverlayItems(
        np.zeros((0, corners, 3), np.float32),
        np.zeros((0, corners, 4), np.uint8),
        np.zeros(0, np.int32),
    )


@dataclass(eq=False)
class OverlayLayer:
    """Something that lies over the scene, such as contacts or joints.

    Attributes:
        name: What it is called.
        on_top: Whether the scene hides nothing of it.
        visible: Whether it is drawn.
        lines: The lines.
        points: The points.
        triangles: The triangles; seen from both sides, not lit.
    """

    name: str
    on_top: bool = False
    visible: bool = True
    lines: OverlayItems = field(default_factory=lambda: _nothing(2), init=False)
    points: OverlayItems = field(default_factory=lambda: _nothing(1), init=False)
    triangles: OverlayItems = field(default_factory=lambda: _nothing(3), init=False)

    def set_lines(
        self,
        ends: ArrayLike,
        rgba: ArrayLike,
        *,
        width: float = 1.5,
        env_id: ArrayLike = GLOBAL_ENV,
    ) -> None:
        """Replace the lines.

        Args:
            ends: World positions of both ends [stage units], shape [n, 2, 3].
            rgba: Colours 0…1, straight alpha, shape [4], [n, 4] or [n, 2, 4].
            width: Width [logical pixels].
            env_id: Environment of each line, or of all; they move with it when environments are
                spread.
        """
        self.lines = _items(ends, rgba, env_id, width, corners=2)

    def set_points(
        self,
        positions: ArrayLike,
        rgba: ArrayLike,
        *,
        size: float = 6.0,
        env_id: ArrayLike = GLOBAL_ENV,
    ) -> None:
        """Replace the points, drawn as discs.

        Args:
            positions: World positions [stage units], shape [n, 3].
            rgba: Colours 0…1, straight alpha, shape [4] or [n, 4].
            size: Diameter [logical pixels].
            env_id: Environment of each point, or of all.
        """
        at = np.asarray(positions, np.float32).reshape(-1, 1, 3)
        self.points = _items(at, rgba, env_id, size, corners=1)

    def set_triangles(
        self, corners: ArrayLike, rgba: ArrayLike, *, env_id: ArrayLike = GLOBAL_ENV
    ) -> None:
        """Replace the triangles.

        Args:
            corners: World positions [stage units], shape [n, 3, 3].
            rgba: Colours 0…1, straight alpha, shape [4], [n, 4] or [n, 3, 4].
            env_id: Environment of each triangle, or of all.
        """
        self.triangles = _items(corners, rgba, env_id, 1.0, corners=3)

    def clear(self) -> None:
        """Remove everything."""
        self.lines, self.points, self.triangles = _nothing(2), _nothing(1), _nothing(3)


def _items(
    points: ArrayLike, rgba: ArrayLike, env_id: ArrayLike, size: float, *, corners: int
) -> OverlayItems:
    at = np.ascontiguousarray(points, np.float32).reshape(-1, corners, 3)
    color = np.asarray(rgba, np.float32)
    if color.ndim == 2:
        color = color[:, None]
    whole = np.broadcast_to(color, (len(at), corners, 4))
    return OverlayItems(
        points=at,
        rgba=(np.clip(whole, 0.0, 1.0) * 255 + 0.5).astype(np.uint8),
        env_id=np.broadcast_to(np.asarray(env_id, np.int32), (len(at),)),
        size=size,
    )
