"""``scene-inspector check FILE --steps N --max-stale 1mm``: the stale gate for CI."""

from __future__ import annotations

from collections.abc import Sequence

from inspector.cli import run
from inspector.errors import InspectorError
from inspector.session.snapshot import StaleReason
from inspector.utils.quantity import parse_angle, parse_length

_REASONS = {reason.name.lower().replace("_", "-"): reason for reason in StaleReason}


def main(arguments: Sequence[str]) -> int:
    """Play some steps and compare every row's poses after each of them.

    Args:
        arguments: What follows ``check``.

    Returns:
        1 when a limit is exceeded, a pose is not finite or stop did not bring everything back.

    Raises:
        InspectorError: A limit cannot be read.
    """
    parser = run.parser(
        "check",
        "Play some steps, compare USD, Fabric and physics after each, and fail when two of them "
        "differ by more than --max-stale.",
    )
    parser.add_argument(
        "--max-stale", metavar="LENGTH", default="1mm", help="such as 1mm (default) or 0.5cm"
    )
    parser.add_argument("--max-stale-angle", metavar="ANGLE", help="such as 0.1deg or 1mrad")
    parser.add_argument(
        "--ignore",
        metavar="REASON",
        action="append",
        default=[],
        choices=[name for name in _REASONS if name not in {"fresh", "not-finite"}],
        help="a reason that is expected, such as usd-behind while Fabric has the poses; repeatable",
    )
    options = parser.parse_args(arguments)
    try:
        position = parse_length(options.max_stale)
        angle = options.max_stale_angle
        rotation = float("inf") if angle is None else parse_angle(angle)
    except ValueError as error:
        raise InspectorError(f"Cannot read the limit: {error}.") from error
    if position < 0.0 or rotation < 0.0:
        raise InspectorError(
            "A limit below zero fails every scene.", todo="Pass 0mm to allow no difference at all."
        )
    from inspector.session.stale_gate import StaleLimits

    ignored = frozenset(_REASONS[name] for name in options.ignore)
    return run.play(options, StaleLimits(position, rotation, ignored))
