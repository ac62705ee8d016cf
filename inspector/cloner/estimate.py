"""What a dry run answers. A value module: standard library only, so that the window can show it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class DryRun:
    """What would happen.

    Attributes:
        created: Prims that would be composed at the destinations, instance proxies not counted.
        removed: Prims that would be removed or replaced.
        clones: Destinations that would be written.
        rows: Fabric rows that would be populated.
        seconds: Estimated time [s].
        memory: Estimated growth of the memory [B], never below zero.
    """

    created: int
    removed: int
    clones: int
    rows: int
    seconds: float
    memory: int

    def __add__(self, other: DryRun) -> DryRun:
        """Return what both would do together."""
        return DryRun(
            self.created + other.created,
            self.removed + other.removed,
            self.clones + other.clones,
            self.rows + other.rows,
            self.seconds + other.seconds,
            self.memory + other.memory,
        )

    @property
    def text(self) -> str:
        """One line for the command line and for tool tips."""
        return (
            f"+{self.created:,} prims, −{self.removed:,} prims, {self.rows:,} rows, "
            f"~{self.seconds:.2g} s, ~{self.memory / 1e6:,.0f} MB"
        )

    @property
    def short_text(self) -> str:
        """What stands beside *Apply*."""
        digits = 2 if self.seconds < 10 else 0
        return f"+{self.created:,} −{self.removed:,} prims, {max(self.seconds, 0.01):.{digits}f} s"
