from __future__ import annotations

import numpy as np
import pytest

from inspector.gui.viewport.instances import Instances
from inspector.session.snapshot import GeometryTable
from tests.helpers.snapshots import empty_snapshot, make_snapshot
from tests.viewport.scenes import two_boxes


def flat(snapshot) -> tuple[Instances, np.ndarray]:
    made = Instances(snapshot.geometry, snapshot.prims, snapshot.transforms)
    return made, snapshot.transforms.fabric_world.astype(np.float32)


def test_batches_are_slices():
    snapshot = make_snapshot(5)
    instances, _ = flat(snapshot)
    for number, batch in enumerate(snapshot.geometry.batches):
        part = slice(*instances.first[number : number + 2])
        assert (instances.rows[part] == batch.rows).all()
        assert (instances.mesh[part] == batch.mesh).all()
    assert len(instances) == snapshot.geometry.instance_count


@pytest.mark.parametrize(
    ("path", "count"),
    [
        ("/World/envs/env_3", 4),
        ("/World/envs/env_3/Robot", 3),
        ("/World/envs/env_3/Robot/cart", 1),
        ("/World/envs", 20),
        ("/World", 21),
        ("/World/ground", 1),
        ("/World/envs/env_3/Rob", 0),
        ("/World/envs/env_99", 0),
        ("/Nothing", 0),
    ],
)
def test_below_a_path(path, count):
    instances, _ = flat(make_snapshot(5))
    found = instances.below([path])
    assert len(found) == count
    for instance in found:
        assert instances.path(instance) == path or instances.path(instance).startswith(path + "/")


def test_below_several_paths_counts_nothing_twice():
    instances, _ = flat(make_snapshot(5))
    found = instances.below(
        ["/World/envs/env_1", "/World/envs/env_1/Robot", "/World/envs/env_4/Robot"]
    )
    assert len(found) == len(set(found.tolist())) == 7


def test_bounds_follow_the_pose():
    instances, world = flat(two_boxes(shift=-2.0))
    low, high = instances.bounds(world, np.arange(2))
    assert low == pytest.approx([-2.5, -0.5, -0.5])
    assert high == pytest.approx([4.5, 0.5, 0.5])


def test_bounds_leave_out_what_is_no_number():
    instances, world = flat(two_boxes())
    world[instances.rows[0], 3, 0] = np.nan
    low, _ = instances.bounds(world, np.arange(2))
    assert low[0] == pytest.approx(3.5)


def test_spheres_grow_with_the_scale():
    instances, world = flat(two_boxes())
    world[instances.rows[0], 1, 1] = -3.0
    radii = instances.radii(world)
    assert radii[0] == pytest.approx(3 * radii[1])


def test_spheres_hold_shapes_that_parents_have_slanted():
    """A shape turned below an uneven scale reaches further than any of its axes."""
    snapshot = two_boxes()
    instances, world = flat(snapshot)
    turn = np.array([[1, 1, 1], [-1, 1, 0], [-1, -1, 2]]).T / np.sqrt([3, 2, 6])
    world[instances.rows, :3, :3] = turn @ np.diag([20.0, 1.0, 1.0])
    corners = instances.meshes[0].points @ world[instances.rows[0], :3, :3]
    farthest = np.linalg.norm(corners, axis=1).max()
    assert (instances.radii(world) >= farthest * 0.999).all()


def test_ground_is_not_framed_where_there_are_environments():
    instances, _ = flat(make_snapshot(5))
    assert len(instances.interesting()) == len(instances) - 1
    alone, _ = flat(make_snapshot(0))
    assert len(alone.interesting()) == 1


def test_nothing_at_all():
    empty = empty_snapshot()
    instances = Instances(GeometryTable(), empty.prims, empty.transforms)
    assert len(instances) == 0
    assert len(instances.below(["/World"])) == 0
    assert instances.bounds(np.zeros((0, 4, 4), np.float32), np.zeros(0, np.int64)) is None
    assert len(instances.radii(np.zeros((0, 4, 4), np.float32))) == 0
