"""Lints of a mask: each mistake is found, named with its path or environments, and quickly."""

from __future__ import annotations

import subprocess
import sys
import time

import numpy as np
import pytest

from inspector.cloner.rules import check
from inspector.utils.states import Severity

ENV, OBJECT, ROBOT = (f"/World/envs/env_{{}}{tail}" for tail in ("", "/Object", "/Robot"))


def codes(messages):
    return [message.code for message in messages]


def only(messages, code):
    found = [message for message in messages if message.code == code]
    assert len(found) == 1, messages
    return found[0]


def test_a_good_mask_has_nothing_to_say():
    mask = np.array([[True, False], [False, True], [True, True]])
    assert check(["/A", "/B", "/R"], [OBJECT, OBJECT, ROBOT], [0, 1], mask) == ()


def test_an_environment_without_a_source():
    mask = np.zeros((2, 6), bool)
    mask[0, [0, 3]] = mask[1, 1] = True
    lint = only(check(["/A", "/B"], [OBJECT] * 2, range(6), mask), "env-without-source")
    assert lint.severity == Severity.ERROR
    assert lint.env_ids == (2, 4, 5)
    assert lint.path == "/World/envs/env_2/Object"
    assert lint.text == f"env_2, env_4, env_5 have no source for {OBJECT}; paint one of /A, /B."


def test_env_ids_are_those_of_the_columns_and_few():
    mask = np.zeros((1, 100), bool)
    lint = only(check(["/A"], [OBJECT], range(50, 150), mask), "env-without-source")
    assert lint.env_ids == tuple(range(50, 58))
    assert "env_50, env_51, env_52 and 97 more have no source" in lint.text


def test_two_sources_for_one_destination():
    mask = np.array([[True, True, False], [False, True, True]])
    lint = only(check(["/A", "/B"], [OBJECT] * 2, range(3), mask), "two-sources")
    assert lint.severity == Severity.ERROR
    assert lint.env_ids == (1,)
    assert "env_1 has more than one source" in lint.text
    assert "two-sources" not in codes(check(["/A", "/A"], [OBJECT] * 2, range(3), mask))
    assert "two-sources" not in codes(check(["/A", "/B"], [OBJECT, ROBOT], range(3), mask))


def test_an_all_false_row_is_worth_a_word():
    mask = np.array([[True, True], [False, False]])
    lint = only(check(["/A", "/B"], [OBJECT] * 2, range(2), mask), "unused-row")
    assert lint.severity == Severity.INFO
    assert lint.path == "/B"


def test_a_child_before_its_parent():
    mask = np.ones((2, 2), bool)
    lint = only(check(["/A", "/E"], [OBJECT, ENV], range(2), mask), "child-before-parent")
    assert lint.severity == Severity.WARNING
    assert lint.path == OBJECT
    assert check(["/E", "/A"], [ENV, OBJECT], range(2), mask) == ()


def test_a_self_copy():
    source = "/World/envs/env_7/Object"
    mask = np.ones((1, 2), bool)
    lint = only(check([source], [OBJECT], [3, 7], mask), "self-copy")
    assert (lint.severity, lint.path, lint.env_ids) == (Severity.INFO, source, (7,))
    assert check([source], [OBJECT], [3, 4], mask) == ()
    assert check(["/World/envs/env_07/Object"], [OBJECT], [3, 7], mask) == ()


@pytest.mark.parametrize(
    ("args", "code", "word"),
    [
        ((["/A"], [OBJECT], range(3), np.ones((1, 2), bool)), "mask-width", "2 columns"),
        ((["/A"], [OBJECT], range(2), np.ones((2, 2), bool)), "mask-height", r"\[2, 2\]"),
        ((["/A"], [], range(2), np.ones((1, 2), bool)), "length-mismatch", "1 sources"),
        ((["/A"], ["/World/x"], range(2), np.ones((1, 2), bool)), "template", "exactly one"),
        ((["/A"], ["/W_{}/{}"], range(2), np.ones((1, 2), bool)), "template", "exactly one"),
        ((["/A"], [OBJECT], [0, -1], np.ones((1, 2), bool)), "negative-env-id", "-1"),
        ((["/A"], [OBJECT], [4, 4], np.ones((1, 2), bool)), "duplicate-env-id", "4"),
        ((["A"], [OBJECT], [0, 1], np.ones((1, 2), bool)), "source-path", "'A'"),
        (
            (["/A"], [OBJECT], [0, 1], np.ones((1, 2), bool), {"/B"}),
            "missing-source",
            "no prim at /A",
        ),
    ],
)
def test_what_would_be_refused_is_an_error(args, code, word):
    lint = only(check(*args), code)
    assert lint.severity == Severity.ERROR
    assert __import__("re").search(word, lint.text)


def test_an_unused_row_may_name_a_missing_source():
    mask = np.array([[True], [False]])
    found = check(["/A", "/B"], [OBJECT] * 2, [0], mask, {"/A"})
    assert codes(found) == ["unused-row"]


def test_errors_come_first():
    mask = np.array([[False, False], [True, False]])
    found = check(["/A", "/World/envs/env_0/Object"], [OBJECT] * 2, [0, 1], mask)
    assert [m.severity for m in found] == sorted((m.severity for m in found), reverse=True)


def test_nothing_is_nothing():
    assert check([], [], [], np.zeros((0, 0), bool)) == ()


@pytest.mark.perf
def test_a_large_mask_takes_less_than_a_millisecond():
    rng = np.random.default_rng(0)
    mask = np.zeros((64, 4096), bool)
    mask[rng.integers(0, 32, 4096), np.arange(4096)] = True
    mask[32 + rng.integers(0, 32, 4096), np.arange(4096)] = True
    mask[0, :3] = True
    sources = [f"/World/envs/env_{i}/Object" for i in range(64)]
    templates = [OBJECT] * 32 + [ROBOT] * 32
    ids = np.arange(4096, dtype=np.int32)

    def seconds():
        start = time.perf_counter()
        check(sources, templates, ids, mask)
        return time.perf_counter() - start

    assert min(seconds() for _ in range(30)) < 1e-3


def test_rules_load_without_torch_and_pxr():
    code = (
        "import sys, inspector.cloner.rules;"
        "assert not {'torch', 'pxr'} & set(sys.modules), 'heavy import'"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
