"""The engine: which solver, which worlds are stepped together, and kernels that are there in time."""

from __future__ import annotations

from dataclasses import replace

import torch

from inspector.physics.backend import PhysicsSettings, Progress
from inspector.physics.kernel_cache import compile_kernels, configure_warp
from inspector.physics.mujoco_warp import kernel_key
from inspector.physics.newton.contact_room import first_room
from inspector.physics.newton.group import NewtonGroup
from inspector.physics.newton.library import libraries
from inspector.physics.newton.simulation import NewtonSimulation
from inspector.physics.newton.soft import offsets_of
from inspector.physics.newton.world_builder import MUJOCO, XPBD, WorldBuilder
from inspector.physics.recipe_backend import RecipeBackend
from inspector.physics.recipe_group import RecipeGroup
from inspector.physics.recipe_start import RecipePlaces
from inspector.physics.soft import NeedsEngineError, SoftBodies, SoftKind, SoftPrim
from inspector.physics.tensor_poses import world_matrices
from inspector.physics.usd_to_mjspec.parse import Reports
from inspector.physics.warp_capacity import Capacity
from inspector.utils.message import Message
from inspector.utils.states import Severity

SOLVERS = ("auto", MUJOCO, XPBD)
"""Names of solvers."""
_CROWD = 4096
"""Pairs of shapes from which Newton may take other kernels."""
_CROWDS = 10
"""Crowds that are told apart: so many doublings later all of them have the same kernels."""
_ROOM: dict[str, Capacity] = {}
"""Room that simulations turned out to need."""
_SPOKEN = {MUJOCO: "MuJoCo solver", XPBD: "XPBD"}


class NewtonBackend(RecipeBackend):
    """Newton: equal worlds by its MuJoCo solver, one model per recipe; or all of them by XPBD."""

    has_soft = True

    def __init__(self) -> None:
        super().__init__()
        self._settings = PhysicsSettings()
        self._simulations: list[NewtonSimulation] = []
        self._keys: list[str] = []
        self._soft: list[SoftPrim] = []
        self.name = "Newton"

    @property
    def messages(self) -> tuple[Message, ...]:
        """What could not be represented, and what happened since play."""
        return (*super().messages, *(note for each in self._simulations for note in each.messages))

    @property
    def matrices(self) -> torch.Tensor:
        """Rigid world matrices, row-vector, in stage units, float64, on the device."""
        moving = [g for g in self._groups if isinstance(g, NewtonGroup) and g.rows]
        if not moving:
            return torch.empty((0, 4, 4), dtype=torch.float64, device=self.device)
        found = [group.world_poses() for group in moving]
        return world_matrices(*(torch.cat(parts) for parts in zip(*found, strict=True)))

    @property
    def all_finite(self) -> bool:
        """Whether all bodies, particles and cloth are somewhere."""
        return all(simulation.is_finite() for simulation in self._simulations)

    def step(self, dt: float, substeps: int) -> None:
        """Advance every environment by ``dt`` [s]; the poses are those after the step.

        Raises:
            SimulationNotPlayingError: The engine was closed by stop.
        """
        self._require_built("step")
        for simulation in self._simulations:
            simulation.keep()
        self.steps_begun += 1
        for simulation in self._simulations:
            if simulation.soften(dt / substeps) < 1.0:
                self._say_softer()
            simulation.begin(dt / substeps, substeps)
        for simulation in self._simulations:
            simulation.finish()

    def close(self) -> None:
        """Free everything, and remember what room for contacts it took."""
        for key, simulation in zip(self._keys, self._simulations, strict=True):
            _ROOM[key] = simulation.room.joined(_ROOM.get(key))
        self._simulations, self._keys = [], []
        super().close()

    def _check(self, settings: PhysicsSettings) -> None:
        if settings.solver not in SOLVERS:
            raise ValueError(
                f"physics.solver must be one of {', '.join(SOLVERS)}, got '{settings.solver}'"
            )
        configure_warp(settings.device)
        warp = libraries().warp
        if settings.device != "cpu" and not warp.is_device_available(settings.device):
            raise ValueError(f"device '{settings.device}' is not there for Newton; use 'cpu'")
        self._settings = settings
        self.device = settings.device

    def _say_softer(self) -> None:
        cloth = next(p for p in self._soft if p.kind is SoftKind.CLOTH)
        self._reports.add(
            "cloth-softer",
            cloth.path,
            f"{cloth.path} is stiffer than XPBD can follow with this time step; it stretches more. "
            "More substeps make it stiffer.",
            Severity.INFO,
        )

    def soft_bodies(self) -> tuple[SoftBodies, ...]:
        """Return where particles and cloth are now."""
        groups = [group for group in self._groups if isinstance(group, NewtonGroup)]
        return tuple(body for group in groups for body in group.soft_bodies(self._template_of))

    def _make_groups(
        self, places: list[RecipePlaces], progress: Progress | None
    ) -> list[RecipeGroup]:
        self._soft = [prim for each in places for prim in each.soft]
        solver = self._choose(places)
        self.name = f"Newton, {_SPOKEN[solver]}"
        # XPBD's kernels compile in half the time and do ten times the work of a step.
        optimize = solver == XPBD
        configure_warp(self.device, optimize=optimize)
        crowd = crowding(solver, self.device, places)
        members = _together(places, solver)
        keys = [_room_key(solver, each) for each in members]
        rooms = [
            _ROOM.get(key) or _first_room(solver, each)
            for key, each in zip(keys, members, strict=True)
        ]
        few = places if crowd else [_smaller(each) for each in places]
        key = _signature(solver, places, rooms) + f"\ncrowd {crowd}"
        order = (solver, self.device, few, rooms)
        compile_kernels(warm_up, order, key, self.device, progress, optimize=optimize)
        groups, simulations = make_groups(places, solver, self.device, self._reports, rooms)
        self._simulations, self._keys = simulations, keys
        return list(groups)

    def _choose(self, places: list[RecipePlaces]) -> str:
        soft = next((prim for each in places for prim in each.soft), None)
        wanted = self._settings.solver
        if soft is not None and wanted == MUJOCO:
            raise NeedsEngineError(soft, "Newton's MuJoCo solver", solver=XPBD)
        if wanted == "auto":
            return MUJOCO if soft is None else XPBD
        return wanted


