"""Newton and Warp, imported once and without the warnings about what they can do without.

How Warp compiles is set by ``kernel_cache.configure_warp``, which comes first. The type checker cannot see into either; both are ``Any`` here, in one place.
"""

from __future__ import annotations

import importlib
import warnings
from functools import cache
from typing import Any, NamedTuple, TypeAlias

from inspector.errors import MissingDependencyError

ModelBuilder: TypeAlias = Any
State: TypeAlias = Any


class Libraries(NamedTuple):
    """The two libraries.

    Attributes:
        newton: Newton.
        warp: Warp, which compiles and runs its kernels.
    """

    newton: Any
    warp: Any


@cache
def libraries() -> Libraries:
    """Import both.

    Raises:
        MissingDependencyError: Newton is not installed.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of its own optional parts
            warp = importlib.import_module("warp")
            newton = importlib.import_module("newton")
    except ImportError as error:
        raise MissingDependencyError(
            "The physics engine Newton is not installed.",
            todo="Install it with: pip install 'scene-inspector[newton]'.",
        ) from error
    return Libraries(newton, warp)
