"""Which physics engine a simulation uses, on which device, and where its tensors are read.

Belongs here: names, devices and the choice. The engines themselves are in ``inspector.physics``.
"""

from __future__ import annotations

import importlib.util
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from inspector.errors import MissingDependencyError
from inspector.utils.message import Message
from inspector.utils.states import Severity

if TYPE_CHECKING:
    from inspector.physics.backend import PhysicsBackend

_EXTRAS = {"mujoco_warp": "cuda", "newton": "newton"}
_LOGGER = logging.getLogger("inspector.sim")
_SAID: set[str] = set()
"""Engines whose missing CUDA device was told already: one warning is enough."""


@dataclass(frozen=True)
class EngineChoice:
    """An engine and the device of its dynamics.

    Attributes:
        name: ``"mujoco"``, ``"mujoco_warp"`` or ``"newton"``.
        device: ``"cpu"`` or ``"cuda:<n>"``.
    """

    name: str
    device: str


def choose_engine(backend: str, device: str, tensors: str) -> EngineChoice:
    """Decide what a simulation runs on.

    Dynamics on the CPU serve tensors on any device, with a copy; so do dynamics on CUDA serve
    tensors on the CPU. Dynamics and tensors on one CUDA device need no copy.

    Args:
        backend: Engine that was asked for, ``"auto"`` for what suits the machine.
        device: Device of the dynamics that was asked for by name, empty for what suits.
        tensors: Device of the tensors that scripts read, such as ``"cuda:0"``.

    Raises:
        ValueError: The pair is impossible, or the device that was asked for is not there.
    """
    name = _engine(backend, device, tensors)
    if name == "mujoco":
        if device not in {"", "cpu"}:
            raise ValueError(
                f"physics.device '{device}' is impossible with the engine 'mujoco', which steps on "
                "the CPU. Choose the engine 'mujoco_warp', or physics.device='cpu'."
            )
        return EngineChoice(name, "cpu")
    if device:
        chosen = resolve_device(device)
        if chosen != "cpu" and tensors not in {"cpu", chosen}:
            raise ValueError(
                f"dynamics on {chosen} and tensors on {tensors} are impossible: no engine moves "
                "poses between two CUDA devices. Choose one device for both, or tensors on 'cpu'."
            )
        return EngineChoice(name, chosen)
    return EngineChoice(name, _default_device(name, tensors))


def slow_engine_notes(choice: EngineChoice) -> tuple[Message, ...]:
    """Return what to say when an engine that likes CUDA was given the CPU for want of a device.

    Args:
        choice: The choice; nobody asked for its device by name.
    """
    if choice.name == "mujoco" or choice.device != "cpu":
        return ()
    text = f"This machine has no CUDA device: '{choice.name}' runs on the CPU, slowly."
    return (Message(Severity.WARNING, text, code="device-fallback"),)


def make_backend(name: str) -> PhysicsBackend:
    """Return a new engine.

    Args:
        name: ``"mujoco"``, ``"mujoco_warp"`` or ``"newton"``.

    Raises:
        MissingDependencyError: The engine is not there; the message names the extra.
    """
    if name in _EXTRAS and not is_installed(name):
        extra = _EXTRAS[name]
        raise MissingDependencyError(
            f"The physics engine '{name}' is not available here.",
            todo=f"Use 'mujoco', or install it: pip install 'scene-inspector[{extra}]'.",
        )
    if name == "mujoco_warp":
        from inspector.physics.mujoco_warp import MujocoWarpBackend

        return MujocoWarpBackend()
    if name == "newton":
        from inspector.physics.newton import NewtonBackend

        return NewtonBackend()
    from inspector.physics.mujoco import MujocoBackend

    return MujocoBackend()


def resolve_device(name: str) -> str:
    """Check that a device exists.

    Args:
        name: ``"cpu"``, ``"cuda"`` or ``"cuda:<n>"``.

    Returns:
        The name with its number, such as ``"cuda:0"``.

    Raises:
        ValueError: The device was asked for by name and is not there.
    """
    if name == "cpu":
        return name
    index, count = int(name.partition(":")[2] or 0), _cuda_devices()
    if index >= count:
        raise ValueError(
            f"device '{name}' is not available: this machine has {count} CUDA devices. "
            "Use device='cpu'."
        )
    return f"cuda:{index}"


def _engine(backend: str, device: str, tensors: str) -> str:
    if backend != "auto":
        return backend
    # Whoever reads tensors on CUDA wants the dynamics there too; anybody else is served faster
    # from the CPU than with copies from a device.
    wanted = device or tensors
    return "mujoco_warp" if wanted.startswith("cuda") and is_installed("mujoco_warp") else "mujoco"


def _default_device(name: str, tensors: str) -> str:
    """Return what the machine has: the device of the tensors, the first CUDA device or the CPU."""
    if tensors != "cpu":
        return tensors
    if _cuda_devices():
        return "cuda:0"
    if name not in _SAID:
        _SAID.add(name)
        _LOGGER.warning("This machine has no CUDA device: '%s' runs on the CPU, slowly.", name)
    return "cpu"


def is_installed(name: str) -> bool:
    """Return whether the package of an engine is there."""
    return importlib.util.find_spec(name) is not None


def _cuda_devices() -> int:
    import torch  # seconds to import: only who asks for CUDA pays here

    return torch.cuda.device_count()
