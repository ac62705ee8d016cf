"""What is drawn of prims that scripts defined in Fabric: their shapes, as Fabric has their values.

Belongs here: which of them are drawn, and when they are read again. Materials of the stage are not
looked up for them: a shape has the display colour that the script gave it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import TypeAlias

import numpy as np
from pxr import Usd, UsdGeom

from inspector.errors import StageError
from inspector.fabric.attributes import FabricAttributes, FabricValue
from inspector.fabric.usdrt.row_values import ROW_VALUES
from inspector.fabric.usdrt.schema_names import derives
from inspector.fabric.usdrt.write_out import write_value
from inspector.session.snapshot import GeometryTable, PrimFlag, PrimTable, TransformTable
from inspector.usd.geometry import Drawn, GeometryReader

_Look: TypeAlias = tuple[str, str, tuple[tuple[str, int], ...]]
"""Path, type and the writes of the values of a shape."""
_INVISIBLE = int(PrimFlag.INVISIBLE)


class ScriptedLooks:
    """Shapes of one scene.

    Args:
        reader: Reads geometry, and notes what is not drawn.
    """

    def __init__(self, reader: GeometryReader) -> None:
        self._reader = reader
        self._read: dict[_Look, Drawn] = {}
        self._scratch: Usd.Stage | None = None
        self._shapes: dict[_Look, int] = {}
        self._made: tuple[GeometryTable, GeometryTable] | None = None
        self._seen: tuple[FabricAttributes, int, PrimTable] | None = None

    def joined(
        self,
        geometry: GeometryTable,
        known: FabricAttributes,
        prims: PrimTable,
        transforms: TransformTable,
    ) -> GeometryTable:
        """Return what is drawn of the scene and of prims that scripts defined.

        Args:
            geometry: What is drawn of the scene.
            known: What scripts gave to prims.
            prims: All prims, those of scripts last.
            transforms: Their rows, those of scripts last.

        Returns:
            The same object as before while nothing changed what they look like.
        """
        if not known.prims and not self._shapes:
            return geometry
        made, last, seen = self._made, self._seen, (known, known.version, prims)
        is_same = last is not None and last[0] is known and last[1:] == seen[1:]
        if made is not None and made[0] is geometry and is_same:
            return made[1]
        self._seen = seen
        shapes = dict(_shapes(known, prims, transforms))
        if made is None or made[0] is not geometry or shapes != self._shapes:
            if made is None or made[0] is not geometry:
                self._forget(self._read)
            self._read_new(shapes, known)
            drawn = ((self._read[look], row) for look, row in shapes.items())
            made = self._made = geometry, self._reader.joined(geometry, drawn)
            self._shapes = shapes
        return made[1]

    def _read_new(self, shapes: Mapping[_Look, int], known: FabricAttributes) -> None:
        """Read what came; a script may add a shape, and take one away, at every step."""
        self._forget(self._read.keys() - shapes.keys())
        for look in shapes:
            if look not in self._read:
                self._scratch = self._scratch or Usd.Stage.CreateInMemory()
                prim = _defined(self._scratch, known, look)
                self._read[look] = self._reader.read_elsewhere(prim)

    def _forget(self, looks: Collection[_Look]) -> None:
        gone = {path for path, _, _ in looks}
        for path in gone:
            self._reader.forget_elsewhere(path)
            if self._scratch is not None:
                self._scratch.RemovePrim(path)
        # With a prim goes what is below it, which is read again.
        self._read = {
            look: drawn
            for look, drawn in self._read.items()
            if look not in looks and not (gone and _is_below(look[0], gone))
        }


def _is_below(path: str, tops: Collection[str]) -> bool:
    while path := path.rpartition("/")[0]:
        if path in tops:
            return True
    return False


def _shapes(
    known: FabricAttributes, prims: PrimTable, transforms: TransformTable
) -> Iterator[tuple[_Look, int]]:
    """Yield all shapes that can be seen and their rows."""
    scripted = np.flatnonzero((prims.flags & np.uint16(PrimFlag.SCRIPTED)) != 0).tolist()
    first_row = int(np.searchsorted(transforms.prims, scripted[0])) if scripted else 0
    row_of = {prim: first_row + at for at, prim in enumerate(transforms.prims[first_row:].tolist())}
    hidden: dict[int, bool] = {}
    for prim in scripted:
        path, above = prims.path(prim), int(prims.parent[prim])
        values = known.values.get(path, {})
        if above not in hidden:
            hidden[above] = above >= 0 and bool(int(prims.flags[above]) & _INVISIBLE)
        hidden[prim] = hidden[above] or _says_hidden(values)
        row, type_name = row_of.get(prim, -1), prims.type_name(prim)
        if row >= 0 and not hidden[prim] and derives(type_name, "Gprim"):
            yield (path, type_name, tuple((n, v.sequence) for n, v in _looks(values))), row


def _says_hidden(values: Mapping[str, FabricValue]) -> bool:
    own = values.get("visibility")
    return own is not None and own.get() == UsdGeom.Tokens.invisible


def _looks(values: Mapping[str, FabricValue]) -> Iterator[tuple[str, FabricValue]]:
    for name, value in values.items():
        if name not in ROW_VALUES and not name.startswith("_"):
            yield name, value


def _defined(scratch: Usd.Stage, known: FabricAttributes, look: _Look) -> Usd.Prim:
    path, type_name, _ = look
    prim = scratch.DefinePrim(path, type_name)
    for name, value in _looks(known.values.get(path, {})):
        try:
            write_value(prim, name, value)
        except StageError:
            continue  # it is no value of this type of prim, and says nothing of its look
    return prim
