"""Everything that must happen before the first OpenGL import, and the question whether GL works."""

from __future__ import annotations

import importlib
import os
import sys

from PySide6.QtCore import qInstallMessageHandler
from PySide6.QtGui import QGuiApplication, QOffscreenSurface, QOpenGLContext, QSurfaceFormat

from inspector.errors import MissingDependencyError

_NEEDED = (3, 3)


def probe() -> str:
    """Return why there is no usable OpenGL, or the empty string when there is.

    Needs a running ``QGuiApplication``.
    """
    if QGuiApplication.platformName() in {"offscreen", "minimal", "vnc"}:
        return f"the Qt platform '{QGuiApplication.platformName()}' has no GL context"
    context = QOpenGLContext()
    if not context.create():
        return "no GL context can be made; install a GL driver (Mesa: libgl1-mesa-dri)"
    surface = QOffscreenSurface()
    surface.setFormat(context.format())
    surface.create()
    if not context.makeCurrent(surface):
        return "the GL context cannot be made current"
    found: QSurfaceFormat = context.format()
    context.doneCurrent()
    if found.version() < _NEEDED:
        return (
            f"OpenGL {found.majorVersion()}.{found.minorVersion()} found, "
            f"{_NEEDED[0]}.{_NEEDED[1]} needed"
        )
    return ""


def prepare() -> None:
    """Make PyOpenGL use the platform that Qt uses. Harmless when called again.

    Raises:
        MissingDependencyError: If PyOpenGL cannot be loaded.
    """
    if sys.platform.startswith("linux"):
        platform = "egl" if QGuiApplication.platformName().startswith("wayland") else "x11"
        os.environ.setdefault("PYOPENGL_PLATFORM", platform)
    try:
        importlib.import_module("inspector.gui.viewport.gl")
        importlib.import_module("OpenGL.GL")
    except (ImportError, AttributeError, OSError) as error:
        raise MissingDependencyError(
            f"PyOpenGL cannot be loaded: {error}.",
            todo="Install libgl1 and libegl1, or PyOpenGL again.",
        ) from error


def prepare_vispy() -> None:
    """Make vispy use Qt and PyOpenGL. Harmless when called again.

    Raises:
        MissingDependencyError: If vispy cannot be loaded.
    """
    prepare()
    # vispy installs a Qt message handler of its own while it is imported, which would take Qt's
    # warnings away from whoever listens to them now.
    previous = qInstallMessageHandler(None)
    try:
        import vispy

        vispy.use(app="pyside6", gl="gl+")
        importlib.import_module("vispy.scene")
    except (ImportError, OSError, RuntimeError) as error:
        raise MissingDependencyError(
            f"vispy cannot be loaded: {error}.",
            todo="Install libfontconfig1, or vispy again.",
        ) from error
    finally:
        qInstallMessageHandler(previous)
