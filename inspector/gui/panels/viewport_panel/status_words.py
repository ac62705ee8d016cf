"""Sentences over the picture: what it is not, what lies under the pointer."""

from __future__ import annotations

from html import escape

from inspector.gui.bridge.tokens import Tokens
from inspector.gui.viewport.caveats import caveats
from inspector.gui.viewport.color_modes import reason_color
from inspector.gui.viewport.display import Display
from inspector.gui.viewport.flight import Flight
from inspector.session.snapshot import GLOBAL_ENV, SceneSnapshot, StaleReason
from inspector.utils.quantity import length_text


def mode_html(display: Display, flight: Flight | None) -> str:
    """Return what makes this picture differ from a plain view of the data; empty for nothing.

    Args:
        display: What is drawn.
        flight: How it flies, None when it does not.
    """
    lines = [
        (f"<b>{escape(caveat.strong)}</b>" if caveat.strong else "")
        + escape(caveat.text)
        + (f" ({caveat.key})" if caveat.key else "")
        for caveat in caveats(display)
    ]
    if flight is not None and display.snapshot is not None:
        speed = flight.speed * display.snapshot.meters_per_unit
        lines.append(f"Flying {speed:.2g} m/s · WASD, E up, Q down · Shift fast · wheel: speed")
    return "<br>".join(lines)


def tip_html(snapshot: SceneSnapshot, prim: int, tokens: Tokens) -> str:
    """Return what lies under the pointer: path, environment, source row, why it is stale.

    Args:
        snapshot: The scene.
        prim: Index of the prim.
        tokens: Colours of the theme.
    """
    prims, table = snapshot.prims, snapshot.transforms
    lines = [f"<b>{escape(prims.path(prim))}</b>"]
    env_id, source = int(prims.env_id[prim]), int(prims.source_row[prim])
    words = [] if env_id == GLOBAL_ENV else [f"environment {env_id}"]
    if 0 <= source < len(snapshot.mask.labels):
        words.append(f"source row {source} ({escape(snapshot.mask.labels[source])})")
    if words:
        lines.append(" · ".join(words))
    row = table.row_of_prim(prim)
    reason = StaleReason(int(table.reason[row])) if row >= 0 else StaleReason.FRESH
    if reason is not StaleReason.FRESH:
        color = reason_color(reason, tokens)
        lines.append(
            f"<span style='color:{color}'>{reason.glyph} {escape(reason.word)}</span>"
            f" · {length_text(float(table.error_position[row]))}"
        )
    return "<br>".join(lines)
