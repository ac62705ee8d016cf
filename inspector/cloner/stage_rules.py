"""Lints of a clone plan that look at the stage; those that need none are in ``rules``."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from pxr import Sdf, Usd, UsdGeom

from inspector.cloner.plan import ClonePlan
from inspector.cloner.templates import env_id_in
from inspector.utils.message import Message
from inspector.utils.states import Severity

_SHOWN = 8


def check_stage_rules(
    stage: Usd.Stage, plan: ClonePlan, env_root: str = "/World/envs/env_{}"
) -> tuple[Message, ...]:
    """Look for what would make the clones of a plan surprise somebody.

    Args:
        stage: Stage to read; it is not changed.
        plan: Clone plan.
        env_root: Template of the environment roots.

    Returns:
        Messages, the worst first.
    """
    mask = plan.clone_mask.detach().cpu().numpy()
    used = [row for row in range(len(mask)) if mask[row].any()]
    found = [
        *_missing_sources(stage, plan, used),
        *_over_ancestors(stage, plan, used),
        *_targets_elsewhere(stage, plan, used, env_root),
        *_overlaps(stage, plan, mask, env_root),
    ]
    return tuple(sorted(found, key=lambda message: -message.severity))


def _missing_sources(stage: Usd.Stage, plan: ClonePlan, used: list[int]) -> Iterator[Message]:
    for source in dict.fromkeys(plan.sources[row] for row in used):
        if not stage.GetPrimAtPath(source):
            text = f"There is no prim at {source}; spawn the source before cloning it."
            yield Message(Severity.ERROR, text, source, code="missing-source")


def _over_ancestors(stage: Usd.Stage, plan: ClonePlan, used: list[int]) -> Iterator[Message]:
    # Above the sources and above the first destination of each row.
    seen: set[str] = set()
    for row in used:
        env_id = int(plan.clone_mask[row].nonzero()[0])
        for path in (plan.sources[row], plan.destination(row, env_id)):
            prim = stage.GetPrimAtPath(Sdf.Path(path).GetParentPath())
            while prim and not prim.IsPseudoRoot():
                name = str(prim.GetPath())
                if name not in seen and not prim.HasDefiningSpecifier():
                    text = (
                        f"{name} is only an 'over', so nothing below it is drawn or simulated; "
                        "define it, or clone into it and it becomes an Xform."
                    )
                    yield Message(Severity.WARNING, text, name, code="over-ancestor")
                seen.add(name)
                prim = prim.GetParent()


def _targets_elsewhere(
    stage: Usd.Stage, plan: ClonePlan, used: list[int], env_root: str
) -> Iterator[Message]:
    for source in dict.fromkeys(plan.sources[row] for row in used):
        root = stage.GetPrimAtPath(source)
        env = _env_of(source, env_root)
        if not root or env is None or source == env:
            continue
        # A row that clones the whole environment takes the target along.
        for prim in Usd.PrimRange(root, Usd.TraverseInstanceProxies()):
            for relationship in prim.GetAuthoredRelationships():
                for target in relationship.GetTargets():
                    if target.HasPrefix(env) and not target.HasPrefix(source):
                        text = (
                            f"{relationship.GetPath()} points at {target}: in every clone it will "
                            f"still point into {Sdf.Path(env).name}; clone the whole environment "
                            "or move the target into the source."
                        )
                        path = str(relationship.GetPath().GetPrimPath())
                        yield Message(Severity.WARNING, text, path, code="points-at-source-env")


def _env_of(path: str, env_root: str) -> str | None:
    prim_path = Sdf.Path(path)
    while not prim_path.IsAbsoluteRootPath():
        if env_id_in(prim_path.pathString, env_root) is not None:
            return prim_path.pathString
        prim_path = prim_path.GetParentPath()
    return None


def _overlaps(
    stage: Usd.Stage, plan: ClonePlan, mask: NDArray[np.bool_], env_root: str
) -> Iterator[Message]:
    boxes = _env_boxes(stage, plan, mask, env_root)
    env_ids, low, high = boxes
    pair = _first_overlaps(low, high)
    if not len(pair):
        return
    envs = np.unique(env_ids[pair])
    a, b = (int(env_ids[i]) for i in pair[0])
    more = f" and {len(envs) - 2} more environments overlap" if len(envs) > 2 else ""
    text = f"env_{a} and env_{b} overlap in space{more}; increase env_spacing."
    yield Message(
        Severity.WARNING,
        text,
        env_root.replace("{}", str(a)),
        tuple(envs[:_SHOWN].tolist()),
        "envs-overlap",
    )


def _env_boxes(
    stage: Usd.Stage, plan: ClonePlan, mask: NDArray[np.bool_], env_root: str
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Return env ids and world boxes from the poses of the roots and one box per source."""
    transforms = UsdGeom.XformCache()
    boxes = UsdGeom.BBoxCache(Usd.TimeCode.Default(), ["default", "render"], useExtentsHint=True)
    count = plan.num_envs
    low, high = np.full((count, 3), np.inf), np.full((count, 3), -np.inf)
    roots = _root_matrices(stage, plan, env_root, transforms)
    for row in range(len(mask)):
        source = stage.GetPrimAtPath(plan.sources[row])
        if not source or not mask[row].any():
            continue
        whole_env = plan.destinations[row] == env_root
        bound = (
            boxes.ComputeUntransformedBound(source)
            if whole_env
            else boxes.ComputeLocalBound(source)
        )
        box = bound.ComputeAlignedRange()
        if box.IsEmpty():
            continue
        corners = np.array([[*box.GetCorner(i), 1.0] for i in range(8)])
        placed = np.einsum("ci,eij->ecj", corners, roots[mask[row]])[..., :3]
        low[mask[row]] = np.minimum(low[mask[row]], placed.min(axis=1))
        high[mask[row]] = np.maximum(high[mask[row]], placed.max(axis=1))
    filled = np.isfinite(low).all(axis=1)
    return np.flatnonzero(filled), low[filled], high[filled]


