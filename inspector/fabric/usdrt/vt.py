"""What scripts import as ``Vt``: that of USD, with arrays that are made of numpy arrays, too."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from pxr import Vt


@cache
def _array(name: str) -> type[Any]:
    base: Any = getattr(Vt, name)

    def make(self: Any, *values: Any) -> None:
        if len(values) == 1 and isinstance(values[0], np.ndarray):
            values = (base.FromNumpy(np.ascontiguousarray(values[0])),)
        base.__init__(self, *values)

    return type(name, (base,), {"__init__": make, "__doc__": base.__doc__})


def __getattr__(name: str) -> Any:
    found = getattr(Vt, name)
    return _array(name) if name.endswith("Array") and hasattr(found, "FromNumpy") else found
