"""What an edit carries along as text: compressed, and refused when it is damaged."""

from __future__ import annotations

import base64
import json
import zlib
from typing import Any

from inspector.errors import EditRefusedError

DAMAGED = "The {} of that edit are damaged."


def pack(data: bytes) -> str:
    """Return bytes as text."""
    return base64.b64encode(zlib.compress(data, 1)).decode()


def unpack(text: str, what: str) -> bytes:
    """Return the bytes of a text.

    Args:
        text: What ``pack`` returned.
        what: What it is, in the plural.

    Raises:
        EditRefusedError: The text is damaged.
    """
    try:
        return zlib.decompress(base64.b64decode(text))
    except (ValueError, zlib.error) as error:
        raise EditRefusedError(DAMAGED.format(what)) from error


def pack_values(data: dict[str, Any]) -> str:
    """Return values that JSON knows as text."""
    return pack(json.dumps(data, separators=(",", ":")).encode())


def unpack_values(text: str, what: str) -> dict[str, Any]:
    """Return the values of a text; none of an empty one.

    Args:
        text: What ``pack_values`` returned.
        what: What they are, in the plural.

    Raises:
        EditRefusedError: The text is damaged.
    """
    if not text:
        return {}
    try:
        data: dict[str, Any] = json.loads(unpack(text, what))
    except ValueError as error:
        raise EditRefusedError(DAMAGED.format(what)) from error
    return data
