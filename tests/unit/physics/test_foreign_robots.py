"""Robots that nobody here drew: they play, and weigh what Newton's importer says they weigh."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from pxr import Usd

from inspector.physics.poses import rotation_matrices, xyzw
from tests.unit.physics.scenes import cloned_asset, play, run


@pytest.mark.parametrize(("name", "bodies"), [("ant", 9), ("humanoid", 16)])
def test_sixty_four_clones_fall_land_and_stay_finite(newton_assets, name, bodies):
    stage, plan = cloned_asset(newton_assets / f"{name}.usda", 64, height=1.6)
    backend, table = play(stage, plan)
    assert len(table) == 64 * bodies
    start = backend.poses().copy().reshape(64, bodies, 7)
    np.testing.assert_allclose(
        start[:, :, 0] - start[0, :, 0],
        (4.0 * np.arange(64))[:, None] + np.zeros(bodies),
        atol=1e-9,
    )
    run(backend, 2.0)
    poses = backend.poses().reshape(64, bodies, 7)
    assert np.isfinite(poses).all()
    assert (poses[..., 2] > -0.05).all(), "something fell through the ground"
    assert (poses[..., 2] < 2.0).all(), "something is still up there"
    # Worlds do not touch each other: the same start gives the same motion, but for where it is.
    relative = poses.copy()
    relative[..., 0] -= 4.0 * np.arange(64)[:, None]
    np.testing.assert_allclose(relative, relative[:1].repeat(64, axis=0), atol=1e-3)


@pytest.fixture(scope="module")
def newton():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pytest.importorskip("newton")


@pytest.mark.newton
@pytest.mark.parametrize("name", ["cartpole", "ant", "humanoid", "boxes_fourbar"])
def test_masses_limits_and_gains_agree_with_newtons_importer(newton, newton_assets, name):
    stage = Usd.Stage.Open(str(newton_assets / f"{name}.usda"))
    builder = newton.ModelBuilder()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        rows = builder.add_usd(stage)["path_body_map"]
    backend, _ = play(stage)
    translation = backend._groups[0].translation
    model = translation.model
    assert set(translation.bodies) == set(rows)
    for index, path in enumerate(translation.bodies, start=1):
        row = rows[path]
        assert model.body_mass[index] == pytest.approx(builder.body_mass[row], rel=1e-4)
        turn = rotation_matrices(xyzw(model.body_iquat[index]))
        inertia = turn @ np.diag(model.body_inertia[index]) @ turn.T
        expected = np.array(builder.body_inertia[row]).reshape(3, 3)
        np.testing.assert_allclose(inertia, expected, atol=1e-4 * expected.max())
        center = np.array(builder.body_com[row])
        np.testing.assert_allclose(model.body_ipos[index], center, atol=1e-6)
    limited = model.jnt_limited.astype(bool)
    lower = np.array(builder.joint_limit_lower)
    found = np.sort(lower[(lower > -1e9) & (np.array(builder.joint_limit_upper) < 1e9)])
    ours = np.sort(model.jnt_range[limited, 0])
    loops = 1 if name == "boxes_fourbar" else 0
    assert len(ours) == len(found) - loops
    if not loops:
        np.testing.assert_allclose(ours, found, atol=1e-5)
    gains = np.array(builder.joint_target_ke)
    np.testing.assert_allclose(
        np.sort(model.actuator_gainprm[:, 0]), np.sort(gains[gains > 0.0]), rtol=1e-5
    )
