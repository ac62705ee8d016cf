"""Everything or nothing: cancels and failures at every stage; same scene in every mode."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from inspector.cloner import usd_replicate
from tests.unit.cloner.conftest import (
    ENVS,
    OBJECT,
    ROBOT,
    StopError,
    define,
    make_stage,
    shape,
    stop_at,
    text,
    worlds,
)

MODES = ["copy", "reference", "instance"]
SOURCE = "/World/envs/env_0/Robot"
every_mode = pytest.mark.parametrize("mode", MODES)


# Everything or nothing ------------------------------------------------------------------------


def busy_call(stage, mode, progress=None):
    """Every kind of change at once: nested, replaced, self-copied, overs, new ancestors."""
    define(stage, OBJECT.format(2), "Cone")
    define(stage, OBJECT.format(2) + "/child")
    stage.OverridePrim("/World/far")
    positions = np.arange(30.0).reshape(10, 3)
    return lambda: usd_replicate(
        stage,
        ["/World/envs/env_0", "/Sources/ball", "/Sources/cube", SOURCE],
        [ENVS, OBJECT, "/World/far/away_{}/Cube", "/Other/robot_{}"],
        [0, 1, 2, 3, 7, 8],
        None,
        positions,
        mode=mode,
        progress=progress,
    )


@every_mode
def test_a_cancel_at_any_moment_leaves_the_layer_bit_for_bit(mode, monkeypatch):
    monkeypatch.setattr("inspector.cloner.authoring._LARGEST_BLOCK", 2)
    calls = []
    busy_call(make_stage(), mode, lambda *args: calls.append(args))()
    assert len(calls) > 10
    assert [done for done, _, _ in calls] == sorted(done for done, _, _ in calls)
    assert calls[-1][0] == calls[-1][1] == 24
    for call in range(len(calls)):
        stage = make_stage()
        run = busy_call(stage, mode, stop_at(call))
        before, composed = text(stage), shape(stage, "/World")
        with pytest.raises(StopError):
            run()
        assert text(stage) == before
        assert shape(stage, "/World") == composed


@every_mode
@pytest.mark.parametrize(
    "victim",
    [
        "authoring.copy_spec",
        "authoring.CloneWriter._define_ancestors",
        "authoring.CloneWriter._create_ancestor",
        "authoring._Poser.pose_specs",
        "authoring._Poser.pose_source",
        "transaction.LayerTransaction.before_write",
        "transaction.LayerTransaction.before_define",
        "replication.capture",
        "replication._layout",
    ],
)
def test_a_failure_at_any_stage_leaves_the_layer_bit_for_bit(mode, victim, monkeypatch):
    """Fail at the first, second, … call of each step until the clone succeeds."""
    module, _, name = victim.partition(".")
    target = f"inspector.cloner.{module}.{name}"
    import importlib

    owner = importlib.import_module(f"inspector.cloner.{module}")
    *parents, leaf = name.split(".")
    for parent in parents:
        owner = getattr(owner, parent)
    original = getattr(owner, leaf)
    for fail_at in range(200):
        calls = iter(range(100_000))

        def failing(*args, _calls=calls, _at=fail_at, **kwargs):
            if next(_calls) == _at:
                raise StopError
            return original(*args, **kwargs)

        stage = make_stage()
        run = busy_call(stage, mode)
        before = text(stage)
        with monkeypatch.context() as patch:
            patch.setattr(target, failing)
            try:
                run()
            except StopError:
                assert text(stage) == before, f"{victim}, call {fail_at}"
            else:
                break
    assert fail_at > 0


def test_keyboard_interrupt_leaves_nothing_half_written(stage):
    before = text(stage)

    def interrupt(done, total, words):
        if done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        usd_replicate(stage, [SOURCE], [ROBOT], range(4), progress=interrupt)
    assert text(stage) == before


# Properties -----------------------------------------------------------------------------------

rows = st.sampled_from(["/Sources/cube", "/Sources/ball", SOURCE, "/World/envs/env_0"])


@st.composite
def calls(draw):
    """Arguments of a call that is legal: at most one source per destination."""
    num_envs = draw(st.integers(1, 5))
    groups = [(ENVS, ["/World/envs/env_0"]), (OBJECT, ["/Sources/cube", "/Sources/ball"]),
              (ROBOT, [SOURCE, "/Sources/ball"])]  # fmt: skip
    sources, templates, mask = [], [], []
    for template, choices in draw(st.permutations(groups)):
        pick = draw(st.lists(st.integers(-1, len(choices) - 1), min_size=num_envs,
                             max_size=num_envs))  # fmt: skip
        for index, source in enumerate(choices):
            sources.append(source)
            templates.append(template)
            mask.append([p == index for p in pick])
    posed = draw(st.booleans())
    seed = draw(st.integers(0, 99))
    rng = np.random.default_rng(seed)
    positions = rng.normal(size=(num_envs, 3)) if posed else None
    quats = rng.normal(size=(num_envs, 4)) if posed and draw(st.booleans()) else None
    return sources, templates, range(num_envs), np.array(mask), positions, quats


@settings(max_examples=40, deadline=None)
@given(calls())
def test_every_mode_gives_the_same_scene(args):
    scenes = []
    for mode in MODES:
        stage = make_stage()
        usd_replicate(stage, *args, mode=mode)
        scenes.append((shape(stage), worlds(stage)))
    for scene, matrices in scenes[1:]:
        assert scene.keys() == scenes[0][0].keys()
        assert scene == scenes[0][0]
        for path, matrix in matrices.items():
            np.testing.assert_allclose(matrix, scenes[0][1][path], atol=1e-9)


@settings(max_examples=40, deadline=None)
@given(calls(), st.sampled_from(MODES))
def test_replicating_twice_equals_once(args, mode):
    stage = make_stage()
    fixed = [i for i, source in enumerate(args[0]) if source.startswith("/Sources")]
    sources, templates = [args[0][i] for i in fixed], [args[1][i] for i in fixed]
    args = (sources, templates, args[2], args[3][fixed], *args[4:])
    usd_replicate(stage, *args, mode=mode)
    once = text(stage)
    usd_replicate(stage, *args, mode=mode)
    assert text(stage) == once
