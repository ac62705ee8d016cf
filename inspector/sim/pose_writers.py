"""Where the poses of a physics step go: rows of Fabric, or local transforms in USD.

Belongs here: turning world poses into what each representation stores. When a step happens is
decided in ``simulation_context``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray
from pxr import Gf, Sdf, Usd, UsdGeom

from inspector.physics.backend import HostMatrices
from inspector.physics.poses import from_world_matrices
from inspector.sim.pose_math import Floats, stretches, world_matrices
from inspector.utils.states import Writer

if TYPE_CHECKING:
    from inspector.fabric.scene_tables import SceneTables
    from inspector.fabric.store import FabricStore
    from inspector.physics.backend import DevicePoses, PhysicsBackend

_TRANSLATE, _ORIENT, _SCALE = "xformOp:translate", "xformOp:orient", "xformOp:scale"
_TRANSFORM = "xformOp:transform"
_STRAIGHT = 1e-9
"""Relative error up to which axes count as at right angles, and lengths as equal."""
_ORDER = [_TRANSLATE, _ORIENT, _SCALE]
_CHUNK = 8192
_MATRIX = np.dtype((np.void, 16 * 8))
_Ops: TypeAlias = tuple[Sdf.AttributeSpec, Sdf.AttributeSpec, type[Gf.Quatd]]


class PoseWriter(Protocol):
    """Receives the poses of every step."""

    def write(self, step: int) -> None:
        """Store the world poses that the engine has now as those of a step."""
        ...


class FabricPoseWriter:
    """Writes world matrices to the rows of the bodies; USD keeps its authored values.

    Args:
        fabric: Store that receives the poses.
        rows: Row of each body, -1 for bodies without one, shape [b].
        engine: Has the poses.
    """

    def __init__(
        self, fabric: FabricStore, rows: NDArray[np.int64], engine: PhysicsBackend
    ) -> None:
        self._fabric = fabric
        self._engine = engine
        self._matrices = engine if isinstance(engine, HostMatrices) else None
        self._rows = rows
        self._held = None if (rows >= 0).all() else np.flatnonzero(rows >= 0)
        self._written = rows if self._held is None else rows[self._held]
        stretch = stretches(np.where((rows >= 0)[:, None, None], fabric.world[rows], np.eye(4)))
        # Most scenes have no scaled body; then a product per body and step is saved.
        self._stretch = None if (stretch == np.eye(3)).all() else stretch

    def write(self, step: int) -> None:
        """Store the poses that the engine has now."""
        world = self._fabric.lend(self._written, Writer.PHYSICS, step)
        # Each matrix is moved as one piece of memory.
        rows = world.reshape(-1, 16).view(_MATRIX).reshape(-1)

        def take(bodies: slice, matrices: Floats) -> None:
            if self._stretch is not None:
                matrices[:, :3, :3] = self._stretch[bodies] @ matrices[:, :3, :3]
            pieces = matrices.reshape(-1, 16).view(_MATRIX).reshape(-1)
            at = self._rows[bodies]
            if self._held is None:
                rows[at] = pieces
            else:
                rows[at[at >= 0]] = pieces[at >= 0]

        if self._matrices is not None:
            self._matrices.each_matrices(take)
            return
        poses = self._engine.poses()
        for start in range(0, len(poses), _CHUNK):  # what is made of a chunk stays in the cache
            part = slice(start, start + _CHUNK)
            take(part, world_matrices(poses[part]))


class DevicePoseWriter:
    """Leaves world matrices on the device; Fabric fetches them when somebody reads its rows.

    Args:
        fabric: Store that receives the poses.
        rows: Row of each body, -1 for bodies without one, shape [b].
        engine: Has the matrices of the bodies.
    """

    def __init__(self, fabric: FabricStore, rows: NDArray[np.int64], engine: DevicePoses) -> None:
        self._fabric = fabric
        self._bodies = None if (rows >= 0).all() else np.flatnonzero(rows >= 0)
        self._rows = rows if self._bodies is None else rows[self._bodies]
        self._engine = engine
        stretch = stretches(fabric.world[self._rows])
        self._stretch = None if (stretch == np.eye(3)).all() else stretch

    def write(self, step: int) -> None:
        """Say that the matrices are those of a step now."""
        self._fabric.defer(self._rows, self._fetch, Writer.PHYSICS, step)

    def _fetch(self) -> Floats:
        world: Floats = self._engine.matrices.cpu().numpy()
        if self._bodies is not None:
            world = world[self._bodies]
        if self._stretch is not None:
            world = world.copy()
            world[:, :3, :3] = self._stretch @ world[:, :3, :3]
        return world


class UsdPoseWriter:
    """Authors local transforms, parent-relative and with their scale, in one change block.

    Args:
        stage: Stage of the bodies.
        layer: Layer that receives the values; it is put back at stop.
        paths: Prim path of each body.
        tables: World matrices of USD, told of the new ones directly: cheaper than by notices.
        rows: Row of each body, -1 for bodies without one, shape [b].
        engine: Has the poses.
        animated: Bodies that follow an animation in USD: nothing is authored over it.
    """

    def __init__(
        self,
        stage: Usd.Stage,
        layer: Sdf.Layer,
        paths: list[str],
        tables: SceneTables,
        rows: NDArray[np.int64],
        engine: PhysicsBackend,
        animated: NDArray[np.int64],
    ) -> None:
        self._engine = engine
        self._layer = layer
        self._tables = tables
        self._known = np.flatnonzero(rows >= 0)
        self._bodies = np.setdiff1d(self._known, animated)
        self._rows = rows[self._known]
        self._prims = [stage.GetPrimAtPath(path) for path in paths]
        self._read_stage()

    def _read_stage(self) -> None:
        """Note where the prims above the bodies are, and how bodies are scaled."""
        self._moves = self._tables.listener.moves
        cache = UsdGeom.XformCache()
        world = np.array([cache.GetLocalToWorldTransform(prim) for prim in self._prims])
        self._stretch = stretches(world)
        self._anchor, self._offset = _parents(self._prims, cache, world)
        self._authored = False

    def write(self, step: int) -> None:
        """Store the poses that the engine has now."""
        if self._tables.listener.moves != self._moves:
            self._read_stage()  # somebody moved a prim above a body, or gave a body other ops
            self._tables.catch_up(step=step, populate=False, structural=False)
        world = world_matrices(self._engine.poses(), self._stretch)
        parent = self._offset.copy()
        nested = self._anchor >= 0
        parent[nested] = self._offset[nested] @ world[self._anchor[nested]]
        local = world @ np.linalg.inv(parent)
        values = from_world_matrices(local)
        with self._tables.listener.muted(), Sdf.ChangeBlock():
            if not self._authored:
                self._author(local, parent)
            for (translate, orient, quat), (x, y, z, qx, qy, qz, qw) in zip(
                self._specs, values[self._by_ops].tolist(), strict=True
            ):
                translate.default = Gf.Vec3d(x, y, z)
                orient.default = quat(qw, qx, qy, qz)
            for spec, matrix in zip(self._matrices, local[self._by_matrix].tolist(), strict=True):
                spec.default = Gf.Matrix4d(matrix)
        self._tables.write_usd(self._rows, local[self._known], Writer.PHYSICS, step)

    def _author(self, local: Floats, parent: Floats) -> None:
        """Make the ops that are written from now on; only a matrix can hold what is sheared."""
        stretch = stretches(local)
        scale = np.diagonal(stretch, axis1=1, axis2=2)
        bent = _is_bent(stretch, scale) | ~_keeps_angles(parent[:, :3, :3])
        self._by_ops = self._bodies[~bent[self._bodies]]
        self._by_matrix = self._bodies[bent[self._bodies]]
        self._specs: list[_Ops] = [
            _author_ops(self._layer, self._prims[body], scale[body].tolist())
            for body in self._by_ops.tolist()
        ]
        self._matrices = [
            _author_matrix(self._layer, self._prims[body]) for body in self._by_matrix.tolist()
        ]
        self._authored = True


def _is_bent(stretch: Floats, scale: Floats) -> NDArray[np.bool_]:
    across = np.abs(stretch * (1.0 - np.eye(3))).max(axis=(1, 2), initial=0.0)
    return across > _STRAIGHT * np.abs(scale).max(axis=1, initial=0.0)


def _keeps_angles(linear: Floats) -> NDArray[np.bool_]:
    """Return which matrices, shape [n, 3, 3], scale all directions alike."""
    products = linear @ linear.transpose(0, 2, 1)
    size = np.trace(products, axis1=1, axis2=2)[:, None, None] / 3.0
    apart = np.abs(products - size * np.eye(3)).max(axis=(1, 2), initial=0.0)
    return apart <= _STRAIGHT * size[:, 0, 0]


def _parents(
    prims: list[Usd.Prim], cache: UsdGeom.XformCache, world: Floats
) -> tuple[NDArray[np.int64], Floats]:
    """Return the nearest body above each body (-1: none) and the parent's matrix relative to it."""
    index = {prim.GetPath(): i for i, prim in enumerate(prims)}
    anchor = np.full(len(prims), -1, np.int64)
    offset = np.empty((len(prims), 4, 4))
    for i, prim in enumerate(prims):
        if UsdGeom.Xformable(prim).GetResetXformStack():
            offset[i] = np.eye(4)
            continue
        offset[i] = np.array(cache.GetParentToWorldTransform(prim))
        above = prim.GetPath().GetParentPath()
        while above != Sdf.Path.absoluteRootPath and above not in index:
            above = above.GetParentPath()
        anchor[i] = index.get(above, -1)
    nested = anchor >= 0
    offset[nested] = offset[nested] @ np.linalg.inv(world[anchor[nested]])
    return anchor, offset


