"""What changed on a stage since somebody last asked, sorted by what has to be read again.

USD notices fire on the thread that writes; the listener only collects, and is asked later.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field

from pxr import Sdf, Tf, Usd

_VISIBILITY = "visibility"
_XFORM_PREFIX = "xformOp"


@dataclass
class DirtySet:
    """Prim paths that changed.

    Attributes:
        resynced: Subtrees that were added, removed or recomposed.
        moved: Prims whose transform was authored.
        shown: Prims whose visibility was authored, which everything below inherits.
        drawn: Prims whose colour, points or other attribute was authored.
        foreign: Those of the above that were authored outside of ``ours``.
        foreign_moved: Those of ``moved`` that were authored outside of ``ours``.
    """

    resynced: set[str] = field(default_factory=set)
    moved: set[str] = field(default_factory=set)
    shown: set[str] = field(default_factory=set)
    drawn: set[str] = field(default_factory=set)
    foreign: set[str] = field(default_factory=set)
    foreign_moved: set[str] = field(default_factory=set)

    def __bool__(self) -> bool:
        return bool(self.resynced or self.moved or self.shown or self.drawn)


class StageListener:
    """Collects change notices of one stage until ``close``.

    Args:
        stage: Stage to listen to.

    Attributes:
        moves: Counts what may have moved a prim; whoever keeps poses knows by it that they are old.
    """

    def __init__(self, stage: Usd.Stage) -> None:
        self._stage = stage
        self._dirty = DirtySet()
        self._ours = 0
        self._muted = 0
        self.moves = 0
        self._key: Tf.Notice.Listener | None = Tf.Notice.Register(
            Usd.Notice.ObjectsChanged, self._receive, stage
        )

    @property
    def dirty(self) -> bool:
        """Whether anything changed since ``take``."""
        return bool(self._dirty)

    def take(self) -> DirtySet:
        """Return what changed and forget it."""
        dirty, self._dirty = self._dirty, DirtySet()
        return dirty

    @contextmanager
    def ours(self) -> Generator[None]:
        """Changes inside are our own: collected, but not foreign."""
        self._ours += 1
        try:
            yield
        finally:
            self._ours -= 1

    @contextmanager
    def muted(self) -> Generator[None]:
        """Changes inside are not collected: whoever makes them updates the tables itself."""
        self._muted += 1
        try:
            yield
        finally:
            self._muted -= 1

    def close(self) -> None:
        """Stop listening; doing so twice is harmless."""
        if self._key is not None:
            self._key.Revoke()
            self._key = None

    def _receive(self, notice: Usd.Notice.ObjectsChanged, _sender: Usd.Stage) -> None:
        if self._muted:
            return
        for path in notice.GetResyncedPaths():
            if path.IsPropertyPath():
                self._sort_property(path)
                continue
            self.moves += 1
            for prim_path in shown_at(self._stage, path):
                self._add(self._dirty.resynced, prim_path)
        for path in notice.GetChangedInfoOnlyPaths():
            if path.IsPropertyPath():
                self._sort_property(path)

    def _sort_property(self, path: Sdf.Path) -> None:
        name, prim_path = path.name, path.GetPrimPath()
        if name.startswith(_XFORM_PREFIX):
            self.moves += 1
            for at in shown_at(self._stage, prim_path):
                self._add(self._dirty.moved, at)
                if not self._ours:
                    self._dirty.foreign_moved.add(at)
        elif name == _VISIBILITY:
            for at in shown_at(self._stage, prim_path):
                self._add(self._dirty.shown, at)
        else:
            # Looks are read once for all instances of a prototype.
            self._add(self._dirty.drawn, str(prim_path))

    def _add(self, paths: set[str], path: str) -> None:
        paths.add(path)
        if not self._ours:
            self._dirty.foreign.add(path)


def shown_at(stage: Usd.Stage, path: Sdf.Path) -> list[str]:
    """Return where a prim that changed is on the stage.

    Of what instances share USD tells the prim of the prototype: it is in each of them.

    Args:
        stage: The stage.
        path: Path of the prim, as notices tell it.
    """
    if not Usd.Prim.IsPathInPrototype(path):
        return [str(path)]
    root = path.GetPrefixes()[0]
    prototype = stage.GetPrimAtPath(root)
    if not prototype:
        return []  # it is gone: those that were its instances are told themselves
    return [
        at
        for instance in prototype.GetInstances()
        for at in shown_at(stage, path.ReplacePrefix(root, instance.GetPath()))
    ]
