"""What overlays are drawn from: published when asked for, and true."""

from __future__ import annotations

import numpy as np
import pytest
from pxr import UsdGeom

from inspector.session.overlay_table import (
    COLLIDERS,
    CONTACTS,
    JOINTS,
    MASSES,
    SPEEDS,
    JointKind,
)
from inspector.session.session import Session
from inspector.session.snapshot import PlayState


def play(session: Session, steps: int) -> None:
    session.set_state(PlayState.PLAYING)
    session.set_state(PlayState.PAUSED)
    session.step(steps)


def test_nothing_is_read_until_it_is_asked_for(demo: Session):
    table = demo.snapshot().overlay
    assert not table.shown
    assert len(table.joints) == len(table.contacts) == 0
    with pytest.raises(ValueError, match="no overlay 'jonts'"):
        demo.show_overlays({"jonts"})


def test_cameras_are_always_there_and_follow_what_is_authored(demo: Session):
    stage = demo._scene.stage
    assert len(demo.snapshot().cameras) == 0
    camera = UsdGeom.Camera.Define(stage, "/World/Camera")
    cameras = demo.snapshot().cameras
    assert cameras.focal_length.tolist() == [50.0]
    assert demo.snapshot().cameras is cameras
    camera.CreateFocalLengthAttr(35.0)
    assert demo.snapshot().cameras.focal_length.tolist() == [35.0]


def test_joints_are_there_while_stopped_and_join_the_bodies_of_their_environment(demo: Session):
    demo.show_overlays({JOINTS})
    snapshot = demo.snapshot()
    joints, rows = snapshot.overlay.joints, snapshot.transforms
    kinds = [JointKind(kind) for kind in np.unique(joints.kind)]
    assert JointKind.REVOLUTE in kinds
    assert JointKind.PRISMATIC in kinds
    for side in (joints.row0, joints.row1):
        there = side >= 0
        np.testing.assert_array_equal(rows.env_id[side[there]], joints.env_id[there])
    # Both sides of a joint meet, whatever its environment.
    both = (joints.row0 >= 0) & (joints.row1 >= 0) & (joints.kind == JointKind.REVOLUTE)
    at0 = (joints.frame0 @ rows.usd_world[joints.row0])[both, 3, :3]
    at1 = (joints.frame1 @ rows.usd_world[joints.row1])[both, 3, :3]
    assert both.sum() >= 6
    np.testing.assert_allclose(at0, at1, atol=1e-4)
    assert demo.snapshot().overlay is snapshot.overlay


def test_contacts_masses_and_speeds_say_that_they_need_the_simulation(demo: Session):
    demo.show_overlays({CONTACTS, MASSES, SPEEDS})
    table = demo.snapshot().overlay
    assert table.notes == (
        "Contacts and centres of mass and speeds exist while the simulation plays.",
    )
    play(demo, 120)
    table = demo.snapshot().overlay
    bodies = len(demo.snapshot().transforms.physics_world)
    assert table.notes == ()
    assert len(table.mass) == len(table.center_of_mass) == len(table.speed) == bodies
    assert (table.mass > 0).all()
    assert len(table.contacts) > 0
    demo.show_overlays({CONTACTS}, 2)
    one = demo.snapshot().overlay.contacts
    assert set(one.env_id.tolist()) == {2}


def test_joint_values_are_those_of_the_engine(demo: Session):
    demo.show_overlays({JOINTS})
    play(demo, 30)
    snapshot = demo.snapshot()
    table, rows = snapshot.overlay, snapshot.transforms
    slides = np.flatnonzero(table.joints.kind == JointKind.PRISMATIC)
    assert len(slides) == 6
    near = table.joints.frame0[slides] @ rows.fabric_world[table.joints.row0[slides]]
    far = table.joints.frame1[slides] @ rows.fabric_world[table.joints.row1[slides]]
    along = near[np.arange(6), table.joints.axis[slides], :3]
    moved = ((far[:, 3, :3] - near[:, 3, :3]) * along).sum(1)
    np.testing.assert_allclose(table.joint_values[slides], moved, atol=1e-5)


def test_colliders_are_published_and_what_was_asked_for_outlives_the_scene(demo: Session):
    demo.show_overlays({COLLIDERS})
    first = demo.snapshot().overlay.colliders
    assert first.instance_count > 6
    demo.new_demo(3)
    second = demo.snapshot().overlay
    assert second.shown == {COLLIDERS}
    assert 0 < second.colliders.instance_count < first.instance_count
