"""Plans: their checks, their recipes and how groups are combined."""

from __future__ import annotations

import itertools
import resource
import time

import numpy as np
import pytest
import torch
from hypothesis import given, strategies as st

from inspector.cloner import CloneCfg, ClonePlan, make_clone_plan, random, sequential

ROBOT, OBJECT = "/World/envs/env_{}/Robot", "/World/envs/env_{}/Object"


def groups(*sizes):
    return [[f"/P/g{g}_{i}" for i in range(size)] for g, size in enumerate(sizes)]


def templates(count):
    return [f"/World/envs/env_{{}}/G{g}" for g in range(count)]


def test_the_last_group_is_fastest():
    seen = []

    def custom(combinations, num_clones, device):
        seen.append(combinations.tolist())
        return combinations[:num_clones]

    sources, destinations, mask = make_clone_plan(groups(2, 3), templates(2), 6, custom)
    assert seen == [[list(row) for row in itertools.product(range(2), range(3))]]
    assert sources == ("/P/g0_0", "/P/g0_1", "/P/g1_0", "/P/g1_1", "/P/g1_2")
    assert destinations == (templates(2)[0],) * 2 + (templates(2)[1],) * 3
    assert mask[2:].int().tolist() == [[1, 0, 0] * 2, [0, 1, 0] * 2, [0, 0, 1] * 2]


@given(
    st.lists(st.integers(1, 5), min_size=1, max_size=4),
    st.integers(0, 40),
    st.sampled_from([random, sequential]),
)
def test_each_environment_receives_one_of_each_group(sizes, num_clones, strategy):
    _, _, mask = make_clone_plan(groups(*sizes), templates(len(sizes)), num_clones, strategy)
    assert mask.shape == (sum(sizes), num_clones)
    for group in torch.split(mask, sizes):
        assert (group.sum(0) == 1).all()


@given(st.lists(st.integers(1, 4), min_size=1, max_size=4), st.integers(0, 30), st.integers(0, 9))
def test_a_built_in_strategy_answers_the_same_with_and_without_the_product(sizes, count, seed):
    product = torch.tensor(list(itertools.product(*map(range, sizes))))
    for strategy in (random, sequential):
        torch.manual_seed(seed)
        lazily = make_clone_plan(groups(*sizes), templates(len(sizes)), count, strategy)[2]
        torch.manual_seed(seed)
        spelt_out = make_clone_plan(
            groups(*sizes), templates(len(sizes)), count, lambda *_, s=strategy: s(product, count)
        )[2]
        assert torch.equal(lazily, spelt_out)


def test_sequential_goes_round():
    _, _, mask = make_clone_plan(groups(3), templates(1), 7, sequential)
    assert mask.int().argmax(0).tolist() == [0, 1, 2, 0, 1, 2, 0]


def test_random_is_reproducible_and_uses_every_prototype():
    masks = []
    for seed in (1, 1, 2):
        torch.manual_seed(seed)
        masks.append(make_clone_plan(groups(3), templates(1), 100, random)[2])
    assert torch.equal(masks[0], masks[1])
    assert not torch.equal(masks[0], masks[2])
    assert masks[0].any(1).all()


def test_an_unused_prototype_keeps_an_empty_row():
    _, _, mask = make_clone_plan(groups(5), templates(1), 2, sequential)
    assert mask.any(1).tolist() == [True, True, False, False, False]


@pytest.mark.parametrize("strategy", [sequential, random])
def test_a_huge_product_costs_nothing(strategy):
    make_clone_plan(groups(2), templates(1), 4, strategy)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    seconds = min(
        _timed(lambda: make_clone_plan(groups(30, 30, 30, 30), templates(4), 4096, strategy))
        for _ in range(3)
    )
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    assert grown < 50, f"{grown:.0f} MB for 30^4 combinations"
    assert seconds < 0.05
    mask = make_clone_plan(groups(*[30] * 20), templates(20), 4, strategy)[2]  # 30^20 > 2^63
    assert (mask.sum(0) == 20).all()


def _timed(call):
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


@pytest.mark.parametrize(
    ("answer", "error", "text"),
    [
        (torch.zeros((3, 2), dtype=torch.long), ValueError, "shape"),
        (torch.zeros((4, 1), dtype=torch.long), ValueError, "shape"),
        (torch.zeros((4, 2)), TypeError, "integers"),
        (torch.zeros((4, 2), dtype=torch.bool), TypeError, "integers"),
        (torch.tensor([[0, 0], [0, 3], [0, 0], [0, 0]]), ValueError, "env 1 in group 1"),
        (torch.tensor([[0, 0], [-1, 0], [0, 0], [0, 0]]), ValueError, "env 1 in group 0"),
    ],
)
def test_the_answer_of_a_strategy_is_checked(answer, error, text):
    with pytest.raises(error, match=text):
        make_clone_plan(groups(2, 3), templates(2), 4, lambda *_: answer)


