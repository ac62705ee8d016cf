"""Warp's kernels: how they are compiled, and that nobody waits for them without being told.

Warp compiles a kernel when it is first launched, which takes from seconds to a minute for a whole
engine, once per machine and version. An engine asks here before its first launch: a process of its
own builds a small copy of the same model and steps it once, while the caller goes on reporting and
can cancel. What it compiled lies in Warp's cache on disk.
"""

from __future__ import annotations

import hashlib
import importlib
import logging
import os
import pickle
import subprocess
import sys
import warnings
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

from inspector.physics.backend import Progress
from inspector.utils.native_stderr import stderr_without

COMPILING = "Compiling kernels (once)"
"""What the progress says meanwhile."""

_POLL = 0.05
"""How often progress is reported and cancelling is noticed [s]."""
_PACKAGES = ("warp-lang", "newton", "mujoco-warp", "mujoco")
_NO_DRIVER = b"Warp CUDA warning: Could not find or load the NVIDIA CUDA driver"
"""What Warp's native part says on machines without CUDA, whatever its log level is."""
_LOGGER = logging.getLogger("inspector.sim")


def configure_warp(device: str = "cpu", *, optimize: bool = False) -> Any:
    """Import Warp, quiet, and let it compile as cheaply as the device allows.

    On the CPU the compiler is most of the time that a first play takes, and few kernels are worth
    its optimising; gradients double the code and nobody asks for them.

    Args:
        device: Where kernels will run.
        optimize: Whether kernels will do so much on the CPU that optimising them pays.

    Returns:
        The module ``warp``.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warp: Any = importlib.import_module("warp")
    warp.config.log_level = warp.LOG_ERROR
    warp.config.enable_backward = False
    on_cpu = device == "cpu"
    warp.config.optimization_level = int(optimize) if on_cpu else None
    if on_cpu:
        warp.config.cpu_compiler_flags = None
    with stderr_without(_NO_DRIVER):
        warp.init()
    return warp


def compile_kernels(
    job: Callable[[Any], None],
    payload: Any,
    key: str,
    device: str,
    progress: Progress | None,
    *,
    optimize: bool = False,
) -> None:
    """Fill Warp's cache with the kernels of a model, in a process of its own.

    Does nothing when it was done before, and nothing without ``progress``: a script waits for its
    first step just as well, and saves the start of a process.

    Args:
        job: Function of a module that makes the model and steps it once; called with ``payload``
            in the other process.
        payload: What it needs, small; it is pickled.
        key: Says which kernels the model needs: equal keys need no second run.
        device: Where kernels will run.
        progress: Reports ``COMPILING`` and cancels.
        optimize: As for ``configure_warp``.

    Raises:
        CancelledError: ``progress`` cancelled; what was compiled by then stays in the cache.
    """
    if progress is None:
        return
    stamp = _stamp(key, device, optimize=optimize)
    if stamp.exists():
        return
    progress(0, 0, COMPILING)
    with TemporaryFile() as order:
        pickle.dump((job.__module__, job.__qualname__, device, optimize, payload), order)
        order.seek(0)
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
        child = subprocess.Popen(
            [sys.executable, "-m", "inspector.physics.kernel_cache"],
            stdin=order,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=environment,
        )
        try:
            _wait(child, progress)
        except BaseException:
            child.kill()
            child.wait()
            raise
    if child.returncode == 0:
        stamp.parent.mkdir(parents=True, exist_ok=True)
        stamp.touch()
    else:
        # The build that follows meets the same obstacle and can say what it is.
        _LOGGER.debug("Compiling kernels ahead of play failed with code %s.", child.returncode)


def _wait(child: subprocess.Popen[bytes], progress: Progress) -> None:
    while True:
        try:
            child.wait(_POLL)
        except subprocess.TimeoutExpired:
            progress(0, 0, COMPILING)
        else:
            return


def _stamp(key: str, device: str, *, optimize: bool) -> Path:
    """Return the file beside Warp's kernels that says that those of a key are there."""
    warp = configure_warp(device, optimize=optimize)
    kind = warp.get_device(device)
    versions = [f"{name} {_version(name)}" for name in _PACKAGES]
    parts = [key, str(kind.arch), str(warp.config.optimization_level), *versions]
    digest = hashlib.sha256("\n".join(parts).encode()).hexdigest()[:24]
    return Path(warp.config.kernel_cache_dir) / "scene-inspector" / digest


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "none"


def _run() -> None:
    """Do what ``compile_kernels`` asked for on standard input."""
    module, function, device, optimize, payload = pickle.load(sys.stdin.buffer)
    configure_warp(device, optimize=optimize)
    getattr(importlib.import_module(module), function)(payload)


if __name__ == "__main__":
    _run()
