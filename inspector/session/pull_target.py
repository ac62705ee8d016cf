"""Where a body is pulled while playing. A value module: loads without pxr and torch."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class PullTarget:
    """Where a body is pulled.

    Attributes:
        path: Prim path of the body.
        point: Where the spring holds it, in the body's frame [stage units].
        target: Where the other end is, in the world [stage units].
        strength: Stiffness per mass [1/s²]; the square of the angular frequency it swings with.
    """

    path: str
    point: tuple[float, float, float]
    target: tuple[float, float, float]
    strength: float = 150.0
