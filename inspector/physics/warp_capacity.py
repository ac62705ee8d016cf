"""How much room for contacts and constraints a model gets on a device, and how it grows.

A device cannot take more memory in the middle of a step: what does not fit is left out, and a flag
says so. Belongs here: the first guess from the model, and the next one from what was counted.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from inspector.physics.native import MjModel, mujoco
from inspector.utils.message import Message
from inspector.utils.states import Severity

_LEAST_CONTACTS = 16
_MOST_CONTACTS = 128
"""First guesses of contacts in one environment."""
MOST_GROWTHS = 8
"""How often a step is repeated with more room."""
_ROWS_PER_CONTACT = 4
_LEAST_ROWS = 32
_ROOM = 1.5


NO_ROOM = Message(
    Severity.ERROR,
    "There is no room for all contacts on the device; some were dropped.",
    code="contacts-dropped",
)
"""Says that the step after the last growth had too little room, too."""


@dataclass(frozen=True)
class Capacity:
    """Room that is set aside.

    Attributes:
        contacts: Contacts of all environments together.
        rows: Constraint rows of one environment; 0 for solvers that have none.
    """

    contacts: int
    rows: int

    @property
    def message(self) -> Message:
        """Says that a step was repeated with this room."""
        rows = f" and {self.rows} constraints an environment" if self.rows else ""
        text = (
            f"The contacts of a step did not fit; the step was repeated with room for "
            f"{self.contacts} contacts{rows}."
        )
        return Message(Severity.INFO, text, code="contacts-grown")

    @classmethod
    def of(cls, model: MjModel, num_envs: int) -> Capacity:
        """Guess from what the model could touch and what holds it.

        Args:
            model: The model.
            num_envs: Number of environments.
        """
        moving = model.body_weldid[model.geom_bodyid] != 0
        solid = (model.geom_contype != 0) | (model.geom_conaffinity != 0)
        touching = 2 * int((moving & solid).sum()) + _LEAST_CONTACTS
        contacts = min(max(touching, _LEAST_CONTACTS), _MOST_CONTACTS)
        held = 6 * int(model.neq) + int(model.jnt_limited.sum()) + int(model.tendon_limited.sum())
        rubbing = int(np.count_nonzero(model.dof_frictionloss))
        rows = held + rubbing + _ROWS_PER_CONTACT * min(contacts, 2 * _LEAST_CONTACTS)
        data = mujoco.MjData(model)
        mujoco.mj_forward(model, data)
        return cls(
            contacts=_rounded(max(contacts, 2 * int(data.ncon)) * num_envs),
            rows=_rounded(max(rows, 2 * int(data.nefc), _LEAST_ROWS)),
        )

    def grown(self, contacts: int, rows: int) -> Capacity:
        """Return room for more, with some to spare.

        Args:
            contacts: Contacts that were counted in all environments together.
            rows: Most constraint rows that were counted in one environment.
        """
        return Capacity(
            contacts=self.contacts if contacts <= self.contacts else _rounded(_ROOM * contacts),
            rows=self.rows if rows <= self.rows else _rounded(_ROOM * rows),
        )

    def joined(self, other: Capacity | None) -> Capacity:
        """Return room for both; models of the same sizes share what is remembered of them."""
        if other is None:
            return self
        return Capacity(max(self.contacts, other.contacts), max(self.rows, other.rows))

    def doubled(self) -> Capacity:
        """Return twice the room, for when the counts do not say what was missing."""
        return Capacity(2 * self.contacts, 2 * self.rows)


def _rounded(count: float) -> int:
    """Kernels are made for the number of rows; few different numbers need few kernels."""
    return 32 * -(-int(count) // 32)
