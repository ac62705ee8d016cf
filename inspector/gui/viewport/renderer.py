"""Draws a ``Display`` with raw GL: one buffer of poses, one draw call for most of the scene.

Import only after ``gl_setup.prepare()``. Every method needs the context to be current.
"""

from __future__ import annotations

from dataclasses import replace

from inspector.gui.viewport.backdrop_pass import BackdropPass
from inspector.gui.viewport.display import Display
from inspector.gui.viewport.frame import Frame, Picture, frame_of
from inspector.gui.viewport.ghost_pass import GhostPass
from inspector.gui.viewport.gl import GL
from inspector.gui.viewport.gl_targets import SmoothTarget
from inspector.gui.viewport.ground_pass import GroundPass
from inspector.gui.viewport.outline_pass import OutlinePass
from inspector.gui.viewport.overlay_pass import OverlayPass
from inspector.gui.viewport.pick_pass import PickPass
from inspector.gui.viewport.scene_buffers import ORIGIN, SceneBuffers
from inspector.gui.viewport.scene_pass import ScenePass
from inspector.gui.viewport.soft_pass import SoftPass
from inspector.gui.viewport.sun_pass import SunPass
from inspector.gui.viewport.uploads import Uploads
from inspector.gui.viewport.visibility import Detail

SAMPLES = 4
DETAILS = {  # by whether a CPU rasterises and whether something moves
    (True, False): Detail(0.8, 6_000_000),
    (True, True): Detail(4.0, 400_000, speck=5.0),
    (False, False): Detail(0.8, 40_000_000),
    (False, True): Detail(1.0, 12_000_000, speck=2.0),
}
_MARGIN = 6
"""Part of the picture by which what casts shadows may lie outside of it."""
LITTLE = 40_000
"""Triangles that are drawn in full while they move, too, by a CPU as well: 10 ms."""
_SMOOTHED = 1_000_000
"""Triangles up to which a CPU smooths edges at rest, and a GPU while something moves."""
_SOFTWARE = (b"llvmpipe", b"softpipe", b"swr")


