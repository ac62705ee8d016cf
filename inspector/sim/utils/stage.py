"""The functions of ``inspector.usd.stage`` under the name that Isaac Lab scripts import."""

from inspector.usd import stage as _stage
from inspector.usd.stage import *  # noqa: F403 a second name for the module, not a selection

__all__ = _stage.__all__  # pyright: ignore[reportUnsupportedDunderAll] the names of the other module
