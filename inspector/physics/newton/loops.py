"""Joints that close a loop: Newton has them as joints outside of its articulations."""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from inspector.physics.native import MjModel, mujoco
from inspector.physics.newton.library import ModelBuilder, libraries
from inspector.physics.poses import Floats, pose, xyzw
from inspector.physics.usd_to_mjspec.parse import Reports
from inspector.physics.usd_to_mjspec.translate import Translation

_FAR = 1e5


def add_loops(
    builder: ModelBuilder, translation: Translation, solver: str, reports: Reports
) -> None:
    """Add what MuJoCo's model closes by equalities, and its distance joints.

    Args:
        builder: World that has the bodies and their trees.
        translation: The model.
        solver: Solver of the world.
        reports: Takes what the solver cannot represent.
    """
    model: MjModel = translation.model
    rows: dict[str, list[int]] = defaultdict(list)
    for index in np.flatnonzero(model.eq_type != mujoco.mjtEq.mjEQ_JOINT).tolist():
        rows[str(model.equality(index).name).removesuffix(":1")].append(index)
    for path, equalities in rows.items():
        _add_equality(builder, translation, path, equalities)
    for tendon in range(model.ntendon):
        _add_distance(builder, model, tendon, solver, reports)


def _add_equality(
    builder: ModelBuilder, translation: Translation, path: str, rows: list[int]
) -> None:
    model: MjModel = translation.model
    ends = (int(model.eq_obj1id[rows[0]]), int(model.eq_obj2id[rows[0]]))
    data = np.array(model.eq_data[rows], np.float64)
    shared = {"parent": ends[0] - 1, "child": ends[1] - 1, "label": path}
    shared["collision_filter_parent"] = False
    if ends[1] == 0:  # the world can only be a parent
        shared["parent"], shared["child"] = shared["child"], shared["parent"]
    if model.eq_type[rows[0]] == mujoco.mjtEq.mjEQ_WELD:
        anchor, inside = pose(data[0, 3:6], xyzw(data[0, 6:10])), pose(data[0, :3])
        frames = (anchor, inside)
    else:
        frames = (_frame(data[:, :3]), _frame(data[:, 3:6]))
    if ends[1] == 0:
        frames = (frames[1], frames[0])
    warp = libraries().warp
    transforms = {
        "parent_xform": warp.transform(*frames[0].tolist()),
        "child_xform": warp.transform(*frames[1].tolist()),
    }
    if model.eq_type[rows[0]] == mujoco.mjtEq.mjEQ_WELD:
        builder.add_joint_fixed(**shared, **transforms)
    elif len(rows) == 1:
        builder.add_joint_ball(**shared, **transforms)
    else:
        builder.add_joint_revolute(axis=(1.0, 0.0, 0.0), **shared, **transforms)


def _frame(points: Floats) -> Floats:
    """A frame at one point, or half-way between two with x along them, shape [7]."""
    if len(points) == 1:
        return pose(points[0])
    along = points[1] - points[0]
    along /= np.linalg.norm(along)
    half = np.array([1.0, 0.0, 0.0]) + along
    if np.linalg.norm(half) < 1e-6:
        return pose(points.mean(axis=0), (0.0, 0.0, 1.0, 0.0))
    half /= np.linalg.norm(half)
    turn = np.append(np.cross([1.0, 0.0, 0.0], half), half[0])
    return pose(points.mean(axis=0), turn)


def _add_distance(
    builder: ModelBuilder, model: MjModel, tendon: int, solver: str, reports: Reports
) -> None:
    path, _, detail = str(model.tendon(tendon).name).partition(":")
    lost = "the engine 'mujoco' has it."
    if detail:
        what = f"{path} limits a swing, which Newton lacks; {lost}"
    elif np.max(model.tendon_stiffness[tendon]) > 0.0:
        what = f"{path} is a spring between two points, which Newton lacks; {lost}"
    elif solver != "xpbd":
        what = f"{path} is a distance joint, which Newton's MuJoCo solver lacks; 'xpbd' has it."
    else:
        what = ""
    if what:
        reports.add("newton-distance", path, f"{what} It is left out.")
        return
    first = int(model.tendon_adr[tendon])
    sites = [int(model.wrap_objid[first + side]) for side in (0, 1)]
    if model.site_bodyid[sites[1]] == 0:
        sites.reverse()
    low, high = (float(value) for value in model.tendon_range[tendon])
    places = [libraries().warp.transform(*pose(model.site_pos[s]).tolist()) for s in sites]
    builder.add_joint_distance(
        parent=int(model.site_bodyid[sites[0]]) - 1,
        child=int(model.site_bodyid[sites[1]]) - 1,
        parent_xform=places[0],
        child_xform=places[1],
        min_distance=low if low > 0.0 else -1.0,
        max_distance=high if high < _FAR else -1.0,
        label=path,
    )
