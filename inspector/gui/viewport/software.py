"""The picture without GL: triangles with a depth buffer, in numpy.

Slower than any GPU and without smooth shading, but the same instances at the same poses in the same
colours, with outlines and everything that ``software_marks`` lays over them. Distant shapes are drawn
as their proxies.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inspector.gui.viewport.display import Display
from inspector.gui.viewport.instances import Index, Instances
from inspector.gui.viewport.level_mesh import proxy_mesh
from inspector.gui.viewport.sky import sky
from inspector.gui.viewport.soft_shapes import soft_triangles
from inspector.gui.viewport.software_colors import FaceColors
from inspector.gui.viewport.software_marks import Sheet, draw_grid, draw_layers, draw_outlines
from inspector.session.snapshot import MeshData

Floats = NDArray[np.float64]

UNDRAWN = frozenset({"ghost", "shadows", "wireframe", "cull_backs"})
"""Switches of the view options that this picture knows nothing of, smooth edges aside."""
_CHUNK = 4_000_000
"""Corners or pixels that are worked on at a time."""
_PATTERN = (np.array([[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]]) + 0.5) / 16
"""Opacity from which on a pixel is drawn. Source: Bayer (1973)."""
_PROXY_BELOW = 24.0
"""Radius below which a shape is drawn as its proxy [pixels]."""
_KEY = np.array([-0.35, 0.75, 0.55]) / np.linalg.norm([-0.35, 0.75, 0.55])
_FILL = np.array([0.6, -0.1, 0.8]) / np.linalg.norm([0.6, -0.1, 0.8])


@dataclass(frozen=True)
class _Faces:
    """Triangles on the screen.

    Attributes:
        corners: Pixels from the left and the top, and nearness 0…2, shape [t, 3, 3].
        rgb: Colour as shown, uint8, shape [t, 3].
        owner: Instance of each, int32, shape [t].
        opacity: Share of its pixels that are drawn, 0…1, shape [t].
    """

    corners: Floats
    rgb: NDArray[np.uint8]
    owner: NDArray[np.int32]
    opacity: Floats


def picture(
    display: Display, size: tuple[int, int], *, transparent: bool = False
) -> NDArray[np.uint8]:
    """Return the picture of a display, drawn by the CPU.

    Args:
        display: What to draw.
        size: Width and height [pixels].
        transparent: Whether the background is left out.

    Returns:
        RGBA with straight alpha, the top row first, uint8, shape [height, width, 4].
    """
    width, height = size
    background = np.array([*display.tokens.rgb("background"), 1.0]) * 255
    image = np.zeros((height * width, 4), np.uint8)
    if not transparent:
        image[:] = np.round(background)
        if "sky" in display.shown:
            image[:, :3] = sky(display, size)
    count = height * width
    scale = width / max(display.size[0], 1.0)
    sheet = Sheet(size, image, np.zeros(count), np.full(count, -1, np.int32), scale)
    instances = display.instances
    if instances is not None and len(instances):
        colors = FaceColors(display, instances)
        for batch in range(len(instances.mesh_of_batch)):
            for faces in _batch_faces(display, instances, batch, colors, size):
                _rasterise(faces, sheet)
        _rasterise(_soft_faces(display, instances, colors, size), sheet)
    if display.grid:
        draw_grid(display, sheet)
    draw_layers(display, display.all_layers(), sheet)
    draw_outlines(display, sheet)
    return image.reshape(height, width, 4)


def _batch_faces(
    display: Display, instances: Instances, batch: int, colors: FaceColors, size: tuple[int, int]
) -> list[_Faces]:
    """Triangles of all instances of a batch, near ones in full detail."""
    mine = np.arange(instances.first[batch], instances.first[batch + 1])
    if display.hidden is not None:
        mine = mine[~display.hidden[mine]]
    mesh = instances.meshes[instances.mesh_of_batch[batch]]
    if len(mine) == 0 or len(mesh.triangles) == 0:
        return []
    centers, radii = display.spheres[0][mine], display.spheres[1][mine]
    depth = ((display.camera.eye - centers) @ display.camera.backward).astype(np.float32)
    pixels = radii / np.maximum(display.camera.half_height(depth), 1e-9) * (size[1] / 2)
    seen = np.isfinite(depth) & (display.camera.orthographic | (depth > -radii))
    small = proxy_mesh(mesh)
    found: list[_Faces] = []
    for of, part in (
        (mesh, seen & (pixels >= _PROXY_BELOW)),
        (small, seen & (pixels < _PROXY_BELOW)),
    ):
        chosen = mine[part]
        step = max(1, _CHUNK // (3 * len(of.triangles)))
        found += [
            _project(display, instances, (batch, of), chosen[at : at + step], colors, size)
            for at in range(0, len(chosen), step)
        ]
    return found


def _project(
    display: Display,
    instances: Instances,
    shape: tuple[int, MeshData],
    chosen: Index,
    colors: FaceColors,
    size: tuple[int, int],
) -> _Faces:
    camera, (batch, mesh) = display.camera, shape
    pose = display.world[instances.rows[chosen]].astype(np.float64)
    place = pose[:, 3, :3] - camera.eye
    if display.shifts is not None:
        place = place + display.shifts[chosen]
    turned = pose[:, :3, :3] @ camera.rotation.T
    at = np.matmul(mesh.points.astype(np.float64), turned) + (place @ camera.rotation.T)[:, None]
    corners = at[:, mesh.triangles].reshape(-1, 3, 3)
    owner = np.repeat(chosen, len(mesh.triangles)).astype(np.int32)
    opacity = np.tile(colors.opacity(batch, mesh), len(chosen))
    return _lit(display, corners, (colors.of(batch, mesh, chosen), opacity), owner, size)


def _soft_faces(
    display: Display, instances: Instances, colors: FaceColors, size: tuple[int, int]
) -> _Faces:
    """Triangles of what deforms, where it is now."""
    snapshot, camera = display.snapshot, display.camera
    if snapshot is None or snapshot.soft is None:
        nothing = np.zeros((0, 3, 3)), np.zeros((0, 3), np.uint8)
        return _Faces(*nothing, np.zeros(0, np.int32), np.zeros(0))
    soft = soft_triangles(snapshot.soft, instances, display.unseen)
    points = soft.points.astype(np.float64)
    inside = soft.env_id >= 0
    points[inside] += display.env_shifts[soft.env_id[inside]]
    corners = ((points - camera.eye) @ camera.rotation.T)[soft.triangles]
    first = soft.triangles[:, 0]
    owner = soft.instance[first].astype(np.int32)
    rgb = soft.colors[first].astype(np.float64)
    paint = colors.by_value(owner, rgb), np.ones(len(owner))
    return _lit(display, corners, paint, owner, size)


def _lit(
    display: Display,
    corners: Floats,
    paint: tuple[Floats, Floats],
    owner: NDArray[np.int32],
    size: tuple[int, int],
) -> _Faces:
    """Light triangles and bring them to the screen.

    Args:
        display: Camera and theme.
        corners: Corners as the camera has them [stage units], shape [t, 3, 3].
        paint: Linear colours, shape [t, 3], and opacities, shape [t].
        owner: Instances, shape [t].
        size: Width and height [pixels].
    """
    camera, (rgb, opacity) = display.camera, paint
    near, far = camera.depth_range(*display.scene_sphere)
    matrix = camera.projection(size[0] / size[1], near, far)
    clip = corners @ matrix[:, :3].T + matrix[:, 3]
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-30)
    sight = np.array([0.0, 0.0, -1.0]) if camera.orthographic else corners[:, 0]
    normal *= np.where((normal * sight).sum(1, keepdims=True) > 0, -1.0, 1.0)
    ambient = 0.24 if display.tokens.name == "dark" else 0.36
    light = ambient + 0.60 * np.maximum(normal @ _KEY, 0) + 0.14 * np.maximum(normal @ _FILL, 0)
    shown = np.clip(rgb * light[:, None], 0.0, 1.0) ** (1 / 2.2)
    clip, source = _clip(clip)
    flat = clip[..., :3] / clip[..., 3:]
    half = np.array([size[0] / 2, -size[1] / 2, -1.0])
    flat = flat * half + np.array([size[0] / 2, size[1] / 2, 1.0])
    shown = np.round(shown[source] * 255).astype(np.uint8)
    return _Faces(flat, shown, owner[source], opacity[source])


def _clip(corners: Floats) -> tuple[Floats, Index]:
    """Cut triangles in clip coordinates at the near plane.

    Args:
        corners: Corners, shape [t, 3, 4].

    Returns:
        What is left, shape [k, 3, 4], and which triangle each part came from, shape [k].
    """
    inside = corners[..., 2] + corners[..., 3] > 0
    count = inside.sum(1)
    whole = np.flatnonzero(count == 3)
    parts, source = [corners[whole]], [whole]
    for wanted in (1, 2):
        index = np.flatnonzero(count == wanted)
        if len(index) == 0:
            continue
        # Turn each triangle so that the corner that is alone on its side comes first.
        alone = np.argmax(inside[index] == (wanted == 1), axis=1)
        order = (alone[:, None] + np.arange(3)) % 3
        a, b, c = np.moveaxis(np.take_along_axis(corners[index], order[..., None], axis=1), 1, 0)
        ab, ac = _cut(a, b), _cut(a, c)
        made = [(a, ab, ac)] if wanted == 1 else [(ab, b, c), (ab, c, ac)]
        for triangle in made:
            parts.append(np.stack(triangle, axis=1))
            source.append(index)
    return np.concatenate(parts), np.concatenate(source)


def _cut(a: Floats, b: Floats) -> Floats:
    """Where lines cross the near plane, shape [k, 4]."""
    from_a, from_b = a[:, 2:3] + a[:, 3:], b[:, 2:3] + b[:, 3:]
    return a + from_a / (from_a - from_b) * (b - a)


def _rasterise(faces: _Faces, sheet: Sheet) -> None:
    """Draw triangles where they are nearer than what is there; boxes of like size together."""
    width, height = sheet.size
    at = faces.corners[..., :2]
    low = np.maximum(np.ceil(at.min(1) - 0.5), 0).astype(np.int64)
    high = np.minimum(np.floor(at.max(1) - 0.5), (width - 1, height - 1)).astype(np.int64)
    extent = np.maximum(high - low + 1, 0)
    seen = np.flatnonzero((extent > 0).all(1))
    grade = np.ceil(np.log2(extent[seen])).astype(np.int64)
    for box in np.unique(grade, axis=0):
        group = seen[(grade == box).all(1)]
        shape = (1 << int(box[0]), 1 << int(box[1]))
        step = max(1, _CHUNK // (shape[0] * shape[1]))
        for first in range(0, len(group), step):
            _fill_boxes(faces, group[first : first + step], low, high, shape, sheet)


def _fill_boxes(
    faces: _Faces,
    group: Index,
    low: Index,
    high: Index,
    shape: tuple[int, int],
    sheet: Sheet,
) -> None:
    x = low[group, 0, None, None] + np.arange(shape[0])[None, None, :]
    y = low[group, 1, None, None] + np.arange(shape[1])[None, :, None]
    corners = faces.corners[group]
    (ax, ay, az), (bx, by, bz), (cx, cy, cz) = (
        tuple(corners[:, k, i, None, None] for i in range(3)) for k in range(3)
    )
    area = (bx - ax) * (cy - ay) - (cx - ax) * (by - ay)
    area = np.where(np.abs(area) < 1e-12, np.inf, area)
    px, py = x + 0.5, y + 0.5
    u = ((bx - px) * (cy - py) - (cx - px) * (by - py)) / area
    v = ((cx - px) * (ay - py) - (ax - px) * (cy - py)) / area
    w = 1.0 - u - v
    covered = (u >= 0) & (v >= 0) & (w >= 0) & np.isfinite(area)
    see_through = faces.opacity[group] < 1.0
    if see_through.any():
        # What shines through leaves out pixels in a fixed pattern: no order is needed.
        covered &= faces.opacity[group, None, None] > _PATTERN[y % 4, x % 4]
    covered &= (x <= high[group, 0, None, None]) & (y <= high[group, 1, None, None])
    face, row, column = np.nonzero(covered)
    if len(face) == 0:
        return
    # Nearness is linear on the screen.
    depth = (u * az + v * bz + w * cz)[face, row, column]
    pixel = (y[face, row, 0]) * sheet.size[0] + x[face, 0, column]
    order = np.argsort(depth, kind="stable")
    pixel, depth, face = pixel[order], depth[order], face[order]
    wins = depth > sheet.nearest[pixel]
    pixel, depth, face = pixel[wins], depth[wins], face[wins]
    # Written in the order of nearness: the nearest of this group stays.
    sheet.nearest[pixel] = depth
    sheet.owner[pixel] = faces.owner[group[face]]
    sheet.rgba[pixel, :3] = faces.rgb[group[face]]
    sheet.rgba[pixel, 3] = 255
