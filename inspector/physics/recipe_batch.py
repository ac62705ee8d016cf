"""All environments of one recipe on the CPU: copies of one MuJoCo model, stepped together."""

from __future__ import annotations

import copy
import logging
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inspector.errors import InspectorError
from inspector.physics.body_placement import BodyPlacement, Skeletons
from inspector.physics.contacts import ContactTable
from inspector.physics.mujoco_contacts import read_contacts
from inspector.physics.native import MjModel, mujoco, mujoco_batch
from inspector.physics.poses import Floats, rotation_matrices
from inspector.physics.recipe_group import SET_WHILE_PLAYING, Index, RecipeGroup
from inspector.physics.recipe_start import RecipePlaces, RecipeStart

_ENVS_PER_THREAD = 8
_PLACED = {"xpos": 3, "xquat": 4, "xmat": 9}
"""Fields that ``BodyPlacement`` has, and their widths."""
_PLACING_OWN = frozenset({"body_pos", "body_quat"})
"""Model fields that poses follow from."""
_MOCAP = ("mocap_pos", "mocap_quat")
_MOVING = ("qpos", "qvel", *_MOCAP)
"""State fields that velocities follow from."""
_MOTION = ("cvel", "subtree_com", "xipos")
_WITHOUT_CONTACTS = int(
    mujoco.mjtDisableBit.mjDSBL_CONTACT | mujoco.mjtDisableBit.mjDSBL_CONSTRAINT
)
_ENVS_AT_ONCE = 1024
"""Environments whose matrices are made together; what is made of them stays in the cache."""
_SAME = 1e-12
_LOGGER = logging.getLogger("inspector.sim")


@dataclass(frozen=True, eq=False)
class MatrixChunk:
    """Bodies whose world matrices are made together.

    Attributes:
        rows: Their rows.
        room: Number of matrices to offer room for; the first ones are theirs.
        write: Writes row-vector world matrices in stage units, shape [room, 4, 4]; all but the
            last column, which never changes.
    """

    rows: slice
    room: int
    write: Callable[[Floats], None]


