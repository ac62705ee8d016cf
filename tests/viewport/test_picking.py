from __future__ import annotations

import numpy as np
import pytest

from inspector.gui.viewport.camera import OrbitCamera
from inspector.gui.viewport.instances import Instances
from inspector.gui.viewport.picking import pick
from tests.helpers.snapshots import make_snapshot
from tests.viewport.scenes import two_boxes


@pytest.fixture
def boxes():
    snapshot = two_boxes()
    instances = Instances(snapshot.geometry, snapshot.prims, snapshot.transforms)
    return instances, snapshot.transforms.fabric_world.astype(np.float32)


def look(instances, world, start, toward, hidden=None):
    ray = np.asarray(toward, float)
    spheres = instances.centers(world), instances.radii(world)
    return pick(
        instances, world, spheres, np.asarray(start, float), ray / np.linalg.norm(ray), hidden
    )


def test_nearest_surface_wins(boxes):
    hit = look(*boxes, [-10, 0, 0], [1, 0, 0])
    assert (hit.instance, hit.distance) == (0, pytest.approx(9.5))
    hit = look(*boxes, [10, 0, 0], [-1, 0, 0])
    assert (hit.instance, hit.distance) == (1, pytest.approx(5.5))


def test_the_sphere_is_not_the_box(boxes):
    # Inside of the bounding sphere (radius 0.87), outside of the box.
    assert look(*boxes, [-10, 0.6, 0.2], [1, 0, 0]) is None


def test_what_lies_behind_is_not_hit(boxes):
    assert look(*boxes, [10, 0, 0], [1, 0, 0]) is None


def test_poses_count(boxes):
    instances, world = boxes
    world[instances.rows[0], 3, 1] = 5.0
    assert look(instances, world, [-10, 0, 0], [1, 0, 0]).instance == 1
    world[instances.rows[1]] = np.nan
    assert look(instances, world, [-10, 0, 0], [1, 0, 0]) is None


def test_hidden_instances_are_looked_through(boxes):
    instances, world = boxes
    hidden = np.array([True, False])
    assert look(instances, world, [-10, 0, 0], [1, 0, 0], hidden).instance == 1


def test_every_prim_is_found_at_its_pixel():
    snapshot = make_snapshot(16)
    instances = Instances(snapshot.geometry, snapshot.prims, snapshot.transforms)
    world = snapshot.transforms.fabric_world.astype(np.float32)
    camera = OrbitCamera(distance=30.0, elevation=1.2)
    centers = world[instances.rows, 3, :3]
    pixels = camera.project(centers, 800, 600)
    objects = instances.below([f"/World/envs/env_{i}/Object" for i in range(16)])
    for instance in objects:
        ray = camera.ray(*pixels[instance], 800, 600)
        assert look(instances, world, camera.eye, ray).instance == instance
