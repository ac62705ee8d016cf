"""Robots in other formats are told what they are."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from inspector.cli import main
from inspector.errors import StageError
from inspector.usd.stage import open_stage
from inspector.utils.robot_formats import refuse_robot_format

MJCF = b"<?xml version='1.0'?>\n<!-- no <robot> -->\n<mujoco model='ant'><worldbody/></mujoco>"
URDF = (
    b"\xef\xbb\xbf<?xml version='1.0'?><!DOCTYPE robot><robot name='arm'><link name='a'/></robot>"
)


@pytest.mark.parametrize(
    ("name", "content", "words", "command"),
    [
        ("ant.xml", MJCF, "MJCF", "mujoco_usd_converter ant.xml"),
        ("ant.MJCF", MJCF, "MJCF", "mujoco_usd_converter ant.MJCF"),
        ("parts.xml", b"<mujocoinclude/>", "MJCF", "mujoco-usd-converter"),
        ("arm.urdf", URDF, "URDF", "urdf_usd_converter arm.urdf"),
        ("arm.xml", URDF, "URDF", "urdf-usd-converter"),
        ("arm.urdf.xacro", URDF, "URDF", "expand it with xacro"),
    ],
)
def test_it_says_what_the_file_is_and_how_it_becomes_usd(
    tmp_path: Path, name: str, content: bytes, words: str, command: str
) -> None:
    file = tmp_path / name
    file.write_bytes(content)
    with pytest.raises(StageError, match=f"{words}.*opens USD only") as caught:
        open_stage(file)
    assert caught.value.where == str(file)
    assert command in caught.value.todo
    assert "environment of its own" in caught.value.todo


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("page.xml", b"<html><robot/></html>"),
        ("notes.txt", MJCF),
        ("empty.xml", b""),
        ("a.urdf", None),
    ],
)
def test_other_files_are_none_of_its_business(
    tmp_path: Path, name: str, content: bytes | None
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    refuse_robot_format(tmp_path / name)


@pytest.mark.parametrize(
    "command", [["run"], ["check"], ["lint"], []], ids=["run", "check", "lint", "window"]
)
def test_every_command_says_it(
    command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "ant.xml"
    file.write_bytes(MJCF)
    assert main([*command, str(file), *(["--json"] if command else [])]) == 2
    said = capsys.readouterr()
    assert "MJCF" in said.err
    assert "mujoco-usd-converter" in said.err
    if command:
        assert "mujoco-usd-converter" in json.loads(said.out)["error"]["todo"]