def _root_matrices(
    stage: Usd.Stage, plan: ClonePlan, env_root: str, transforms: UsdGeom.XformCache
) -> NDArray[np.float64]:
    """World matrices of the environment roots, float64, shape [e, 4, 4]."""
    if plan.env_pose is not None:
        return _matrices(plan.env_pose.detach().cpu().numpy().astype(np.float64))
    roots = np.tile(np.eye(4), (plan.num_envs, 1, 1))
    for env_id in range(plan.num_envs):
        prim = stage.GetPrimAtPath(env_root.replace("{}", str(env_id)))
        if prim:
            roots[env_id] = np.array(transforms.GetLocalToWorldTransform(prim))
    return roots


def _matrices(pose: NDArray[np.float64]) -> NDArray[np.float64]:
    """Row-vector matrices of position + quat_xyzw, shape [e, 4, 4]."""
    x, y, z, w = pose[:, 3:].T
    result = np.tile(np.eye(4), (len(pose), 1, 1))
    result[:, 0, :3] = np.stack(
        [1 - 2 * (y * y + z * z), 2 * (x * y + z * w), 2 * (x * z - y * w)], 1
    )
    result[:, 1, :3] = np.stack(
        [2 * (x * y - z * w), 1 - 2 * (x * x + z * z), 2 * (y * z + x * w)], 1
    )
    result[:, 2, :3] = np.stack(
        [2 * (x * z + y * w), 2 * (y * z - x * w), 1 - 2 * (x * x + y * y)], 1
    )
    result[:, 3, :3] = pose[:, :3]
    return result


def _first_overlaps(low: NDArray[np.float64], high: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return pairs of overlapping boxes, int64, shape [k, 2]; touching is no overlap.

    Boxes are sorted along the axis in which they lie furthest apart and each is compared with its
    successors, one shift at a time, until no box reaches that far.
    """
    if len(low) < 2:
        return np.zeros((0, 2), np.int64)
    axis = int(np.argmax(np.ptp(low, axis=0)))
    order = np.argsort(low[:, axis], kind="stable")
    low, high = low[order], high[order]
    slack = 1e-9 * max(1.0, float(np.abs(high).max()))
    pairs: list[NDArray[np.int64]] = []
    for shift in range(1, len(low)):
        near = high[:-shift, axis] - slack > low[shift:, axis]
        if not near.any():
            break
        hit = near & (
            (high[:-shift] - slack > low[shift:]) & (high[shift:] - slack > low[:-shift])
        ).all(axis=1)
        first = np.flatnonzero(hit)
        pairs.append(np.stack([order[first], order[first + shift]], axis=1))
        if sum(map(len, pairs)) > len(low):  # enough to say that they overlap
            break
    return np.concatenate(pairs) if pairs else np.zeros((0, 2), np.int64)
