"""Asks a live scene whether break conditions hold, all bodies or rows at once.

A condition breaks when it begins to hold, not at every step at which it still does: whoever looked at
the reason can play on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inspector.errors import InspectorError
from inspector.fabric.defined_prims import defined_paths
from inspector.session.break_conditions import (
    AtStep,
    Condition,
    ContactForce,
    NotFinite,
    Outlier,
    Speed,
    StaleCount,
    StaleError,
    parse_condition,
)
from inspector.session.cohorts import Cohorts
from inspector.session.snapshot import Message, Severity, TransformTable
from inspector.sim.simulation_context import SimulationContext
from inspector.usd.path_table import GLOBAL_ENV
from inspector.utils.quantity import length_text

_MOST_CONTACTS = 100_000


@dataclass(frozen=True)
class _Finding:
    """What a condition found first.

    Attributes:
        what: Words for the sentence.
        path: Prim that it is about, or empty.
        env_id: Environment that it is about.
    """

    what: str
    path: str = ""
    env_id: int = GLOBAL_ENV


class BreakWatch:
    """The break conditions of one scene.

    Args:
        sim: The simulation.
        compared: Compares all rows as they are now.
        tell: Takes messages.
    """

    def __init__(
        self,
        sim: SimulationContext,
        compared: Callable[[], TransformTable],
        tell: Callable[[Message], None],
    ) -> None:
        self._sim = sim
        self._compared = compared
        self._tell = tell
        self._conditions: dict[str, Condition] = {}
        self._silent: set[str] = set()
        self._cohorts: Cohorts | None = None
        self.met: frozenset[str] = frozenset()
        self._asks: dict[type, Callable[[Any], _Finding | None]] = {
            StaleError: self._stale_error,
            StaleCount: self._stale_count,
            NotFinite: self._not_finite,
            Speed: self._speed,
            Outlier: self._outlier,
            ContactForce: self._contact_force,
            AtStep: self._at_step,
        }

    @property
    def texts(self) -> tuple[str, ...]:
        """The conditions, as they were given."""
        return tuple(self._conditions)

    def set(self, texts: Sequence[str]) -> None:
        """Replace the conditions.

        Raises:
            ValueError: One of them cannot be read; all stay as they were.
        """
        self._conditions = {text.strip(): parse_condition(text) for text in texts}
        self._silent.clear()
        self.met &= frozenset(self._conditions)

    def begin(self) -> None:
        """Say that another play has begun."""
        self._cohorts = None
        self._silent.clear()
        self.met = frozenset()

    def check(self) -> Message | None:
        """Return what to say when a condition began to hold with this step, ``None`` if none did.

        Several at once: the first in their order. Which hold now is in ``met``.
        """
        found: Message | None = None
        met: set[str] = set()
        for text, condition in self._conditions.items():
            finding = self._ask(text, condition)
            if finding is None:
                continue
            met.add(text)
            if text not in self.met and found is None:
                found = self._message(text, finding)
        self.met = frozenset(met)
        return found

    def _ask(self, text: str, condition: Condition) -> _Finding | None:
        try:
            return self._asks[type(condition)](condition)
        except InspectorError as error:
            if text not in self._silent:
                self._silent.add(text)
                sentence = f"The break condition '{text}' cannot be watched: {error}"
                self._tell(Message(Severity.WARNING, sentence, error.where, code="break-unwatched"))
            return None

    def _message(self, text: str, finding: _Finding) -> Message:
        place = f"{finding.path} " if finding.path else ""
        sentence = f"Break at step {self._sim.step_count:,}, {text}: {place}{finding.what}."
        env_ids = () if finding.env_id == GLOBAL_ENV else (finding.env_id,)
        return Message(Severity.WARNING, sentence, finding.path, env_ids, "break")

    # What is asked ------------------------------------------------------------------------------

    def _stale_error(self, condition: StaleError) -> _Finding | None:
        table = self._compared()
        errors = table.error_rotation if condition.is_angle else table.error_position
        hits = np.flatnonzero((errors > condition.limit) & table.has_usd)
        if len(hits) == 0:
            return None
        value = float(errors[hits[0]])
        amount = f"{np.degrees(value):.3g}°" if condition.is_angle else length_text(value)
        return self._row(table, hits, f"is off by {amount}")

    def _stale_count(self, condition: StaleCount) -> _Finding | None:
        table = self._compared()
        hits = np.flatnonzero(table.reason)
        if len(hits) <= condition.limit:
            return None
        return self._row(table, hits[:1], f"is the first of {len(hits):,} stale rows")

    def _not_finite(self, _condition: NotFinite) -> _Finding | None:
        fabric, cache = self._sim.fabric, self._sim.tables.world_cache
        # A sum is finite when everything in it is; poses are nowhere near overflow.
        with np.errstate(invalid="ignore", over="ignore"):
            if np.isfinite(fabric.world.sum() + cache.world.sum()):
                return None
        finite = np.isfinite(fabric.world).all(axis=(1, 2))
        finite &= np.isfinite(cache.world).all(axis=(1, 2))
        hits = np.flatnonzero(~finite)
        path = fabric.paths.path(int(hits[0]))
        return _Finding(f"is not finite{_more(len(hits))}", path, int(fabric.paths.env_id[hits[0]]))

    def _speed(self, condition: Speed) -> _Finding | None:
        run = self._sim.require_run("watch speeds")
        velocities = run.backend.velocities()[:, :3]
        squares = np.einsum("ni,ni->n", velocities, velocities)
        hits = np.flatnonzero(squares > condition.limit**2)
        if len(hits) == 0:
            return None
        return self._body(hits, f"moves at {float(np.sqrt(squares[hits[0]])):.3g} m/s")

    def _outlier(self, condition: Outlier) -> _Finding | None:
        if self._cohorts is None:
            self._cohorts = Cohorts(self._sim)
        body, value = self._cohorts.farthest(condition)
        if value <= condition.limit:
            return None
        amount = f"{np.degrees(value):.3g}°" if condition.is_angle else length_text(value)
        return self._body(np.array([body]), f"is {amount} from the median of its cohort")

    def _contact_force(self, condition: ContactForce) -> _Finding | None:
        run = self._sim.require_run("watch contact forces")
        contacts = run.backend.contacts(_MOST_CONTACTS)
        hits = np.flatnonzero(contacts.forces > condition.limit)
        if len(hits) == 0:
            return None
        what = f"presses with {float(contacts.forces[hits[0]]):.4g} N"
        bodies = contacts.bodies[hits[0]]
        if (bodies < 0).all():
            return _Finding(
                f"A contact {what}{_more(len(hits))}", "", int(contacts.env_id[hits[0]])
            )
        return self._body(np.array([bodies[bodies >= 0][0]]), f"{what}{_more(len(hits))}")

    def _at_step(self, condition: AtStep) -> _Finding | None:
        reached = self._sim.step_count == condition.step
        return _Finding(f"step {condition.step:,} is reached") if reached else None

    # Who it is ----------------------------------------------------------------------------------

    def _row(self, table: TransformTable, hits: NDArray[np.int64], what: str) -> _Finding:
        row = int(hits[0])
        tables, prim = self._sim.tables, int(table.prims[row])
        known = len(tables.prims)
        path = tables.prims.path(prim) if prim < known else defined_paths(tables)[prim - known]
        return _Finding(f"{what}{_more(len(hits))}", path, int(table.env_id[row]))

    def _body(self, hits: NDArray[np.integer], what: str) -> _Finding:
        paths = self._sim.require_run("name a body").bodies.paths
        body = int(hits[0])
        return _Finding(f"{what}{_more(len(hits))}", paths.path(body), int(paths.env_id[body]))


def _more(count: int) -> str:
    return f", and {count - 1:,} more" if count > 1 else ""
