"""Draws outlines around what is selected and focused. Import only after ``gl_setup.prepare()``."""

from __future__ import annotations

from inspector.gui.viewport import shaders
from inspector.gui.viewport.display import Display
from inspector.gui.viewport.frame import Frame
from inspector.gui.viewport.gl import GL
from inspector.gui.viewport.gl_objects import Program
from inspector.gui.viewport.gl_state import blended, use_with_view
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
        self._mask.begin(frame.size)
        GL.glDisable(GL.GL_DEPTH_TEST)
        for name, wanted in (("selected", display.selected), ("focused", display.focused)):
            GL.glColorMask(name == "selected", name == "focused", GL.GL_FALSE, GL.GL_FALSE)
            use_with_view(self._mask_program, display, frame)
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
        GL.glBindVertexArray(self._no_vertices)
        with blended():
            GL.glDrawArrays(GL.GL_TRIANGLES, 0, 3)

    def release(self) -> None:
        """Delete all GL objects."""
        for item in (self._mask, self._mask_program, self._program):
            item.release()
        GL.glDeleteVertexArrays(1, [self._no_vertices])
