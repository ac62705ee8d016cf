"""All environments of one recipe as worlds of mujoco_warp, on CUDA or, for tests, on the CPU.

Belongs here: one model, its data on the device, and the CUDA graph that steps them. The memory of
the device is seen through torch without a copy.
"""

from __future__ import annotations

import copy
import importlib
import logging
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from inspector.errors import InspectorError
from inspector.physics.contacts import ContactTable
from inspector.physics.group_tensors import GroupTensors
from inspector.physics.kernel_cache import configure_warp
from inspector.physics.native import MjModel, mujoco
from inspector.physics.poses import Floats, rotate, rotation_matrices
from inspector.physics.recipe_group import SET_WHILE_PLAYING, Index, RecipeGroup
from inspector.physics.recipe_start import RecipePlaces, RecipeStart
from inspector.physics.warp_capacity import MOST_GROWTHS, NO_ROOM, Capacity
from inspector.physics.warp_tensors import WarpTensors
from inspector.utils.message import Message

_MOVING = ("time", "qpos", "qvel", "act", "qacc_warmstart")
"""State fields that a step changes."""
_COMMANDS = (
    "ctrl", "qfrc_applied", "xfrc_applied", "eq_active", "mocap_pos", "mocap_quat",
)  # fmt: skip
"""State fields that only we change."""
_STATE = (*_MOVING, *_COMMANDS)
_PLACING = frozenset({"qpos", "mocap_pos", "mocap_quat", "body_pos", "body_quat"})
"""Fields of the state and, of those that are written while playing, of the model, that say where
bodies are."""
_FROM_VELOCITIES = frozenset({"cvel", "subtree_com"})
_LOGGER = logging.getLogger("inspector.sim")


