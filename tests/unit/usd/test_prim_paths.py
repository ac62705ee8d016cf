from __future__ import annotations

import numpy as np
import pytest

from inspector.usd.path_table import GLOBAL_ENV, PathTable, PrimPaths, joined, without


@pytest.fixture
def table() -> PathTable:
    templates = ("/World", "/World/envs", "/World/envs/env_{}", "/World/envs/env_{}/Box")
    envs = np.array([0, 3, 12])
    ids = np.concatenate([[0, 1], np.full(3, 2), np.full(3, 3)]).astype(np.int32)
    env_id = np.concatenate([[GLOBAL_ENV] * 2, envs, envs]).astype(np.int32)
    return PathTable(templates, ids, env_id)


def test_paths_of_many_rows_are_the_paths_of_each(table):
    rows = np.array([7, 0, 3, 4])
    assert table.paths(rows) == tuple(table.path(int(row)) for row in rows)
    assert table.paths(rows)[0] == "/World/envs/env_12/Box"


def test_paths_become_strings_only_when_asked_for(table):
    paths = PrimPaths(table, np.array([5, 7]))
    assert paths == ("/World/envs/env_0/Box", "/World/envs/env_12/Box")
    assert paths == ("/World/envs/env_0/Box", "/World/envs/env_12/Box")
    assert paths[-1] == "/World/envs/env_12/Box"
    assert paths[-1:] == ["/World/envs/env_12/Box"]
    assert "/World/envs/env_3/Box" not in paths
    assert "/World/envs/env_12/Box" in paths
    assert next(reversed(paths)) == paths[1]
    assert paths != ("/World/envs/env_0/Box",)
    assert paths == PrimPaths(table, np.array([5, 7]))
    assert not PrimPaths(table, np.zeros(0, np.int64))


def test_rows_are_found_again(table):
    some = PrimPaths(table, np.array([6, 2, 0]))
    other = PathTable(table.templates, table.template_id[::-1], table.env_id[::-1])
    np.testing.assert_array_equal(table.find_paths(some), [6, 2, 0])
    np.testing.assert_array_equal(other.find_paths(some), [1, 5, 7])


@pytest.mark.parametrize("lazy", [True, False])
def test_at_or_below(table, lazy):
    def below(*rows: int) -> list[int]:
        paths = PrimPaths(table, np.array(rows, np.int64))
        return np.flatnonzero(table.at_or_below(paths if lazy else tuple(paths))).tolist()

    assert below(1) == [1, 2, 3, 4, 5, 6, 7]
    assert below(3) == [3, 6]
    assert below(3, 7) == [3, 6, 7]
    assert below() == []
    assert not table.at_or_below(["/World/envs/env_99", "/World/en", "/Nowhere"]).any()


def test_joining_and_leaving_out(table):
    some = PrimPaths(table, np.array([5]))
    assert joined(some, ("/World",)) == ("/World/envs/env_0/Box", "/World")
    assert joined(some, ("/Gone",)) == ("/World/envs/env_0/Box", "/Gone")
    assert joined((), some) == some
    assert without(joined(some, ("/World",)), "/World") == some
    assert without(("/a", "/b"), "/a") == ("/b",)


@pytest.mark.parametrize(
    ("root", "path", "expected"),
    [
        ("/W/env_{}", "/W/env_12/A/b", ("/W/env_{}/A/b", 12)),
        ("/W/env_{}", "/W/env_12", ("/W/env_{}", 12)),
        ("/W/env_{}", "/W/env_/A", ("/W/env_/A", GLOBAL_ENV)),
        ("/W/env_{}", "/W/env_1x/A", ("/W/env_1x/A", GLOBAL_ENV)),
        ("/W/{}_env", "/W/7_env/A", ("/W/{}_env/A", 7)),
        ("/W/{}_env", "/W/7_env2", ("/W/7_env2", GLOBAL_ENV)),
    ],
)
def test_paths_are_split_at_any_root(root, path, expected):
    none = np.zeros(0, np.int32)
    assert PathTable((), none, none, root).split(path) == expected
