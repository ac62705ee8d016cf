"""Environments that received the same source rows, and how far each body is from their median.

Measured relative to the root of the environment, so that where an environment stands does not count.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pxr import UsdGeom

from inspector.errors import InspectorError
from inspector.session.break_conditions import Outlier
from inspector.session.pose_errors import rotation_errors
from inspector.sim.pose_math import world_matrices
from inspector.sim.simulation_context import SimulationContext
from inspector.usd.path_table import GLOBAL_ENV

_SMALLEST = 3
"""The median of two is between them: neither would be the odd one."""


@dataclass(frozen=True, eq=False)
class _Cohort:
    """One cohort.

    Attributes:
        env_ids: Its environments, ascending, shape [e].
        bodies: Rows of the body table, environment by environment, shape [e, b].
        roots: Inverse world matrices of the environments, shape [e, 4, 4].
    """

    env_ids: NDArray[np.int64]
    bodies: NDArray[np.int64]
    roots: NDArray[np.floating]


class Cohorts:
    """The cohorts of one play.

    Args:
        sim: The simulation, between play and stop.

    Raises:
        InspectorError: The scene has no clone plan.
    """

    def __init__(self, sim: SimulationContext) -> None:
        plan = sim.get_clone_plan()
        if plan is None:
            raise InspectorError("This scene has no clone plan, so no environment has a cohort.")
        self._sim = sim
        self._meters = UsdGeom.GetStageMetersPerUnit(sim.stage)
        self._cohorts = [
            cohort
            for _, env_ids in plan.recipes()
            if (cohort := self._cohort(np.sort(env_ids.cpu().numpy()))) is not None
        ]

    def farthest(self, condition: Outlier) -> tuple[int, float]:
        """Return the body that is farthest from its cohort, and how far [m or rad].

        Raises:
            InspectorError: The environment has no cohort to differ from.
        """
        poses = self._sim.body_poses
        best, worst = -1, -1.0
        for cohort in self._asked(condition.env_id):
            distances = self._distances(cohort, poses, is_angle=condition.is_angle)
            if condition.env_id is not None:
                distances = np.where((cohort.env_ids == condition.env_id)[:, None], distances, -1.0)
            at = int(distances.argmax())
            if distances.flat[at] > worst:
                best, worst = int(cohort.bodies.flat[at]), float(distances.flat[at])
        return best, worst

    def _asked(self, env_id: int | None) -> list[_Cohort]:
        if env_id is None:
            return self._cohorts
        mine = [cohort for cohort in self._cohorts if env_id in cohort.env_ids]
        if not mine:
            raise InspectorError(
                f"env {env_id} has no cohort: fewer than {_SMALLEST} environments received what "
                "it did, or there is none of that number."
            )
        return mine

    def _distances(
        self, cohort: _Cohort, poses: NDArray[np.float64], *, is_angle: bool
    ) -> NDArray[np.float64]:
        """Distances from the median, shape [e, b]."""
        shape = cohort.bodies.shape
        if not is_angle:
            # Rows of the inverse: p · R⁻¹ + t.
            world = poses[cohort.bodies, :3]
            local = world @ cohort.roots[:, :3, :3] + cohort.roots[:, None, 3, :3]
            gap = local - np.median(local, axis=0)
            return np.sqrt(np.einsum("ebi,ebi->eb", gap, gap)) * self._meters
        world = world_matrices(poses[cohort.bodies.ravel()])[:, :3, :3].reshape(*shape, 3, 3)
        local = world @ cohort.roots[:, None, :3, :3]
        middle = np.broadcast_to(np.median(local, axis=0), local.shape)
        return rotation_errors(local.reshape(-1, 3, 3), middle.reshape(-1, 3, 3)).reshape(shape)

    def _cohort(self, env_ids: NDArray[np.int64]) -> _Cohort | None:
        paths = self._sim.require_run("compare environments").bodies.paths
        mine = np.flatnonzero(np.isin(paths.env_id, env_ids) & (paths.env_id != GLOBAL_ENV))
        order = np.lexsort((paths.template_id[mine], paths.env_id[mine]))
        if len(env_ids) < _SMALLEST or len(mine) == 0 or len(mine) % len(env_ids):
            return None
        return _Cohort(env_ids, mine[order].reshape(len(env_ids), -1), self._roots(env_ids))

    def _roots(self, env_ids: NDArray[np.int64]) -> NDArray[np.floating]:
        tables = self._sim.tables
        paths = tables.prims.paths
        prims = paths.find_many(paths.template_index(paths.env_root), env_ids)
        rows = tables.world_cache.hierarchy.row_of_prim[prims]
        return np.linalg.inv(tables.world_cache.world[rows])
