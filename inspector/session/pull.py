"""Pulling a body towards a point with a spring, while the simulation plays.

Belongs here: the force of each step. A spring that is computed where the body is, right before the
step, stays stable however seldom the window publishes; forces made from pictures would not.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from pxr import UsdGeom

from inspector.errors import EditRefusedError, InspectorError
from inspector.physics.engine_state import EngineState, require_state
from inspector.session.pull_target import PullTarget
from inspector.sim.pose_math import rotation_matrices
from inspector.sim.simulation_context import SimulationContext
from inspector.utils.states import PlayState

_DAMPING = 0.7
_LIGHTEST = 16.0
"""How much lighter a body may be at its end than at its middle: the tip of a slender cone."""
_FASTEST = 0.3
"""Largest angle that the spring may swing in one step [rad]; faster ones would not be followed."""

_Vector = NDArray[np.float64]


class _Pull:
    """A spring between a body and a point in the world.

    Args:
        sim: The simulation; it plays.
        target: What is pulled where.

    Attributes:
        target: What is pulled where; replace it to move the other end.

    Raises:
        EditRefusedError: The simulation is stopped, or the prim is no body that a force moves.
    """

    def __init__(self, sim: SimulationContext, target: PullTarget) -> None:
        if sim.state is PlayState.STOPPED or sim.bodies is None or sim.backend is None:
            raise EditRefusedError("A body is pulled while playing.", todo="Play first.")
        body = sim.bodies.paths.find(target.path)
        if body < 0:
            raise EditRefusedError(f"{target.path} is no body.", where=target.path)
        if bool(sim.bodies.kinematic[body]):
            raise EditRefusedError(
                f"{target.path} is kinematic: a force does not move it.",
                where=target.path,
                todo="Move it with the gizmo.",
            )
        try:
            self._state: EngineState = require_state(sim.backend, f"pull {target.path}")
        except InspectorError as error:
            raise EditRefusedError(str(error), where=target.path) from error
        self.target = target
        self._sim = sim
        self._play = sim.play_generation
        self._body = np.array([body])
        self._mass = float(sim.bodies.mass[body]) or 1.0
        self._center = sim.bodies.center_of_mass[body]
        self._before: _Vector | None = None

    @property
    def body(self) -> int:
        """Row of the body table."""
        return int(self._body[0])

    def push(self) -> None:
        """Set the force of the next step."""
        if not self._holds:
            return
        sim, target = self._sim, self.target
        pose = sim.body_poses[self._body[0]]
        turn = rotation_matrices(pose[None, 3:])[0]
        at = np.array(target.point) @ turn + pose[:3]
        middle = self._center @ turn + pose[:3]
        now = np.stack([at, middle])
        dt, meters = sim.get_physics_dt(), self._meters
        speeds = np.zeros((2, 3)) if self._before is None else (now - self._before) / dt
        self._before = now
        swing = min(float(np.sqrt(max(target.strength, 0.0))), _FASTEST / dt)
        spin_damping = min(2 * _DAMPING * swing, 1.0 / (_LIGHTEST * dt))
        pull = swing**2 * (np.array(target.target) - at) - spin_damping * speeds[0]
        pull *= self._mass * meters
        drag = -2 * _DAMPING * swing * speeds[1] * self._mass * meters
        torque = np.cross((at - middle) * meters, pull)
        force = pull + drag
        self._state.set_body_forces(self._body, np.concatenate([force, torque])[None])

    def release(self) -> None:
        """Let go; after a stop there is nothing to let go of."""
        if self._holds:
            self._state.set_body_forces(self._body, np.zeros((1, 6)))

    def holds(self, path: str) -> bool:
        """Whether it pulls this body, in this run."""
        return self._holds and self.target.path == path

    @property
    def _holds(self) -> bool:
        sim = self._sim
        return sim.state is not PlayState.STOPPED and sim.play_generation == self._play

    @property
    def _meters(self) -> float:
        return float(UsdGeom.GetStageMetersPerUnit(self._sim.stage))


class Spring:
    """The one spring of a session; holds nothing to begin with."""

    def __init__(self) -> None:
        self._pull: _Pull | None = None
        self._pulled: set[int] = set()
        self._play = -1

    def pull(self, sim: SimulationContext, target: PullTarget | None) -> None:
        """Pull a body in all steps from now on; ``None`` lets go.

        Args:
            sim: The simulation.
            target: What is pulled where; with the same body as before, its other end moves.

        Raises:
            EditRefusedError: The simulation is stopped, or the prim is no body that a force moves.
        """
        pull = self._pull
        if target is not None and pull is not None and pull.holds(target.path):
            pull.target = target
            return
        self._pull = None
        if pull is not None:
            pull.release()
        if target is not None:
            self._pull = _Pull(sim, target)
            if self._play != sim.play_generation:
                self._play = sim.play_generation
                self._pulled.clear()
            self._pulled.add(self._pull.body)

    def rest(self, sim: SimulationContext) -> None:
        """Let go, also of what an earlier state that was returned to still pulls.

        Args:
            sim: The simulation; it is not stopped.
        """
        self._pull = None
        if self._pulled and self._play == sim.play_generation:
            bodies = np.array(sorted(self._pulled))
            run = sim.require_run("let go")
            state = require_state(run.backend, "let go")
            state.set_body_forces(bodies, np.zeros((len(bodies), 6)))

    def push(self) -> None:
        """Set the force of the next step."""
        if self._pull is not None:
            self._pull.push()
