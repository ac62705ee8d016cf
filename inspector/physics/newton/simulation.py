"""A Newton model of many worlds, its solver and its state; everything else asks this for arrays.

Belongs here: finalising, stepping, captured CUDA graphs, and arrays in Newton's own order. What
they mean in MuJoCo's words is in ``group``.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from inspector.physics.newton.contact_room import ContactCount
from inspector.physics.newton.library import ModelBuilder, State, libraries
from inspector.physics.newton.overlaps import OverlapSpeeds
from inspector.physics.newton.rolling import RollingContacts
from inspector.physics.newton.soft import stiffest
from inspector.physics.newton.world_builder import MUJOCO, Indices, World
from inspector.physics.poses import Floats
from inspector.physics.warp_capacity import MOST_GROWTHS, NO_ROOM, Capacity
from inspector.utils.message import Message

if TYPE_CHECKING:
    import torch

_XPBD = {
    "iterations": 4,
    "joint_linear_relaxation": 0.4,
    "joint_angular_relaxation": 0.4,
    "rigid_contact_relaxation": 0.4,
    "rigid_contact_con_weighting": False,
}
"""Newton's own differ: then joints brake, by 11 % on a cartpole instead of 1 %, and hits take a fifth
of their speed for a bounce and lose up to 7 % of the momentum."""
_BLINK = 1.0 / 240.0
"""Length of the step [s] that looks for contacts."""
_STATE_FIELDS = ("body_q", "body_qd", "joint_q", "joint_qd", "particle_q", "particle_qd")
_CONTROL_FIELDS = ("joint_target_q", "joint_target_qd", "joint_f")
_LOGGER = logging.getLogger("inspector.sim")


@dataclass(frozen=True, eq=False)
class Touching:
    """Contacts of all worlds in the solver's space, c rows.

    Attributes:
        shapes: The two shapes, shape [c, 2].
        points: Points in the first shape's body, or in the world for those of no body, shape [c, 3].
        normals: Unit normals from the first shape to the second, shape [c, 3].
        forces: Forces between them [N], shape [c, 3].
        bodies: Newton's bodies of the shapes, -1 for none, shape [c, 2].
        worlds: World of each contact, shape [c].
    """

    shapes: NDArray[np.int64]
    points: Floats
    normals: Floats
    forces: Floats
    bodies: NDArray[np.int64]
    worlds: NDArray[np.int64]


class NewtonSimulation:
    """Worlds that are stepped together.

    Args:
        worlds: One world per recipe, and how many copies of it.
        solver: ``XPBD`` or ``MUJOCO``; the latter takes a single recipe.
        device: ``"cpu"`` or ``"cuda:<n>"``.
        offsets: Where each copy stands in the solver's space [m], shape [copies, 3]; ``None`` puts
            all at the origin, which worlds without particles do not mind.
        room: Room for contacts and constraints to begin with; ``None`` takes Newton's own guess.

    Attributes:
        room: Room that there is now.
        messages: What the user should know of the run so far.
        model: Newton's model.
        solver_name: The solver.
        device: As given.
        offsets: As given.
        forces: Forces and torques on bodies that act until they change, Newton's order.
    """

    def __init__(
        self,
        worlds: Sequence[tuple[World, int]],
        solver: str,
        device: str,
        offsets: Floats | None = None,
        room: Capacity | None = None,
    ) -> None:
        newton, self._warp = libraries()
        self.solver_name = solver
        self.offsets = offsets
        self.device = device
        self.room = room or Capacity(0, 0)
        self.messages: list[Message] = []
        main: ModelBuilder = newton.ModelBuilder(up_axis="Z")
        if solver == MUJOCO:
            newton.solvers.SolverMuJoCo.register_custom_attributes(main)
        first = 0
        for world, count in worlds:
            places = None
            if offsets is not None:
                turn = self._warp.quat_identity()
                places = [
                    self._warp.transform(self._warp.vec3(*offset), turn)
                    for offset in offsets[first : first + count].tolist()
                ]
            main.replicate(world.builder, count, xforms=places)
            first += count
        self._newton = newton
        self.model: Any = main.finalize(device=device)
        self._solver: Any = None
        self._state: State = self.model.state()
        self._next: State = self.model.state()
        self._kept: State = self.model.state()
        self._kept_memory: dict[str, Any] = {}
        self._control: Any = self.model.control()
        self._stiffness: Floats | None = None
        self._softened = (0.0, 1.0)
        self._owners = self.model.articulation_world.numpy()
        self._written = np.ones(len(self._owners), np.bool_)
        bodies = self.model.body_count
        self.forces: Any = self._warp.zeros(bodies, dtype=self._warp.spatial_vector, device=device)
        self._count = ContactCount(device)
        self._overlaps = OverlapSpeeds(self.model)
        self._rolling = RollingContacts(self.model)
        self._step = (0.0, 0)
        self._pipeline: Any = None
        self._contacts: Any = None
        self._graphs: dict[tuple[float, int], Any] = {}

    def start(self) -> None:
        """Make the solver; the model is final from here on, and begins as the state does."""
        for name in ("joint_q", "joint_qd"):
            getattr(self.model, name).assign(getattr(self._state, name))
        self._newton.eval_fk(self.model, self.model.joint_q, self.model.joint_qd, self.model)
        if self.solver_name != MUJOCO:
            self._solver = self._newton.solvers.SolverXPBD(
                self.model, enable_restitution=self._bounces(), **_XPBD
            )
        self._make_room(self.room)
        self.follow_joints()

    def _make_room(self, room: Capacity) -> None:
        """Make what holds contacts: for MuJoCo the solver, otherwise the collision pipeline."""
        self._graphs.clear()
        if self.solver_name != MUJOCO:
            most = room.contacts or None
            # It would print what does not fit. Its other buffers hold all pairs that there are:
            # shapes are convex, and each particle meets each shape once.
            self._pipeline = self._newton.CollisionPipeline(
                self.model, rigid_contact_max=most, verify_buffers=False
            )
            self._contacts = self._pipeline.contacts()
            self.room = Capacity(int(self._pipeline.rigid_contact_max), 0)
            return
        sizes: dict[str, int] = {}
        if room.contacts:
            sizes = {"nconmax": -(-room.contacts // self.model.world_count), "njmax": room.rows}
        with warnings.catch_warnings():
            # It asks for the MuJoCo of its own extras; what works is what the tests play.
            warnings.simplefilter("ignore")
            self._solver = self._newton.solvers.SolverMuJoCo(
                self.model, kinematic_switchable_roots=False, **sizes
            )
        # What does not fit gets room instead of a line on the console.
        self._solver.mjw_model.opt.warn_overflow = 0
        data = self._solver.mjw_data
        self.room = Capacity(int(data.naconmax), int(data.njmax))

    def starts(self, kind: str) -> NDArray[np.int64]:
        """Return where each world's ``body``, ``joint_coord`` and the like begin, shape [w + 1]."""
        values = getattr(self.model, f"{kind}_world_start").numpy()
        return values[: self.model.world_count + 1].astype(np.int64)

    def read(self, name: str) -> NDArray[Any]:
        """Return a copy of an array of the state, the commands or the model; empty without any."""
        array = self._array(name)
        return np.empty(0, np.float32) if array is None else array.numpy().copy()

    def tensor(self, name: str) -> torch.Tensor:
        """Return an array of the state, the commands or the model, without a copy.

        Raises:
            ValueError: The worlds have nothing of the kind.
        """
        array = self._array(name)
        if array is None:
            raise ValueError(f"Newton's worlds have no {name}.")
        found: torch.Tensor = self._warp.to_torch(array)
        return found

    def write(self, name: str, values: NDArray[Any]) -> None:
        """Write an array of the state, the commands or the model."""
        array = self._array(name)
        if array is None:
            return
        array.assign(np.ascontiguousarray(values, np.float32))

    def wrote_joints(self, articulations: Indices) -> None:
        """Remember whose joint coordinates were written and not yet followed."""
        self._written[articulations] = True

    def wrote_worlds(self, worlds: NDArray[np.bool_]) -> None:
        """Remember the same of all articulations of some worlds, bool, shape [w]."""
        self._written |= worlds[self._owners]

    def follow_joints(self) -> None:
        """Let bodies be where the joint coordinates say, in the articulations that were written."""
        state = self._state
        if self._written.any():
            mask = self._mask(self._written)
            self._newton.eval_fk(self.model, state.joint_q, state.joint_qd, state, mask=mask)
        self._written[:] = False

    def follow_bodies(self) -> None:
        """Let joint coordinates be those of the bodies, but for what was written; XPBD moves bodies."""
        if self.solver_name != MUJOCO:
            state, mask = self._state, self._mask(~self._written)
            self._newton.eval_ik(self.model, state, state.joint_q, state.joint_qd, mask=mask)

    def _mask(self, articulations: NDArray[np.bool_]) -> Any:
        return self._warp.array(articulations, dtype=bool, device=self.device)

    def notify(self, what: str) -> None:
        """Tell the solver which of the model's properties were written."""
        flag = getattr(self._newton.ModelFlags, what)
        self._solver.notify_model_changed(flag)

    def soften(self, timestep: float) -> float:
        """Let springs be as stiff as a timestep [s] allows, at most as they were made.

        Returns:
            The smallest part of its stiffness that a spring keeps.
        """
        if timestep == self._softened[0] or not self.model.spring_count:
            return self._softened[1]
        wanted: Floats = self.model.spring_stiffness.numpy().astype(np.float64)
        if self._stiffness is not None:
            wanted = self._stiffness
        self._stiffness = wanted
        pairs = self.model.spring_indices.numpy().astype(np.int64).reshape(-1, 2)
        limit = stiffest(pairs, self.model.particle_mass.numpy().astype(np.float64), timestep)
        allowed = np.minimum(wanted, limit)
        self.model.spring_stiffness.assign(allowed.astype(np.float32))
        self._softened = timestep, float((allowed / wanted).min())
        return self._softened[1]

    def step(self, timestep: float, substeps: int) -> None:
        """Advance by ``substeps`` times ``timestep`` [s]."""
        self.keep()
        self.begin(timestep, substeps)
        self.finish()

    def begin(self, timestep: float, substeps: int) -> None:
        """Start a step from the state that was kept; ``finish`` waits for its end.

        Args:
            timestep: Length of one substep [s].
            substeps: Number of substeps.
        """
        self._step = (timestep, substeps)
        self._advance()

    def finish(self) -> None:
        """Wait for the end of a step, and repeat it with more room until its contacts fit."""
        needed, growths = self._count.needed(self.room), 0
        while needed is not None and growths < MOST_GROWTHS:
            self._make_room(needed)
            self.undo()
            self._advance()
            needed = self._count.needed(self.room)
            growths += 1
        if growths:
            self.messages.append(self.room.message)
            _LOGGER.info("%s", self.room.message.text)
        if needed is not None:
            self.messages.append(NO_ROOM)

    def _advance(self) -> None:
        """Run the substeps, as one CUDA graph from the second time on."""
        if self.device == "cpu":
            self._substeps(*self._step)
            return
        if self._step not in self._graphs:
            # The first step loads kernels, which a graph cannot do while it is captured.
            self._substeps(*self._step)
            with self._warp.ScopedCapture(device=self.device) as capture:
                self._substeps(*self._step)
            self._graphs[self._step] = capture.graph
            return
        self._warp.capture_launch(self._graphs[self._step])

    def keep(self) -> None:
        """Keep the state for ``undo``, on the device."""
        self._kept.assign(self._state)
        for name, array in self._memory().items():
            kept = self._kept_memory.setdefault(name, self._warp.empty_like(array))
            self._warp.copy(kept, array)

    def undo(self) -> None:
        """Return to the state that was kept."""
        self._state.assign(self._kept)
        for name, array in self._memory().items():
            self._warp.copy(array, self._kept_memory[name])

    def is_finite(self) -> bool:
        """Whether all bodies and points of all worlds are somewhere."""
        arrays = [self._state.body_q, self._state.particle_q]
        tensors = [self._warp.to_torch(array) for array in arrays if array is not None]
        return all(bool(tensor.isfinite().all()) for tensor in tensors)

    def touching(self) -> Touching:
        """Return where shapes touch now; the state stays as it is.

        A solver knows its contacts while it steps, so it steps once more, and what it did is undone.
        """
        before = self.capture()
        contacts = self._contacts
        if contacts is None:
            most = self._solver.get_max_contact_count()
            contacts = self._newton.Contacts(most, 0, device=self.device)
        kind = self._solver.ObservableKind.CONTACT_F
        observables = self._solver.observables({kind}, contacts=contacts)
        self._substep(_BLINK, contacts, observables)
        self._swap()
        count = int(contacts.rigid_contact_count.numpy()[0])
        shapes = np.stack(
            [getattr(contacts, f"rigid_contact_shape{side}").numpy()[:count] for side in (0, 1)],
            axis=-1,
        )
        # Round shapes have their points inside, and a surface around them.
        points = contacts.rigid_contact_point0.numpy() + contacts.rigid_contact_offset0.numpy()
        found = Touching(
            shapes=shapes.astype(np.int64),
            points=points[:count].astype(np.float64),
            normals=contacts.rigid_contact_normal.numpy()[:count].astype(np.float64),
            forces=observables.contact_f.numpy()[:count, :3].astype(np.float64),
            bodies=np.append(self.model.shape_body.numpy(), -1)[shapes],
            worlds=np.append(self.model.shape_world.numpy(), -1)[shapes].max(axis=-1, initial=-1),
        )
        self.restore(before)
        return found

    def capture(self) -> dict[str, NDArray[Any]]:
        """Return copies of everything that the next steps follow from."""
        names = (*_STATE_FIELDS, *_CONTROL_FIELDS)
        found = {name: self.read(name) for name in names if self._array(name) is not None}
        found["forces"] = self.forces.numpy().copy()
        for name, array in self._memory().items():
            found[name] = array.numpy().copy()
        return found

    def restore(self, captured: Mapping[str, NDArray[Any]]) -> None:
        """Return to what ``capture`` returned."""
        memory = self._memory()
        for name, values in captured.items():
            if name == "forces":
                self.forces.assign(values)
            elif name in memory:
                memory[name].assign(values)
            else:
                self._array(name).assign(values)

    def forget(self, worlds: NDArray[np.bool_]) -> None:
        """Drop what the solver remembers of the last step, such as where to start its search.

        Args:
            worlds: Which worlds, bool, shape [w].
        """
        for array in self._memory().values():
            values = array.numpy().copy()
            values[worlds] = 0.0
            array.assign(values)

    def _memory(self) -> dict[str, Any]:
        if self.solver_name != MUJOCO:
            return {}
        data = self._solver.mjw_data
        return {"warmstart": data.qacc_warmstart, "time": data.time}

    def _array(self, name: str) -> Any:
        for owner in (self._state, self._control, self.model):
            if hasattr(owner, name):
                return getattr(owner, name)
        raise AttributeError(name)

    def _substeps(self, timestep: float, substeps: int) -> None:
        self._count.begin()
        for _ in range(substeps):
            self._substep(timestep)
            if self._pipeline is None:
                self._count.note_constraints(self._solver.mjw_data)
            else:
                self._count.note_contacts(self._contacts)
        if substeps % 2:
            # A graph finds the state in the same memory every time.
            self._next.assign(self._state)
            self._swap()

    def _substep(self, timestep: float, contacts: Any = None, observables: Any = None) -> None:
        state = self._state
        state.clear_forces()
        if self.model.body_count:
            self._warp.copy(state.body_f, self.forces)
        if self._pipeline is not None:
            self._pipeline.collide(state, self._contacts)
            self._overlaps.note(self._contacts, state, timestep, max(1, self._step[1]))
            self._rolling.center(self._contacts, state)
        contacts = self._contacts if contacts is None else contacts
        self._solver.step(
            state, self._next, self._control, contacts, timestep, observables=observables
        )
        if self._pipeline is not None:
            self._overlaps.limit(self._next)
        self._swap()

    def _swap(self) -> None:
        self._state, self._next = self._next, self._state

    def _bounces(self) -> bool:
        restitution = self.model.shape_material_restitution
        return bool(restitution is not None and (restitution.numpy() > 0.0).any())
