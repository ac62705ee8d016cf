"""Thin owners of GL objects. Import only after ``gl_setup.prepare()`` and with a current context."""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inspector.gui.viewport.gl import GL
from inspector.gui.viewport.uploads import Uploads


class Program:
    """A linked shader with its uniform locations.

    Args:
        vertex: GLSL of the vertex stage.
        fragment: GLSL of the fragment stage.
        samplers: Texture unit of each sampler uniform.
    """

    def __init__(self, vertex: str, fragment: str, samplers: dict[str, int]) -> None:
        self.handle: int = int(GL.glCreateProgram())
        stages = [
            _compile(GL.GL_VERTEX_SHADER, vertex),
            _compile(GL.GL_FRAGMENT_SHADER, fragment),
        ]
        for stage in stages:
            GL.glAttachShader(self.handle, stage)
        GL.glLinkProgram(self.handle)
        if not GL.glGetProgramiv(self.handle, GL.GL_LINK_STATUS):
            raise RuntimeError(f"Shader does not link: {GL.glGetProgramInfoLog(self.handle)}")
        for stage in stages:
            GL.glDeleteShader(stage)
        self._at: dict[str, int] = {}
        self.use()
        for name, unit in samplers.items():
            GL.glUniform1i(self.location(name), unit)

    def location(self, name: str) -> int:
        """Return the location of a uniform."""
        if name not in self._at:
            self._at[name] = int(GL.glGetUniformLocation(self.handle, name))
        return self._at[name]

    def use(self) -> None:
        """Make it the current program."""
        GL.glUseProgram(self.handle)

    def matrix(self, name: str, value: NDArray[np.float64]) -> None:
        """Set a matrix that acts on column vectors, shape [4, 4]."""
        data = np.ascontiguousarray(value, np.float32)
        GL.glUniformMatrix4fv(self.location(name), 1, GL.GL_TRUE, data)

    def vector(self, name: str, *value: float) -> None:
        """Set a float, vec2, vec3 or vec4."""
        setters = GL.glUniform1f, GL.glUniform2f, GL.glUniform3f, GL.glUniform4f
        set_uniform = setters[len(value) - 1]
        set_uniform(self.location(name), *value)

    def flag(self, name: str, value: bool) -> None:
        """Set a bool."""
        GL.glUniform1i(self.location(name), int(value))

    def number(self, name: str, value: int) -> None:
        """Set an int."""
        GL.glUniform1i(self.location(name), value)

    def release(self) -> None:
        """Delete it."""
        GL.glDeleteProgram(self.handle)


def _compile(kind: Any, source: str) -> int:
    handle = int(GL.glCreateShader(kind))
    GL.glShaderSource(handle, source)
    GL.glCompileShader(handle)
    if not GL.glGetShaderiv(handle, GL.GL_COMPILE_STATUS):
        raise RuntimeError(f"Shader does not compile: {GL.glGetShaderInfoLog(handle)}")
    return handle


class Fence:
    """What the GPU has been told so far."""

    def __init__(self) -> None:
        self._sync = GL.glFenceSync(GL.GL_SYNC_GPU_COMMANDS_COMPLETE, 0)

    def wait(self) -> None:
        """Wait until it is done."""
        while (
            GL.glClientWaitSync(self._sync, GL.GL_SYNC_FLUSH_COMMANDS_BIT, 1_000_000_000)
            == GL.GL_TIMEOUT_EXPIRED
        ):
            pass
        GL.glDeleteSync(self._sync)


