"""Draws USD's poses beside Fabric's. Import only after ``gl_setup.prepare()``."""

from __future__ import annotations

import ctypes

import numpy as np

from inspector.gui.viewport import ghost_shaders, shaders
from inspector.gui.viewport.display import Display
from inspector.gui.viewport.frame import Frame
from inspector.gui.viewport.ghost import GhostList, usd_poses
from inspector.gui.viewport.gl import GL
from inspector.gui.viewport.gl_objects import IndexBuffer, Program, TextureBuffer
from inspector.gui.viewport.gl_state import use_with_view
from inspector.gui.viewport.gl_targets import MaskTarget
from inspector.gui.viewport.mesh_arena import INSTANCE_LOCATION
from inspector.gui.viewport.scene_buffers import FREE_UNIT, SAMPLERS, DrawList, SceneBuffers
from inspector.gui.viewport.uploads import Uploads
from inspector.gui.viewport.visibility import one_level

MAX_OUTLINED = 2000
"""Ghosts that get an outline as well; of more, the shells say enough."""
_MANY = 4000
"""Ghosts from which on they are drawn with few triangles."""
_LINE = 1.6
_MASK_UNIT = FREE_UNIT + 1


class GhostPass:
    """Draws translucent shells, their outlines and the error lines; nothing where nothing differs.

    Args:
        scene: Meshes, instances and Fabric's poses.
        uploads: Counts the uploads: ``"ghost"`` when USD changed, ``"ghost index"`` when other
            shapes differ.

    Attributes:
        count: Number of ghosts of the last frame.
    """

    def __init__(self, scene: SceneBuffers, uploads: Uploads) -> None:
        self.count = 0
        self._scene = scene
        samplers = {**SAMPLERS, "u_ghost": FREE_UNIT}
        self._shell = Program(ghost_shaders.SHELL_VERTEX, ghost_shaders.SHELL_FRAGMENT, samplers)
        self._mask_program = Program(ghost_shaders.MASK_VERTEX, shaders.MASK_FRAGMENT, samplers)
        self._line = Program(ghost_shaders.LINE_VERTEX, ghost_shaders.LINE_FRAGMENT, samplers)
        self._outline = Program(
            shaders.SCREEN_VERTEX, ghost_shaders.OUTLINE_FRAGMENT, {"u_mask": _MASK_UNIT}
        )
        self._pose = TextureBuffer("ghost", GL.GL_RGBA32F, uploads)
        self._drawn = DrawList("ghost index", uploads)
        self._leaders = IndexBuffer("ghost index", uploads)
        self._line_array = int(GL.glGenVertexArrays(1))
        self._no_vertices = int(GL.glGenVertexArrays(1))
        self._mask = MaskTarget()
        self._key: tuple[object, object, object] = (None, None, None)
        self._list: GhostList | None = None

    def draw(self, display: Display, frame: Frame) -> None:
        """Draw the ghosts into the bound frame buffer, after the surfaces."""
        snapshot, instances = display.snapshot, display.instances
        if snapshot is None or instances is None:
            return
        ghosts = display.ghosts.of(display)
        self.count = len(ghosts.instances)
        if self.count == 0:
            return
        if ghosts is not self._list:
            self._list = ghosts
            level = "proxy" if self.count > _MANY else "full"
            self._drawn.show(one_level(ghosts.instances, instances.first, level))
            self._leaders.upload(ghosts.leaders.astype(np.uint32))
        key = (snapshot.transforms.usd_world, snapshot.prims, display.origin)
        if any(new is not old for new, old in zip(key, self._key, strict=True)):
            self._key, carriers = key, display.ghosts.carriers_of(snapshot)
            self._pose.upload(usd_poses(snapshot, carriers, display.origin))
        self._pose.bind(FREE_UNIT)
        GL.glEnable(GL.GL_BLEND)
        GL.glBlendFunc(GL.GL_ONE, GL.GL_ONE_MINUS_SRC_ALPHA)
        GL.glDepthMask(GL.GL_FALSE)
        self._draw_shells(display, frame)
        GL.glDisable(GL.GL_DEPTH_TEST)
        if self.count <= MAX_OUTLINED:
            self._draw_outlines(display, frame)
        self._draw_lines(display, frame, len(ghosts.leaders))
        GL.glEnable(GL.GL_DEPTH_TEST)
        GL.glDepthMask(GL.GL_TRUE)
        GL.glDisable(GL.GL_BLEND)

    @staticmethod
    def _prepare(program: Program, display: Display, frame: Frame) -> None:
        use_with_view(program, display, frame)
        program.vector("u_factor", display.exaggeration)

    def _draw_shells(self, display: Display, frame: Frame) -> None:
        self._prepare(self._shell, display, frame)
        self._shell.vector("u_color", *display.tokens.rgb("usd"))
        self._shell.flag("u_parallel", display.camera.orthographic)
        # A ghost in the place of its shape lies upon it.
        GL.glEnable(GL.GL_POLYGON_OFFSET_FILL)
        GL.glPolygonOffset(-1.0, -4.0)
        self._scene.draw(self._drawn)
        GL.glDisable(GL.GL_POLYGON_OFFSET_FILL)

    def _draw_outlines(self, display: Display, frame: Frame) -> None:
        target = int(GL.glGetIntegerv(GL.GL_FRAMEBUFFER_BINDING))
        viewport = [int(i) for i in GL.glGetIntegerv(GL.GL_VIEWPORT)]
        self._mask.begin(frame.size)
        GL.glDisable(GL.GL_BLEND)
        self._pose.bind(FREE_UNIT)
        self._prepare(self._mask_program, display, frame)
        self._scene.draw(self._drawn)
        GL.glEnable(GL.GL_BLEND)
        GL.glBindFramebuffer(GL.GL_FRAMEBUFFER, target)
        GL.glViewport(*viewport)
        self._mask.bind_texture(_MASK_UNIT)
        self._outline.use()
        self._outline.vector("u_texel", 1.0 / frame.size[0], 1.0 / frame.size[1])
        self._outline.vector("u_width", max(1.3 * frame.scale, 1.0))
        self._outline.vector("u_color", *display.tokens.rgb("usd"))
        GL.glBindVertexArray(self._no_vertices)
        GL.glDrawArrays(GL.GL_TRIANGLES, 0, 3)

    def _draw_lines(self, display: Display, frame: Frame, count: int) -> None:
        self._pose.bind(FREE_UNIT)
        self._prepare(self._line, display, frame)
        self._line.vector("u_view_size", *map(float, frame.size))
        self._line.vector("u_size", max(_LINE * frame.scale, 1.0))
        self._line.vector("u_color", *display.tokens.rgb("not_finite"))
        GL.glBindVertexArray(self._line_array)
        self._leaders.bind()
        GL.glEnableVertexAttribArray(INSTANCE_LOCATION)
        GL.glVertexAttribDivisor(INSTANCE_LOCATION, 1)
        GL.glVertexAttribIPointer(INSTANCE_LOCATION, 1, GL.GL_UNSIGNED_INT, 4, ctypes.c_void_p(0))
        GL.glDrawArraysInstanced(GL.GL_TRIANGLE_STRIP, 0, 4, count)

    def release(self) -> None:
        """Delete all GL objects."""
        for item in (
            self._shell, self._mask_program, self._line, self._outline, self._pose,
            self._drawn.buffer, self._leaders, self._mask,
        ):  # fmt: skip
            item.release()
        GL.glDeleteVertexArrays(2, [self._line_array, self._no_vertices])
