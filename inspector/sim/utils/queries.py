"""The functions of ``inspector.usd.queries`` under the name that Isaac Lab scripts import."""

from inspector.usd import queries as _queries
from inspector.usd.queries import *  # noqa: F403 a second name for the module, not a selection

__all__ = _queries.__all__  # pyright: ignore[reportUnsupportedDunderAll] the names of the other module
