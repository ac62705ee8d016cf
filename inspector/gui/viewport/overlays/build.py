"""Keeps the layers of the overlays up to date: what did not change is not built again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from inspector.gui.viewport.overlay_layer import OverlayLayer
from inspector.gui.viewport.overlays import bodies, joints, shapes, words
from inspector.gui.viewport.overlays.context import Context
from inspector.gui.viewport.overlays.lines import Drawing, Word
from inspector.session.overlay_table import COLLIDERS, CONTACTS, JOINTS, MASSES, SPEEDS

if TYPE_CHECKING:
    from inspector.gui.viewport.display import Display

NEEDS = {"joints": JOINTS, "masses": MASSES, "contacts": CONTACTS, "colliders": COLLIDERS}
"""Parts of ``SceneSnapshot.overlay`` that an overlay is drawn from."""
_ON_TOP = frozenset({"frames", "joints", "masses", "contacts", "axes"})
_WIDTH = {"joints": 1.6, "contacts": 2.0, "frames": 1.8, "axes": 2.2, "colliders": 1.2}
_FIXED = frozenset({"axes", "labels"})
"""Overlays that do not move with the poses."""
_MARK = 0.9
"""Length of a mark in the usual radius of a shape."""
_SAMPLE = 1024
"""Shapes that tell the usual radius."""

_MAKERS: dict[str, Callable[[Context, Drawing], None]] = {
    "axes": bodies.world_axes,
    "labels": words.env_labels,
    "frames": bodies.body_frames,
    "joints": joints.joint_lines,
    "masses": bodies.masses,
    "contacts": bodies.contacts,
    "colliders": shapes.colliders,
}


_NOTHING = {
    "labels": "No environment labels: there are no environments.",
    "bounds": "Bounding boxes: select what they should go around.",
    "frames": "No body frames: there are no rigid bodies.",
    "joints": "No joints to draw.",
    "colliders": "No collision shapes to draw.",
}
"""What is said where a switch is on and nothing comes of it; of contacts and masses the engine says it."""
_EXACT = 256, 100_000
"""Shapes and points up to which a box is as tight as the points are."""


@dataclass(eq=False)
class _Built:
    layer: OverlayLayer
    key: tuple[object, ...] = ()
    words: list[Word] = field(default_factory=list[Word])
    notes: list[str] = field(default_factory=list[str])


class Overlays:
    """The overlays of one display.

    Attributes:
        builds: Number of overlays built so far.
    """

    def __init__(self) -> None:
        self.builds = 0
        self._built: dict[str, _Built] = {}
        self._size: tuple[object, float] = (None, 1.0)

    def update(self, display: Display) -> list[OverlayLayer]:
        """Return the layers of what is switched on, built again where something moved."""
        wanted = [name for name in (*_MAKERS, "bounds") if name in display.shown]
        self._built = {name: built for name, built in self._built.items() if name in wanted}
        if display.snapshot is None or display.instances is None:
            return []
        for name in wanted:
            built = self._built.setdefault(name, _Built(OverlayLayer(name, name in _ON_TOP)))
            key = (*self._key(name, display), _near(display) if built.notes else ())
            if len(key) != len(built.key) or any(
                a is not b and (isinstance(a, np.ndarray) or a != b)
                for a, b in zip(key, built.key, strict=True)
            ):
                self._build(name, built, display)
                built.key = (*key[:-1], _near(display) if built.notes else ())
        return [built.layer for built in self._built.values()]

    @property
    def words(self) -> list[Word]:
        """Words beside what is drawn."""
        return [word for built in self._built.values() for word in built.words]

    @property
    def notes(self) -> list[str]:
        """What of it is not drawn, in sentences."""
        return [note for built in self._built.values() for note in built.notes]

    def _key(self, name: str, display: Display) -> tuple[object, ...]:
        snapshot = display.snapshot
        theme, hidden = display.tokens.name, display.hidden_envs
        if name in _FIXED:
            origins = None if snapshot is None else snapshot.env_origins
            prims = None if snapshot is None else snapshot.prims
            focus = display.env_id if name == "labels" else None
            return theme, hidden, display.alone, origins, prims, focus
        overlay = snapshot.overlay if snapshot is not None else None
        return (
            theme, hidden, display.alone, display.world_version, display.selected, display.env_id,
            overlay if name in NEEDS else None, display.instances,
        )  # fmt: skip

    def _build(self, name: str, built: _Built, display: Display) -> None:
        self.builds += 1
        out, context = Drawing(), self._context(display)
        if name == "bounds":
            shapes.boxes(context, out, _bounds(display))
        else:
            _MAKERS[name](context, out)
        ends, color, env = out.lines
        built.layer.set_lines(ends, color, width=_WIDTH.get(name, 1.5), env_id=env)
        at, color, env = out.points
        built.layer.set_points(at, color, size=7.0, env_id=env)
        if out.is_empty and not out.notes:
            out.notes += self._why_nothing(name, context)
        built.words, built.notes = out.words, out.notes

    @staticmethod
    def _why_nothing(name: str, context: Context) -> list[str]:
        if name in NEEDS and NEEDS[name] not in context.snapshot.overlay.shown:
            return []  # on its way
        return [note] if (note := _NOTHING.get(name, "")) else []

    def _context(self, display: Display) -> Context:
        snapshot, instances = display.snapshot, display.instances
        if snapshot is None or instances is None:
            raise ValueError("Overlays are drawn of a scene, and there is none.")
        if self._size[0] is not instances:
            self._size = (instances, _mark_size(display))
        chosen = np.zeros(len(snapshot.transforms), np.bool_)
        chosen[instances.rows[display.selected]] = True
        return Context(
            snapshot=snapshot,
            world=display.world,
            tokens=display.tokens,
            chosen=chosen,
            env_id=display.env_id,
            size=self._size[1],
            hidden=hidden_envs(display),
            near=display.camera.focus,
            spacing=display.spacing,
        )


def _near(display: Display) -> tuple[float, ...]:
    """Where the camera looks, in steps that are worth building again for."""
    step = 2.0 ** np.floor(np.log2(max(display.camera.distance, 1e-9) / 4))
    at = np.floor(display.camera.focus / step)
    return (display.spacing, float(step), *at.tolist())


def hidden_envs(display: Display) -> frozenset[int]:
    """Return the environments that are not drawn, by hiding or because another one is alone."""
    if not display.alone or display.snapshot is None:
        return display.hidden_envs
    known = np.unique(display.snapshot.transforms.env_id)
    others = frozenset(known[known >= 0].tolist()) - display.alone
    return display.hidden_envs | others


def needs_of(shown: frozenset[str], color_mode: str) -> frozenset[str]:
    """Return the parts of the overlay table that the switches and the colour mode need."""
    parts = {part for name, part in NEEDS.items() if name in shown}
    return frozenset(parts | ({SPEEDS} if color_mode == "speed" else set()))


def _mark_size(display: Display) -> float:
    """Length of a mark: about the radius of the usual shape that is no backdrop."""
    instances = display.instances
    if instances is None or len(instances) == 0:
        return 1.0
    inside = instances.interesting()
    some = inside
    if len(inside) > _SAMPLE:
        # Not every n-th: environments repeat, and n could always meet the same shape.
        some = np.random.default_rng(0).choice(inside, _SAMPLE, replace=False)
    axes = display.world[instances.rows[some], :3, :3]
    radii = instances.local_radius[some] * np.linalg.norm(axes, axis=2).max(axis=1)
    radii = radii[np.isfinite(radii) & (radii > 0)]
    return _MARK * float(np.median(radii)) if len(radii) else 1.0


def _bounds(display: Display) -> list[tuple[int, NDArray[np.float64], NDArray[np.float64]]]:
    """One box per environment around what is selected there."""
    instances, chosen = display.instances, display.selected
    if instances is None or len(chosen) == 0:
        return []
    env, counts = instances.env_id[chosen], instances.point_counts[chosen]
    is_little = len(chosen) <= _EXACT[0] and int(counts.sum()) <= _EXACT[1]
    around = instances.tight_bounds if is_little else instances.bounds
    found: list[tuple[int, NDArray[np.float64], NDArray[np.float64]]] = []
    soft = display.soft
    for env_id in np.unique(env)[: shapes.MAX_BOXES + 1].tolist():
        mine = chosen[env == env_id]
        still = mine if soft is None else mine[~np.isin(mine, soft.instances)]
        parts = [around(display.world, still), None if soft is None else soft.box(mine, None)]
        boxes = [box for box in parts if box is not None]
        if boxes:
            low, high = (np.array(ends) for ends in zip(*boxes, strict=True))
            found.append((env_id, low.min(0), high.max(0)))
    return found
