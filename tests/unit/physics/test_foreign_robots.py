"""Robots that nobody here drew fall, land and stay finite (``test_newton_oracle`` weighs them)."""

from __future__ import annotations

import numpy as np
import pytest

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
