"""Splits the screen of an X server into monitors, as if there were several."""

from __future__ import annotations

import ctypes as c


class _Monitor(c.Structure):
    _fields_ = (
        ("name", c.c_ulong), ("primary", c.c_int), ("automatic", c.c_int), ("noutput", c.c_int),
        ("x", c.c_int), ("y", c.c_int), ("width", c.c_int), ("height", c.c_int),
        ("mwidth", c.c_int), ("mheight", c.c_int), ("outputs", c.POINTER(c.c_ulong)),
    )  # fmt: skip


class Monitors:
    """Two monitors side by side; the second one can be unplugged and plugged in again.

    Raises:
        OSError: There is no X server, or a library is missing.
    """

    def __init__(self) -> None:
        self._x, self._randr = c.CDLL("libX11.so.6"), c.CDLL("libXrandr.so.2")
        self._x.XOpenDisplay.restype = c.c_void_p
        self._x.XDefaultRootWindow.restype = self._x.XInternAtom.restype = c.c_ulong
        self._randr.XRRAllocateMonitor.restype = c.POINTER(_Monitor)
        self._randr.XRRGetMonitors.restype = c.POINTER(_Monitor)
        display = self._x.XOpenDisplay(None)
        if not display:
            raise OSError("There is no X server.")
        self._display = c.c_void_p(display)
        self._root = c.c_ulong(self._x.XDefaultRootWindow(self._display))
        count = c.c_int()
        whole = self._randr.XRRGetMonitors(self._display, self._root, 1, c.byref(count))[0]
        self._width, self._height = whole.width, whole.height
        self._output = whole.outputs[0]

    def split(self) -> None:
        """Make a left and a right monitor of the screen."""
        self._set(b"left", 0, is_first=True)
        self.plug()

    def plug(self) -> None:
        """Plug the right monitor in."""
        self._set(b"right", self._width // 2, is_first=False)

    def unplug(self) -> None:
        """Take the right monitor away."""
        name = c.c_ulong(self._x.XInternAtom(self._display, b"right", 0))
        self._randr.XRRDeleteMonitor(self._display, self._root, name)
        self._x.XSync(self._display, 0)

    def _set(self, name: bytes, x: int, *, is_first: bool) -> None:
        monitor = self._randr.XRRAllocateMonitor(self._display, int(is_first))
        made = monitor.contents
        made.name = self._x.XInternAtom(self._display, name, 0)
        made.primary, made.automatic = int(is_first), 0
        if is_first:
            made.outputs[0] = self._output
        made.x, made.y, made.width, made.height = x, 0, self._width // 2, self._height
        made.mwidth, made.mheight = self._width // 8, self._height // 4
        self._randr.XRRSetMonitor(self._display, self._root, monitor)
        self._x.XSync(self._display, 0)
