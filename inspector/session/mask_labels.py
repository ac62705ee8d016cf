"""The clone mask of a plan, with a short name for each of its rows."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from pxr import Usd

from inspector.cloner.plan import ClonePlan
from inspector.cloner.stage_rules import check_stage_rules
from inspector.session.clone_mask import CloneMask
from inspector.utils.message import Message

_KEPT = re.compile(r"row_\d+_(.+)")
_MAX_PRIMS = 200
_MAX_NAMED = 3


def mask_of(stage: Usd.Stage, plan: ClonePlan | None) -> CloneMask:
    """Return the mask of a plan, an empty one for ``None``."""
    if plan is None:
        return CloneMask()
    labels = tuple(
        _label(stage, source, destination)
        for source, destination in zip(plan.sources, plan.destinations, strict=True)
    )
    applied = plan.clone_mask.cpu().numpy().copy()

    def stage_rules(sources: Sequence[str], mask: NDArray[np.bool_]) -> tuple[Message, ...]:
        now = replace(plan, sources=tuple(sources), clone_mask=torch.from_numpy(mask.copy()))
        return check_stage_rules(stage, now)

    return CloneMask(plan.sources, plan.destinations, unique(labels), applied, stage_rules)


def unique(labels: tuple[str, ...]) -> tuple[str, ...]:
    """Number labels that occur more than once: Cone 1, Cone 2."""
    seen: dict[str, int] = {}
    result: list[str] = []
    for label in labels:
        seen[label] = seen.get(label, 0) + 1
        result.append(f"{label} {seen[label]}" if labels.count(label) > 1 else label)
    return tuple(result)


def _label(stage: Usd.Stage, source: str, destination: str) -> str:
    """Name what a source is: the file that it references, its only shape, or its own name."""
    name = source.rpartition("/")[2]
    kept = _KEPT.fullmatch(name)
    prim = stage.GetPrimAtPath(source)
    if prim:
        for spec in prim.GetPrimStack():
            if spec.layer != stage.GetRootLayer() and spec.layer.realPath:
                return Path(spec.layer.realPath).stem.replace("_", " ").capitalize()
        shapes: set[str] = set()
        for index, below in enumerate(Usd.PrimRange.AllPrims(prim)):
            if index == _MAX_PRIMS:
                break
            if below.IsA("Gprim"):
                shapes.add(str(below.GetTypeName()))
        if len(shapes) == 1:
            return shapes.pop()
        if destination.endswith("{}"):
            return _contents(stage, prim) or destination.rpartition("/")[2]
    if kept:
        return kept.group(1).replace("_", " ").capitalize()
    return destination.rpartition("/")[2] or name


def _contents(stage: Usd.Stage, environment: Usd.Prim) -> str:
    """Name what a whole environment contains: Ant, or Cone + Cartpole."""
    names = [
        _label(stage, str(child.GetPath()), str(child.GetPath()))
        for child in environment.GetChildren()
    ]
    more = " …" if len(names) > _MAX_NAMED else ""
    return " + ".join(names[:_MAX_NAMED]) + more
