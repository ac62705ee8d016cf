"""Kernels of our own compile for CUDA, also where no GPU is: what runs on the CPU need not."""

from __future__ import annotations

import importlib
import importlib.util
from pathlib import Path

import pytest

import inspector

ROOT = Path(inspector.__file__).parent
ARCHITECTURE = 90
MODULES = [
    ".".join(path.relative_to(ROOT.parent).with_suffix("").parts)
    for path in sorted(ROOT.rglob("*.py"))
    if "\n@wp.kernel" in path.read_text(encoding="utf-8")
]

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("warp") is None, reason="needs the extra cuda"
)


def test_there_are_such_kernels():
    assert "inspector.physics.warp_kernels" in MODULES


@pytest.mark.parametrize("name", MODULES)
def test_kernels_compile_for_cuda(name: str, tmp_path: Path):
    warp = importlib.import_module("warp")
    module = importlib.import_module(name)
    warp.compile_aot_module(module, arch=ARCHITECTURE, module_dir=tmp_path, use_ptx=True)
    assert [path for path in tmp_path.glob("*.ptx") if path.stat().st_size > 1000]
