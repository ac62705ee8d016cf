"""Which shapes have a ghost: those that USD has elsewhere than Fabric. Numpy only, no GL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from inspector.session.snapshot import PrimFlag, PrimTable, SceneSnapshot, StaleReason

if TYPE_CHECKING:
    from inspector.gui.viewport.display import Display


def differing_rows(snapshot: SceneSnapshot) -> NDArray[np.bool_]:
    """Return the transform rows that USD and Fabric have in different places, shape [r]."""
    table, tolerance = snapshot.transforms, snapshot.tolerance
    apart = np.zeros(len(table), np.bool_)
    maybe = np.flatnonzero((table.reason != StaleReason.FRESH) & table.has_usd & table.has_fabric)
    if len(maybe) == 0:
        return apart
    usd = np.take(table.usd_world, maybe, axis=0)
    difference = usd - np.take(table.fabric_world, maybe, axis=0)
    moved = np.einsum("ni,ni->n", difference[:, 3, :3], difference[:, 3, :3])
    # For small angles the largest change of an axis is the angle in radians.
    size = np.einsum("nij,nij->ni", usd[:, :3, :3], usd[:, :3, :3]).max(axis=1)
    turned = np.einsum("nij,nij->ni", difference[:, :3, :3], difference[:, :3, :3]).max(axis=1)
    near = tolerance.position / snapshot.meters_per_unit
    # What is not finite is in no order with anything: it has no ghost.
    apart[maybe] = (moved > near * near) | (turned > tolerance.rotation**2 * size)
    apart[maybe] &= np.isfinite(moved) & np.isfinite(turned)
    return apart


def carriers(prims: PrimTable, rows: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return the row of the body that carries each row, itself where there is none, shape [r].

    Args:
        prims: Prims of the stage.
        rows: Prim of each transform row, shape [r].
    """
    row_of_prim = np.full(len(prims), -1, np.int32)
    row_of_prim[rows] = np.arange(len(rows), dtype=np.int32)
    is_body = (prims.flags & PrimFlag.RIGID_BODY) != 0
    at = rows.astype(np.int64)
    while (climbing := (at >= 0) & ~is_body[at]).any():
        at = np.where(climbing, prims.parent[at], at)
    carrier = np.where(at >= 0, row_of_prim[at], -1)
    return np.where(carrier >= 0, carrier, np.arange(len(rows))).astype(np.int32)


@dataclass(frozen=True, eq=False)
class GhostList:
    """Instances that have a ghost.

    Attributes:
        instances: Sorted, int64, shape [k].
        leaders: Those of them from which an error line starts, one per carrying body, shape [m].
    """

    instances: NDArray[np.int64]
    leaders: NDArray[np.int64]

    @property
    def sentence(self) -> str:
        """What the shells and lines mean, for the foot of the picture."""
        if len(self.instances) == 0:
            return "Ghost: USD has nothing elsewhere than Fabric."
        one = len(self.instances) == 1
        return (
            f"Ghost: {len(self.instances):,} {'shape' if one else 'shapes'} where USD has "
            f"{'it' if one else 'them'} (shell); dashed: from Fabric to USD."
        )


class Ghosts:
    """Keeps the list of a display up to date."""

    def __init__(self) -> None:
        self._carriers: tuple[object, NDArray[np.int32]] | None = None
        self._key: tuple[object, ...] = ()
        self._list = GhostList(np.zeros(0, np.int64), np.zeros(0, np.int64))

    def carriers_of(self, snapshot: SceneSnapshot) -> NDArray[np.int32]:
        """Return the row of the body that carries each row."""
        known = self._carriers
        if known is None or known[0] is not snapshot.prims:
            known = (snapshot.prims, carriers(snapshot.prims, snapshot.transforms.prims))
            self._carriers = known
        return known[1]

    def of(self, display: Display) -> GhostList:
        """Return what has a ghost; the same list while nothing moved."""
        snapshot, instances = display.snapshot, display.instances
        if snapshot is None or instances is None:
            return GhostList(np.zeros(0, np.int64), np.zeros(0, np.int64))
        key = (snapshot.transforms, snapshot.tolerance, instances, display.hidden)
        if len(self._key) == len(key) and all(a is b for a, b in zip(key, self._key, strict=True)):
            return self._list
        self._key = key
        wanted = differing_rows(snapshot)[instances.rows]
        if display.hidden is not None:
            wanted &= ~display.hidden
        found = np.flatnonzero(wanted)
        carrier = self.carriers_of(snapshot)[instances.rows[found]]
        _, first = np.unique(carrier, return_index=True)
        self._list = GhostList(found, np.sort(found[first]))
        return self._list


def usd_poses(
    snapshot: SceneSnapshot, carrier: NDArray[np.int32], origin: NDArray[np.float64]
) -> NDArray[np.float32]:
    """Return USD's matrices as the shader reads them, shape [r, 4, 4].

    Args:
        snapshot: Scene.
        carrier: Row of the carrying body of each row; it travels in an element that is always 0.
        origin: Where places are counted from [stage units], shape [3].
    """
    with np.errstate(over="ignore", invalid="ignore"):
        poses = snapshot.transforms.usd_world.astype(np.float32)
        poses[:, 3, :3] = snapshot.transforms.usd_world[:, 3, :3] - origin
    poses[:, 0, 3] = carrier
    return poses
