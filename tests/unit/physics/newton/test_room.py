"""Room for contacts and constraints of Newton's MuJoCo solver."""

import pytest
from pxr import UsdGeom

from inspector.physics.newton.simulation import NewtonSimulation
from tests.unit.physics.engines import NEWTON_MUJOCO
from tests.unit.physics.scenes import add_body, add_ground, new_stage


@pytest.mark.parametrize("room", ["enough", "too small"])
def test_a_pile_that_begins_in_the_air_keeps_its_contacts_or_says_that_it_lost_some(
    room, monkeypatch, capfd
):
    if room == "too small":
        monkeypatch.setattr(NewtonSimulation, "_sizes", lambda self: {"njmax": 8, "nconmax": 64})
    stage = new_stage()
    add_ground(stage)
    for index in range(10):
        add_body(
            stage, f"/World/box{index}", kind=UsdGeom.Cube, at=(0.5 * index, 0, 0.11), size=0.2
        )
    backend, _ = NEWTON_MUJOCO.play(stage)
    for _ in range(20):
        backend.step(1 / 60, 4)
    said = [m.text for m in backend.messages if m.code.startswith("mujoco-warning")]
    if room == "enough":
        assert not said
    else:
        assert "The world has more constraints than fit; some were dropped." in said
    assert "overflow" not in capfd.readouterr().out
