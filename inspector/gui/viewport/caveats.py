"""What has to be said about a picture, in the window and in files: how it differs from the data."""

from __future__ import annotations

from dataclasses import dataclass

from inspector.gui.bridge.view_options import SWITCHES
from inspector.gui.viewport.display import Display


@dataclass(frozen=True)
class Caveat:
    """A sentence about a picture.

    Attributes:
        strong: How it begins, in bold; may be empty.
        text: How it goes on.
        key: What ends it in the window, may be empty.
    """

    strong: str
    text: str
    key: str = ""

    def __str__(self) -> str:
        return self.strong + self.text


def caveats(display: Display) -> tuple[Caveat, ...]:
    """Return what makes a picture differ from a plain view of the data; empty for nothing.

    Args:
        display: What is drawn.
    """
    found: list[Caveat] = []
    if display.spacing != 1.0:
        found.append(
            Caveat(
                f"Display spacing ×{display.spacing:.3g}",
                ": positions on screen are not world positions",
            )
        )
    alone = display.alone
    if alone:
        one = (
            f"environment {min(alone)} is"
            if len(alone) == 1
            else f"{len(alone):,} environments are"
        )
        found.append(Caveat("", f"Solo: only {one} shown", "I"))
    hidden = len(display.hidden_envs)
    if hidden:
        noun = "environment is" if hidden == 1 else "environments are"
        found.append(Caveat("", f"{hidden:,} {noun} hidden", "Shift+H shows all"))
    if display.rig.label:
        found.append(Caveat("", display.rig.label))
    return tuple(found)


def exaggeration(display: Display) -> Caveat | None:
    """Return what is said of a ghost that is drawn further away than it is.

    Args:
        display: What is drawn.
    """
    if "ghost" not in display.shown - display.undrawn or display.exaggeration == 1.0:
        return None
    return Caveat(f"Ghost × {display.exaggeration:g}", " further away than it is")


def notes(display: Display) -> tuple[str, ...]:
    """Return the sentences below a picture: what its overlays leave out, and what the ghost is.

    Args:
        display: What is drawn; its overlays are those of the picture.
    """
    snapshot = display.snapshot
    if snapshot is None:
        return ()
    shown = display.shown - display.undrawn
    ghost = (display.ghosts.of(display).sentence,) if "ghost" in shown else ()
    return (*display.overlays.notes, *snapshot.overlay.notes, *ghost, *_missing(display))


def _missing(display: Display) -> tuple[str, ...]:
    """Say which switches that are on have no effect; empty for none."""
    missing = display.shown & display.undrawn
    names = [words.lower() for name, (words, _) in SWITCHES.items() if name in missing]
    if not names:
        return ()
    words = " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
    return (f"Drawn by the CPU, without OpenGL: no {words.replace('of usd', 'of USD')}",)
