"""Frame buffers of our own. Import only after ``gl_setup.prepare()`` and with a current context."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from inspector.gui.viewport.gl import GL
from inspector.gui.viewport.gl_objects import linear_clamped


class _TextureTarget:
    """What is drawn into it is a texture that shaders read."""

    def __init__(self) -> None:
        self._frame_buffer = int(GL.glGenFramebuffers(1))
        self._texture = int(GL.glGenTextures(1))

    def bind_texture(self, unit: int) -> None:
        """Bind it to a texture unit."""
        GL.glActiveTexture(GL.GL_TEXTURE0 + unit)
        GL.glBindTexture(GL.GL_TEXTURE_2D, self._texture)

    def release(self) -> None:
        """Delete it."""
        GL.glDeleteFramebuffers(1, [self._frame_buffer])
        GL.glDeleteTextures([self._texture])


class MaskTarget(_TextureTarget):
    """An off-screen picture of where something is, such as what is selected (red) or focused (green)."""

    def __init__(self) -> None:
        super().__init__()
        self._size = (0, 0)

    def begin(self, size: tuple[int, int]) -> None:
        """Draw into it from now on; it is empty.

        Args:
            size: Width and height [physical pixels].
        """
        if size != self._size:
            self._resize(*size)
        GL.glBindFramebuffer(GL.GL_FRAMEBUFFER, self._frame_buffer)
        GL.glViewport(0, 0, *size)
        # Not glClear: vispy clears the alpha channel later with the clear colour it has set.
        GL.glClearBufferfv(GL.GL_COLOR, 0, np.zeros(4, np.float32))

    def _resize(self, width: int, height: int) -> None:
        self._size = (width, height)
        GL.glActiveTexture(GL.GL_TEXTURE0)
        GL.glBindTexture(GL.GL_TEXTURE_2D, self._texture)
        GL.glTexImage2D(
            GL.GL_TEXTURE_2D, 0, GL.GL_RG8, width, height, 0, GL.GL_RG, GL.GL_UNSIGNED_BYTE, None
        )
        linear_clamped()
        GL.glBindFramebuffer(GL.GL_FRAMEBUFFER, self._frame_buffer)
        GL.glFramebufferTexture2D(
            GL.GL_FRAMEBUFFER, GL.GL_COLOR_ATTACHMENT0, GL.GL_TEXTURE_2D, self._texture, 0
        )


class DepthTarget(_TextureTarget):
    """A square map of depths that shaders compare with.

    Args:
        size: Width and height [pixels].
    """

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size
        self._is_made = False
        GL.glActiveTexture(GL.GL_TEXTURE0)
        GL.glBindTexture(GL.GL_TEXTURE_2D, self._texture)
        # Whoever has the sampler in a shader wants a complete texture, also while it reads none.
        self._reserve(1)
        linear_clamped()
        GL.glTexParameteri(
            GL.GL_TEXTURE_2D, GL.GL_TEXTURE_COMPARE_MODE, GL.GL_COMPARE_REF_TO_TEXTURE
        )

    @staticmethod
    def _reserve(size: int) -> None:
        GL.glTexImage2D(
            GL.GL_TEXTURE_2D, 0, GL.GL_DEPTH_COMPONENT24, size, size, 0, GL.GL_DEPTH_COMPONENT,
            GL.GL_UNSIGNED_INT, None,
        )  # fmt: skip

    def begin(self) -> None:
        """Draw into it from now on; everything is far away."""
        GL.glBindFramebuffer(GL.GL_FRAMEBUFFER, self._frame_buffer)
        if not self._is_made:
            self._is_made = True
            GL.glActiveTexture(GL.GL_TEXTURE0)
            GL.glBindTexture(GL.GL_TEXTURE_2D, self._texture)
            self._reserve(self.size)
            GL.glFramebufferTexture2D(
                GL.GL_FRAMEBUFFER, GL.GL_DEPTH_ATTACHMENT, GL.GL_TEXTURE_2D, self._texture, 0
            )
            GL.glDrawBuffer(GL.GL_NONE)
            GL.glReadBuffer(GL.GL_NONE)
        GL.glViewport(0, 0, self.size, self.size)
        GL.glClearBufferfv(GL.GL_DEPTH, 0, np.ones(1, np.float32))


class SmoothTarget:
    """A multisampled picture that is resolved into another one."""

    def __init__(self, samples: int) -> None:
        self._samples = min(samples, int(GL.glGetIntegerv(GL.GL_MAX_SAMPLES)))
        self._frame_buffer = int(GL.glGenFramebuffers(1))
        self._stores = [int(i) for i in GL.glGenRenderbuffers(2)]
        self._size = (0, 0)

    def begin(self, size: tuple[int, int], background: tuple[float, float, float, float]) -> None:
        """Draw into it from now on, over a plain background.

        Args:
            size: Width and height [physical pixels].
            background: Colour and opacity, premultiplied.
        """
        GL.glBindFramebuffer(GL.GL_FRAMEBUFFER, self._frame_buffer)
        if size != self._size:
            self._size = size
            for store, kind, place in (
                (self._stores[0], GL.GL_RGBA8, GL.GL_COLOR_ATTACHMENT0),
                (self._stores[1], GL.GL_DEPTH_COMPONENT24, GL.GL_DEPTH_ATTACHMENT),
            ):
                GL.glBindRenderbuffer(GL.GL_RENDERBUFFER, store)
                GL.glRenderbufferStorageMultisample(GL.GL_RENDERBUFFER, self._samples, kind, *size)
                GL.glFramebufferRenderbuffer(GL.GL_FRAMEBUFFER, place, GL.GL_RENDERBUFFER, store)
        GL.glViewport(0, 0, *size)
        GL.glClearBufferfv(GL.GL_COLOR, 0, np.array(background, np.float32))
        GL.glClearBufferfv(GL.GL_DEPTH, 0, np.ones(1, np.float32))

    def resolve(self, target: int, x: int, y: int) -> None:
        """Copy the picture into a frame buffer and leave that one bound.

        Args:
            target: Frame buffer.
            x: Left edge there [physical pixels].
            y: Lower edge there [physical pixels].
        """
        width, height = self._size
        GL.glBindFramebuffer(GL.GL_READ_FRAMEBUFFER, self._frame_buffer)
        GL.glBindFramebuffer(GL.GL_DRAW_FRAMEBUFFER, target)
        GL.glBlitFramebuffer(
            0, 0, width, height, x, y, x + width, y + height,
            GL.GL_COLOR_BUFFER_BIT, GL.GL_NEAREST,
        )  # fmt: skip
        GL.glBindFramebuffer(GL.GL_FRAMEBUFFER, target)
        GL.glViewport(x, y, width, height)

    def release(self) -> None:
        """Delete it."""
        GL.glDeleteFramebuffers(1, [self._frame_buffer])
        GL.glDeleteRenderbuffers(2, self._stores)


class PictureTarget:
    """A picture of plain pixels that can be read back."""

    def __init__(self) -> None:
        self.frame_buffer = int(GL.glGenFramebuffers(1))
        self._stores = [int(i) for i in GL.glGenRenderbuffers(2)]
        self._size = (0, 0)

    def resize(self, width: int, height: int) -> None:
        """Make it as large as wanted [physical pixels] and draw into it from now on."""
        GL.glBindFramebuffer(GL.GL_FRAMEBUFFER, self.frame_buffer)
        if (width, height) != self._size:
            self._size = (width, height)
            for store, kind, place in (
                (self._stores[0], GL.GL_RGBA8, GL.GL_COLOR_ATTACHMENT0),
                (self._stores[1], GL.GL_DEPTH_COMPONENT24, GL.GL_DEPTH_ATTACHMENT),
            ):
                GL.glBindRenderbuffer(GL.GL_RENDERBUFFER, store)
                GL.glRenderbufferStorage(GL.GL_RENDERBUFFER, kind, width, height)
                GL.glFramebufferRenderbuffer(GL.GL_FRAMEBUFFER, place, GL.GL_RENDERBUFFER, store)
        GL.glViewport(0, 0, width, height)

    def clear(self, color: tuple[float, float, float, float]) -> None:
        """Fill it with a colour, premultiplied, and reset its depth."""
        GL.glDepthMask(GL.GL_TRUE)
        GL.glClearBufferfv(GL.GL_COLOR, 0, np.array(color, np.float32))
        GL.glClearBufferfv(GL.GL_DEPTH, 0, np.ones(1, np.float32))

    def read(self) -> NDArray[np.uint8]:
        """Return the pixels, the top row first, uint8, shape [height, width, 4]."""
        width, height = self._size
        data = np.empty((height, width, 4), np.uint8)
        GL.glBindFramebuffer(GL.GL_READ_FRAMEBUFFER, self.frame_buffer)
        GL.glPixelStorei(GL.GL_PACK_ALIGNMENT, 1)
        GL.glReadPixels(0, 0, width, height, GL.GL_RGBA, GL.GL_UNSIGNED_BYTE, data)
        return data[::-1]

    def release(self) -> None:
        """Delete it."""
        GL.glDeleteFramebuffers(1, [self.frame_buffer])
        GL.glDeleteRenderbuffers(2, self._stores)


class IdTarget:
    """One pixel that holds a number."""

    def __init__(self) -> None:
        self.frame_buffer = int(GL.glGenFramebuffers(1))
        self._stores = [int(i) for i in GL.glGenRenderbuffers(2)]
        self._is_made = False

    def _make(self) -> None:
        self._is_made = True
        for store, kind, place in (
            (self._stores[0], GL.GL_R32UI, GL.GL_COLOR_ATTACHMENT0),
            (self._stores[1], GL.GL_DEPTH_COMPONENT24, GL.GL_DEPTH_ATTACHMENT),
        ):
            GL.glBindRenderbuffer(GL.GL_RENDERBUFFER, store)
            GL.glRenderbufferStorage(GL.GL_RENDERBUFFER, kind, 1, 1)
            GL.glFramebufferRenderbuffer(GL.GL_FRAMEBUFFER, place, GL.GL_RENDERBUFFER, store)

    def begin(self) -> None:
        """Draw into it from now on; it holds 0."""
        GL.glBindFramebuffer(GL.GL_FRAMEBUFFER, self.frame_buffer)
        if not self._is_made:
            self._make()
        GL.glViewport(0, 0, 1, 1)
        GL.glDisable(GL.GL_BLEND)
        GL.glClearBufferuiv(GL.GL_COLOR, 0, np.zeros(4, np.uint32))
        GL.glClearBufferfv(GL.GL_DEPTH, 0, np.ones(1, np.float32))

    def release(self) -> None:
        """Delete it."""
        GL.glDeleteFramebuffers(1, [self.frame_buffer])
        GL.glDeleteRenderbuffers(2, self._stores)
