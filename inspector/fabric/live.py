"""Which rows belong to a stage: those of its simulation, otherwise rows of its own.

Belongs here: finding them. The simulation says who it is, because Fabric knows no simulation.
"""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Protocol

from pxr import Sdf, Usd

from inspector.errors import StageError

if TYPE_CHECKING:
    from inspector.fabric.scene_tables import SceneTables


class FabricOwner(Protocol):
    """Has the rows of a stage."""

    @property
    def fabric_tables(self) -> SceneTables | None:
        """The rows, up to date; ``None`` while Fabric is not used."""
        ...

    @property
    def step_count(self) -> int:
        """Step that writes of scripts belong to."""
        ...


class StandAlone:
    """Rows of a stage that nobody simulates.

    Args:
        stage: The stage; it stays open as long as this lives.
    """

    def __init__(self, stage: Usd.Stage) -> None:
        self.stage = stage
        self.step_count = 0
        from inspector.fabric.scene_tables import SceneTables

        self._tables = SceneTables.build(stage)

    @property
    def fabric_tables(self) -> SceneTables:
        """The rows; prims that came or went since are found."""
        self._tables.refresh()
        return self._tables


_OWNERS: list[tuple[Sdf.Layer, weakref.ref[FabricOwner]]] = []
"""Owners by the session layer of their stage: a layer handle knows when its stage is gone."""
_ALONE: weakref.WeakValueDictionary[str, StandAlone] = weakref.WeakValueDictionary()


def own(stage: Usd.Stage, owner: FabricOwner | None) -> None:
    """Say who has the rows of a stage; ``None`` for nobody any more."""
    key = _key(stage)
    _OWNERS[:] = [
        entry for entry in _OWNERS if not entry[0].expired and entry[0] != key and entry[1]()
    ]
    if owner is not None:
        _OWNERS.append((key, weakref.ref(owner)))


def owner_of(stage: Usd.Stage) -> FabricOwner:
    """Return who has the rows of a stage; without a simulation they are read from the stage.

    Raises:
        StageError: The simulation of the stage does without Fabric.
    """
    key = _key(stage)
    for handle, reference in _OWNERS:
        owner = None if handle.expired or handle != key else reference()
        if owner is None:
            continue
        if owner.fabric_tables is None:
            raise StageError(
                "This simulation writes USD and has no Fabric.", todo="Set use_fabric=True."
            )
        return owner
    alone = _ALONE.get(key.identifier)
    if alone is None or alone.stage != stage:
        alone = _ALONE[key.identifier] = StandAlone(stage)
    return alone


def tables_of(owner: FabricOwner) -> SceneTables:
    """Return the rows of an owner, after what happened on the stage since.

    Raises:
        StageError: The simulation does without Fabric.
    """
    tables = owner.fabric_tables
    if tables is None:
        raise StageError("This simulation does without Fabric.", todo="Set use_fabric=True.")
    return tables


def _key(stage: Usd.Stage) -> Sdf.Layer:
    return stage.GetSessionLayer() or stage.GetRootLayer()
