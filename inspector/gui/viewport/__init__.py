"""Draws the arrays of a snapshot. vispy, numpy and PyOpenGL; no Qt widgets, no pxr, no torch.

``canvas``, ``renderer`` and ``gl_objects`` import OpenGL: call ``gl_setup.prepare()`` first, or
let ``open_canvas`` do it. Everything else works without GL.
"""

from inspector.gui.viewport import software
from inspector.gui.viewport.color_modes import ColorMode
from inspector.gui.viewport.display import Display
from inspector.gui.viewport.legends import Legend, legend
from inspector.gui.viewport.opening import open_canvas
from inspector.gui.viewport.overlay_layer import OverlayLayer
from inspector.gui.viewport.pointer import Pointer

__all__ = [
    "ColorMode",
    "Display",
    "Legend",
    "OverlayLayer",
    "Pointer",
    "legend",
    "open_canvas",
    "software",
]
