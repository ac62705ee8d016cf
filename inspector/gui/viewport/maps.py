"""Textures of materials on the GPU. Import only after ``gl_setup.prepare()``."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from inspector.gui.viewport.gl import GL
from inspector.gui.viewport.gl_objects import Program
from inspector.gui.viewport.texture_pixels import decoded
from inspector.gui.viewport.uploads import Uploads
from inspector.session.snapshot import Look, Texture

MAPS = ("color", "opacity", "emissive", "metallic", "roughness", "normal")
"""Inputs that read textures, in the order of the shader."""
_WRAPS = {
    "repeat": GL.GL_REPEAT,
    "mirror": GL.GL_MIRRORED_REPEAT,
    "clamp": GL.GL_CLAMP_TO_EDGE,
    "black": GL.GL_CLAMP_TO_BORDER,
}
_log = logging.getLogger("inspector.ui")


class Maps:
    """Owns one GL texture per image that was drawn.

    Args:
        first_unit: First of ``len(MAPS)`` texture units.
        uploads: Counts the uploads, as ``"texture"``.
    """

    def __init__(self, first_unit: int, uploads: Uploads) -> None:
        self._first = first_unit
        self._uploads = uploads
        self._known: dict[Texture, int] = {}

    def use(self, program: Program, look: Look, textures: Sequence[Texture]) -> None:
        """Bind what a look reads and tell the program about it.

        Args:
            program: The current program.
            look: The look.
            textures: What its textures are indices into.
        """
        used = 0
        # All of them first: an upload binds its texture to a unit that another map needs.
        found = [self._texture(textures[use.texture]) for _, use in look.textures]
        for (name, use), texture in zip(look.textures, found, strict=True):
            at = MAPS.index(name)
            if texture == 0:
                continue
            used |= 1 << at
            GL.glActiveTexture(GL.GL_TEXTURE0 + self._first + at)
            GL.glBindTexture(GL.GL_TEXTURE_2D, texture)
            GL.glUniform4f(program.location(f"u_map_scale[{at}]"), *use.scale)
            GL.glUniform4f(program.location(f"u_map_bias[{at}]"), *use.bias)
            matrix = np.array(use.uv, np.float32)
            GL.glUniformMatrix3x2fv(program.location(f"u_map_uv[{at}]"), 1, GL.GL_FALSE, matrix)
            program.number(f"u_map_channel[{at}]", use.channel)
        program.number("u_maps", used)

    def _texture(self, texture: Texture) -> int:
        if texture not in self._known:
            pixels = decoded(texture)
            if pixels is None:
                _log.warning("The image %s cannot be read; its colour is left out", texture.name)
            self._known[texture] = 0 if pixels is None else self._upload(texture, pixels)
        return self._known[texture]

    def _upload(self, texture: Texture, pixels: NDArray[np.uint8]) -> int:
        handle = int(GL.glGenTextures(1))
        GL.glActiveTexture(GL.GL_TEXTURE0 + self._first)
        GL.glBindTexture(GL.GL_TEXTURE_2D, handle)
        GL.glPixelStorei(GL.GL_UNPACK_ALIGNMENT, 4)
        kind = GL.GL_SRGB8_ALPHA8 if texture.is_color else GL.GL_RGBA8
        height, width = pixels.shape[:2]
        GL.glTexImage2D(
            GL.GL_TEXTURE_2D, 0, kind, width, height, 0, GL.GL_RGBA, GL.GL_UNSIGNED_BYTE, pixels
        )
        GL.glGenerateMipmap(GL.GL_TEXTURE_2D)
        for name, value in (
            (GL.GL_TEXTURE_MIN_FILTER, GL.GL_LINEAR_MIPMAP_LINEAR),
            (GL.GL_TEXTURE_MAG_FILTER, GL.GL_LINEAR),
            (GL.GL_TEXTURE_WRAP_S, _WRAPS[texture.wrap[0]]),
            (GL.GL_TEXTURE_WRAP_T, _WRAPS[texture.wrap[1]]),
        ):
            GL.glTexParameteri(GL.GL_TEXTURE_2D, name, value)
        self._uploads.note("texture", pixels.nbytes)
        return handle

    def release(self) -> None:
        """Delete them."""
        handles = [handle for handle in self._known.values() if handle]
        if handles:
            GL.glDeleteTextures(handles)
        self._known.clear()
