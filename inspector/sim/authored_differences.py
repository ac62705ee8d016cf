"""Environments whose physics somebody authored differently from the other clones of their sources.

Belongs here: finding them, and the plan that gives each of them a model of its own. Poses do not
count as a difference: the engine reads them per environment anyway.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

import torch
from pxr import Usd

from inspector.cloner.plan import ClonePlan
from inspector.physics.backend import Progress
from inspector.usd.unauthored import clones_of
from inspector.utils.message import Message
from inspector.utils.states import Severity

MAX_MODELS = 64
"""Environments that get a model of their own; more of them would make play take minutes."""
_NAMED = 5
_POLLED = 64
_NAMESPACES = ("physics:", "drive:", "limit:", "state:", "physx", "mjc:", "newton:")
_POSES = ("xformOp:translate", "xformOp:orient", "xformOp:rotate", "xformOp:transform")


@dataclass(frozen=True)
class Difference:
    """What makes an environment different.

    Attributes:
        env_id: The environment.
        path: First prim that differs.
        name: Attribute that differs, empty for a prim that is missing or of another kind.
    """

    env_id: int
    path: str
    name: str = ""


def differing_environments(
    stage: Usd.Stage,
    plan: ClonePlan,
    suspects: Collection[int],
    progress: Progress | None = None,
) -> list[Difference]:
    """Compare environments that were edited with another one of the same recipe.

    Args:
        stage: The stage.
        plan: Who received what.
        suspects: Environments that somebody may have edited; the others count as equal.
        progress: Reports and cancels.

    Returns:
        The differences, at most one for each environment.
    """
    found: list[Difference] = []
    if not suspects:
        return found
    for rows, env_ids in plan.recipes():
        ids = env_ids.tolist()
        destinations = [plan.destinations[row] for row in rows]
        untouched = [env_id for env_id in ids if env_id not in suspects]
        edited = [env_id for env_id in ids if env_id in suspects]
        odd = _compare(stage, destinations, (untouched or ids)[0], edited, progress)
        if not untouched and 2 * len(odd) > len(ids):
            # The one that they were compared with is the odd one.
            others = _compare(stage, destinations, odd[0].env_id, edited, progress)
            odd = min(odd, others, key=len)
        found += odd
    return found


def engine_plan(
    stage: Usd.Stage,
    plan: ClonePlan,
    suspects: Collection[int] | None,
    progress: Progress | None = None,
) -> tuple[ClonePlan, tuple[Message, ...]]:
    """Return who shares a model with whom, and what there is to say about it.

    Args:
        stage: The stage.
        plan: Who received what.
        suspects: Environments that somebody may have edited; ``None`` reads each on its own.
        progress: Reports and cancels.
    """
    if suspects is None:
        return one_source_per_environment(plan), ()
    plan = without_missing(stage, plan, suspects)
    found = differing_environments(stage, plan, suspects, progress)
    return with_own_models(plan, found), messages_of(found)


def without_missing(stage: Usd.Stage, plan: ClonePlan, suspects: Collection[int]) -> ClonePlan:
    """Return a plan without what somebody deleted or switched off in an environment.

    Engines take what has no prim for a clone that exists in Fabric only, and simulate it.

    Args:
        stage: The stage.
        plan: Who received what.
        suspects: Environments that somebody may have edited.
    """
    mask = plan.clone_mask.cpu()
    gone = [
        (row, env_id)
        for env_id in suspects
        for row in _rows(mask, env_id)
        if not _is_active(stage, plan.destination(row, env_id))
    ]
    in_fabric = _clones_in_fabric(stage) if gone else set[str]()
    gone = [cell for cell in gone if plan.destination(*cell) not in in_fabric]
    if not gone:
        return plan
    left = mask.clone()
    left[tuple(torch.tensor(gone).T)] = False
    return replace(plan, clone_mask=left)


def _is_active(stage: Usd.Stage, path: str) -> bool:
    prim = stage.GetPrimAtPath(path)
    return bool(prim) and prim.IsActive()


def _clones_in_fabric(stage: Usd.Stage) -> set[str]:
    clones = clones_of(stage)
    return {
        row.template.replace("{}", str(env_id))
        for row in (() if clones is None else clones.rows)
        for env_id in row.env_ids.tolist()
    }


def with_own_models(plan: ClonePlan, differences: Collection[Difference]) -> ClonePlan:
    """Return a plan in which environments that differ are their own sources.

    Args:
        plan: Who received what.
        differences: What differs; ``MAX_MODELS`` of them are taken.
    """
    chosen = [difference.env_id for difference in list(differences)[:MAX_MODELS]]
    if not chosen:
        return plan
    mask = plan.clone_mask.cpu()
    cells = [(plan.destinations[row], env_id) for env_id in chosen for row in _rows(mask, env_id)]
    own = torch.zeros((len(cells), mask.shape[1]), dtype=torch.bool)
    own[torch.arange(len(cells)), torch.tensor([env_id for _, env_id in cells])] = True
    shared = mask.clone()
    shared[:, chosen] = False
    return replace(
        plan,
        sources=(*plan.sources, *(place.replace("{}", str(env_id)) for place, env_id in cells)),
        destinations=(*plan.destinations, *(place for place, _ in cells)),
        clone_mask=torch.cat([shared, own]),
    )


def one_source_per_environment(plan: ClonePlan) -> ClonePlan:
    """Return a plan in which every environment is its own source.

    Args:
        plan: Who received what.
    """
    count = plan.clone_mask.shape[1]
    root = plan.destinations[0].partition("{}")[0] + "{}"
    return ClonePlan(
        sources=tuple(root.replace("{}", str(env)) for env in range(count)),
        destinations=(root,) * count,
        clone_mask=torch.eye(count, dtype=torch.bool),
        env_pose=plan.env_pose,
    )


def messages_of(differences: Collection[Difference]) -> tuple[Message, ...]:
    """Say which environments are simulated on their own, and which should be but are not."""
    told = list(differences)
    own = tuple(
        Message(
            Severity.INFO,
            f"env_{difference.env_id} differs from the other clones in "
            f"{difference.name or 'a prim'} and is simulated with a model of its own.",
            difference.path,
            (difference.env_id,),
            code="physics-differs",
        )
        for difference in told[:MAX_MODELS]
    )
    rest = told[MAX_MODELS:]
    if not rest:
        return own
    text = (
        f"{len(rest):,} more environments, from env_{rest[0].env_id} on, differ from the other "
        "clones in their physics, and this is ignored. Set replicate_physics=False to read every "
        "environment on its own."
    )
    ids = tuple(difference.env_id for difference in rest[:_NAMED])
    return (*own, Message(Severity.WARNING, text, rest[0].path, ids, code="physics-ignored"))


def _rows(mask: torch.Tensor, env_id: int) -> list[int]:
    return mask[:, env_id].nonzero().flatten().tolist()


def _compare(
    stage: Usd.Stage,
    destinations: list[str],
    model_id: int,
    env_ids: list[int],
    progress: Progress | None,
) -> list[Difference]:
    """Compare environments with one of them."""
    model = _Model(stage, destinations, model_id)
    found: list[Difference] = []
    for done, env_id in enumerate(env_ids):
        if progress is not None and done % _POLLED == 0:
            progress(done, len(env_ids), "Comparing environments")
        difference = None if env_id == model_id else model.compare(env_id)
        if difference is not None:
            found.append(difference)
    return found


@dataclass(frozen=True)
class _Expected:
    """What physics reads of a prim but its pose, and what that was told by."""

    template: str
    type_info: Any
    authored: list[str]
    values: dict[str, Any]


class _Model:
    """What physics reads of one environment, to be compared with others."""

    def __init__(self, stage: Usd.Stage, destinations: list[str], env_id: int) -> None:
        self._stage = stage
        self._seen: list[_Expected] = []
        for destination in destinations:
            root = stage.GetPrimAtPath(destination.replace("{}", str(env_id)))
            if not root:
                continue
            start = len(str(root.GetPath()))
            for prim in Usd.PrimRange(root, Usd.TraverseInstanceProxies()):
                if _is_read(prim):
                    template = destination + str(prim.GetPath())[start:]
                    names = prim.GetAuthoredPropertyNames()
                    values = {name: _value(prim, name) for name in _relevant(prim, names)}
                    self._seen.append(_Expected(template, prim.GetPrimTypeInfo(), names, values))

    def compare(self, env_id: int) -> Difference | None:
        """Return how an environment differs, ``None`` when it does not."""
        for expected in self._seen:
            path = expected.template.replace("{}", str(env_id))
            prim = self._stage.GetPrimAtPath(path)
            # Type and applied schemas; an opinion about anything else may differ.
            here = prim and prim.IsActive() and prim.GetPrimTypeInfo() == expected.type_info
            if not here:
                return Difference(env_id, path)
            names = prim.GetAuthoredPropertyNames()
            if names != expected.authored:
                odd = set(_relevant(prim, names)) ^ set(expected.values)
                if odd:
                    return Difference(env_id, path, min(odd))
            for name, value in expected.values.items():
                if _value(prim, name) != value:
                    return Difference(env_id, path, name)
        return None


def _is_read(prim: Usd.Prim) -> bool:
    return prim.IsA("PhysicsJoint") or any(map(_is_physics, prim.GetAppliedSchemas()))


def _relevant(prim: Usd.Prim, names: list[str]) -> list[str]:
    """Choose the attributes that physics reads, poses left out."""
    is_body = prim.HasAPI("PhysicsRigidBodyAPI")
    is_shape = prim.IsA("Gprim")
    chosen = [
        name
        for name in names
        if name.startswith(_NAMESPACES) or (is_shape and _shapes(name, is_body))
    ]
    return [name for name in chosen if prim.HasAttribute(name)]


def _value(prim: Usd.Prim, name: str) -> Any:
    return prim.GetAttribute(name).Get()


def _shapes(name: str, is_body: bool) -> bool:
    """Whether an attribute says how large a collider is or where on its body it sits."""
    if name.startswith("xformOp"):
        return not (is_body and name.startswith((*_POSES, "xformOpOrder")))
    return ":" not in name and name not in {"visibility", "purpose", "extent"}


def _is_physics(schema: str) -> bool:
    return schema.startswith(("Physics", "Physx", "Mjc", "Newton"))
