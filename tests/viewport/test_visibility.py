from __future__ import annotations

import numpy as np
import pytest

from inspector.gui.viewport.camera import OrbitCamera
from inspector.gui.viewport.visibility import choose, proxy_mesh, speck_points
from tests.helpers.meshes import box_mesh, lathe_mesh

SIZE = (800.0, 600.0)


def sphere(rings: int = 24, sides: int = 32):
    arc = np.linspace(-np.pi / 2, np.pi / 2, rings)
    return lathe_mesh("sphere", [(0.5 * np.cos(a), 0.5 * np.sin(a)) for a in arc], sides)


def cloud(n: int, seed: int = 0):
    rng = np.random.default_rng(seed)
    centers = rng.uniform(-30, 30, (n, 3)).astype(np.float32)
    return centers, np.full(n, 0.3, np.float32)


def test_nothing_that_shows_is_culled():
    centers, radii = cloud(4000)
    camera = OrbitCamera(distance=20.0)
    costs = np.full(4000, 500), np.full(4000, 12)
    drawn = choose(camera, SIZE, (centers, radii), costs, 10**9)
    chosen = np.concatenate([drawn.full, drawn.proxy, drawn.speck])
    assert len(set(chosen.tolist())) == drawn.count < 4000
    pixels = camera.project(centers, *SIZE)
    inside = np.isfinite(pixels).all(1) & (pixels >= 0).all(1) & (pixels <= SIZE).all(1)
    assert set(np.flatnonzero(inside)) <= set(chosen.tolist())


def test_budget_turns_the_smallest_into_proxies():
    centers, radii = cloud(4000)
    camera = OrbitCamera(distance=20.0)
    costs = np.full(4000, 500), np.full(4000, 12)
    rich = choose(camera, SIZE, (centers, radii), costs, 10**9)
    poor = choose(camera, SIZE, (centers, radii), costs, 100_000)
    assert poor.count == rich.count
    assert len(poor.proxy) > len(rich.proxy)
    assert len(poor.full) * 500 + len(poor.proxy) * 12 <= 100_000
    distance = np.linalg.norm(centers - camera.eye.astype(np.float32), axis=1)
    assert np.median(distance[poor.full]) < np.median(distance[poor.proxy])


def test_an_impossible_budget_drops_nobody():
    centers, radii = cloud(500)
    costs = np.full(500, 500), np.full(500, 12)
    camera = OrbitCamera(distance=200.0)
    assert choose(camera, SIZE, (centers, radii), costs, 1).count == 500


@pytest.mark.parametrize("mesh", [sphere(), lathe_mesh("cone", [(0, -1), (0.5, -1), (0, 1)], 64)])
def test_proxy_keeps_the_outline_with_few_triangles(mesh):
    proxy = proxy_mesh(mesh)
    assert len(proxy.triangles) < min(90, 0.6 * len(mesh.triangles))
    assert np.ptp(proxy.points, axis=0) == pytest.approx(np.ptp(mesh.points, axis=0), rel=0.2)
    assert len(proxy.points) <= 27
    assert (proxy.normals == 0).all()
    assert proxy.triangles.max() < len(proxy.points)


def test_the_proxy_of_a_box_is_the_box_with_shared_corners():
    mesh = box_mesh("box", (1, 2, 3))
    proxy = proxy_mesh(mesh)
    assert (len(proxy.points), len(proxy.triangles)) == (8, 12)
    assert set(map(tuple, proxy.points)) == set(map(tuple, mesh.points))
    assert proxy_mesh(proxy) is proxy


def test_specks_replace_what_is_a_few_pixels_large_and_drop_nobody():
    centers, radii = cloud(4000)
    costs = np.full(4000, 500), np.full(4000, 12)
    camera = OrbitCamera(distance=60.0)
    without = choose(camera, SIZE, (centers, radii), costs, 10**9)
    drawn = choose(camera, SIZE, (centers, radii), costs, 10**9, speck=4.0)
    assert len(without.speck) == 0
    assert 0 < len(drawn.speck) < drawn.count == without.count
    distance = np.linalg.norm(centers - camera.eye.astype(np.float32), axis=1)
    assert distance[drawn.speck].min() > 0.9 * distance[drawn.full].max() * 0.9


def test_a_long_mesh_shrinks_to_its_axis_and_a_round_one_to_a_point():
    ends = speck_points(lathe_mesh("rail", [(0.02, -1), (0.02, 1)], 8))
    np.testing.assert_allclose(np.abs(ends[1] - ends[0]), [0, 0, 2], atol=1e-6)
    assert speck_points(sphere()).shape == (1, 3)
    assert speck_points(box_mesh("box", (1.0, 1.0, 1.0))).shape == (1, 3)
