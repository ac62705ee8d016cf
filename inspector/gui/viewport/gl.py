"""The one door to PyOpenGL, whose inferred types are wrong. Import after ``gl_setup.prepare()``."""

from __future__ import annotations

from typing import Any

import OpenGL.GL

GL: Any = OpenGL.GL
