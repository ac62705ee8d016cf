"""Groups of the clone mask: source rows that share a destination. No Qt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class MaskGroup:
    """Source rows with one destination; an environment receives one of them.

    Attributes:
        destination: Destination template.
        rows: Source rows in mask order.
    """

    destination: str
    rows: tuple[int, ...]

    @property
    def title(self) -> str:
        """Heading: "Object → env_{}/Object"."""
        parts = self.destination.strip("/").split("/")
        at = next((i for i, part in enumerate(parts) if "{}" in part), 0)
        name = parts[-1] if at < len(parts) - 1 else "Environment"
        return f"{name} → {'/'.join(parts[at:])}"


def group_rows(destinations: Sequence[str]) -> tuple[MaskGroup, ...]:
    """Group source rows by destination, in the order of first appearance."""
    rows: dict[str, list[int]] = {}
    for row, destination in enumerate(destinations):
        rows.setdefault(destination, []).append(row)
    return tuple(MaskGroup(destination, tuple(members)) for destination, members in rows.items())
