"""What there is to draw on a stage: one look at each source, tiled over its clones.

Lights, cameras, guides and hidden prims are not drawn.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from pxr import Usd, UsdGeom, UsdShade

from inspector.usd.geometry_table import GeometryTable, InstanceBatch, MeshData
from inspector.usd.path_table import GLOBAL_ENV
from inspector.usd.prim_table import PrimFlag, PrimTable
from inspector.usd.row_hierarchy import RowHierarchy
from inspector.usd.tessellate import tessellate

DEFAULT_COLOR = (0.6, 0.6, 0.6)
_SHARED_ENV = -2
_UNAUTHORED_ENV = -3

Look = tuple[int, tuple[float, float, float]]
"""Mesh (-1: not drawn) and colour of a gprim."""


@dataclass
class GeometryReader:
    """Reads geometry and remembers what it has read of each gprim.

    Attributes:
        stage: Stage to read.
    """

    stage: Usd.Stage
    _meshes: list[MeshData] = field(default_factory=list[MeshData])
    _known: dict[str, MeshData] = field(default_factory=dict[str, MeshData])
    _mesh_of_key: dict[str, int] = field(default_factory=dict[str, int])
    _looks: dict[tuple[str, int, int], Look] = field(
        default_factory=dict[tuple[str, int, int], Look]
    )

    def forget(self, env_ids: Collection[int] | None = None) -> None:
        """Read some environments again; ``None`` means everything, shared sources always."""
        if env_ids is None:
            self._looks.clear()
            return
        gone = {*env_ids, GLOBAL_ENV, _SHARED_ENV, _UNAUTHORED_ENV}
        self._looks = {key: look for key, look in self._looks.items() if key[1] not in gone}

    def read(
        self, prims: PrimTable, rows: RowHierarchy, irregular_envs: Collection[int] = ()
    ) -> GeometryTable:
        """Return everything that is drawn.

        Args:
            prims: Prims of the stage.
            rows: Their transform rows.
            irregular_envs: Environments whose clones may differ from the others.

        Returns:
            Meshes and instances; meshes that nothing shows any more are left out.
        """
        wanted = PrimFlag.GPRIM | PrimFlag.XFORMABLE
        drawn = (prims.flags & (wanted | PrimFlag.INVISIBLE)) == wanted
        gprims = np.flatnonzero(drawn)
        irregular = np.isin(prims.env_id[gprims], np.fromiter(irregular_envs, np.int64))
        alike = (prims.source_row[gprims] >= 0) & ~irregular
        env = np.where(alike, _SHARED_ENV, prims.env_id[gprims])
        source = np.where(alike, prims.source_row[gprims], -1)
        if prims.origin is not None:
            # What USD does not have is read from its source, whatever became of the other clones.
            origin = prims.origin[gprims]
            env = np.where(origin >= 0, _UNAUTHORED_ENV, env)
            source = np.where(origin >= 0, origin, source)
        keys = np.column_stack([prims.paths.template_id[gprims], env, source])
        unique, first, inverse = np.unique(keys, axis=0, return_index=True, return_inverse=True)
        looks = [
            self._look((prims.paths.templates[template], env_id, row), prims, int(gprims[at]))
            for (template, env_id, row), at in zip(unique.tolist(), first, strict=True)
        ]
        mesh = np.array([look[0] for look in looks], np.int64)[inverse.ravel()]
        color = np.array([look[1] for look in looks], np.float32).reshape(-1, 3)[inverse.ravel()]
        return self._batches(mesh, color, rows.row_of_prim[gprims])

    def _look(self, key: tuple[str, int, int], prims: PrimTable, index: int) -> Look:
        look = self._looks.get(key)
        if look is None:
            look = self._looks[key] = self._read_look(prims.usd_path(index))
        return look

    def _read_look(self, path: str) -> Look:
        prim = self.stage.GetPrimAtPath(path) if path else None
        if not prim or UsdGeom.Imageable(prim).ComputePurpose() == UsdGeom.Tokens.guide:
            return -1, DEFAULT_COLOR
        mesh = tessellate(prim, self._known)
        if mesh is None:
            return -1, DEFAULT_COLOR
        index = self._mesh_of_key.setdefault(mesh.key, len(self._meshes))
        if index == len(self._meshes):
            self._meshes.append(mesh)
        return index, display_color(prim)

    def _batches(
        self,
        mesh: NDArray[np.int64],
        color: NDArray[np.float32],
        rows: NDArray[np.int32],
    ) -> GeometryTable:
        used = np.unique(mesh[mesh >= 0])
        batches = tuple(
            InstanceBatch(position, rows[mesh == index], color[mesh == index])
            for position, index in enumerate(used.tolist())
        )
        return GeometryTable(tuple(self._meshes[index] for index in used.tolist()), batches)


def display_color(prim: Usd.Prim) -> tuple[float, float, float]:
    """Return the colour of a gprim: that of its material, else its displayColor, else grey."""
    material, _ = UsdShade.MaterialBindingAPI(prim).ComputeBoundMaterial()
    if material:
        color = _diffuse_color(material)
        if color is not None:
            return color
    values = UsdGeom.Gprim(prim).GetDisplayColorAttr().Get()
    if not values:
        return DEFAULT_COLOR
    colors = np.array(values, np.float64)
    if not np.isfinite(colors).all():
        return DEFAULT_COLOR
    # Colours per point or face are shown as their mean.
    red, green, blue = colors.reshape(-1, 3).mean(axis=0).tolist()
    return red, green, blue


def _diffuse_color(material: UsdShade.Material) -> tuple[float, float, float] | None:
    shader, _, _ = material.ComputeSurfaceSource()
    source = shader.GetInput("diffuseColor") if shader else None
    if not source:
        return None
    values = UsdShade.Utils.GetValueProducingAttributes(source)
    value = values[0].Get() if values else None
    if value is None or len(value) != 3:
        return None
    return float(value[0]), float(value[1]), float(value[2])
