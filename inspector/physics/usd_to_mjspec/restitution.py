"""Bouncing, which MuJoCo does not know: a contact is a spring whose damping leaves that much speed.

Belongs here: which spring and damping give which restitution. Does not belong here: which material a
collider has (``collisions``).
"""

from __future__ import annotations

from functools import lru_cache

_TURN = 0.35
"""Angle [rad] by which the spring swings in a solver step.

Contacts begin and end between two steps, and what that adds or takes grows with the angle: ± 3 % of the
speed here, ± 10 % at twice and more speed than before at several times the angle. Softer springs are more
exact, and let things sink in further: a ball that falls 1 m by 5 cm at 1/240 s."""
_IMPACT = 6.0
"""Speed [m/s] for which the damping is right: slower impacts lose more to their weight, faster ones less."""
_ELASTIC = 0.95
"""Restitution above which weight is left out: making up for it would throw slow things higher."""
_GRAVITY = 9.81
_PHASES = 16
_MOST_STEPS = 400
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
    damping = damping_of(min(restitution, _MOST), timestep)
    stiff = _TURN / timestep
    return (1.0 / (stiff * damping), damping), _OUTWEIGHS * 10.0 ** (3.0 * min(restitution, 1.0))


def restitution_of(damping: float, timestep: float) -> float:
    """Return the restitution of a spring that pushes and never pulls.

    That is the mean over where between two steps contacts begin, at an impact of ``_IMPACT``: the
    formula of a spring without steps and weight says up to 0.2 more.

    Args:
        damping: Damping ratio; 1 is critical.
        timestep: Solver step [s].
    """
    if damping >= 1.0:
        return 0.0
    weightless = _mean_after(damping, 0.0)
    if weightless > _ELASTIC:
        return weightless
    return _mean_after(damping, _GRAVITY * timestep / _IMPACT)


def _mean_after(damping: float, weight: float) -> float:
    depths = [(phase + 0.5) / _PHASES for phase in range(_PHASES)]
    return sum(_speed_after(depth, damping, weight) for depth in depths) / _PHASES


def _speed_after(depth: float, damping: float, weight: float) -> float:
    """Return the speed after over that before, of steps in units of a step and that speed.

    Args:
        depth: How deep the first step in contact is.
        damping: Damping ratio.
        weight: Speed that a step of gravity adds.
    """
    place, speed = -depth, -1.0
    for _ in range(_MOST_STEPS):
        before = speed
        push = -_TURN * (_TURN * place + 2.0 * damping * speed)
        speed += max(0.0, push) - weight
        place += speed
        if place >= 0.0:
            return speed
        if before > 0.0 >= speed:
            break
    return 0.0  # it lies in the contact


@lru_cache(maxsize=256)
def damping_of(restitution: float, timestep: float) -> float:
    """Return the damping ratio of a spring with a restitution.

    Args:
        restitution: From 0 to 1.
        timestep: Solver step [s].
    """
    low, high = 0.0, 1.0
    for _ in range(40):
        middle = 0.5 * (low + high)
        stays = restitution_of(middle, timestep) > restitution
        low, high = (middle, high) if stays else (low, middle)
    return 0.5 * (low + high)
