"""``usd_replicate``: the public door to cloning in USD. What it does lives in ``replication``.

The package binds this function eagerly, so that nothing heavy is imported before it is called.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from pxr import Usd


def usd_replicate(
    stage: Usd.Stage,
    sources: Sequence[str],
    destinations: Sequence[str],
    env_ids: Any,
    mask: Any = None,
    positions: Any = None,
    quaternions: Any = None,
    *,
    mode: Literal["copy", "reference", "instance"] = "copy",
    progress: Callable[[int, int, str], None] | None = None,
) -> None:
    """Clone source prims to the environments that a mask selects.

    Clones are authored in the stage's root layer, whatever the edit target is. All arguments are
    checked before anything is authored; after a failure or a cancel the layer is as it was.
    Existing content at a destination is replaced; missing ancestors become ``Xform``. Rows are
    processed by depth, and every source is read before anything is written.

    Args:
        stage: Stage to author on.
        sources: Source prim paths, s rows. A row without a true cell may name a missing prim.
        destinations: Templates with exactly one ``{}`` for the env id, s rows.
        env_ids: Ids of the environments, shape [e].
        mask: Which environment receives which row, bool, shape [s, e]; one row may be given as
            shape [e]; ``None`` is all true.
        positions: Position of each **env id** in stage units, shape [*, 3], authored on each
            destination that does not lie below another row's, sources included.
        quaternions: Orientation (xyzw) of each **env id**, shape [*, 4].
        mode: ``"copy"`` writes independent specs, ``"reference"`` internal references that follow
            their source, ``"instance"`` instanceable references that share their insides.
        progress: Called with (done, total, text) between blocks; whatever it raises cancels.

    Raises:
        TypeError: If a type or dtype is wrong, such as an integer mask.
        ValueError: If a value or shape is wrong, a source is missing, two rows with different
            sources claim one destination or a destination lies inside an instance.
        StageError: If the root layer cannot be edited.
    """
    from inspector.cloner.arguments import read_request
    from inspector.cloner.replication import replicate

    request = read_request(sources, destinations, env_ids, mask, positions, quaternions, mode)
    replicate(stage, request, progress)
