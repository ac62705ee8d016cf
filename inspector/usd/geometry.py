"""What there is to draw on a stage: one look at each source, tiled over its clones.

Lights, cameras and hidden prims are not drawn; guides and proxies say that they are some.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from pxr import Usd, UsdGeom, UsdShade

from inspector.usd import point_instancer, undrawn
from inspector.usd.clone_groups import SHARED_ENV, UNAUTHORED_ENV, look_keys, prims_of_types
from inspector.usd.geometry_table import GeometryTable, InstanceBatch, Look, MeshData
from inspector.usd.materials import (
    DEFAULT_COLOR,
    Color,
    Materials,
    Surface,
    display_color,
    mean_color,
    mean_opacity,
)
from inspector.usd.path_table import GLOBAL_ENV
from inspector.usd.polygon_mesh import MeshWishes, has_varying_colors
from inspector.usd.prim_table import PrimFlag, PrimTable
from inspector.usd.row_hierarchy import RowHierarchy
from inspector.usd.shared_shapes import SharedShapes
from inspector.usd.tessellate import tessellate
from inspector.utils.message import Message

__all__ = ["DEFAULT_COLOR", "GeometryReader", "display_color"]


@dataclass(frozen=True)
class _Kind:
    """What makes instances alike: their mesh, how its parts look, and their purpose.

    Attributes:
        mesh: Index into the meshes; -1 is not drawn.
        looks: Index of the look of each part.
        purpose: Purpose.
    """

    mesh: int = -1
    looks: tuple[int, ...] = (0,)
    purpose: str = "default"


Drawn: TypeAlias = tuple[_Kind, Color]
"""What is drawn of one gprim."""
_NOTHING: Drawn = _Kind(), DEFAULT_COLOR


@dataclass
class GeometryReader:
    """Reads geometry and remembers what it has read of each gprim.

    Attributes:
        stage: Stage to read.
        notes: What is not drawn, or not all of it: a sentence by the path that was read.
    """

    stage: Usd.Stage
    notes: dict[str, str] = field(default_factory=dict[str, str])
    _meshes: list[MeshData] = field(default_factory=list[MeshData])
    _known: dict[str, MeshData] = field(default_factory=dict[str, MeshData])
    _mesh_of_key: dict[str, int] = field(default_factory=dict[str, int])
    _materials: Materials = field(default_factory=Materials)
    _drawn: dict[tuple[str, int, int], Drawn] = field(
        default_factory=dict[tuple[str, int, int], Drawn]
    )
    _shared: SharedShapes = field(default_factory=SharedShapes)
    _drawn_shared: dict[Hashable, Drawn] = field(default_factory=dict[Hashable, Drawn])

    def forget(self, env_ids: Collection[int] | None = None) -> None:
        """Read some environments again; ``None`` means everything, shared sources always."""
        self._materials.forget()
        if env_ids is None:
            self._drawn.clear()
            self.notes.clear()
            self._materials.troubles.clear()
            return
        gone = {*env_ids, GLOBAL_ENV, SHARED_ENV, UNAUTHORED_ENV}
        self._drawn = {key: known for key, known in self._drawn.items() if key[1] not in gone}

    @property
    def troubles(self) -> Mapping[str, Message]:
        """Materials and images that are named and not there, by path."""
        return self._materials.troubles

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
        instancers = prims_of_types(prims, {point_instancer.TYPE})
        drawn[instancers] = (prims.flags[instancers] & PrimFlag.INVISIBLE) == 0
        gprims = np.flatnonzero(drawn)
        gprims = gprims[~point_instancer.below_instancers(prims, gprims)]
        keys = look_keys(prims, gprims, irregular_envs)
        self._shared, self._drawn_shared = SharedShapes(), {}
        unique, first, inverse = np.unique(keys, axis=0, return_index=True, return_inverse=True)
        found = [
            self._known_or_read(
                (prims.paths.templates[template], env_id, row), prims, int(gprims[at])
            )
            for (template, env_id, row), at in zip(unique.tolist(), first, strict=True)
        ]
        numbers: dict[_Kind, int] = {}
        kind = np.array([numbers.setdefault(each, len(numbers)) for each, _ in found], np.int64)
        color = np.array([each for _, each in found], np.float32).reshape(-1, 3)[inverse.ravel()]
        return self._batches(list(numbers), kind[inverse.ravel()], color, rows.row_of_prim[gprims])

    def read_elsewhere(self, prim: Usd.Prim) -> Drawn:
        """Return what is drawn of a prim of another stage; what it lacks is noted."""
        return self._read(prim)

    def forget_elsewhere(self, path: str) -> None:
        """Forget what was noted of a prim of another stage."""
        self.notes.pop(path, None)
        self._materials.troubles.pop(path, None)

    def joined(self, geometry: GeometryTable, others: Iterable[tuple[Drawn, int]]) -> GeometryTable:
        """Return a table of this reader with prims of other stages behind.

        Args:
            geometry: The table.
            others: What was read of them and their transform rows.
        """
        alike: dict[Drawn, list[int]] = {}
        for drawn, row in others:
            alike.setdefault(drawn, []).append(row)
        if not alike:
            return geometry
        place = {mesh.key: number for number, mesh in enumerate(geometry.meshes)}
        meshes, batches = list(geometry.meshes), list(geometry.batches)
        for (kind, color), rows in alike.items():
            if kind.mesh < 0:
                continue
            mesh = self._meshes[kind.mesh]
            number = place.setdefault(mesh.key, len(meshes))
            if number == len(meshes):
                meshes.append(mesh)
            colors = np.tile(np.array(color, np.float32), (len(rows), 1))
            batches.append(
                InstanceBatch(number, np.array(rows, np.int32), colors, kind.looks, kind.purpose)
            )
        return GeometryTable(
            meshes=tuple(meshes),
            batches=tuple(batches),
            looks=tuple(self._materials.looks),
            textures=tuple(self._materials.textures),
        )

    def _known_or_read(self, key: tuple[str, int, int], prims: PrimTable, index: int) -> Drawn:
        known = self._drawn.get(key)
        if known is None:
            path = prims.usd_path(index)
            prim = self.stage.GetPrimAtPath(path) if path else None
            known = self._drawn[key] = self._read_once(prim) if prim else _NOTHING
        return known

    def _read_once(self, prim: Usd.Prim) -> Drawn:
        """Read a prim, or remember what was read of the same one in another instance."""
        key = self._shared.key(prim)
        path, troubles = str(prim.GetPath()), self._materials.troubles
        known = None if key is None else self._drawn_shared.get(key)
        if known is not None:
            self.notes.pop(path, None)
            for name in [name for name in troubles if name == path or name.startswith(f"{path}/")]:
                del troubles[name]
            return known
        before = set(troubles)
        drawn = self._read(prim)
        # What there is to say of a shape is said of each instance.
        if key is not None and path not in self.notes and troubles.keys() <= before - {path}:
            self._drawn_shared[key] = drawn
        return drawn

    def _read(self, prim: Usd.Prim) -> Drawn:
        if prim.IsA(point_instancer.TYPE):
            return self._read_instancer(prim)
        parts = self._parts(prim)
        surfaces = [self._materials.surface_of(subset or prim) for subset, _ in parts]
        varying = prim.IsA("Mesh") and has_varying_colors(prim)
        by_primvar = [surface is None or surface.by_primvar for surface in surfaces]
        wishes = MeshWishes(
            uv_name=next((each.uv_name for each in surfaces if each and each.uv_name), ""),
            uv_names=_uv_names(surfaces),
            colors=varying and any(by_primvar),
            parts=tuple(faces for _, faces in parts[:-1]),
        )
        mesh = tessellate(prim, self._known, wishes)
        lacks = undrawn.of_primvars(mesh, uv_name=wishes.uv_name, colors=wishes.colors)
        self._note(prim, undrawn.sentence(prim, mesh) or lacks)
        if mesh is None:
            return _NOTHING
        index = self._number(mesh)
        both_sides = bool(UsdGeom.Gprim(prim).GetDoubleSidedAttr().Get())
        looks = [
            replace(_look(surface, prim, mesh), is_double_sided=both_sides) for surface in surfaces
        ]
        color = looks[-1].color or mean_color(prim)
        if mesh.colors is not None and looks[-1].color is None:
            color = (1.0, 1.0, 1.0)
        if len(looks) == 1:
            # The colour of the instance: clones of other colours look alike otherwise.
            looks = [replace(looks[0], color=None)]
        purpose = str(UsdGeom.Imageable(prim).ComputePurpose())
        kind = _Kind(index, tuple(map(self._materials.number, looks)), purpose)
        return kind, color

    def _note(self, prim: Usd.Prim, sentence: str) -> None:
        path = str(prim.GetPath())
        if sentence:
            self.notes[path] = sentence
        else:
            self.notes.pop(path, None)

    def _number(self, mesh: MeshData) -> int:
        index = self._mesh_of_key.setdefault(mesh.key, len(self._meshes))
        if index == len(self._meshes):
            self._meshes.append(mesh)
        return index

    def _read_instancer(self, prim: Usd.Prim) -> Drawn:
        made = point_instancer.merged(point_instancer.copies(prim, self._prototype))
        if made is None:
            return _NOTHING
        mesh, looks, every = made
        self._note(prim, undrawn.thinned(every, "instances") if every > 1 else "")
        purpose = str(UsdGeom.Imageable(prim).ComputePurpose())
        color = self._materials.looks[looks[-1]].color or (1.0, 1.0, 1.0)
        return _Kind(self._number(mesh), looks, purpose), color

    def _prototype(self, prim: Usd.Prim) -> tuple[MeshData, tuple[int, ...], bool] | None:
        """Return mesh and looks of a gprim in a prototype, and whether nobody chose its colour."""
        kind, color = self._read(prim)
        if kind.mesh < 0:
            return None
        mesh = self._meshes[kind.mesh]
        # Grey is what nobody chose.
        is_bare = mesh.colors is None and len(kind.looks) == 1 and color == DEFAULT_COLOR
        own = (1.0, 1.0, 1.0) if is_bare else color
        looks = [self._materials.looks[number] for number in kind.looks]
        # The instancer colours vertices; a material goes on meaning what it says.
        looks = [
            replace(look, color=look.color or own, by_vertex=look.by_vertex or is_bare)
            for look in looks
        ]
        return mesh, tuple(map(self._materials.number, looks)), is_bare

    @staticmethod
    def _parts(prim: Usd.Prim) -> list[tuple[Usd.Prim | None, tuple[int, ...]]]:
        """Subsets with a material of their own and their faces; the rest of the prim is last."""
        if not prim.IsA("Mesh"):
            return [(None, ())]
        subsets = UsdShade.MaterialBindingAPI(prim).GetMaterialBindSubsets()
        parts: list[tuple[Usd.Prim | None, tuple[int, ...]]] = [
            (subset.GetPrim(), tuple(subset.GetIndicesAttr().Get() or ())) for subset in subsets
        ]
        return [*parts, (None, ())]

    def _batches(
        self,
        kinds: list[_Kind],
        kind: NDArray[np.int64],
        color: NDArray[np.float32],
        rows: NDArray[np.int32],
    ) -> GeometryTable:
        drawn = [number for number, each in enumerate(kinds) if each.mesh >= 0]
        meshes = sorted({kinds[number].mesh for number in drawn})
        position = {mesh: number for number, mesh in enumerate(meshes)}
        batches = tuple(
            InstanceBatch(
                mesh=position[kinds[number].mesh],
                rows=rows[kind == number],
                colors=color[kind == number],
                looks=kinds[number].looks,
                purpose=kinds[number].purpose,
            )
            for number in sorted(drawn, key=lambda number: kinds[number].mesh)
        )
        return GeometryTable(
            meshes=tuple(self._meshes[index] for index in meshes),
            batches=batches,
            looks=tuple(self._materials.looks),
            textures=tuple(self._materials.textures),
        )


def _uv_names(surfaces: Sequence[Surface | None]) -> tuple[str, ...]:
    """The coordinates of each part; nothing where all parts that want some want the same."""
    names = tuple("" if each is None else each.uv_name for each in surfaces)
    return names if len({*names} - {""}) > 1 else ()


def _look(surface: Surface | None, prim: Usd.Prim, mesh: MeshData) -> Look:
    """How a part of a gprim looks; the colour is None where the geometry says it."""
    by_vertex = mesh.colors is not None
    if surface is None:
        return Look(opacity=1.0 if by_vertex else mean_opacity(prim), by_vertex=by_vertex)
    look = surface.look
    if mesh.uvs is None and look.textures:
        # Without coordinates a texture has no place.
        names = {name for name, _ in look.textures}
        color = DEFAULT_COLOR if "color" in names else look.color
        look = replace(look, textures=(), color=color)
    if surface.by_primvar:
        return replace(look, color=None, by_vertex=by_vertex)
    return look
