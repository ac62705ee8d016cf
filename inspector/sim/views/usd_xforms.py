"""Transforms of many prims, read from and authored in USD.

Belongs here: what ``XformPrimView`` needs of a stage. Matrices are row-vector, float64.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from pxr import Gf, Sdf, Usd, UsdGeom

from inspector.physics.poses import conjugate, from_world_matrices, multiply
from inspector.usd.transforms import author_op, op_type, standardize_xform_ops

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]


class UsdXforms:
    """The transforms of some prims in USD.

    Args:
        prims: The prims; all have a transform.

    Attributes:
        depth: Number of path tokens of each prim, shape [n].
    """

    def __init__(self, prims: Sequence[Usd.Prim]) -> None:
        self._prims = prims
        self.depth: Rows = np.array([p.GetPath().pathElementCount for p in prims], np.int64)
        self._resets = np.array(
            [UsdGeom.Xformable(p).GetResetXformStack() for p in prims], np.bool_
        )

    def world(self, rows: Rows) -> Floats:
        """Return world matrices, shape [k, 4, 4]."""
        cache = UsdGeom.XformCache(Usd.TimeCode.Default())
        return _stack(cache.GetLocalToWorldTransform(self._prims[row]) for row in rows)

    def local(self, rows: Rows) -> Floats:
        """Return local matrices, shape [k, 4, 4]."""
        return _stack(UsdGeom.Xformable(self._prims[row]).GetLocalTransformation() for row in rows)

    def set_world(self, rows: Rows, position: Floats | None, quat: Floats | None) -> None:
        """Author local poses such that the prims come to stand at world poses; scale is kept.

        Args:
            rows: Which prims, shape [k].
            position: Shape [k, 3], or None to stay.
            quat: xyzw, shape [k, 4], or None to stay.
        """
        for part in self._parents_first(rows):
            at = rows[part]
            parents = self._parents(at)
            now = from_world_matrices(self.world(at))
            target = now[:, :3] if position is None else position[part]
            turn = now[:, 3:] if quat is None else quat[part]
            inverse = np.linalg.inv(parents)
            local = np.einsum("ki,kij->kj", target, inverse[:, :3, :3]) + inverse[:, 3, :3]
            self.set_local(at, local, _relative(turn, parents))

    def set_local(self, rows: Rows, position: Floats | None, quat: Floats | None) -> None:
        """Author local poses; scale is kept.

        Args:
            rows: Which prims, shape [k].
            position: In the parent's frame, shape [k, 3], or None to stay.
            quat: xyzw in the parent's frame, shape [k, 4], or None to stay.
        """
        values: dict[str, list[Gf.Vec3d] | list[Gf.Quatd]] = {}
        if position is not None:
            values["xformOp:translate"] = [Gf.Vec3d(*p) for p in position.tolist()]
        if quat is not None:
            values["xformOp:orient"] = [Gf.Quatd(w, x, y, z) for x, y, z, w in quat.tolist()]
        self._author(rows, values)

    def scales(self, rows: Rows) -> Floats:
        """Return authored local scales, shape [k, 3]."""
        values = [self._prims[row].GetAttribute("xformOp:scale").Get() for row in rows]
        return np.array([(1, 1, 1) if v is None else tuple(v) for v in values], float).reshape(
            -1, 3
        )

    def set_scales(self, rows: Rows, scales: Floats) -> None:
        """Author local scales, shape [k, 3]."""
        self._author(rows, {"xformOp:scale": [Gf.Vec3d(*s) for s in scales.tolist()]})

    def _author(self, rows: Rows, values: dict[str, list[Gf.Vec3d] | list[Gf.Quatd]]) -> None:
        prims = [self._prims[row] for row in rows]
        for prim in prims:
            if not all(prim.HasAttribute(name) for name in values):
                standardize_xform_ops(prim)
        if not prims:
            return
        target = prims[0].GetStage().GetEditTarget()
        types = {name: [op_type(prim, name) for prim in prims] for name in values}
        with Sdf.ChangeBlock():
            for index, prim in enumerate(prims):
                spec = Sdf.CreatePrimInLayer(
                    target.GetLayer(), target.MapToSpecPath(prim.GetPath())
                )
                for name, column in values.items():
                    author_op(spec, name, types[name][index], column[index])

    def _parents_first(self, rows: Rows) -> Iterator[NDArray[np.int64]]:
        # A child's local pose depends on where its parent stands by then.
        depth = self.depth[rows]
        for level in np.unique(depth):
            yield np.flatnonzero(depth == level)

    def _parents(self, rows: Rows) -> Floats:
        cache = UsdGeom.XformCache(Usd.TimeCode.Default())
        matrices = _stack(cache.GetParentToWorldTransform(self._prims[row]) for row in rows)
        matrices[self._resets[rows]] = np.eye(4)
        return matrices


def _relative(quat: Floats, parents: Floats) -> Floats:
    return multiply(conjugate(from_world_matrices(parents)[:, 3:]), quat)


def _stack(matrices: Iterator[Gf.Matrix4d]) -> Floats:
    return np.array([np.asarray(matrix) for matrix in matrices], np.float64).reshape(-1, 4, 4)
