"""Golden pictures: compared with a tolerance, looked at by a person when they change.

``pytest --update-golden`` writes those anew that differ. Rasterisers and fonts differ a little from
machine to machine; what is meant differs a lot.
"""

from __future__ import annotations

from pathlib import Path

import imageio.v2 as imageio
import numpy as np
import pytest

FOLDER = Path(__file__).parent / "golden"
LARGEST = 30_000
"""A golden picture may not be larger than this [bytes]."""
MEAN = 1.5
"""Largest mean difference of a channel, of 255."""
FAR = 28
"""A pixel differs when one of its channels is further away than this, of 255."""
SHARE = 0.012
"""Largest share of pixels that differ."""


def check(name: str, pixels: np.ndarray, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    """Compare a picture with the golden one of that name.

    Args:
        name: File name without suffix.
        pixels: RGB or RGBA, uint8, shape [height, width, 3 or 4].
        request: Knows whether golden pictures are to be written.
        tmp_path: Takes the picture that differs.
    """
    path, shown = FOLDER / f"{name}.png", np.ascontiguousarray(pixels[..., :3])
    trouble = _difference(path, shown)
    if not trouble:
        return
    if request.config.getoption("--update-golden"):
        FOLDER.mkdir(exist_ok=True)
        imageio.imwrite(path, shown, optimize=True)
        assert path.stat().st_size <= LARGEST, f"{path.name} is too large for a golden picture"
        return
    actual = tmp_path / path.name
    imageio.imwrite(actual, shown)
    pytest.fail(f"{name}: {trouble}. Look at {actual}; accept it with --update-golden.")


def _difference(path: Path, shown: np.ndarray) -> str:
    if not path.exists():
        return "there is no golden picture yet"
    golden = np.asarray(imageio.imread(path))[..., :3]
    if golden.shape != shown.shape:
        return f"the size is {shown.shape}, not {golden.shape}"
    apart = np.abs(golden.astype(int) - shown)
    mean, share = float(apart.mean()), float((apart.max(2) > FAR).mean())
    if mean <= MEAN and share <= SHARE:
        return ""
    return f"channels differ by {mean:.2f} of 255 on average, {share:.1%} of the pixels by a lot"
