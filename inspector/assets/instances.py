"""Which rows of an engine's table belong to which instance of an asset.

An instance is one prim that matches the asset's path expression: one per environment, or, outside
of the environments, one per matching prim.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from pxr import Sdf, Usd, UsdGeom

from inspector.usd.path_table import PathTable

_REGEX_MARKS = re.compile(r"[\\^$.|?*+()\[\]{}]")


@dataclass(frozen=True, eq=False)
class InstanceRows:
    """Rows below an asset, instance by instance.

    Attributes:
        rows: Rows of the table, int64, shape [r]; those of an instance stand together.
        counts: Number of rows of each instance, int64, shape [n].
        roots: Prim path of each instance, n of them.
    """

    rows: NDArray[np.int64]
    counts: NDArray[np.int64]
    roots: tuple[str, ...]


def find_instances(prim_path: str, paths: PathTable) -> InstanceRows:
    """Find the rows at or below the prims that a path expression matches.

    Args:
        prim_path: Path expression, matched token by token.
        paths: The engine's table.

    Returns:
        Environments in rising order, then prims in the order of the table.
    """
    root_of: dict[str, int] = {}
    of_template = np.full(len(paths.templates) + 1, -1, np.int64)
    for template_id, template in enumerate(paths.templates):
        root = _root(prim_path, template)
        if root is not None:
            of_template[template_id] = root_of.setdefault(root, len(root_of))
    root_ids = of_template[paths.template_id]
    rows = np.flatnonzero(root_ids >= 0)
    rows = rows[np.lexsort((root_ids[rows], paths.env_id[rows]))]
    keys = np.stack([paths.env_id[rows], root_ids[rows]], axis=1)
    starts = np.flatnonzero(np.any(np.diff(keys, axis=0, prepend=-2) != 0, axis=1))
    names = list(root_of)
    roots = tuple(names[root].replace("{}", str(env)) for env, root in keys[starts].tolist())
    return InstanceRows(rows, np.diff(starts, append=len(rows)), roots)


def origins(stage: Usd.Stage, prim_path: str, roots: tuple[str, ...]) -> torch.Tensor:
    """Return what a position of each instance is relative to, float64, shape [n, 3].

    That is the prim of the last token above the asset that is an expression, such as the
    environment; the world's origin when there is none.

    Args:
        stage: Stage to read.
        prim_path: Path expression of the asset.
        roots: Prim path of each instance, n of them.
    """
    above = prim_path.split("/")[:-1]
    marked = [place for place, token in enumerate(above) if _REGEX_MARKS.search(token)]
    result = np.zeros((len(roots), 3))
    if marked:
        cache = UsdGeom.XformCache()
        for index, root in enumerate(roots):
            anchor = Sdf.Path("/".join(root.split("/")[: marked[-1] + 1]))
            position = cache.GetLocalToWorldTransform(
                stage.GetPrimAtPath(anchor)
            ).ExtractTranslation()
            result[index] = [position[axis] for axis in range(3)]
    return torch.from_numpy(result)


def _root(prim_path: str, template: str) -> str | None:
    """Return the part of a template that the expression matches."""
    wanted, given = prim_path.split("/"), template.split("/")
    if len(given) < len(wanted):
        return None
    given = given[: len(wanted)]
    for expression, token in zip(wanted, given, strict=True):
        if not re.fullmatch(expression, token.replace("{}", "0")):
            return None
    return "/".join(given)
