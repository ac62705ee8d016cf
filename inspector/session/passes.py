"""One progress for work that goes over the same things several times, such as capture and write.

Belongs here: counting, and how often it is asked whether to go on.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from typing import TypeAlias, TypeVar

from inspector.physics.backend import Progress

AT_ONCE = 256
"""Things between two questions whether to go on; some 10 ms."""

Told: TypeAlias = Callable[[float], None]
"""Is told which share of a pass is done, 0…1; raises ``CancelledError`` to end it."""

_T = TypeVar("_T")


def passes(progress: Progress | None, text: str, total: int, count: int) -> list[Told]:
    """Return what tells of each of some passes, which are taken to be equally long.

    Args:
        progress: Reports and cancels; ``None`` for nobody.
        text: What is done.
        total: Number of things.
        count: Number of passes over them.
    """

    def told(done: int) -> Told:
        def tell(share: float) -> None:
            if progress is not None:
                progress(int((done + share) / count * total), total, text)

        return tell

    return [told(done) for done in range(count)]


def telling(things: Iterable[_T], total: int, told: Told | None) -> Generator[_T]:
    """Yield things, and tell how far it is before each ``AT_ONCE`` of them.

    Args:
        things: What a pass goes over.
        total: How many there are.
        told: Is told; ``None`` for nobody.

    Raises:
        CancelledError: ``told`` cancelled.
    """
    for index, thing in enumerate(things):
        if told is not None and index % AT_ONCE == 0:
            told(index / total)
        yield thing


def parts(total: int, told: Told | None) -> Generator[slice]:
    """Yield slices of so many things that are written as one change; tell before each of them.

    USD composes what a change block holds when it closes: of everything at once nobody could ask
    whether to go on.

    Args:
        total: Number of things.
        told: Is told; ``None`` for nobody.

    Raises:
        CancelledError: ``told`` cancelled.
    """
    for start in range(0, total, AT_ONCE):
        if told is not None:
            told(start / total)
        yield slice(start, start + AT_ONCE)
