"""Small meshes made of numpy, for snapshots and for the viewport."""

from __future__ import annotations

import numpy as np

from inspector.session.snapshot import MeshData


def lathe_mesh(key: str, profile: list[tuple[float, float]], sides: int = 12) -> MeshData:
    """Surface of revolution around z from (radius, height) pairs."""
    turn = np.arange(sides) / sides * 2 * np.pi
    rings = [
        np.stack([r * np.cos(turn), r * np.sin(turn), np.full(sides, z)], 1) for r, z in profile
    ]
    triangles = []
    for ring in range(len(profile) - 1):
        a = ring * sides + np.arange(sides)
        b = ring * sides + (np.arange(sides) + 1) % sides
        triangles += [np.stack([a, b, b + sides], 1), np.stack([a, b + sides, a + sides], 1)]
    points = np.concatenate(rings).astype(np.float32)
    faces = np.concatenate(triangles).astype(np.uint32)
    flat = points[faces.ravel()]
    normals = np.cross(flat[1::3] - flat[::3], flat[2::3] - flat[::3])
    size = np.linalg.norm(normals, axis=1, keepdims=True)
    keep = size[:, 0] > 1e-9
    normals = np.repeat(normals[keep] / size[keep], 3, axis=0).astype(np.float32)
    flat = flat.reshape(-1, 3, 3)[keep].reshape(-1, 3)
    index = np.arange(len(flat), dtype=np.uint32).reshape(-1, 3)
    return MeshData(key, flat, normals, index, float(np.linalg.norm(flat, axis=1).max()))


def box_mesh(key: str, size: tuple[float, float, float]) -> MeshData:
    """An axis-aligned box around the origin, flat shaded."""
    points, normals, triangles = [], [], []
    half = np.array(size) / 2
    for axis in range(3):
        for sign in (-1, 1):
            u, v = (axis + 1) % 3, (axis + 2) % 3
            corner = np.zeros((4, 3))
            corner[:, axis] = sign
            corner[:, u] = np.array([-1, 1, 1, -1]) * sign
            corner[:, v] = [-1, -1, 1, 1]
            start = len(points) * 4
            points.append(corner * half)
            normal = np.zeros((4, 3))
            normal[:, axis] = sign
            normals.append(normal)
            triangles.append([[start, start + 1, start + 2], [start, start + 2, start + 3]])
    return MeshData(
        key,
        np.concatenate(points).astype(np.float32),
        np.concatenate(normals).astype(np.float32),
        np.concatenate(triangles).astype(np.uint32),
        float(np.linalg.norm(half)),
    )
