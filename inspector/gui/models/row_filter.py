"""Which rows of the transform table are shown: scope and text, in numpy. No Qt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from inspector.session.snapshot import PathTable, SceneSnapshot, StaleReason


class Scope(Enum):
    """What the table shows; the value is the text in the list."""

    ALL = "All rows"
    STALE = "Stale only"
    ENV = "Focused environment"
    SELECTION = "Selection with descendants"


@dataclass(frozen=True)
class RowFilter:
    """Scope and text of the table.

    Attributes:
        scope: What is shown.
        text: Part of the path, in any case; empty for no restriction.
        env_id: Focused environment, -1 for none.
        selection: Selected prim paths.
    """

    scope: Scope = Scope.ALL
    text: str = ""
    env_id: int = -1
    selection: Sequence[str] = ()

    def rows(self, snapshot: SceneSnapshot) -> NDArray[np.intp]:
        """Return the rows of the transform table that pass, rising, shape [k]."""
        table = snapshot.transforms
        paths = snapshot.prims.paths
        template_id = paths.template_id[table.prims]
        passed = np.ones(len(table), np.bool_)
        if self.scope is Scope.STALE:
            passed = table.reason != StaleReason.FRESH
        elif self.scope is Scope.ENV:
            passed = table.env_id == self.env_id if self.env_id >= 0 else ~passed
        elif self.scope is Scope.SELECTION:
            passed = paths.at_or_below(self.selection)[table.prims]
        if self.text:
            passed = passed & _contains(self.text, paths, template_id, table.env_id)
        return np.flatnonzero(passed)


def _contains(
    text: str, paths: PathTable, template_id: NDArray[np.int32], env_id: NDArray[np.int32]
) -> NDArray[np.bool_]:
    """Which paths contain a text; strings are only made where an env id could take part in it."""
    wanted = text.casefold()
    passed = np.zeros(len(template_id), np.bool_)
    has_digit = any(letter.isdigit() for letter in wanted)
    for at in np.unique(template_id):
        template = paths.templates[at].casefold()
        head, hole, tail = template.partition("{}")
        rows = template_id == at
        if wanted in head or wanted in tail:
            passed |= rows
        elif hole and has_digit:
            found = np.flatnonzero(rows)
            passed[found] = [wanted in f"{head}{env}{tail}" for env in env_id[found].tolist()]
    return passed
