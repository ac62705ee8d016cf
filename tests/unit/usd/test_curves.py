"""Curves run where UsdGeom says, and are as thick as it says."""

from __future__ import annotations

import numpy as np
import pytest
from pxr import Gf, Usd, UsdGeom

from inspector.usd import curves
from inspector.usd.curve_samples import knot_weights, segment_count, taps
from inspector.usd.tessellate import tessellate

ZIG = np.array([(i * 0.4, (i % 2) * 0.5, 0.3 * (i % 3)) for i in range(7)])


@pytest.fixture
def stage():
    return Usd.Stage.CreateInMemory()


def basis_curves(stage, points=ZIG, counts=(7,), **attributes) -> Usd.Prim:
    prim = UsdGeom.BasisCurves.Define(stage, "/curves").GetPrim()
    prim.GetAttribute("points").Set([Gf.Vec3f(*map(float, p)) for p in points])
    prim.GetAttribute("curveVertexCounts").Set(list(counts))
    for name, value in attributes.items():
        assert prim.GetAttribute(name).Set(value)
    return prim


def run(kind, basis, wrap, points=ZIG):
    return taps(len(points), kind, basis, wrap).of(points)


@pytest.mark.parametrize(
    ("kind", "basis", "wrap", "passes"),
    [
        ("linear", "", "nonperiodic", range(7)),
        ("linear", "", "periodic", [0, 3, 6, 0]),
        ("cubic", "bezier", "nonperiodic", [0, 3, 6]),
        ("cubic", "bezier", "pinned", [0, 3, 6]),
        ("cubic", "catmullRom", "nonperiodic", [1, 2, 5]),
        ("cubic", "catmullRom", "pinned", range(7)),
        ("cubic", "catmullRom", "periodic", range(7)),
        ("cubic", "bspline", "pinned", [0, 6]),
    ],
)
def test_a_curve_passes_through_the_points_that_its_basis_names(kind, basis, wrap, passes):
    samples = run(kind, basis, wrap)
    for number in passes:
        assert np.linalg.norm(samples - ZIG[number], axis=1).min() < 1e-12, number
    if wrap == "periodic":
        assert samples[0] == pytest.approx(samples[-1]), "it closes"
    elif wrap == "pinned" or basis == "bezier":
        assert samples[0] == pytest.approx(ZIG[0])
        assert samples[-1] == pytest.approx(ZIG[6])


@pytest.mark.parametrize("wrap", ["nonperiodic", "pinned", "periodic"])
def test_a_b_spline_of_points_on_a_line_stays_on_it(wrap):
    line = np.outer(np.arange(6.0), (1.0, 2.0, 0.5))
    samples = run("cubic", "bspline", wrap, line)
    assert np.abs(np.cross(samples, line[1])).max() < 1e-12
    assert samples.min() >= -1e-12
    assert samples.max() <= line.max() + 1e-12


@pytest.mark.parametrize(("count", "basis"), [(3, "bezier"), (3, "bspline"), (7, "hermite")])
def test_curves_with_too_few_points_have_no_segments(count, basis):
    assert segment_count(count, "cubic", basis, "nonperiodic") < 1


def test_a_rational_b_spline_is_a_true_circle(stage):
    prim = UsdGeom.NurbsCurves.Define(stage, "/circle")
    half = 0.5**0.5
    prim.GetPointsAttr().Set([(1, 0, 0), (1, 1, 0), (0, 1, 0), (-1, 1, 0), (-1, 0, 0)])
    prim.GetPointWeightsAttr().Set([1, half, 1, half, 1])
    prim.GetCurveVertexCountsAttr().Set([5])
    prim.GetOrderAttr().Set([3])
    prim.GetKnotsAttr().Set([0, 0, 0, 1, 1, 2, 2, 2])
    prim.GetWidthsAttr().Set([0.02])
    prim.SetWidthsInterpolation("constant")
    mesh = tessellate(prim.GetPrim())
    reach = np.linalg.norm(mesh.points[:, :2], axis=1)
    assert reach == pytest.approx(1.0, abs=0.0101)
    assert mesh.points[:, 1].min() > -0.011, "half of a circle"


def test_weights_of_a_b_spline_sum_to_one_up_to_its_last_parameter():
    knots = np.array([0, 0, 0, 0, 1, 2, 2, 2, 2], float)
    weight = knot_weights(5, 4, knots, np.linspace(0, 2, 9))
    assert weight.sum(1) == pytest.approx(1.0)
    assert weight[-1] == pytest.approx([0, 0, 0, 0, 1])


def test_a_hermite_curve_leaves_along_its_tangents(stage):
    prim = UsdGeom.HermiteCurves.Define(stage, "/hermite")
    prim.GetPointsAttr().Set([(0, 0, 0), (1, 0, 0)])
    prim.GetTangentsAttr().Set([(0, 3, 0), (0, 3, 0)])
    prim.GetCurveVertexCountsAttr().Set([2])
    prim.GetWidthsAttr().Set([1e-4])
    prim.SetWidthsInterpolation("constant")
    points = tessellate(prim.GetPrim()).points
    early, late = points[points[:, 0] < 0.4], points[points[:, 0] > 0.6]
    assert early[:, 1].max() > 0.25
    assert late[:, 1].min() < -0.25


