"""Kernels are compiled once, by a process of its own that can be cancelled."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from inspector.errors import CancelledError
from inspector.physics import kernel_cache

pytestmark = pytest.mark.newton


def leave_a_mark(path: str) -> None:
    """A job that says in a file that it ran."""
    with Path(path).open("a") as file:
        file.write("ran\n")


def never_end(path: str) -> None:
    """A job that compiles for ever."""
    leave_a_mark(path)
    threading.Event().wait()


@pytest.fixture
def cache(tmp_path, monkeypatch):
    warp = pytest.importorskip("warp")
    kernel_cache.configure_warp()
    monkeypatch.setattr(warp.config, "kernel_cache_dir", str(tmp_path / "kernels"))


@pytest.mark.usefixtures("cache")
def test_what_was_compiled_once_is_not_compiled_again(tmp_path):
    said: list[str] = []
    mark = tmp_path / "mark"

    def progress(done: int, total: int, text: str) -> None:
        said.append(text)

    for key in ("ant", "ant", "hand"):
        kernel_cache.compile_kernels(leave_a_mark, str(mark), key, "cpu", progress)
    assert mark.read_text() == "ran\nran\n"
    assert set(said) == {kernel_cache.COMPILING}


@pytest.mark.usefixtures("cache")
def test_cancelling_ends_the_other_process_and_it_is_asked_again(tmp_path):
    mark = tmp_path / "mark"

    def cancel(done: int, total: int, text: str) -> None:
        if mark.exists() and len(mark.read_text().splitlines()) == attempt:
            raise CancelledError("enough")

    for attempt in (1, 2):  # noqa: B007 read by cancel
        with pytest.raises(CancelledError):
            kernel_cache.compile_kernels(never_end, str(mark), "ant", "cpu", cancel)
    assert mark.read_text() == "ran\nran\n"


@pytest.mark.usefixtures("cache")
def test_a_script_without_progress_starts_no_process(tmp_path):
    mark = tmp_path / "mark"
    kernel_cache.compile_kernels(leave_a_mark, str(mark), "ant", "cpu", None)
    assert not mark.exists()


SAYS_MORE = """
import os
import sys
from inspector.physics import kernel_cache
import warp

usual = warp.init

def init():
    usual()
    os.write(2, b"Warp CUDA warning: Could not find or load the NVIDIA CUDA driver. No GPU.\\n")
    os.write(2, b"Warp CUDA error: out of memory\\n")

warp.init = init
kernel_cache.configure_warp()
os.write(2, b"afterwards\\n")
"""


def test_a_machine_without_cuda_is_no_news_and_errors_are():
    said = subprocess.run(
        [sys.executable, "-c", SAYS_MORE], capture_output=True, text=True, check=True
    )
    assert said.stderr == "Warp CUDA error: out of memory\nafterwards\n"
