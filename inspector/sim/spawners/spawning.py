"""From a path expression to spawned prims: check, author once, replicate, or leave no trace.

Belongs here: what all spawners share. Does not belong here: what any of them authors.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from typing import Any

from pxr import Sdf, Usd

from inspector.sim.schemas.schemas import activate_contact_sensors, check_schema_cfg
from inspector.sim.schemas.schemas_cfg import SchemaCfg
from inspector.sim.spawners.spawner_cfg import SpawnerCfg
from inspector.usd.authoring import check_new_prim_path, rollback_on_error
from inspector.usd.prims import set_prim_visibility
from inspector.usd.queries import find_matching_prim_paths, is_regex_path
from inspector.usd.semantics import add_labels
from inspector.usd.stage import get_current_stage
from inspector.usd.transforms import numbers

SpawnFunction = Callable[..., Usd.Prim]
# One change block over thousands of copies would hold the interpreter lock for half a second.
_COPIES_PER_BLOCK = 64


def clone(func: SpawnFunction) -> SpawnFunction:
    """Let a spawner accept a path expression: it spawns at the first match, the others get copies.

    Everything is checked before anything is authored, and a failure leaves the layer as it was.

    Args:
        func: Takes a prim path, settings, translation, orientation; authors the prim.

    Returns:
        A function of the same arguments; it returns the prim at the first match. It raises
        TypeError when settings are missing and ValueError when nothing matches the parent path,
        there is a prim at one of the paths already, or a value is not possible.
    """

    @functools.wraps(func)
    def wrapper(
        prim_path: str | Sdf.Path,
        cfg: Any,
        translation: Any = None,
        orientation: Any = None,
        **kwargs: Any,
    ) -> Usd.Prim:
        stage = get_current_stage()
        local = numbers("translation", translation, 3)
        quat = numbers("orientation", orientation, 4)
        check_spawner_cfg(cfg)
        paths = spawn_paths(prim_path, stage)
        with ExitStack() as undo:
            for path in paths:
                undo.enter_context(rollback_on_error(path, stage))
            prim = func(str(paths[0]), cfg, local, quat, **kwargs)
            _finish(prim, cfg)
            inherit = isinstance(cfg, SpawnerCfg) and not cfg.copy_from_source
            (_inherit if inherit else copy_prim)(stage, paths[0], paths[1:])
        return prim

    return wrapper


def spawn_paths(prim_path: str | Sdf.Path, stage: Usd.Stage) -> list[Sdf.Path]:
    """Return where to spawn: below every prim that matches the parent part of a path expression.

    Args:
        prim_path: Absolute path; the parent part may be an expression, matched per token. A
            wildcard ``.*`` in the last part stands for ``0``, as in Isaac Lab.
        stage: The stage.

    Returns:
        At least one path; no prim is there yet.

    Raises:
        ValueError: Nothing matches, a path is not valid, or there is a prim already.
    """
    parent, _, name = str(prim_path).rpartition("/")
    name = name.replace(".*", "0")
    if not str(prim_path).startswith("/"):
        raise ValueError(f"prim_path '{prim_path}' is not absolute; it must start with '/'.")
    parents = [parent]
    if parent and is_regex_path(parent):
        parents = find_matching_prim_paths(parent, stage)
        if not parents:
            raise ValueError(
                f"No prim matches '{parent}', the parent part of prim_path '{prim_path}'; "
                "create the parents first."
            )
    return [check_new_prim_path(f"{path}/{name}", stage) for path in parents]


def check_spawner_cfg(cfg: Any) -> None:
    """Check settings before anything is authored.

    Args:
        cfg: Any configclass instance.

    Raises:
        TypeError: Something is missing, or a property has the wrong type.
        ValueError: A value is not possible.
    """
    cfg.validate()
    for value in vars(cfg).values():
        if isinstance(value, SchemaCfg):
            check_schema_cfg(value)
    check = getattr(cfg, "check", None)
    if check is not None:
        check()


def check_positive(cfg: Any, *names: str) -> None:
    """Check that fields are numbers above zero.

    Args:
        cfg: Settings.
        names: Fields with one number each.

    Raises:
        ValueError: A number is not finite or not above zero.
        TypeError: A field is not a number.
    """
    for name in names:
        (value,) = numbers(f"{type(cfg).__name__}.{name}", [getattr(cfg, name)], 1) or (0.0,)
        if value <= 0.0:
            raise ValueError(f"{type(cfg).__name__}.{name} must be above 0, got {value}.")


def check_size(cfg: Any, name: str, length: int) -> tuple[float, ...]:
    """Check that a field holds lengths above zero.

    Args:
        cfg: Settings.
        name: The field.
        length: How many lengths.

    Returns:
        The lengths [m].

    Raises:
        ValueError: A number is not finite or not above zero, or their count is another.
        TypeError: The field holds no numbers.
    """
    values = numbers(f"{type(cfg).__name__}.{name}", getattr(cfg, name), length) or ()
    if min(values) <= 0.0:
        raise ValueError(f"{type(cfg).__name__}.{name} must be above 0, got {values}.")
    return values


def _finish(prim: Usd.Prim, cfg: Any) -> None:
    if not isinstance(cfg, SpawnerCfg):
        return  # materials have neither visibility nor tags
    if not cfg.visible:
        set_prim_visibility(prim, False)
    for kind, label in cfg.semantic_tags or ():
        add_labels(prim, [label.replace(" ", "_")], kind.replace(" ", "_"), overwrite=False)
    if getattr(cfg, "activate_contact_sensors", False):
        activate_contact_sensors(str(prim.GetPath()), stage=prim.GetStage())


def copy_prim(stage: Usd.Stage, source: Sdf.Path, targets: list[Sdf.Path]) -> None:
    """Copy a prim in the edit target.

    Args:
        stage: The stage.
        source: What to copy.
        targets: Where to, in places without a prim.
    """
    layer = stage.GetEditTarget().GetLayer()
    for block in _blocks(targets):
        with Sdf.ChangeBlock():
            for target in block:
                Sdf.CreatePrimInLayer(layer, target)
                Sdf.CopySpec(layer, source, layer, target)


def _inherit(stage: Usd.Stage, source: Sdf.Path, targets: list[Sdf.Path]) -> None:
    layer = stage.GetEditTarget().GetLayer()
    type_name = stage.GetPrimAtPath(source).GetTypeName()
    for block in _blocks(targets):
        with Sdf.ChangeBlock():
            for target in block:
                spec = Sdf.CreatePrimInLayer(layer, target)
                spec.specifier, spec.typeName = Sdf.SpecifierDef, type_name
                spec.inheritPathList.Prepend(source)


def _blocks(targets: list[Sdf.Path]) -> Iterable[list[Sdf.Path]]:
    return (
        targets[start : start + _COPIES_PER_BLOCK]
        for start in range(0, len(targets), _COPIES_PER_BLOCK)
    )
