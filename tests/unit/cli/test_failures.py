"""What a command that fails leaves: a sentence, an exit code, and an object where JSON was wanted."""

from __future__ import annotations

import json
import subprocess
import sys
import types
from pathlib import Path

import pytest

from inspector.cli import main

ROOT = Path(__file__).parents[3]
INTERRUPTED_WHILE_IMPORTING = """
import runpy
import signal
import sys

class Interrupt:
    def find_spec(self, name, path=None, target=None):
        if name == {module!r}:
            signal.raise_signal(signal.SIGINT)

signal.signal(signal.SIGINT, signal.default_int_handler)
sys.meta_path.insert(0, Interrupt())
sys.argv = ["main.py", "run"]
{start}
"""


@pytest.mark.parametrize(
    ("arguments", "what", "where"),
    [
        (["run", "nowhere.usda", "--json"], "nowhere.usda does not exist.", "nowhere.usda"),
        (["check", "--max-stale", "1 apple", "--json"], "1 apple", ""),
        (["run", "--steps", "0", "--js"], "--steps 0", ""),
        (["run", "--seed", "9" * 23, "--json"], "a seed has 64 bits", ""),
        (["lint", "nowhere.usda", "--json"], "does not exist", "nowhere.usda"),
        (["screenshot", "-o", "out.bmp", "--json"], "not a PNG", ""),
    ],
)
def test_a_failure_is_an_object_too_where_json_was_wanted(
    arguments: list[str],
    what: str,
    where: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(arguments) == 2
    said = capsys.readouterr()
    told = json.loads(said.out)
    assert (told["good"], told["exit_code"]) == (False, 2)
    assert what in told["error"]["what"]
    assert told["error"]["where"] == where
    assert said.err.startswith(told["error"]["what"])
    assert told["error"]["todo"] in said.err
    assert said.err.count("\n") == 1


def test_without_json_standard_output_stays_empty(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "nowhere.usda"]) == 2
    assert capsys.readouterr().out == ""


def test_a_file_that_cannot_be_read_is_where_it_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "junk.usda"
    file.write_text("hello")
    assert main(["check", str(file), "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["error"]["where"] == str(file)


def test_arguments_that_cannot_be_read_are_told_as_json(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["run", "--steps", "many", "--json"])
    assert ended.value.code == 2
    said = capsys.readouterr()
    assert "--steps" in json.loads(said.out)["error"]["what"]
    assert said.err.startswith("usage: scene-inspector run")


def test_an_interrupted_command_says_so_as_json(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(arguments: list[str]) -> int:
        raise KeyboardInterrupt

    monkeypatch.setitem(sys.modules, "inspector.cli.run", types.SimpleNamespace(main=interrupted))
    assert main(["run", "--json"]) == 130
    assert json.loads(capsys.readouterr().out)["exit_code"] == 130


@pytest.mark.parametrize(
    "module", ["inspector.cli", "inspector.errors", "inspector.cli.off_screen"]
)
@pytest.mark.parametrize(
    "start",
    [
        f"runpy.run_path({str(ROOT / 'main.py')!r}, run_name='__main__')",
        "runpy.run_module('inspector', run_name='__main__')",
    ],
    ids=["main.py", "python -m"],
)
def test_an_interrupt_while_modules_are_imported_is_quiet(start: str, module: str) -> None:
    script = INTERRUPTED_WHILE_IMPORTING.format(module=module, start=start)
    ended = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (130, "", "")


IMPORTS_LIKE_USD = """
import signal
import sys
import types
from inspector.cli import main

class Interrupt:
    def find_spec(self, name, path=None, target=None):
        if name == "inspector.session.session":
            try:
                signal.raise_signal(signal.SIGINT)
            except KeyboardInterrupt:
                print("lost", file=sys.stderr)

signal.signal(signal.SIGINT, signal.default_int_handler)
sys.meta_path.insert(0, Interrupt())
sys.exit(main(["run", "--num-envs", "2", "--steps", "2"]))
"""


def test_an_interrupt_is_not_lost_while_usd_is_imported() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", IMPORTS_LIKE_USD],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.stdout == ""
    assert ended.stderr == "Interrupted; nothing was written.\n"
    assert ended.returncode == 130


TURNED = """
    quatd xformOp:orient = (1, 0, inf, 0)
    token[] xformOpOrder = ["xformOp:orient"]
"""
FAR_AWAY = """
    double3 xformOp:translate = (0, 0, 1e300)
    token[] xformOpOrder = ["xformOp:translate"]
"""


@pytest.mark.parametrize(
    ("ops", "what"),
    [
        ('double xformOp:translate = 2.5\n token[] xformOpOrder = ["xformOp:translate"]', "read"),
        ('token[] xformOpOrder = ["xformOp:none"]', "read"),
        (FAR_AWAY, "above 1e+30"),
    ],
)
def test_a_transform_that_is_none_is_told_with_its_prim(ops, what, tmp_path, capsys):
    file = tmp_path / "scene.usda"
    apis = 'prepend apiSchemas = ["PhysicsRigidBodyAPI", "PhysicsCollisionAPI"]'
    file.write_text(f'#usda 1.0\ndef Cube "box" ({apis})\n{{\n {ops}\n}}\n', encoding="utf-8")
    assert main(["run", str(file), "--steps", "1", "--json"]) == 2
    found = json.loads(capsys.readouterr().out)
    assert found["error"]["where"] == "/box"
    assert what in found["error"]["what"]
    assert found["error"]["todo"]


@pytest.mark.parametrize(
    ("header", "cube", "what"),
    [
        ("", "double size = inf", "too large to stand beside its clones"),
        ("", "double size = 1e38", "too large to stand beside its clones"),
        ("", TURNED, "too large to stand beside its clones"),
        ("", 'token[] xformOpOrder = ["xformOp:none"]', "a transform that USD cannot read"),
        ("metersPerUnit = 1e300", "double size = 1e-9", "metersPerUnit = 1e+300"),
        ("metersPerUnit = nan", "double size = 1", "metersPerUnit = nan"),
    ],
)
def test_a_robot_file_that_cannot_be_cloned_says_why(header, cube, what, tmp_path, capsys):
    file = tmp_path / "robot.usda"
    apis = 'prepend apiSchemas = ["PhysicsRigidBodyAPI", "PhysicsCollisionAPI"]'
    text = f'#usda 1.0\n(\n defaultPrim = "box"\n {header}\n)\n'
    file.write_text(f'{text}def Cube "box" ({apis})\n{{\n {cube}\n}}\n', encoding="utf-8")
    assert main(["run", str(file), "--num-envs", "2", "--steps", "1", "--json"]) == 2
    error = json.loads(capsys.readouterr().out)["error"]
    assert what in error["what"]
    assert error["todo"]
