"""Where bodies are placed, against MuJoCo's own kinematics of the whole model."""

import mujoco
import numpy as np
import pytest
from mujoco import batch

from inspector.physics.body_placement import BodyPlacement, Skeletons

FREE = "<body pos='1 2 3'><freejoint/><geom size='.1'/>{}</body>"
HINGE = "<body pos='.3 0 .1' euler='10 20 30'><joint axis='1 2 3' pos='.1 0 0' ref='15'/><geom size='.1'/>{}</body>"
BALL = "<body pos='0 .2 0'><joint type='ball' pos='0 .05 0'/><geom size='.1'/>{}</body>"
SLIDE = "<body><joint type='slide' axis='0 1 1' ref='.2'/><geom size='.1'/>{}</body>"
SIX = (
    "<body><joint type='slide' axis='1 0 0'/><joint type='slide' axis='0 1 0'/>"
    "<joint axis='1 0 0'/><joint axis='0 1 0'/><joint axis='0 0 1'/><geom size='.1'/>{}</body>"
)
FIXED = "<body pos='0 0 .5' euler='0 90 0'><geom size='.1'/>{}</body>"
MOCAP = "<body mocap='true' pos='4 0 0'><geom size='.1'/></body>"
MODELS = {
    "one free body": FREE.format(""),
    "free bodies among others": HINGE.format("") + FREE.format("") + SLIDE.format("") + FREE.format(""),
    "a tree on a free body": FREE.format(HINGE.format(BALL.format("")) + SLIDE.format(FIXED.format(""))),
    "a fixed base": FIXED.format(HINGE.format(HINGE.format(""))),
    "several joints on a body": SIX.format(HINGE.format("")),
    "kinematic bodies between free ones": FREE.format("") + MOCAP + FREE.format("") + MOCAP,
    "nothing that moves": FIXED.format(""),
}  # fmt: skip


def model_of(name: str) -> mujoco.MjModel:
    return mujoco.MjModel.from_xml_string(f"<mujoco><worldbody>{MODELS[name]}</worldbody></mujoco>")


def scatter(model: mujoco.MjModel, count: int) -> batch.Batch:
    """Return environments of any states, quaternions that are not normalised among them."""
    states = batch.Batch(model, count, 1)
    random = np.random.default_rng(0)
    for name in ("qpos", "mocap_pos", "mocap_quat"):
        states.bind(name)[...] = random.normal(size=states.bind(name).shape)
    return states


def expected(model: mujoco.MjModel, states: batch.Batch, name: str) -> np.ndarray:
    result = []
    for env in range(states.nsim):
        data = mujoco.MjData(model)
        for field in ("qpos", "mocap_pos", "mocap_quat"):
            getattr(data, field)[...] = states.bind(field)[env]
        mujoco.mj_kinematics(model, data)
        result.append(getattr(data, name).copy())
    return np.array(result)


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("count", [1, 5, 16, 37])
def test_bodies_stand_exactly_where_the_whole_model_has_them(name, count):
    model = model_of(name)
    states = scatter(model, count)
    skeletons = Skeletons.of(model, count)
    cut = count // 3
    parts = [slice(0, cut), slice(cut, count)] if cut else [slice(0, count)]
    for field, width in (("xpos", 3), ("xquat", 4), ("xmat", 9)):
        found = np.full((count, model.nbody, width), np.nan)
        for envs in parts:
            placement = BodyPlacement(skeletons, states, envs)
            placement.table(field)
            placement.refresh(states.bind("qpos"))
            placement.write(field, found)
        np.testing.assert_array_equal(found, expected(model, states, field))


def test_fixed_bodies_may_stand_elsewhere_in_each_environment():
    model = model_of("a fixed base")
    count = 19
    states = scatter(model, count)
    own = states.expand("body_pos")
    own[:, 1] += np.arange(count)[:, None]
    placement = BodyPlacement(Skeletons.of(model, count), states, slice(0, count))
    placement.set_own("body_pos", own)
    placement.table("xpos")
    placement.refresh(states.bind("qpos"))
    found = np.empty((count, model.nbody, 3))
    placement.write("xpos", found)
    plain = expected(model, states, "xpos")
    np.testing.assert_allclose(found[:, 1:], plain[:, 1:] + np.arange(count)[:, None, None])


def test_what_places_bodies_has_no_shapes_and_few_coordinates():
    model = model_of("a tree on a free body")
    made = Skeletons.of(model, 100).skeletons
    assert made.ngeom == 0
    assert made.nv == Skeletons.of(model, 100).count * (model.nv - 6)
