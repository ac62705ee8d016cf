"""The functions of ``inspector.usd.stage`` under the name that Isaac Lab scripts import."""

from __future__ import annotations

from typing import Any

from inspector.usd import stage as _stage
from inspector.usd.stage import *  # noqa: F403 a second name for the module, not a selection

__all__ = _stage.__all__  # pyright: ignore[reportUnsupportedDunderAll] the names of the other module


def get_current_stage(fabric: bool = False, backend: str = "usd") -> Any:
    """Return the stage of the innermost ``use_stage``, otherwise the one in the USD context.

    Args:
        fabric: Return its Fabric rows in USDRT's words instead.
        backend: The same as newer versions of Isaac Sim say it: ``"usd"``, ``"usdrt"`` or
            ``"fabric"``.

    Raises:
        StageError: There is neither, or its simulation does without Fabric.
        ValueError: There is no such backend.
    """
    if backend not in {"usd", "usdrt", "fabric"}:
        raise ValueError(f"backend '{backend}': choose 'usd', 'usdrt' or 'fabric'.")
    stage = _stage.get_current_stage()
    if not fabric and backend == "usd":
        return stage
    from inspector.fabric.usdrt.stage import Stage

    return Stage(stage)
