"""Thin owners of GL objects. Import only after ``gl_setup.prepare()`` and with a current context."""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inspector.gui.viewport.gl import GL
from inspector.gui.viewport.uploads import Uploads
from inspector.session.snapshot import MeshData

INSTANCE_LOCATION = 2


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
        """Set a 4×4 matrix that acts on column vectors."""
        data = np.ascontiguousarray(value, np.float32)
        GL.glUniformMatrix4fv(self.location(name), 1, GL.GL_TRUE, data)

    def vector(self, name: str, *value: float) -> None:
        """Set a float, vec2 or vec3."""
        set_uniform = (GL.glUniform1f, GL.glUniform2f, GL.glUniform3f)[len(value) - 1]
        set_uniform(self.location(name), *value)

    def flag(self, name: str, value: bool) -> None:
        """Set a bool."""
        GL.glUniform1i(self.location(name), int(value))

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


class TextureBuffer:
    """An array that shaders read by index.

    Args:
        name: What it is called in the upload counter.
        internal_format: GL format of a texel, such as ``GL_RGBA32F``.
        uploads: Counts the uploads by name.
    """

    def __init__(self, name: str, internal_format: Any, uploads: Uploads) -> None:
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
        self._uploads.note(self._name, data.nbytes)

    def bind(self, unit: int) -> None:
        """Bind it to a texture unit."""
        GL.glActiveTexture(GL.GL_TEXTURE0 + unit)
        GL.glBindTexture(GL.GL_TEXTURE_BUFFER, self._texture)

    def release(self) -> None:
        """Delete it."""
        GL.glDeleteTextures([self._texture])
        GL.glDeleteBuffers(1, [self._buffer])


class IndexBuffer:
    """Instance indices of one draw list."""

    def __init__(self, name: str, uploads: Uploads) -> None:
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
        self._uploads.note(self._name, data.nbytes)

    def bind(self) -> None:
        """Make it the source of the next attribute pointers."""
        GL.glBindBuffer(GL.GL_ARRAY_BUFFER, self._buffer)

    def release(self) -> None:
        """Delete it."""
        GL.glDeleteBuffers(1, [self._buffer])


_MODES = {1: GL.GL_POINTS, 2: GL.GL_LINES, 3: GL.GL_TRIANGLES}


class MeshBuffers:
    """Vertices and elements of one mesh, drawn many times.

    Args:
        points: Positions, float32, shape [v, 3].
        normals: Normals, float32, shape [v, 3].
        elements: Indices of the vertices of each triangle, line or point, shape [e, 3 | 2 | 1].
    """

    def __init__(self, points: NDArray[Any], normals: NDArray[Any], elements: NDArray[Any]) -> None:
        self.array = int(GL.glGenVertexArrays(1))
        self._buffers = [int(i) for i in np.atleast_1d(GL.glGenBuffers(2))]
        self._count = int(elements.size)
        self._mode = _MODES[elements.shape[1]]
        vertices = np.concatenate([points, normals], 1, dtype=np.float32)
        triangles = np.ascontiguousarray(elements, np.uint32)
        GL.glBindVertexArray(self.array)
        GL.glBindBuffer(GL.GL_ARRAY_BUFFER, self._buffers[0])
        _fill(GL.GL_ARRAY_BUFFER, np.ascontiguousarray(vertices))
        for location in (0, 1):
            GL.glEnableVertexAttribArray(location)
            GL.glVertexAttribPointer(
                location, 3, GL.GL_FLOAT, GL.GL_FALSE, 24, ctypes.c_void_p(12 * location)
            )
        GL.glEnableVertexAttribArray(INSTANCE_LOCATION)
        GL.glVertexAttribDivisor(INSTANCE_LOCATION, 1)
        GL.glBindBuffer(GL.GL_ELEMENT_ARRAY_BUFFER, self._buffers[1])
        _fill(GL.GL_ELEMENT_ARRAY_BUFFER, triangles)
        GL.glBindVertexArray(0)

    def draw(self, first: int, count: int) -> None:
        """Draw instances ``first`` to ``first + count`` of the bound index buffer."""
        if self._count == 0:
            return
        GL.glBindVertexArray(self.array)
        GL.glVertexAttribIPointer(
            INSTANCE_LOCATION, 1, GL.GL_UNSIGNED_INT, 4, ctypes.c_void_p(4 * first)
        )
        GL.glDrawElementsInstanced(self._mode, self._count, GL.GL_UNSIGNED_INT, None, count)

    @classmethod
    def of_mesh(cls, mesh: MeshData) -> MeshBuffers:
        """Return the buffers of a mesh."""
        return cls(mesh.points, mesh.normals, mesh.triangles)

    @classmethod
    def of_speck(cls, points: NDArray[np.float32]) -> MeshBuffers:
        """Return the buffers of one point or one line, lit from above."""
        normals = np.tile(np.array([0, 0, 1], np.float32), (len(points), 1))
        return cls(points, normals, np.arange(len(points), dtype=np.uint32)[None])

    def release(self) -> None:
        """Delete them."""
        GL.glDeleteVertexArrays(1, [self.array])
        GL.glDeleteBuffers(2, self._buffers)


def _fill(target: Any, data: NDArray[Any]) -> None:
    GL.glBufferData(target, max(data.nbytes, 4), data if data.size else None, GL.GL_STATIC_DRAW)


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
