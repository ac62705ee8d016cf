"""Where the environments stand."""

from __future__ import annotations

import math

import torch


def grid_transforms(
    N: int, spacing: float = 1.0, up_axis: str = "z", device: str = "cpu"
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return poses on a centred grid.

    Args:
        N: Number of poses.
        spacing: Distance between neighbours [stage units].
        up_axis: ``"x"``, ``"y"`` or ``"z"``: the axis that is zero.
        device: Device of the result.

    Returns:
        Positions, float32, shape [N, 3], and orientations (xyzw, identity), float32, shape [N, 4].

    Raises:
        TypeError: If ``N`` is no integer.
        ValueError: If ``N`` is negative, the spacing is not finite or the axis is unknown.
    """
    if isinstance(N, bool) or not isinstance(N, int):
        raise TypeError(f"N must be an integer, got {type(N).__name__}")
    if N < 0:
        raise ValueError(f"N must not be negative, got {N}")
    if not math.isfinite(spacing):
        raise ValueError(f"spacing must be finite, got {spacing}")
    axis = str(up_axis).lower()
    if axis not in {"x", "y", "z"}:
        raise ValueError(f"up_axis must be 'x', 'y' or 'z', got {up_axis!r}")
    orientations = torch.zeros((N, 4), device=device)
    orientations[:, 3] = 1.0
    if N == 0:
        return torch.zeros((0, 3), device=device), orientations
    rows = math.ceil(N / math.sqrt(N))
    cols = math.ceil(N / rows)
    k = torch.arange(N, device=device)
    x = -((k // cols) - (rows - 1) / 2) * spacing
    y = ((k % cols) - (cols - 1) / 2) * spacing
    zero = torch.zeros_like(x)
    planes = {"z": (x, y, zero), "y": (x, zero, y), "x": (zero, x, y)}
    return torch.stack(planes[axis], dim=1).to(torch.float32), orientations
