"""Each reason of the specification, its error, and the sentence about it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, strategies as st
from pxr import Gf, UsdGeom

from inspector.fabric.scene_tables import SceneTables
from inspector.physics.poses import from_world_matrices
from inspector.session.pose_errors import pose_errors, rotation_errors
from inspector.session.snapshot import PlayState, StaleReason, Tolerance
from inspector.session.staleness import PhysicsPoses, compare
from inspector.session.why import RowHistory, why
from inspector.sim.pose_math import world_matrices
from inspector.utils.states import Writer
from tests.unit.usd.clone_stages import clone_stage

ROBOT = "/World/envs/env_2/Robot"


@pytest.fixture
def scene():
    stage, plan = clone_stage()
    tables = SceneTables.build(stage, plan)
    yield stage, tables
    tables.close()


@pytest.fixture
def tables(scene):
    return scene[1]


def rows(tables, *paths):
    return tables.world_cache.rows_of(paths)


def moved(tables, at, by):
    world = tables.fabric.world[at].copy()
    world[:, 3, :3] += by
    return world


def test_a_populated_scene_is_fresh(tables):
    verdict = compare(tables, Tolerance())
    assert (verdict.reason == StaleReason.FRESH).all()
    assert verdict.error_position.max() == verdict.error_rotation.max() == 0


def test_usd_is_behind_what_physics_wrote_and_below_it(tables):
    at = rows(tables, ROBOT)
    tables.fabric.write(at, moved(tables, at, (0.3, 0, 0.4)), Writer.PHYSICS, 5)
    tables.fabric.update_world_xforms(below=Writer.PHYSICS)
    verdict = compare(tables, Tolerance())
    stale = np.flatnonzero(verdict.reason)
    assert sorted(stale) == sorted(rows(tables, ROBOT, f"{ROBOT}/rail", f"{ROBOT}/rail/cart"))
    assert (verdict.reason[stale] == StaleReason.USD_BEHIND).all()
    np.testing.assert_allclose(verdict.error_position[stale], 0.5)


def test_fabric_is_behind_what_was_authored_later(scene):
    stage, tables = scene
    UsdGeom.XformCommonAPI(stage.GetPrimAtPath(ROBOT)).SetTranslate((0, 1, 2))
    tables.refresh(step=3, structural=False, populate=False)
    verdict = compare(tables, Tolerance())
    assert (verdict.reason[rows(tables, ROBOT, f"{ROBOT}/rail")] == StaleReason.FABRIC_BEHIND).all()
    assert verdict.error_position.max() == pytest.approx(2.0)


def test_physics_is_ahead_of_a_row_that_it_did_not_store(tables):
    at = rows(tables, ROBOT)
    physics = PhysicsPoses(moved(tables, at, (0, 0, 1)), at)
    verdict = compare(tables, Tolerance(), physics=physics)
    assert verdict.reason[at[0]] == StaleReason.PHYSICS_AHEAD
    assert np.count_nonzero(verdict.reason) == 1
    assert verdict.error_position[at[0]] == pytest.approx(1.0)


@pytest.mark.parametrize(
    "shape",
    [np.diag([-1.0, 1.0, 1.0]), np.array([[1.0, 0, 0], [0.5, 1, 0], [0, 0, 1]])],
    ids=["mirrored", "sheared"],
)
def test_a_mirrored_or_sheared_body_that_physics_has_just_written_is_not_behind_it(tables, shape):
    at = rows(tables, ROBOT)
    matrix = tables.fabric.world[at].copy()
    matrix[:, :3, :3] = shape
    rigid = world_matrices(from_world_matrices(matrix))
    turn = world_matrices(np.array([[0, 0, 0, 0, 0, np.sin(0.2), np.cos(0.2)]]))
    matrix, poses = matrix @ turn, rigid @ turn
    tables.fabric.write(at, matrix, Writer.PHYSICS, step=1)
    verdict = compare(tables, Tolerance(), physics=PhysicsPoses(poses, at))
    assert verdict.reason[at] == StaleReason.USD_BEHIND
    ahead = compare(tables, Tolerance(), physics=PhysicsPoses(poses @ turn, at))
    assert ahead.reason[at] == StaleReason.PHYSICS_AHEAD


def test_without_fabric_physics_is_held_against_usd(tables):
    at = rows(tables, ROBOT)
    everything = np.arange(len(tables))
    tables.fabric.write(everything, moved(tables, everything, (9, 9, 9)), Writer.SCRIPT)
    usd = tables.world_cache.world[at]
    same = PhysicsPoses(usd, at)
    assert not compare(tables, Tolerance(), physics=same, use_fabric=False).reason.any()
    other = PhysicsPoses(usd + 0.5, at)
    verdict = compare(tables, Tolerance(), physics=other, use_fabric=False)
    assert verdict.reason[at[0]] == StaleReason.PHYSICS_AHEAD


def test_a_row_that_did_not_follow_its_parent(tables):
    at = rows(tables, ROBOT)
    tables.fabric.write(at, moved(tables, at, (0, 0, 1)), Writer.SCRIPT, 5)
    verdict = compare(tables, Tolerance())
    rail, cart = rows(tables, f"{ROBOT}/rail", f"{ROBOT}/rail/cart")
    assert verdict.reason[at[0]] == StaleReason.USD_BEHIND
    assert verdict.reason[rail] == StaleReason.PARENT_MOVED
    assert verdict.reason[cart] == StaleReason.FRESH, "its own parent was not written"
    assert verdict.error_position[rail] == pytest.approx(1.0)
    tables.fabric.update_world_xforms()
    assert (compare(tables, Tolerance()).reason != StaleReason.PARENT_MOVED).all()


def test_a_pass_below_physics_leaves_what_a_script_moved(tables):
    at = rows(tables, ROBOT)
    tables.fabric.write(at, moved(tables, at, (0, 0, 1)), Writer.SCRIPT, 5)
    assert tables.fabric.update_world_xforms(below=Writer.PHYSICS) == 0
    assert tables.fabric.update_world_xforms() == 2


def test_rows_that_exist_in_fabric_only(tables):
    has_usd = np.ones(len(tables), np.bool_)
    has_usd[4] = False
    verdict = compare(tables, Tolerance(), has_usd=has_usd)
    assert np.flatnonzero(verdict.reason).tolist() == [4]
    assert verdict.reason[4] == StaleReason.FABRIC_ONLY


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_nothing_outweighs_a_pose_that_is_not_finite(tables, value):
    at = rows(tables, ROBOT)
    world = tables.fabric.world[at].copy()
    world[0, 3, 1] = value
    tables.fabric.write(at, world, Writer.PHYSICS, 5)
    verdict = compare(tables, Tolerance())
    assert verdict.reason[at[0]] == StaleReason.NOT_FINITE
    assert not np.isnan(verdict.error_position).any()
    assert not np.isnan(verdict.error_rotation).any()


def test_the_same_infinity_on_both_sides_is_not_fresh(tables):
    world = tables.world_cache.world.copy()
    world[3, 3, 0] = np.inf
    tables.world_cache.world = world
    tables.fabric.write(np.arange(len(tables)), world, Writer.SCRIPT)
    assert compare(tables, Tolerance()).reason[3] == StaleReason.NOT_FINITE


def test_the_tolerance_decides(tables):
    at = rows(tables, f"{ROBOT}/rail/cart")
    tables.fabric.write(at, moved(tables, at, (5e-4, 0, 0)), Writer.PHYSICS, 5)
    assert compare(tables, Tolerance(1e-3, 1e-4)).reason[at[0]] == StaleReason.FRESH
    assert compare(tables, Tolerance(1e-4, 1e-4)).reason[at[0]] == StaleReason.USD_BEHIND


def test_errors_are_in_metres(tables):
    at = rows(tables, f"{ROBOT}/rail/cart")
    tables.fabric.write(at, moved(tables, at, (2.0, 0, 0)), Writer.PHYSICS, 5)
    verdict = compare(tables, Tolerance(), meters_per_unit=0.01)
    assert verdict.error_position[at[0]] == pytest.approx(0.02)


def test_a_changed_scale_is_stale_although_nothing_moved(tables):
    at = rows(tables, f"{ROBOT}/rail/cart")
    world = tables.fabric.world[at].copy()
    world[:, :3, :3] *= 2.0
    tables.fabric.write(at, world, Writer.SCRIPT, 5)
    verdict = compare(tables, Tolerance())
    assert verdict.reason[at[0]] == StaleReason.USD_BEHIND
    assert verdict.error_rotation[at[0]] < 1e-7


def turn(axis, angle: float):
    return np.array(Gf.Matrix3d(Gf.Rotation(Gf.Vec3d(*axis), np.rad2deg(angle))))


directions = st.tuples(*[st.floats(-1, 1)] * 3).filter(lambda v: np.linalg.norm(v) > 0.1)
scales = st.tuples(*[st.floats(0.1, 10)] * 3)


@given(directions, st.floats(0, np.pi), directions, st.floats(0, 3), scales, scales)
def test_the_angle_is_right_whatever_the_scale(axis, angle, other, offset, size_a, size_b):
    base = turn(other, offset)
    a = np.diag(size_a) @ base
    b = np.diag(size_b) @ turn(axis, angle) @ base
    assert rotation_errors(a[None], b[None])[0] == pytest.approx(angle, abs=2e-6)


@pytest.mark.parametrize("angle", [1e-4, 1e-6])
def test_small_angles_are_not_lost(angle):
    error = rotation_errors(np.eye(3)[None], turn((1, 2, 3), angle)[None])[0]
    assert error == pytest.approx(angle, rel=1e-6)


def history(reason: StaleReason, **changes) -> RowHistory:
    known = {
        "reason": reason,
        "usd_writer": Writer.USER,
        "usd_step": 0,
        "usd_label": "Move cone",
        "fabric_writer": Writer.PHYSICS,
        "fabric_step": 412,
        "parent": "/World/envs/env_2/Robot",
        "parent_writer": Writer.SCRIPT,
        "parent_step": 400,
        "step": 412,
        "state": PlayState.PLAYING,
        "alike": 12,
    }
    return RowHistory(**{**known, **changes})


def test_the_sentence_of_the_specification():
    assert why(history(StaleReason.USD_BEHIND)) == (
        "Fabric was written by physics at step 412; USD was last authored by 'Move cone' before "
        "play; USD is 412 steps old. Write 12 rows back to USD."
    )


def test_every_reason_has_a_sentence_and_fresh_has_none():
    sentences = {reason: why(history(reason)) for reason in StaleReason}
    assert sentences.pop(StaleReason.FRESH) == ""
    assert len(set(sentences.values())) == len(StaleReason) - 1
    parent = sentences[StaleReason.PARENT_MOVED]
    assert "/World/envs/env_2/Robot was written by a script at step 400" in parent
    one = why(history(StaleReason.FABRIC_BEHIND, usd_label="", usd_writer=Writer.SCRIPT, alike=1))
    assert one.startswith("USD was authored by a script before play; ")
    assert one.endswith("Repopulate 1 row from USD.")


@pytest.mark.parametrize("share", [0.0, 0.1, 0.6, 1.0])
def test_errors_do_not_depend_on_which_neighbours_moved(share):
    """Blocks are treated differently by how many of their rows are apart."""
    random = np.random.default_rng(3)
    count = 5000
    a = np.tile(np.eye(4), (count, 1, 1))
    a[:, :3, :3] = [turn(axis, 1.0) for axis in random.normal(size=(count, 3))]
    b = a.copy()
    apart = random.random(count) < share
    apart[2048:4096] = False  # a whole block that agrees
    b[apart, 3, 0] += 0.25
    b[apart, :3, :3] = b[apart, :3, :3] @ turn((0, 0, 1), 0.1)
    errors = pose_errors(a, b)
    np.testing.assert_allclose(errors.position, np.where(apart, 0.25, 0.0), atol=1e-12)
    np.testing.assert_allclose(errors.rotation, np.where(apart, 0.1, 0.0), atol=1e-9)
    assert not errors.broken.any()
    some = np.flatnonzero(apart)[::3]
    picked = pose_errors(a, b[some], rows_a=some)
    np.testing.assert_array_equal(picked.position, errors.position[some])
