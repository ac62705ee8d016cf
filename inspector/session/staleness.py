"""Where USD, Fabric and physics disagree, by how much, and why.

Belongs here: the comparison of whole tables. The sentence about one row is written by ``why``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inspector.fabric.defined_prims import DefinedPrims
from inspector.fabric.scene_tables import SceneTables
from inspector.physics.poses import from_world_matrices
from inspector.session.pose_errors import PoseErrors, pose_errors
from inspector.session.snapshot import StaleReason, Tolerance
from inspector.sim.pose_math import world_matrices

Matrices = NDArray[np.float64]
Rows = NDArray[np.integer]

_ALL = slice(None)
_RIGHT_ANGLE = 1e-9
"""Product of two axes, relative to their squared lengths, from which they are sheared."""


@dataclass(frozen=True, eq=False)
class Staleness:
    """Verdict per row.

    Attributes:
        reason: ``StaleReason``, uint8, shape [r].
        error_position: Largest distance between representations [m], shape [r].
        error_rotation: Largest rotation angle between representations [rad], shape [r].
    """

    reason: NDArray[np.uint8]
    error_position: NDArray[np.float64]
    error_rotation: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class PhysicsPoses:
    """Poses of the bodies while physics exists.

    Attributes:
        world: World matrices, row-vector, shape [b, 4, 4].
        rows: Row of each body, -1 for none, shape [b].
    """

    world: Matrices
    rows: NDArray[np.integer]


def compare(
    tables: SceneTables,
    tolerance: Tolerance,
    *,
    meters_per_unit: float = 1.0,
    physics: PhysicsPoses | None = None,
    use_fabric: bool = True,
    has_usd: NDArray[np.bool_] | None = None,
) -> Staleness:
    """Compare all rows.

    Args:
        tables: USD and Fabric.
        tolerance: Poses closer than this are equal.
        meters_per_unit: Length of a stage unit [m].
        physics: Poses of the bodies; ``None`` while stopped.
        use_fabric: Without, only USD and physics are compared.
        has_usd: Rows that exist in USD, shape [r]; ``None`` means all.

    Returns:
        The verdict.
    """
    verdict = _Verdict(len(tables), tolerance, meters_per_unit)
    usd, fabric = tables.world_cache.world, tables.fabric.world
    if use_fabric:
        errors = pose_errors(usd, fabric)
        missing = ~tables.fabric.populated
        alone = missing if has_usd is None else missing | ~has_usd
        if alone.any():  # there is nothing that such a row could be held against
            for values in (errors.position, errors.rotation, errors.stretch):
                values[alone] = 0.0
        rows = np.flatnonzero(verdict.measure(None, errors))
        later = tables.fabric.sequence[rows] >= tables.usd.sequence[rows]
        verdict.judge(rows[later], StaleReason.USD_BEHIND)
        verdict.judge(rows[~later], StaleReason.FABRIC_BEHIND)
        verdict.judge(np.flatnonzero(missing), StaleReason.USD_ONLY)
    else:
        verdict.measure(None, pose_errors(usd, usd))
    if has_usd is not None:
        verdict.judge(np.flatnonzero(~has_usd), StaleReason.FABRIC_ONLY)
    if physics is not None:
        known = physics.rows >= 0
        bodies = None if known.all() else np.flatnonzero(known)
        rows = physics.rows[known]
        held = fabric if use_fabric else usd
        errors = pose_errors(held, physics.world, rows, bodies)
        _leave_out_shear(errors, tolerance, (held, rows), (physics.world, bodies))
        differ = verdict.measure(rows, errors, scaled=False)
        verdict.judge(rows[differ], StaleReason.PHYSICS_AHEAD)
    if use_fabric:
        _find_left_behind(tables, verdict)
    return verdict.result()


def compare_scripted(
    defined: DefinedPrims,
    above: Matrices,
    tolerance: Tolerance,
    meters_per_unit: float = 1.0,
) -> Staleness:
    """Judge prims that scripts defined in Fabric: USD has none that they could be held against.

    Args:
        defined: The prims.
        above: World matrices of what carries them, not finite for nothing, shape [p, 4, 4].
        tolerance: Poses closer than this are equal.
        meters_per_unit: Length of a stage unit [m].

    Returns:
        The verdict, shape [p].
    """
    world = defined.world
    verdict = _Verdict(len(world), tolerance, meters_per_unit)
    verdict.measure(None, pose_errors(world, world))  # finds what is not finite
    verdict.judge(np.arange(len(world)), StaleReason.FABRIC_ONLY)
    rows = np.flatnonzero(defined.follows & np.isfinite(above).all(axis=(1, 2)))
    expected = defined.local[rows] @ above[rows]
    differ = verdict.measure(rows, pose_errors(world, expected, rows))
    verdict.judge(rows[differ], StaleReason.PARENT_MOVED)
    return verdict.result()


def _leave_out_shear(
    errors: PoseErrors,
    tolerance: Tolerance,
    held: tuple[Matrices, Rows],
    physics: tuple[Matrices, Rows | None],
) -> None:
    """Compare mirrored and sheared rows with rigid bodies by the rotation that is in them.

    Such rows are never rotations, so that their axes differ from a body's however fresh they are.
    """
    world, rows = held
    poses, bodies = physics
    turned = np.flatnonzero((errors.rotation > tolerance.rotation) & ~errors.broken)
    axes = np.take(world, rows[turned], 0)[:, :3, :3]
    products = axes @ axes.transpose(0, 2, 1)
    sizes = np.trace(products, axis1=1, axis2=2)
    across = np.abs(products[:, (0, 0, 1), (1, 2, 2)]).max(axis=1, initial=0.0)
    odd = turned[(np.linalg.det(axes) < 0.0) | (across > _RIGHT_ANGLE * sizes)]
    if len(odd) == 0:
        return
    rigid = world_matrices(from_world_matrices(np.take(world, rows[odd], 0)))
    at = odd if bodies is None else bodies[odd]
    errors.rotation[odd] = pose_errors(rigid, poses, None, at).rotation


def _find_left_behind(tables: SceneTables, verdict: _Verdict) -> None:
    """Find rows whose parent was written after them and which should have followed."""
    fabric = tables.fabric
    parent, sequence = fabric.parent, fabric.sequence
    # The last parent stands in for -1; the comparison of levels rules those rows out.
    rows = np.flatnonzero((sequence[parent] > sequence) & (parent >= 0) & fabric.follows)
    if len(rows) == 0:
        return
    with np.errstate(invalid="ignore", over="ignore"):
        expected = np.take(fabric.local, rows, 0) @ np.take(fabric.world, parent[rows], 0)
        # Nothing can follow a parent that is nowhere; that row is reported, this one is not.
        somewhere = np.isfinite(expected.sum(axis=(1, 2)))
    rows, expected = rows[somewhere], expected[somewhere]
    differ = verdict.measure(rows, pose_errors(fabric.world, expected, rows))
    verdict.judge(rows[differ], StaleReason.PARENT_MOVED)


class _Verdict:
    def __init__(self, count: int, tolerance: Tolerance, meters_per_unit: float) -> None:
        self._tolerance = tolerance
        self._unit = meters_per_unit
        self._reason = np.zeros(count, np.uint8)
        self._position = np.zeros(count)
        self._rotation = np.zeros(count)
        self._broken = np.zeros(count, np.bool_)

    def measure(
        self, rows: Rows | None, errors: PoseErrors, *, scaled: bool = True
    ) -> NDArray[np.bool_]:
        """Note the errors between two representations; return which rows differ, shape [k].

        Args:
            rows: The rows that were compared, shape [k]; ``None`` means all.
            errors: Their errors.
            scaled: Whether a changed scale counts.
        """
        at = _ALL if rows is None else rows
        position = errors.position * self._unit
        self._broken[at] |= errors.broken
        self._position[at] = np.maximum(self._position[at], position)
        self._rotation[at] = np.maximum(self._rotation[at], errors.rotation)
        differ = (position > self._tolerance.position) | (
            errors.rotation > self._tolerance.rotation
        )
        if scaled:
            differ |= errors.stretch > self._tolerance.rotation
        return differ

    def judge(self, rows: NDArray[np.integer], reason: StaleReason) -> None:
        """Give some rows, shape [k], a reason; later reasons are worse and win."""
        self._reason[rows] = reason

    def result(self) -> Staleness:
        """Return the verdict; a pose that is not finite outweighs everything."""
        self._reason[self._broken] = StaleReason.NOT_FINITE
        return Staleness(self._reason, self._position, self._rotation)
