"""What an overlay is drawn of: the poses on the screen, what is chosen, how large marks are."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from inspector.gui.bridge.tokens import Tokens
from inspector.session.snapshot import GLOBAL_ENV, PrimFlag, SceneSnapshot


@dataclass(frozen=True, eq=False)
class Context:
    """Everything that overlays are made from.

    Attributes:
        snapshot: Scene.
        world: World matrices as drawn, row-vector, shape [r, 4, 4].
        tokens: Colours.
        chosen: Transform rows at and below the selection, bool, shape [r].
        env_id: Focused environment, ``GLOBAL_ENV`` for none.
        size: Length of a mark beside a body [stage units].
        hidden: Environments that are not drawn.
        near: Point around which marks are drawn where there are too many [stage units], shape [3].
        spacing: How far environments are drawn from each other; 1 is as in the data.
    """

    snapshot: SceneSnapshot
    world: NDArray[np.float32]
    tokens: Tokens
    chosen: NDArray[np.bool_]
    env_id: int
    size: float
    hidden: frozenset[int] = frozenset()
    near: NDArray[np.float64] = field(default_factory=lambda: np.zeros(3))
    spacing: float = 1.0

    def color(self, role: str, alpha: float = 1.0) -> NDArray[np.float64]:
        """Return the colour of a role of the theme, shape [4]."""
        return np.array([*self.tokens.rgb(role), alpha])

    def capped(
        self,
        env_id: NDArray[np.int32],
        rows: NDArray[np.integer],
        cap: int,
        what: str,
        notes: list[str],
    ) -> NDArray[np.int64]:
        """Return which of many marks are drawn: all, or those of what is chosen.

        Args:
            env_id: Environment of each mark, shape [n].
            rows: Transform row of each mark, shape [n].
            cap: Most marks that are drawn.
            what: What they are, for the sentence.
            notes: Takes the sentence when not all are drawn.
        """
        shown = ~np.isin(env_id, list(self.hidden)) if self.hidden else np.ones(len(env_id), bool)
        wanted = np.flatnonzero(shown)
        if len(wanted) <= cap:
            return wanted
        near = self.chosen[np.maximum(rows, 0)] & (rows >= 0)
        envs = np.unique(self.snapshot.transforms.env_id[self.chosen])
        envs = envs[envs != GLOBAL_ENV]
        if self.env_id != GLOBAL_ENV:
            envs = np.append(envs, self.env_id)
        mine = np.flatnonzero(shown & (near | np.isin(env_id, envs)))
        whose = "; focus an environment for its own"
        if len(mine) == 0:
            mine = wanted
        elif len(mine) <= cap:
            whose = ": those of what is selected or focused"
        if len(mine) > cap:
            mine = self._nearest(mine, env_id[mine], rows[mine], cap)
        notes.append(f"{len(mine):,} of {len(wanted):,} {what} are drawn{whose}.")
        return mine

    def _nearest(
        self,
        marks: NDArray[np.int64],
        env_id: NDArray[np.int32],
        rows: NDArray[np.integer],
        cap: int,
    ) -> NDArray[np.int64]:
        """Return those marks that lie closest to where the camera looks, in their order."""
        at = self.world[np.maximum(rows, 0), 3, :3].astype(np.float64)
        origins = self.snapshot.env_origins
        inside = (env_id >= 0) & (env_id < len(origins))
        at[inside] += (self.spacing - 1.0) * origins[env_id[inside]]
        distance = np.where(rows >= 0, ((at - self.near) ** 2).sum(axis=1), np.inf)
        distance = np.nan_to_num(distance, nan=np.inf)
        return marks[np.sort(np.argpartition(distance, cap)[:cap])]

    def body_rows(self) -> NDArray[np.int64]:
        """Return the transform rows that are rigid bodies, shape [b]."""
        prims, table = self.snapshot.prims, self.snapshot.transforms
        flags = prims.flags[table.prims]
        return np.flatnonzero((flags & PrimFlag.RIGID_BODY) != 0)


def axes_of(matrices: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the unit axes of row-vector matrices, shape [n, 3, 3]: one axis per row."""
    axes = matrices[:, :3, :3].astype(np.float64)
    return axes / np.maximum(np.linalg.norm(axes, axis=2, keepdims=True), 1e-12)
