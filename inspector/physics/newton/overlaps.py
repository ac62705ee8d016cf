"""How fast shapes that overlap come apart in XPBD.

A substep moves what overlaps until it does not, and what was moved has the speed of that: 5 cm in
1/240 s are 12 m/s. The move stays, and the speed is taken away. Taking out less in a substep instead
would let stacks sink in, which rest on such moves.
"""

from __future__ import annotations

import importlib
from typing import Any

from inspector.physics.newton.library import libraries

_FASTEST = 1.0
"""Speed [m/s] that an overlap may give, which is what MuJoCo's contacts give 5 cm of it."""


class OverlapSpeeds:
    """Keeps the speeds of bodies whose shapes overlap.

    Args:
        model: Newton's model.
    """

    def __init__(self, model: Any) -> None:
        newton, self._warp = libraries()
        self._device = model.device
        self._count = int(model.body_count)
        if not self._count:
            return
        self._kernels: Any = importlib.import_module("inspector.physics.newton.contact_kernels")
        self._allowed: Any = self._warp.zeros(
            self._count, dtype=self._warp.vec3, device=self._device
        )
        self._bodies: Any = self._kernels.Bodies()
        self._bodies.of_shape = model.shape_body
        self._bodies.flags = model.body_flags
        self._bodies.kinematic = int(newton.BodyFlags.KINEMATIC)
        self._bodies.centers = model.body_com

    def note(self, contacts: Any, state: Any, timestep: float, substeps: int) -> None:
        """Keep the speeds before a substep, and find which bodies are in deep contacts.

        Args:
            contacts: What the collision pipeline found in the state.
            state: Newton's state before the substep.
            timestep: Length of the substep [s].
            substeps: Number of substeps between two poses of a kinematic body.
        """
        if not self._count:
            return
        self._bodies.places, self._bodies.twists = state.body_q, state.body_qd
        found = self._kernels.Contacts()
        found.count, found.normals = contacts.rigid_contact_count, contacts.rigid_contact_normal
        for side in (0, 1):
            for mine, its in (("shapes", "shape"), ("points", "point"), ("thickness", "margin")):
                setattr(found, f"{mine}{side}", getattr(contacts, f"rigid_contact_{its}{side}"))
        self._launch(self._kernels.note_speeds, self._count, [self._bodies], self._allowed)
        inputs = [found, self._bodies, _FASTEST * timestep, timestep * substeps]
        most = int(contacts.rigid_contact_max)
        self._launch(self._kernels.note_contacts, most, inputs, self._allowed)

    def limit(self, state: Any) -> None:
        """Take away the speed that overlaps added.

        Args:
            state: Newton's state after the substep.
        """
        if self._count:
            inputs = [self._allowed, _FASTEST]
            self._launch(self._kernels.limit_speeds, self._count, inputs, state.body_qd)

    def _launch(self, kernel: Any, size: int, inputs: list[Any], output: Any) -> None:
        self._warp.launch(kernel, dim=size, inputs=inputs, outputs=[output], device=self._device)
