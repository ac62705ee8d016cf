"""Draws the surfaces of the scene. Import only after ``gl_setup.prepare()``."""

from __future__ import annotations

import numpy as np

from inspector.gui.viewport import shaders
from inspector.gui.viewport.color_modes import ColorMode
from inspector.gui.viewport.display import Display
from inspector.gui.viewport.frame import Frame
from inspector.gui.viewport.gl import GL
from inspector.gui.viewport.gl_objects import Program
from inspector.gui.viewport.gl_state import use_with_view
from inspector.gui.viewport.maps import MAPS, Maps
from inspector.gui.viewport.scene_buffers import (
    FREE_UNIT,
    LOOK,
    LUT,
    SAMPLERS,
    SCALAR,
    SUN,
    SceneBuffers,
)
from inspector.gui.viewport.sun_pass import Sun, shine
from inspector.gui.viewport.uploads import Uploads
from inspector.session.snapshot import Look

_ALL_LEVELS = (0, 1, 2, 3)


class ScenePass:
    """Draws opaque surfaces, then what lies behind glass through it.

    Args:
        scene: What is drawn.
        uploads: Counts the uploads by name.

    Attributes:
        maps: Textures of the surfaces.
    """

    def __init__(self, scene: SceneBuffers, uploads: Uploads) -> None:
        self._scene = scene
        self._programs: dict[tuple[str, bool], Program] = {}
        for variant in (shaders.PLAIN, shaders.FULL, shaders.TEXTURED):
            self._program(variant, None)
        self.maps = Maps(FREE_UNIT, uploads)

    def draw(self, display: Display, frame: Frame, sun: Sun | None = None) -> None:
        """Draw all surfaces into the bound frame buffer, with shadows where there is a sun."""
        scene, looks = self._scene, self._scene.looks
        if display.wireframe:
            GL.glPolygonMode(GL.GL_FRONT_AND_BACK, GL.GL_LINE)
        GL.glEnable(GL.GL_PROGRAM_POINT_SIZE)
        for variant, wanted in ((shaders.PLAIN, looks.is_plain), (shaders.FULL, looks.is_single)):
            if wanted.any():
                self._prepare(self._program(variant, sun), display, frame, sun)
                scene.draw(scene.drawn, wanted, _ALL_LEVELS)
        if looks.apart:
            textured = self._program(shaders.TEXTURED, sun)
            self._prepare(textured, display, frame, sun)
            self._draw_apart(display, textured, translucent=False)
            GL.glEnable(GL.GL_BLEND)
            GL.glBlendFunc(GL.GL_ONE, GL.GL_ONE_MINUS_SRC_ALPHA)
            GL.glDepthMask(GL.GL_FALSE)
            self._draw_apart(display, textured, translucent=True)
            GL.glDepthMask(GL.GL_TRUE)
            GL.glDisable(GL.GL_BLEND)
        GL.glDisable(GL.GL_PROGRAM_POINT_SIZE)
        if display.wireframe:
            GL.glPolygonMode(GL.GL_FRONT_AND_BACK, GL.GL_FILL)

    def _program(self, variant: str, sun: Sun | None) -> Program:
        """Return a program, made when it is first wanted."""
        key = variant, sun is not None
        if key not in self._programs:
            head = shaders.HEAD + variant + (shaders.SUNLIT if sun is not None else "")
            samplers = {**SAMPLERS, "u_look": LOOK, "u_scalar": SCALAR, "u_lut": LUT, "u_seen": SUN}
            if variant == shaders.TEXTURED:
                samplers |= {f"u_map[{i}]": FREE_UNIT + i for i in range(len(MAPS))}
            self._programs[key] = Program(
                head + shaders.MESH_VERTEX, head + shaders.MESH_FRAGMENT, samplers
            )
        return self._programs[key]

    @staticmethod
    def _prepare(program: Program, display: Display, frame: Frame, sun: Sun | None) -> None:
        tokens = display.tokens
        use_with_view(program, display, frame)
        if sun is not None:
            shine(program, sun)
        program.vector("u_pixels", float(frame.projection[1, 1]) * frame.size[1])
        program.flag("u_by_scalar", display.color_mode is not ColorMode.MATERIAL)
        program.flag("u_parallel", display.camera.orthographic)
        program.flag("u_cull", display.cull_backs)
        program.vector("u_no_value", *tokens.rgb("line"))
        program.vector("u_ambient", 0.24 if tokens.name == "dark" else 0.36)

    def _draw_apart(self, display: Display, program: Program, *, translucent: bool) -> None:
        snapshot = display.snapshot
        if snapshot is None:
            return
        looks = self._scene.looks
        parts = [part for part in looks.apart if part[2].is_translucent is translucent]
        if translucent and display.instances is not None:
            # The farthest first: what is nearer shines over it.
            depth = self._depths(display)
            parts.sort(key=lambda part: -float(depth[part[0]]))
        known: Look | None = None
        for batch, part, look in parts:
            if look is not known:
                self.maps.use(program, look, snapshot.geometry.textures)
                known = look
            # Of one piece of glass the inside is seen through the outside.
            for side in (1, 2) if translucent else (0,):
                program.number("u_side", side)
                self._scene.draw_part(self._scene.drawn, batch, part)

    @staticmethod
    def _depths(display: Display) -> np.ndarray:
        instances, centers = display.instances, display.spheres[0]
        if instances is None or len(instances) == 0:
            return np.zeros(0)
        depth = (display.camera.eye - centers) @ display.camera.backward
        return np.array(
            [
                np.nanmean(depth[first:last]) if last > first else 0.0
                for first, last in zip(instances.first[:-1], instances.first[1:], strict=True)
            ]
        )

    def release(self) -> None:
        """Delete all GL objects."""
        for program in self._programs.values():
            program.release()
        self.maps.release()
