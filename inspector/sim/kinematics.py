"""Kinematic bodies while playing: they follow their animation in USD and what is written to Fabric.

Belongs here: finding out where kinematic bodies are wanted before a step. Moves by the user go to
the engine directly (``session.pose_edits``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from pxr import Gf, Usd, UsdGeom, Vt

from inspector.physics.engine_state import require_state
from inspector.physics.poses import from_world_matrices
from inspector.usd.transforms import is_animated
from inspector.utils.states import Writer

if TYPE_CHECKING:
    from inspector.fabric.store import FabricStore
    from inspector.physics.backend import BodyTable, PhysicsBackend


class KinematicFollower:
    """Tells the engine where the kinematic bodies are, step by step.

    Args:
        stage: Stage with their animation.
        backend: Engine that has them.
        bodies: Its bodies.
        body_rows: Fabric row of each body, -1 for none, shape [b].
        fabric: Store whose rows scripts may write; ``None`` without Fabric.

    Attributes:
        animated: Bodies with an animation in USD, int64, shape [a].
    """

    def __init__(
        self,
        stage: Usd.Stage,
        backend: PhysicsBackend,
        bodies: BodyTable,
        body_rows: NDArray[np.int64],
        fabric: FabricStore | None,
    ) -> None:
        self._stage, self._backend = stage, backend
        kinematic = np.flatnonzero(bodies.kinematic)
        prims = [stage.GetPrimAtPath(bodies.paths.path(int(body))) for body in kinematic]
        moves = np.array([bool(prim) and is_animated(prim) for prim in prims], np.bool_)
        self.animated = kinematic[moves]
        self._prims = [
            prim for prim, animated in zip(prims, moves.tolist(), strict=True) if animated
        ]
        self._fabric = fabric
        self._written = kinematic[~moves & (body_rows[kinematic] >= 0)]
        self._rows = body_rows[self._written]
        self._seen = self._sequence()

    def lead(self, seconds: float) -> None:
        """Move kinematic bodies to where they are wanted.

        Args:
            seconds: Simulated time at the end of the coming step [s].
        """
        if len(self.animated):
            self._move(self.animated, self._animated_poses(seconds))
        if self._fabric is None or len(self._rows) == 0:
            return
        writer = self._fabric.writer[self._rows]
        by_hand = (writer == Writer.SCRIPT) | (writer == Writer.USER)
        chosen = np.flatnonzero(by_hand & (self._sequence() != self._seen))
        if len(chosen):
            world = self._fabric.world[self._rows[chosen]]
            self._move(self._written[chosen], from_world_matrices(world))

    def note(self) -> None:
        """Remember what Fabric holds now; only what is written later is followed."""
        self._seen = self._sequence()

    def _sequence(self) -> NDArray[np.int64]:
        if self._fabric is None or len(self._rows) == 0:
            return np.empty(0, np.int64)  # reading rows would fetch them from a device
        return self._fabric.sequence[self._rows].copy()

    def _animated_poses(self, seconds: float) -> NDArray[np.float64]:
        start, rate = self._stage.GetStartTimeCode(), self._stage.GetTimeCodesPerSecond()
        cache = UsdGeom.XformCache(Usd.TimeCode(start + seconds * rate))
        matrices: list[Gf.Matrix4d] = [cache.GetLocalToWorldTransform(p) for p in self._prims]
        return from_world_matrices(np.array(Vt.Matrix4dArray(matrices)).reshape(-1, 4, 4))

    def _move(self, bodies: NDArray[np.int64], poses: NDArray[np.float64]) -> None:
        state = require_state(self._backend, "move a kinematic body")
        move = getattr(self._backend, "set_kinematic_poses", state.set_body_poses)
        move(bodies, poses)
