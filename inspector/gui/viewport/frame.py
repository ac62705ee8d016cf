"""Which picture is drawn, and the matrices that follow from it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inspector.gui.viewport.display import Display


@dataclass(frozen=True)
class Picture:
    """The whole picture and the part of it that is drawn now.

    Attributes:
        size: Width and height of the whole picture [physical pixels].
        tile: Left and lower edge, width and height of the part [physical pixels].
        scale: Physical pixels per logical pixel.
        background: Premultiplied colour and opacity behind everything.
        is_kept: Whether somebody keeps the picture: its edges are smooth whatever that costs.
    """

    size: tuple[int, int]
    tile: tuple[int, int, int, int]
    scale: float
    background: tuple[float, float, float, float]
    is_kept: bool = False


@dataclass(frozen=True)
class Frame:
    """What one draw needs to know of the view.

    Attributes:
        view: World to view coordinates, of places counted from ``origin``, shape [4, 4].
        projection: View to clip coordinates of the tile, shape [4, 4].
        size: Width and height of the tile [physical pixels].
        scale: Physical pixels per logical pixel.
        origin: See ``Display.anchor`` [stage units], float64, shape [3].
    """

    view: NDArray[np.float64]
    projection: NDArray[np.float64]
    size: tuple[int, int]
    scale: float
    origin: NDArray[np.float64]

    @property
    def from_world(self) -> NDArray[np.float64]:
        """World coordinates to those that are counted from ``origin``, shape [4, 4]."""
        matrix = np.eye(4)
        matrix[:3, 3] = -self.origin
        return matrix

    @property
    def to_world(self) -> NDArray[np.float64]:
        """The inverse of ``from_world``, shape [4, 4]."""
        matrix = np.eye(4)
        matrix[:3, 3] = self.origin
        return matrix


def frame_of(display: Display, picture: Picture) -> Frame:
    """Return the matrices that draw a tile of a picture."""
    width, height = picture.size
    near, far = display.camera.depth_range(*display.scene_sphere)
    projection = display.camera.projection(width / height, near, far)
    x, y, w, h = picture.tile
    crop = np.eye(4)
    crop[0, 0], crop[1, 1] = width / w, height / h
    crop[0, 3], crop[1, 3] = (width - 2 * x - w) / w, (height - 2 * y - h) / h
    view, camera = display.camera.view(), display.camera
    view[:3, 3] = -camera.rotation @ (camera.eye - display.origin)
    return Frame(view, crop @ projection, (w, h), picture.scale, display.origin)
