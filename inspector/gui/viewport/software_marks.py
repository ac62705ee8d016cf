"""Grid, overlays and outlines of the CPU's picture: what lies over the shapes, in numpy.

They are made of the same layers that the GPU draws. Words are painted by ``words_painter``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inspector.gui.viewport.display import Display
from inspector.gui.viewport.instances import Index
from inspector.gui.viewport.overlay_layer import OverlayItems, OverlayLayer

Floats = NDArray[np.float64]

_LIFT = 4e-5
"""How much nearer lines count than the surface that they lie in."""
_LIFT_OF_GRID = 8e-6
"""How much nearer the grid counts than the ground, beside what one pixel makes."""
_MOST_SAMPLES = 2_000_000
_OUTLINE = 2
"""Width of an outline [pixels]."""
_TINT = 0.16
"""How much of its colour lies over what is selected."""


@dataclass(frozen=True)
class Sheet:
    """A picture that is being drawn; pixels row after row from the top.

    Attributes:
        size: Width and height [pixels].
        rgba: Colours, straight alpha, uint8, shape [pixels, 4].
        nearest: Nearness of what each pixel shows, 0…2, shape [pixels].
        owner: Instance that each pixel shows, -1 for none, int32, shape [pixels].
        scale: Pixels per logical pixel.
    """

    size: tuple[int, int]
    rgba: NDArray[np.uint8]
    nearest: Floats
    owner: NDArray[np.int32]
    scale: float

    def blend(self, pixel: Index, rgba: Floats) -> None:
        """Lay colours 0…1 with opacity over pixels, shapes [k] and [k, 4] or [4]."""
        over = np.broadcast_to(rgba, (len(pixel), 4))
        alpha = over[:, 3:]
        below = self.rgba[pixel].astype(np.float64) / 255.0
        left = below[:, 3:] * (1.0 - alpha)
        whole = alpha + left
        color = (over[:, :3] * alpha + below[:, :3] * left) / np.maximum(whole, 1e-9)
        self.rgba[pixel] = np.round(np.concatenate([color, whole], axis=1) * 255.0)


def clip_matrix(display: Display, size: tuple[int, int]) -> Floats:
    """Return the matrix from the world to clip coordinates, for column vectors, shape [4, 4]."""
    near, far = display.camera.depth_range(*display.scene_sphere)
    return display.camera.projection(size[0] / size[1], near, far) @ display.camera.view()


def draw_layers(display: Display, layers: list[OverlayLayer], sheet: Sheet) -> None:
    """Draw lines, points and triangles over the shapes, hidden by them unless they are on top."""
    matrix = clip_matrix(display, sheet.size)
    for layer in layers:
        if layer.visible:
            _draw_triangles(_clipped(display, layer.triangles, matrix), layer, sheet)
            _draw_lines(_clipped(display, layer.lines, matrix), layer, sheet)
            _draw_points(_clipped(display, layer.points, matrix), layer, sheet)


def _clipped(display: Display, items: OverlayItems, matrix: Floats) -> Floats:
    """Return the corners in clip coordinates, as spread as the environments, shape [n, k, 4]."""
    points = items.points.astype(np.float64)
    shifts = display.env_shifts
    inside = (items.env_id >= 0) & (items.env_id < len(shifts))
    points[inside] += shifts[items.env_id[inside]][:, None]
    return points @ matrix[:, :3].T + matrix[:, 3]


def _screen(clip: Floats, size: tuple[int, int]) -> Floats:
    """Return pixels from the left and the top, and nearness, shape [..., 3]."""
    half = np.array([size[0] / 2, -size[1] / 2, -1.0])
    return clip[..., :3] / clip[..., 3:] * half + np.array([size[0] / 2, size[1] / 2, 1.0])


def _draw_lines(clip: Floats, layer: OverlayLayer, sheet: Sheet) -> None:
    items = layer.lines
    if not len(items):
        return
    first, last, seen = _cut(clip)
    a, b = clip[seen, 0], clip[seen, 1]
    way = b - a
    start = _screen(a + first[seen, None] * way, sheet.size)
    end = _screen(a + last[seen, None] * way, sheet.size)
    length = np.abs(end - start)[:, :2].max(axis=1, initial=0.0)
    steps = np.maximum(np.ceil(length), 1.0).astype(np.int64) + 1
    kept = np.cumsum(steps) <= _MOST_SAMPLES
    steps, start, end = steps[kept], start[kept], end[kept]
    line = np.repeat(np.arange(len(steps)), steps)
    share = (np.arange(len(line)) - np.repeat(np.cumsum(steps) - steps, steps)) / (steps[line] - 1)
    at = start[line] + share[:, None] * (end - start)[line]
    colors = items.rgba[seen][kept].astype(np.float64) / 255.0
    rgba = colors[line, 0] + share[:, None] * (colors[line, 1] - colors[line, 0])
    is_steep = np.abs(end - start)[:, 1] > np.abs(end - start)[:, 0]
    width = max(items.size * sheet.scale, 1.0)
    for offset in np.arange(round(width)) - (round(width) - 1) / 2:
        beside = np.where(is_steep[line, None], [offset, 0.0], [0.0, offset])
        _put(at[:, :2] + beside, at[:, 2], rgba, layer, sheet)


def _cut(clip: Floats) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """Return from where to where along each line it is in the view, and whether it is at all."""
    a, b = clip[:, 0], clip[:, 1]
    first, last = np.zeros(len(clip)), np.ones(len(clip))
    seen = np.isfinite(clip).all(axis=(1, 2))
    for axis, sign in ((0, 1), (0, -1), (1, 1), (1, -1), (2, 1)):
        p, q = a[:, 3] + sign * a[:, axis], b[:, 3] + sign * b[:, axis]
        with np.errstate(divide="ignore", invalid="ignore"):
            cut = p / (p - q)
        first = np.where((p < 0) & (q >= 0), np.maximum(first, cut), first)
        last = np.where((p >= 0) & (q < 0), np.minimum(last, cut), last)
        seen &= (p >= 0) | (q >= 0)
    return first, last, seen & (first < last)


def _draw_points(clip: Floats, layer: OverlayLayer, sheet: Sheet) -> None:
    items = layer.points
    front = np.isfinite(clip).all(axis=(1, 2)) & (clip[:, 0, 3] > 1e-9)
    if not front.any():
        return
    at = _screen(clip[front, 0], sheet.size)
    rgba = items.rgba[front, 0].astype(np.float64) / 255.0
    radius = max(items.size * sheet.scale / 2, 0.5)
    reach = np.arange(-np.ceil(radius), np.ceil(radius) + 1)
    for dx in reach:
        for dy in reach:
            if dx * dx + dy * dy <= radius * radius:
                _put(at[:, :2] + (dx, dy), at[:, 2], rgba, layer, sheet)


def _draw_triangles(clip: Floats, layer: OverlayLayer, sheet: Sheet) -> None:
    items = layer.triangles
    front = np.isfinite(clip).all(axis=(1, 2)) & (clip[:, :, 3] > 1e-9).all(axis=1)
    colors = items.rgba.astype(np.float64) / 255.0
    for number in np.flatnonzero(front):  # heads and squares of a gizmo: a few dozen
        corners = _screen(clip[number], sheet.size)
        low = np.maximum(np.floor(corners[:, :2].min(axis=0)), 0).astype(int)
        high = np.minimum(np.ceil(corners[:, :2].max(axis=0)), sheet.size).astype(int)
        if (high <= low).any():
            continue
        x, y = np.meshgrid(np.arange(low[0], high[0]) + 0.5, np.arange(low[1], high[1]) + 0.5)
        (ax, ay, _), (bx, by, _), (cx, cy, _) = corners
        area = (bx - ax) * (cy - ay) - (cx - ax) * (by - ay)
        if abs(area) < 1e-9:
            continue
        u = ((bx - x) * (cy - y) - (cx - x) * (by - y)) / area
        v = ((cx - x) * (ay - y) - (ax - x) * (cy - y)) / area
        share = np.stack([u, v, 1.0 - u - v], axis=-1)[(u >= 0) & (v >= 0) & (u + v <= 1)]
        at = share @ corners
        _put(at[:, :2], at[:, 2], share @ colors[number], layer, sheet)


def _put(at: Floats, nearness: Floats, rgba: Floats, layer: OverlayLayer, sheet: Sheet) -> None:
    """Lay colours over the pixels at some places, where nothing of the scene hides them."""
    width, height = sheet.size
    x, y = np.floor(at[:, 0]).astype(np.int64), np.floor(at[:, 1]).astype(np.int64)
    seen = (x >= 0) & (x < width) & (y >= 0) & (y < height)
    pixel = np.where(seen, y * width + x, 0)
    if not layer.on_top:
        seen &= nearness + _LIFT >= sheet.nearest[pixel]
    # Of several samples in one pixel one counts: blending both would make joints darker.
    pixel, chosen = np.unique(pixel[seen], return_index=True)
    sheet.blend(pixel, rgba[seen][chosen])


def draw_grid(display: Display, sheet: Sheet) -> None:
    """Draw the ground grid and its axes, as ``shaders.GRID_FRAGMENT`` does."""
    camera = display.camera
    width, height = sheet.size
    is_y_up = camera.up_axis == "Y"
    up, u, v = (1, 2, 0) if is_y_up else (2, 0, 1)
    matrix = clip_matrix(display, sheet.size)
    back = np.linalg.inv(matrix)
    x, y = np.meshgrid(
        (np.arange(width) + 0.5) / width * 2 - 1, 1 - (np.arange(height) + 0.5) / height * 2
    )
    ends = []
    for depth in (-1.0, 1.0):
        clip = np.stack([x, y, np.full_like(x, depth), np.ones_like(x)], axis=-1) @ back.T
        ends.append(clip[..., :3] / clip[..., 3:])
    way = ends[1] - ends[0]
    with np.errstate(divide="ignore", invalid="ignore"):
        share = -ends[0][..., up] / way[..., up]
        at = ends[0] + share[..., None] * way
        met = (share > 0) & (share < 1)
        plane = at[..., [u, v]]
        extent = camera.distance * 5.0
        center = camera.focus[[u, v]]
        fade = np.clip(1.0 - np.linalg.norm(plane - center, axis=-1) / extent, 0.0, 1.0)
        clip = at @ matrix[2:, :3].T + matrix[2:, 3]
        nearness = 1.0 - clip[..., 0] / clip[..., 1]
        steep = np.maximum(*(np.abs(np.gradient(nearness, axis=axis)) for axis in (0, 1)))
        met &= nearness + steep + _LIFT_OF_GRID >= sheet.nearest.reshape(x.shape)
        rgba = _grid_colors(display, plane)
    rgba[..., 3] *= fade
    drawn = np.flatnonzero(met & np.isfinite(rgba[..., 3]) & (rgba[..., 3] >= 0.01))
    sheet.blend(drawn, rgba.reshape(-1, 4)[drawn])


def _grid_colors(display: Display, plane: Floats) -> Floats:
    """Return colour and opacity of the grid at each pixel, shape [height, width, 4]."""
    camera, tokens = display.camera, display.tokens
    is_y_up = camera.up_axis == "Y"
    meter = 1.0 / (display.snapshot.meters_per_unit if display.snapshot else 1.0)
    step = 10.0 ** np.floor(np.log10(max(camera.distance / meter, 1e-6) / 8.0)) * meter
    change = sum(np.abs(np.gradient(plane, axis=axis)) for axis in (0, 1))
    change = np.maximum(change, 1e-9)
    alpha = np.maximum(0.35 * _lines(plane, change, step), 0.8 * _lines(plane, change, step * 10))
    rgba = np.concatenate(
        [np.broadcast_to(tokens.rgb("muted"), (*alpha.shape, 3)), alpha[..., None]], axis=-1
    )
    roles = ("accent", "not_finite") if is_y_up else ("not_finite", "fresh")
    for axis, role in ((1, roles[0]), (0, roles[1])):
        on = 1.0 - np.minimum(np.abs(plane[..., axis]) / change[..., axis] / 1.2, 1.0)
        lit = on > 0
        rgba[lit, :3] = tokens.rgb(role)
        rgba[lit, 3] = np.maximum(rgba[lit, 3], on[lit])
    return rgba


def _lines(plane: Floats, change: Floats, unit: float) -> Floats:
    p, w = plane / unit, np.maximum(change / unit, 1e-6)
    d = np.abs((p - 0.5) % 1.0 - 0.5) / w
    melts = np.clip(0.5 / w.max(axis=-1) - 1.0, 0.0, 1.0)
    return (1.0 - np.minimum(d.min(axis=-1), 1.0)) * melts


def draw_outlines(display: Display, sheet: Sheet) -> None:
    """Draw outlines around what is seen of the focused environment and of the selection."""
    count = 0 if display.instances is None else len(display.instances)
    for wanted, role in ((display.focused, "text"), (display.selected, "accent")):
        if not len(wanted):
            continue
        marked = np.zeros(count + 1, np.bool_)  # the last one is what no instance owns
        marked[wanted] = True
        inside = marked[sheet.owner].reshape(sheet.size[::-1])
        around = inside.copy()
        for _ in range(max(round(_OUTLINE * sheet.scale), 1)):
            around = _wider(around)
        color = display.tokens.rgb(role)
        sheet.blend(np.flatnonzero(around & ~inside), np.array([*color, 0.9]))
        if wanted is display.selected:
            sheet.blend(np.flatnonzero(inside), np.array([*color, _TINT]))


def _wider(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return a mask and the pixels beside it."""
    wide = mask.copy()
    wide[1:] |= mask[:-1]
    wide[:-1] |= mask[1:]
    wide[:, 1:] |= mask[:, :-1]
    wide[:, :-1] |= mask[:, 1:]
    return wide
