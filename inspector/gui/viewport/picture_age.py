"""Which step a picture shows, and whether the engine is further than that."""

from __future__ import annotations

from inspector.session.snapshot import PlayState, SceneSnapshot


def step_text(drawn: SceneSnapshot) -> str:
    """Return the step that a picture shows, as it is printed in its corner."""
    if drawn.state is PlayState.STOPPED:
        return "stopped · as authored"
    paused = " · paused" if drawn.state is PlayState.PAUSED else ""
    return f"step {drawn.step:,} · {drawn.time:.2f} s{paused}"


def age_text(drawn: SceneSnapshot | None, engine: SceneSnapshot | None, busy: str = "") -> str:
    """Return why a picture is not what the engine has now, empty when it is.

    Args:
        drawn: Snapshot that the picture shows.
        engine: The last snapshot that the engine published.
        busy: What the engine is doing, empty when it is idle.
    """
    if drawn is None:
        return ""
    this = f"This picture shows step {drawn.step:,}"
    if drawn.is_past:
        return f"{this} of the recording; the simulation is at step {drawn.recording.last_step:,}"
    if engine is not None and engine.generation > drawn.generation:
        if engine.step != drawn.step:
            return f"{this}; the engine is at step {engine.step:,}"
        return f"{this} before the last change"
    return f"{this} · {busy}" if busy else ""