class WarpGroup(RecipeGroup):
    """Environments that share a model, stepped by mujoco_warp.

    Args:
        places: The model, the environments, and where they are.
        device: Such as ``"cuda:0"``.
        capacity: Room for contacts and constraints to begin with.
        matrices: Takes the world matrices of the bodies after each step, float64 on the device,
            shape [e * b, 4, 4].

    Attributes:
        capacity: Room that there is now.
        messages: What the user should know of the run so far.
        finite: Whether all poses were finite after the last step.

    Raises:
        InspectorError: mujoco_warp lacks something that the model needs.
    """

    def __init__(
        self, places: RecipePlaces, device: str, capacity: Capacity, matrices: torch.Tensor
    ) -> None:
        super().__init__(places)
        self.capacity = capacity
        self.messages: list[Message] = []
        self.finite = True
        self._device = device
        self._warp = configure_warp(device)
        self._engine: Any = importlib.import_module("mujoco_warp")
        self._kernels: Any = importlib.import_module("inspector.physics.warp_kernels")
        self._where = self._warp.get_device(device)
        self._graphs: dict[int, Any] = {}
        self._substeps = 0
        self._velocities_follow = False
        self._mjm = for_device(places.translation.model)
        self._timestep = float(self._mjm.opt.timestep)
        try:
            with self._warp.ScopedDevice(self._where):
                self._model = self._engine.put_model(self._mjm)
                self._data = self._new_data()
        except NotImplementedError as error:
            raise InspectorError(
                f"mujoco_warp cannot run this scene: {error}",
                todo="Choose the engine 'mujoco' in the simulation settings.",
            ) from error
        self._model.opt.warn_overflow = 0
        flags = self._engine.OverflowType
        self._too_small = int(
            flags.NEFC | flags.NJMAX_NNZ | flags.BROADPHASE | flags.NARROWPHASE | flags.CCD
        )
        self._tensors = self._views()
        shape = (len(self.env_ids), len(places.translation.bodies), 16)
        self._matrices_out = self._to_warp(matrices.reshape(shape), self._warp.float64)
        self._origin = self._to_device(self.frames[:, :3])
        self._turn = self._to_device(rotation_matrices(self.frames[:, 3:]))
        self._verdict, self._unread = (_Verdict(self._warp, self._where) for _ in range(2))
        self._is_placed = False
        start = RecipeStart.of(places)
        for name, values in start.own.items():
            self.write_own(name, ..., values)
        for name, values in start.state.items():
            self.write(name, ..., values)
        self._initial = self._copies(_STATE)
        self._before = self._copies(_MOVING)
        self.refresh()

    @property
    def state_shape(self) -> tuple[int, ...]:
        """Shape of ``state`` in what ``capture`` returns."""
        width = sum(self._tensors[name][0].numel() for name in _STATE)
        return (len(self.env_ids), width)

    def tensor(self, name: str) -> torch.Tensor:
        """Return a field of the data, without a copy; ``refresh`` after writing it."""
        if name in _FROM_VELOCITIES and not self._velocities_follow:
            with self._warp.ScopedDevice(self._where):
                self._engine.com_pos(self._model, self._data)
                self._engine.com_vel(self._model, self._data)
            self._velocities_follow = True
        return self._tensors[name]

    def own_tensor(self, name: str) -> torch.Tensor:
        """Return a model field, without a copy; one row where environments share it."""
        return self._own(name)

    def tensors(self) -> GroupTensors:
        """Return the memory of the device as tensors."""
        return WarpTensors(self, self._device)

    def read(self, name: str) -> Floats:
        """Return a copy of a field, shape [e, ...]."""
        values: Floats = self.tensor(name).double().cpu().numpy()
        return values

    def write(self, name: str, index: Index, values: Floats) -> None:
        """Write part of a state field."""
        _assign(self._tensors[name], index, values)
        self._is_placed &= name not in _PLACING

    def read_own(self, name: str) -> Floats:
        """Return a model field of each environment, shape [e, ...]."""
        values: Floats = self._own(name).double().cpu().numpy()
        return np.broadcast_to(values, (len(self.env_ids), *values.shape[1:]))

    def write_own(self, name: str, index: Index, values: Floats) -> None:
        """Give environments values of their own in a model field."""
        shared = self._own(name)
        if len(shared) < len(self.env_ids):
            owner, field = self._owner(name)
            wide = shared.expand(len(self.env_ids), *shared.shape[1:]).contiguous()
            setattr(owner, field, self._to_warp(wide, getattr(owner, field).dtype))
            self._graphs.clear()  # they hold the address of the shared values
        _assign(self._own(name), index, values)
        self._is_placed &= name not in _PLACING

    def refresh(self, chosen: NDArray[np.bool_] | None = None) -> None:
        """Let poses and velocities follow a state that was written; always of all environments."""
        del chosen
        with self._warp.ScopedDevice(self._where):
            self._engine.kinematics(self._model, self._data)
            self._place(self._unread)
        self._is_placed = True
        self._velocities_follow = False

    def step(self, timestep: float, substeps: int) -> None:
        """Advance by ``substeps`` times ``timestep`` [s]."""
        self.begin(timestep, substeps)
        self.finish()

    def begin(self, timestep: float, substeps: int) -> None:
        """Start a step; ``finish`` waits for its end.

        Args:
            timestep: Length of one substep [s].
            substeps: Number of substeps.
        """
        if timestep != self._timestep:
            self._model.opt.timestep.fill_(timestep)
            self._timestep = timestep
        self._substeps = substeps
        self._advance()

    def finish(self) -> None:
        """Wait for the end of a step, and repeat it with more room until everything fits."""
        bad, missing = self._wait()
        growths = 0
        while missing and growths < MOST_GROWTHS:
            self._grow()
            self._advance()
            bad, missing = self._wait()
            growths += 1
        if missing:
            self.messages.append(NO_ROOM)
        self.finite = not bad
        self._velocities_follow = False

    def keep(self) -> None:
        """Keep the state for ``undo``: every step begins with that on the device."""

    def undo(self) -> None:
        """Return to the state before the last step."""
        for name, values in self._before.items():
            self._warp.copy(getattr(self._data, name), values)
        self.refresh()

    def reset(self, chosen: NDArray[np.bool_] | None) -> None:
        """Return environments to their state at play."""
        rows = ... if chosen is None else torch.as_tensor(chosen, device=self._device)
        for name, values in self._initial.items():
            self._tensors[name][rows] = self._warp.to_torch(values)[rows]
        self.refresh()

    def contacts(
        self, first_row: int, limit: int, env_ids: NDArray[np.integer] | None
    ) -> ContactTable:
        """Return contacts, environment by environment."""
        warp, data = self._warp, self._data
        with warp.ScopedDevice(self._where):
            self._engine.forward(self._model, data)
        count = min(int(data.nacon.numpy()[0]), self.capacity.contacts)
        owner = data.contact.worldid.numpy()[:count]
        wanted = owner >= 0
        if env_ids is not None:
            wanted &= np.isin(self.env_ids, env_ids)[owner]
        rows = np.flatnonzero(wanted)
        rows = rows[np.argsort(owner[rows], kind="stable")][:limit]
        if not len(rows):
            return ContactTable.empty()
        with warp.ScopedDevice(self._where):
            chosen = warp.array(rows.astype(np.int32), dtype=int)
            forces = warp.zeros(len(rows), dtype=warp.spatial_vector)
            self._engine.contact_force(self._model, data, chosen, False, forces)
        env = owner[rows]
        frames, per_env = self.frames[env], len(self.translation.bodies)
        points = data.contact.pos.numpy()[rows].astype(np.float64) / self.meters
        normals = data.contact.frame.numpy()[rows][:, 0].astype(np.float64)
        geoms = data.contact.geom.numpy()[rows]
        model = self.translation.model
        bodies = np.where(geoms >= 0, model.geom_bodyid[geoms], 0).astype(np.int64) - 1
        moving = (bodies >= 0) & (bodies < per_env)
        table_rows = np.where(moving, bodies + first_row + env[:, None] * per_env, -1)
        return ContactTable(
            positions=frames[:, :3] + rotate(frames[:, 3:], points),
            normals=rotate(frames[:, 3:], normals),
            forces=forces.numpy()[:, 0].astype(np.float64),
            env_id=self.env_ids[env],
            bodies=table_rows.astype(np.int32),
        )

    def capture(self) -> dict[str, NDArray[Any]]:
        """Return copies of the states and of what scripts set in the model."""
        count = len(self.env_ids)
        parts = [self._tensors[name].reshape(count, -1).float() for name in _STATE]
        captured: dict[str, NDArray[Any]] = {"state": torch.cat(parts, dim=1).cpu().numpy()}
        for name in SET_WHILE_PLAYING:
            if len(self._own(name)) == count:
                captured[name] = self._own(name).cpu().numpy().copy()  # on the CPU it is the memory
        return captured

    def restore(self, captured: Mapping[str, NDArray[Any]]) -> None:
        """Return to what ``capture`` returned."""
        state = torch.as_tensor(captured["state"], device=self._device)
        start = 0
        for name in _STATE:
            field = self._tensors[name]
            width = field[0].numel()
            field.copy_(state[:, start : start + width].reshape(field.shape))
            start += width
        for name in SET_WHILE_PLAYING:
            if name in captured:
                self.write_own(name, ..., captured[name])
            elif len(self._own(name)) > 1:
                self.write_own(name, ..., getattr(self.translation.model, name))
        self.refresh()

    def warnings(self) -> dict[int, NDArray[np.int32]]:
        """Return nothing: what MuJoCo warns of is a message or a pose that is not finite here."""
        return {}

    def _advance(self) -> None:
        """Run the substeps, as one CUDA graph from the second time on."""
        if not self._is_placed:
            self.refresh()
        self._verdict.read[:] = 0
        graph = self._graphs.get(self._substeps)
        if graph is not None:
            self._warp.capture_launch(graph, stream=self._where.stream)
            return
        with self._warp.ScopedDevice(self._where):
            self._launch()
            if self._where.is_cuda:
                # The first launch loaded what a capture could not load.
                with self._warp.ScopedCapture(self._where) as capture:
                    self._launch()
                self._graphs[self._substeps] = capture.graph

    def _launch(self) -> None:
        engine, model, data = self._engine, self._model, self._data
        self._keep()
        with kinematics_known():
            engine.step(model, data)
        for _ in range(self._substeps - 1):
            engine.step(model, data)
        engine.kinematics(model, data)
        self._place(self._verdict)

    def _keep(self) -> None:
        """Keep what a step changes."""
        names = ("time", "qpos", "qvel", "qacc_warmstart")
        size = max(self._mjm.nq, self._mjm.nv)
        if size:
            self._warp.launch(
                self._kernels.keep_state,
                dim=(self._data.nworld, size),
                inputs=[getattr(self._data, name) for name in names],
                outputs=[self._before[name] for name in names],
            )
        if "act" in self._before:
            self._warp.copy(self._before["act"], self._data.act)

    def _wait(self) -> tuple[int, int]:
        """Wait for the device; return whether a pose is not finite, and whether room was missing."""
        if self._where.is_cuda:
            self._warp.synchronize_stream(self._where.stream)
        return int(self._verdict.read[0]), int(self._verdict.read[1])

    def _place(self, verdict: _Verdict) -> None:
        warp, single = self._warp, self._warp.float32
        place, turn = (self._to_warp(self._tensors[name], single) for name in ("xpos", "xmat"))
        units = warp.float64(1.0 / self.meters)
        inputs = [place, turn, self._origin, self._turn, units, self._data.overflow]
        warp.launch(
            self._kernels.place_bodies,
            dim=self._matrices_out.shape,
            inputs=[*inputs, self._too_small],
            outputs=[self._matrices_out, verdict.written],
        )

    def _grow(self) -> None:
        """Make room for what was counted, and return to the state before the step."""
        data, before = self._data, self.capacity
        counted = max(int(data.nacon.numpy()[0]), int(data.ncollision.numpy()[0]))
        self.capacity = before.grown(counted, int(data.nefc.numpy().max()))
        if self.capacity == before:
            self.capacity = before.doubled()
        self.messages.append(self.capacity.message)
        _LOGGER.info("%s", self.capacity.message.text)
        kept = self._copies(_COMMANDS) | self._before
        with self._warp.ScopedDevice(self._where):
            self._data = self._new_data()
        for name, values in kept.items():
            self._warp.copy(getattr(self._data, name), values)
        self._tensors = self._views()
        self._graphs.clear()
        self._is_placed = False

    def _new_data(self) -> Any:
        return new_data(self._mjm, len(self.env_ids), self.capacity, self._engine)

    def _views(self) -> dict[str, torch.Tensor]:
        names = (*_STATE, "xpos", "xquat", "xmat", "xipos", "cvel", "subtree_com")
        return {name: self._warp.to_torch(getattr(self._data, name)) for name in names}

    def _copies(self, names: tuple[str, ...]) -> dict[str, Any]:
        fields = {name: getattr(self._data, name) for name in names}
        return {name: self._warp.clone(field) for name, field in fields.items() if field.size}

    def _owner(self, name: str) -> tuple[Any, str]:
        if name.startswith("opt."):
            return self._model.opt, name.removeprefix("opt.")
        return self._model, name

    def _own(self, name: str) -> torch.Tensor:
        owner, field = self._owner(name)
        tensor: torch.Tensor = self._warp.to_torch(getattr(owner, field))
        return tensor

    def _to_warp(self, tensor: torch.Tensor, dtype: Any) -> Any:
        return self._warp.from_torch(tensor, dtype=dtype)

    def _to_device(self, values: Floats) -> Any:
        return self._warp.array(values, dtype=self._warp.float64, device=self._where)


