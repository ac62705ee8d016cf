"""What overlays draw, as arrays: in the right place, of the right size, and not more than asked."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from inspector.gui.bridge.view_options import ViewOptions
from inspector.gui.viewport.display import Display
from inspector.gui.viewport.overlays.lines import Drawing, Word, box_edges
from inspector.gui.viewport.overlays.shapes import mesh_edges
from inspector.gui.viewport.overlays.words import place_words
from inspector.session.overlay_table import (
    COLLIDERS,
    CONTACTS,
    JOINTS,
    MASSES,
    ContactTable,
    JointKind,
    JointRows,
    OverlayTable,
)
from inspector.session.snapshot import GeometryTable, InstanceBatch, PlayState, SceneSnapshot
from tests.helpers.meshes import box_mesh, lathe_mesh
from tests.helpers.snapshots import make_snapshot


def joint(
    snapshot: SceneSnapshot, kind: JointKind, *, lower=-np.inf, upper=np.inf, value=np.nan, envs=1
) -> OverlayTable:
    """A joint about z between the world and the object of each environment, at the object."""
    table = snapshot.transforms
    rows = np.array([
        table.row_of_prim(snapshot.prims.find(f"/World/envs/env_{i}/Object")) for i in range(envs)
    ])  # fmt: skip
    eye = np.tile(np.eye(4), (envs, 1, 1))
    joints = JointRows(
        prims=table.prims[rows],
        env_id=np.arange(envs, dtype=np.int32),
        kind=np.full(envs, kind, np.uint8),
        axis=np.full(envs, 2, np.uint8),
        dof=np.full(envs, 255, np.uint8),
        row0=np.full(envs, -1, np.int32),
        row1=rows.astype(np.int32),
        frame0=table.fabric_world[rows],
        frame1=eye,
        lower=np.full(envs, lower),
        upper=np.full(envs, upper),
    )
    return OverlayTable(shown=frozenset({JOINTS}), joints=joints, joint_values=np.full(envs, value))


def show(snapshot: SceneSnapshot, *names: str, env_id: int = -1) -> Display:
    display = Display()
    display.use(ViewOptions(shown=frozenset(names)))
    display.show(snapshot)
    display.focus_env(env_id)
    display.all_layers()
    return display


def lines_of(display: Display) -> np.ndarray:
    (layer,) = display.all_layers()
    return layer.lines.points


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("bounds", "Bounding boxes: select what they should go around."),
        ("labels", "No environment labels: there are no environments."),
        ("joints", "No joints to draw."),
        ("colliders", "No collision shapes to draw."),
    ],
)
def test_a_switch_of_which_nothing_comes_says_why(name, said):
    snapshot = replace(make_snapshot(1), env_origins=np.zeros((0, 3)))
    parts = frozenset({JOINTS, COLLIDERS, MASSES, CONTACTS})
    display = show(replace(snapshot, overlay=OverlayTable(shown=parts)), name)
    display.all_layers()
    assert display.overlays.notes == [said]


@pytest.mark.parametrize("exact", [True, False])
def test_a_box_that_is_turned_has_the_size_that_it_takes(monkeypatch, exact):
    if not exact:
        monkeypatch.setattr("inspector.gui.viewport.overlays.build._EXACT", (0, 0))
    snapshot = make_snapshot(1)
    mesh = lathe_mesh("round", [(0.5, -0.5), (0.5, 0.5)])
    batches = tuple(replace(each, mesh=0) for each in snapshot.geometry.batches)
    geometry = replace(snapshot.geometry, meshes=(mesh,), batches=batches)
    world = snapshot.transforms.fabric_world.copy()
    world[:, :3, :3] = [[0.6, 0.8, 0], [-0.8, 0.6, 0], [0, 0, 1]]
    transforms = replace(snapshot.transforms, fabric_world=world)
    display = show(replace(snapshot, geometry=geometry, transforms=transforms), "bounds")
    display.selected = np.array([0])
    width = np.ptp(lines_of(display).reshape(-1, 3)[:, 0])
    turned = np.ptp(mesh.points @ world[0, :3, :3], axis=0)[0]
    loose = np.ptp(mesh.points, axis=0)[:2].sum() * 0.7
    assert turned < 0.95 * loose
    assert width == pytest.approx(turned if exact else loose, rel=1e-4)


@pytest.mark.parametrize("name", ["joints", "colliders", "contacts"])
def test_what_is_on_its_way_is_not_called_missing(name):
    display = show(replace(make_snapshot(1), state=PlayState.PAUSED), name)
    display.all_layers()
    assert display.overlays.notes == []


def test_where_nothing_touches_it_is_said():
    known = OverlayTable(shown=frozenset({CONTACTS}))
    display = show(replace(make_snapshot(1), state=PlayState.PAUSED, overlay=known), "contacts")
    display.all_layers()
    assert display.overlays.notes == ["Nothing touches anything."]


def test_nothing_is_drawn_that_was_not_asked_for():
    display = show(make_snapshot(4))
    assert display.all_layers() == []
    assert display.overlays.words == []
    assert display.overlays.builds == 0


def test_the_arc_of_a_hinge_spans_its_limits_and_the_hand_stands_at_its_value():
    snapshot = make_snapshot(1)
    overlay = joint(snapshot, JointKind.REVOLUTE, lower=0.0, upper=np.pi / 2, value=np.pi / 4)
    display = show(replace(snapshot, overlay=overlay), "joints")
    at = overlay.joints.frame0[0, 3, :3]
    (layer,) = display.all_layers()
    ends = layer.lines.points - at.astype(np.float32)
    flat = ends[np.abs(ends[..., 2]).max(1) < 1e-6]
    # Axis z: from x towards y, and nothing outside of the first quarter.
    assert flat.min() > -1e-5
    size = np.linalg.norm(flat, axis=2).max()
    hand = layer.points.points[0, 0] - at
    np.testing.assert_allclose(hand, [size * np.sqrt(0.5), size * np.sqrt(0.5), 0.0], atol=1e-4)
    assert [word.text for word in display.overlays.words] == ["45.0°"]
    fabric = np.array(display.tokens.rgb("fabric")) * 255
    np.testing.assert_allclose(layer.points.rgba[0, 0, :3], fabric, atol=1)


def test_a_joint_beyond_its_limit_has_another_colour():
    snapshot = make_snapshot(1)
    overlay = joint(snapshot, JointKind.REVOLUTE, lower=0.0, upper=1.0, value=1.2)
    display = show(replace(snapshot, overlay=overlay), "joints")
    (layer,) = display.all_layers()
    wrong = np.array(display.tokens.rgb("not_finite")) * 255
    np.testing.assert_allclose(layer.points.rgba[0, 0, :3], wrong, atol=1)


def test_while_the_engine_says_nothing_the_poses_on_the_screen_tell_the_coordinate():
    snapshot = make_snapshot(1)
    overlay = joint(snapshot, JointKind.PRISMATIC, lower=-1.0, upper=1.0)
    world = snapshot.transforms.fabric_world.copy()
    world[overlay.joints.row1[0], 3, 2] += 0.25
    moved = replace(snapshot.transforms, fabric_world=world)
    display = show(replace(snapshot, overlay=overlay, transforms=moved), "joints")
    assert [word.text for word in display.overlays.words] == ["0.25 m"]
    rail = np.sort(lines_of(display)[0, :, 2]) - overlay.joints.frame0[0, 3, 2]
    np.testing.assert_allclose(rail, [-1.0, 1.0], atol=1e-5)


@pytest.mark.parametrize("kind", JointKind)
@pytest.mark.parametrize("limits", [(-np.inf, np.inf), (-0.5, 0.5), (0.2, 0.4)])
def test_every_kind_of_joint_is_finite_lines(kind, limits):
    snapshot = make_snapshot(3)
    overlay = joint(snapshot, kind, lower=limits[0], upper=limits[1], envs=3)
    lines = lines_of(show(replace(snapshot, overlay=overlay), "joints"))
    assert len(lines) >= 3
    assert np.isfinite(lines).all()


def test_of_too_many_joints_those_of_the_focused_environment_are_drawn(monkeypatch):
    monkeypatch.setattr("inspector.gui.viewport.overlays.joints.MAX_JOINTS", 4)
    snapshot = make_snapshot(9)
    snapshot = replace(snapshot, overlay=joint(snapshot, JointKind.REVOLUTE, envs=9))
    display = show(snapshot, "joints", env_id=7)
    (layer,) = display.all_layers()
    assert set(layer.lines.env_id.tolist()) == {7}
    assert display.overlays.notes == [
        "1 of 9 joints are drawn: those of what is selected or focused."
    ]


def test_of_too_many_joints_those_nearest_to_where_the_camera_looks_are_drawn(monkeypatch):
    monkeypatch.setattr("inspector.gui.viewport.overlays.joints.MAX_JOINTS", 4)
    snapshot = make_snapshot(64)
    snapshot = replace(snapshot, overlay=joint(snapshot, JointKind.REVOLUTE, envs=64))
    display = show(snapshot, "joints")

    def drawn() -> set[int]:
        (layer,) = display.all_layers()
        return set(layer.lines.env_id.tolist())

    for env_id in (27, 60):
        display.camera.target = snapshot.env_origins[env_id].copy()
        display.camera.distance = 2.0
        assert env_id in drawn()
        apart = snapshot.env_origins - snapshot.env_origins[env_id]
        farthest = np.linalg.norm(apart[sorted(drawn())], axis=1).max()
        assert farthest <= np.sort(np.linalg.norm(apart, axis=1))[8], "they stand around it"
        assert len(drawn()) == 4
    builds = display.overlays.builds
    display.camera.target += 1e-3
    drawn()
    assert display.overlays.builds == builds, "a small step of the camera builds nothing"
    display.spacing = 3.0
    display.camera.target = 3.0 * snapshot.env_origins[9]
    assert 9 in drawn()


def contact_snapshot(force: float) -> SceneSnapshot:
    snapshot = make_snapshot(2, state=PlayState.PLAYING)
    contacts = ContactTable(
        np.array([[1.0, 2.0, 0.0], [3.0, 4.0, 0.0]]),
        np.array([[0.0, 0.0, 1.0], [0.0, 0.0, 1.0]]),
        np.array([force, 10.0]),
        np.array([0, 1], np.int32),
        np.array([[-1, 0], [-1, 1]], np.int32),
    )
    return replace(snapshot, overlay=OverlayTable(shown=frozenset({CONTACTS}), contacts=contacts))


def test_force_arrows_are_as_long_as_the_force_is_strong():
    def height(force: float) -> float:
        lines = lines_of(show(contact_snapshot(force), "contacts"))
        return float(lines[np.abs(lines[..., 0] - 1.0).max(1) < 1e-6][..., 2].max())

    assert height(10.0) == pytest.approx(2 * height(5.0), rel=1e-4)
    display = show(contact_snapshot(5.0), "contacts")
    assert display.overlays.notes[0].startswith("Force arrows: 10 N are")
    (layer,) = display.all_layers()
    np.testing.assert_allclose(layer.points.points[:, 0, :2], [[1, 2], [3, 4]])
    assert layer.on_top


def test_what_did_not_move_is_not_built_again():
    snapshot = make_snapshot(4)
    display = show(snapshot, "frames", "labels", "bounds")
    built = display.overlays.builds
    display.camera.azimuth += 0.3
    display.all_layers()
    assert display.overlays.builds == built
    display.select(("/World/envs/env_1/Object",))
    display.all_layers()
    assert display.overlays.builds == built + 2  # frames and bounds, not the labels
    hidden = frozenset({2})
    display.hidden_envs = hidden
    layers = {layer.name: layer for layer in display.all_layers()}
    assert 2 not in layers["frames"].lines.env_id
    assert "env 2" not in [word.text for word in display.overlays.words]


def test_a_box_lies_around_what_is_selected_in_each_environment():
    display = show(make_snapshot(4), "bounds")
    display.select(("/World/envs/env_1/Object", "/World/envs/env_3/Object"))
    layers = display.all_layers()
    assert np.bincount(layers[0].lines.env_id).tolist() == [0, 12, 0, 12]
    for env_id in (1, 3):
        mine = layers[0].lines.points[layers[0].lines.env_id == env_id].reshape(-1, 3)
        below = np.intersect1d(display.selected, display.instances.in_env(env_id))
        low, high = display.bounds(below)
        np.testing.assert_allclose(mine.min(0), low, atol=1e-5)
        np.testing.assert_allclose(mine.max(0), high, atol=1e-5)


def test_collision_shapes_are_drawn_where_their_rows_are():
    snapshot = make_snapshot(2)
    row = snapshot.transforms.row_of_prim(snapshot.prims.find("/World/envs/env_1/Object"))
    colliders = GeometryTable(
        (box_mesh("box", (2.0, 2.0, 2.0)),),
        (InstanceBatch(0, np.array([row], np.int32), np.ones((1, 3), np.float32)),),
    )
    display = show(replace(snapshot, overlay=OverlayTable(colliders=colliders)), "colliders")
    lines = lines_of(display)
    assert len(lines) == 12
    center = snapshot.transforms.fabric_world[row, 3, :3]
    np.testing.assert_allclose(lines.reshape(-1, 3).mean(0), center, atol=1e-5)


def test_edges_of_a_box_are_its_twelve_and_a_ball_has_rings():
    assert len(mesh_edges(box_mesh("box", (1.0, 2.0, 3.0)))) == 12
    turn = np.linspace(0, np.pi, 12)
    ball = lathe_mesh("ball", np.column_stack([np.sin(turn), np.cos(turn)]))
    rings = mesh_edges(ball)
    assert len(rings) >= 48
    assert np.abs(rings).max() == pytest.approx(np.abs(ball.points).max(), rel=0.05)


def test_words_do_not_cover_each_other_and_heavy_ones_win():
    words = [Word((0.004 * i, 0.0, 0.0), f"env {i}", i) for i in range(200)]
    words.append(Word((0.1, 0.0, 0.0), "focused", weight=5.0))
    placed = place_words(words, np.eye(4), (400.0, 300.0), lambda text: 7.0 * len(text))
    assert "focused" in [word.text for word in placed]
    assert 1 < len(placed) < 12
    boxes = sorted((word.x, word.x + 7.0 * len(word.text)) for word in placed)
    assert all(a[1] <= b[0] for a, b in pairwise(boxes))
    behind = [Word((0.0, 0.0, 0.0), "gone")]
    assert place_words(behind, np.diag([1.0, 1, 1, -1]), (400.0, 300.0), len) == []


def test_words_move_apart_with_their_environments():
    words = [Word((0.0, 0.0, 0.0), "a", 0), Word((0.0, 0.0, 0.0), "b", 1)]
    shifts = np.array([[0.0, 0, 0], [0.5, 0, 0]])
    a, b = place_words(words, np.eye(4), (400.0, 300.0), len, shifts)
    assert (a.text, b.text) == ("a", "b")
    assert b.x - a.x == pytest.approx(100.0)


def test_places_that_are_no_numbers_draw_nothing():
    out = Drawing()
    bad = np.array([[np.nan, 0, 0], [1.0, 2.0, 3.0]])
    out.line(bad, bad + 1, np.ones(4), np.array([0, 1]))
    out.point(bad, np.ones(4), np.array([0, 1]))
    assert out.lines[2].tolist() == out.points[2].tolist() == [1]
    assert box_edges(np.zeros((1, 3)), np.ones((1, 3))).shape == (1, 12, 2, 3)


def test_marks_are_as_large_in_a_thousand_environments_as_in_one():
    sizes: list[float] = []
    for envs in (4, 1000):
        display = show(make_snapshot(envs), "frames")
        (layer,) = display.all_layers()
        ends = layer.lines.points
        sizes.append(float(np.linalg.norm(ends[0, 1] - ends[0, 0])))
    assert sizes[0] == pytest.approx(sizes[1], rel=0.25)


def test_an_overlay_of_which_nothing_is_there_draws_nothing():
    snapshot = replace(make_snapshot(4), state=PlayState.PLAYING)
    overlay = OverlayTable(shown=frozenset({CONTACTS}), contacts=ContactTable.empty())
    display = show(replace(snapshot, overlay=overlay), "contacts", "frames", "joints", env_id=2)
    assert all(len(layer.lines) == 0 for layer in display.all_layers() if layer.name == "contacts")
    out = Drawing()
    nothing = np.empty((0, 3))
    out.line(nothing, nothing, np.ones(4), np.empty(0, np.int32))
    assert len(out.lines[0]) == 0
