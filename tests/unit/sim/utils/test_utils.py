"""The names under which Isaac Lab scripts import the USD functions."""

from __future__ import annotations

import importlib
import subprocess
import sys

import pytest

from inspector.sim import utils


@pytest.mark.parametrize("name", ["stage", "prims", "queries", "semantics", "transforms"])
def test_each_module_is_the_usd_module_by_another_name(name):
    ours = importlib.import_module(f"inspector.sim.utils.{name}")
    theirs = importlib.import_module(f"inspector.usd.{name}")
    assert ours.__all__ == theirs.__all__
    # Above Fabric, the current stage is also to be had as rows of Fabric.
    for public in set(ours.__all__) - {"get_current_stage"}:
        assert getattr(ours, public) is getattr(theirs, public)


def test_every_listed_name_exists():
    for package_name in ("utils", "spawners", "schemas", "views"):
        package = importlib.import_module(f"inspector.sim.{package_name}")
        for name in package.__all__:
            assert getattr(package, name) is not None


def test_stage_utils_share_one_state():
    import inspector.sim.utils.stage as stage_utils
    from inspector.usd.stage import get_current_stage

    memory = stage_utils.create_new_stage_in_memory()
    with utils.use_stage(memory):
        assert get_current_stage() == memory


def test_packages_load_without_usd():
    code = (
        "import sys, inspector.sim.spawners, inspector.sim.schemas, inspector.sim.utils, "
        "inspector.sim.views; sys.exit('pxr' in sys.modules or 'torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
