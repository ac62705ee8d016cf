"""Outlines of shapes: what collides, and boxes around the selection."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from inspector.gui.viewport.overlays.context import Context
from inspector.gui.viewport.overlays.lines import Drawing, Floats, Word, box_edges
from inspector.session.snapshot import MeshData

MAX_LINES = 40_000
MAX_BOXES = 64
_CREASE = np.cos(np.radians(25.0))
_FEW = 3
_RINGS = 16


def colliders(context: Context, out: Drawing) -> None:
    """Draw the edges of the shapes that collide."""
    table, env_of = context.snapshot.overlay.colliders, context.snapshot.transforms.env_id
    edges = [mesh_edges(mesh) for mesh in table.meshes]
    rows = [batch.rows.astype(np.int64) for batch in table.batches]
    if not rows:
        return
    every = np.concatenate(rows)
    cost = np.concatenate([
        np.full(len(batch.rows), len(edges[batch.mesh])) for batch in table.batches
    ])  # fmt: skip
    cap = len(every)
    if cost.sum() > MAX_LINES:
        cap = max(int(MAX_LINES / max(float(cost.mean()), 1.0)), 1)
    drawn = context.capped(env_of[every], every, cap, "collision shapes", out.notes)
    wanted = np.zeros(len(every), np.bool_)
    wanted[drawn] = True
    start = 0
    for batch, mine in zip(table.batches, rows, strict=True):
        kept = mine[wanted[start : start + len(mine)]]
        start += len(mine)
        lines = edges[batch.mesh]
        world = context.world[kept].astype(np.float64)
        placed = np.einsum("esi,nij->nesj", lines, world[:, :3, :3]) + world[:, None, None, 3, :3]
        out.line(placed[:, :, 0], placed[:, :, 1], context.color("fresh"), env_of[kept])


def mesh_edges(mesh: MeshData) -> Floats:
    """Return what makes a shape recognisable in lines, in its local space, shape [e, 2, 3].

    Those are its creases and borders; round shapes, which have few, are drawn with rings too.
    """
    points, triangles = mesh.points.astype(np.float64), mesh.triangles.astype(np.int64)
    if len(triangles) == 0:
        return np.empty((0, 2, 3))
    # Meshes repeat a vertex for each of its normals: edges are found by place.
    scale = max(float(np.abs(points).max()), 1e-12)
    _, same = np.unique(np.round(points / scale, 5), axis=0, return_inverse=True)
    corners = same.ravel()[triangles]
    a, b, c = (points[triangles[:, k]] for k in range(3))
    normal = np.cross(b - a, c - a)
    area = np.linalg.norm(normal, axis=1)
    alive = area > 1e-12 * scale * scale
    corners, normal = corners[alive], normal[alive] / area[alive, None]
    sides = np.concatenate([corners[:, [0, 1]], corners[:, [1, 2]], corners[:, [2, 0]]])
    face = np.tile(np.arange(len(corners)), 3)
    place = np.zeros((int(same.max()) + 1, 3))
    place[same.ravel()] = points
    key = np.sort(sides, axis=1)
    order = np.lexsort((key[:, 1], key[:, 0]))
    key, face = key[order], face[order]
    first = np.flatnonzero(np.r_[True, (key[1:] != key[:-1]).any(1)])
    count = np.diff(np.r_[first, len(key)])
    other = np.minimum(first + 1, len(key) - 1)
    bend = (normal[face[first]] * normal[face[other]]).sum(1)
    sharp = (count != 2) | (bend < _CREASE)
    lines = place[key[first[sharp]]]
    if len(lines) <= _FEW or len(lines) < len(first) // 24:
        return np.concatenate([lines, _rings(points)])
    return lines


def _rings(points: Floats) -> Floats:
    """Three ellipses in the bounding box, shape [48, 2, 3]."""
    low, high = points.min(0), points.max(0)
    center, half = (low + high) / 2, (high - low) / 2
    turn = np.linspace(0, 2 * np.pi, _RINGS + 1)
    rings: list[NDArray[np.float64]] = []
    for axis in range(3):
        u, v = (axis + 1) % 3, (axis + 2) % 3
        ring = np.tile(center, (_RINGS + 1, 1))
        ring[:, u] += half[u] * np.cos(turn)
        ring[:, v] += half[v] * np.sin(turn)
        rings.append(np.stack([ring[:-1], ring[1:]], axis=1))
    return np.concatenate(rings)


def boxes(
    context: Context, out: Drawing, bounds: list[tuple[int, Floats, Floats]]
) -> None:  # fmt: skip
    """Draw axis-aligned boxes with their sizes.

    Args:
        context: Scene.
        out: Takes the lines.
        bounds: Environment, lower and upper corner, shape [3], of each box [stage units].
    """
    meters = context.snapshot.meters_per_unit
    for env_id, low, high in bounds[:MAX_BOXES]:
        edges = box_edges(low[None], high[None])
        env = np.array([env_id])
        out.line(edges[:, :, 0], edges[:, :, 1], context.color("accent"), env)
        width, depth, height = (high - low) * meters
        x, y, z = (float(part) for part in high)
        text = f"{width:.3g} × {depth:.3g} × {height:.3g} m"
        out.words.append(Word((x, y, z), text, env_id, "accent", 5.0))
    if len(bounds) > MAX_BOXES:
        out.notes.append(f"{MAX_BOXES} of {len(bounds):,} bounding boxes are drawn.")
