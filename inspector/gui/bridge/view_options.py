"""What the viewport shows beside the shapes: one set of switches, as a value."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field, replace
from typing import Any, cast

SWITCHES: dict[str, tuple[str, str]] = {
    "grid": ("Grid", "The ground grid, one line per metre or a tenth of ten"),
    "axes": ("World axes", "X, Y and Z of the world, one metre long"),
    "labels": ("Environment labels", "The number of each environment at its origin"),
    "bounds": ("Bounding boxes", "Boxes around the selection, with their sizes"),
    "frames": ("Body frames", "Axes of rigid bodies"),
    "joints": (
        "Joints and limits",
        "Axes, limits as arcs or rails, and where joints stand in them",
    ),
    "masses": ("Centres of mass", "Where bodies balance, with masses; while playing"),
    "contacts": ("Contacts", "Contact points with normals and force arrows; while playing"),
    "colliders": ("Collision shapes", "Edges of what collides, hidden shapes and guides included"),
    "ghost": ("Ghost of USD", "Where USD has what Fabric shows elsewhere, with error lines"),
    "wireframe": ("Wireframe", "Edges only"),
    "render": ("Render shapes", "Prims of the purpose render: what a final picture shows"),
    "proxy": ("Proxy shapes", "Prims of the purpose proxy: light stand-ins for the former"),
    "guide": ("Guide shapes", "Prims of the purpose guide, such as collision shapes"),
    "cull_backs": ("Cull backs", "Leave out the backs of single-sided surfaces"),
    "shadows": ("Shadows", "Shadows of a high light: on the ground, and of shapes on each other"),
    "sky": ("Sky", "A background that gets lighter towards the horizon"),
    "antialias": ("Smooth edges", "Four samples per pixel; where much moves, as soon as it rests"),
}
"""Name of each switch, its words in the menu and what it shows."""

MAX_EXAGGERATION = 1000.0
_DEFAULT = frozenset({"grid", "render", "antialias"})


@dataclass(frozen=True)
class ViewOptions:
    """Everything that *Reset view options* resets.

    Attributes:
        color_mode: What instances are coloured by; a value of ``ColorMode``.
        shown: Names of the switches that are on.
        exaggeration: How much further the ghost is drawn from the shape than it is, 1…1000.
    """

    color_mode: str = "material"
    shown: frozenset[str] = field(default=_DEFAULT)
    exaggeration: float = 1.0

    def switched(self, name: str, on: bool) -> ViewOptions:
        """Return the options with one switch set.

        Raises:
            ValueError: There is no such switch.
        """
        if name not in SWITCHES:
            raise ValueError(f"There is no switch {name!r}; there are {list(SWITCHES)}.")
        return replace(self, shown=self.shown | {name} if on else self.shown - {name})

    def to_json(self) -> str:
        """Return the options as text for a settings file."""
        return json.dumps({
            "color_mode": self.color_mode,
            "shown": sorted(self.shown),
            "exaggeration": self.exaggeration,
        })  # fmt: skip

    @classmethod
    def from_json(cls, text: str, color_modes: frozenset[str] = frozenset()) -> ViewOptions:
        """Return the options in a text; whatever it does not say, or says wrong, is as usual.

        Args:
            text: What ``to_json`` returned, perhaps by another version.
            color_modes: Colour modes that there are; empty takes any.
        """
        try:
            data: Any = json.loads(text)
        except ValueError:
            return cls()
        if not isinstance(data, dict):
            return cls()
        known = cast("dict[str, Any]", data)
        usual = cls()
        mode, shown = known.get("color_mode"), known.get("shown")
        factor = known.get("exaggeration")
        return cls(
            mode if isinstance(mode, str) and mode in (color_modes or {mode}) else "material",
            frozenset(name for name in shown if name in SWITCHES)
            if isinstance(shown, list)
            else usual.shown,
            clamp_exaggeration(float(factor)) if isinstance(factor, int | float) else 1.0,
        )


def clamp_exaggeration(factor: float) -> float:
    """Return an exaggeration that can be drawn, 1…1000; 1 for what is no number."""
    return min(max(factor, 1.0), MAX_EXAGGERATION) if math.isfinite(factor) else 1.0
