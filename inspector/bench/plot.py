"""The picture of a benchmark: cost against the number of environments, both logarithmic."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

_COLORS = {
    "loop": "#8a8f98",
    "copy": "#d9822b",
    "reference": "#2b83d9",
    "instance": "#3aa657",
    "Fabric": "#9a4fd1",
}
_TICKS_MS = (0.1, 1, 10, 100, 1000, 10000)


def draw_costs(costs: dict[str, list[tuple[int, float]]], path: Path) -> None:
    """Draw a PNG, without a display.

    Args:
        costs: Seconds by way of cloning and number of environments.
        path: File to write.
    """
    import numpy as np
    import pyqtgraph as pg

    _application()
    pg.setConfigOptions(background="w", foreground="#30343a", antialias=True)
    plot: Any = pg.PlotWidget(title="Cloning an environment of 30 prims")
    plot.resize(960, 600)
    plot.addLegend(offset=(16, 16))
    plot.setLabel("bottom", "environments")
    plot.setLabel("left", "milliseconds")
    plot.showGrid(x=True, y=True, alpha=0.25)
    for name, points in costs.items():
        counts, seconds = np.array(points, float).T
        plot.plot(
            np.log10(counts),
            np.log10(seconds * 1e3),
            pen=pg.mkPen(_COLORS[name], width=2),
            symbol="o",
            symbolSize=8,
            symbolBrush=_COLORS[name],
            symbolPen=None,
            name=name,
        )
    all_counts = sorted({count for points in costs.values() for count, _ in points})
    plot.getAxis("bottom").setTicks([[(float(np.log10(c)), f"{c:,}") for c in all_counts]])
    plot.getAxis("left").setTicks([[(float(np.log10(t)), f"{t:,g}") for t in _TICKS_MS]])
    plot.grab().save(str(path))  # lays out and paints without being shown
    plot.close()


def _application() -> object:
    """Return the application; one that is made here needs no display."""
    from pyqtgraph import mkQApp

    platform = os.environ.get("QT_QPA_PLATFORM")
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    try:
        return mkQApp()
    finally:
        if platform is None:  # programs that this one starts choose for themselves
            os.environ.pop("QT_QPA_PLATFORM", None)
