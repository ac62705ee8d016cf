"""How far away what a camera of the stage sees is, for what goes by it. Plain numpy.

A camera of USD stands somewhere and looks somewhere; it does not say at what. The lines of the
grid, the map of shadows and the labels nearby need to know.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_EDGE = 2.0
"""How much further away than the nearest ground in the picture its middle is taken to be."""
_LEAST = 1e-4
"""Distance that what is seen has at least, as a share of the radius of the scene."""


def sight_depth(
    eye: NDArray[np.float64],
    axes: NDArray[np.float64],
    up_axis: str,
    slope: float,
    scene: tuple[NDArray[np.float64], float],
) -> float | None:
    """Return the depth of the ground in the picture, or of the end of the scene if that is nearer.

    Args:
        eye: Where the camera stands [stage units], shape [3].
        axes: Right, up and backward of the camera, shape [3, 3].
        up_axis: ``"Y"`` or ``"Z"``; the ground is where this coordinate is 0.
        slope: Tangent of half the angle that is seen, 0 when lines of sight are parallel.
        scene: Centre, shape [3], and radius of all that is drawn [stage units].

    Returns:
        Depth [stage units]; None where neither is seen.
    """
    up = 1 if up_axis == "Y" else 2
    center, radius = scene
    height, tilt, lean = (float(part) for part in (eye[up], axes[2, up], slope * axes[1, up]))
    depths = [float((eye - center) @ axes[2]) + radius]
    # The ground in the middle of the picture, and at its lower and upper edge.
    for sinking, share in ((tilt, 1.0), (tilt + lean, _EDGE), (tilt - lean, _EDGE)):
        if height * sinking > 0.0:
            depths.append(share * height / sinking)
    seen = [depth for depth in depths if depth > 0.0]
    return max(min(seen), _LEAST * radius) if seen else None