def _author_matrix(layer: Sdf.Layer, prim: Usd.Prim) -> Sdf.AttributeSpec:
    """Make one matrix op in ``layer``, in place of all others."""
    spec = Sdf.CreatePrimInLayer(layer, prim.GetPath())
    reset = ["!resetXformStack!"] if UsdGeom.Xformable(prim).GetResetXformStack() else []
    order = _op(spec, prim, "xformOpOrder", Sdf.ValueTypeNames.TokenArray)
    order.default = [*reset, _TRANSFORM]
    return _op(spec, prim, _TRANSFORM, Sdf.ValueTypeNames.Matrix4d)


def _author_ops(layer: Sdf.Layer, prim: Usd.Prim, scale: list[float]) -> _Ops:
    """Make translate and orient ops in ``layer``; the scale stays the authored op where it can."""
    xformable = UsdGeom.Xformable(prim)
    ops = [str(op.GetOpName()) for op in xformable.GetOrderedXformOps()]
    spec = Sdf.CreatePrimInLayer(layer, prim.GetPath())
    names = [name for name in _ORDER if name != _SCALE or name in ops]
    others = [name for name in _ORDER if name in ops] != ops
    if others or (_SCALE in ops and not _says(prim.GetAttribute(_SCALE), scale)):
        # Other ops (matrices, Euler angles, pivots) give way to the three standard ones; a scale that
        # mirrors does so along all axes, which is what the orientation belongs to.
        names = _ORDER
        _op(spec, prim, _SCALE, Sdf.ValueTypeNames.Double3).default = Gf.Vec3d(*scale)
    if names != ops:
        reset = ["!resetXformStack!"] if xformable.GetResetXformStack() else []
        order = _op(spec, prim, "xformOpOrder", Sdf.ValueTypeNames.TokenArray)
        order.default = [*reset, *names]
    translate = _op(spec, prim, _TRANSLATE, Sdf.ValueTypeNames.Double3)
    orient = _op(spec, prim, _ORIENT, Sdf.ValueTypeNames.Quatd)
    # A spec converts vectors to its own precision, but not quaternions.
    return translate, orient, orient.typeName.type.pythonClass


def _says(attribute: Usd.Attribute, scale: list[float]) -> bool:
    value = attribute.Get()
    return value is not None and np.allclose(value, scale, rtol=1e-6, atol=0.0)


def _op(
    spec: Sdf.PrimSpec, prim: Usd.Prim, name: str, fallback: Sdf.ValueTypeName
) -> Sdf.AttributeSpec:
    present = spec.attributes.get(name)
    if present is not None:
        return present
    uniform = Sdf.VariabilityUniform if name == "xformOpOrder" else Sdf.VariabilityVarying
    type_name = prim.GetAttribute(name).GetTypeName() or fallback
    return Sdf.AttributeSpec(spec, name, type_name, uniform)