class _Verdict:
    """Two flags in pinned memory of the host: kernels write there, and nothing is brought home.

    Args:
        warp: The module ``warp``.
        device: Device that writes.

    Attributes:
        written: The flags as kernels see them.
        read: The same memory: whether a pose is not finite, and whether room was missing.
    """

    def __init__(self, warp: Any, device: Any) -> None:
        pinned = bool(device.is_cuda)
        self._owner = warp.zeros(2, dtype=warp.int32, device="cpu", pinned=pinned)
        self.read: NDArray[np.int32] = self._owner.numpy()
        self.written = warp.array(ptr=self._owner.ptr, dtype=warp.int32, shape=2, device=device)


@contextmanager
def kinematics_known() -> Generator[None]:
    """Leave out the first kinematics of what mujoco_warp launches meanwhile.

    Bodies and shapes are placed at the end of every step and whenever the state was written, so the
    first substep need not do it again: 1.5 % of a step of 4096 ants on an H200. mujoco_warp has no
    switch for it. Where its module looks different one day, they are placed twice, as before.
    """
    smooth: Any = importlib.import_module("mujoco_warp._src.smooth")
    place = smooth.kinematics

    def leave_out(model: Any, data: Any) -> None:
        del model, data
        smooth.kinematics = place

    smooth.kinematics = leave_out
    try:
        yield
    finally:
        smooth.kinematics = place


def for_device(model: MjModel) -> MjModel:
    """Return the model without what a device never does anyway: starting over after a blow-up."""
    result = copy.copy(model)
    result.opt.disableflags &= ~int(mujoco.mjtDisableBit.mjDSBL_AUTORESET)
    return result


def new_data(model: MjModel, num_envs: int, capacity: Capacity, engine: Any) -> Any:
    """Return data of the present device for some environments.

    Args:
        model: Their model.
        num_envs: Number of environments.
        capacity: Room for contacts and constraints.
        engine: The module ``mujoco_warp``.
    """
    data = mujoco.MjData(model)
    mujoco.mj_forward(model, data)
    return engine.put_data(
        model,
        data,
        nworld=num_envs,
        naconmax=max(capacity.contacts, int(data.ncon) * num_envs),
        njmax=max(capacity.rows, int(data.nefc)),
    )


def _assign(field: torch.Tensor, index: Index, values: Floats) -> None:
    def moved(part: Any) -> Any:
        return torch.as_tensor(part, device=field.device) if isinstance(part, np.ndarray) else part

    where = tuple(moved(part) for part in index) if isinstance(index, tuple) else moved(index)
    given = torch.as_tensor(np.asarray(values), device=field.device).to(field.dtype)
    field[where] = given
