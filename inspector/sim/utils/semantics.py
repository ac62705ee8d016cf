"""The functions of ``inspector.usd.semantics`` under the name that Isaac Lab scripts import."""

from inspector.usd import semantics as _semantics
from inspector.usd.semantics import *  # noqa: F403 a second name for the module, not a selection

__all__ = _semantics.__all__  # pyright: ignore[reportUnsupportedDunderAll] the names of the other module
