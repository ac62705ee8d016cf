"""Clones whose physics was authored on their own are simulated as authored, and this is said."""

from __future__ import annotations

import numpy as np
import pytest
from pxr import UsdPhysics

from inspector.scene.demo import build_demo
from inspector.sim import authored_differences
from inspector.sim.authored_differences import differing_environments, messages_of, with_own_models
from inspector.sim.simulation_context import SimulationContext
from inspector.usd.stage import close_stage, create_new_stage
from inspector.utils.states import Severity

POLE = "/World/envs/env_{}/Robot/pole"


@pytest.fixture
def demo():
    create_new_stage()
    scene = build_demo(12, seed=1)
    yield scene
    scene.sim.stop()
    SimulationContext.clear_instance()
    close_stage()


def alike(scene) -> list[int]:
    """Environments of the commonest recipe."""
    return max((ids.tolist() for _, ids in scene.clone_plan.recipes()), key=len)


def set_mass(scene, env_id: int, mass: float) -> None:
    prim = scene.stage.GetPrimAtPath(POLE.replace("{}", str(env_id)))
    UsdPhysics.MassAPI(prim).GetMassAttr().Set(mass)


def pole_poses(scene) -> dict[int, np.ndarray]:
    sim = scene.sim
    paths = [sim.bodies.paths.path(i) for i in range(len(sim.bodies))]
    return {
        int(sim.bodies.paths.env_id[i]): sim.body_poses[i, 3:]
        for i, path in enumerate(paths)
        if path.endswith("/Robot/pole")
    }


def test_a_mass_of_one_clone_is_simulated_and_told(demo) -> None:
    _ = demo.sim.tables
    same, odd, other, *_ = alike(demo)
    set_mass(demo, odd, 5.0)
    demo.sim.play()
    (message,) = demo.sim.messages
    assert message.path == POLE.replace("{}", str(odd))
    assert message.env_ids == (odd,)
    assert "physics:mass" in message.text
    for _ in range(20):
        demo.sim.step()
    poses = pole_poses(demo)
    np.testing.assert_allclose(poses[same], poses[other], atol=1e-9)
    assert np.abs(poses[odd] - poses[same]).max() > 1e-3


def test_the_odd_one_is_found_when_it_is_the_first(demo) -> None:
    first = alike(demo)[0]
    set_mass(demo, first, 5.0)
    found = differing_environments(demo.stage, demo.clone_plan, range(12))
    assert [difference.env_id for difference in found] == [first]


def test_another_pose_is_no_difference(demo) -> None:
    prim = demo.stage.GetPrimAtPath("/World/envs/env_3/Object")
    prim.GetAttribute("xformOp:translate").Set((1.0, 0.0, 4.0))
    assert differing_environments(demo.stage, demo.clone_plan, range(12)) == []


def test_a_missing_joint_is_a_difference(demo) -> None:
    env_id = alike(demo)[1]
    joint = next(
        str(prim.GetPath())
        for prim in demo.stage.Traverse()
        if prim.IsA(UsdPhysics.Joint) and f"/env_{env_id}/" in str(prim.GetPath())
    )
    demo.stage.GetPrimAtPath(joint).SetActive(False)
    (found,) = differing_environments(demo.stage, demo.clone_plan, {env_id})
    assert (found.env_id, found.path, found.name) == (env_id, joint, "")


def test_environments_that_nobody_edited_share_their_models(demo) -> None:
    plan = demo.clone_plan
    assert differing_environments(demo.stage, plan, ()) == []
    assert with_own_models(plan, []) is plan
    demo.sim.play()
    assert demo.sim.messages == ()


def test_too_many_different_environments_are_told_of(demo, monkeypatch) -> None:
    monkeypatch.setattr(authored_differences, "MAX_MODELS", 1)
    edited = alike(demo)[1:3]
    for env_id in edited:
        set_mass(demo, env_id, 1.0 + env_id)
    found = differing_environments(demo.stage, demo.clone_plan, edited)
    own, ignored = messages_of(found)
    assert own.severity is Severity.INFO
    assert ignored.severity is Severity.WARNING
    assert "ignored" in ignored.text
    assert len(with_own_models(demo.clone_plan, found).recipes()) == (
        len(demo.clone_plan.recipes()) + 1
    )
