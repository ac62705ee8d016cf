"""Which step a picture shows, and whether the engine is further than that."""

from __future__ import annotations

from collections import deque

from inspector.session.snapshot import PlayState, SceneSnapshot

PATIENCE = 0.6
"""How long the engine may be further than a picture before that is told [s]."""
_FRAMES = 3.0
"""A slow machine may be this many of its frames late: it is not always grey because of that."""
_SLOWEST = 1.0
"""Longest time between two frames that counts as the pace of the machine, not as a rest [s]."""


class PictureAge:
    """Knows since when the engine is further than the picture. Times are those of one clock [s].

    Attributes:
        drawn: Snapshot of the last frame, None before the first.
        engine: The last snapshot that the engine published, None before the first.
    """

    def __init__(self) -> None:
        self.drawn: SceneSnapshot | None = None
        self.engine: SceneSnapshot | None = None
        self._waiting: deque[tuple[int, float]] = deque(maxlen=256)
        self._busy_since: float | None = None
        self._busy = ""
        self._last, self._pace = -1e9, 0.0

    def arrived(self, snapshot: SceneSnapshot, now: float) -> None:
        """Note a snapshot that the engine published."""
        self.engine = snapshot
        self._waiting.append((snapshot.generation, now))

    def drew(self, snapshot: SceneSnapshot | None, now: float) -> None:
        """Note the snapshot that a frame shows."""
        since = now - self._last
        # The first frame after a rest says nothing of the pace.
        self._pace = since if since <= _SLOWEST else self._pace
        self._last = now
        self.drawn = snapshot
        shown = -1 if snapshot is None else snapshot.generation
        while self._waiting and self._waiting[0][0] <= shown:
            self._waiting.popleft()

    def works(self, text: str, now: float) -> None:
        """Note what the engine is doing, empty when it is idle."""
        self._busy = text
        self._busy_since = (self._busy_since or now) if text else None

    @property
    def is_waiting(self) -> bool:
        """Whether the engine is further than the picture, or at work."""
        return bool(self._waiting) or self._busy_since is not None

    def sentence(self, now: float) -> str:
        """Return why the picture is not what the engine has, empty when it is or soon will be."""
        patience = max(PATIENCE, _FRAMES * self._pace)
        is_late = bool(self._waiting) and now - self._waiting[0][1] >= patience
        is_long = self._busy_since is not None and now - self._busy_since >= PATIENCE
        engine = self.engine if is_late else None
        return age_text(self.drawn, engine, self._busy if is_long else "")


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