def make_groups(
    places: list[RecipePlaces],
    solver: str,
    device: str,
    reports: Reports,
    rooms: list[Capacity | None],
) -> tuple[list[NewtonGroup], list[NewtonSimulation]]:
    """Make the simulations of all recipes.

    Args:
        places: The recipes.
        solver: ``MUJOCO`` has a simulation per recipe, ``XPBD`` one for all.
        device: Where they run.
        reports: Takes what the solver cannot represent.
        rooms: Room for contacts in each simulation to begin with.

    Returns:
        A group per recipe, and the simulations.
    """
    offsets = offsets_of(places) if solver == XPBD else None
    groups: list[NewtonGroup] = []
    simulations: list[NewtonSimulation] = []
    for members, room in zip(_together(places, solver), rooms, strict=True):
        worlds = [WorldBuilder(p.translation, solver, reports, p.soft).run() for p in members]
        counted = [(w, len(p.env_ids)) for w, p in zip(worlds, members, strict=True)]
        simulation = NewtonSimulation(counted, solver, device, offsets, room)
        first, mine = 0, list[NewtonGroup]()
        for each, (world, count) in zip(members, counted, strict=True):
            mine.append(NewtonGroup(each, world, simulation, first))
            mine[-1].place()
            first += count
        simulation.start()
        groups += mine
        simulations.append(simulation)
    return groups, simulations


def warm_up(order: tuple[str, str, list[RecipePlaces], list[Capacity | None]]) -> None:
    """Make a small copy of a scene and step it, so that its kernels are compiled.

    Args:
        order: Solver, device, recipes with a few environments each, and room for their contacts.
    """
    solver, device, places, rooms = order
    groups, simulations = make_groups(places, solver, device, Reports(), rooms)
    for simulation in simulations:
        simulation.step(1e-3, 2)
        simulation.follow_bodies()
        simulation.touching()
    del groups


def crowding(solver: str, device: str, places: list[RecipePlaces]) -> int:
    """Say whether so many shapes may touch that Newton takes other kernels for them, and how many.

    On CUDA its collision pipeline splits its work from some thousand pairs of shapes on. A small
    copy of the scene has too few, so a crowd is compiled with all of its environments.

    Args:
        solver: Newton's MuJoCo solver has kernels of its own.
        device: Where they run.
        places: The recipes.

    Returns:
        0 for no crowd, otherwise a number that grows with each doubling of the pairs.
    """
    if solver != XPBD or device == "cpu":
        return 0
    pairs = 0
    for each in places:
        shapes = int(each.translation.model.ngeom)
        pairs += len(each.env_ids) * shapes * (shapes - 1) // 2
    return min(max(0, (pairs // _CROWD).bit_length()), _CROWDS)


def _together(places: list[RecipePlaces], solver: str) -> list[list[RecipePlaces]]:
    """Say which recipes share a simulation: ``MUJOCO`` has one each, ``XPBD`` one for all."""
    return [places] if solver == XPBD else [[each] for each in places]


def _first_room(solver: str, members: list[RecipePlaces]) -> Capacity | None:
    """Guess the room of a simulation; Newton's own guess for ``XPBD`` is by pairs that may touch."""
    if solver == XPBD:
        return None
    return first_room(members[0].translation.model, len(members[0].env_ids))


def _room_key(solver: str, members: list[RecipePlaces]) -> str:
    """Say which simulations are alike enough to need the same room."""
    sizes = [f"{kernel_key(each.translation.model)} {len(each.env_ids)}" for each in members]
    return "\n".join([solver, *sizes])


def _smaller(places: RecipePlaces) -> RecipePlaces:
    """The same recipe with two environments at most."""
    keep = [*{places.reference, 0, len(places.env_ids) - 1}][:2]
    return RecipePlaces(
        places.translation,
        places.env_ids[keep],
        places.frames[keep],
        places.local[keep],
        places.units,
        places.gravity,
        keep.index(places.reference),
        tuple(replace(prim, to_model=prim.to_model[keep]) for prim in places.soft),
    )


def _signature(solver: str, places: list[RecipePlaces], rooms: list[Capacity | None]) -> str:
    """Say which kernels a scene needs: solver, kinds of shapes, sizes that kernels are made for."""
    parts = [f"rows {room.rows}" for room in rooms if room is not None]
    for each in places:
        model = each.translation.model
        kinds = sorted({int(kind) for kind in model.geom_type})
        joints = sorted({int(kind) for kind in model.jnt_type})
        sizes = (model.nv, model.nu, model.neq, model.nbody) if solver == MUJOCO else ()
        soft = sorted({prim.kind.value for prim in each.soft})
        parts.append(f"{kinds} {joints} {sizes} {int(model.ntendon) > 0} {soft}")
    return "\n".join([solver, *sorted(set(parts))])
