"""Break conditions: what they mean, what is wrong with a line, and that they pause."""

from __future__ import annotations

import re

import numpy as np
import pytest

from inspector.physics.backend import PhysicsBackend
from inspector.session.break_conditions import (
    EXAMPLES,
    AtStep,
    ContactForce,
    NotFinite,
    Outlier,
    Speed,
    StaleCount,
    StaleError,
    parse_condition,
)
from inspector.session.session import Session
from inspector.session.snapshot import PlayState, Tolerance

OBJECT = "/World/envs/env_0/Object"


@pytest.fixture
def demo(session: Session) -> Session:
    session.new_demo(12, seed=1)
    return session


def play(session: Session, *conditions: str, steps: int = 200):
    session.set_break_conditions(conditions)
    session.set_state(PlayState.PLAYING)
    return session.step(steps)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("stale > 1mm", StaleError(1e-3)),
        ("  Stale >0.5 cm ", StaleError(5e-3)),
        ("stale>2 m", StaleError(2.0)),
        ("stale > 1 deg", StaleError(pytest.approx(np.pi / 180), is_angle=True)),
        ("stale > 3mrad", StaleError(3e-3, is_angle=True)),
        ("stale count > 10", StaleCount(10)),
        ("nan", NotFinite()),
        ("speed > 50", Speed(50.0)),
        ("speed > 1e2 m/s", Speed(100.0)),
        ("env 17 differs from its cohort", Outlier(17)),
        ("env 17 differs from its cohort by 2 cm", Outlier(17, 0.02)),
        ("any env differs from the cohort by 10 mrad", Outlier(None, 0.01, is_angle=True)),
        ("contact force > 500 N", ContactForce(500.0)),
        ("step 500", AtStep(500)),
    ],
)
def test_lines_that_are_understood(text, expected):
    assert parse_condition(text) == expected


def test_every_example_is_understood():
    assert len({type(parse_condition(text)) for text in EXAMPLES}) == 7


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no break condition"),
        ("energy > 4", r"begins with none of stale, nan, speed.*Such as: stale > 1 mm"),
        ("stale > 1", r"1 needs a unit: mm, cm or m"),
        ("stale > 1 parsec", "'parsec' is no unit"),
        ("stale < 1mm", "compared with '>'"),
        ("stale count > 1.5", "whole number of rows"),
        ("stale count > 3 mm", "whole number of rows"),
        ("nan > 4", "stands alone"),
        ("speed > fast", "metres per second"),
        ("speed > 5 km/h", "metres per second"),
        ("env x differs from its cohort", "env 17 differs from its cohort by 1 cm"),
        ("env 17 differs", "env 17 differs from its cohort by 1 cm"),
        ("env 1 differs from its cohort by 1", "needs a unit"),
        ("contact force > 5 kg", "newtons"),
        ("step 0", "number from 1"),
        ("step -4", "number from 1"),
    ],
)
def test_what_is_wrong_with_a_line_is_said(text, reason):
    with pytest.raises(ValueError, match=reason):
        parse_condition(text)


def test_a_line_that_is_wrong_leaves_the_others(demo):
    demo.set_break_conditions(["step 5"])
    with pytest.raises(ValueError, match="begins with none"):
        demo.set_break_conditions(["step 7", "bogus"])
    assert demo.snapshot().recording.conditions == ("step 5",)


def test_it_pauses_at_a_step(demo):
    message = play(demo, "step 7")
    snapshot = demo.snapshot()
    assert (snapshot.step, snapshot.state) == (7, PlayState.PAUSED)
    assert snapshot.messages[-1] is message
    assert message.code == "break"
    assert "step 7" in message.text
    demo.set_state(PlayState.PLAYING)
    assert demo.step(20) is None


def test_staleness_breaks_with_the_first_row_and_its_environment(demo):
    message = play(demo, "stale > 5 mm")
    snapshot = demo.snapshot()
    table = snapshot.transforms
    worst = float(table.error_position.max())
    assert worst > 5e-3
    assert message.path == snapshot.prims.path(int(table.prims[table.error_position > 5e-3][0]))
    assert message.env_ids == (0,)
    assert "is off by" in message.text
    assert "more" in message.text
    demo.step_back()
    assert float(demo.snapshot().transforms.error_position.max()) <= 5e-3


