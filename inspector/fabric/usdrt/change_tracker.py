"""What changed in Fabric since somebody last asked, without a notice for each write."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from pxr import Sdf, Tf, Usd

from inspector.fabric.usdrt.extents import WORLD_EXTENT
from inspector.fabric.usdrt.row_values import LOCAL_NAMES, ROW_VALUES
from inspector.utils.states import Writer

if TYPE_CHECKING:
    from inspector.fabric.usdrt.stage import Stage
    from inspector.usd.prim_table import PrimTable

_ALL = slice(None)


class ChangeTracker:
    """Writes of tracked attributes since ``ClearChanges``, whoever wrote: physics, a script, USD.

    A write of the value that is already there is a change. What is not tracked costs nothing.

    Args:
        stage: The stage.
    """

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._since: dict[str, int] = {}
        self._paused = False
        self._kept: dict[str, set[str]] = {}
        self._known: set[str] | None = None
        self._listed: tuple[PrimTable, frozenset[str]] | None = None
        self._store = stage.tables.fabric
        self._attributes = self._store.attributes
        self._authored: set[tuple[str, str]] = set()
        self._listener = Tf.Notice.Register(Usd.Notice.ObjectsChanged, self._hear, stage.usd)

    # What is tracked --------------------------------------------------------------------------

    def TrackAttribute(self, attrName: str) -> None:
        """Track the writes from now on of an attribute, on all prims."""
        self._since.setdefault(str(attrName), self._now)

    def StopTrackingAttribute(self, attrName: str) -> None:
        """Track an attribute no longer, and forget its changes."""
        self._since.pop(str(attrName), None)
        for names in self._kept.values():
            names.discard(str(attrName))

    def IsTrackingAttribute(self, attrName: str) -> bool:
        """Return whether an attribute is tracked."""
        return str(attrName) in self._since

    def GetTrackedAttributes(self) -> list[str]:
        """Return the names of tracked attributes."""
        return list(self._since)

    def EnablePrimCreateTracking(self) -> None:
        """Track prims that come from now on."""
        self._known = self._paths()

    def PauseTracking(self) -> None:
        """Keep the changes up to now, and add none until ``ResumeTracking``."""
        if not self._paused:
            self._kept = self._changes()
            self._paused = True

    def ResumeTracking(self) -> None:
        """Track again; what was written meanwhile is no change."""
        if self._paused:
            self._paused = False
            self._restart()

    def IsChangeTrackingPaused(self) -> bool:
        """Return whether tracking is paused."""
        return self._paused

    # What changed -----------------------------------------------------------------------------

    def HasChanges(self) -> bool:
        """Return whether a tracked attribute was written or a tracked prim came."""
        if self._paused or self._kept:
            return any(self._changes().values()) or bool(self.GetAddedPrims())
        # Asked at every frame of scenes with a hundred thousand rows: no path is made here.
        values = self._stage.attributes.values.values()
        return (
            any(self._rows(name).any() for name in self._since)
            or any(
                name in named and named[name].sequence > since
                for named in values
                for name, since in self._since.items()
            )
            or any(self._is_authored(path, name) for path, name in self._authored)
            or bool(self.GetAddedPrims())
        )

    def ClearChanges(self) -> None:
        """Forget all changes."""
        self._kept.clear()
        self._restart()
        if self._known is not None:
            self._known = self._paths()

    def GetAllChangedPrims(self) -> list[Sdf.Path]:
        """Return the paths of all prims with changes."""
        return [Sdf.Path(path) for path, names in self._changes().items() if names]

    def GetAllChangedAttributes(self) -> list[Sdf.Path]:
        """Return the paths of all attributes with changes."""
        changes = self._changes().items()
        return [Sdf.Path(path).AppendProperty(name) for path, names in changes for name in names]

    def GetChangedAttributes(self, prim: Any) -> list[str]:
        """Return the names of the changed attributes of a prim.

        Args:
            prim: The prim, or its path.
        """
        path = _path(prim)
        found = set(self._kept.get(path, ()))
        if self._paused:
            return sorted(found)
        index = self._stage.GetPrimAtPath(path).row
        values = self._stage.attributes.values.get(path, {})
        for name, since in self._since.items():
            if (
                (index >= 0 and self._rows(name, index))
                or (name in values and values[name].sequence > since)
                or ((path, name) in self._authored and self._is_authored(path, name))
            ):
                found.add(name)
        return sorted(found)

    def PrimChanged(self, prim: Any) -> bool:
        """Return whether an attribute of a prim changed.

        Args:
            prim: The prim, or its path.
        """
        return bool(self.GetChangedAttributes(prim))

    def AttributeChanged(self, attribute: Any) -> bool:
        """Return whether an attribute changed.

        Args:
            attribute: The attribute, or its path.
        """
        path = Sdf.Path(_path(attribute))
        return path.name in self.GetChangedAttributes(path.GetPrimPath())

    def GetAddedPrims(self) -> list[Sdf.Path]:
        """Return the paths of prims that came since ``EnablePrimCreateTracking``."""
        if self._known is None:
            return []
        return [Sdf.Path(path) for path in sorted(self._paths() - self._known)]

    # ------------------------------------------------------------------------------------------

    @property
    def _now(self) -> int:
        return self._stage.tables.fabric.clock.now

    @property
    def _restored(self) -> bool:
        """Whether the simulation stopped: all rows and values are those of before."""
        store = self._stage.tables.fabric
        return store is self._store and store.attributes is not self._attributes

    def _restart(self) -> None:
        self._since = dict.fromkeys(self._since, self._now)
        self._store = self._stage.tables.fabric
        self._attributes = self._store.attributes
        self._authored.clear()

    def _changes(self) -> dict[str, set[str]]:
        """Return the names of changed attributes by prim path."""
        changes = {path: set(names) for path, names in self._kept.items()}
        if self._paused:
            return changes
        store = self._stage.tables.fabric
        for name, since in self._since.items():
            for row in np.flatnonzero(self._rows(name)).tolist():
                changes.setdefault(store.paths.path(row), set()).add(name)
            for path, named in store.attributes.values.items():
                if name in named and named[name].sequence > since:
                    changes.setdefault(path, set()).add(name)
        for path, name in self._authored:
            if self._is_authored(path, name):
                changes.setdefault(path, set()).add(name)
        return changes

    def _rows(self, name: str, row: int | slice = _ALL) -> NDArray[np.bool_]:
        """Return which rows were written; a parent's move leaves the local matrix as it is.

        Args:
            name: A tracked attribute; what is no part of a pose is never written in a row.
            row: The rows that are asked for.
        """
        record = self._stage.tables.fabric.record
        if name not in ROW_VALUES and name != WORLD_EXTENT:
            return np.zeros_like(record.sequence[row], np.bool_)
        written = np.asarray(record.sequence[row] > (-1 if self._restored else self._since[name]))
        if name in LOCAL_NAMES:
            written = written & (record.writer[row] != Writer.HIERARCHY)
        return written

    def _is_authored(self, path: str, name: str) -> bool:
        """Return whether what USD authored is what Fabric shows."""
        return name in self._since and self._stage.attributes.get(path, name) is None

    def _paths(self) -> set[str]:
        prims = self._stage.tables.prims
        if self._listed is None or self._listed[0] is not prims:
            self._listed = (prims, frozenset(map(prims.path, range(len(prims)))))
        return {*self._listed[1], *self._stage.defined_paths()}

    def _hear(self, notice: Usd.Notice.ObjectsChanged, _stage: Usd.Stage) -> None:
        if self._paused:
            return
        for path in notice.GetChangedInfoOnlyPaths():
            if path.IsPropertyPath() and path.name in self._since:
                self._authored.add((str(path.GetPrimPath()), path.name))


def _path(thing: Any) -> str:
    return str(thing.GetPath() if hasattr(thing, "GetPath") else thing)
