"""Pictures of what a viewport shows, drawn band by band, so that large ones block nothing.

Belongs here: what of a display is part of a picture, and in which steps it is drawn. Files are
written in ``pictures``, how one part is drawn is in ``offscreen``.
"""

from __future__ import annotations

import copy
from collections.abc import Generator

import numpy as np

from inspector.gui.viewport.decorate import decorated
from inspector.gui.viewport.display import Display
from inspector.gui.viewport.ghost import Ghosts
from inspector.gui.viewport.offscreen import OffscreenRenderer, Pixels
from inspector.gui.viewport.overlays.build import Overlays

_TOOLS = frozenset({"gizmo", "gate"})
_SIDES = {True: 256, False: 1024}
"""Side of what is drawn at a time, by whether a CPU rasterises [pixels]."""
_LARGE = 6_000_000
"""Pixels of a picture below which a part shows so much of the scene that a CPU takes half the side.

Not of the frames of a video: all parts together take half as long again.
"""
_ROWS = 64
"""Rows that are handed on at a time: packing more into a file would take too long."""


class Poster:
    """A picture of what a display shows now, whatever happens to the display meanwhile.

    Args:
        display: What it shows; it is left as it is.
        size: Width and height [pixels].
        transparent: Whether the background is left out.
        legend: Whether the legend and the step are part of it.
    """

    def __init__(
        self,
        display: Display,
        size: tuple[int, int],
        *,
        transparent: bool = False,
        legend: bool = True,
    ) -> None:
        self.size = size
        self._shown = frozen_copy(display, is_apart=True)
        self._scale = magnified(self._shown, size)
        self._transparent, self._legend = transparent, legend

    def bands(self) -> Generator[Pixels | None]:
        """Draw it from the top to the bottom.

        Yields:
            Some rows, RGBA with straight alpha, uint8, shape [rows, width, 4]; None after a step
            that has completed none.
        """
        shown, (width, height) = self._shown, self.size
        snapshot = shown.snapshot
        if snapshot is None:
            yield np.zeros((height, width, 4), np.uint8)
            return
        with OffscreenRenderer() as renderer:
            yield None
            side = _side(renderer, self.size)
            # Compiling shaders takes as long as several parts.
            yield None
            transparent, scale = self._transparent, self._scale
            for _ in renderer.warm_up(
                snapshot, shown, self.size, transparent=transparent, scale=scale
            ):
                yield None
            parts = renderer.parts(
                snapshot, shown, self.size, transparent=transparent, scale=scale, side=side
            )
            band = np.zeros((0, width, 4), np.uint8)
            for left, top, part in parts:
                if left == 0:
                    band = np.empty((len(part), width, 4), np.uint8)
                band[:, left : left + part.shape[1]] = part
                yield None
                if left + part.shape[1] == width:
                    yield from self._finished(band, top)

    def _finished(self, band: Pixels, top: int) -> Generator[Pixels]:
        whole = decorated(
            band, self._shown, scale=self._scale, with_legend=self._legend, top=top,
            full_height=self.size[1],
        )  # fmt: skip
        for first in range(0, len(whole), _ROWS):
            yield whole[first : first + _ROWS]


def frame_parts(
    renderer: OffscreenRenderer, display: Display, size: tuple[int, int]
) -> Generator[Pixels | None]:
    """Draw a frame of a video part by part.

    Args:
        renderer: Draws it.
        display: What it shows; it becomes as large as the frame.
        size: Width and height [pixels].

    Yields:
        None after each part but the last one, and then the frame, RGBA, shape [height, width, 4].
    """
    if display.snapshot is None:
        yield np.zeros((size[1], size[0], 4), np.uint8)
        return
    scale = magnified(display, size)
    whole = np.empty((size[1], size[0], 4), np.uint8)
    side = _SIDES[renderer.is_software]
    for left, top, part in renderer.parts(display.snapshot, display, size, scale=scale, side=side):
        height, width = part.shape[:2]
        whole[top : top + height, left : left + width] = part
        if (left + width, top + height) != size:
            yield None
    yield decorated(whole, display, scale=scale)


def _side(renderer: OffscreenRenderer, size: tuple[int, int]) -> int:
    is_software = renderer.is_software
    return _SIDES[is_software] // (2 if is_software and size[0] * size[1] < _LARGE else 1)


def draw(
    display: Display, size: tuple[int, int], *, transparent: bool = False, legend: bool = True
) -> Pixels:
    """Return a picture of what a display shows at once, RGBA, shape [height, width, 4].

    Args:
        display: What it shows; it is left as it is.
        size: Width and height [pixels].
        transparent: Whether the background is left out.
        legend: Whether the legend and the step are part of it.
    """
    poster = Poster(display, size, transparent=transparent, legend=legend)
    return np.concatenate([band for band in poster.bands() if band is not None])


def magnified(display: Display, size: tuple[int, int]) -> float:
    """Make a display as large as a picture; return physical per logical pixels, at least 1.

    Lines, words and legend grow with a picture that is larger than the viewport.

    Args:
        display: What is drawn.
        size: Width and height of the picture [physical pixels].
    """
    width, height = (max(side, 1.0) for side in display.size)
    scale = max(1.0, min(size[0] / width, size[1] / height))
    display.resize(size[0] / scale, size[1] / scale)
    return scale


def frozen_copy(display: Display, *, is_apart: bool = False) -> Display:
    """Return a display with a camera of its own and without tools; tables are shared.

    Args:
        display: What is copied.
        is_apart: Whether the copy is drawn later than now: then it shares nothing that changes.
    """
    made = copy.copy(display)
    made.touch()
    made.camera = copy.deepcopy(display.camera)
    made.rig = copy.copy(display.rig)
    made.rig.camera = made.camera
    # What one drags with belongs to the window, a spring that pulls to the scene.
    made.layers = [layer for layer in display.layers if layer.name not in _TOOLS]
    if is_apart:
        made.layers = [copy.copy(layer) for layer in made.layers]
        made.overlays, made.ghosts = Overlays(), Ghosts()
        made.before_draw = _nothing
    return made


def _nothing() -> None:
    """Nobody draws along."""
