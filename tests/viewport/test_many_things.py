"""Curves, points and instancers: seen, picked, and still recognised from far away."""

from __future__ import annotations

import numpy as np
import pytest
from pxr import Gf, UsdGeom

from inspector.gui.viewport.display import Display
from inspector.gui.viewport.level_mesh import (
    middle_mesh,
    proxy_mesh,
    radius_apart,
    triangles_apart,
)
from inspector.gui.viewport.offscreen import OffscreenRenderer
from tests.viewport import golden
from tests.viewport.stages import ROOT, gprim, new_stage, snapshot

pytestmark = [pytest.mark.viewport]
ZIG = [Gf.Vec3f(i * 0.4, (i % 2) * 0.5, 0.3 * (i % 3)) for i in range(7)]


def curve(stage, name, y, color, **attributes):
    """A zigzag of seven points."""
    made = gprim(stage, "BasisCurves", name, (0, y, 0), color, points=ZIG, **attributes)
    made.GetAttribute("curveVertexCounts").Set([7])
    return UsdGeom.BasisCurves(made)


def wood(stage, side: int = 6) -> UsdGeom.PointInstancer:
    """Trees of two parts and balls."""
    made = UsdGeom.PointInstancer.Define(stage, f"{ROOT}/wood")
    made.AddTranslateOp().Set(Gf.Vec3d(3.2, 0, 0))
    UsdGeom.Xform.Define(stage, f"{ROOT}/wood/tree")
    gprim(stage, "Cylinder", "wood/tree/trunk", (0, 0, 0.15), (0.3, 0.15, 0.05),
          height=0.3, radius=0.05)  # fmt: skip
    gprim(stage, "Cone", "wood/tree/crown", (0, 0, 0.5), (0.1, 0.5, 0.1), height=0.5, radius=0.2)
    gprim(stage, "Sphere", "wood/ball", color=None, radius=0.12)
    made.GetPrototypesRel().SetTargets([f"{ROOT}/wood/tree", f"{ROOT}/wood/ball"])
    places = range(side * side)
    made.GetPositionsAttr().Set([Gf.Vec3f(i % side * 0.6, i // side * 0.6, 0) for i in places])
    made.GetProtoIndicesAttr().Set([int(i % 3 == 0) for i in places])
    made.GetScalesAttr().Set([Gf.Vec3f(1, 1, 0.6 + i / side**2) for i in places])
    return made


@pytest.fixture
def stage():
    made = new_stage()
    thick = {"widths": [0.1]}
    curve(made, "linear", 0, (0.9, 0.3, 0.1), type="linear", **thick)
    curve(made, "bezier", 1.2, (0.1, 0.4, 0.9), basis="bezier", **thick)
    curve(made, "spline", 2.4, (0.2, 0.7, 0.2), basis="bspline", wrap="pinned", **thick)
    shaded = curve(made, "shaded", 3.6, None, basis="catmullRom", wrap="periodic")
    shaded.GetWidthsAttr().Set([0.04 * (i + 1) for i in range(7)])
    shaded.SetWidthsInterpolation("vertex")
    shaded.CreateDisplayColorPrimvar("vertex").Set([(i / 6, 0.1, 1 - i / 6) for i in range(7)])
    at = np.random.default_rng(0).uniform(0, 1, (60, 3)).astype(np.float32)
    cloud = gprim(made, "Points", "cloud", (-1.6, 2, 0), None, points=at, widths=[0.12] * 60)
    UsdGeom.Gprim(cloud).CreateDisplayColorPrimvar("vertex").Set(at)
    wood(made)
    return made


def drawn(scene, renderer, **camera) -> np.ndarray:
    display = Display(grid=False)
    display.resize(320, 208)
    display.show(scene)
    display.frame_all()
    for name, value in camera.items():
        setattr(display.camera, name, value(getattr(display.camera, name)))
    return renderer.render(scene, display, (320, 208))


def test_curves_points_and_instancers_as_a_picture(qapp, stage, request, tmp_path):
    with OffscreenRenderer() as renderer:
        golden.check("many_things", drawn(snapshot(stage), renderer), request, tmp_path)


def test_from_far_away_many_things_stay_apart(qapp, monkeypatch):
    """A row of balls with gaps as wide as they are is no bar, however few triangles it has."""
    stage = new_stage()
    balls = UsdGeom.PointInstancer.Define(stage, f"{ROOT}/wood")
    gprim(stage, "Sphere", "wood/ball", color=(1, 1, 1), radius=0.25)
    balls.GetPrototypesRel().SetTargets([f"{ROOT}/wood/ball"])
    balls.GetProtoIndicesAttr().Set([0] * 12)
    balls.GetPositionsAttr().Set([Gf.Vec3f(i, 0, 0) for i in range(12)])
    (mesh,) = snapshot(stage).geometry.meshes
    assert radius_apart(mesh) == pytest.approx(0.25 * 3**0.5, rel=0.05)
    assert triangles_apart(mesh) == len(mesh.triangles) / 12
    for level in (middle_mesh, proxy_mesh):
        fewer = level(mesh)
        assert len(fewer.triangles) < len(mesh.triangles) / 2
        corners = fewer.points[fewer.triangles]
        assert np.ptp(corners[..., 0], axis=1).max() < 0.51, "no triangle joins two balls"
        reach = np.abs(corners[..., 0] - np.round(corners[..., 0])).max()
        assert reach == pytest.approx(0.25, abs=0.02)


def test_instancers_are_picked_as_one_prim(qapp, stage):
    scene = snapshot(stage)
    display = Display(grid=False)
    display.resize(320, 208)
    display.show(scene)
    display.frame_all()
    assert display.instances is not None
    (number,) = display.instances.below([f"{ROOT}/wood"])
    display.frame(np.array([number]))
    pixels = [(x, y) for x in range(60, 260, 20) for y in range(40, 170, 20)]
    hits = [hit for at in pixels if (hit := display.pick(*at)) is not None]
    found = {display.instances.path(hit.instance) for hit in hits}
    assert f"{ROOT}/wood" in found
    assert not any(path.startswith(f"{ROOT}/wood/") for path in found)


def test_a_large_instancer_keeps_every_tree():
    stage = new_stage()
    wood(stage, side=50)
    (mesh,) = snapshot(stage).geometry.meshes
    parts = 2 * 1666 + 834  # trunk and crown of the trees, and the balls
    assert len(mesh.pieces) == parts + 1
