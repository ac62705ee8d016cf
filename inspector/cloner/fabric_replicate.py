"""``fabric_replicate``: the public door to cloning in Fabric; the work is in ``fabric_replication``.

The package binds this function eagerly, so that nothing heavy is imported before it is called.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pxr import Usd

    from inspector.fabric.scene_tables import SceneTables


def fabric_replicate(
    target: SceneTables | Usd.Stage,
    sources: Sequence[str],
    destinations: Sequence[str],
    env_ids: Any,
    mask: Any = None,
    positions: Any = None,
    quaternions: Any = None,
    *,
    progress: Callable[[int, int, str], None] | None = None,
) -> None:
    """Clone source prims to Fabric rows; the world transforms are those of ``usd_replicate``.

    The only thing authored in USD is the pose of a source that is its own destination. Missing
    ancestors of a destination become rows, too. A second call adds to the clones of the first and
    replaces those at the same destinations. All arguments are checked first; after a failure or a
    cancel everything is as it was.

    Args:
        target: Tables that receive the rows at once, or a stage whose tables receive them when
            they are next refreshed or built.
        sources: Source prim paths, s rows.
        destinations: Templates with exactly one ``{}`` for the env id, s rows.
        env_ids: Ids of the environments, shape [e].
        mask: Which environment receives which row, bool, shape [s, e]; ``None`` is all true.
        positions: Position of each **env id** in stage units, shape [*, 3].
        quaternions: Orientation (xyzw) of each **env id**, shape [*, 4].
        progress: Called with (done, total, text); whatever it raises cancels.

    Raises:
        TypeError: If a type or dtype is wrong, such as an integer mask.
        ValueError: If a value or shape is wrong, a source is missing, two rows with different
            sources claim one destination, or USD has a prim at a destination.
    """
    from inspector.cloner.arguments import read_request
    from inspector.cloner.fabric_replication import replicate_in_fabric

    request = read_request(sources, destinations, env_ids, mask, positions, quaternions)
    replicate_in_fabric(target, request, progress)


def forget_fabric_clones(stage: Usd.Stage) -> None:
    """Remove all clones that ``fabric_replicate`` made on a stage; tables follow when refreshed."""
    from inspector.usd.unauthored import set_clones

    set_clones(stage, None)
