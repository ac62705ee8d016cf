"""What Warp's ``fabricarray`` asks a selection for: where the values of an attribute lie in memory.

Matrices and positions are the rows themselves. Other attributes are packed into an array; what a
kernel writes there is what ``Get`` returns from then on.

Source: the ``__fabric_arrays_interface__`` of NVIDIA Warp, version 1.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pxr import Vt

from inspector.fabric.usdrt.sdf import ValueTypeName

_SCALARS = {
    "bool": "b1",
    "uchar": "u1",
    "int": "i4",
    "uint": "u4",
    "int64": "i8",
    "uint64": "u8",
    "half": "f2",
    "float": "f4",
    "double": "f8",
    "timecode": "f8",
}
_PRECISIONS = {"h": "f2", "f": "f4", "d": "f8", "i": "i4"}


@dataclass(frozen=True)
class Layout:
    """How a value lies in memory.

    Attributes:
        code: Type of its numbers, as numpy writes it.
        count: How many numbers a value or an element has.
        is_array: Whether a value has elements.
        role: ``"matrix"``, ``"quat"`` or empty.
        make: Makes a value of its numbers, shape [count], or of its elements, shape [m, count].
    """

    code: str
    count: int
    is_array: bool
    role: str
    make: Callable[[NDArray[Any]], Any]

    @staticmethod
    def of(kind: ValueTypeName) -> Layout:
        """Return the layout of a type.

        Raises:
            TypeError: Its values are no numbers.
        """
        usd = kind.usd
        if usd is None:
            raise TypeError(f"A {kind} has no numbers that an array could be made of.")
        scalar = usd.scalarType
        code = _SCALARS.get(str(scalar))
        single = scalar.type.pythonClass
        if code is not None:
            count, role, make = 1, "", _number
        elif single is None or single.__name__[-1] not in _PRECISIONS:
            raise TypeError(f"A {kind} has no numbers that an array could be made of.")
        else:
            code = _PRECISIONS[single.__name__[-1]]
            if single.__name__.startswith("Quat"):
                count, role, make = 4, "quat", _quaternion(single)
            elif single.__name__.startswith("Matrix"):
                count, role, make = int(single.dimension[0]) ** 2, "matrix", _square(single)
            else:
                count, role, make = int(single.dimension), "", _vector(single)
        if usd.isArray:
            return Layout(code, count, True, role, _elements(usd.type.pythonClass))
        return Layout(code, count, False, role, make)

    def numbers(self, value: Any) -> NDArray[Any]:
        """Return the numbers of a value, shape [count], or of its elements, shape [m, count]."""
        if value is None:
            return np.zeros((0, self.count) if self.is_array else self.count, self.code)
        if self.is_array:
            return np.array(value, self.code).reshape(-1, self.count)
        if self.role == "quat":
            value = [*value.GetImaginary(), value.GetReal()]
        return np.array(value, self.code).reshape(self.count)

    @property
    def warp_type(self) -> tuple[bool, str, int, int, str]:
        """The type in the words of the interface."""
        code = "b" if self.code == "b1" else self.code
        return True, code, self.count, int(self.is_array), self.role


@dataclass(frozen=True)
class Cell:
    """One value in an array of many.

    Attributes:
        array: Numbers of all values, shape [k, count].
        place: Which one.
        make: Makes the value.
    """

    array: NDArray[Any]
    place: int
    make: Callable[[NDArray[Any]], Any]

    def read(self) -> Any:
        """Return the value as it is now."""
        return self.make(self.array[self.place])


@dataclass(frozen=True)
class Elements:
    """One value with elements.

    Attributes:
        array: Numbers of its elements, shape [m, count].
        make: Makes the value.
    """

    array: NDArray[Any]
    make: Callable[[NDArray[Any]], Any]

    def read(self) -> Any:
        """Return the value as it is now."""
        return self.make(self.array)


class Packed:
    """The values of an attribute of many prims, side by side.

    Args:
        layout: How each lies in memory.
        values: The values.
    """

    def __init__(self, layout: Layout, values: list[Any]) -> None:
        self.layout = layout
        self.count = len(values)
        self.whole: NDArray[Any] = np.zeros((len(values), layout.count), layout.code)
        self.arrays: list[NDArray[Any]] = [layout.numbers(None)] * len(values)
        self._pointers = np.zeros(len(values), np.uint64)
        self._lengths = np.zeros(len(values), np.uint64)
        self.fill(values)

    def fill(self, values: list[Any]) -> None:
        """Put other values into the same memory, so that arrays made of it show them."""
        for place, value in enumerate(values):
            numbers = self.layout.numbers(value)
            if not self.layout.is_array:
                self.whole[place] = numbers
            elif numbers.shape == self.arrays[place].shape and len(numbers):
                self.arrays[place][...] = numbers
            else:
                self.arrays[place] = numbers
                self._pointers[place], self._lengths[place] = numbers.ctypes.data, len(numbers)

    def held(self, place: int) -> Cell | Elements:
        """Return what reads the value of a prim, as it is when it is read."""
        if self.layout.is_array:
            return Elements(self.arrays[place], self.layout.make)
        return Cell(self.whole, place, self.layout.make)

    def attribute(self, access: str) -> dict[str, Any]:
        """Return the attribute in the words of the interface."""
        where, counts = (self._pointers if self.layout.is_array else self.whole), [self.count]
        found = in_rows(self.layout, [where.ctypes.data], counts, access)
        if self.layout.is_array:
            found["array_lengths"] = [self._lengths.ctypes.data]
        return found


def in_rows(layout: Layout, pointers: list[int], counts: list[int], access: str) -> dict[str, Any]:
    """Return an attribute in the words of the interface.

    Args:
        layout: How a value lies in memory.
        pointers: Where each run of values begins.
        counts: How many values each run has.
        access: What is done with it.
    """
    return {
        "type": layout.warp_type,
        "access": access,
        "pointers": pointers,
        "counts": counts,
    }


class Attributes(dict[str, Any]):
    """Attributes of a selection, made when they are asked for.

    Args:
        make: Returns an attribute in the words of the interface.
    """

    def __init__(self, make: Callable[[str], dict[str, Any]]) -> None:
        super().__init__()
        self._make = make

    def get(self, name: str, default: Any = None) -> Any:
        """Return an attribute."""
        del default
        return self._make(name)


def _number(numbers: NDArray[Any]) -> Any:
    return numbers[0].item()


def _vector(kind: Any) -> Callable[[NDArray[Any]], Any]:
    return lambda numbers: kind(*numbers.tolist())


def _square(kind: Any) -> Callable[[NDArray[Any]], Any]:
    return lambda numbers: kind(*numbers.tolist())


def _quaternion(kind: Any) -> Callable[[NDArray[Any]], Any]:
    return lambda numbers: kind(*numbers[[3, 0, 1, 2]].tolist())


def _elements(kind: Any) -> Callable[[NDArray[Any]], Any]:
    usd = getattr(Vt, kind.__name__)
    return lambda numbers: usd.FromNumpy(numbers if numbers.shape[1] > 1 else numbers[:, 0].copy())
