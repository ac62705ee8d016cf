"""Which physics engine a simulation uses.

Belongs here: names and the choice. The engines themselves are in ``inspector.physics``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from inspector.errors import MissingDependencyError

if TYPE_CHECKING:
    from inspector.physics.backend import PhysicsBackend

_EXTRAS = {"mujoco_warp": "cuda", "newton": "newton"}


def make_backend(name: str) -> PhysicsBackend:
    """Return a new engine.

    Args:
        name: ``"auto"``, ``"mujoco"``, ``"mujoco_warp"`` or ``"newton"``.

    Raises:
        MissingDependencyError: The engine is not there; the message names the extra.
    """
    if name in _EXTRAS:
        raise MissingDependencyError(
            f"The physics engine '{name}' is not available here.",
            todo=f"Use 'mujoco'; '{name}' will come with the extra scene-inspector[{_EXTRAS[name]}].",
        )
    from inspector.physics.mujoco import MujocoBackend

    return MujocoBackend()


def resolve_device(name: str) -> str:
    """Check that the device of the tensors exists.

    Args:
        name: ``"cpu"``, ``"cuda"`` or ``"cuda:<n>"``.

    Returns:
        The name with its number, such as ``"cuda:0"``.

    Raises:
        ValueError: The device was asked for by name and is not there.
    """
    if name == "cpu":
        return name
    import torch  # seconds to import: only who asks for CUDA pays here

    index = int(name.partition(":")[2] or 0)
    if index >= torch.cuda.device_count():
        raise ValueError(
            f"device '{name}' is not available: this machine has {torch.cuda.device_count()} "
            "CUDA devices. Use device='cpu'."
        )
    return f"cuda:{index}"
