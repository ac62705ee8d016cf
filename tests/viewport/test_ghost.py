"""The ghost: USD's pose beside Fabric's, where they differ, and what that costs."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from inspector.gui.viewport.display import Display
from inspector.gui.viewport.ghost import carriers, differing_rows
from inspector.gui.viewport.ground_level import ground_level
from inspector.session.snapshot import SceneSnapshot, StaleReason, Tolerance
from tests.helpers.snapshots import make_snapshot
from tests.viewport.scenes import moved, rows_of, two_boxes

ENV0, ENV1 = "/World/envs/env_0/Object", "/World/envs/env_1/Object"


def apart(snapshot: SceneSnapshot, path: str, by: float) -> SceneSnapshot:
    """USD has a prim elsewhere along x [stage units]."""
    table = snapshot.transforms
    row = rows_of(snapshot, path)[0]
    usd, reason = table.usd_world.copy(), table.reason.copy()
    usd[row, 3, 0] += by
    reason[row] = StaleReason.USD_BEHIND
    return replace(snapshot, transforms=replace(table, usd_world=usd, reason=reason))


def test_only_what_differs_beyond_the_tolerance_has_a_ghost():
    snapshot = two_boxes()
    assert not differing_rows(snapshot).any()
    near, far = apart(snapshot, ENV0, 0.9e-4), apart(snapshot, ENV0, 1.1e-4)
    assert not differing_rows(near).any()
    assert np.flatnonzero(differing_rows(far)).tolist() == rows_of(snapshot, ENV0).tolist()
    assert not differing_rows(replace(far, tolerance=Tolerance(1.0, 1.0))).any()
    centimetres = replace(apart(snapshot, ENV0, 0.9e-2), meters_per_unit=0.01)
    assert not differing_rows(centimetres).any()


def test_a_turn_counts_as_much_as_a_move():
    snapshot = apart(two_boxes(), ENV0, 0.0)
    row = rows_of(snapshot, ENV0)[0]
    for angle, has_ghost in ((0.5e-4, False), (2e-4, True)):
        usd = snapshot.transforms.usd_world.copy()
        usd[row, :2, :2] = [[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]]
        turned = replace(snapshot, transforms=replace(snapshot.transforms, usd_world=usd))
        assert differing_rows(turned)[row] == has_ghost


def test_what_is_not_finite_or_exists_once_has_no_ghost():
    snapshot = apart(two_boxes(), ENV0, np.nan)
    assert not differing_rows(snapshot).any()
    far = apart(two_boxes(), ENV0, 1.0)
    alone = replace(far.transforms, has_usd=np.zeros(len(far.transforms), bool))
    assert not differing_rows(replace(far, transforms=alone)).any()


def test_shapes_are_carried_by_their_body():
    snapshot = make_snapshot(2)
    table = snapshot.transforms
    of = carriers(snapshot.prims, table.prims)
    body, shape, rail = rows_of(
        snapshot, ENV1, f"{ENV1}/geometry/mesh", "/World/envs/env_1/Robot/slider"
    )
    assert of[shape] == of[body] == body
    assert of[rail] == rail


def test_a_ghost_stands_where_usd_has_the_shape(panel, picture, bridge):
    bridge.view.switch("grid", False)
    plain = picture(apart(two_boxes(), ENV0, 2.0)).astype(int)
    uploads = panel.canvas.renderer.uploads
    assert uploads["ghost"] == 0
    bridge.view.switch("ghost", True)
    once = picture().astype(int)
    assert changed_columns(plain, once).any()
    assert panel.canvas.renderer.ghosts.count == 1
    before = Counter(uploads)
    bridge.view.exaggerate(1.5)
    further = picture().astype(int)
    assert Counter(uploads) == before  # a slider costs no upload
    assert last(changed_columns(plain, further)) > last(changed_columns(plain, once)) + 20
    text = panel.display.ghosts.of(panel.display).sentence
    assert text.startswith("Ghost: 1 shape where USD has it")


def test_the_error_line_ends_at_the_ghost_however_far_that_is_drawn(panel, picture, bridge):
    bridge.view.switch("grid", False)
    bridge.view.switch("ghost", True)
    line = np.array(panel.display.tokens.rgb("not_finite")) * 255

    def end(factor: float) -> int:
        bridge.view.exaggerate(factor)
        return last((np.abs(picture(scene) - line).max(-1) < 12).any(0))

    scene = apart(two_boxes(), ENV0, 1.0)
    once = end(1.0)
    assert end(2.0) > once + 20


def test_a_ghost_goes_along_when_environments_are_drawn_apart(panel, picture, bridge):
    bridge.view.switch("grid", False)
    scene = apart(two_boxes(), ENV1, 1.2)
    picture(scene)
    panel.display.spacing = 4.0
    panel.display.frame_all()
    panel.display.camera.distance *= 2.0
    plain = picture(replace(scene, generation=2)).astype(int)
    bridge.view.switch("ghost", True)
    changed = np.abs(picture().astype(int) - plain).max(-1) > 8
    display, ratio = panel.display, panel.canvas.native.devicePixelRatio()
    shift = display.env_shifts[1].astype(float)
    assert np.linalg.norm(shift) > 2

    def has_ghost(at: np.ndarray) -> bool:
        x, y = (display.camera.project(at[None], *display.size)[0, :2] * ratio).astype(int)
        return bool(changed[y - 2 : y + 3, x - 2 : x + 3].any())

    place = np.array([5.2, 0.0, 0.3])
    assert has_ghost(place + shift)
    assert not has_ghost(place)


def test_while_playing_a_ghost_uploads_only_what_differs(panel, picture, bridge):
    bridge.view.switch("ghost", True)
    first = apart(two_boxes(), ENV0, 2.0)
    picture(first)
    uploads = panel.canvas.renderer.uploads
    before = Counter(uploads)
    picture(moved(first, 0.5))
    spent = Counter(uploads) - before
    assert spent["ghost"] == 0
    assert uploads.bytes["ghost index"] < 100


def test_without_a_difference_a_ghost_changes_no_pixel(panel, picture, bridge):
    plain = picture(two_boxes())
    bridge.view.switch("ghost", True)
    np.testing.assert_array_equal(picture(), plain)


@pytest.mark.parametrize("switch", ["shadows", "sky", "antialias"])
def test_switches_change_pixels_and_upload_nothing(panel, picture, bridge, switch):
    panel.display.camera.elevation = 0.2
    plain = picture(make_snapshot(4))
    panel.display.camera.elevation = 0.2
    plain = picture()
    uploads = Counter(panel.canvas.renderer.uploads)
    bridge.view.toggle(switch)
    assert (picture() != plain).any()
    assert Counter(panel.canvas.renderer.uploads) == uploads
    bridge.view.toggle(switch)
    np.testing.assert_array_equal(picture(), plain)


def test_shadows_lie_on_the_ground_of_the_scene():
    snapshot = make_snapshot(4)
    row = rows_of(snapshot, "/World/ground/mesh")[0]
    world = snapshot.transforms.fabric_world.copy()
    level = Display()
    level.show(snapshot)
    usual = ground_level(level)
    world[row, 3, 2] += 0.75
    raised = Display()
    raised.show(replace(snapshot, transforms=replace(snapshot.transforms, fabric_world=world)))
    assert ground_level(raised) == pytest.approx(usual + 0.75)
    assert ground_level(Display()) == 0.0


def changed_columns(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    return (np.abs(after - before).max(2) > 30).any(0)


def last(columns: np.ndarray) -> int:
    return int(np.flatnonzero(columns).max(initial=-1))
