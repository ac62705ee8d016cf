"""Contacts, pushes and captured states: what overlays, the mouse and the recording ask for."""

from __future__ import annotations

import numpy as np
import pytest
from pxr import Gf, UsdGeom, UsdPhysics

from inspector.physics.contacts import ContactTable
from tests.unit.physics.scenes import (
    CARTPOLE,
    add_body,
    add_ground,
    cloned_asset,
    new_stage,
    play,
    run,
)
from tests.unit.physics.test_mujoco import heterogeneous


def test_a_resting_box_presses_with_its_weight():
    stage = new_stage(meters=0.01, up="Y")
    add_ground(stage)
    box = add_body(stage, "/World/box", UsdGeom.Cube, at=(30.0, 10.0, -40.0), size=20.0)
    UsdPhysics.MassAPI.Apply(box.GetPrim()).CreateMassAttr(3.0)
    backend, table = play(stage)
    run(backend, 1.0)
    before = backend.poses().copy()
    contacts = backend.contacts(100)
    np.testing.assert_array_equal(backend.poses(), before)
    assert contacts.forces.sum() == pytest.approx(3.0 * 9.81, rel=0.01)
    np.testing.assert_allclose(contacts.positions[:, 1], 0.0, atol=0.1)
    np.testing.assert_allclose(np.abs(contacts.positions[:, 0] - 30.0), 10.0, atol=0.1)
    # From the ground, which never moves, up to the box.
    row = table.paths.find("/World/box")
    assert (np.sort(contacts.bodies, axis=1) == [-1, row]).all()
    up = np.where(contacts.bodies[:, 1] == row, 1.0, -1.0)
    np.testing.assert_allclose(contacts.normals[:, 1], up, atol=1e-6)
    assert (contacts.env_id == -1).all()


def test_an_orientation_of_length_zero_is_refused_before_it_is_written():
    stage = new_stage()
    add_body(stage, "/World/box", UsdGeom.Cube, at=(0.0, 0.0, 1.0), size=0.2)
    backend, _ = play(stage)
    before = backend.poses().copy()
    with pytest.raises(ValueError, match="length zero"):
        backend.state.set_body_poses(np.array([0]), np.zeros((1, 7)))
    np.testing.assert_array_equal(backend.poses(), before)


def test_contacts_belong_to_their_environments_and_respect_the_limit():
    stage, plan = heterogeneous()
    backend, table = play(stage, plan)
    assert len(backend.contacts(100)) == 0
    run(backend, 3.0)
    contacts = backend.contacts(1000)
    assert set(contacts.env_id.tolist()) == set(range(12))
    owners = table.paths.env_id[contacts.bodies.max(axis=1)]
    np.testing.assert_array_equal(owners, contacts.env_id)
    poses = backend.poses()[contacts.bodies.max(axis=1)]
    assert (np.abs(poses[:, :2] - contacts.positions[:, :2]) < 0.2).all()
    assert len(backend.contacts(5)) == 5
    only = backend.contacts(1000, np.array([7]))
    assert set(only.env_id.tolist()) == {7}
    assert len(ContactTable.joined([], 3)) == 0


def test_masses_and_centres_are_those_of_the_bodies():
    stage = new_stage(meters=0.01)
    box = add_body(stage, "/World/box", UsdGeom.Cube, at=(0.0, 0.0, 50.0), size=20.0)
    mass = UsdPhysics.MassAPI.Apply(box.GetPrim())
    mass.CreateMassAttr(3.0)
    mass.CreateCenterOfMassAttr(Gf.Vec3f(1.0, 2.0, -3.0))
    _, table = play(stage)
    np.testing.assert_allclose(table.mass, [3.0])
    np.testing.assert_allclose(table.center_of_mass, [[1.0, 2.0, -3.0]], atol=1e-6)


