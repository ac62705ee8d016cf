"""The clone mask of a session: what is on the stage, and what is painted over it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from inspector.cloner import rules
from inspector.errors import EditRefusedError
from inspector.session.edits import MaskEdit, ReplanEdit
from inspector.session.snapshot import MaskTable, Message, Severity

StageRules = Callable[[Sequence[str], NDArray[np.bool_]], tuple[Message, ...]]
"""Looks at the stage for what is wrong with clones, given their sources and who has them."""

Cells = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]


class CloneMask:
    """Applied and painted cells.

    Args:
        sources: Source path of each row.
        destinations: Destination template of each row.
        labels: Short name of each row.
        applied: What is on the stage, shape [s, e]; column j is env id j.
        stage_rules: Lints of what is on the stage; asked again when that changes, not per stroke.

    Attributes:
        applied: What is on the stage, bool, shape [s, e].
        draft: What is painted, bool, shape [s, e].
    """

    def __init__(
        self,
        sources: Sequence[str] = (),
        destinations: Sequence[str] = (),
        labels: Sequence[str] = (),
        applied: NDArray[np.bool_] | None = None,
        stage_rules: StageRules | None = None,
    ) -> None:
        self._sources = tuple(sources)
        self._destinations = tuple(destinations)
        self._labels = tuple(labels)
        self.applied: NDArray[np.bool_] = np.zeros((0, 0), np.bool_) if applied is None else applied
        self.draft: NDArray[np.bool_] = self.applied.copy()
        self._env_ids = np.arange(self.applied.shape[1], dtype=np.int32)
        self._table: MaskTable | None = None
        self._stage_rules = stage_rules
        self._stage_lints: tuple[Message, ...] | None = None

    def table(self) -> MaskTable:
        """Return the mask as a value; the same object until something changes."""
        if self._table is None:
            lints = self._lints(self.draft) if self._sources else ()
            if self._stage_lints is None:
                look = self._stage_rules
                self._stage_lints = look(self._sources, self.applied) if look else ()
            self._table = MaskTable(
                sources=self._sources,
                destinations=self._destinations,
                labels=self._labels,
                env_ids=self._env_ids,
                applied=self.applied,
                draft=self.draft,
                lints=(*lints, *self._stage_lints),
                stage_lints=self._stage_lints,
            )
        return self._table

    def paint(self, edit: MaskEdit) -> MaskEdit:
        """Change cells of the draft and return the inverse.

        Raises:
            EditRefusedError: A cell lies outside of the mask.
        """
        rows, env_ids, values = self._cells(edit)
        before = self.draft[rows, env_ids]
        draft = self.draft.copy()
        draft[rows, env_ids] = values
        self.draft = draft
        self._table = None
        return MaskEdit(edit.source_rows, edit.env_ids, tuple(before.tolist()))

    def after(self, edit: ReplanEdit) -> NDArray[np.bool_]:
        """Return the applied mask after an edit, shape [s, e].

        Raises:
            EditRefusedError: A cell lies outside of the mask, or a lint forbids the result.
        """
        rows, env_ids, values = self._cells(edit)
        result = self.applied.copy()
        result[rows, env_ids] = values
        errors = [lint for lint in self._lints(result) if lint.severity is Severity.ERROR]
        if errors:
            raise EditRefusedError(errors[0].text, where=errors[0].path)
        return result

    def apply(
        self, edit: ReplanEdit, result: NDArray[np.bool_], sources: Sequence[str]
    ) -> ReplanEdit:
        """Note that the stage has another mask now and return the inverse.

        Args:
            edit: The edit.
            result: What ``after`` returned.
            sources: Where the sources are now.
        """
        rows, env_ids, values = self._cells(edit)
        before = self.applied[rows, env_ids]
        # Undo of an Apply must show what was painted; undo of a script must not.
        painted = bool((self.draft[rows, env_ids] != before).any())
        self._sources = tuple(sources)
        self.applied = result
        self._stage_lints = None
        if not edit.keep_draft:
            draft = self.draft.copy()
            draft[rows, env_ids] = values
            self.draft = draft
        self._table = None
        return ReplanEdit(
            edit.source_rows, edit.env_ids, tuple(before.tolist()), keep_draft=painted
        )

    def proposal(self, wanted: NDArray[np.bool_]) -> MaskEdit:
        """Return the edit that paints a whole mask, shape [s, e]."""
        rows, env_ids = np.nonzero(wanted != self.draft)
        values = wanted[rows, env_ids]
        return MaskEdit(tuple(rows.tolist()), tuple(env_ids.tolist()), tuple(values.tolist()))

    def groups(self) -> list[list[int]]:
        """Return the rows of each group: those with the same destination."""
        groups: dict[str, list[int]] = {}
        for row, destination in enumerate(self._destinations):
            groups.setdefault(destination, []).append(row)
        return list(groups.values())

    def _lints(self, mask: NDArray[np.bool_]) -> tuple[Message, ...]:
        return rules.check(self._sources, self._destinations, self._env_ids, mask)

    def _cells(self, edit: MaskEdit | ReplanEdit) -> Cells:
        rows = np.array(edit.source_rows, np.int64)
        env_ids = np.array(edit.env_ids, np.int64)
        values = np.array(edit.values, np.bool_)
        if not len(rows) == len(env_ids) == len(values):
            raise EditRefusedError("Rows, environments and values are not equally many.")
        shape = self.applied.shape
        outside = (rows < 0) | (rows >= shape[0]) | (env_ids < 0) | (env_ids >= shape[1])
        if outside.any():
            at = int(np.argmax(outside))
            raise EditRefusedError(
                f"There is no cell in row {rows[at]} and environment {env_ids[at]}: the mask has "
                f"{shape[0]} rows and {shape[1]} environments."
            )
        return rows, env_ids, values
