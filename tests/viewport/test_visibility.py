from __future__ import annotations

import numpy as np
import pytest

from inspector.gui.viewport import visibility
from inspector.gui.viewport.camera import OrbitCamera
from inspector.gui.viewport.instances import Instances
from inspector.gui.viewport.level_mesh import middle_mesh, proxy_mesh, speck_points
from inspector.gui.viewport.visibility import (
    Detail,
    Units,
    choose,
    needed_sizes,
    one_level,
    sizes,
)
from tests.helpers.meshes import box_mesh, lathe_mesh
from tests.helpers.snapshots import make_snapshot

SIZE = (800.0, 600.0)


def sphere(rings: int = 24, sides: int = 32):
    arc = np.linspace(-np.pi / 2, np.pi / 2, rings)
    return lathe_mesh("sphere", [(0.5 * np.cos(a), 0.5 * np.sin(a)) for a in arc], sides)


def cloud(n: int, seed: int = 0):
    rng = np.random.default_rng(seed)
    centers = rng.uniform(-30, 30, (n, 3)).astype(np.float32)
    return centers, np.full(n, 0.3, np.float32)


def chosen(camera, centers, radii, detail, tile=None):
    """One unit per instance, one batch: what is drawn, and the pixels per stage unit."""
    tile = tile or (0, 0, 800, 600)
    scale = sizes(camera, (800, 600), tile, (np.ascontiguousarray(centers.T), radii))
    n = len(centers)
    need = needed_sizes(radii, np.full(n, 500))
    first = np.array([0, n])
    return choose(scale.copy(), need, first, COSTS, detail, radii), scale


COSTS = np.array([[500], [150], [12], [0]])
FREE = Detail(1.0, 10**9)


@pytest.mark.parametrize("orthographic", [False, True])
@pytest.mark.parametrize("tile", [(0, 0, 800, 600), (500, 100, 200, 60)])
def test_nothing_that_shows_is_culled(orthographic, tile):
    centers, radii = cloud(4000)
    camera = OrbitCamera(distance=20.0, orthographic=orthographic)
    lists, _ = chosen(camera, centers, radii, FREE, tile)
    assert len(set(lists.index.tolist())) == len(lists.index) < 4000
    pixels = camera.project(centers, *SIZE)
    low = np.array([tile[0], SIZE[1] - tile[1] - tile[3]])
    inside = np.isfinite(pixels).all(1) & (pixels >= low).all(1)
    inside &= (pixels <= low + tile[2:]).all(1)
    assert inside.sum() > 5
    assert set(np.flatnonzero(inside)) <= set(lists.index.tolist())
    # Little beside it is drawn, too: this is what culling is for.
    assert len(lists.index) < 3 * inside.sum() + 100


def test_size_on_the_screen_decides_the_level_and_nobody_is_dropped():
    centers, radii = cloud(4000)
    camera = OrbitCamera(distance=12.0)
    lists, scale = chosen(camera, centers, radii, FREE)
    assert lists.count("full")
    assert lists.count("middle")
    assert lists.count("proxy")
    assert len(lists.index) == np.count_nonzero(scale)
    pixels = scale * radii
    levels = [lists.index[edge[0] : edge[-1]] for edge in lists.edges]
    assert pixels[levels[0]].min() >= pixels[levels[1]].max()
    assert pixels[levels[1]].min() >= pixels[levels[2]].max()
    # A triangle of a mesh in full detail would be a pixel or two large: nobody sees it go.
    assert pixels[levels[1]].max() < 20


def test_budget_coarsens_and_an_impossible_one_drops_nobody():
    centers, radii = cloud(4000)
    camera = OrbitCamera(distance=12.0)
    rich, _ = chosen(camera, centers, radii, Detail(0.1, 10**9))
    poor, _ = chosen(camera, centers, radii, Detail(0.1, 200_000))
    assert len(poor.index) == len(rich.index)
    assert poor.count("full") < rich.count("full")
    none, _ = chosen(camera, centers, radii, Detail(0.1, 1))
    assert len(none.index) == len(rich.index)


def test_a_pose_that_is_no_number_and_what_is_all_around_are_drawn_in_full():
    centers, radii = cloud(50)
    centers[3] = np.nan
    radii[7], centers[7] = 1000.0, 0.0
    lists, _ = chosen(OrbitCamera(distance=200.0), centers, radii, FREE)
    assert {3, 7} <= set(lists.index[: lists.count("full")].tolist())


def test_batches_are_slices_of_every_level():
    lists = one_level(np.array([1, 4, 5, 9]), np.array([0, 3, 6, 10]), "middle")
    assert lists.edges.tolist() == [[0, 0, 0, 0], [0, 1, 3, 4], [4] * 4, [4] * 4]
    assert (lists.count("full"), lists.count("middle")) == (0, 4)


@pytest.mark.parametrize("padded", [0.0, 100.0])
def test_units_are_environments_and_enclose_their_instances(padded, monkeypatch):
    monkeypatch.setattr(visibility, "_PADDED", padded)
    snapshot = make_snapshot(9)
    instances = Instances(snapshot.geometry, snapshot.prims, snapshot.transforms)
    world = snapshot.transforms.fabric_world
    units = Units(instances)
    assert len(units) == 10  # nine environments and the ground
    radii = instances.radii(world.astype(np.float32))
    centers, enclosing = units.spheres(snapshot.transforms.places, units.radii(radii))
    place = world[instances.rows, 3, :3]
    away = np.linalg.norm(place - centers.T[units.unit], axis=1)
    assert (away + radii <= enclosing[units.unit] * 1.001).all()
    assert (units.env_id[units.unit] == instances.env_id).all()


@pytest.mark.parametrize(
    "mesh", [sphere(), lathe_mesh("ring", [(0.5, -0.1), (0.5, 0.1), (0.3, 0.1)], 64)]
)
def test_the_middle_level_has_fewer_triangles_the_same_outline_and_normals(mesh):
    middle = middle_mesh(mesh)
    assert len(middle.triangles) < 0.6 * len(mesh.triangles)
    assert np.ptp(middle.points, axis=0) == pytest.approx(np.ptp(mesh.points, axis=0), rel=0.1)
    np.testing.assert_allclose(np.linalg.norm(middle.normals, axis=1), 1.0, atol=1e-4)
    box = box_mesh("box", (1, 1, 1))
    assert middle_mesh(box) is box


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
    camera = OrbitCamera(distance=60.0)
    without, _ = chosen(camera, centers, radii, FREE)
    drawn, scale = chosen(camera, centers, radii, Detail(1.0, 10**9, speck=4.0))
    assert without.count("speck") == 0
    assert 0 < drawn.count("speck") < len(drawn.index) == len(without.index)
    specks = drawn.index[drawn.edges[3, 0] :]
    assert (scale * radii)[specks].max() < 4.0


def test_a_long_mesh_shrinks_to_its_axis_and_a_round_one_to_a_point():
    ends = speck_points(lathe_mesh("rail", [(0.02, -1), (0.02, 1)], 8))
    np.testing.assert_allclose(np.abs(ends[1] - ends[0]), [0, 0, 2], atol=1e-6)
    assert speck_points(sphere()).shape == (1, 3)
    assert speck_points(box_mesh("box", (1.0, 1.0, 1.0))).shape == (1, 3)