def test_a_push_acts_at_the_centre_until_it_is_taken_back():
    stage = new_stage(up="Y")
    body = add_body(stage, "/World/ball", at=(0.0, 5.0, 0.0), radius=0.1)
    UsdPhysics.MassAPI.Apply(body.GetPrim()).CreateMassAttr(2.0)
    backend, table = play(stage, gravity=(0.0, 0.0, 0.0))
    rows = np.array([table.paths.find("/World/ball")])
    backend.state.set_body_forces(rows, np.array([[0.0, 4.0, 2.0, 0.0, 0.0, 0.0]]))
    run(backend, 0.5)
    np.testing.assert_allclose(backend.velocities()[0], [0, 1.0, 0.5, 0, 0, 0], atol=1e-9)
    backend.state.set_body_forces(rows, np.zeros((1, 6)))
    run(backend, 0.5)
    np.testing.assert_allclose(backend.velocities()[0, :3], [0, 1.0, 0.5], atol=1e-9)
    backend.state.set_body_forces(rows, np.array([[0, 0, 0, 0, 0.01, 0]]))
    run(backend, 0.1)
    spin = backend.velocities()[0, 3:]
    assert spin[1] > 0.1
    assert np.abs(spin[[0, 2]]).max() < 1e-12


def test_a_captured_state_continues_bit_for_bit():
    stage, plan = cloned_asset(CARTPOLE, 3)
    backend, _ = play(stage, plan)
    state = backend.state
    joints = np.arange(len(state.joints))
    run(backend, 0.2)
    state.set_joint_efforts(joints, np.linspace(-2.0, 2.0, len(joints)))
    run(backend, 0.2)
    captured = state.capture()
    kept = {name: values.copy() for name, values in captured.items()}
    poses = backend.poses().copy()
    run(backend, 0.5)
    first = backend.poses().copy()
    for name, values in kept.items():
        np.testing.assert_array_equal(captured[name], values)
    state.set_joint_efforts(joints, np.zeros(len(joints)))
    run(backend, 0.3)
    state.restore(captured)
    np.testing.assert_array_equal(backend.poses(), poses)
    run(backend, 0.5)
    np.testing.assert_array_equal(backend.poses(), first)


def test_contacts_repeat_bit_for_bit_after_a_restore():
    stage, plan = heterogeneous()
    backend, _ = play(stage, plan)
    run(backend, 1.2)
    captured, poses = backend.state.capture(), backend.poses().copy()
    run(backend, 1.0)
    first, speeds = backend.poses().copy(), backend.velocities().copy()
    backend.state.restore(captured)
    np.testing.assert_array_equal(backend.poses(), poses)
    run(backend, 1.0)
    np.testing.assert_array_equal(backend.poses(), first)
    np.testing.assert_array_equal(backend.velocities(), speeds)


def test_a_moved_fixed_body_returns_too():
    stage = new_stage()
    add_body(stage, "/World/base", UsdGeom.Cube, at=(0.0, 0.0, 1.0), size=0.2)
    add_body(stage, "/World/ball", at=(3.0, 0.0, 1.0), radius=0.1)
    joint = UsdPhysics.FixedJoint.Define(stage, "/World/fix")
    joint.CreateBody1Rel().SetTargets(["/World/base"])
    joint.CreateLocalPos0Attr(Gf.Vec3f(0.0, 0.0, 1.0))
    backend, table = play(stage)
    row = table.paths.find("/World/base")
    captured, before = backend.state.capture(), backend.poses()[row].copy()
    target = before.copy()
    target[0] = 2.0
    backend.state.set_body_poses(np.array([row]), target[None])
    assert backend.poses()[row, 0] == 2.0
    backend.state.restore(captured)
    np.testing.assert_array_equal(backend.poses()[row], before)


def test_a_state_of_another_scene_is_refused():
    stage, plan = heterogeneous()
    backend, _ = play(stage, plan)
    other_stage = new_stage()
    add_body(other_stage, "/World/ball")
    other, _ = play(other_stage)
    with pytest.raises(ValueError, match="another scene"):
        other.state.restore(backend.state.capture())
