"""World matrices that a caller keeps fresh anyway, so that a build need not read prim by prim."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inspector.physics.poses import Floats, from_world_matrices
from inspector.usd.path_table import PathTable


@dataclass(frozen=True, eq=False)
class KnownWorlds:
    """World matrices of prims.

    Attributes:
        paths: Prim paths, r rows.
        world: World matrices, row-vector, in stage units, shape [r, 4, 4].
        in_usd: Rows whose prim USD has, bool, shape [r].
    """

    paths: PathTable
    world: Floats
    in_usd: NDArray[np.bool_]

    def poses(
        self, templates: Sequence[str], env_ids: Sequence[int]
    ) -> tuple[Floats, NDArray[np.bool_]]:
        """Return the poses of prims in environments; scale and shear are left out.

        Args:
            templates: Path templates, t of them.
            env_ids: Env ids, e of them.

        Returns:
            Poses, shape [e, t, 7], and which of them are known, bool, shape [e, t].
        """
        ids = np.asarray(env_ids, np.int64)
        rows = np.full((len(ids), len(templates)), -1, np.int64)
        for column, template in enumerate(templates):
            index = self.paths.template_index(template)
            if index >= 0:
                rows[:, column] = self.paths.find_many(index, ids)
        known = rows >= 0
        known[known] = self.in_usd[rows[known]]
        poses = np.zeros((*rows.shape, 7))
        poses[known] = from_world_matrices(self.world[rows[known]])
        return poses, known
