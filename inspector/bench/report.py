"""What a benchmark answers: rows of medians, ratios and budgets, as a table or as JSON."""

from __future__ import annotations

import gc
import json
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Literal, TypeVar

_T = TypeVar("_T")


@dataclass(frozen=True)
class Row:
    """One measured figure.

    Attributes:
        name: What was measured.
        value: The figure.
        unit: Its unit ("ms", "×", "MB").
        budget: What it must reach; ``None`` for a figure that is only reported.
        better: Whether the budget is an upper or a lower bound.
        note: What it is compared with, or the physical limit.
    """

    name: str
    value: float
    unit: str
    budget: float | None = None
    better: Literal["lower", "higher"] = "lower"
    note: str = ""

    @property
    def good(self) -> bool:
        """Whether the budget is met; true without one."""
        if self.budget is None:
            return True
        return self.value <= self.budget if self.better == "lower" else self.value >= self.budget


@dataclass
class Report:
    """Rows of one benchmark run."""

    title: str
    rows: list[Row] = field(default_factory=list)

    def add(
        self,
        name: str,
        value: float,
        unit: str,
        budget: float | None = None,
        *,
        better: Literal["lower", "higher"] = "lower",
        note: str = "",
    ) -> None:
        """Add one figure."""
        self.rows.append(Row(name, value, unit, budget, better, note))

    @property
    def good(self) -> bool:
        """Whether every budget is met."""
        return all(row.good for row in self.rows)

    def to_json(self) -> str:
        """Return the report as JSON."""
        rows = [{**asdict(row), "good": row.good} for row in self.rows]
        return json.dumps({"title": self.title, "good": self.good, "rows": rows}, indent=2)

    def to_text(self) -> str:
        """Return the report as a table."""
        cells = [("", "median", "budget", "", "")]
        for row in self.rows:
            sign = "≤" if row.better == "lower" else "≥"
            budget = "" if row.budget is None else f"{sign} {row.budget:g} {row.unit}"
            verdict = "" if row.budget is None else ("ok" if row.good else "MISSED")
            cells.append((row.name, f"{row.value:.4g} {row.unit}", budget, verdict, row.note))
        widths = [max(len(line[i]) for line in cells) for i in range(5)]
        aligned = [
            f"{a:<{widths[0]}}  {b:>{widths[1]}}  {c:>{widths[2]}}  {d:<{widths[3]}}  {e}".rstrip()
            for a, b, c, d, e in cells
        ]
        return "\n".join([self.title, *aligned]) + "\n"


def seconds_of(work: Callable[[], object]) -> float:
    """Return the wall time of some work [s]."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def median_seconds(
    run: Callable[[], object], repeats: int = 5, prepare: Callable[[], object] | None = None
) -> float:
    """Return the median wall time of ``run`` [s]; ``prepare`` is called before and not timed."""
    times: list[float] = []
    for _ in range(repeats):
        if prepare is not None:
            prepare()
        times.append(seconds_of(run))
    return statistics.median(times)


def alternate(
    cases: Mapping[str, tuple[Callable[[], _T], Callable[[_T], object]]], repeats: int
) -> dict[str, list[float]]:
    """Time several cases in turn, so that a busy machine slows all of them alike.

    Args:
        cases: By name, what prepares a run (not timed) and the run.
        repeats: Number of rounds.

    Returns:
        Wall times of each case [s].
    """
    times: dict[str, list[float]] = {name: [] for name in cases}
    for _ in range(repeats):
        for name, (prepare, run) in cases.items():
            prepared = prepare()
            gc.collect()
            start = time.perf_counter()
            run(prepared)
            times[name].append(time.perf_counter() - start)
            del prepared
    return times


def percentiles(values: Sequence[float], points: Sequence[float]) -> list[float]:
    """Return percentiles (0…100) of values, nearest rank.

    Raises:
        ValueError: If there are no values.
    """
    if not values:
        raise ValueError("No values to take percentiles of")
    ordered = sorted(values)
    return [ordered[min(len(ordered) - 1, int(len(ordered) * p / 100))] for p in points]
