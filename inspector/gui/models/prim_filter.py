"""The search box of the stage tree: words to a boolean array over all prims, in numpy.

Words are joined by *and*: ``type:Xform``, ``env:3-10``, ``is:stale``, a path with
``{ENV_REGEX_NS}``, or a part of a name.
"""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from inspector.session.snapshot import PrimTable, SceneSnapshot

NAMESPACE = "{ENV_REGEX_NS}"
HELP = "Name, /path, {ENV_REGEX_NS}/Object, type:Cube, env:0-63, is:stale"


def match_prims(snapshot: SceneSnapshot, query: str) -> NDArray[np.bool_] | None:
    """Return which prims match every word of the query.

    Args:
        snapshot: Where to search.
        query: Text of the search box.

    Returns:
        Boolean array of shape [n]; ``None`` for an empty query, which matches everything.
    """
    words = query.split()
    if not words:
        return None
    matches = np.ones(len(snapshot.prims), bool)
    for word in words:
        matches &= _match_word(snapshot, word)
    return matches


def _match_word(snapshot: SceneSnapshot, word: str) -> NDArray[np.bool_]:
    prims = snapshot.prims
    key, _, value = word.partition(":")
    if key == "type" and value:
        return _among(prims.type_id, [value.lower() in name.lower() for name in prims.types])
    if key == "env" and value:
        return _match_envs(prims, value)
    if word == "is:stale":
        stale = np.zeros(len(prims), bool)
        stale[snapshot.transforms.prims] = snapshot.transforms.reason > 0
        return stale
    if word.startswith(("/", NAMESPACE)):
        return _match_path(prims, word)
    return _among(prims.name_id, [word.lower() in name.lower() for name in prims.names])


def _match_envs(prims: PrimTable, ranges: str) -> NDArray[np.bool_]:
    matches = np.zeros(len(prims), bool)
    for part in ranges.split(","):
        found = re.fullmatch(r"(\d+)(?:-(\d*))?", part)
        if found is not None:
            first = int(found[1])
            last = first if found[2] is None else int(found[2] or np.iinfo(np.int32).max)
            matches |= (prims.env_id >= first) & (prims.env_id <= last)
    return matches


def _match_path(prims: PrimTable, path: str) -> NDArray[np.bool_]:
    """Match a path and everything below it; a path in one environment looks only there."""
    wanted = path.replace(NAMESPACE, prims.paths.env_root).rstrip("/")
    template, env_id = prims.paths.split(wanted)
    below = template + "/"
    hit = [name == template or name.startswith(below) for name in prims.paths.templates]
    if not any(hit):
        # The last token is still being typed.
        hit = [name.startswith(template) for name in prims.paths.templates]
    matches = _among(prims.paths.template_id, hit)
    return matches & (prims.env_id == env_id) if env_id >= 0 else matches


def _among(ids: NDArray[np.integer], wanted: list[bool]) -> NDArray[np.bool_]:
    return np.array(wanted, bool)[ids] if wanted else np.zeros(len(ids), bool)
