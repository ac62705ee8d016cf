"""Pictures without a window: any size, transparent when wanted.

Needs a ``QGuiApplication`` on a platform with GL for the GPU's picture; everywhere else the
software picture of ``software`` is returned.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QOffscreenSurface, QOpenGLContext

from inspector.errors import MissingDependencyError
from inspector.gui.viewport import gl_setup, software
from inspector.gui.viewport.context_platform import follow_context
from inspector.gui.viewport.display import Display
from inspector.gui.viewport.uploads import Uploads
from inspector.session.snapshot import SceneSnapshot

if TYPE_CHECKING:
    from inspector.gui.viewport.gl_targets import PictureTarget
    from inspector.gui.viewport.renderer import Renderer

Pixels = NDArray[np.uint8]

_LARGEST_TILE = 4096
_SPOT = 16
"""Side of what is drawn for the sake of what is compiled with it [pixels]."""
_ONE_BY_ONE = (
    frozenset({"grid"}),
    frozenset({"sky"}),
    frozenset({"ghost"}),
    frozenset({"shadows"}),
)
"""Switches whose programs are compiled one after the other."""
_MARGIN = 8
"""Outlines look this far around a pixel: tiles overlap by as much [physical pixels]."""


def render(
    snapshot: SceneSnapshot,
    display: Display,
    size: tuple[int, int],
    *,
    transparent: bool = False,
    samples: int = 4,
    scale: float = 1.0,
) -> Pixels:
    """Return a picture of a scene.

    Args:
        snapshot: Scene.
        display: Camera and switches; shows the snapshot afterwards.
        size: Width and height [physical pixels]; larger than GL allows is drawn in parts.
        transparent: Whether the background is left out.
        samples: Samples per pixel; 0 leaves edges jagged.
        scale: Physical pixels per logical pixel: how thick lines and outlines are.

    Returns:
        RGBA with straight alpha, the top row first, uint8, shape [height, width, 4].

    Raises:
        ValueError: If the size is not positive.
    """
    with OffscreenRenderer(samples=samples) as renderer:
        return renderer.render(snapshot, display, size, transparent=transparent, scale=scale)


class OffscreenRenderer:
    """Renders picture after picture without setting up again.

    Args:
        samples: Samples per pixel.

    Attributes:
        trouble: Why there is no GL and pictures come from the CPU; empty when there is.
    """

    def __init__(self, samples: int = 4) -> None:
        self._samples = samples
        self._context: QOpenGLContext | None = None
        self._surface: QOffscreenSurface | None = None
        self._renderer: Renderer | None = None
        self._target: PictureTarget | None = None
        self.trouble = self._open()

    @property
    def uploads(self) -> Uploads:
        """Number of uploads by name so far."""
        return Uploads() if self._renderer is None else self._renderer.uploads

    @property
    def is_software(self) -> bool:
        """Whether a CPU rasterises."""
        if self._context is None:
            return True
        with self._current():
            return self._made()[0].is_software

    def _open(self) -> str:
        reason = gl_setup.probe()
        if not reason:
            follow_context()
            try:
                gl_setup.prepare()
            except MissingDependencyError as error:
                reason = str(error)
        if reason:
            return reason
        self._context = QOpenGLContext()
        self._context.create()
        self._surface = QOffscreenSurface()
        self._surface.setFormat(self._context.format())
        self._surface.create()
        return ""

    def render(
        self,
        snapshot: SceneSnapshot,
        display: Display,
        size: tuple[int, int],
        *,
        transparent: bool = False,
        scale: float = 1.0,
    ) -> Pixels:
        """Return a picture; arguments as for the function ``render``.

        Raises:
            ValueError: If the size is not positive.
        """
        whole: Pixels | None = None
        for left, top, part in self.parts(
            snapshot, display, size, transparent=transparent, scale=scale
        ):
            height, width = part.shape[:2]
            if (width, height) == size:
                return part
            if whole is None:
                whole = np.empty((size[1], size[0], 4), np.uint8)
            whole[top : top + height, left : left + width] = part
        assert whole is not None
        return whole

    def parts(
        self,
        snapshot: SceneSnapshot,
        display: Display,
        size: tuple[int, int],
        *,
        transparent: bool = False,
        scale: float = 1.0,
        side: int = _LARGEST_TILE,
    ) -> Generator[tuple[int, int, Pixels]]:
        """Draw a picture part by part, row after row from the top; each when it is asked for.

        Args:
            snapshot: Scene.
            display: Camera and switches; shows the snapshot afterwards.
            size: Width and height [physical pixels].
            transparent: Whether the background is left out.
            scale: Physical pixels per logical pixel.
            side: Largest side of a part; without GL everything is one part.

        Yields:
            Left and upper edge, and RGBA with straight alpha, uint8, shape [height, width, 4].

        Raises:
            ValueError: If the size is not positive.
        """
        width, height = int(size[0]), int(size[1])
        if width < 1 or height < 1:
            raise ValueError(f"size must be positive, not {width} × {height} pixels")
        if display.snapshot is not snapshot:
            display.resize(width / scale, height / scale)
            display.show(snapshot)
        display.undrawn = software.UNDRAWN if self._context is None else frozenset()
        if self._context is None or self._surface is None:
            yield 0, 0, software.picture(display, (width, height), transparent=transparent)
            return
        with self._current():
            largest = min(self._made()[0].largest_picture, _LARGEST_TILE) - 2 * _MARGIN
        step = max(min(side, largest), 1)
        for top in range(0, height, step):
            for left in range(0, width, step):
                box = (left, top, min(step, width - left), min(step, height - top))
                with self._current():
                    part = self._draw(display, (width, height), box, transparent, scale)
                yield left, top, part

    def warm_up(
        self,
        snapshot: SceneSnapshot,
        display: Display,
        size: tuple[int, int],
        *,
        transparent: bool = False,
        scale: float = 1.0,
    ) -> Generator[None]:
        """Draw a spot in the middle of a picture, with one thing more each time; see ``parts``.

        Drivers compile a program when it draws for the first time. Together that would take as
        long as many parts of the picture.

        Args:
            snapshot: Scene.
            display: Camera and switches; they are as they were at the end.
            size: Width and height of the picture [physical pixels].
            transparent: Whether the background is left out.
            scale: Physical pixels per logical pixel.

        Yields:
            Nothing, after each time.
        """
        if self._context is None:
            return
        shown, grid = display.shown, display.grid
        side = min(_SPOT, *size)
        box = ((size[0] - side) // 2, (size[1] - side) // 2, side, side)
        if display.snapshot is not snapshot:
            display.resize(size[0] / scale, size[1] / scale)
            display.show(snapshot)
        apart = frozenset().union(*_ONE_BY_ONE)
        try:
            for names in (frozenset[str](), *_ONE_BY_ONE):
                if names and not names & shown:
                    continue
                apart -= names
                display.shown, display.grid = shown - apart, grid and "grid" not in apart
                with self._current():
                    self._draw(display, size, box, transparent, scale)
                yield
        finally:
            display.shown, display.grid = shown, grid

    def pick(self, snapshot: SceneSnapshot, display: Display, x: float, y: float) -> int:
        """Return the instance that a pixel shows, or -1 for none, and where there is no GL.

        Args:
            snapshot: Scene.
            display: Camera and switches; its size is that of the picture.
            x: Pixels from the left [logical pixels].
            y: Pixels from the top [logical pixels].
        """
        if display.snapshot is not snapshot:
            display.show(snapshot)
        if self._context is None:
            return -1
        with self._current():
            return self._made()[0].pick(display, x, y)

    @contextmanager
    def _current(self) -> Generator[None]:
        """Make the context current, and the one that was current again afterwards."""
        before = QOpenGLContext.currentContext()
        surface = before.surface() if before else None
        if self._context is not None and self._surface is not None:
            self._context.makeCurrent(self._surface)
        try:
            yield
        finally:
            if self._context is not None:
                self._context.doneCurrent()
            if surface is not None:
                before.makeCurrent(surface)

    def _made(self) -> tuple[Renderer, PictureTarget]:
        from inspector.gui.viewport.gl_targets import PictureTarget
        from inspector.gui.viewport.renderer import Renderer

        if self._renderer is None or self._target is None:
            self._renderer, self._target = Renderer(self._samples), PictureTarget()
        return self._renderer, self._target

    def _draw(
        self,
        display: Display,
        size: tuple[int, int],
        box: tuple[int, int, int, int],
        transparent: bool,
        scale: float,
    ) -> Pixels:
        """Draw a part of a picture; its box is left, top, width and height."""
        from inspector.gui.viewport.frame import Picture

        renderer, target = self._made()
        background = (*display.tokens.rgb("background"), 1.0)
        background = (0.0, 0.0, 0.0, 0.0) if transparent else background
        left, top, width, height = box
        tile = (
            left - _MARGIN, size[1] - top - height - _MARGIN,
            width + 2 * _MARGIN, height + 2 * _MARGIN,
        )  # fmt: skip
        moving, display.moving = display.moving, False
        try:
            target.resize(*tile[2:])
            target.clear(background)
            renderer.draw(display, Picture(size, tile, scale, background, is_kept=True))
        finally:
            display.moving = moving
        part = target.read()[_MARGIN : _MARGIN + height, _MARGIN : _MARGIN + width]
        return straight_alpha(part) if transparent else part.copy()

    @contextmanager
    def opened(self) -> Generator[tuple[Renderer, PictureTarget]]:
        """Make the context current and give out what draws, for those who measure.

        Yields:
            The renderer and what it draws into.

        Raises:
            MissingDependencyError: If there is no GL.
        """
        if self._context is None:
            raise MissingDependencyError(f"No usable OpenGL: {self.trouble}.")
        with self._current():
            yield self._made()

    def close(self) -> None:
        """Delete the GL objects."""
        if self._context is not None and self._surface is not None:
            self._context.makeCurrent(self._surface)
            for item in (self._renderer, self._target):
                if item is not None:
                    item.release()
            self._context.doneCurrent()
            self._surface.destroy()
        self._context = self._surface = self._renderer = self._target = None

    def __enter__(self) -> OffscreenRenderer:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def straight_alpha(rgba: Pixels) -> Pixels:
    """Return premultiplied pixels with straight alpha, uint8, shape [height, width, 4]."""
    alpha = rgba[..., 3:].astype(np.float32)
    color = rgba[..., :3] * np.divide(255.0, alpha, where=alpha > 0, out=np.zeros_like(alpha))
    return np.concatenate([np.minimum(color + 0.5, 255).astype(np.uint8), rgba[..., 3:]], axis=2)
