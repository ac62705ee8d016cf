"""Transforms that somebody else moves in USD while playing: what can be done about each.

From play to stop the layers of the scene are locked, and the stage's edit target is the session
layer: what a script authors on the stage lands there. Belongs here: the message about such an edit,
with the edits that apply it to the simulation or take it back. Who finds them is ``usd.notices``.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
from numpy.typing import NDArray
from pxr import Sdf, Usd

from inspector.physics.engine_state import require_state
from inspector.session.edits import Edit, PoseEdit, RestoreEdit
from inspector.session.layer_patch import capture
from inspector.session.snapshot import Message, PlayState, Severity
from inspector.session.usd_edits import xform_specs
from inspector.sim.simulation_context import SimulationContext

CODE = "foreign-edit"
CODES = frozenset({CODE, "foreign-prims"})
"""Messages that stop settles."""
PRIMS = Message(
    Severity.WARNING,
    "Prims came or went on the stage while playing, and not by this session. Physics does not know "
    "them, Fabric has no rows for new ones before they are repopulated, and stop takes it all back.",
    code="foreign-prims",
)
APPLY, REVERT = "Apply to the simulation", "Revert"
_ONE_BY_ONE = 8
"""More prims than this are told of in one message."""


class ForeignEdits:
    """What others moved in USD during one play after the other.

    Args:
        sim: The simulation.
    """

    def __init__(self, sim: SimulationContext) -> None:
        self._sim = sim
        self._generation = 0
        self._known = Sdf.Layer.CreateAnonymous("before foreign edits")

    def remember(self) -> None:
        """Take what is authored now for the work of the session itself."""
        sim = self._sim
        # Without Fabric physics authors there, too, and takes back whatever else is authored.
        if sim.state is not PlayState.STOPPED and sim.cfg.use_fabric:
            self._follow_play()
            self._known.TransferContent(sim.require_run("remember edits").play_layer)

    def messages(self, paths: Collection[str]) -> tuple[Message, ...]:
        """Return what to tell of prims that were moved; USD is known to the tables already.

        Args:
            paths: The prims, of which some may have no transform.
        """
        self._follow_play()
        cache = self._sim.tables.world_cache
        moved = [path for path in sorted(paths) if len(cache.rows_of([path]))]
        if len(moved) > _ONE_BY_ONE:
            return (self._message(moved),)
        return tuple(self._message([path]) for path in moved)

    def _follow_play(self) -> None:
        generation = self._sim.play_generation
        if generation != self._generation:
            self._generation = generation
            self._known.TransferContent(self._sim.require_run("find foreign edits").layer_before)

    def _message(self, paths: Sequence[str]) -> Message:
        what = paths[0] if len(paths) == 1 else f"{paths[0]} and {len(paths) - 1:,} more prims"
        verb = "was" if len(paths) == 1 else "were"
        text = f"{what} {verb} moved in USD while playing, and not by this session."
        name = paths[0].rpartition("/")[2] if len(paths) == 1 else f"{len(paths):,} prims"
        apply, way_back = self._apply(paths, name), self._revert(paths, name)
        offers: list[tuple[str, str]] = []
        if isinstance(apply, str):
            text = f"{text} {apply}".rstrip()
        else:
            offers.append((APPLY, apply.to_json()))
        if isinstance(way_back, str):
            text = f"{text} {way_back}"
        else:
            offers.append((REVERT, way_back.to_json()))
        return Message(Severity.WARNING, text, paths[0], code=CODE, offers=tuple(offers))

    def _apply(self, paths: Sequence[str], name: str) -> Edit | str:
        """Return the edit that moves bodies, or Fabric rows where there is no body.

        Where there is none, it is the sentence that says why.
        """
        sim, cache = self._sim, self._sim.tables.world_cache
        rows = cache.rows_of(paths)
        bodies = self._bodies_below(rows)
        if len(bodies) == 0 and not sim.cfg.use_fabric:
            return ""  # nothing but USD knows these prims
        meant = _topmost(cache.hierarchy.parent, bodies if len(bodies) else rows)
        fabric = sim.tables.fabric.paths
        if len(bodies):
            held = meant[self._are_held(meant)]
            if len(held):
                return (
                    f"A joint holds {fabric.path(int(held[0]))}, so that the simulation cannot put "
                    "it there before stop and play."
                )
        return PoseEdit(
            f"Apply move of {name}",
            tuple(fabric.path(row) for row in meant.tolist()),
            tuple(cache.world[meant].ravel().tolist()),
            live=True,
            play=sim.play_generation,
        )

    def _revert(self, paths: Sequence[str], name: str) -> Edit | str:
        """Return the edit that takes it back, or the sentence that says why there is none."""
        sim = self._sim
        rows = sim.tables.world_cache.rows_of(paths)
        if not sim.cfg.use_fabric and len(self._bodies_below(rows)):
            if np.isin(rows, sim.body_rows).all():
                return "The next step writes the poses of physics over it."
            return "The next step puts the bodies below back to where physics has them."
        layer = sim.require_run("revert").play_layer
        prims = (sim.stage.GetPrimAtPath(path) for path in paths)
        found = (spec for prim in prims if prim for spec in _specs_of(prim, layer))
        specs = list(dict.fromkeys(found))
        before = capture(self._known, specs)
        if before == capture(layer, specs):
            return (
                "It was authored in a layer that had been unlocked, and can only be taken back "
                "there; the stop audit will list it."
            )
        return RestoreEdit(f"Revert move of {name}", tuple(specs), before, play=sim.play_generation)

    def _are_held(self, rows: NDArray[np.int64]) -> NDArray[np.bool_]:
        sim = self._sim
        order = np.argsort(sim.body_rows, kind="stable")
        bodies = order[np.searchsorted(sim.body_rows, rows, sorter=order)]
        run = sim.require_run("move bodies")
        return require_state(run.backend, "move bodies").are_held(bodies)

    def _bodies_below(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        below = self._sim.tables.world_cache.hierarchy.below(rows)
        bodies = self._sim.body_rows
        bodies = bodies[bodies >= 0]
        return np.sort(bodies[below[bodies]])


def _specs_of(prim: Usd.Prim, layer: Sdf.Layer) -> list[str]:
    """Return the properties that move a prim, also where it has them from: a class or a master."""
    own = xform_specs(prim)
    names = [Sdf.Path(spec).name for spec in own]
    above = [spec.path for spec in prim.GetPrimStack() if spec.layer == layer]
    return [*own, *(f"{path}.{name}" for path in above for name in names)]


def _topmost(parent: NDArray[np.int32], rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the rows that lie below none of the others."""
    among = np.zeros(len(parent), np.bool_)
    among[rows] = True
    covered = np.zeros(len(rows), np.bool_)
    above = parent[rows]
    while (climbing := above >= 0).any():
        covered |= climbing & among[above]
        above = np.where(climbing, parent[above], -1)
    return rows[~covered]


