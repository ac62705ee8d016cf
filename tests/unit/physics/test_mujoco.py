"""The MuJoCo backend as its callers see it: poses after steps, environments, messages."""

from __future__ import annotations

import mujoco
import numpy as np
import pytest
from pxr import Gf, UsdGeom, UsdPhysics

from inspector.cloner.plan import ClonePlan
from inspector.errors import CancelledError, NoPhysicsError
from inspector.physics import recipe_backend, recipe_batch
from inspector.physics.backend import PhysicsSettings
from inspector.physics.mujoco import MujocoBackend, mujoco_physics_replicate
from inspector.physics.mujoco_clock import unclocked
from inspector.sim.pose_math import world_matrices
from tests.unit.physics.scenes import (
    CARTPOLE,
    add_body,
    add_ground,
    clone,
    cloned_asset,
    new_stage,
    play,
    pose_of,
    run,
)


def test_a_body_falls_as_galileo_says():
    stage = new_stage()
    add_body(stage, "/World/ball", at=(1.0, 2.0, 100.0), radius=0.1)
    backend, table = play(stage)
    run(backend, 1.0)
    pose = pose_of(backend, table, "/World/ball")
    np.testing.assert_allclose(pose[:2], [1.0, 2.0], atol=1e-12)
    # Semi-implicit Euler falls g·dt·t/2 further than the parabola: 1/240 s substeps, 1 s.
    assert pose[2] == pytest.approx(100.0 - 0.5 * 9.81 * (1.0 + 1 / 240), abs=1e-9)
    np.testing.assert_allclose(backend.velocities()[0], [0, 0, -9.81, 0, 0, 0], atol=1e-9)


def test_poses_at_play_are_the_authored_ones():
    stage = new_stage()
    turn = Gf.Quatd(0.5, 0.5, -0.5, 0.5)
    add_body(stage, "/World/box", UsdGeom.Cube, at=(3.25, -1.0, 7.0), turn=turn, size=0.2)
    backend, table = play(stage)
    expected = [3.25, -1.0, 7.0, 0.5, -0.5, 0.5, 0.5]
    np.testing.assert_allclose(pose_of(backend, table, "/World/box"), expected, atol=1e-12)
    assert table.paths.env_id.tolist() == [-1]


def test_a_ball_comes_to_rest_on_the_plane():
    stage = new_stage()
    add_ground(stage)
    add_body(stage, "/World/ball", at=(0.0, 0.0, 0.6), radius=0.5)
    backend, table = play(stage)
    run(backend, 2.0)
    assert pose_of(backend, table, "/World/ball")[2] == pytest.approx(0.5, abs=2e-3)


def test_a_centimetre_y_up_stage_falls_along_its_own_y():
    stage = new_stage(meters=0.01, up="Y")
    add_ground(stage)
    add_body(stage, "/World/ball", at=(10.0, 300.0, -20.0), radius=50.0)
    backend, table = play(stage)
    np.testing.assert_allclose(pose_of(backend, table, "/World/ball")[:3], [10, 300, -20])
    run(backend, 0.5)
    pose = pose_of(backend, table, "/World/ball")
    np.testing.assert_allclose(pose[[0, 2]], [10.0, -20.0], atol=1e-9)
    assert pose[1] == pytest.approx(300.0 - 50.0 * 9.81 * 0.25, rel=0.01)
    np.testing.assert_allclose(backend.velocities()[0, :3], [0, -4.905, 0], atol=1e-6)
    run(backend, 2.0)
    assert pose_of(backend, table, "/World/ball")[1] == pytest.approx(50.0, abs=0.3)


