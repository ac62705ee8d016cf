"""Scenes that come with the program."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

SOFT_SCENE_ENVS = 4
"""Environments of the scene with cloth and particles: a CPU plays that many at a few steps a second."""


def soft_scene() -> Path:
    """Return the file with cloth that falls on a ball and particles that fall into a box."""
    return Path(str(files("resources") / "scenes" / "cloth_and_particles.usda"))
