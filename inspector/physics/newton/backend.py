"""The engine: which solver, which worlds are stepped together, and kernels that are there in time."""

from __future__ import annotations

from inspector.physics.backend import PhysicsSettings, Progress
from inspector.physics.kernel_cache import compile_kernels, configure_warp
from inspector.physics.newton.group import NewtonGroup
from inspector.physics.newton.library import libraries
from inspector.physics.newton.simulation import NewtonSimulation
from inspector.physics.newton.world_builder import MUJOCO, XPBD, WorldBuilder
from inspector.physics.recipe_backend import RecipeBackend
from inspector.physics.recipe_group import RecipeGroup
from inspector.physics.recipe_start import RecipePlaces
from inspector.physics.usd_to_mjspec.parse import Reports

SOLVERS = ("auto", MUJOCO, XPBD)
"""Names of solvers."""
_SPOKEN = {MUJOCO: "MuJoCo solver", XPBD: "XPBD"}


class NewtonBackend(RecipeBackend):
    """Newton: equal worlds by its MuJoCo solver, one model per recipe; or all of them by XPBD."""

    def __init__(self) -> None:
        super().__init__()
        self._settings = PhysicsSettings()
        self._simulations: list[NewtonSimulation] = []
        self.name = "Newton"

    def step(self, dt: float, substeps: int) -> None:
        """Advance every environment by ``dt`` [s]; the poses are those after the step."""
        for simulation in self._simulations:
            simulation.keep()
            simulation.step(dt / substeps, substeps)

    def close(self) -> None:
        """Free everything."""
        self._simulations = []
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
        self.name = f"Newton, {_SPOKEN[self._solver()]}"
        self.device = settings.device

    def _solver(self) -> str:
        return MUJOCO if self._settings.solver == "auto" else self._settings.solver

    def _make_groups(
        self, places: list[RecipePlaces], progress: Progress | None
    ) -> list[RecipeGroup]:
        order = (self._solver(), self.device, [_smaller(each) for each in places])
        compile_kernels(warm_up, order, _signature(self._solver(), places), self.device, progress)
        groups, self._simulations = make_groups(places, self._solver(), self.device, self._reports)
        return list(groups)


def make_groups(
    places: list[RecipePlaces], solver: str, device: str, reports: Reports
) -> tuple[list[NewtonGroup], list[NewtonSimulation]]:
    """Make the simulations of all recipes.

    Args:
        places: The recipes.
        solver: ``MUJOCO`` has a simulation per recipe, ``XPBD`` one for all.
        device: Where they run.
        reports: Takes what the solver cannot represent.

    Returns:
        A group per recipe, and the simulations.
    """
    worlds = [WorldBuilder(each.translation, solver, reports).run() for each in places]
    together = [list(range(len(places)))] if solver == XPBD else [[i] for i in range(len(places))]
    groups: list[NewtonGroup] = []
    simulations: list[NewtonSimulation] = []
    for members in together:
        counted = [(worlds[i], len(places[i].env_ids)) for i in members]
        simulation = NewtonSimulation(counted, solver, device)
        first, mine = 0, list[NewtonGroup]()
        for i, (_, count) in zip(members, counted, strict=True):
            mine.append(NewtonGroup(places[i], worlds[i], simulation, first))
            mine[-1].place()
            first += count
        simulation.start()
        groups += mine
        simulations.append(simulation)
    return groups, simulations


def warm_up(order: tuple[str, str, list[RecipePlaces]]) -> None:
    """Make a small copy of a scene and step it, so that its kernels are compiled.

    Args:
        order: Solver, device and recipes with a few environments each.
    """
    solver, device, places = order
    groups, simulations = make_groups(places, solver, device, Reports())
    for simulation in simulations:
        simulation.step(1e-3, 2)
        simulation.follow_bodies()
    del groups


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
    )


def _signature(solver: str, places: list[RecipePlaces]) -> str:
    """Say which kernels a scene needs: solver, kinds of shapes, sizes that kernels are made for."""
    parts: list[str] = []
    for each in places:
        model = each.translation.model
        kinds = sorted({int(kind) for kind in model.geom_type})
        joints = sorted({int(kind) for kind in model.jnt_type})
        sizes = (model.nv, model.nu, model.neq, model.nbody) if solver == MUJOCO else ()
        parts.append(f"{kinds} {joints} {sizes} {int(model.ntendon) > 0}")
    return "\n".join([solver, *sorted(set(parts))])