def test_gravity_of_scene_and_settings():
    stage = new_stage()
    add_body(stage, "/World/ball", at=(0.0, 0.0, 0.0), radius=0.1)
    scene = UsdPhysics.Scene.Get(stage, "/physicsScene")
    scene.CreateGravityDirectionAttr((1.0, 0.0, 0.0))
    scene.CreateGravityMagnitudeAttr(2.0)
    backend, _ = play(stage)
    run(backend, 1.0)
    np.testing.assert_allclose(backend.velocities()[0, :3], [2, 0, 0], atol=1e-9)
    backend, _ = play(stage, gravity=(0.0, 0.0, 3.0))
    run(backend, 1.0)
    np.testing.assert_allclose(backend.velocities()[0, :3], [0, 0, 3], atol=1e-9)


def test_the_pole_of_our_cartpole_falls_and_the_cart_stays_on_its_rail():
    stage, plan = cloned_asset(CARTPOLE, 3, spacing=2.5)
    backend, table = play(stage, plan)
    start = backend.poses().copy()
    run(backend, 3.0)
    end = backend.poses()
    for env_id in range(3):
        slider, cart, pole = (
            table.paths.find(f"/World/envs/env_{env_id}/Robot/{name}")
            for name in ("slider", "cart", "pole")
        )
        np.testing.assert_array_equal(end[slider], start[slider])
        assert start[slider][0] == 2.5 * env_id
        np.testing.assert_allclose(end[cart, [0, 2]], start[cart, [0, 2]], atol=1e-9)
        assert abs(end[cart, 1]) < 0.92
        angle = 2.0 * np.arccos(np.clip(abs(end[pole, 6]), 0.0, 1.0))
        assert angle > np.radians(30), "the pole did not fall"
        np.testing.assert_allclose(end[pole, :3] - end[cart, :3], [0.12, 0, 0], atol=1e-7)
    assert backend.messages == ()


def heterogeneous():
    """Twelve environments: ball, box or cone, each beside a cartpole or alone."""
    stage = new_stage()
    add_ground(stage)
    kinds = [UsdGeom.Sphere, UsdGeom.Cube, UsdGeom.Cone]
    for env_id, kind in enumerate(kinds):
        add_body(stage, f"/World/envs/env_{env_id}/Object", kind, at=(0.6, 0.0, 2.0 + env_id))
        UsdGeom.XformCommonAPI(stage.GetPrimAtPath(f"/World/envs/env_{env_id}/Object")).SetScale(
            (0.1, 0.1, 0.1)
        )
    mask = np.zeros((3, 12), np.bool_)
    mask[np.arange(12) % 3, np.arange(12)] = True
    sources = [f"/World/envs/env_{i}/Object" for i in range(3)]
    return stage, clone(stage, sources, ["/World/envs/env_{}/Object"] * 3, mask, 2.0)


def test_three_recipes_step_together_and_every_shape_lands():
    stage, plan = heterogeneous()
    backend, table = play(stage, plan)
    assert len(table) == 12
    assert sorted(table.paths.env_id.tolist()) == list(range(12))
    assert table.paths.templates == ("/World/envs/env_{}/Object",)
    start = backend.poses().copy()
    run(backend, 3.0)
    end = backend.poses()
    for row, env_id in enumerate(table.paths.env_id):
        assert start[row, 2] == 2.0 + env_id % 3
        assert end[row, 0] == pytest.approx(2.0 * env_id + 0.6, abs=0.05)
        assert end[row, 2] == pytest.approx(0.1, abs=5e-3)


def test_an_edited_clone_starts_where_it_was_put():
    stage, plan = heterogeneous()
    prim = stage.GetPrimAtPath("/World/envs/env_7/Object")
    UsdGeom.XformCommonAPI(prim).SetTranslate((0.1, 0.5, 9.0))
    backend, table = play(stage, plan)
    pose = pose_of(backend, table, "/World/envs/env_7/Object")
    np.testing.assert_allclose(pose[:3], [14.1, 0.5, 9.0], atol=1e-12)


