"""Counts what goes to the GPU, so that tests and benchmarks can say what a change costs."""

from __future__ import annotations

from collections import Counter


class Uploads(Counter[str]):
    """Number of uploads by name.

    Attributes:
        bytes: How much was uploaded by name [bytes].
    """

    def __init__(self) -> None:
        super().__init__()
        self.bytes: Counter[str] = Counter()

    def note(self, name: str, size: int) -> None:
        """Count one upload of ``size`` [bytes]."""
        self[name] += 1
        self.bytes[name] += size
