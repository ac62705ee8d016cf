"""Which of its platforms PyOpenGL must use: that of the contexts that Qt makes.

Where the X server has no GLX (over SSH, in some remote desktops), Qt's contexts are EGL's, and
PyOpenGL would look for GLX's, find none and take the program down. Call it before the first import
of OpenGL; afterwards the choice stands.
"""

from __future__ import annotations

import ctypes
import os
import sys

from PySide6.QtGui import QGuiApplication, QOffscreenSurface, QOpenGLContext

_PLATFORM = "PYOPENGL_PLATFORM"


def follow_context() -> None:
    """Make PyOpenGL use EGL where Qt does. Needs a running ``QGuiApplication``."""
    if not sys.platform.startswith("linux") or "OpenGL" in sys.modules:
        return
    if QGuiApplication.platformName() == "xcb" and os.environ.get(_PLATFORM, "x11") == "x11":
        os.environ[_PLATFORM] = "egl" if _is_egl() else "x11"


def _is_egl() -> bool:
    context, surface = QOpenGLContext(), QOffscreenSurface()
    if not context.create():
        return False
    surface.setFormat(context.format())
    surface.create()
    if not context.makeCurrent(surface):
        return False
    try:
        current = ctypes.CDLL("libEGL.so.1").eglGetCurrentContext
        current.restype = ctypes.c_void_p
        return bool(current())
    except (OSError, AttributeError):
        return False
    finally:
        context.doneCurrent()
