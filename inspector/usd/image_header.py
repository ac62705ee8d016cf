"""What the first bytes of an image file say. Decoding it is the viewport's business."""

from __future__ import annotations

import struct

_PNG = b"\x89PNG\r\n\x1a\n"
_PNG_COLORS = {2, 3, 6}
"""Colour types of PNG that have three channels or more: RGB, palette, RGBA."""
_JPEG_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}


def is_color(data: bytes) -> bool:
    """Whether an image holds colours as shown when nobody says what its numbers are.

    Source: ``sourceColorSpace = "auto"`` in the specification of UsdPreviewSurface: eight bits and
    three or four channels are sRGB, everything else is read as it is.

    Args:
        data: The file; of other kinds than PNG and JPEG nothing is known: colours.
    """
    if data.startswith(_PNG) and len(data) > 25:
        return data[24] <= 8 and data[25] in _PNG_COLORS
    if data.startswith(b"\xff\xd8"):
        return _channels_of_jpeg(data) >= 3
    return True


def _channels_of_jpeg(data: bytes) -> int:
    at = 2
    while at + 10 <= len(data) and data[at] == 0xFF:
        kind, (length,) = data[at + 1], struct.unpack(">H", data[at + 2 : at + 4])
        if kind in _JPEG_FRAMES:
            return data[at + 9]
        at += 1 if kind == 0xFF else 2 + length
    return 3
