"""Stages whose prims are held while a simulation plays: bodies are made of them.

Belongs here: who is held, and the refusal. Holding and releasing are the simulation's.
"""

from __future__ import annotations

from pxr import Sdf, Usd

from inspector.errors import SimulationStateError

_HELD: set[str] = set()
"""Identifiers of the root layers of held stages."""
_TODO = "Call stop() first, then play() again."


def hold(stage: Usd.Stage) -> None:
    """Refuse to add prims, and to remove or move those of now, until ``release``."""
    _HELD.add(stage.GetRootLayer().identifier)


def release(stage: Usd.Stage) -> None:
    """Stop holding."""
    _HELD.discard(stage.GetRootLayer().identifier)


def refuse_new(stage: Usd.Stage, path: Sdf.Path) -> None:
    """Refuse to add a prim: bodies were made of the prims that there were at play.

    Args:
        stage: The stage.
        path: Path of the prim.

    Raises:
        SimulationStateError: The simulation plays, or is paused.
    """
    if stage.GetRootLayer().identifier in _HELD:
        raise SimulationStateError(_refusal("add", path), where=str(path), todo=_TODO)


def refuse_held(operation: str, stage: Usd.Stage, path: Sdf.Path) -> None:
    """Refuse an operation on a prim that was there at play.

    Args:
        operation: What was asked for, such as ``"delete"``.
        stage: The stage.
        path: Path of the prim; what a script made while playing is not held.

    Raises:
        SimulationStateError: The simulation plays, or is paused, with this prim.
    """
    if stage.GetRootLayer().identifier not in _HELD:
        return
    prim = stage.GetPrimAtPath(path)
    session = stage.GetSessionLayer()
    if prim and any(spec.layer != session for spec in prim.GetPrimStack()):
        raise SimulationStateError(_refusal(operation, path), where=str(path), todo=_TODO)


def _refusal(operation: str, path: Sdf.Path) -> str:
    return f"Cannot {operation} {path} between play and stop."
