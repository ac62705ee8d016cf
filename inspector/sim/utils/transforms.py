"""The functions of ``inspector.usd.transforms`` under the name that Isaac Lab scripts import."""

from inspector.usd import transforms as _transforms
from inspector.usd.transforms import *  # noqa: F403 a second name for the module, not a selection

__all__ = _transforms.__all__  # pyright: ignore[reportUnsupportedDunderAll] the names of the other module
