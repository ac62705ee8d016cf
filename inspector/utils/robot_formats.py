"""Robots in formats that this program does not open: what they are, and the way from them to USD."""

from __future__ import annotations

import os
import re
from pathlib import Path

from inspector.errors import StageError

ROBOT_SUFFIXES = (".xml", ".mjcf", ".urdf", ".xacro")
"""How the names of such files end."""

_FORMATS = {
    "mujoco": ("MJCF, MuJoCo's format", "mujoco-usd-converter"),
    "mujocoinclude": ("MJCF, MuJoCo's format", "mujoco-usd-converter"),
    "robot": ("URDF, the format of ROS", "urdf-usd-converter"),
}
"""First element of a file: its format, and the package that converts it."""
_HEAD = 65_536
"""Bytes within which the first element begins."""
_COMMENT = re.compile(rb"<!--.*?(-->|$)", re.DOTALL)
_ELEMENT = re.compile(rb"<([A-Za-z]+)")


def refuse_robot_format(path: str | os.PathLike[str]) -> None:
    """Say what a file is that holds a robot in another format than USD.

    Does nothing for all other files, and for those that cannot be read: whoever opens them says that.

    Args:
        path: The file.

    Raises:
        StageError: It holds such a robot; the message names the way to USD.
    """
    file = Path(path)
    if file.suffix.lower() not in ROBOT_SUFFIXES:
        return
    try:
        with file.open("rb") as opened:
            head = opened.read(_HEAD)
    except OSError:
        return
    element = _ELEMENT.search(_COMMENT.sub(b"", head))
    found = _FORMATS.get(element[1].decode("ascii") if element else "")
    if found is None:
        return
    kind, package = found
    command = package.replace("-", "_")
    first = "expand it with xacro, " if file.suffix.lower() == ".xacro" else ""
    raise StageError(
        f"The file '{file}' is a robot in {kind}; this program opens USD only.",
        where=str(file),
        todo=f"Convert it: {first}install {package} in a Python environment of its own (it brings a "
        f"USD that replaces usd-core), run '{command} {file.name} FOLDER' there, and open the .usda "
        "file in FOLDER.",
    )
