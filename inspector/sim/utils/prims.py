"""The functions of ``inspector.usd.prims`` under the name that Isaac Lab scripts import."""

from inspector.usd import prims as _prims
from inspector.usd.prims import *  # noqa: F403 a second name for the module, not a selection

__all__ = _prims.__all__  # pyright: ignore[reportUnsupportedDunderAll] the names of the other module