def test_moved_bases_and_turned_joints_of_single_clones_are_kept():
    stage, plan = cloned_asset(CARTPOLE, 4, spacing=2.5)
    robot = stage.GetPrimAtPath("/World/envs/env_2/Robot")
    UsdGeom.XformCommonAPI(robot).SetTranslate((0.25, 0.0, 0.5))
    cart = stage.GetPrimAtPath("/World/envs/env_1/Robot/cart")
    UsdGeom.XformCommonAPI(cart).SetTranslate((0.0, 0.3, 1.0))
    pole = stage.GetPrimAtPath("/World/envs/env_1/Robot/pole")
    pole.GetAttribute("xformOp:translate").Set(Gf.Vec3d(0.12, 0.3, 1.0))
    backend, table = play(stage, plan)
    slider = pose_of(backend, table, "/World/envs/env_2/Robot/slider")
    np.testing.assert_allclose(slider[:3], [5.25, 0.0, 1.5], atol=1e-9)
    np.testing.assert_allclose(
        pose_of(backend, table, "/World/envs/env_1/Robot/cart")[:3], [2.5, 0.3, 1.0], atol=1e-6
    )
    np.testing.assert_allclose(
        pose_of(backend, table, "/World/envs/env_3/Robot/cart")[:3], [7.5, 0.0, 1.0], atol=1e-9
    )


def test_turned_environments_fall_down_all_the_same():
    stage, plan = heterogeneous()
    root = stage.GetPrimAtPath("/World/envs/env_4")
    UsdGeom.XformCommonAPI(root).SetRotate((90.0, 0.0, 0.0))
    UsdGeom.XformCommonAPI(stage.GetPrimAtPath("/World/envs/env_4/Object")).SetTranslate((0, 3, 0))
    backend, table = play(stage, plan)
    start = pose_of(backend, table, "/World/envs/env_4/Object")
    np.testing.assert_allclose(start[:3], [8.0, 0.0, 3.0], atol=1e-9)
    run(backend, 3.0)
    end = pose_of(backend, table, "/World/envs/env_4/Object")
    assert end[2] == pytest.approx(0.1, abs=5e-3)
    other = pose_of(backend, table, "/World/envs/env_10/Object")
    assert other[2] == pytest.approx(0.1, abs=5e-3)


def test_a_global_step_is_where_it_is_for_every_environment():
    stage, plan = heterogeneous()
    table_top = UsdGeom.Cube.Define(stage, "/World/table")
    table_top.CreateSizeAttr(1.0)
    UsdGeom.XformCommonAPI(table_top).SetTranslate((2.0 * 5 + 0.6, 0.0, 0.5))
    UsdPhysics.CollisionAPI.Apply(table_top.GetPrim())
    backend, table = play(stage, plan)
    run(backend, 3.0)
    heights = backend.poses()[:, 2]
    for row, env_id in enumerate(table.paths.env_id):
        assert heights[row] == pytest.approx(1.1 if env_id == 5 else 0.1, abs=0.01), env_id


def test_reset_returns_only_the_chosen_environments():
    stage, plan = heterogeneous()
    backend, table = play(stage, plan)
    start = backend.poses().copy()
    run(backend, 0.3)
    moved = backend.poses().copy()
    backend.reset(np.array([1, 5]))
    chosen = np.isin(table.paths.env_id, [1, 5])
    np.testing.assert_array_equal(backend.poses()[chosen], start[chosen])
    np.testing.assert_array_equal(backend.poses()[~chosen], moved[~chosen])
    run(backend, 0.3)
    np.testing.assert_array_equal(backend.poses()[chosen], moved[chosen])
    assert (backend.poses()[~chosen, 2] < moved[~chosen, 2]).all()
    backend.reset()
    np.testing.assert_array_equal(backend.poses(), start)
    run(backend, 0.3)
    np.testing.assert_array_equal(backend.poses(), moved)


def test_the_same_scene_gives_the_same_bits_twice():
    results = []
    for _ in range(2):
        stage, plan = heterogeneous()
        backend, _ = play(stage, plan)
        run(backend, 2.0)
        results.append(backend.poses().tobytes())
    assert results[0] == results[1]