class Renderer:
    """Owns the GL objects of one context.

    Args:
        samples: Samples per pixel of smooth edges.

    Attributes:
        uploads: Number of uploads by name ("pose", "scalar", "instance", "index", …).
        drawn_instances: Instances of the last frame: in full, and with fewer triangles.
        device: Name of what draws.
        is_software: Whether a CPU rasterises.
        largest_picture: Largest width and height of a frame buffer [pixels].
        scene: The scene on the GPU; passes of their own draw from it.
        ghosts: USD's poses beside Fabric's.
    """

    def __init__(self, samples: int = SAMPLES) -> None:
        self.uploads = Uploads()
        self.drawn_instances = (0, 0)
        name: bytes = GL.glGetString(GL.GL_RENDERER) or b""
        self.device = name.decode(errors="replace")
        self.is_software = any(word in name.lower() for word in _SOFTWARE)
        self.largest_picture = min(
            int(GL.glGetIntegerv(GL.GL_MAX_RENDERBUFFER_SIZE)),
            *(int(limit) for limit in GL.glGetIntegerv(GL.GL_MAX_VIEWPORT_DIMS)),
        )
        self.scene = SceneBuffers(self.uploads)
        self._surfaces = ScenePass(self.scene, self.uploads)
        self._soft = SoftPass(ORIGIN, self.uploads)
        self._backdrop = BackdropPass(self.scene)
        self._sun = SunPass(self.scene, is_software=self.is_software)
        self._ground = GroundPass()
        self.ghosts = GhostPass(self.scene, self.uploads)
        self._overlays = OverlayPass(ORIGIN, self.uploads)
        self._outlines = OutlinePass(self.scene, self._soft)
        self._picking = PickPass(self.scene, self._soft, self._surfaces.maps, self.uploads)
        self._smooth = SmoothTarget(samples)

    def draw(self, display: Display, picture: Picture | None = None) -> None:
        """Draw one frame into the frame buffer and the viewport that are bound.

        Args:
            display: What to draw.
            picture: Which part of which picture the viewport is; by default the whole view.

        """
        target = int(GL.glGetIntegerv(GL.GL_FRAMEBUFFER_BINDING))
        x, y, width, height = (int(i) for i in GL.glGetIntegerv(GL.GL_VIEWPORT))
        if width <= 0 or height <= 0:
            return
        if picture is None:
            scale = width / max(display.size[0], 1.0)
            background = (*display.tokens.rgb("background"), 1.0)
            picture = Picture((width, height), (0, 0, width, height), scale, background)
        self.hand_over(display, picture)
        self.draw_chosen(display, picture, (target, x, y))

    def draw_chosen(
        self, display: Display, picture: Picture, target: tuple[int, int, int] | None = None
    ) -> None:
        """Draw what the last ``hand_over`` has chosen.

        Args:
            display: What to draw.
            picture: The picture and its tile.
            target: Frame buffer, and left and lower edge in it; by default what is bound.

        Raises:
            RuntimeError: If GL reports an error.
        """
        if target is None:
            target = (int(GL.glGetIntegerv(GL.GL_FRAMEBUFFER_BINDING)), 0, 0)
        frame = frame_of(display, picture)
        has_time = self._has_time(display, picture)
        smooth = "antialias" in display.shown and has_time and self._can_smooth(display, picture)
        if smooth:
            self._smooth.begin(frame.size, picture.background)
        if "sky" in display.shown and picture.background[3] > 0.0:
            self._backdrop.draw_sky(display, frame)
        self._draw_scene(display, frame, has_time=has_time)
        if smooth:
            self._smooth.resolve(*target)
        if len(display.selected) or len(display.focused):
            self._outlines.draw(display, frame, target)
        self._leave_clean()
        error = int(GL.glGetError())
        if error:
            raise RuntimeError(f"OpenGL error {error:#06x} while drawing the viewport")

    def _has_time(self, display: Display, picture: Picture) -> bool:
        """Smooth edges and shadows of shapes on shapes cost a CPU four times as much.

        They wait for rest and for what is small.
        """
        if not self.is_software or picture.is_kept:
            return True
        return not display.moving and self.scene.drawn_triangles[1] <= _SMOOTHED

    def _can_smooth(self, display: Display, picture: Picture) -> bool:
        """Four samples per pixel double what many small triangles cost a GPU."""
        if picture.is_kept or not display.moving:
            return True
        return self.scene.drawn_triangles[1] <= _SMOOTHED

    def hand_over(self, display: Display, picture: Picture) -> None:
        """Upload what is new, and choose what a frame draws and in which detail."""
        scene = self.scene
        scene.show(display)
        detail = self._detail(display)
        if "shadows" in display.shown:
            # What casts a shadow into the picture may stand beside it.
            picture = replace(picture, tile=_widened(picture))
        scene.drawn.show(scene.choose(display, picture, detail))
        lists = scene.drawn.lists
        full = lists.count("full")
        self.drawn_instances = (full, len(lists.index) - full)

    def _detail(self, display: Display) -> Detail:
        """What a frame may cost: less while something moves, unless all of it is little work."""
        instances = display.instances
        is_little = instances is None or instances.triangle_count <= LITTLE
        return DETAILS[self.is_software, display.moving and not is_little]

    def _draw_scene(self, display: Display, frame: Frame, *, has_time: bool) -> None:
        GL.glEnable(GL.GL_DEPTH_TEST)
        GL.glDepthMask(GL.GL_TRUE)
        GL.glDepthFunc(GL.GL_LEQUAL)
        GL.glDisable(GL.GL_CULL_FACE)
        GL.glDisable(GL.GL_BLEND)
        self.scene.bind()
        sun = None
        if "shadows" in display.shown and has_time:
            sun = self._sun.draw(display, frame, *self._backdrop.light(display))
        self._soft.draw(display, frame, sun)
        self._surfaces.draw(display, frame, sun)
        if "shadows" in display.shown:
            self._backdrop.draw_shadows(display, frame)
        if display.grid:
            self._ground.draw(display, frame)
        if "ghost" in display.shown:
            self.ghosts.draw(display, frame)
        self._overlays.draw(display.all_layers(), frame, display.spacing - 1.0)

    def pick(self, display: Display, x: float, y: float, scale: float = 1.0) -> int:
        """Return the instance that a pixel shows, or -1.

        Args:
            display: What is drawn.
            x: Pixels from the left [logical pixels].
            y: Pixels from the top [logical pixels].
            scale: Physical pixels per logical pixel.
        """
        target = int(GL.glGetIntegerv(GL.GL_FRAMEBUFFER_BINDING))
        viewport = [int(i) for i in GL.glGetIntegerv(GL.GL_VIEWPORT)]
        width, height = (max(round(side * scale), 1) for side in display.size)
        self.scene.show(display)
        detail = replace(self._detail(display), speck=0.0)
        at = (int(x * scale), height - 1 - int(y * scale))
        found = self._picking.pick(display, *at, (width, height), detail)
        GL.glBindFramebuffer(GL.GL_FRAMEBUFFER, target)
        GL.glViewport(*viewport)
        self._leave_clean()
        return found

    @staticmethod
    def _leave_clean() -> None:
        """Leave the state that vispy assumes."""
        GL.glBindVertexArray(0)
        GL.glUseProgram(0)
        GL.glBindBuffer(GL.GL_ARRAY_BUFFER, 0)
        GL.glActiveTexture(GL.GL_TEXTURE0)
        GL.glDisable(GL.GL_DEPTH_TEST)

    def finish(self) -> None:
        """Wait until everything is drawn."""
        GL.glFinish()

    def release(self) -> None:
        """Delete all GL objects."""
        for item in (
            self._surfaces, self._soft, self._ground, self._overlays, self._outlines, self._picking,
            self._smooth, self._backdrop, self._sun, self.ghosts, self.scene,
        ):  # fmt: skip
            item.release()


def _widened(picture: Picture) -> tuple[int, int, int, int]:
    """Return the tile of a picture with what is around it."""
    margin = max(picture.size) // _MARGIN
    x, y, width, height = picture.tile
    return x - margin, y - margin, width + 2 * margin, height + 2 * margin
