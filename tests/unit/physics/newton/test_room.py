"""Room for contacts and constraints in Newton: none is dropped for want of it."""

from __future__ import annotations

import numpy as np
import pytest
from pxr import UsdGeom

from inspector.physics.engine_state import require_state
from inspector.physics.newton import backend as newton_backend
from inspector.physics.warp_capacity import Capacity
from tests.unit.physics.engines import ENGINES, NEWTON_MUJOCO, Engine
from tests.unit.physics.scenes import add_body, add_ground, clone, new_stage

pytestmark = pytest.mark.newton

NEWTONS = [param for param in ENGINES if str(param.id).startswith("newton")]
TIGHT = Capacity(2, 8)


def about_to_land():
    """Two environments of two boxes that touch nothing yet."""
    stage = new_stage()
    add_ground(stage)
    UsdGeom.Xform.Define(stage, "/World/envs/env_0")
    boxes = "/World/envs/env_0/Boxes"
    UsdGeom.Xform.Define(stage, boxes)
    for index in range(2):
        at = (0.5 * index, 0, 0.18)
        add_body(stage, f"{boxes}/box{index}", kind=UsdGeom.Cube, at=at, size=0.2)
    template = "/World/envs/env_{}/Boxes"
    return stage, clone(stage, [boxes], [template], np.ones((1, 2), np.bool_), 3.0)


def steps(backend, count):
    for _ in range(count):
        backend.step(1 / 60, 2)


@pytest.mark.parametrize("engine", NEWTONS)
def test_contacts_that_do_not_fit_get_room_and_the_step_is_repeated(
    engine: Engine, monkeypatch, capfd
):
    scene = about_to_land()
    monkeypatch.setattr(newton_backend, "_ROOM", {})
    roomy, _ = engine.play(*scene)
    monkeypatch.setattr(newton_backend, "_first_room", lambda *_: TIGHT)
    tight, _ = engine.play(*scene)
    for backend in (roomy, tight):
        steps(backend, 2)
    assert tight.messages == (), "nothing touches yet"
    captured = require_state(tight, "capture").capture()
    for backend in (roomy, tight):
        steps(backend, 9)
    engine.assert_repeated(tight.poses(), roomy.poses())
    np.testing.assert_allclose(tight.poses()[:, 2], 0.1, atol=5e-3)
    assert roomy.messages == ()
    said = tight.messages
    assert 1 <= len(said) <= 2, "a message for each step that was repeated"
    assert {message.code for message in said} == {"contacts-grown"}
    assert "the step was repeated with room for" in said[0].text
    assert ("constraints" in said[0].text) == (engine.solver == "mujoco")
    # What was captured before there was more room continues as it did.
    require_state(tight, "restore").restore(captured)
    steps(tight, 9)
    engine.assert_repeated(tight.poses(), roomy.poses())
    # The next play begins with the room that was needed.
    tight.close()
    again, _ = engine.play(*scene)
    steps(again, 11)
    assert again.messages == ()
    engine.assert_repeated(again.poses(), roomy.poses())
    assert "verflow" not in capfd.readouterr().out


def test_a_pile_that_begins_in_the_air_has_room_from_the_start(capfd):
    stage = new_stage()
    add_ground(stage)
    for index in range(10):
        at = (0.5 * index, 0, 0.11)
        add_body(stage, f"/World/box{index}", kind=UsdGeom.Cube, at=at, size=0.2)
    backend, _ = NEWTON_MUJOCO.play(stage)
    steps(backend, 10)
    assert backend.messages == ()
    assert "verflow" not in capfd.readouterr().out


@pytest.mark.parametrize("engine", NEWTONS)
def test_contacts_for_which_no_room_can_be_made_are_told(engine: Engine, monkeypatch):
    monkeypatch.setattr(newton_backend, "_ROOM", {})
    monkeypatch.setattr(newton_backend, "_first_room", lambda *_: TIGHT)
    monkeypatch.setattr("inspector.physics.newton.simulation.MOST_GROWTHS", 0)
    backend, _ = engine.play(*about_to_land())
    steps(backend, 10)
    assert {m.code for m in backend.messages} == {"contacts-dropped"}
