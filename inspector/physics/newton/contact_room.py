"""Room for contacts in a Newton simulation: the first guess, and whether a step had enough of it.

Belongs here: counting on the device what the substeps of a step needed. Who makes the room is in
``simulation``, how much it grows in ``warp_capacity``.
"""

from __future__ import annotations

import importlib
from typing import Any

from inspector.physics.native import MjModel
from inspector.physics.newton.library import libraries
from inspector.physics.warp_capacity import Capacity

_LEAST_CONTACTS = 48
"""Room for contacts in a world."""


def first_room(model: MjModel, num_envs: int) -> Capacity:
    """Guess the room for a model's worlds in Newton's MuJoCo solver.

    Args:
        model: The model.
        num_envs: Number of its worlds.
    """
    guess = Capacity.of(model, 1)
    contacts = max(_LEAST_CONTACTS, guess.contacts)
    return Capacity(contacts * num_envs, guess.rows + 4 * contacts)


class ContactCount:
    """What contacts and constraints a step needed, kept on the device until somebody asks.

    Args:
        device: Where the simulation runs.
    """

    def __init__(self, device: str) -> None:
        self._warp = libraries().warp
        self._device = device
        self._kernels: Any = importlib.import_module("inspector.physics.newton.contact_kernels")
        # Flags, contacts, constraint rows.
        self._counted: Any = self._warp.zeros(3, dtype=self._warp.int32, device=device)
        self._too_small = 0

    def begin(self) -> None:
        """Forget the step before."""
        self._counted.zero_()

    def note_constraints(self, data: Any) -> None:
        """Count a substep of the MuJoCo solver.

        Args:
            data: mujoco_warp's data of all worlds.
        """
        if not self._too_small:
            flags = importlib.import_module("mujoco_warp").OverflowType
            phases = flags.BROADPHASE | flags.NARROWPHASE | flags.CCD
            self._too_small = int(flags.NEFC | flags.NJMAX_NNZ | phases)
        self._launch(
            self._kernels.count_constraints,
            data.nworld,
            [data.overflow, data.nefc, data.nacon, data.ncollision],
        )

    def note_contacts(self, contacts: Any) -> None:
        """Count a substep of a solver that takes its contacts from Newton's collision pipeline.

        Args:
            contacts: The pipeline's contacts; their counter goes on where their room ends.
        """
        self._launch(self._kernels.count_contacts, 1, [contacts.rigid_contact_count])

    def needed(self, room: Capacity) -> Capacity | None:
        """Wait for the step, and return more room if it had too little.

        Args:
            room: What it had.
        """
        flags, contacts, rows = self._counted.numpy().tolist()
        if not (flags & self._too_small if self._too_small else contacts > room.contacts):
            return None
        grown = room.grown(contacts, rows)
        return grown if grown != room else room.doubled()

    def _launch(self, kernel: Any, size: int, inputs: list[Any]) -> None:
        self._warp.launch(
            kernel, dim=size, inputs=inputs, outputs=[self._counted], device=self._device
        )
