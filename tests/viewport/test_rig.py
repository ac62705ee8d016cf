"""Choices of cameras: sides, cameras of the stage, following, memory; flying; what moves along."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from inspector.gui.viewport.camera import OrbitCamera
from inspector.gui.viewport.display import Display
from inspector.gui.viewport.flight import Flight
from inspector.gui.viewport.moved_rows import moved_rows
from inspector.gui.viewport.picking import Rectangle
from inspector.gui.viewport.rig import camera_paths
from inspector.gui.viewport.sight import sight_depth
from inspector.session.snapshot import CameraRows, SceneSnapshot
from tests.helpers.snapshots import make_snapshot
from tests.viewport.scenes import two_boxes

OBJECT = "/World/envs/env_3/Object"


def with_camera(
    snapshot: SceneSnapshot, world: np.ndarray, path: str = OBJECT, **lens
) -> SceneSnapshot:
    """A prim, the object of environment 3, is a camera now, standing there."""
    prim = snapshot.prims.find(path)
    row = snapshot.transforms.row_of_prim(prim)
    place = snapshot.transforms.fabric_world.copy()
    place[row] = world
    values = {"focal_length": 20.0, "horizontal_aperture": 36.0, "vertical_aperture": 24.0} | lens
    cameras = CameraRows(
        prims=np.array([prim], np.int32),
        rows=np.array([row], np.int32),
        orthographic=np.array([values.pop("orthographic", False)]),
        offset=np.array([values.pop("offset", (0.0, 0.0))]),
        clipping=np.array([values.pop("clipping", (0.5, 80.0))]),
        **{name: np.array([value]) for name, value in values.items()},
    )
    transforms = replace(snapshot.transforms, fabric_world=place, usd_world=place)
    return replace(snapshot, cameras=cameras, transforms=transforms)


def standing(x: float, y: float, z: float) -> np.ndarray:
    """A camera at a place, that looks along +Y with Z up, and is scaled."""
    world = np.eye(4)
    world[:3, :3] = 2.0 * np.array([[1.0, 0, 0], [0, 0, 1.0], [0, -1.0, 0]])
    world[3, :3] = x, y, z
    return world


@pytest.fixture
def display() -> Display:
    made = Display()
    made.resize(600, 400)
    made.show(with_camera(make_snapshot(16), standing(1, -20, 2)))
    return made


def look(display: Display) -> None:
    assert display.rig.look_through(OBJECT, display.snapshot, display.aspect)


def test_through_a_camera_of_the_stage_the_frame_fills_the_view(display):
    look(display)
    assert display.camera.eye == pytest.approx([1, -20, 2])
    # 36 mm of film behind 20 mm: at 10 units the picture is 18 wide, 12 high.
    corner = np.array([[1 + 9.0, -10.0, 2 + 6.0]])
    assert display.camera.project(corner, *display.size)[0] == pytest.approx([600, 0], abs=1e-6)
    assert display.camera.depth_range(np.zeros(3), 1e3) == (0.5, 80.0)
    assert display.rig.label == f"Through {OBJECT}"


def test_a_mirrored_camera_looks_where_it_looks_unmirrored(display):
    look(display)
    straight = display.camera.rotation.copy()
    mirrored = standing(1, -20, 2)
    mirrored[0] *= -1
    display.show(with_camera(display.snapshot, mirrored))
    np.testing.assert_allclose(display.camera.rotation, straight, atol=1e-12)


def test_a_camera_sees_what_is_close_to_it_however_far_away_the_free_one_was(display):
    """A camera at the wrist of a robot, in a scene of thousands."""
    display.camera.distance = 5000.0
    display.show(with_camera(display.snapshot, standing(1, -20, 2), clipping=(0.01, 1e7)))
    look(display)
    near, far = display.camera.depth_range(np.zeros(3), 100.0)
    assert near < 0.7
    assert far >= 120.0


@pytest.mark.parametrize("orthographic", [False, True])
@pytest.mark.parametrize(
    ("clipping", "is_seen"), [((1, 50), True), ((8, 50), False), ((1, 4), False)]
)
def test_what_the_planes_of_a_camera_cut_off_is_neither_drawn_nor_selected(
    renderer, orthographic, clipping, is_seen
):
    """Between them, nearer than both, and beyond them: the box is 5 units away, and 1 large."""
    path = "/World/envs/env_0/Robot"
    planes = {"orthographic": orthographic, "clipping": clipping}
    scene = with_camera(two_boxes(), standing(0, -5, 0), path, **planes)
    display = Display(grid=False)
    display.shown -= {"sky", "shadows"}
    display.resize(120, 80)
    display.show(scene)
    assert display.rig.look_through(path, scene, display.aspect)
    picture = renderer.render(scene, display, (120, 80), transparent=True)
    assert (picture[40, 60, 3] > 0) == is_seen
    hit = display.pick(60, 40)
    assert (hit is not None) == is_seen
    assert (len(display.inside(Rectangle(0, 0, 120, 80))) > 0) == is_seen
    if hit is not None:
        start, ray = display.line_of_sight(60, 40)
        assert (start + hit.distance * ray)[1] == pytest.approx(-0.5, abs=1e-6)


@pytest.mark.parametrize(
    "lens",
    [
        {"clipping": (0.0, 0.0)},
        {"clipping": (5.0, 1.0)},
        {"clipping": (np.nan, 1.0)},
        {"focal_length": 0.0},
        {"horizontal_aperture": 0.0},
        {"vertical_aperture": np.nan},
    ],
)
def test_a_lens_that_nobody_can_build_still_shows_the_scene(display, lens):
    display.show(with_camera(display.snapshot, standing(1, -20, 2), **lens))
    look(display)
    near, far = display.camera.depth_range(np.zeros(3), 1e2)
    assert 0 < near < 10
    assert far > 20
    assert 0.1 < display.camera.fov < 2.0


@pytest.mark.parametrize("size", [(600, 800), (1600, 400)])
@pytest.mark.parametrize("offset", [(0.0, 0.0), (3.0, -2.0)])
@pytest.mark.parametrize("orthographic", [False, True])
def test_all_of_the_frame_is_seen_in_a_view_of_any_shape(display, size, offset, orthographic):
    display.show(
        with_camera(make_snapshot(16), standing(0, 0, 0), offset=offset, orthographic=orthographic)
    )
    display.resize(*size)
    look(display)
    gate = display.camera.project(display.rig.gate, *display.size)
    low, high = gate.min(0), gate.max(0)
    assert ((low + high) / 2) == pytest.approx(np.array(size) / 2, abs=1e-6)
    assert np.max((high - low) / size) == pytest.approx(1.0)
    assert np.divide(*(high - low)) == pytest.approx(1.5)


def test_the_view_goes_along_while_playing_and_a_drag_takes_over_where_it_is(display):
    look(display)
    display.show(with_camera(display.snapshot, standing(5, -20, 2)))
    assert display.camera.eye == pytest.approx([5, -20, 2])
    display.camera.orbit(10, 0)
    assert display.rig.through == ""
    before = display.camera.eye
    display.show(with_camera(display.snapshot, standing(9, -20, 2)))
    assert display.camera.eye == pytest.approx(before)


def test_leaving_returns_to_where_the_free_camera_was(display):
    eye, fov = display.camera.eye, display.camera.fov
    look(display)
    display.rig.use_perspective()
    assert display.camera.eye == pytest.approx(eye)
    assert display.camera.fov == fov
    assert display.rig.through == ""


def test_a_camera_that_is_gone_is_none(display):
    assert not display.rig.look_through("/World/None", display.snapshot, 1.5)
    assert display.rig.label == ""
    assert camera_paths(display.snapshot, 7) == [OBJECT]


def test_sides_and_back_to_perspective(display):
    turned = display.camera.azimuth, display.camera.elevation
    display.rig.face("top")
    assert display.rig.label == "Top · orthographic"
    display.rig.face("front")
    display.rig.use_perspective()
    assert (display.camera.azimuth, display.camera.elevation) == turned
    assert not display.camera.orthographic


def test_following_keeps_the_body_in_the_middle(display):
    path = "/World/envs/env_5/Object"
    assert display.rig.follow(path, display.snapshot, np.zeros(3))
    middle = display.camera.project(display.camera.target[None], *display.size)[0]
    assert middle == pytest.approx([300, 200])
    display.camera.pan(30, 0, 400)
    row = display.snapshot.transforms.row_of_prim(display.snapshot.prims.find(path))
    before = display.camera.target.copy()
    world = display.snapshot.transforms.fabric_world.copy()
    world[row, 3, :3] += (1.0, 2.0, 3.0)
    transforms = replace(display.snapshot.transforms, fabric_world=world)
    display.show(replace(display.snapshot, transforms=transforms))
    assert display.camera.target - before == pytest.approx([1, 2, 3])
    assert display.rig.label == "Following Object"
    assert not display.rig.follow("", display.snapshot, np.zeros(3))
    assert display.rig.label == ""


def test_each_stage_keeps_its_camera(display):
    one, other = (replace(make_snapshot(9), file_name=f"/a/{name}.usda") for name in "ab")
    display.restart()
    display.show(one)
    display.camera.orbit(50, 20)
    display.touch()
    wanted = display.camera.azimuth
    display.restart()
    display.show(other)
    assert display.camera.azimuth != wanted
    display.restart()
    display.show(one)
    assert display.camera.azimuth == wanted
    kept = json.loads(json.dumps(display.rig.export()))
    fresh = Display()
    fresh.rig.adopt({**kept, "broken": {"azimuth": 1.0}, "worse": None})
    fresh.show(one)
    assert fresh.camera.azimuth == wanted
    assert fresh.camera.eye == pytest.approx(display.camera.eye)


# -- flying ----------------------------------------------------------------------------------


def test_keys_fly_and_cancel_out():
    camera, flight = OrbitCamera(distance=5.0), Flight(speed=3.0)
    eye = camera.eye
    flight.keys = {"W", "E", "Q"}
    flight.advance(camera, 0.05)
    assert camera.eye == pytest.approx(eye - 0.15 * camera.backward)
    flight.fast = True
    flight.advance(camera, 0.05)
    assert camera.eye == pytest.approx(eye - 0.75 * camera.backward)
    flight.keys = {"A", "D"}
    assert not flight.is_moving
    flight.accelerate(2)
    assert flight.speed > 4.0


# -- what moves along ------------------------------------------------------------------------


def test_the_outermost_prims_move_and_everything_below_goes_along(display):
    snapshot = display.snapshot
    env = "/World/envs/env_2"
    moved = moved_rows(snapshot, [f"{env}/Object", env, "/World/envs/env_4/Robot", "/World/none"])
    paths = [snapshot.prims.path(int(prim)) for prim in moved.prims]
    assert sorted(paths) == [env, "/World/envs/env_4/Robot"]
    below = [snapshot.prims.path(int(snapshot.transforms.prims[row])) for row in moved.followers]
    for path, owner in zip(below, moved.owner, strict=True):
        assert path == paths[owner] or path.startswith(paths[owner] + "/")
    everything = map(snapshot.prims.path, snapshot.transforms.prims.tolist())
    wanted = [p for p in everything if any(p == t or p.startswith(t + "/") for t in paths)]
    assert sorted(below) == sorted(wanted)


def test_a_preview_moves_the_picture_until_it_is_taken_back(display):
    moved = moved_rows(display.snapshot, ["/World/envs/env_2"])
    worlds = display.snapshot.transforms.fabric_world[moved.followers].copy()
    worlds[:, 3, 2] += 4.0
    before = display.world.copy()
    display.preview(moved.followers, worlds)
    display.show(replace(display.snapshot, transforms=replace(display.snapshot.transforms)))
    assert display.world[moved.followers, 3, 2] == pytest.approx(worlds[:, 3, 2])
    rest = np.setdiff1d(np.arange(len(before)), moved.followers)
    assert np.array_equal(display.world[rest], before[rest])
    assert np.array_equal(_as_drawn(display), display.world[:, :, :3])
    display.preview(None)
    assert np.array_equal(display.world, before)
    assert np.array_equal(_as_drawn(display), before[:, :, :3])


def _as_drawn(display):
    """What the GPU makes of the poses that it is given, shape [r, 4, 3]."""
    texels = display.texels
    return np.concatenate([texels[:, :, :3], texels[:, None, :, 3]], axis=1)


@pytest.mark.parametrize("orthographic", [False, True])
@pytest.mark.parametrize("free", [0.5, 5000.0])
def test_grid_and_shadows_go_by_what_a_camera_sees_wherever_the_free_one_was(
    renderer, free, orthographic
):
    """From 20 m above, tilted by 30 degrees: pictures are the same, and their middle is ground."""
    world = np.eye(4)
    turn = np.radians(30.0)
    world[:3, :3] = [[1, 0, 0], [0, np.cos(turn), np.sin(turn)], [0, -np.sin(turn), np.cos(turn)]]
    world[3, :3] = 0.0, -11.5, 20.0
    pictures = []
    for distance in (20.0, free):
        display = Display()
        display.resize(300, 200)
        film = {"horizontal_aperture": 180.0, "vertical_aperture": 120.0} if orthographic else {}
        lens = {"orthographic": orthographic, "clipping": (0.1, 1e6), **film}
        display.show(with_camera(make_snapshot(16), world, **lens))
        display.camera.distance = distance
        look(display)
        np.testing.assert_allclose(display.camera.focus, [0, 0.05, 0], atol=0.01)
        pictures.append(renderer.render(display.snapshot, display, (300, 200))[..., :3])
    np.testing.assert_array_equal(*pictures)


@pytest.mark.parametrize(
    ("height", "backward", "depth"),
    [
        (2.0, (0.0, -0.8, 0.6), (3.3, 3.4)),  # the ground in the middle
        (2.0, (0.0, -1.0, 0.0), (9.6, 9.7)),  # twice as far as at the lower edge of the picture
        (300.0, (0.0, -0.999, 0.045), (133.0, 134.0)),  # not further than the scene goes
        (2.0, (0.0, -0.6, -0.8), (111.0, 112.0)),  # nothing but the sky: the end of the scene
    ],
)
def test_what_a_camera_sees_is_as_far_away_as_the_ground_or_the_scene(height, backward, depth):
    axes = np.array([(1.0, 0.0, 0.0), np.cross(backward, (1.0, 0.0, 0.0)), backward])
    scene = np.array([0.0, 0.0, 1.0]), 100.0
    found = sight_depth(np.array([0.0, -20.0, height]), axes, "Z", 0.4142, scene)
    assert depth[0] < found < depth[1]


def test_a_drag_turns_around_what_the_camera_of_the_stage_saw(display):
    display.camera.distance = 5000.0
    look(display)
    display.camera.orbit(100, 0)
    assert np.linalg.norm(display.camera.target - (1, -20, 2)) < 20


@pytest.mark.parametrize("side", ["right", "front"])
def test_perspective_from_a_side_looks_over_the_ground(display, side):
    display.camera.target = np.array([0.0, -1.0, -0.3])
    display.rig.face(side)
    display.rig.toggle_orthographic()
    assert display.camera.eye[2] > 0.5
    assert display.rig.label == side.capitalize()
