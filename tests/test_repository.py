"""Rules that hold for the repository as a whole."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MODULES = sorted((ROOT / "inspector").rglob("*.py"))


def test_no_module_exceeds_500_lines():
    everything = [*MODULES, *(ROOT / "tests").rglob("*.py")]
    long = {p.name: n for p in everything if (n := len(p.read_text().splitlines())) > 500}
    assert not long


def test_the_median_module_fits_on_two_screens():
    lengths = sorted(len(path.read_text().splitlines()) for path in MODULES)
    assert lengths[len(lengths) // 2] <= 200


@pytest.mark.parametrize(
    "module",
    [
        "inspector",
        "inspector.cli",
        "inspector.errors",
        "inspector.session.snapshot",
        "inspector.session.edits",
        "inspector.session.query",
        "inspector.cloner.rules",
    ],
)
def test_value_modules_load_without_heavy_packages(module: str):
    code = (
        f"import sys, {module}; heavy = {{'torch', 'pxr', 'PySide6', 'mujoco', 'vispy'}};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    out = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert out.stdout.strip() == "[]", out.stderr


def test_the_window_loads_without_the_engine():
    code = (
        "import sys, inspector.gui.main_window; heavy = {'torch', 'pxr', 'mujoco'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    out = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert out.stdout.strip() == "[]", out.stderr


def test_the_constraints_file_covers_every_dependency():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    pinned = {
        line.partition("==")[0].lower().replace("_", "-")
        for line in (ROOT / "constraints.txt").read_text().splitlines()
        if "==" in line
    }
    wanted = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    names = {
        requirement.split(";")[0].split(">")[0].strip().lower().replace("_", "-")
        for requirement in wanted
    }
    assert not names - pinned


def test_continuous_integration_runs_the_same_command():
    lines = (ROOT / ".ci" / "run").read_text().splitlines()
    assert [line for line in lines if "make" in line] == ["exec make test"]


@pytest.mark.parametrize(
    "stub", sorted((ROOT / "inspector").rglob("__init__.pyi")), ids=lambda path: path.parent.name
)
def test_every_name_that_a_package_exports_is_there(stub: Path):
    package = import_module(".".join(stub.parent.relative_to(ROOT).parts))
    assert package.__all__
    for name in package.__all__:
        assert getattr(package, name) is not None
