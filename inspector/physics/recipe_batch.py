"""All environments of one recipe on the CPU: copies of one MuJoCo model, stepped together."""

from __future__ import annotations

import copy
import logging
import os
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inspector.errors import InspectorError
from inspector.physics.contacts import ContactTable
from inspector.physics.mujoco_contacts import read_contacts
from inspector.physics.native import MjModel, mujoco, mujoco_batch
from inspector.physics.poses import Floats
from inspector.physics.recipe_group import SET_WHILE_PLAYING, Index, RecipeGroup
from inspector.physics.recipe_start import RecipePlaces, RecipeStart

_ENVS_PER_THREAD = 8
_PLACING = ("qpos", "mocap_pos", "mocap_quat")
"""State fields that poses follow from."""
_PLACING_OWN = ("body_pos", "body_quat")
"""Model fields that poses follow from."""
_MOTION = ("cvel", "subtree_com", "xipos")
_VIEWED = frozenset({"xpos", "xquat", *_MOTION})
_WITHOUT_CONTACTS = int(
    mujoco.mjtDisableBit.mjDSBL_CONTACT | mujoco.mjtDisableBit.mjDSBL_CONSTRAINT
)
_LOGGER = logging.getLogger("inspector.sim")


class RecipeBatch(RecipeGroup):
    """Environments that share a model, as one ``mujoco.batch.Batch``.

    After a step, MuJoCo's poses are those before its last substep. To have them at the new state,
    they are computed once more, in a second batch of a model without contacts and constraints:
    finding those is most of the cost, and the next step does it anyway. The batch that steps then
    has nothing to copy out and no flags to change.

    Args:
        places: The model, the environments, and where they are.
    """

    def __init__(self, places: RecipePlaces) -> None:
        super().__init__(places)
        model, count = places.translation.model, len(places.env_ids)
        threads = min(os.cpu_count() or 1, max(1, count // _ENVS_PER_THREAD))
        # MuJoCo's own handler writes a log file into the working directory.
        mujoco.set_mju_user_warning(_log_warning)
        self.batch: Any = mujoco_batch.Batch(model, count, threads)
        loose = copy.copy(model)
        loose.opt.disableflags |= _WITHOUT_CONTACTS
        self._view: Any = mujoco_batch.Batch(loose, count, threads)
        self._followed = [
            (self.batch.bind(name), self._view.bind(name))
            for name in _PLACING
            if _size(model, name)
        ]
        self._timestep = float(model.opt.timestep)
        self._stage = mujoco.mjtStage.mjSTAGE_POS
        start = RecipeStart.of(places)
        for name, values in start.own.items():
            self.write_own(name, ..., values)
        for name, values in start.state.items():
            self.batch.bind(name)[...] = values
        self._initial = self.batch.state.copy()
        self._before = self._initial.copy()
        for name in ("xpos", "xquat"):
            self._view.bind(name)
        self.refresh()

    @property
    def state_shape(self) -> tuple[int, ...]:
        """Shape of ``state`` in what ``capture`` returns."""
        return self.batch.state.shape

    def read(self, name: str) -> Floats:
        """Return a field, live; velocities are kept up to date once they were read."""
        if name in _MOTION and self._stage != mujoco.mjtStage.mjSTAGE_VEL:
            self._stage = mujoco.mjtStage.mjSTAGE_VEL
            self._followed.append((self.batch.bind("qvel"), self._view.bind("qvel")))
            for other in _MOTION:
                self._view.bind(other)
            self.refresh()
        owner = self._view if name in _VIEWED else self.batch
        return owner.bind(name)

    def write(self, name: str, index: Index, values: Floats) -> None:
        """Write part of a state field."""
        self.batch.bind(name)[index] = values

    def read_own(self, name: str) -> Floats:
        """Return a model field of each environment, shape [e, ...]."""
        values = self.batch.expanded(name)
        if values is None:
            field = getattr(self.translation.model, name)
            return np.broadcast_to(field, (len(self.env_ids), *field.shape))
        return values

    def write_own(self, name: str, index: Index, values: Floats) -> None:
        """Give environments values of their own in a model field."""
        self.batch.expand(name)[index] = values
        if name in _PLACING_OWN:
            self._view.expand(name)[index] = values

    def refresh(self, chosen: NDArray[np.bool_] | None = None) -> None:
        """Let poses and velocities follow a state that was written."""
        rows = slice(None) if chosen is None else chosen
        for source, target in self._followed:
            target[rows] = source[rows]
        self._view.forward(chosen, stage=self._stage)

    def step(self, timestep: float, substeps: int) -> None:
        """Advance by ``substeps`` times ``timestep`` [s].

        Raises:
            InspectorError: If MuJoCo raised an error; the environments it is about kept their
                state.
        """
        if timestep != self._timestep:
            self.batch.expand("opt.timestep")[...] = timestep
            self._timestep = timestep
        try:
            self.batch.step(nstep=substeps)
        except mujoco_batch.SimulationError as error:
            env_id = int(self.env_ids[int(error.ids[0])])
            raise InspectorError(
                f"MuJoCo failed in {len(error.ids)} environments: {self.batch.error(error.ids[0])}",
                where=f"environment {env_id}",
                todo="Stop, and look at the joints and masses of that environment.",
            ) from error
        self.refresh()

    def keep(self) -> None:
        """Keep the state for ``undo``; a copy into memory that is there costs little."""
        np.copyto(self._before, self.batch.state)

    def undo(self) -> None:
        """Return to the state that was kept."""
        self.batch.state[:] = self._before
        self.refresh()

    def reset(self, chosen: NDArray[np.bool_] | None) -> None:
        """Return environments to their state at play."""
        rows = slice(None) if chosen is None else chosen
        self.batch.state[rows] = self._initial[rows]
        self.refresh(chosen)

    def contacts(
        self, first_row: int, limit: int, env_ids: NDArray[np.integer] | None
    ) -> ContactTable:
        """Return contacts, environment by environment."""
        counts = self.batch.bind("ncon")
        self.batch.forward(stage=mujoco.mjtStage.mjSTAGE_POS)
        touching = counts > 0
        if env_ids is not None:
            touching &= np.isin(self.env_ids, env_ids)
        return read_contacts(self, self.batch, np.flatnonzero(touching), first_row, limit)

    def capture(self) -> dict[str, NDArray[Any]]:
        """Return copies of the states and of what scripts set in the model."""
        captured = {"state": self.batch.state.copy()}
        for name in SET_WHILE_PLAYING:
            values = self.batch.expanded(name)
            if values is not None:
                captured[name] = values.copy()
        return captured

    def restore(self, captured: Mapping[str, NDArray[Any]]) -> None:
        """Return to what ``capture`` returned."""
        self.batch.state[:] = captured["state"]
        for name in SET_WHILE_PLAYING:
            if name in captured:
                self.write_own(name, ..., captured[name])
            elif self.batch.expanded(name) is not None:
                self.write_own(name, ..., getattr(self.translation.model, name))
        self.refresh()

    def warnings(self) -> dict[int, NDArray[np.int32]]:
        """Return the env ids that a MuJoCo warning (``mjtWarning``) ever rose in."""
        counts = self.batch.warning[:, :, 1]
        kinds = np.flatnonzero(counts.any(axis=0))
        return {int(kind): self.env_ids[counts[:, kind] > 0] for kind in kinds}


def _size(model: MjModel, name: str) -> int:
    return int(model.nq if name == "qpos" else model.nmocap)


def _log_warning(text: str) -> None:
    """Warnings reach the user through ``RecipeBatch.warnings``, with their environments."""
    _LOGGER.debug("MuJoCo: %s", text)
