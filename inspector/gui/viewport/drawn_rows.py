"""Where transform rows are drawn: where a snapshot says, and some elsewhere while they are dragged."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from inspector.gui.viewport.instances import Index
from inspector.session.snapshot import TransformTable, texels_of


class DrawnRows:
    """The world matrices of one snapshot with a preview laid over them."""

    def __init__(self) -> None:
        self._table: TransformTable | None = None
        self._preview: tuple[Index, NDArray[np.float32]] | None = None
        self._preview_places = np.zeros((0, 3))
        self._world: NDArray[np.float32] | None = None

    def show(self, table: TransformTable) -> None:
        """Take the rows of a snapshot; the preview stays."""
        self._table, self._world = table, None

    def preview(self, rows: Index | None, worlds: NDArray[np.floating] | None = None) -> None:
        """Draw some rows elsewhere, whatever snapshots say, until this is called again.

        Args:
            rows: Transform rows, ascending, shape [k]; ``None`` shows the truth again.
            worlds: World matrices, row-vector, shape [k, 4, 4].
        """
        self._preview = self._world = None
        if rows is not None and worlds is not None:
            self._preview = rows, worlds.astype(np.float32)
            self._preview_places = worlds[:, 3, :3].astype(np.float64)

    @property
    def world(self) -> NDArray[np.float32]:
        """World matrices, row-vector, float32, shape [r, 4, 4]; the same array until they move."""
        if self._table is None:
            return np.zeros((0, 4, 4), np.float32)
        if self._world is None:
            self._world, moved = self._table.drawn_world, self._moved(self._table)
            if moved is not None:
                self._world = self._world.copy()
                self._world[moved[0]] = moved[1]
        return self._world

    @property
    def texels(self) -> NDArray[np.float32]:
        """``world`` as a GPU reads it, shape [r, 3, 4]."""
        if self._table is None:
            return np.zeros((0, 3, 4), np.float32)
        texels, moved = self._table.texels, self._moved(self._table)
        if moved is not None:
            texels = texels.copy()
            texels[moved[0]] = texels_of(moved[1], moved[1][:, 3, :3].T)
        return texels

    def texels_around(self, origin: NDArray[np.float64]) -> NDArray[np.float32]:
        """Return ``texels`` with places that are counted from a point [stage units], shape [3].

        What lies far away would be rounded to where 32 bits have a number.
        """
        table, world = self._table, self.world
        if table is None:
            return self.texels
        drawn, places = world[:, 3, :3], table.shown_world[:, 3, :3].astype(np.float64)
        moved = self._moved(table)
        if moved is not None:
            places[moved[0]] = self._preview_places
        with np.errstate(over="ignore", invalid="ignore"):
            other = (places.astype(np.float32) != drawn).any(axis=1)  # drawn elsewhere: no number
            places[other] = drawn[other]
            near = (places - origin).astype(np.float32)
        return texels_of(np.ascontiguousarray(world), np.ascontiguousarray(near.T))

    @property
    def places(self) -> NDArray[np.float32]:
        """Positions of ``world``, one row per axis [stage units], shape [3, r]."""
        if self._table is None:
            return np.zeros((3, 0), np.float32)
        places, moved = self._table.places, self._moved(self._table)
        if moved is not None:
            places = places.copy()
            places[:, moved[0]] = moved[1][:, 3, :3].T
        return places

    def _moved(self, table: TransformTable) -> tuple[Index, NDArray[np.float32]] | None:
        """Return the preview, unless it is of a scene with other rows."""
        preview = self._preview
        fits = preview is not None and len(preview[0]) > 0 and preview[0][-1] < len(table)
        return preview if fits else None
