"""Play a scene for some steps and say what became of its poses: the report and the stale gate.

Belongs here: what is counted and when a scene fails. Reading arguments and printing are the
command line's.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np

from inspector.errors import NotFiniteError
from inspector.physics.backend import Progress
from inspector.session.snapshot import Message, PlayState, SceneSnapshot, StaleReason
from inspector.utils.quantity import length_text

if TYPE_CHECKING:
    from inspector.session.session import Session


@dataclass(frozen=True)
class StaleLimits:
    """What a scene may not exceed.

    Attributes:
        position: Largest distance between two representations of one prim [m].
        rotation: Largest angle between them [rad].
        ignored: Reasons that are expected; rows with them may differ by any amount.
    """

    position: float = float("inf")
    rotation: float = float("inf")
    ignored: frozenset[StaleReason] = frozenset()


@dataclass
class WorstRow:
    """The row that differs most of all steps.

    Attributes:
        error: How much [m or rad].
        path: Its prim path, empty when no row differs.
        env_id: Its environment, -1 for none.
        step: Step after which it differed.
        reason: Why.
    """

    error: float = 0.0
    path: str = ""
    env_id: int = -1
    step: int = 0
    reason: StaleReason = StaleReason.FRESH

    def to_dict(self) -> dict[str, Any]:
        """Return it for JSON."""
        return {**vars(self), "reason": self.reason.name}


@dataclass
class RunReport:
    """What playing some steps showed.

    Attributes:
        steps: Steps that were played.
        simulated: Simulated time [s].
        start_seconds: Wall time from play to the end of the first step [s].
        step_seconds: Wall time of all steps after the first [s].
        num_envs: Number of environments.
        bodies: Number of rigid bodies.
        points: Number of points of particles and cloth.
        rows: Number of prims with a transform.
        backend: Physics engine.
        device: Device of the tensors.
        use_fabric: Whether poses went to Fabric.
        counts: Rows per reason at the end.
        position: Row with the largest distance [m] of all checked steps.
        rotation: Row with the largest angle [rad] of all checked steps.
        failures: Why the gate is closed; empty when the scene passed.
        messages: What the session had to say.
        audit: What did not return at stop.
    """

    steps: int = 0
    simulated: float = 0.0
    start_seconds: float = 0.0
    step_seconds: float = 0.0
    num_envs: int = 0
    bodies: int = 0
    points: int = 0
    rows: int = 0
    backend: str = ""
    device: str = ""
    use_fabric: bool = True
    counts: dict[StaleReason, int] = field(default_factory=dict[StaleReason, int])
    position: WorstRow = field(default_factory=WorstRow)
    rotation: WorstRow = field(default_factory=WorstRow)
    failures: list[str] = field(default_factory=list[str])
    messages: tuple[Message, ...] = ()
    audit: tuple[Message, ...] = ()

    @property
    def steps_per_second(self) -> float:
        """Steps per second of wall time, the first one left out; 0 when there was only one."""
        return (self.steps - 1) / self.step_seconds if self.step_seconds > 0 else 0.0

    def to_dict(self) -> dict[str, Any]:
        """Return the report for JSON; messages are left to the caller."""
        plain = {
            name: value
            for name, value in vars(self).items()
            if name not in {"counts", "position", "rotation", "messages", "audit"}
        }
        return plain | {
            "steps_per_second": self.steps_per_second,
            "env_steps_per_second": self.steps_per_second * self.num_envs,
            "stale": {reason.name: count for reason, count in self.counts.items()},
            "worst_position": self.position.to_dict(),
            "worst_rotation": self.rotation.to_dict(),
        }


def play_and_report(
    session: Session,
    steps: int,
    limits: StaleLimits | None = None,
    progress: Progress | None = None,
) -> RunReport:
    """Play, look at every step when there are limits (otherwise at the last one), and stop.

    A break condition of the session ends it early, and is a failure.

    Args:
        session: Session with an open and stopped scene.
        steps: Number of steps, at least 1.
        limits: What must not be exceeded.
        progress: Reports and cancels.

    Returns:
        The report; ``failures`` is filled when a limit is exceeded, a pose is not finite or stop
        does not bring everything back.

    Raises:
        NoPhysicsError: Nothing on the stage could move.
        CancelledError: ``progress`` cancelled; the simulation is stopped.
    """
    report = RunReport()
    start = perf_counter()
    session.set_state(PlayState.PLAYING, progress)
    try:
        for done in range(steps):
            broken = session.step()
            if done == 0:
                report.start_seconds = perf_counter() - start
            report.steps = done + 1
            report.step_seconds += session.physics_time if done else 0.0
            if progress is not None:
                progress(done + 1, steps, "Playing")
            if limits is not None:
                _take_worst(report, session.snapshot(), limits.ignored)
            if broken is not None:
                report.failures.append(broken.text)
                break
    except NotFiniteError as error:
        report.failures.append(str(error))
    try:
        snapshot = session.snapshot()
        ignored = frozenset[StaleReason]() if limits is None else limits.ignored
        _take_worst(report, snapshot, ignored)
        _describe(report, snapshot)
    finally:
        session.set_state(PlayState.STOPPED)
    # Whoever asks a gate to watch something wants to know that it was not watched.
    report.failures += [m.text for m in snapshot.messages if m.code == "break-unwatched"]
    report.audit = tuple(m for m in session.snapshot().messages if m.code == "not-restored")
    report.failures += [message.text for message in report.audit]
    if limits is not None:
        report.failures += _exceeded(report, limits)
    return report


def _take_worst(
    report: RunReport, snapshot: SceneSnapshot, ignored: frozenset[StaleReason]
) -> None:
    table = snapshot.transforms
    if len(table) == 0:
        return
    counted = ~np.isin(table.reason, [int(reason) for reason in ignored])
    for worst, errors in (
        (report.position, table.error_position),
        (report.rotation, table.error_rotation),
    ):
        error = np.where(counted & np.isfinite(errors), errors, 0.0)
        row = int(np.argmax(error))
        if error[row] > worst.error:
            worst.error = float(error[row])
            worst.path = snapshot.prims.paths.path(int(table.prims[row]))
            worst.env_id = int(table.env_id[row])
            worst.step = snapshot.step
            worst.reason = StaleReason(int(table.reason[row]))


def _describe(report: RunReport, snapshot: SceneSnapshot) -> None:
    report.simulated = snapshot.time
    report.num_envs = len(snapshot.env_origins)
    report.bodies = len(snapshot.transforms.physics_world)
    if snapshot.soft is not None:
        report.points = sum(shape.points[..., 0].size for shape in snapshot.soft.shapes)
    report.rows = len(snapshot.transforms)
    report.backend, report.device = snapshot.backend, snapshot.device
    report.use_fabric = snapshot.use_fabric
    report.counts = snapshot.stale_counts
    report.messages = snapshot.messages


def _exceeded(report: RunReport, limits: StaleLimits) -> list[str]:
    found = [
        f"{worst.path} is {worst.reason.word} by {text(worst.error)} at step {worst.step}; "
        f"{text(limit)} are allowed."
        for worst, limit, text in (
            (report.position, limits.position, length_text),
            (report.rotation, limits.rotation, "{:.4g} rad".format),
        )
        if worst.error > limit
    ]
    broken = report.counts.get(StaleReason.NOT_FINITE, 0)
    if broken:
        found.append(f"{broken:,} poses are not finite.")
    return found