class RecipeBatch(RecipeGroup):
    """Environments that share a model, as one ``mujoco.batch.Batch``.

    Poses at the new state come from ``BodyPlacement``; velocities are worked out when somebody reads
    them, in a batch of the same model without contacts.

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
        skeletons = Skeletons.of(model, count)
        starts = range(0, count, _ENVS_AT_ONCE)
        parts = [slice(start, min(start + _ENVS_AT_ONCE, count)) for start in starts]
        self._placements = [BodyPlacement(skeletons, self.batch, part) for part in parts]
        self._asked = {"xpos", "xmat"}
        for part in self._placements:
            for name in self._asked:
                part.table(name)
        self._placed = False
        self._axes = _swapped_axes(self.frames)
        self._motion: Any = None
        self._motion_follows = False
        self._timestep = float(model.opt.timestep)
        start = RecipeStart.of(places)
        for name, values in start.own.items():
            self.write_own(name, ..., values)
        for name, values in start.state.items():
            self.batch.bind(name)[...] = values
        self._initial = self.batch.state.copy()
        self._moving = self.batch.state[:, : _moving_width(model)]
        # Reading rows of a state is dear, because they lie far apart: it happens once a step.
        self._now, self._before = self._moving.copy(), self._moving.copy()
        first = mujoco.mj_stateSize(model, mujoco.mjtState.mjSTATE_TIME)
        self._coordinates = slice(first, first + model.nq)
        self._noted = True

    @property
    def state_shape(self) -> tuple[int, ...]:
        """Shape of ``state`` in what ``capture`` returns."""
        return self.batch.state.shape

    def read(self, name: str) -> Floats:
        """Return a field: live, or of now where it follows from the state."""
        if name in _MOTION:
            self._follow_motion()
            return self._motion.bind(name)
        if name in _PLACED:
            if name not in self._asked:
                self._asked.add(name)
                for part in self._placements:
                    part.table(name)
                self._placed = False
            self._place()
            values = np.empty((len(self.env_ids), self.translation.model.nbody, _PLACED[name]))
            for part in self._placements:
                part.write(name, values)
            return values
        return self.batch.bind(name)

    def write(self, name: str, index: Index, values: Floats) -> None:
        """Write part of a state field."""
        self.batch.bind(name)[index] = values
        self._noted = False

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
            for part in self._placements:
                part.set_own(name, self.batch.expand(name))
            if self._motion is not None:
                self._motion.expand(name)[index] = values

    def refresh(self, chosen: NDArray[np.bool_] | None = None) -> None:
        """Let poses and velocities follow a state that was written."""
        del chosen
        self._noted = self._placed = self._motion_follows = False

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
        """Keep what a step changes for ``undo``."""
        self._note()
        self._now, self._before = self._before, self._now
        self._noted = False

    def undo(self) -> None:
        """Return to the state that was kept."""
        self._moving[:] = self._before
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

    def matrix_chunks(self) -> Iterator[MatrixChunk]:
        """Yield rows of this group's bodies and what places them and writes their matrices."""
        per_env = len(self.translation.bodies)
        for part in self._placements:
            rows = slice(part.envs.start * per_env, part.envs.stop * per_env)
            room = part.shape[0] * part.shape[1] * per_env
            yield MatrixChunk(
                rows, room, partial(self._write_matrices, part, part.filled(self.frames))
            )

    def begin_matrices(self) -> None:
        """Get ready for writing chunks of matrices in several threads."""
        self._note()

    def end_matrices(self) -> None:
        """Note that all chunks were written: that placed the bodies."""
        self._placed = True

    def all_finite(self) -> bool:
        """Return whether what places the bodies is finite, by its sum; false for huge ones, too."""
        self._note()
        places = (self._now[:, self._coordinates], *map(self.batch.bind, _MOCAP))
        return all(np.isfinite(values.sum()) for values in places)

    def warnings(self) -> dict[int, NDArray[np.int32]]:
        """Return the env ids that a MuJoCo warning (``mjtWarning``) ever rose in."""
        counts = self.batch.warning[:, :, 1]
        kinds = np.flatnonzero(counts.any(axis=0))
        return {int(kind): self.env_ids[counts[:, kind] > 0] for kind in kinds}

    def _place(self) -> None:
        if not self._placed:
            self._note()
            for part in self._placements:
                part.refresh(self._now[:, self._coordinates])
            self._placed = True

    def _note(self) -> None:
        """Have a copy of what steps change."""
        if not self._noted:
            np.copyto(self._now, self._moving)
            self._noted = True

    def _write_matrices(self, part: BodyPlacement, frames: Floats, out: Floats) -> None:
        if not self._placed:
            part.refresh(self._now[:, self._coordinates])
        table = out.reshape(*part.shape, -1, 4, 4)
        bodies = slice(self._bodies.start - 1, self._bodies.stop - 1)
        turns = part.table("xmat")[:, :, bodies].reshape(*table.shape[:3], 3, 3)
        position = part.table("xpos")[:, :, bodies]
        origins = frames[:, :, None, :3]
        if self._axes is not None:
            for axis, (own, sign) in enumerate(self._axes):
                np.multiply(turns[..., own, :], sign, out=table[..., :3, axis])
                where = table[..., 3, axis]
                np.divide(position[..., own], sign * self.meters, out=where)
                where += origins[..., axis]
            return
        back = rotation_matrices(frames[..., 3:]).swapaxes(-1, -2)
        table[..., :3, :3] = turns.swapaxes(-1, -2) @ back[:, :, None]
        np.add(position / self.meters @ back, origins, out=table[..., 3, :3])

    def _follow_motion(self) -> None:
        if self._motion is None:
            loose = copy.copy(self.translation.model)
            loose.opt.disableflags |= _WITHOUT_CONTACTS
            self._motion = mujoco_batch.Batch(loose, self.batch.nsim, self.batch.nthread)
            for name in _PLACING_OWN:
                values = self.batch.expanded(name)
                if values is not None:
                    self._motion.expand(name)[...] = values
            for name in _MOTION:
                self._motion.bind(name)
        if not self._motion_follows:
            for name in _MOVING:
                self._motion.bind(name)[...] = self.batch.bind(name)
            self._motion.forward(stage=mujoco.mjtStage.mjSTAGE_VEL)
            self._motion_follows = True


def _moving_width(model: MjModel) -> int:
    """Return how many numbers of a state a step changes; commands come after them."""
    kinds = mujoco.mjtState
    if mujoco.mj_stateSize(model, kinds.mjSTATE_PLUGIN | kinds.mjSTATE_PLASTIC):  # these come last
        return int(mujoco.mj_stateSize(model, kinds.mjSTATE_INTEGRATION))
    return int(mujoco.mj_stateSize(model, kinds.mjSTATE_FULLPHYSICS | kinds.mjSTATE_WARMSTART))


def _swapped_axes(frames: Floats) -> list[tuple[int, float]] | None:
    """Return which axis of the model, with its sign, each axis of the stage is.

    Returns:
        Three pairs, as for every stage whose environments stand upright and side by side; ``None``
        where environments are turned in other ways.
    """
    turn = rotation_matrices(frames[0, 3:])
    if np.abs(frames[:, 3:] - frames[0, 3:]).max() > 0.0:
        return None
    if np.abs(turn - np.rint(turn)).max() > _SAME:
        return None
    return [(int(np.abs(row).argmax()), float(np.rint(row[np.abs(row).argmax()]))) for row in turn]


def _log_warning(text: str) -> None:
    """Warnings reach the user through ``RecipeBatch.warnings``, with their environments."""
    _LOGGER.debug("MuJoCo: %s", text)
