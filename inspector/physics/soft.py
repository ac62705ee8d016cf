"""Particles and cloth as every engine tells them; only some engines have them."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol, cast

import numpy as np
from numpy.typing import NDArray

from inspector.errors import InspectorError
from inspector.physics.poses import Floats

Triangles = NDArray[np.int64]

ENGINE = "newton"
"""The engine that has particles and cloth."""


class SoftKind(Enum):
    """What a deformable prim is."""

    PARTICLES = "particles"
    CLOTH = "cloth"


def _no_triangles() -> Triangles:
    return np.empty((0, 3), np.int64)


@dataclass(frozen=True, eq=False)
class SoftPrim:
    """A deformable prim of a recipe, as USD describes it.

    Attributes:
        path: Prim path in the representative environment.
        kind: Particles or cloth.
        points: Positions in the prim, in stage units, shape [n, 3].
        velocities: Velocities in the stage's axes [m/s], shape [n, 3].
        masses: Masses [kg], shape [n].
        radii: Radii within which points touch [m], shape [n].
        triangles: Faces of cloth, shape [t, 3].
        stretch: Stiffness of cloth against stretching [N/m].
        bend: Stiffness of cloth against bending [N m/rad].
        friction: Coefficient of friction.
        to_model: Matrices that take ``points`` to each environment's model frame, SI, row-vector,
            shape [e, 4, 4].
    """

    path: str
    kind: SoftKind
    points: Floats
    velocities: Floats
    masses: Floats
    radii: Floats
    triangles: Triangles = field(default_factory=_no_triangles)
    stretch: float = 0.0
    bend: float = 0.0
    friction: float = 0.5
    to_model: Floats = field(default_factory=lambda: np.eye(4)[None])

    def placed(self) -> Floats:
        """Return the points in the model frame of each environment [m], shape [e, n, 3]."""
        return self.points @ self.to_model[:, :3, :3] + self.to_model[:, 3:, :3]


@dataclass(frozen=True, eq=False)
class SoftBodies:
    """One deformable prim in all environments of a recipe, now.

    Attributes:
        template: Path template of the prim.
        kind: Particles or cloth.
        env_ids: Env ids, int32, shape [e].
        points: World positions in stage units, shape [e, n, 3].
        radii: Radii of the points in stage units, shape [n].
        triangles: Faces of cloth, shape [t, 3].
    """

    template: str
    kind: SoftKind
    env_ids: NDArray[np.int32]
    points: Floats
    radii: Floats
    triangles: Triangles


class HasSoft(Protocol):
    """What an engine offers beside ``PhysicsBackend`` that has particles and cloth."""

    has_soft: bool

    def soft_bodies(self) -> tuple[SoftBodies, ...]:
        """Return where particles and cloth are now."""
        ...


def soft_bodies_of(backend: object) -> tuple[SoftBodies, ...]:
    """Return where an engine's particles and cloth are now; nothing for engines without."""
    return cast("HasSoft", backend).soft_bodies() if getattr(backend, "has_soft", False) else ()


def lost_point(backend: object) -> tuple[str, int] | None:
    """Return the first prim with a point that is not finite, and its env id."""
    for body in soft_bodies_of(backend):
        lost = ~np.isfinite(body.points).all(axis=(1, 2))
        if lost.any():
            env_id = int(body.env_ids[int(np.argmax(lost))])
            return body.template.replace("{}", str(env_id)), env_id
    return None


class NeedsEngineError(InspectorError):
    """The stage has what only another engine has.

    Args:
        prim: A prim that needs it.
        backend: Name of the engine that was asked.
        needed: The engine that has it.
        solver: The solver of that engine that has it, if it is the solver that lacks it.
    """

    def __init__(
        self, prim: SoftPrim, backend: str, needed: str = ENGINE, solver: str = ""
    ) -> None:
        self.needed = needed
        what = "are particles" if prim.kind is SoftKind.PARTICLES else "is cloth"
        super().__init__(
            f"{prim.path} {what}, which {backend} does not have; Newton (XPBD) does.",
            where=prim.path,
            todo=f"Choose the solver '{solver}'."
            if solver
            else f"Choose the physics engine '{needed}'.",
        )
