"""``screenshot`` and ``record`` without a window."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import imageio.v2 as imageio
import pytest

from inspector.cli import main

MAIN = str(Path(__file__).parents[3] / "main.py")


def call(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, MAIN, *arguments], capture_output=True, text=True, check=False
    )


def test_a_picture_after_some_steps(tmp_path: Path) -> None:
    out = tmp_path / "out.png"
    done = call(
        "screenshot", "--num-envs", "4", "--steps", "3", "--color-by", "stale", "--size", "200x120",
        "--transparent", "--camera", "front", "--json", "-o", str(out),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["step"] == 3
    pixels = imageio.imread(out)
    assert pixels.shape == (120, 200, 4)
    assert pixels[..., 3].min() < pixels[..., 3].max()


def test_a_video(tmp_path: Path) -> None:
    out = tmp_path / "out.gif"
    done = call(
        "record", "--num-envs", "2", "--seconds", "0.4", "--fps", "10", "--size", "120x80",
        "--turntable", "--env", "1", "--solo", "-o", str(out),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert len(imageio.mimread(out)) == 4


def test_what_cannot_move_is_turned_around_and_not_played(tmp_path: Path) -> None:
    out, stage = tmp_path / "out.gif", tmp_path / "still.usda"
    stage.write_text('#usda 1.0\ndef Cube "cube" {}\n')
    arguments = ["record", str(stage), "--seconds", "0.2", "--fps", "10", "--size", "120x80", "-o"]
    done = call(*arguments, str(out))
    assert done.returncode == 2
    assert "--turntable" in done.stderr
    done = call(*arguments, str(out), "--turntable")
    assert done.returncode == 0, done.stderr
    first, second = imageio.mimread(out)
    assert (first != second).any()


def test_the_size_that_is_told_is_the_size_of_the_video(tmp_path: Path) -> None:
    out = tmp_path / "out.mp4"
    done = call("record", "--num-envs", "1", "--seconds", "0.1", "--size", "121x81", "-o", str(out))
    assert done.returncode == 0, done.stderr
    assert "120 × 80 pixels" in done.stdout
    with imageio.get_reader(out) as video:
        assert video.get_meta_data()["size"] == (120, 80)


@pytest.mark.parametrize(
    "arguments",
    [
        ["screenshot", "-o", "nowhere/out.png"],
        ["screenshot", "-o", "out.bmp"],
        ["screenshot", "-o", "out.jpg", "--transparent"],
        ["screenshot", "-o", "out.png", "--size", "big"],
        ["screenshot", "-o", "out.png", "--size", "99999x10"],
        ["screenshot", "-o", "out.png", "--spacing", "0"],
        ["screenshot", "-o", "out.png", "--spacing", "nan"],
        ["screenshot", "-o", "out.png", "--spacing", "1e30"],
        ["screenshot", "-o", "out.png", "--exaggerate", "nan"],
        ["record", "-o", "out.avi"],
        ["record", "-o", "out.mp4", "--size", "16384x16384"],
        ["record", "-o", "out.mp4", "--spacing", "-2"],
        ["record", "-o", "out.mp4", "--seconds", "inf"],
        ["record", "-o", "out.mp4", "--fps", "0"],
    ],
)
def test_wrong_input_is_one_sentence(
    arguments: list[str],
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("option", ["--select", "--frame"])
def test_a_path_that_a_script_forgot_is_not_everything(tmp_path: Path, option: str) -> None:
    out = tmp_path / "out.png"
    done = call("screenshot", "--num-envs", "1", option, "", "--size", "80x60", "-o", str(out))
    assert done.returncode == 2
    assert "nothing is drawn there" in done.stderr
    assert not out.exists()


def test_a_prim_that_is_not_there_cannot_be_outlined(tmp_path: Path) -> None:
    out = tmp_path / "out.png"
    done = call("screenshot", "--num-envs", "1", "--select", "/World/nothing", "-o", str(out))
    assert done.returncode == 2
    assert "/World/nothing" in done.stderr
    assert not out.exists()


def test_what_the_picture_lacks_is_said_beside_it(tmp_path: Path) -> None:
    scene, out = tmp_path / "scene.usda", tmp_path / "out.png"
    scene.write_text(
        '#usda 1.0\n(\n    defaultPrim = "World"\n)\ndef Xform "World"\n{\n    def Cube "cube" (\n'
        '        prepend apiSchemas = ["MaterialBindingAPI"]\n    )\n    {\n'
        "        rel material:binding = </World/Looks/gone>\n    }\n}\n"
    )
    done = call("screenshot", str(scene), "--size", "120x80", "-o", str(out))
    assert done.returncode == 0, done.stderr
    assert out.exists()
    assert "warning: /World/cube is bound to /World/Looks/gone" in done.stderr