class TextureBuffer:
    """An array that shaders read by index.

    Args:
        name: What it is called in the upload counter.
        internal_format: GL format of a texel, such as ``GL_RGBA32F``.
        uploads: Counts the uploads by name.

    Attributes:
        size: What it holds [bytes].
    """

    def __init__(self, name: str, internal_format: Any, uploads: Uploads) -> None:
        self.size = 0
        self._name = name
        self._uploads = uploads
        self._buffer = int(GL.glGenBuffers(1))
        self._texture = int(GL.glGenTextures(1))
        GL.glBindBuffer(GL.GL_TEXTURE_BUFFER, self._buffer)
        GL.glBufferData(GL.GL_TEXTURE_BUFFER, 64, None, GL.GL_STREAM_DRAW)
        GL.glBindTexture(GL.GL_TEXTURE_BUFFER, self._texture)
        GL.glTexBuffer(GL.GL_TEXTURE_BUFFER, internal_format, self._buffer)

    def upload(self, data: NDArray[Any]) -> None:
        """Replace the contents; old storage is orphaned, so nothing waits for the GPU."""
        GL.glBindBuffer(GL.GL_TEXTURE_BUFFER, self._buffer)
        GL.glBufferData(
            GL.GL_TEXTURE_BUFFER, max(data.nbytes, 64), data if data.size else None,
            GL.GL_STREAM_DRAW,
        )  # fmt: skip
        self.size = data.nbytes
        self._uploads.note(self._name, data.nbytes)

    def write(self, data: NDArray[np.float32]) -> None:
        """Replace the contents often, with as much as before: the memory is used again.

        Args:
            data: Contiguous array.
        """
        size = data.nbytes
        if size != self.size or size == 0:
            self.upload(data)
            return
        GL.glBindBuffer(GL.GL_TEXTURE_BUFFER, self._buffer)
        self._uploads.note(self._name, size)
        # What the GPU still reads is left to it: it gets new storage only if it is busy with that.
        access = GL.GL_MAP_WRITE_BIT | GL.GL_MAP_INVALIDATE_BUFFER_BIT
        while True:
            address = GL.glMapBufferRange(GL.GL_TEXTURE_BUFFER, 0, size, access)
            ctypes.memmove(int(address), data.ctypes.data, size)
            if GL.glUnmapBuffer(GL.GL_TEXTURE_BUFFER):
                return  # else the memory was lost meanwhile, as the display went to sleep

    def bind(self, unit: int) -> None:
        """Bind it to a texture unit."""
        GL.glActiveTexture(GL.GL_TEXTURE0 + unit)
        GL.glBindTexture(GL.GL_TEXTURE_BUFFER, self._texture)

    def release(self) -> None:
        """Delete it."""
        GL.glDeleteTextures([self._texture])
        GL.glDeleteBuffers(1, [self._buffer])


class IndexBuffer:
    """Instance indices of draw lists.

    Attributes:
        size: What it holds [bytes].
    """

    def __init__(self, name: str, uploads: Uploads) -> None:
        self.size = 0
        self._name = name
        self._uploads = uploads
        self._buffer = int(GL.glGenBuffers(1))

    def upload(self, data: NDArray[np.uint32]) -> None:
        """Replace the contents."""
        GL.glBindBuffer(GL.GL_ARRAY_BUFFER, self._buffer)
        GL.glBufferData(
            GL.GL_ARRAY_BUFFER, max(data.nbytes, 4), data if data.size else None,
            GL.GL_STREAM_DRAW,
        )  # fmt: skip
        self.size = data.nbytes
        self._uploads.note(self._name, data.nbytes)

    def bind(self) -> None:
        """Make it the source of the next attribute pointers."""
        GL.glBindBuffer(GL.GL_ARRAY_BUFFER, self._buffer)

    def release(self) -> None:
        """Delete it."""
        GL.glDeleteBuffers(1, [self._buffer])


class LookupTexture:
    """A row of colours."""

    def __init__(self, uploads: Uploads) -> None:
        self._uploads = uploads
        self._texture = int(GL.glGenTextures(1))

    def upload(self, rgb: NDArray[np.uint8]) -> None:
        """Replace the colours, shape [k, 3]."""
        rgba = np.full((len(rgb), 4), 255, np.uint8)
        rgba[:, :3] = rgb
        GL.glActiveTexture(GL.GL_TEXTURE0)
        GL.glBindTexture(GL.GL_TEXTURE_2D, self._texture)
        GL.glTexImage2D(
            GL.GL_TEXTURE_2D, 0, GL.GL_RGBA8, len(rgb), 1, 0, GL.GL_RGBA, GL.GL_UNSIGNED_BYTE, rgba
        )
        linear_clamped()
        self._uploads.note("lut", rgba.nbytes)

    def bind(self, unit: int) -> None:
        """Bind it to a texture unit."""
        GL.glActiveTexture(GL.GL_TEXTURE0 + unit)
        GL.glBindTexture(GL.GL_TEXTURE_2D, self._texture)

    def release(self) -> None:
        """Delete it."""
        GL.glDeleteTextures([self._texture])


def linear_clamped() -> None:
    """Filter the bound texture linearly and stretch its edges."""
    for name in (GL.GL_TEXTURE_MIN_FILTER, GL.GL_TEXTURE_MAG_FILTER):
        GL.glTexParameteri(GL.GL_TEXTURE_2D, name, GL.GL_LINEAR)
    for name in (GL.GL_TEXTURE_WRAP_S, GL.GL_TEXTURE_WRAP_T):
        GL.glTexParameteri(GL.GL_TEXTURE_2D, name, GL.GL_CLAMP_TO_EDGE)
