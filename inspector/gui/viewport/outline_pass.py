"""Draws outlines around what is selected and focused. Import only after ``gl_setup.prepare()``."""

from __future__ import annotations

import numpy as np

from inspector.gui.viewport import shaders
from inspector.gui.viewport.display import Display
from inspector.gui.viewport.frame import Frame
from inspector.gui.viewport.gl import GL
from inspector.gui.viewport.gl_objects import Program
from inspector.gui.viewport.gl_targets import MaskTarget
from inspector.gui.viewport.scene_buffers import FREE_UNIT, SAMPLERS, SceneBuffers
from inspector.gui.viewport.soft_pass import SoftPass


class OutlinePass:
    """Draws masks of both into a picture of its own, and their edges over the frame.

    Args:
        scene: What is drawn.
        soft: Draws what deforms.
    """

    def __init__(self, scene: SceneBuffers, soft: SoftPass) -> None:
        self._scene, self._soft = scene, soft
        self._mask = MaskTarget()
        self._mask_program = Program(shaders.MASK_VERTEX, shaders.MASK_FRAGMENT, SAMPLERS)
        self._program = Program(
            shaders.SCREEN_VERTEX, shaders.OUTLINE_FRAGMENT, {"u_mask": FREE_UNIT}
        )
        self._no_vertices = int(GL.glGenVertexArrays(1))

    def draw(self, display: Display, frame: Frame, target: tuple[int, int, int]) -> None:
        """Draw the outlines.

        Args:
            display: What is selected and focused.
            frame: The view.
            target: Frame buffer, and left and lower edge of the picture in it [physical pixels].
        """
        width, height = frame.size
        self._mask.resize(width, height)
        GL.glBindFramebuffer(GL.GL_FRAMEBUFFER, self._mask.frame_buffer)
        GL.glViewport(0, 0, width, height)
        GL.glDisable(GL.GL_DEPTH_TEST)
        # Not glClear: vispy clears the alpha channel later with the clear colour it has set.
        GL.glClearBufferfv(GL.GL_COLOR, 0, np.zeros(4, np.float32))
        for name, wanted in (("selected", display.selected), ("focused", display.focused)):
            GL.glColorMask(name == "selected", name == "focused", GL.GL_FALSE, GL.GL_FALSE)
            self._mask_program.use()
            self._mask_program.matrix("u_view", frame.view)
            self._mask_program.matrix("u_projection", frame.projection)
            self._mask_program.vector("u_spread", display.spacing - 1.0)
            self._scene.draw_outlined(name)
            self._soft.draw_outlined(display, frame, wanted)
        GL.glColorMask(GL.GL_TRUE, GL.GL_TRUE, GL.GL_TRUE, GL.GL_TRUE)
        GL.glBindFramebuffer(GL.GL_FRAMEBUFFER, target[0])
        GL.glViewport(target[1], target[2], width, height)
        self._mask.bind_texture(FREE_UNIT)
        program, tokens = self._program, display.tokens
        program.use()
        program.vector("u_texel", 1.0 / width, 1.0 / height)
        program.vector("u_width", max(2.0 * frame.scale, 1.0))
        program.vector("u_selected", *tokens.rgb("accent"))
        program.vector("u_focused", *tokens.rgb("text"))
        GL.glEnable(GL.GL_BLEND)
        GL.glBlendFuncSeparate(
            GL.GL_SRC_ALPHA, GL.GL_ONE_MINUS_SRC_ALPHA, GL.GL_ONE, GL.GL_ONE_MINUS_SRC_ALPHA
        )
        GL.glBindVertexArray(self._no_vertices)
        GL.glDrawArrays(GL.GL_TRIANGLES, 0, 3)
        GL.glDisable(GL.GL_BLEND)

    def release(self) -> None:
        """Delete all GL objects."""
        for item in (self._mask, self._mask_program, self._program):
            item.release()
        GL.glDeleteVertexArrays(1, [self._no_vertices])
