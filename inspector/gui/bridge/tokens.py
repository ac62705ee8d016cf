"""Colour tokens: the only place that knows a colour. One file per theme in ``resources/themes``."""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib.resources import files
from typing import Any


@dataclass(frozen=True)
class Tokens:
    """Colours of one theme as ``#rrggbb``, by role."""

    name: str
    background: str
    surface: str
    raised: str
    line: str
    text: str
    muted: str
    accent: str
    selection: str
    warning_surface: str
    fresh: str
    usd: str
    fabric: str
    physics: str
    parent_moved: str
    one_side: str
    not_finite: str
    series: tuple[str, ...]
    """Colours of mask rows and plots, distinguishable by colour-blind readers."""

    def rgb(self, role: str) -> tuple[float, float, float]:
        """Return the colour of a role as floats 0…1."""
        text = str(getattr(self, role))
        return (int(text[1:3], 16) / 255, int(text[3:5], 16) / 255, int(text[5:7], 16) / 255)


def load_tokens(name: str) -> Tokens:
    """Return the tokens of the theme ``"dark"`` or ``"light"``.

    Raises:
        ValueError: If there is no such theme.
    """
    source = files("resources") / "themes" / f"{name}.json"
    if not source.is_file():
        raise ValueError(f"No theme {name!r}; there are 'dark' and 'light'")
    data: dict[str, Any] = json.loads(source.read_text(encoding="utf-8"))
    data["series"] = tuple(data["series"])
    return Tokens(name=name, **data)
