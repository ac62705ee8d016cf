"""Curves as tubes of their width: BasisCurves, HermiteCurves and NurbsCurves.

A ribbon (a curve with normals) is drawn as a tube, too.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pxr import Usd, UsdGeom

from inspector.usd.curve_samples import (
    STEPS,
    Taps,
    knot_range,
    knot_weights,
    segment_count,
    taps,
)
from inspector.usd.geometry_table import MeshData
from inspector.usd.polygon_mesh import shown_color

Floats = NDArray[np.float64]

MOST_SAMPLES = 150_000
"""Samples of one prim; of more, every k-th curve is drawn."""
_THIN = 1 / 150
"""Diameter of a curve without width, as a share of the size of the prim."""
_SIDES = ((6_000, 8), (24_000, 6), (60_000, 4), (MOST_SAMPLES, 3))
_PIECE = 4
"""Samples that are simplified together."""
_NOWHERE = Taps(np.zeros((0, 1), np.int64), np.zeros((0, 1))), np.zeros((0, 3))


@dataclass(frozen=True, eq=False)
class _Curve:
    """Samples of one curve.

    Attributes:
        number: Which curve of the prim.
        first: Its first control point.
        count: Number of its control points.
        taps: How samples follow from them.
        at: Positions, shape [m, 3].
    """

    number: int
    first: int
    count: int
    taps: Taps
    at: Floats

    def sampled(self, values: Floats, interpolation: str, points: int) -> Floats:
        """Return a value per sample, shape [m, k]; the first one when they fit nothing.

        Args:
            values: Values of the prim, shape [n, k].
            interpolation: What they belong to.
            points: Number of control points of the prim.
        """
        count = len(self.at)
        if interpolation == UsdGeom.Tokens.uniform and self.number < len(values):
            return np.repeat(values[self.number][None], count, axis=0)
        if interpolation in {UsdGeom.Tokens.vertex, UsdGeom.Tokens.varying} and (
            len(values) == points
        ):
            return self.taps.of(values[self.first : self.first + self.count])
        return np.repeat(values[:1], count, axis=0)


def curve_mesh(prim: Usd.Prim, known: dict[str, MeshData]) -> MeshData | None:
    """Return the tubes of a curves prim; ``None`` when it has none or is broken.

    Args:
        prim: The prim.
        known: Meshes by key; what is there is not made again, what is made is added.
    """
    points = np.array(UsdGeom.PointBased(prim).GetPointsAttr().Get() or (), np.float64)
    points = points.reshape(-1, 3)
    counts = np.array(UsdGeom.Curves(prim).GetCurveVertexCountsAttr().Get() or (), np.int64)
    if len(points) == 0 or counts.sum() != len(points) or (counts < 1).any():
        return None
    if not np.isfinite(points).all():
        return None
    widths, widths_of = _widths(prim, points)
    colors, colors_of = _colors(prim)
    digest = hashlib.blake2b(digest_size=12)
    for part in (points, counts, widths, colors):
        digest.update(part.tobytes())
    words = [prim.GetTypeName(), widths_of, colors_of]
    words += [str(attribute.Get()) for attribute in _shaping(prim)]
    digest.update("|".join(words).encode())
    key = f"Curves:{digest.hexdigest()}"
    if key in known:
        return known[key]
    curves = _sampled(prim, points, counts)
    if not curves:
        return None
    radius = np.concatenate([c.sampled(widths, widths_of, len(points)) for c in curves])[:, 0] / 2
    shades = None
    if len(colors) > 1:
        shades = np.concatenate([c.sampled(colors, colors_of, len(points)) for c in curves])
    known[key] = _tubes(key, curves, np.maximum(radius, 0.0), shades)
    return known[key]


def _shaping(prim: Usd.Prim) -> list[Usd.Attribute]:
    names = ("type", "basis", "wrap", "order", "knots", "ranges", "pointWeights", "tangents")
    return [each for name in names if (each := prim.GetAttribute(name))]


def _widths(prim: Usd.Prim, points: Floats) -> tuple[Floats, str]:
    curves = UsdGeom.Curves(prim)
    primvar = UsdGeom.PrimvarsAPI(prim).GetPrimvar("widths")
    values = primvar.ComputeFlattened() if primvar and primvar.HasValue() else None
    interpolation = str(primvar.GetInterpolation()) if values else ""
    if not values:
        values, interpolation = curves.GetWidthsAttr().Get(), str(curves.GetWidthsInterpolation())
    found = np.array(values or (), np.float64).reshape(-1, 1)
    if len(found) and np.isfinite(found).all():
        return found, interpolation
    size = float(np.linalg.norm(points.max(0) - points.min(0)))
    return np.array([[size * _THIN]]), "constant"


def _colors(prim: Usd.Prim) -> tuple[Floats, str]:
    primvar = UsdGeom.PrimvarsAPI(prim).FindPrimvarWithInheritance("displayColor")
    values = primvar.ComputeFlattened() if primvar and primvar.HasValue() else None
    found = np.nan_to_num(np.array(values or (), np.float64).reshape(-1, 3))
    return found, str(primvar.GetInterpolation()) if values else ""


def _sampled(prim: Usd.Prim, points: Floats, counts: NDArray[np.int64]) -> list[_Curve]:
    """Return the samples of the curves that are drawn."""
    firsts = np.cumsum(counts) - counts
    kind, basis, wrap = _kind(prim)
    steps, every = _thinning(counts, kind, basis, wrap)
    made: list[_Curve] = []
    shared: dict[int, Taps] = {}
    for number in range(0, len(counts), every):
        count, first = int(counts[number]), int(firsts[number])
        control = points[first : first + count]
        if prim.IsA("NurbsCurves"):
            found, at = _nurbs(prim, number, first, counts, control)
        elif prim.IsA("HermiteCurves"):
            found, at = _hermite(prim, first, control)
        else:
            if count not in shared:
                shared[count] = taps(count, kind, basis, wrap, steps)
            found = shared[count]
            at = found.of(control)
        if len(at) > 1:
            made.append(_Curve(number, first, count, found, at))
    return made


def thinning(prim: Usd.Prim) -> int:
    """Return k where every k-th curve of a prim is drawn."""
    counts = np.array(UsdGeom.Curves(prim).GetCurveVertexCountsAttr().Get() or (), np.int64)
    return _thinning(counts, *_kind(prim))[1]


def _kind(prim: Usd.Prim) -> tuple[str, str, str]:
    """Return type, basis and wrap."""
    found = [prim.GetAttribute(name).Get() for name in ("type", "basis", "wrap")]
    return str(found[0] or "cubic"), str(found[1] or "catmullRom"), str(found[2] or "nonperiodic")


def _thinning(counts: NDArray[np.int64], kind: str, basis: str, wrap: str) -> tuple[int, int]:
    """Return samples per segment, and k where every k-th curve is drawn."""
    steps = STEPS if kind == "cubic" else 1
    segments = sum(max(segment_count(n, kind, basis, wrap), 0) for n in counts.tolist())
    while segments * steps > MOST_SAMPLES and steps > 2:
        steps //= 2
    return steps, max(-(-segments * steps // MOST_SAMPLES), 1)


def _hermite(prim: Usd.Prim, first: int, control: Floats) -> tuple[Taps, Floats]:
    """Return taps and positions of a curve through points with tangents."""
    count = len(control)
    tangents = np.array(UsdGeom.HermiteCurves(prim).GetTangentsAttr().Get() or (), np.float64)
    mine = tangents.reshape(-1, 3)[first : first + count]
    if count < 2 or len(mine) != count:
        return _NOWHERE
    place = np.arange((count - 1) * STEPS + 1) / STEPS
    at = np.minimum(place.astype(np.int64), count - 2)
    t = (place - at)[:, None]
    start, end = 2 * t**3 - 3 * t**2 + 1, 3 * t**2 - 2 * t**3
    bent = (t**3 - 2 * t**2 + t) * mine[at] + (t**3 - t**2) * mine[at + 1]
    found = Taps(np.column_stack([at, at + 1]), np.column_stack([1 - t, t]))
    return found, start * control[at] + end * control[at + 1] + bent


def _nurbs(
    prim: Usd.Prim, number: int, first: int, counts: NDArray[np.int64], control: Floats
) -> tuple[Taps, Floats]:
    """Return taps and positions of a rational B-spline."""
    nurbs, count = UsdGeom.NurbsCurves(prim), len(control)
    orders = list(nurbs.GetOrderAttr().Get() or ())
    if not orders:
        return _NOWHERE
    all_orders = np.resize(np.array(orders, np.int64), len(counts))
    order = int(all_orders[number])
    start = int((counts + all_orders)[:number].sum())
    knots = np.array(nurbs.GetKnotsAttr().Get() or (), np.float64)[start : start + count + order]
    bad = len(knots) != count + order or not 2 <= order <= count or (np.diff(knots) < 0).any()
    if bad or not knots[order - 1] < knots[-order]:
        return _NOWHERE
    ranges = list(nurbs.GetRangesAttr().Get() or ())
    wanted = (ranges[number][0], ranges[number][1]) if number < len(ranges) else None
    low, high = knot_range(knots, order, wanted)
    at = np.linspace(low, high, (count - order + 1) * STEPS + 1)
    weight = knot_weights(count, order, knots, at)
    shares = np.array(nurbs.GetPointWeightsAttr().Get() or (), np.float64)[first : first + count]
    if len(shares) == count:
        weight = weight * shares
        weight /= np.maximum(weight.sum(axis=1, keepdims=True), 1e-30)
    return Taps.dense(weight), weight @ control


def _tubes(key: str, curves: list[_Curve], radius: Floats, colors: Floats | None) -> MeshData:
    at = np.concatenate([curve.at for curve in curves])
    lengths = np.array([len(curve.at) for curve in curves])
    starts = np.cumsum(lengths) - lengths
    side, up = _frames(at, starts, lengths)
    sides = next(n for most, n in _SIDES if len(at) <= most or n == _SIDES[-1][1])
    turn = 2 * np.pi * np.arange(sides) / sides
    normals = np.cos(turn)[:, None] * side[:, None] + np.sin(turn)[:, None] * up[:, None]
    points = (at[:, None] + radius[:, None, None] * normals).reshape(-1, 3)
    is_last = np.zeros(len(at), bool)
    is_last[starts + lengths - 1] = True
    ring = np.flatnonzero(~is_last)[:, None] * sides
    here, after = np.arange(sides), (np.arange(sides) + 1) % sides
    a, b, c, d = ring + here, ring + after, ring + sides + here, ring + sides + after
    walls = np.concatenate([np.stack([a, b, d], -1), np.stack([a, d, c], -1)]).reshape(-1, 3)
    fan = np.stack([np.zeros(sides - 2, int), here[2:], here[1:-1]], -1)
    lids = np.concatenate([
        (starts * sides)[:, None, None] + fan,
        ((starts + lengths - 1) * sides)[:, None, None] + fan[:, ::-1],
    ]).reshape(-1, 3)  # fmt: skip
    shades = None
    if colors is not None:
        shades = np.repeat(shown_color(colors), sides, axis=0)
    return MeshData(
        key=key,
        points=points.astype(np.float32),
        normals=normals.reshape(-1, 3).astype(np.float32),
        triangles=np.concatenate([walls, lids]).astype(np.uint32),
        radius=float(np.linalg.norm(points, axis=1).max()),
        colors=shades,
        pieces=_pieces(starts, lengths) * sides,
    )


def _pieces(starts: NDArray[np.int64], lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the first sample of every few of a curve, and the end."""
    counts = -(-lengths // _PIECE)
    within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    return np.append(np.repeat(starts, counts) + _PIECE * within, lengths.sum())


def _frames(
    at: Floats, starts: NDArray[np.int64], lengths: NDArray[np.int64]
) -> tuple[Floats, Floats]:
    """Return two directions across each curve at each sample that do not turn around it."""
    along = np.gradient(at, axis=0)
    ends = starts + lengths - 1
    along[starts], along[ends] = at[starts + 1] - at[starts], at[ends] - at[ends - 1]
    length = np.linalg.norm(along, axis=1, keepdims=True)
    along = np.where(length > 1e-20, along / np.maximum(length, 1e-20), [0.0, 0.0, 1.0])
    side = np.zeros_like(at)
    least = np.eye(3)[np.abs(along[starts]).argmin(axis=1)]
    side[starts] = _across(least, along[starts])
    for step in range(1, int(lengths.max())):
        now = starts[lengths > step] + step
        before = side[now - 1]
        flat = before - (before * along[now]).sum(1, keepdims=True) * along[now]
        # A curve that turns by a right angle at once may leave nothing of it.
        lost = np.linalg.norm(flat, axis=1) < 1e-6
        flat[lost] = np.cross(along[now[lost]], along[now[lost] - 1])
        side[now] = _across(flat, along[now])
    return side, np.cross(along, side)


def _across(direction: Floats, along: Floats) -> Floats:
    flat = direction - (direction * along).sum(1, keepdims=True) * along
    length = np.linalg.norm(flat, axis=1, keepdims=True)
    other = np.eye(3)[np.abs(along).argmin(axis=1)]
    other = other - (other * along).sum(1, keepdims=True) * along
    other /= np.linalg.norm(other, axis=1, keepdims=True)
    return np.where(length > 1e-9, flat / np.maximum(length, 1e-9), other)