def test_a_kinematic_body_stays_and_carries():
    stage = new_stage()
    shelf = add_body(stage, "/World/shelf", UsdGeom.Cube, at=(0, 0, 2.0), size=1.0)
    UsdPhysics.RigidBodyAPI(shelf).CreateKinematicEnabledAttr(True)
    add_body(stage, "/World/ball", at=(0.0, 0.0, 2.7), radius=0.1)
    backend, table = play(stage)
    assert table.kinematic[table.paths.find("/World/shelf")]
    assert table.kinematic.sum() == 1
    run(backend, 1.0)
    assert pose_of(backend, table, "/World/shelf")[2] == 2.0
    assert pose_of(backend, table, "/World/ball")[2] == pytest.approx(2.6, abs=5e-3)


def test_a_stage_without_bodies_is_refused_in_words():
    stage = new_stage()
    add_ground(stage)
    with pytest.raises(NoPhysicsError, match="no rigid body"):
        play(stage)


def test_environments_without_anything_to_simulate_are_left_out():
    stage, plan = heterogeneous()
    for env_id in (0, 3, 6, 9):
        prim = stage.GetPrimAtPath(f"/World/envs/env_{env_id}/Object")
        prim.RemoveAPI(UsdPhysics.RigidBodyAPI)
    plan.clone_mask[:, 4] = False
    stage.RemovePrim("/World/envs/env_4/Object")
    backend, table = play(stage, plan)
    assert sorted(table.paths.env_id.tolist()) == [1, 2, 5, 7, 8, 10, 11]
    run(backend, 0.1)
    plan.clone_mask[:] = False
    with pytest.raises(NoPhysicsError):
        play(stage, plan)


def test_unplanned_and_outside_bodies_are_reported():
    stage, plan = heterogeneous()
    add_body(stage, "/World/envs/env_4/Extra", at=(0, 0, 1))
    add_body(stage, "/World/outside", at=(0, 50, 1), radius=0.2)
    backend, table = play(stage, plan)
    codes = {message.code: message.path for message in backend.messages}
    assert codes["physics-unplanned"] == "/World/envs/env_4/Extra"
    assert codes["physics-outside"] == "/World/outside"
    run(backend, 1.0)
    assert pose_of(backend, table, "/World/outside")[2] == pytest.approx(0.2, abs=5e-3)


def test_an_explosion_shows_as_not_finite_and_is_reported():
    stage, plan = heterogeneous()
    backend, _ = play(stage, plan)
    backend._groups[1].write("qvel", (2, 0), np.inf)
    backend.step(1 / 60, 4)
    bad = ~np.isfinite(backend.poses()).all(axis=1)
    assert bad.sum() == 1
    assert any(message.env_ids == (7,) for message in backend.messages)


def test_cancelling_a_build_leaves_nothing_behind():
    stage, plan = heterogeneous()
    backend = MujocoBackend()

    def cancel(done: int, total: int, text: str) -> None:
        raise CancelledError("cancelled")

    with pytest.raises(CancelledError):
        backend.build(stage, plan, PhysicsSettings(), cancel)
    assert backend.groups == ()
    assert backend.state is None


def test_registered_worlds_are_taken_at_the_next_play():
    stage, plan = heterogeneous()
    mujoco_physics_replicate(
        stage, plan.sources, plan.destinations, np.arange(12), plan.clone_mask.numpy()
    )
    _, table = play(stage)
    assert len(table) == 12
    other = new_stage()
    add_body(other, "/World/ball")
    _, table = play(other)
    assert len(table) == 1


def test_clones_without_prims_are_worlds_too():
    stage, plan = heterogeneous()
    poses = np.zeros((12, 7), np.float32)
    poses[:, 6] = 1.0
    poses[:, 0] = 2.0 * np.arange(12)
    for env_id in range(3, 12):
        stage.RemovePrim(f"/World/envs/env_{env_id}")
    import torch

    virtual = ClonePlan(plan.sources, plan.destinations, plan.clone_mask, torch.tensor(poses))
    backend, table = play(stage, virtual)
    assert len(table) == 12
    np.testing.assert_allclose(
        pose_of(backend, table, "/World/envs/env_8/Object")[:3], [16.6, 0.0, 4.0]
    )