class SettledOffers:
    """Messages whose offer was taken, so that undoing it offers it again."""

    def __init__(self) -> None:
        self._undo: dict[str, tuple[Message, ...]] = {}
        self._redo: dict[str, tuple[Message, ...]] = {}

    def forget(self) -> None:
        """Forget everything: at stop, USD and the simulation are those of before."""
        self._undo.clear()
        self._redo.clear()

    def after(self, messages: Sequence[Message], edit: Edit, inverse: Edit) -> tuple[Message, ...]:
        """Return the messages after an edit.

        Args:
            messages: Those before.
            edit: The edit that was done; what it settles is left out, what it undoes is back.
            inverse: What would undo it.
        """
        if not (self._undo or any(message.offers for message in messages)):
            return tuple(messages)
        done = edit.to_json()
        back = self._undo.pop(done, ())
        if back:
            self._redo[inverse.to_json()] = back
            # Who was moved once more since is told of with where it is now.
            known = {(message.code, message.path) for message in messages}
            return (*messages, *(m for m in back if (m.code, m.path) not in known))
        again = self._redo.pop(done, ())
        settled = tuple(
            message
            for message in messages
            if message in again or done in (offer for _, offer in message.offers)
        )
        if settled:
            self._undo[inverse.to_json()] = settled
        return tuple(message for message in messages if message not in settled)
