"""What belongs to bodies: frames, centres of mass, contacts."""

from __future__ import annotations

import numpy as np

from inspector.gui.viewport.overlays.context import Context, axes_of
from inspector.gui.viewport.overlays.lines import Drawing, Word
from inspector.session.overlay_table import CONTACTS
from inspector.session.snapshot import PlayState

MAX_FRAMES = 2048
MAX_MASSES = 2048
MAX_CONTACTS = 4096
AXIS_ROLES = ("not_finite", "fresh", "accent")
"""Colours of x, y, z, as in the corner of the view."""
_WORDS = 24


def body_frames(context: Context, out: Drawing) -> None:
    """Draw the axes of rigid bodies where they are on the screen."""
    rows = context.body_rows()
    env_id = context.snapshot.transforms.env_id
    rows = rows[context.capped(env_id[rows], rows, MAX_FRAMES, "body frames", out.notes)]
    world = context.world[rows].astype(np.float64)
    axes = axes_of(world)
    for axis, role in enumerate(AXIS_ROLES):
        way = context.size * axes[:, axis]
        out.line(world[:, 3, :3], world[:, 3, :3] + way, context.color(role), env_id[rows])


def world_axes(context: Context, out: Drawing) -> None:
    """Draw the axes of the world, one metre long, with their letters."""
    length = 1.0 / context.snapshot.meters_per_unit
    for axis, role in enumerate(AXIS_ROLES):
        tip = length * np.eye(3)[axis]
        out.arrow(np.zeros((1, 3)), tip[None], context.color(role), np.array([-1]))
        x, y, z = (float(part) for part in 1.08 * tip)
        out.words.append(Word((x, y, z), "XYZ"[axis], color=role, weight=9.0))


def masses(context: Context, out: Drawing) -> None:
    """Draw the centres of mass of the bodies, with their masses where there are few."""
    table, overlay = context.snapshot.transforms, context.snapshot.overlay
    rows = np.flatnonzero(table.body >= 0)
    body = table.body[rows]
    has = body < len(overlay.center_of_mass)
    rows, body = rows[has], body[has]
    drawn = context.capped(table.env_id[rows], rows, MAX_MASSES, "centres of mass", out.notes)
    rows, body = rows[drawn], body[drawn]
    world = context.world[rows].astype(np.float64)
    local = overlay.center_of_mass[body]
    at = np.einsum("bi,bij->bj", local, world[:, :3, :3]) + world[:, 3, :3]
    env, color = table.env_id[rows], context.color("physics")
    out.point(at, color, env)
    for axis in range(3):
        way = 0.35 * context.size * np.eye(3)[axis]
        out.line(at - way, at + way, color, env)
    if len(rows) <= _WORDS:
        for number, (x, y, z) in enumerate(at.tolist()):
            text = f"{overlay.mass[body[number]]:.3g} kg"
            out.words.append(Word((x, y, z), text, int(env[number]), "physics", 1.0))


def contacts(context: Context, out: Drawing) -> None:
    """Draw contact points with normals, and forces as arrows that are as long as they are strong."""
    table = context.snapshot.overlay.contacts
    if len(table) == 0:
        is_known = CONTACTS in context.snapshot.overlay.shown
        if is_known and context.snapshot.state is not PlayState.STOPPED:
            out.notes.append("Nothing touches anything.")
        return
    rows = np.full(len(table), -1)
    drawn = context.capped(table.env_id, rows, MAX_CONTACTS, "contacts", out.notes)
    at, normal, env = table.positions[drawn], table.normals[drawn], table.env_id[drawn]
    force = table.forces[drawn]
    strong = float(np.percentile(force, 95)) if len(force) else 0.0
    full = _round_up(strong)
    out.point(at, context.color("parent_moved"), env)
    out.line(at, at + 0.35 * context.size * normal, context.color("text", 0.7), env)
    length = 2.0 * context.size * np.minimum(force / full, 4.0)
    felt = np.flatnonzero(length > 0.02 * context.size)
    color = context.color("physics")
    out.arrow(at[felt], length[felt, None] * normal[felt], color, env[felt])
    meters = 2.0 * context.size * context.snapshot.meters_per_unit
    out.notes.append(f"Force arrows: {full:g} N are {meters:.2g} m long.")


def _round_up(value: float) -> float:
    """Return the next of 1, 2, 5, 10, … so that the scale changes seldom."""
    decade = 10.0 ** np.floor(np.log10(max(value, 1e-3)))
    for step in (1.0, 2.0, 5.0):
        if value <= step * decade:
            return float(step * decade)
    return float(10.0 * decade)
