"""A scene far from the origin looks as it does at the origin."""

from __future__ import annotations

import numpy as np
import pytest
from pxr import Gf, UsdGeom

from inspector.gui.viewport.camera import OrbitCamera
from inspector.gui.viewport.display import Display
from inspector.gui.viewport.offscreen import OffscreenRenderer
from tests.viewport.stages import ROOT, gprim, new_stage, snapshot

pytestmark = [pytest.mark.viewport]
FAR = (200_000.0, -100_000.0, 0.0)
SIZE = (320, 208)


def scene(offset):
    stage = new_stage()
    ball, box = gprim(stage, "Sphere", "ball", radius=0.5), gprim(stage, "Cube", "box", size=0.6)
    for prim, at in ((ball, (0.013, 0.004, 0.6)), (box, (1.107, 0.303, 0.4))):
        place = Gf.Vec3d(*np.add(at, offset).tolist())
        UsdGeom.Xformable(prim).GetOrderedXformOps()[0].Set(place)
    return snapshot(stage)


def picture(renderer: OffscreenRenderer, offset, *shown: str) -> np.ndarray:
    made, display = scene(offset), Display()
    display.resize(*SIZE)
    display.shown |= {"antialias", *shown}
    display.show(made)
    display.select([f"{ROOT}/box"])
    display.camera = OrbitCamera(np.add((0.5, 0.1, 0.4), offset), 3.0, np.radians(-62), 0.5)
    display.rig.camera = display.camera
    return renderer.render(made, display, SIZE).astype(int)


@pytest.mark.parametrize("shown", [(), ("shadows",), ("bounds", "sky")])
def test_far_away_looks_as_near(renderer, shown):
    near, far = picture(renderer, (0, 0, 0), *shown), picture(renderer, FAR, *shown)
    # The axes of the world, which go through the origin, are not there.
    axes = np.abs(near[..., :3] - far[..., :3]).max(2) > 12
    background = np.median(far.reshape(-1, far.shape[2]), axis=0)
    assert (np.abs(near - background).max(2) > 40).mean() > 0.1
    assert axes.mean() < 0.03


def test_the_same_display_near_and_far_uploads_what_each_needs(renderer):
    first = picture(renderer, (0, 0, 0))
    picture(renderer, FAR)
    assert (picture(renderer, (0, 0, 0)) == first).all()


def test_the_origin_stays_while_the_camera_moves_a_little():
    display = Display()
    display.show(scene(FAR))
    display.anchor()
    before = display.origin
    assert np.linalg.norm(before - FAR) < 10
    display.camera.pan(30, 10, 200)
    display.anchor()
    assert display.origin is before
    display.camera.zoom(-60)
    display.anchor()
    assert not display.origin.any()
