"""Other stiffness and damping for drives while a simulation plays."""

from __future__ import annotations

import numpy as np

from inspector.errors import InspectorError
from inspector.physics.engine_state import Floats, Indices
from inspector.physics.recipe_group import RecipeGroup


def check_gains(
    group: RecipeGroup, names: tuple[str, ...], actuator: Indices, stiffness: Floats | None
) -> None:
    """Refuse what drives of a group cannot become.

    Args:
        group: The environments.
        names: Joints, k of them, for the message.
        actuator: Their actuators, -1 for none, shape [k].
        stiffness: New stiffnesses, shape [k]; ``None`` leaves them.

    Raises:
        InspectorError: The engine keeps the drives that it was built with.
        ValueError: A joint has no drive, or its drive was built to keep a velocity.
    """
    if not group.drives_can_change:
        raise InspectorError(
            "This engine keeps the drives that it was built with while it plays.",
            todo="Choose MuJoCo or MuJoCo Warp, or author stiffness and damping while stopped.",
        )
    without = np.flatnonzero(actuator < 0)
    if len(without):
        raise ValueError(
            f"{names[int(without[0])]} has no drive; apply PhysicsDriveAPI to the joint."
        )
    if stiffness is None:
        return
    by_speed = group.translation.model.actuator_biasprm[actuator, 1] == 0.0
    new = np.flatnonzero(by_speed & (stiffness != 0.0))
    if len(new):
        raise ValueError(
            f"The drive of {names[int(new[0])]} has no stiffness in USD and keeps a velocity; "
            "author a stiffness while stopped, then it can be changed while playing."
        )


def set_gains(
    group: RecipeGroup,
    env: Indices,
    actuator: Indices,
    stiffness: Floats | None,
    damping: Floats | None,
) -> None:
    """Give drives other gains; what they steer towards stays.

    Args:
        group: The environments.
        env: Environment of each drive in the group, shape [k].
        actuator: Actuator of each drive, shape [k].
        stiffness: [N m/rad or N/m], shape [k]; ``None`` leaves them.
        damping: [N m s/rad or N s/m], shape [k]; ``None`` leaves them.
    """
    by_position = group.translation.model.actuator_biasprm[actuator, 1] != 0.0
    if stiffness is not None and by_position.any():
        e, a, values = env[by_position], actuator[by_position], stiffness[by_position]
        group.write_own("actuator_gainprm", (e, a, 0), values)
        group.write_own("actuator_biasprm", (e, a, 1), -values)
    if damping is None:
        return
    bias = group.read_own("actuator_biasprm")[env, actuator]
    before = np.where(bias[:, 2] == 0.0, np.inf, -bias[:, 2])
    # A speed beside a position is a force: damping times speed.
    group.write_own("actuator_biasprm", (env, actuator, 0), bias[:, 0] / before * damping)
    group.write_own("actuator_biasprm", (env, actuator, 2), -damping)
    if not by_position.all():
        e, a = env[~by_position], actuator[~by_position]
        group.write_own("actuator_gainprm", (e, a, 0), damping[~by_position])