def test_a_condition_that_still_holds_does_not_break_again(demo):
    play(demo, "stale > 5 mm")
    at = demo.snapshot().step
    assert demo.step(10) is None
    demo.scrub(at - 1)
    assert demo.step(10) is not None
    assert demo.snapshot().step == at
    assert demo.step(1) is None


def test_the_count_of_stale_rows_is_that_of_the_tolerance(demo):
    demo.set_tolerance(Tolerance(0.05, 10.0))
    message = play(demo, "stale count > 10")
    snapshot = demo.snapshot()
    assert snapshot.stale_count > 10
    assert f"{snapshot.stale_count:,} stale rows" in message.text
    demo.step_back()
    assert demo.snapshot().stale_count <= 10


def test_speed_is_that_of_the_centre_of_mass(demo):
    message = play(demo, "speed > 2 m/s")
    run = demo._scene.sim.require_run("test")
    speeds = np.linalg.norm(run.backend.velocities()[:, :3], axis=1)
    assert speeds.max() > 2.0
    assert message.path == run.bodies.paths.path(int(np.flatnonzero(speeds > 2.0)[0]))


def test_rows_that_are_not_finite_break(demo):
    assert play(demo, "nan", steps=3) is None
    fabric = demo._scene.sim.fabric
    row = fabric.paths.find("/World/ground")
    broken = fabric.world[[row]].copy()
    broken[0, 3, 0] = np.inf
    fabric.write(np.array([row]), broken, 5, 3)
    message = demo.step()
    assert message.path == "/World/ground"
    assert "not finite" in message.text


def test_contact_forces_break(demo):
    message = play(demo, "contact force > 1 N")
    assert message is not None
    assert "presses with" in message.text
    assert demo.snapshot().step > 10


def pushed(session: Session, env_id: int, speed: float = 1.0) -> None:
    run = session._scene.sim.require_run("test")
    body = run.bodies.paths.find(f"/World/envs/env_{env_id}/Object")
    run.backend.state.set_body_velocities(
        np.array([body]), np.array([[speed, 0.0, 0.0, 0.0, 0.0, 0.0]])
    )


def cohort(session: Session) -> list[int]:
    """Environments of the largest cohort."""
    recipes = session._scene.sim.get_clone_plan().recipes()
    return max((env_ids.tolist() for _, env_ids in recipes), key=len)


def test_an_environment_that_leaves_its_cohort_breaks(demo):
    env_id = cohort(demo)[1]
    text = f"env {env_id} differs from its cohort by 3 cm"
    assert play(demo, text, "any env differs from its cohort by 10 cm", steps=5) is None
    pushed(demo, env_id)
    message = demo.step(10)
    assert message.path == f"/World/envs/env_{env_id}/Object"
    assert message.env_ids == (env_id,)
    assert "3" in message.text
    assert "median of its cohort" in message.text
    second = demo.step(10)
    assert second.text.startswith(f"Break at step {demo.snapshot().step}, any env")


def test_a_body_far_away_is_so_many_metres_away(demo):
    env_id = cohort(demo)[1]
    assert play(demo, f"env {env_id} differs from its cohort by 40 m", steps=5) is None
    pushed(demo, env_id, speed=6000.0)
    assert re.search(r"is \d{2,3}(\.\d+)? m from the median", demo.step(10).text)


def test_the_others_of_the_cohort_are_not_blamed(demo):
    one, other = cohort(demo)[:2]
    play(demo, f"env {other} differs from its cohort", steps=5)
    pushed(demo, one)
    assert demo.step(10) is None


def test_an_environment_without_a_cohort_is_said_once(demo):
    assert play(demo, "env 400 differs from its cohort", steps=5) is None
    told = [m for m in demo.snapshot().messages if m.code == "break-unwatched"]
    assert len(told) == 1
    assert "env 400 has no cohort" in told[0].text


def test_conditions_outlive_the_scene(demo):
    demo.set_break_conditions(["step 3"])
    demo.new_demo(2)
    demo.set_state(PlayState.PLAYING)
    assert demo.step(10) is not None


def test_conditions_that_are_not_set_cost_nothing(demo, monkeypatch):
    asked: list[str] = []
    for name in ("velocities", "contacts"):
        monkeypatch.setattr(
            type(demo._scene.sim.backend or PhysicsBackend), name, asked.append, raising=False
        )
    demo.set_state(PlayState.PLAYING)
    demo.step(3)
    assert not asked
