"""Bouncing, which MuJoCo does not know: a contact is a spring whose damping leaves that much speed.

Belongs here: which spring and damping give which restitution. Does not belong here: which material a
collider has (``collisions``).
"""

from __future__ import annotations

import math
from functools import lru_cache

_TURN = 0.35
"""Angle [rad] by which the spring swings in a solver step.

Contacts begin and end between two steps, and what that adds or takes grows with the angle: ± 3 % of the
speed here, ± 10 % at twice and more speed than before at several times the angle. Softer springs are more
exact, and let things sink in further: a ball that falls 1 m by 5 cm at 1/240 s."""
_MOST = 0.99
_OUTWEIGHS = 1e3


def bouncing_contact(restitution: float, timestep: float) -> tuple[tuple[float, float], float]:
    """Return the contact parameters of a material that bounces.

    Args:
        restitution: Speed after over speed before the contact, above 0.
        timestep: Solver step [s].

    Returns:
        MuJoCo's ``solref`` (time constant [s], damping ratio), and a ``solmix`` with which the
        bouncier one of two materials decides.
    """
    damping = damping_of(min(restitution, _MOST))
    stiff = _TURN / timestep
    return (1.0 / (stiff * damping), damping), _OUTWEIGHS * 10.0 ** (3.0 * restitution)


def restitution_of(damping: float) -> float:
    """Return the restitution of a spring that pushes and never pulls.

    Args:
        damping: Damping ratio; 1 is critical.
    """
    if damping >= 1.0:
        return 0.0
    swing = math.sqrt(1.0 - damping**2)
    contact = math.pi - math.atan2(2.0 * damping * swing, 1.0 - 2.0 * damping**2)
    return math.exp(-damping / swing * contact)


@lru_cache(maxsize=256)
def damping_of(restitution: float) -> float:
    """Return the damping ratio of a spring with a restitution.

    Args:
        restitution: From 0 to 1.
    """
    low, high = 0.0, 1.0
    for _ in range(50):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if restitution_of(middle) > restitution else (low, middle)
    return 0.5 * (low + high)