def test_a_strategy_may_answer_with_numpy():
    answer = np.array([[1, 2]] * 4)
    mask = make_clone_plan(groups(2, 3), templates(2), 4, lambda *_: answer)[2]
    assert mask.int().argmax(0).tolist() == [1] * 4


@pytest.mark.parametrize(
    ("args", "error", "text"),
    [
        (([["/A"]], [], 2, sequential), ValueError, "1 groups but destinations has 0"),
        (([], [], 2, sequential), ValueError, "no group"),
        (([["/A"], []], [ROBOT, OBJECT], 2, sequential), ValueError, r"sources\[1\].*empty"),
        (([["/A"]], ["/World/Robot"], 2, sequential), ValueError, r"destinations\[0\]"),
        (([["/A"]], ["/W_{}/R_{}"], 2, sequential), ValueError, "exactly one"),
        ((["/A"], [ROBOT], 2, sequential), TypeError, "list of lists"),
        (([["/A"]], ROBOT, 2, sequential), TypeError, "destinations"),
        (([[1]], [ROBOT], 2, sequential), TypeError, r"sources\[0\]\[0\]"),
        (([["/A"]], [ROBOT], -2, sequential), ValueError, "num_clones"),
        (([["/A"]], [ROBOT], 2.5, sequential), TypeError, "num_clones"),
        (([["/A"]], [ROBOT], True, sequential), TypeError, "num_clones"),
        (([["/A"]], [ROBOT], 2, "random"), TypeError, "clone_strategy"),
    ],
)
def test_wrong_arguments_are_named(args, error, text):
    with pytest.raises(error, match=text):
        make_clone_plan(*args)


@pytest.mark.parametrize(
    ("fields", "error", "text"),
    [
        ({"clone_mask": torch.ones(2, 4)}, TypeError, "clone_mask must be bool"),
        ({"clone_mask": torch.ones(4, dtype=torch.bool)}, ValueError, "clone_mask"),
        ({"clone_mask": torch.ones((3, 4), dtype=torch.bool)}, ValueError, r"\[2, num_envs\]"),
        ({"sources": ("/A",)}, ValueError, "different lengths"),
        ({"destinations": (ROBOT, "/World/Object")}, ValueError, r"destinations\[1\]"),
        ({"env_pose": torch.zeros(4, 3)}, ValueError, "env_pose"),
    ],
)
def test_a_plan_checks_its_fields(fields, error, text):
    good = {
        "sources": ("/A", "/B"),
        "destinations": (ROBOT, OBJECT),
        "clone_mask": torch.ones((2, 4), dtype=torch.bool),
    }
    ClonePlan(**good)
    with pytest.raises(error, match=text):
        ClonePlan(**{**good, **fields})


def test_a_plan_takes_lists_and_arrays():
    plan = ClonePlan(["/A"], [ROBOT], np.ones((1, 3), bool), np.zeros((3, 7)))
    assert plan.sources == ("/A",)
    assert plan.env_pose.dtype == torch.float32
    assert plan.num_envs == 3
    assert plan.destination(0, 2) == "/World/envs/env_2/Robot"


@given(st.integers(0, 20), st.integers(0, 12), st.integers(0, 2**32 - 1))
def test_recipes_partition_the_environments(rows, envs, seed):
    mask = np.random.default_rng(seed).random((rows, envs)) < 0.3
    plan = ClonePlan([f"/S{i}" for i in range(rows)], [ROBOT] * rows, mask)
    recipes = plan.recipes()
    assert sorted(i for _, ids in recipes for i in ids.tolist()) == list(range(envs))
    assert [int(ids[0]) for _, ids in recipes] == sorted(int(ids[0]) for _, ids in recipes)
    assert len({recipe for recipe, _ in recipes}) == len(recipes)
    for recipe, ids in recipes:
        for env_id in ids.tolist():
            assert tuple(np.flatnonzero(mask[:, env_id])) == recipe


def test_clone_cfg_has_the_defaults_of_the_guide():
    cfg = CloneCfg()
    assert cfg.clone_regex == "/World/envs/env_.*"
    assert cfg.clone_usd
    assert cfg.clone_physics
    assert cfg.physics_clone_fn is None
    assert cfg.clone_strategy is random
    assert cfg.device == "cpu"
    assert not cfg.clone_in_fabric
    assert cfg.replace(device="cuda:0").device == "cuda:0"


def test_a_strategy_that_answers_nothing_is_told_what_is_wanted():
    with pytest.raises(TypeError, match="clone_strategy must return a tensor of integers"):
        make_clone_plan([["/A"]], ["/World/envs/env_{}"], 2, lambda *_: None)
