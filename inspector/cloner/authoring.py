"""Writing clones into the root layer: blocks of environments, one transaction around them.

Belongs here: how prepared specs reach their destinations. Does not belong here: what is cloned
(``arguments``), reading the sources (``source_specs``), taking back (``transaction``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from pxr import Gf, Sdf, Usd

from inspector.cloner.pose_ops import PoseLayout
from inspector.cloner.transaction import LayerTransaction, copy_spec, remove_spec

Progress: TypeAlias = Callable[[int, int, str], None]
"""Called with (done, total, text); whatever it raises cancels."""

_PRIMS_PER_BLOCK = 750  # a block recomposes in about 10 ms, so progress and cancel come in time
_LARGEST_BLOCK = 256
_STUB = Sdf.Path("/__clone_stub")  # no source has this path, so copying remaps no target
_PROTOTYPES = "/World/prototypes"


@dataclass(frozen=True, eq=False)
class CloneJob:
    """A prepared spec and where it goes.

    Attributes:
        specs: Detached layer that holds the spec.
        path: Path of the spec in ``specs``.
        source: Path of the source; a destination with this path is not copied.
        destinations: Paths to write, k of them.
        env_ids: Environment of each destination, int64, shape [k].
        layout: How the pose of the environment is authored, ``None`` if it is not.
        text: What progress says.
        nested: Whether the destinations lie below those of another job.
    """

    specs: Sdf.Layer
    path: Sdf.Path
    source: Sdf.Path
    destinations: Sequence[str]
    env_ids: NDArray[np.int64]
    layout: PoseLayout | None
    text: str
    nested: bool = False

    @property
    def block_size(self) -> int:
        """Number of destinations per change block."""
        return max(1, min(_LARGEST_BLOCK, _PRIMS_PER_BLOCK // count_prims(self.specs, self.path)))


def reference_stub(target: Sdf.Path, *, instanceable: bool) -> tuple[Sdf.Layer, Sdf.Path]:
    """Return a spec that refers to a prim of the same stage."""
    layer = Sdf.Layer.CreateAnonymous("stub")
    spec: Any = Sdf.CreatePrimInLayer(layer, _STUB)
    spec.specifier = Sdf.SpecifierDef
    spec.referenceList.prependedItems = [Sdf.Reference("", target)]
    if instanceable:
        spec.instanceable = True
    return layer, _STUB


def count_prims(layer: Sdf.Layer, path: Sdf.Path) -> int:
    """Return the number of prim specs at and below a path, at least one."""
    count = 0

    def visit(found: Any) -> None:
        nonlocal count
        count += found.IsPrimPath()

    layer.Traverse(path, visit)
    return max(count, 1)


class CloneWriter:
    """Writes jobs and removals in blocks; used inside one transaction.

    Args:
        stage: Stage whose root layer is written.
        transaction: Takes everything back if something fails.
        total: Number of destinations and removals, for progress.
        progress: Reports and cancels.
    """

    def __init__(
        self,
        stage: Usd.Stage,
        transaction: LayerTransaction,
        total: int,
        progress: Progress | None = None,
    ) -> None:
        self._stage = stage
        self._layer = stage.GetRootLayer()
        self._transaction = transaction
        self._total = total
        self._done = 0
        self._progress = progress
        self._parents: set[Sdf.Path] = set()
        self.report(0, "Clone")

    def report(self, count: int, text: str) -> None:
        """Advance the progress; raises whatever the callback raises."""
        self._done += count
        if self._progress is not None:
            self._progress(self._done, self._total, text)

    def write(
        self,
        job: CloneJob,
        positions: NDArray[np.float64] | None = None,
        quats_xyzw: NDArray[np.float64] | None = None,
    ) -> None:
        """Write a job to all its destinations.

        Args:
            job: What to write where.
            positions: Position of each env id, shape [*, 3].
            quats_xyzw: Orientation of each env id, shape [*, 4].
        """
        poser = _Poser(job, positions, quats_xyzw)
        size = job.block_size
        for start in range(0, len(job.destinations), size):
            stop = min(start + size, len(job.destinations))
            with Sdf.ChangeBlock():
                for index in range(start, stop):
                    self._write_one(job, poser, index)
            self.report(stop - start, job.text)

    def remove(self, paths: Sequence[str], text: str, block: int = 64) -> None:
        """Remove prim specs from the root layer."""
        for start in range(0, len(paths), block):
            with Sdf.ChangeBlock():
                for name in paths[start : start + block]:
                    path = Sdf.Path(name)
                    self._transaction.before_remove(path)
                    remove_spec(self._layer, path)
            self.report(len(paths[start : start + block]), text)

    def keep_prototype(self, specs: Sdf.Layer, source: Sdf.Path, row: int) -> Sdf.Path:
        """Keep a source where it is neither traversed, drawn nor simulated.

        Args:
            specs: Detached layer with the specs of the source.
            source: Path of the source in ``specs``.
            row: Row of the mask, part of the name.

        Returns:
            Path of the prototype, below a ``class``.
        """
        scope = self._prototype_scope()
        stem = f"row_{row}_{source.name}"
        name, attempt = stem, 0
        while self._layer.GetPrimAtPath(scope.AppendChild(name)) is not None:
            attempt += 1
            name = f"{stem}_{attempt}"
        path = scope.AppendChild(name)
        with Sdf.ChangeBlock():
            self._transaction.before_write(path, nested=True)
            copy_spec(specs, source, self._layer, path)
        return path

    def retarget(self, paths: Sequence[str], old: Sdf.Path, new: Sdf.Path) -> None:
        """Point internal references from one prim to another."""
        with Sdf.ChangeBlock():
            for name in paths:
                path = Sdf.Path(name)
                spec: Any = self._layer.GetPrimAtPath(path)
                if path == old or spec is None:
                    continue
                self._transaction.before_write(path, nested=True)
                spec.referenceList.prependedItems = [
                    Sdf.Reference("", new) if not item.assetPath and item.primPath == old else item
                    for item in spec.referenceList.prependedItems
                ]

    def _prototype_scope(self) -> Sdf.Path:
        path, attempt = Sdf.Path(_PROTOTYPES), 0
        while True:
            spec: Any = self._layer.GetPrimAtPath(path)
            if spec is None or spec.specifier == Sdf.SpecifierClass:
                break
            attempt += 1
            path = Sdf.Path(f"{_PROTOTYPES}_{attempt}")
        if spec is None:
            with Sdf.ChangeBlock():
                self._define_ancestors(path.GetParentPath())
                self._transaction.before_write(path, nested=True)
                parent = self._layer.GetPrimAtPath(path.GetParentPath())
                Sdf.PrimSpec(parent, path.name, Sdf.SpecifierClass)
        self._parents.add(path)
        return path

    def _write_one(self, job: CloneJob, poser: _Poser, index: int) -> None:
        path = Sdf.Path(job.destinations[index])
        is_source = path == job.source
        if is_source and job.layout is None:
            return
        self._define_ancestors(path.GetParentPath())
        self._transaction.before_write(path, nested=job.nested)
        if is_source:
            poser.pose_source(self._layer, path, index)
        else:
            poser.pose_specs(index)
            copy_spec(job.specs, job.path, self._layer, path)

    def _define_ancestors(self, parent: Sdf.Path) -> None:
        """Define what is missing above a destination as Xform."""
        missing: list[Sdf.Path] = []
        path = parent
        while path not in self._parents and path != Sdf.Path.absoluteRootPath:
            missing.append(path)
            path = path.GetParentPath()
        for path in reversed(missing):
            spec: Any = self._layer.GetPrimAtPath(path)
            if spec is None:
                self._create_ancestor(path)
            elif spec.specifier == Sdf.SpecifierOver and not self._is_defined(path):
                self._transaction.before_define(spec)
                spec.specifier = Sdf.SpecifierDef
                spec.typeName = spec.typeName or "Xform"
            self._parents.add(path)

    def _create_ancestor(self, path: Sdf.Path) -> None:
        self._transaction.before_write(path, nested=True)
        above: Any = self._layer.GetPrimAtPath(path.GetParentPath()) or self._layer.pseudoRoot
        if self._is_defined(path):  # by another layer, which keeps its say
            Sdf.PrimSpec(above, path.name, Sdf.SpecifierOver)
        else:
            Sdf.PrimSpec(above, path.name, Sdf.SpecifierDef, "Xform")

    def _is_defined(self, path: Sdf.Path) -> bool:
        prim = self._stage.GetPrimAtPath(path)
        return bool(prim) and prim.HasDefiningSpecifier()


class _Poser:
    """Authors the pose of one environment after the other on the specs that are copied."""

    def __init__(
        self,
        job: CloneJob,
        positions: NDArray[np.float64] | None,
        quats_xyzw: NDArray[np.float64] | None,
    ) -> None:
        self._layout = job.layout
        rows = job.env_ids
        posed = job.layout is not None
        self._positions = positions[rows].tolist() if posed and positions is not None else None
        self._quats = quats_xyzw[rows].tolist() if posed and quats_xyzw is not None else None
        self._ops: tuple[Any, Any] = (None, None)
        if job.layout is not None:
            spec = job.specs.GetPrimAtPath(job.path)
            self._ops = job.layout.prepare(spec)

    def pose_specs(self, index: int) -> None:
        """Author the pose of a destination on the specs to be copied."""
        self._author(self._ops, index)

    def pose_source(self, layer: Sdf.Layer, path: Sdf.Path, index: int) -> None:
        """Author the pose of a destination that is the source itself."""
        assert self._layout is not None
        spec = layer.GetPrimAtPath(path) or Sdf.CreatePrimInLayer(layer, path)
        self._author(self._layout.prepare(spec), index)

    def _author(self, ops: tuple[Any, Any], index: int) -> None:
        translate, orient = ops
        if translate is not None and self._positions is not None:
            translate.default = Gf.Vec3d(self._positions[index])
        if orient is not None and self._quats is not None and self._layout is not None:
            orient.default = self._layout.quat(self._quats[index])
