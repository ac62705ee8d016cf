"""Draws two boxes off-screen and prints how many colours the picture has; for ``test_offscreen``."""

from __future__ import annotations

import sys

from inspector.gui.app import make_application
from inspector.gui.viewport.display import Display
from inspector.gui.viewport.offscreen import OffscreenRenderer
from tests.viewport.scenes import two_boxes


def main() -> int:
    """Draw once."""
    application = make_application()
    with OffscreenRenderer() as renderer:
        pixels = renderer.render(two_boxes(), Display(), (160, 120))
        trouble = renderer.trouble
    colors = len({tuple(color) for color in pixels[::4, ::4, :3].reshape(-1, 3).tolist()})
    sys.stdout.write(f"{colors} {trouble}")
    return 0 if application is not None else 1


if __name__ == "__main__":
    sys.exit(main())
