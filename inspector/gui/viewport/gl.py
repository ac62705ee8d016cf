"""The one door to PyOpenGL, whose inferred types are wrong. Import after ``gl_setup.prepare()``."""

from __future__ import annotations

from typing import Any

import OpenGL

# The renderer asks for errors once a frame; asking after every call doubles its cost.
OpenGL.ERROR_CHECKING = False

import OpenGL.GL  # noqa: E402 # it reads that when it is imported

GL: Any = OpenGL.GL
