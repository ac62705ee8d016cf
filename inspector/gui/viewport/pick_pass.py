"""Says which instance a pixel shows, by drawing numbers instead of colours.

Import only after ``gl_setup.prepare()``. Only what lies under the pixel is drawn, into a frame
buffer of one pixel without smoothing, so that the answer is one instance and never a mixture.
"""

from __future__ import annotations

import numpy as np

from inspector.gui.viewport import shaders
from inspector.gui.viewport.display import Display
from inspector.gui.viewport.frame import Picture, frame_of
from inspector.gui.viewport.gl import GL
from inspector.gui.viewport.gl_objects import Program
from inspector.gui.viewport.gl_state import use_with_view
from inspector.gui.viewport.gl_targets import IdTarget
from inspector.gui.viewport.scene_buffers import SAMPLERS, DrawList, SceneBuffers
from inspector.gui.viewport.soft_pass import SoftPass
from inspector.gui.viewport.uploads import Uploads
from inspector.gui.viewport.visibility import Detail


class PickPass:
    """Draws the numbers.

    Args:
        scene: What is drawn.
        soft: Draws what deforms.
        uploads: Counts the uploads, as ``"picked"``.
    """

    def __init__(self, scene: SceneBuffers, soft: SoftPass, uploads: Uploads) -> None:
        self._scene, self._soft = scene, soft
        self._target = IdTarget()
        self._program = Program(shaders.MASK_VERTEX, shaders.ID_FRAGMENT, SAMPLERS)
        self._list = DrawList("picked", uploads)

    def pick(self, display: Display, x: int, y: int, size: tuple[int, int], detail: Detail) -> int:
        """Return the instance under a pixel, or -1.

        Args:
            display: What is drawn; the scene has seen it.
            x: Pixels from the left [physical pixels].
            y: Pixels from the bottom [physical pixels].
            size: Width and height of the whole picture [physical pixels].
            detail: What the frame costs that the user sees: the same levels are drawn.
        """
        picture = Picture(size, (x, y, 1, 1), 1.0, (0.0, 0.0, 0.0, 0.0))
        self._list.show(self._scene.choose(display, picture, detail))
        frame = frame_of(display, picture)
        self._target.begin()
        GL.glEnable(GL.GL_DEPTH_TEST)
        GL.glDepthMask(GL.GL_TRUE)
        GL.glDepthFunc(GL.GL_LEQUAL)
        use_with_view(self._program, display, frame)
        self._program.flag("u_cull", display.cull_backs)
        self._scene.bind()
        self._scene.draw(self._list)
        self._soft.draw_numbers(display, frame)
        found = np.zeros(1, np.uint32)
        GL.glReadPixels(0, 0, 1, 1, GL.GL_RED_INTEGER, GL.GL_UNSIGNED_INT, found)
        return int(found[0]) - 1

    def release(self) -> None:
        """Delete all GL objects."""
        for item in (self._target, self._program, self._list.buffer):
            item.release()
