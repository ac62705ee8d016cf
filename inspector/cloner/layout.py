"""Where the environments stand: a centred grid. Nothing is authored here."""

from __future__ import annotations

import math

import torch

from inspector.cloner.arguments import checked_count


def grid_transforms(
    N: int, spacing: float = 1.0, up_axis: str = "z", device: str = "cpu"
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the poses of ``N`` environments on a centred, roughly square grid.

    Args:
        N: Number of environments; zero gives empty tensors.
        spacing: Distance between neighbours [m].
        up_axis: ``"z"``, ``"y"`` or ``"x"`` (upper case too); the grid lies across it.
        device: Device of the results.

    Returns:
        Positions [m], float32, shape [N, 3], and identity orientations (xyzw), shape [N, 4].

    Raises:
        TypeError: If ``N`` is no integer.
        ValueError: If ``N`` is negative, ``spacing`` is not finite or the axis is unknown.
    """
    count = checked_count("N", N)
    if not math.isfinite(spacing):
        raise ValueError(f"spacing must be finite, got {spacing}.")
    axis = up_axis.lower()
    if axis not in {"x", "y", "z"}:
        raise ValueError(f"up_axis must be 'x', 'y' or 'z', got {up_axis!r}.")
    orientations = torch.zeros((count, 4), device=device)
    orientations[:, 3] = 1.0
    if count == 0:
        return torch.zeros((0, 3), device=device), orientations
    rows = math.ceil(count / math.sqrt(count))
    cols = math.ceil(count / rows)
    k = torch.arange(count, device=device)
    i = torch.div(k, cols, rounding_mode="floor")
    j = k - i * cols
    x = -(i.float() - (rows - 1) / 2) * spacing
    y = (j.float() - (cols - 1) / 2) * spacing
    zero = torch.zeros(count, device=device)
    columns = {"z": (x, y, zero), "y": (x, zero, y), "x": (zero, x, y)}[axis]
    return torch.stack(columns, dim=1), orientations
