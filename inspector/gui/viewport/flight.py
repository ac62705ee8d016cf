"""Flying through the scene: which keys are down, and how far that carries the camera."""

from __future__ import annotations

from dataclasses import dataclass, field

from inspector.gui.viewport.camera import OrbitCamera

WAYS = {  # right, up, forward
    "W": (0.0, 0.0, 1.0),
    "S": (0.0, 0.0, -1.0),
    "D": (1.0, 0.0, 0.0),
    "A": (-1.0, 0.0, 0.0),
    "E": (0.0, 1.0, 0.0),
    "Q": (0.0, -1.0, 0.0),
}
_FAST = 4.0
_PER_NOTCH = 1.25
_LONGEST = 0.1
"""A frame that took longer than this carries no farther [s]."""


@dataclass
class Flight:
    """What is held down, and how fast that is.

    Attributes:
        speed: Speed [stage units / s].
        fast: Whether Shift is held.
        keys: Keys of ``WAYS`` that are held.
    """

    speed: float = 2.0
    fast: bool = False
    keys: set[str] = field(default_factory=set[str])

    @property
    def is_moving(self) -> bool:
        """Whether the next frame shows another place."""
        return any(self.way)

    @property
    def way(self) -> tuple[float, float, float]:
        """Direction: right, up, forward; keys against each other cancel out."""
        ways = [WAYS[key] for key in self.keys]
        return (
            sum(way[0] for way in ways),
            sum(way[1] for way in ways),
            sum(way[2] for way in ways),
        )

    def advance(self, camera: OrbitCamera, seconds: float) -> None:
        """Carry the camera as far as it flies in this time."""
        right, up, forward = self.way
        length = (right * right + up * up + forward * forward) ** 0.5
        if length == 0:
            return
        step = self.speed * (_FAST if self.fast else 1.0) * min(seconds, _LONGEST) / length
        camera.fly(right * step, up * step, forward * step)

    def accelerate(self, notches: float) -> None:
        """Fly faster (positive) or slower by notches of the wheel."""
        self.speed = min(max(self.speed * _PER_NOTCH**notches, 1e-3), 1e5)

    def stop(self) -> None:
        """Let go of all keys."""
        self.keys.clear()
        self.fast = False
