"""Says which instance a pixel shows, by drawing numbers instead of colours.

Import only after ``gl_setup.prepare()``. Only what lies under the pixel is drawn, into a frame
buffer of one pixel without smoothing, so that the answer is one instance and never a mixture.
"""

from __future__ import annotations

import numpy as np

from inspector.gui.viewport import pick_shaders, shaders
from inspector.gui.viewport.display import Display
from inspector.gui.viewport.frame import Frame, Picture, frame_of
from inspector.gui.viewport.gl import GL
from inspector.gui.viewport.gl_objects import Program
from inspector.gui.viewport.gl_state import use_with_view
from inspector.gui.viewport.gl_targets import IdTarget
from inspector.gui.viewport.maps import MAPS, Maps
from inspector.gui.viewport.scene_buffers import FREE_UNIT, LOOK, SAMPLERS, DrawList, SceneBuffers
from inspector.gui.viewport.soft_pass import SoftPass
from inspector.gui.viewport.uploads import Uploads
from inspector.gui.viewport.visibility import Detail


class PickPass:
    """Draws the numbers.

    Args:
        scene: What is drawn.
        soft: Draws what deforms.
        maps: Textures of the surfaces.
        uploads: Counts the uploads, as ``"picked"``.
    """

    def __init__(self, scene: SceneBuffers, soft: SoftPass, maps: Maps, uploads: Uploads) -> None:
        self._scene, self._soft, self._maps = scene, soft, maps
        self._target = IdTarget()
        samplers = {**SAMPLERS, "u_look": LOOK}
        of_maps = {f"u_map[{at}]": FREE_UNIT + at for at in range(len(MAPS))}
        self._program, self._cut_program = (
            Program(
                shaders.HEAD + variant + pick_shaders.PICK_VERTEX,
                shaders.HEAD + variant + pick_shaders.PICK_FRAGMENT,
                units,
            )
            for variant, units in (("", samplers), (pick_shaders.CUT_OUT, samplers | of_maps))
        )
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
        self._scene.bind()
        self._prepare(self._program, display, frame)
        is_cut = self._scene.looks.is_cut
        self._scene.draw(self._list, ~is_cut)
        if is_cut.any():
            self._draw_cut(display, frame)
        self._soft.draw_numbers(display, frame)
        found = np.zeros(1, np.uint32)
        GL.glReadPixels(0, 0, 1, 1, GL.GL_RED_INTEGER, GL.GL_UNSIGNED_INT, found)
        return int(found[0]) - 1

    @staticmethod
    def _prepare(program: Program, display: Display, frame: Frame) -> None:
        use_with_view(program, display, frame)
        program.flag("u_cull", display.cull_backs)

    def _draw_cut(self, display: Display, frame: Frame) -> None:
        """Draw what textures cut something out of, part by part."""
        looks, program = self._scene.looks, self._cut_program
        self._prepare(program, display, frame)
        textures = () if display.snapshot is None else display.snapshot.geometry.textures
        for batch, part, look in looks.apart:
            if looks.is_cut[batch]:
                self._maps.use(program, look, textures)
                self._scene.draw_part(self._list, batch, part)

    def release(self) -> None:
        """Delete all GL objects."""
        for item in (self._target, self._program, self._cut_program, self._list.buffer):
            item.release()
