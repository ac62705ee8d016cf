"""Poses, scales and visibility of many prims as tensors.

Belongs here: checking and converting what scripts give and get. Where the numbers live is the
business of ``usd_xforms`` and ``fabric_xforms``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from pxr import Sdf, Usd, UsdGeom

from inspector.fabric import live
from inspector.fabric.scene_tables import SceneTables
from inspector.fabric.store import FabricStore
from inspector.physics.poses import from_world_matrices
from inspector.sim.views.fabric_xforms import FabricXforms
from inspector.sim.views.mixed_xforms import MixedXforms
from inspector.sim.views.usd_xforms import UsdXforms
from inspector.usd.prim_table import PrimFlag
from inspector.usd.prims import set_prim_visibility
from inspector.usd.queries import find_matching_prims
from inspector.usd.stage import get_current_stage
from inspector.usd.transforms import standardize_xform_ops
from inspector.usd.unauthored import clones_of

Indices = Sequence[int] | NDArray[np.integer] | torch.Tensor | slice | None
Floats = NDArray[np.float64]
_Xforms = UsdXforms | FabricXforms | MixedXforms


class XformPrimView:
    """All prims that match a path expression, read and written at once.

    While a simulation with Fabric plays on the stage of the view, poses and scales are those of
    Fabric; otherwise those of USD. World and local poses always agree with each other. Clones that
    exist in Fabric only are read from and written to Fabric at any time, in the order of the
    environments; what is written to them while stopped holds until physics writes.

    Args:
        prim_path: Path expression, matched per token; no match gives an empty view.
        device: Where tensors are returned.
        validate_xform_ops: Bring all prims to the ops translate, orient, scale. Without, a prim is
            brought there when it is first written.
        sync_usd_on_fabric_write: Whether what is written to Fabric is authored in USD too.
        stage: Default: the current stage.
        fabric: Rows to use instead of those of the simulation.

    Raises:
        ValueError: The expression is wrong, or a matching prim has no transform.
    """

    def __init__(
        self,
        prim_path: str | Sdf.Path,
        device: str = "cpu",
        validate_xform_ops: bool = True,
        sync_usd_on_fabric_write: bool = False,
        stage: Usd.Stage | None = None,
        fabric: FabricStore | None = None,
    ) -> None:
        self._stage = get_current_stage() if stage is None else stage
        self._device = torch.device(device)
        self._prims = find_matching_prims(prim_path, self._stage)
        clones = clones_of(self._stage)
        for prim in self._prims:
            if not UsdGeom.Xformable(prim):
                raise ValueError(
                    f"'{prim.GetPath()}' ({prim.GetTypeName() or 'no type'}) matches prim_path "
                    f"'{prim_path}' and has no transform; narrow the expression."
                )
        if validate_xform_ops:
            for prim in self._prims:
                if not _is_standard(prim):
                    standardize_xform_ops(prim)
        self._usd = UsdXforms(self._prims)
        self._paths, self._place = _arranged(
            [str(prim.GetPath()) for prim in self._prims],
            [] if clones is None else clones.matching(str(prim_path)),
        )
        self._has_clones = bool((self._place < 0).any())
        self._sync_usd = sync_usd_on_fabric_write
        self._given_fabric = fabric
        self._fabric: FabricXforms | None = None
        self._owner: live.FabricOwner | None = None

    @property
    def count(self) -> int:
        """Number of prims."""
        return len(self._paths)

    @property
    def device(self) -> str:
        """Where tensors are returned."""
        return str(self._device)

    @property
    def prims(self) -> list[Usd.Prim]:
        """The prims, in the order of all tensors; invalid ones for clones in Fabric only."""
        return [self._prims[place] if place >= 0 else Usd.Prim() for place in self._place.tolist()]

    @property
    def prim_paths(self) -> list[str]:
        """Paths of the prims."""
        return list(self._paths)

    def get_world_poses(self, indices: Indices = None) -> tuple[torch.Tensor, torch.Tensor]:
        """Return poses in the world, without scale.

        Args:
            indices: Which prims; None for all.

        Returns:
            Positions [m], float32, shape [m, 3], and orientations xyzw, shape [m, 4].
        """
        return self._poses(self._source().world(self._rows(indices)))

    def get_local_poses(self, indices: Indices = None) -> tuple[torch.Tensor, torch.Tensor]:
        """Return poses in the frames of the parents, without scale.

        Args:
            indices: Which prims; None for all.

        Returns:
            Translations [m], float32, shape [m, 3], and orientations xyzw, shape [m, 4].
        """
        return self._poses(self._source().local(self._rows(indices)))

    def get_scales(self, indices: Indices = None) -> torch.Tensor:
        """Return local scales, float32, shape [m, 3].

        Args:
            indices: Which prims; None for all.
        """
        return self._tensor(self._source().scales(self._rows(indices)))

    def get_visibility(self, indices: Indices = None) -> torch.Tensor:
        """Return whether the prims are drawn, ancestors considered, bool, shape [m].

        Args:
            indices: Which prims; None for all.
        """
        shown = [self._is_shown(row) for row in self._rows(indices).tolist()]
        return torch.tensor(shown, dtype=torch.bool, device=self._device)

    def set_world_poses(
        self, positions: Any = None, orientations: Any = None, indices: Indices = None
    ) -> None:
        """Put prims at poses in the world; scale stays, and so does what is not given.

        Where a parent and its child are both given, both come to stand where they should.

        Args:
            positions: [m], shape [m, 3].
            orientations: xyzw, shape [m, 4]; normalised.
            indices: Which prims; None for all.
        """
        rows, position, quat = self._checked("positions", positions, orientations, indices)
        for target in self._targets():
            target.set_world(rows, position, quat)

    def set_local_poses(
        self, translations: Any = None, orientations: Any = None, indices: Indices = None
    ) -> None:
        """Put prims at poses in the frames of their parents; scale stays.

        Args:
            translations: [m], shape [m, 3].
            orientations: xyzw, shape [m, 4]; normalised.
            indices: Which prims; None for all.
        """
        rows, position, quat = self._checked("translations", translations, orientations, indices)
        for target in self._targets():
            target.set_local(rows, position, quat)

    def set_scales(self, scales: Any, indices: Indices = None) -> None:
        """Give prims local scales.

        Args:
            scales: Shape [m, 3].
            indices: Which prims; None for all.
        """
        rows = self._rows(indices)
        values = _floats("scales", scales, (len(rows), 3))
        for target in self._targets():
            target.set_scales(rows, values)

    def set_visibility(self, visibility: Any, indices: Indices = None) -> None:
        """Show or hide prims; showing also shows the ancestors that hide them.

        Args:
            visibility: Bool, shape [m].
            indices: Which prims; None for all.

        Raises:
            ValueError: Another number of values than of prims, or a clone exists in Fabric only.
        """
        rows = self._rows(indices)
        values = _array(visibility)
        if values.shape != (len(rows),):
            raise ValueError(f"visibility must have the shape ({len(rows)},), got {values.shape}.")
        places = self._place[rows]
        if (places < 0).any():
            path = self._paths[int(rows[np.argmin(places)])]
            raise ValueError(f"'{path}' exists in Fabric only and cannot be hidden on its own.")
        for place, visible in zip(places.tolist(), values, strict=True):
            set_prim_visibility(self._prims[place], bool(visible))

    def _is_shown(self, row: int) -> bool:
        place = int(self._place[row])
        if place >= 0:
            visible = UsdGeom.Imageable(self._prims[place]).ComputeVisibility()
            return visible != UsdGeom.Tokens.invisible
        tables = self._tables()
        return not tables.prims.flags[tables.prims.find(self._paths[row])] & PrimFlag.INVISIBLE

    def _source(self) -> _Xforms:
        fabric = self._fabric_now()
        if fabric is not None:
            return fabric
        return self._mixed() if self._has_clones else self._usd

    def _targets(self) -> list[_Xforms]:
        fabric = self._fabric_now()
        if fabric is None:
            return [self._source()]
        # What exists in Fabric only has no USD that could be kept in step.
        return [fabric, self._usd] if self._sync_usd and not self._has_clones else [fabric]

    def _mixed(self) -> MixedXforms:
        return MixedXforms(self._usd, self._rows_in(self._tables().fabric, 0), self._place)

    def _tables(self) -> SceneTables:
        self._owner = live.owner_of(self._stage)  # kept, so that rows of nobody else live on
        return live.tables_of(self._owner)

    def _fabric_now(self) -> FabricXforms | None:
        if self._given_fabric is not None:
            return self._rows_in(self._given_fabric, 0)
        from inspector.sim.simulation_context import SimulationContext

        sim = SimulationContext.instance()
        if sim is None or sim.is_stopped() or not sim.cfg.use_fabric:
            return None
        return self._rows_in(sim.fabric, sim.step_count) if sim.stage == self._stage else None

    def _rows_in(self, store: FabricStore, step: int) -> FabricXforms:
        if self._fabric is None or self._fabric.store is not store:
            depth = np.array([path.count("/") for path in self._paths], np.int64)
            self._fabric = FabricXforms(store, self._fabric_rows(store), depth)
        self._fabric.step = step
        return self._fabric

    def _fabric_rows(self, store: FabricStore) -> NDArray[np.int64]:
        rows = np.array([store.paths.find(path) for path in self._paths], np.int64)
        missing = np.flatnonzero(rows < 0)
        if len(missing):
            raise ValueError(
                f"'{self._paths[missing[0]]}' and {len(missing) - 1} others have no Fabric row; "
                "they were created after Fabric was populated."
            )
        return rows

    def _rows(self, indices: Indices) -> NDArray[np.int64]:
        every = np.arange(self.count, dtype=np.int64)
        if indices is None:
            return every
        if isinstance(indices, slice):
            return every[indices]
        values = _array(indices)
        if values.size and values.dtype != np.bool_ and not np.issubdtype(values.dtype, np.integer):
            raise TypeError(f"indices must be integers or booleans, got {values.dtype}.")
        if values.ndim != 1:
            raise ValueError(f"indices must have one dimension, got the shape {values.shape}.")
        try:
            return every[values.astype(np.int64) if values.size == 0 else values]
        except IndexError as error:
            raise ValueError(
                f"indices reach outside of the {self.count} prims: {error}."
            ) from error

    def _checked(
        self, name: str, positions: Any, orientations: Any, indices: Indices
    ) -> tuple[NDArray[np.int64], Floats | None, Floats | None]:
        rows = self._rows(indices)
        position = None if positions is None else _floats(name, positions, (len(rows), 3))
        if orientations is None:
            return rows, position, None
        quat = _floats("orientations", orientations, (len(rows), 4))
        length = np.linalg.norm(quat, axis=-1, keepdims=True)
        if (length < 1e-9).any():
            raise ValueError("orientations contain a quaternion of length 0, which is no rotation.")
        return rows, position, quat / length

    def _poses(self, matrices: Floats) -> tuple[torch.Tensor, torch.Tensor]:
        poses = from_world_matrices(matrices)
        return self._tensor(poses[:, :3]), self._tensor(poses[:, 3:])

    def _tensor(self, values: Floats) -> torch.Tensor:
        return torch.as_tensor(np.ascontiguousarray(values, np.float32), device=self._device)


def _arranged(in_usd: list[str], clones: list[str]) -> tuple[list[str], NDArray[np.int64]]:
    """Return paths by environment, and the place of each in ``in_usd``, -1 for clones, shape [n]."""
    if not clones:
        return in_usd, np.arange(len(in_usd), dtype=np.int64)
    paths = [*in_usd, *clones]
    place = np.array([*range(len(in_usd)), *[-1] * len(clones)], np.int64)
    numbers = [tuple(map(int, re.findall(r"\d+", path))) for path in paths]
    order = sorted(range(len(paths)), key=lambda index: numbers[index])
    return [paths[index] for index in order], place[order]


def _array(values: Any) -> NDArray[Any]:
    if isinstance(values, (list, tuple)) and values and isinstance(values[0], torch.Tensor):
        values = torch.stack(list(values))
    if isinstance(values, torch.Tensor):
        return values.detach().cpu().numpy()
    return np.asarray(values)


def _floats(name: str, values: Any, shape: tuple[int, int]) -> Floats:
    array = _array(values)
    if array.dtype == np.bool_ or not np.issubdtype(array.dtype, np.number):
        raise TypeError(f"{name} must be numbers, got {array.dtype}.")
    if array.shape != shape:
        raise ValueError(f"{name} must have the shape {shape}, got {array.shape}.")
    if not np.isfinite(array).all():
        row = int(np.flatnonzero(~np.isfinite(array).all(axis=-1))[0])
        raise ValueError(f"{name} must be finite; row {row} is {array[row].tolist()}.")
    return array.astype(np.float64)


def _is_standard(prim: Usd.Prim) -> bool:
    order = prim.GetAttribute("xformOpOrder").Get()
    names = [str(name) for name in order or () if name != "!resetXformStack!"]
    return names == ["xformOp:translate", "xformOp:orient", "xformOp:scale"]
