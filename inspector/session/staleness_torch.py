"""The comparison of world matrices where they are: on a CUDA device, without fetching them.

Belongs here: which rows differ and by how much, as tensors. The verdict of whole tables with all
reasons is ``staleness``; this is for scripts that look at every step of many environments.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from math import sqrt

import torch

from inspector.session.snapshot import Tolerance

_CHORD = 2.0 * sqrt(2.0)
"""Frobenius distance of two rotations that differ by half a turn."""


@dataclass(frozen=True, eq=False)
class TensorStaleness:
    """Verdict per row, on the device of the matrices.

    Attributes:
        stale: Whether two representations differ, bool, shape [r].
        error_position: Distances [m], infinite where a pose is not finite, shape [r].
        error_rotation: Angles [rad], shape [r].
    """

    stale: torch.Tensor
    error_position: torch.Tensor
    error_rotation: torch.Tensor


def compare_tensors(
    a: torch.Tensor, b: torch.Tensor, tolerance: Tolerance, *, meters_per_unit: float = 1.0
) -> TensorStaleness:
    """Compare world matrices pair by pair; nothing leaves the device and nobody waits for it.

    Chord formula, as in ``pose_errors``: small angles keep their precision, and scale is divided
    out.

    Args:
        a: World matrices, row-vector, shape [r, 4, 4].
        b: World matrices, row-vector, shape [r, 4, 4].
        tolerance: Poses closer than this are equal.
        meters_per_unit: Length of a stage unit [m].
    """
    squares = (a - b).square_().sum(dim=2)
    sizes = torch.stack((a, b))[..., :3, :3].square().sum(dim=3).sqrt_()
    product = sizes[0] * sizes[1]
    unit = squares[:, :3] - (sizes[0] - sizes[1]).square_()
    unit = unit / torch.where(product > 0.0, product, 1.0)
    chord = unit.clamp_(min=0.0).sum(dim=1).sqrt_().div_(_CHORD)
    rotation = chord.clamp_(max=1.0).asin_().mul_(2.0)
    position = squares[:, 3].sqrt() * meters_per_unit
    broken = ~torch.isfinite(squares.sum(dim=1))
    position = torch.where(broken, torch.inf, position)
    rotation = torch.where(broken, torch.pi, rotation)
    stale = (position > tolerance.position) | (rotation > tolerance.rotation)
    return TensorStaleness(stale, position, rotation)


class TensorComparison:
    """The same comparison again and again, of tensors that stay where they are.

    On CUDA the thirty small kernels of a comparison become one graph: starting them one by one
    takes several times as long as running them.

    Args:
        a: World matrices, row-vector, shape [r, 4, 4].
        b: World matrices, row-vector, shape [r, 4, 4].
        tolerance: Poses closer than this are equal.
        meters_per_unit: Length of a stage unit [m].
    """

    def __init__(
        self,
        a: torch.Tensor,
        b: torch.Tensor,
        tolerance: Tolerance,
        *,
        meters_per_unit: float = 1.0,
    ) -> None:
        self._compare = partial(compare_tensors, a, b, tolerance, meters_per_unit=meters_per_unit)
        self._graph: torch.cuda.CUDAGraph | None = None
        self._result = self._compare()
        if a.is_cuda:
            torch.cuda.synchronize(a.device)
            self._graph = torch.cuda.CUDAGraph()
            with torch.cuda.graph(self._graph):
                self._result = self._compare()

    def __call__(self) -> TensorStaleness:
        """Compare what the tensors hold now; the result is overwritten by the next call."""
        if self._graph is None:
            self._result = self._compare()
        else:
            self._graph.replay()
        return self._result