def test_impossible_devices_are_refused():
    stage, plan = heterogeneous()
    with pytest.raises(ValueError, match="device"):
        play(stage, plan, device="cuda:0")


# Matrices ------------------------------------------------------------------------------------------


def matrices_of(backend: MujocoBackend, count: int) -> np.ndarray:
    """What ``each_matrices`` hands out, every body exactly once."""
    found = np.full((count, 4, 4), np.nan)

    def take(rows: slice, matrices: np.ndarray) -> None:
        assert np.isnan(found[rows]).all()
        found[rows] = matrices

    backend.each_matrices(take)
    return found


@pytest.mark.parametrize(
    ("meters", "up", "turned"),
    [(1.0, "Z", False), (0.01, "Y", False), (1.0, "Z", True), (0.01, "Y", True)],
)
def test_matrices_are_those_of_the_poses(meters, up, turned, monkeypatch):
    monkeypatch.setattr(recipe_batch, "_ENVS_AT_ONCE", 3)
    monkeypatch.setattr(recipe_backend, "_WORTH_THREADS", 0)
    stage = new_stage(meters=meters, up=up)
    asset = "/World/envs/env_0/Robot"
    UsdGeom.Xform.Define(stage, asset)
    add_body(stage, f"{asset}/Ball", at=(0.3 / meters, 0.2 / meters, 0.9 / meters), radius=0.1)
    add_body(stage, f"{asset}/Box", UsdGeom.Cube, at=(0.1, -0.4, 0.7), size=0.2)
    template = "/World/envs/env_{}/Robot"
    plan = clone(stage, [asset], [template], np.ones((1, 7), np.bool_), 2.0)
    for env_id in range(7 if turned else 0):
        root = UsdGeom.Xform.Get(stage, f"/World/envs/env_{env_id}")
        UsdGeom.XformCommonAPI(root).SetRotate((10.0 * env_id, 20.0, 5.0))
    backend, table = play(stage, plan)
    backend.state.set_body_velocities(np.arange(len(table)), np.full((len(table), 6), 0.7))
    for _ in range(3):
        backend.step(1 / 60, 2)
        found = matrices_of(backend, len(table))
        np.testing.assert_allclose(found, world_matrices(backend.poses()), rtol=0, atol=1e-12)
        np.testing.assert_array_equal(matrices_of(backend, len(table)), found)
    backend.close()


def test_a_state_that_is_written_shows_in_the_next_matrices():
    stage = new_stage()
    add_body(stage, "/World/ball", at=(0.0, 0.0, 5.0), radius=0.1)
    backend, table = play(stage)
    backend.step(1 / 60, 1)
    matrices_of(backend, len(table))
    backend.state.set_body_poses(np.array([0]), np.array([[1.0, 2.0, 3.0, 0.0, 0.0, 0.0, 1.0]]))
    assert matrices_of(backend, len(table))[0, 3, :3].tolist() == [1.0, 2.0, 3.0]
    assert backend.all_finite
    backend.undo_step()  # back to where that step began
    assert matrices_of(backend, len(table))[0, 3, 2] == 5.0


def test_stepping_without_the_clock_changes_no_bit_and_the_clock_comes_back():
    model = mujoco.MjModel.from_xml_string(
        "<mujoco><worldbody><geom type='plane' size='1 1 1'/><body pos='0 0 .3' euler='5 9 0'>"
        "<freejoint/><geom type='box' size='.1 .2 .05'/></body></worldbody></mujoco>"
    )

    def stepped() -> tuple[np.ndarray, bool]:
        data = mujoco.MjData(model)
        mujoco.mj_step(model, data, 300)
        return data.qpos.copy(), any(timer.duration > 0 for timer in data.timer)

    usual, clocked = stepped()
    with unclocked():
        ours, timed = stepped()
    np.testing.assert_array_equal(ours, usual)
    assert clocked
    assert not timed
    assert stepped()[1]
