"""Captured engine states, without the columns in which nothing ever happens.

Most columns of an engine's state are commands and applied forces that stay as they are for a whole
play. They are kept once, in a base; a packed state holds the others.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Captured = Mapping[str, NDArray[Any]]


@dataclass(frozen=True, eq=False)
class PackedState:
    """One captured state.

    Attributes:
        base: The state that the other columns are taken from; shared and never written.
        columns: Columns that are this state's own, by name; an empty array means none.
        values: Their values, shape [n, number of columns], or the whole array for those of one
            dimension.
    """

    base: Captured
    columns: Mapping[str, NDArray[np.int64]]
    values: Mapping[str, NDArray[Any]]

    @property
    def nbytes(self) -> int:
        """Memory that this state does not share [byte]."""
        return sum(value.nbytes for value in self.values.values())

    def unpack(self) -> dict[str, NDArray[Any]]:
        """Return the captured state, bit for bit, names and shapes as they were."""
        captured = {name: array.copy() for name, array in self.base.items()}
        for name, values in self.values.items():
            if values.ndim >= 2:
                _table(captured[name])[:, self.columns[name]] = values
            else:
                captured[name] = values.copy()
        return captured


class StatePacker:
    """Packs the states of one play, one after the other."""

    def __init__(self) -> None:
        self._base: dict[str, NDArray[Any]] = {}
        self._varies: dict[str, NDArray[np.bool_]] = {}

    @property
    def nbytes(self) -> int:
        """Memory of the shared columns [byte]."""
        return sum(array.nbytes for array in self._base.values())

    def pack(self, captured: Captured) -> PackedState:
        """Return a state that shares what did not change since the first one.

        Args:
            captured: Arrays that the caller does not write any more.
        """
        if not self._fits(captured):
            self._base = dict(captured)
            self._varies = {
                name: np.zeros(_width(array), np.bool_) for name, array in captured.items()
            }
        columns: dict[str, NDArray[np.int64]] = {}
        values: dict[str, NDArray[Any]] = {}
        for name, array in captured.items():
            varies = self._varies[name]
            if array.ndim < 2:
                if varies.any() or not np.array_equal(_bits(array), _bits(self._base[name])):
                    varies[:] = True
                    values[name] = array
                continue
            table = _table(array)
            # A column that has changed once is stored from then on, also when it is back.
            varies |= (_bits(table) != _bits(_table(self._base[name]))).any(axis=0)
            columns[name] = np.flatnonzero(varies)
            if len(columns[name]):
                values[name] = np.take(table, columns[name], axis=1)
        return PackedState(self._base, columns, values)

    def _fits(self, captured: Captured) -> bool:
        if self._base.keys() != captured.keys():
            return False
        return all(
            array.shape == captured[name].shape and array.dtype == captured[name].dtype
            for name, array in self._base.items()
        )


def _width(array: NDArray[Any]) -> int:
    return 1 if array.ndim < 2 else int(np.prod(array.shape[1:]))


def _table(array: NDArray[Any]) -> NDArray[Any]:
    """Return a view of shape [n, columns]; arrays that were captured are contiguous copies."""
    return array if array.ndim == 2 else array.reshape(array.shape[0], -1)


def _bits(array: NDArray[Any]) -> NDArray[Any]:
    """Return a view that compares bit for bit: NaN equals itself, -0 differs from 0."""
    if array.ndim == 0:
        array = array.reshape(1)
    return array.view(f"u{array.dtype.itemsize}")
