"""Joints: axis, limits as an arc or a rail, and where the joint stands in them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from inspector.gui.viewport.overlays.context import Context, axes_of
from inspector.gui.viewport.overlays.lines import Drawing, Floats, Word
from inspector.session.overlay_table import JointKind

MAX_JOINTS = 1024
_STEPS = 24
_WORDS = 24
_SLACK = 1e-6


def joint_lines(context: Context, out: Drawing) -> None:
    """Draw the joints of what is shown."""
    table = context.snapshot.overlay
    joints = table.joints
    if len(joints) == 0:
        return
    rows = np.where(joints.row1 >= 0, joints.row1, joints.row0)
    drawn = context.capped(joints.env_id, rows, MAX_JOINTS, "joints", out.notes)
    near = _placed(joints.frame0[drawn], joints.row0[drawn], context.world)
    far = _placed(joints.frame1[drawn], joints.row1[drawn], context.world)
    axes0, axes1 = axes_of(near), axes_of(far)
    pick = np.arange(len(drawn))
    first = joints.axis[drawn].astype(np.int64)
    frames0 = np.stack([axes0[pick, (first + k) % 3] for k in range(3)], axis=1)
    frames1 = np.stack([axes1[pick, (first + k) % 3] for k in range(3)], axis=1)
    at, there = near[:, 3, :3], far[:, 3, :3]
    known = table.joint_values[drawn] if len(table.joint_values) else np.full(len(drawn), np.nan)
    values = joint_values(joints.kind[drawn], frames0, frames1, there - at, known)
    limits = np.stack([joints.lower[drawn], joints.upper[drawn]], axis=1)
    kind, env = joints.kind[drawn], joints.env_id[drawn]
    for one, draw in (
        (JointKind.REVOLUTE, _hinges),
        (JointKind.PRISMATIC, _rails),
        (JointKind.SPHERICAL, _balls),
        (JointKind.DISTANCE, _tethers),
        (JointKind.FIXED, _bolts),
    ):
        mine = np.flatnonzero(kind == one)
        if len(mine):
            side = (frames0[mine], frames1[mine], at[mine], there[mine])
            draw(context, out, side, (values[mine], limits[mine]), env[mine])
    if len(drawn) <= _WORDS:
        _say(out, kind, (at, values), env, context.snapshot.meters_per_unit)


def joint_values(
    kind: NDArray[np.uint8], frames0: Floats, frames1: Floats, apart: Floats, known: Floats
) -> Floats:
    """Return joint coordinates: those of the engine, or what the poses on the screen say.

    Args:
        kind: ``JointKind``, shape [n].
        frames0: Axes of frame 0, the joint's own first, shape [n, 3, 3].
        frames1: Axes of frame 1 likewise, shape [n, 3, 3].
        apart: From the origin of frame 0 to that of frame 1 [stage units], shape [n, 3].
        known: Coordinates from the engine [rad or stage units], NaN for none, shape [n].
    """
    turned = np.arctan2(
        (frames1[:, 1] * frames0[:, 2]).sum(1), (frames1[:, 1] * frames0[:, 1]).sum(1)
    )
    moved = (apart * frames0[:, 0]).sum(1)
    distance = np.linalg.norm(apart, axis=1)
    tilt = np.arccos(np.clip((frames0[:, 0] * frames1[:, 0]).sum(1), -1.0, 1.0))
    shown = np.select(
        [kind == JointKind.REVOLUTE, kind == JointKind.PRISMATIC, kind == JointKind.SPHERICAL],
        [turned, moved, tilt],
        distance,
    )
    return np.where(np.isfinite(known), known, shown)


_Sides = tuple[Floats, Floats, Floats, Floats]
_State = tuple[Floats, Floats]


def _hinges(
    context: Context, out: Drawing, sides: _Sides, state: _State, env: NDArray[np.int32]
) -> None:
    frames, _, at, _ = sides
    values, limits = state
    size = context.size
    axis, u, v = frames[:, 0], frames[:, 1], frames[:, 2]
    out.line(at - 0.6 * size * axis, at + 0.6 * size * axis, context.color("text", 0.9), env)
    free = ~(np.isfinite(limits[:, 0]) & np.isfinite(limits[:, 1]))
    low = np.where(free, -np.pi, np.maximum(limits[:, 0], -2 * np.pi))
    high = np.where(free, np.pi, np.minimum(limits[:, 1], 2 * np.pi))
    turns = low[:, None] + np.linspace(0, 1, _STEPS + 1) * (high - low)[:, None]
    rim = at[:, None] + size * _around(turns, u, v)
    colors = np.where(free[:, None], context.color("muted", 0.8), context.color("usd"))
    out.chain(rim, colors, env)
    bound = np.flatnonzero(~free)
    for end in (0, -1):
        out.line(at[bound], rim[bound, end], context.color("usd", 0.6), env[bound])
    hand = at + size * _around(values[:, None], u, v)[:, 0]
    color = _hand_color(context, values, limits[:, 0], limits[:, 1])
    out.line(at, hand, color, env)
    out.point(hand, color, env)


def _rails(
    context: Context, out: Drawing, sides: _Sides, state: _State, env: NDArray[np.int32]
) -> None:
    frames, _, at, _ = sides
    values, limits = state
    size = context.size
    axis = frames[:, 0]
    free = ~np.isfinite(limits)
    reach = np.abs(values) + 2 * size
    low = np.where(free[:, 0], -reach, limits[:, 0])[:, None]
    high = np.where(free[:, 1], reach, limits[:, 1])[:, None]
    start, end = at + low * axis, at + high * axis
    out.line(start, end, context.color("usd"), env)
    for place, is_free in ((start, free[:, 0]), (end, free[:, 1])):
        bound = np.flatnonzero(~is_free)
        for way in (frames[bound, 1], frames[bound, 2]):
            tick = 0.3 * size * way
            out.line(place[bound] - tick, place[bound] + tick, context.color("usd"), env[bound])
    hand = at + values[:, None] * axis
    color = _hand_color(context, values, limits[:, 0], limits[:, 1])
    out.point(hand, color, env)
    out.line(hand - 0.4 * size * frames[:, 2], hand + 0.4 * size * frames[:, 2], color, env)


def _balls(
    context: Context, out: Drawing, sides: _Sides, state: _State, env: NDArray[np.int32]
) -> None:
    frames, other, at, _ = sides
    values, limits = state
    size = context.size
    turn = np.linspace(0, 2 * np.pi, _STEPS + 1)
    held = np.flatnonzero(np.isfinite(limits).all(1))
    if len(held):
        a, b = limits[held, :1], limits[held, 1:]
        spread = np.hypot(a * np.cos(turn), b * np.sin(turn))
        tilt = np.clip(a * b / np.maximum(spread, 1e-9), 0.0, np.pi)[..., None]
        ring = _around(np.tile(turn, (len(held), 1)), frames[held, 1], frames[held, 2])
        rim = at[held, None] + size * (np.cos(tilt) * frames[held, None, 0] + np.sin(tilt) * ring)
        out.chain(rim, context.color("usd"), env[held])
        out.line(
            np.repeat(at[held, None], 4, 1), rim[:, :: _STEPS // 4][:, :4],
            context.color("usd", 0.6), env[held],
        )  # fmt: skip
    widest = np.where(np.isfinite(limits).all(1), limits.max(1), np.inf)
    color = _hand_color(context, values, np.zeros(len(values)), widest)
    out.arrow(at, size * other[:, 0], color, env)


def _tethers(
    context: Context, out: Drawing, sides: _Sides, state: _State, env: NDArray[np.int32]
) -> None:
    values, limits = state
    color = _hand_color(context, values, limits[:, 0], limits[:, 1])
    out.line(sides[2], sides[3], color, env)
    out.point(sides[2], color, env)
    out.point(sides[3], color, env)


def _bolts(
    context: Context, out: Drawing, sides: _Sides, _state: _State, env: NDArray[np.int32]
) -> None:
    frames, _, at, _ = sides
    for axis in range(3):
        way = 0.25 * context.size * frames[:, axis]
        out.line(at - way, at + way, context.color("muted"), env)


def _around(turns: Floats, u: Floats, v: Floats) -> Floats:
    """Unit vectors turned from u towards v, shape [n, k, 3]."""
    return np.cos(turns)[..., None] * u[:, None] + np.sin(turns)[..., None] * v[:, None]


def _hand_color(context: Context, values: Floats, low: Floats, high: Floats) -> Floats:
    """Blue inside of the limits, vermilion outside."""
    outside = (values < low - _SLACK) | (values > high + _SLACK)
    return np.where(
        outside[:, None], context.color("not_finite"), context.color("fabric")
    )  # fmt: skip


def _say(
    out: Drawing,
    kind: NDArray[np.uint8],
    joints: tuple[Floats, Floats],
    env: NDArray[np.int32],
    meters: float,
) -> None:
    at, values = joints
    for number, one in enumerate(kind.tolist()):
        if one == JointKind.FIXED or not np.isfinite(at[number]).all():
            continue
        turns = one in {JointKind.REVOLUTE, JointKind.SPHERICAL}
        value = float(values[number])
        text = f"{np.degrees(value):.1f}°" if turns else f"{value * meters:.3g} m"
        x, y, z = (float(part) for part in at[number])
        out.words.append(Word((x, y, z), text, int(env[number]), weight=1.0))


def _placed(
    frames: Floats, rows: NDArray[np.int32], world: NDArray[np.float32]
) -> NDArray[np.float64]:
    """Frames in the world; those of the world itself stay."""
    placed = frames.copy()
    carried = np.flatnonzero(rows >= 0)
    placed[carried] = frames[carried] @ world[rows[carried]].astype(np.float64)
    return placed
