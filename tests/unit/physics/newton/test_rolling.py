"""Cylinders roll, lie and stand in XPBD as spheres and capsules do."""

from __future__ import annotations

import numpy as np
import pytest
from pxr import Gf, UsdGeom

from inspector.physics.engine_state import require_state
from tests.unit.physics.engines import XPBD_ENGINES, Engine
from tests.unit.physics.scenes import add_body, add_ground, new_stage

pytestmark = pytest.mark.newton

RADIUS = 0.08
LYING = Gf.Quatd(0.5**0.5, 0.5**0.5, 0, 0)


def add_cylinder(stage, path: str, at: tuple[float, float, float], turn: Gf.Quatd | None = None):
    add_body(stage, path, UsdGeom.Cylinder, at, turn, radius=RADIUS, height=0.2)


@pytest.mark.parametrize("engine", XPBD_ENGINES)
@pytest.mark.parametrize("substeps", [1, 4])
def test_what_rolls_gets_no_faster(engine: Engine, substeps: int):
    stage = new_stage()
    add_ground(stage)
    add_body(stage, "/World/ball", at=(0, 1, RADIUS), radius=RADIUS)
    add_cylinder(stage, "/World/cylinder", (0, 0, RADIUS), LYING)
    backend, _ = engine.play(stage)
    rolling = [[1.5, 0, 0, 0, 1.5 / RADIUS, 0]] * 2
    require_state(backend, "roll").set_body_velocities(np.arange(2), np.array(rolling))
    for _ in range(180):
        backend.step(1 / 60, substeps)
    ball, cylinder = backend.velocities()
    assert 1.4 < cylinder[0] < 1.5, "it was 4 m/s at four substeps"
    np.testing.assert_allclose(cylinder, ball, atol=0.05)
    assert np.ptp(backend.poses()[:, 0]) < 0.05


@pytest.mark.parametrize("engine", XPBD_ENGINES)
def test_cylinders_stand_and_lie_still(engine: Engine):
    stage = new_stage()
    add_ground(stage)
    for place in range(3):
        add_cylinder(stage, f"/World/stack_{place}", (0, 0, 0.1 + 0.2 * place))
    add_cylinder(stage, "/World/lying", (1, 0, RADIUS), LYING)
    backend, table = engine.play(stage)
    for _ in range(120):
        backend.step(1 / 60, 4)
    heights = dict(zip(table.paths.paths(np.arange(4)), backend.poses()[:, 2], strict=True))
    assert heights["/World/lying"] == pytest.approx(RADIUS, abs=2e-3)
    assert heights["/World/stack_2"] == pytest.approx(0.5, abs=0.01)
    assert np.abs(backend.velocities()).max() < 0.3


@pytest.mark.parametrize("engine", XPBD_ENGINES)
def test_contacts_are_where_round_shapes_meet(engine: Engine):
    stage = new_stage()
    add_ground(stage)
    add_body(stage, "/World/a_ball", at=(0, 0, 0.28), radius=RADIUS)
    add_body(stage, "/World/box", UsdGeom.Cube, (0, 0, 0.1), size=0.2)
    add_cylinder(stage, "/World/cylinder", (1, 0, RADIUS), LYING)
    add_body(stage, "/World/on_it", at=(1, 0, 3 * RADIUS), radius=RADIUS)
    backend, table = engine.play(stage)
    for _ in range(4):
        backend.step(1 / 60, 4)
    contacts = backend.contacts(100)
    ball, box, cylinder, above = range(4)
    for pair, height in (((ball, box), 0.2), ((-1, cylinder), 0), ((cylinder, above), 2 * RADIUS)):
        places = contacts.positions[np.sort(contacts.bodies, axis=1).tolist().index(list(pair))]
        assert places[2] == pytest.approx(height, abs=5e-3), [
            table.paths.path(at) for at in pair if at >= 0
        ]