def test_a_tube_is_as_thick_as_its_widths_at_each_point(stage):
    line = [(i, 0, 0) for i in range(4)]
    prim = basis_curves(stage, line, (4,), type="linear", widths=[0.2, 0.4, 0.6, 0.8])
    UsdGeom.BasisCurves(prim).SetWidthsInterpolation("vertex")
    points = tessellate(prim).points
    for x, width in zip(range(4), (0.2, 0.4, 0.6, 0.8), strict=True):
        ring = points[np.isclose(points[:, 0], x)]
        assert np.linalg.norm(ring[:, 1:], axis=1) == pytest.approx(width / 2)


def test_every_curve_has_its_own_width_and_colour(stage):
    two = [(0, 0, 0), (1, 0, 0), (0, 2, 0), (1, 2, 0)]
    prim = basis_curves(stage, two, (2, 2), type="linear", widths=[0.1, 0.3])
    UsdGeom.BasisCurves(prim).SetWidthsInterpolation("uniform")
    shade = UsdGeom.Gprim(prim).CreateDisplayColorPrimvar("uniform")
    shade.Set([(1, 0, 0), (0, 0, 1)])
    mesh = tessellate(prim)
    for y, width, rgb in ((0, 0.1, (255, 0, 0)), (2, 0.3, (0, 0, 255))):
        mine = np.abs(mesh.points[:, 1] - y) < 0.5
        across = np.linalg.norm(mesh.points[mine, 1:] - (y, 0), axis=1)
        assert across == pytest.approx(width / 2)
        assert (mesh.colors[mine, :3] == rgb).all()


def test_a_tube_is_closed_and_shows_its_outside(stage):
    mesh = tessellate(basis_curves(stage, type="cubic", basis="bezier", widths=[0.1]))
    corners = mesh.points[mesh.triangles].astype(float)
    faces = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    assert np.abs(faces.sum(0)).max() < 1e-6 * np.abs(faces).sum(), "no holes"
    volume = np.einsum("ij,ij->", corners.mean(1), faces) / 6
    length = np.linalg.norm(np.diff(run("cubic", "bezier", "nonperiodic"), axis=0), axis=1).sum()
    assert volume == pytest.approx(length * np.pi * 0.05**2, rel=0.2)


@pytest.mark.parametrize(
    "broken",
    [
        {"counts": (6,)},
        {"counts": (3, 4), "type": "cubic", "basis": "bspline", "points": ZIG[[0] * 7] * np.nan},
        {"counts": (7,), "type": "cubic", "basis": "hermite"},
        {"counts": (), "points": ()},
    ],
)
def test_broken_curves_are_not_drawn(stage, broken):
    assert tessellate(basis_curves(stage, **broken)) is None


def test_of_very_many_curves_some_are_drawn(stage, monkeypatch):
    monkeypatch.setattr(curves, "MOST_SAMPLES", 40)
    points = [(x, y, 0) for y in range(50) for x in (0, 1)]
    prim = basis_curves(stage, points, (2,) * 50, type="linear", widths=[0.1])
    assert curves.thinning(prim) == 2
    drawn = np.unique(np.round(tessellate(prim).points[:, 1]))
    assert drawn.tolist() == list(range(0, 50, 2))


def test_a_patch_reaches_its_corners_and_bends_between_them(stage):
    patch = UsdGeom.NurbsPatch.Define(stage, "/patch")
    prim = patch.GetPrim()
    for name, value in (("VertexCount", 4), ("Order", 4), ("Knots", [0] * 4 + [1] * 4)):
        for side in "uv":
            prim.GetAttribute(side + name).Set(value)
    high = (1, 2)
    patch.GetPointsAttr().Set([(u, v, 4 * (u in high and v in high))
                               for v in range(4) for u in range(4)])  # fmt: skip
    mesh = tessellate(prim)
    assert mesh.points.min(0) == pytest.approx([0, 0, 0], abs=1e-6)
    assert mesh.points.max(0) == pytest.approx([3, 3, 4 * (6 / 8) ** 2], abs=1e-5)
    up = np.cross(*(mesh.points[mesh.triangles[:, i]] - mesh.points[mesh.triangles[:, 0]]
                    for i in (1, 2)))  # fmt: skip
    assert (up[:, 2] > 0).all()
    patch.GetOrientationAttr().Set("leftHanded")
    assert tessellate(prim).key != mesh.key
    patch.GetUVertexCountAttr().Set(5)
    assert tessellate(prim) is None, "it does not fit its points"


def test_tetrahedra_show_their_outside(stage):
    prim = UsdGeom.TetMesh.Define(stage, "/tet")
    prim.GetPointsAttr().Set([(0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 1, 1)])
    prim.GetTetVertexIndicesAttr().Set([Gf.Vec4i(0, 1, 2, 3), Gf.Vec4i(1, 2, 3, 4)])
    assert len(tessellate(prim.GetPrim()).triangles) == 6, "the common face is inside"
