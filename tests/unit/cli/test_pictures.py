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


@pytest.mark.parametrize(
    "arguments",
    [
        ["screenshot", "-o", "nowhere/out.png"],
        ["screenshot", "-o", "out.bmp"],
        ["screenshot", "-o", "out.png", "--size", "big"],
        ["screenshot", "-o", "out.png", "--size", "99999x10"],
        ["record", "-o", "out.avi"],
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
