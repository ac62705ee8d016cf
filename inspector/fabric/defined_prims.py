"""Prims that scripts defined in Fabric and USD does not have, as flat arrays.

Belongs here: what they are and where they stand. Their values live in ``attributes``, under the
names that scripts use.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inspector.fabric.attributes import FabricAttributes, FabricValue
from inspector.fabric.scene_tables import SceneTables

WORLD_MATRIX = "omni:fabric:worldMatrix"
LOCAL_MATRIX = "omni:fabric:localMatrix"


@dataclass(frozen=True, eq=False)
class DefinedPrims:
    """k prims, parents first, and the transforms of those that have one.

    Attributes:
        paths: Prim paths.
        types: Type names, empty for typeless prims.
        posed: Which of them have a transform, bool, shape [k].
        world: World matrices of those, row-vector, shape [p, 4, 4].
        local: Local matrices, where those count, shape [p, 4, 4].
        follows: Whether the local matrix counts, bool, shape [p].
        step: Physics steps of the last writes, int64, shape [p].
        writer: Who wrote last, ``Writer``, uint8, shape [p].
    """

    paths: tuple[str, ...]
    types: tuple[str, ...]
    posed: NDArray[np.bool_]
    world: NDArray[np.float64]
    local: NDArray[np.float64]
    follows: NDArray[np.bool_]
    step: NDArray[np.int64]
    writer: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.paths)

    @staticmethod
    def of(tables: SceneTables) -> DefinedPrims:
        """Return those of a stage."""
        known = tables.fabric.attributes
        paths = defined_paths(tables)
        worlds = [known.get(path, WORLD_MATRIX) for path in paths]
        posed = [path for path, value in zip(paths, worlds, strict=True) if value is not None]
        poses = [value for value in worlds if value is not None]
        locals_ = [known.get(path, LOCAL_MATRIX) for path in posed]
        follows = [
            local is not None and local.sequence > world.sequence
            for local, world in zip(locals_, poses, strict=True)
        ]
        return DefinedPrims(
            paths=tuple(paths),
            types=tuple(known.prims[path] for path in paths),
            posed=np.array([value is not None for value in worlds], np.bool_),
            world=_stacked(poses),
            local=_stacked(
                [
                    local if local is not None and counts else world
                    for local, world, counts in zip(locals_, poses, follows, strict=True)
                ]
            ),
            follows=np.array(follows, np.bool_),
            step=np.array([value.step for value in poses], np.int64),
            writer=np.array([value.writer for value in poses], np.uint8),
        )


def _stacked(values: list[FabricValue]) -> NDArray[np.float64]:
    return np.array([value.get() for value in values], np.float64).reshape(-1, 4, 4)


def defined_paths(tables: SceneTables) -> list[str]:
    """Return the paths of prims that scripts defined, parents first.

    What USD has by now is no longer one.
    """
    known: FabricAttributes = tables.fabric.attributes
    if not known.prims:
        return []
    paths = sorted(known.prims, key=lambda path: path.count("/"))
    found = tables.prims.paths.find_paths(paths)
    return [path for path, at in zip(paths, found.tolist(), strict=True) if at < 0]
