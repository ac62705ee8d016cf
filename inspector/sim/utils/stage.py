"""The functions of ``inspector.usd.stage`` under the name that Isaac Lab scripts import."""

from __future__ import annotations

from typing import Any

from inspector.usd import stage as _stage
from inspector.usd.stage import *  # noqa: F403 a second name for the module, not a selection

__all__ = _stage.__all__  # pyright: ignore[reportUnsupportedDunderAll] the names of the other module


def get_current_stage(fabric: bool = False) -> Any:
    """Return the stage of the innermost ``use_stage``, otherwise the one in the USD context.

    Args:
        fabric: Return its Fabric rows in USDRT's words instead.

    Raises:
        StageError: There is neither, or its simulation does without Fabric.
    """
    stage = _stage.get_current_stage()
    if not fabric:
        return stage
    from inspector.fabric.usdrt.stage import Stage

    return Stage(stage)
