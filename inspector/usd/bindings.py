"""Materials on prims, and applying a function to a prim or to what is below it.

Belongs here: binding. Does not belong here: creating materials (``inspector.sim.spawners``).
"""

from __future__ import annotations

import functools
import inspect
import logging
from collections.abc import Callable
from typing import Concatenate, ParamSpec

from pxr import Sdf, Usd, UsdShade

from inspector.usd.queries import check_prim

__all__ = ["apply_nested", "bind_physics_material", "bind_visual_material"]

logger = logging.getLogger("inspector.usd")
_P = ParamSpec("_P")


def apply_nested(
    func: Callable[Concatenate[str, _P], bool | None],
) -> Callable[Concatenate[str | Sdf.Path, _P], bool]:
    """Apply a function to a prim or, where it returns False, to the prims below.

    Below a prim on which it succeeded the function is not tried, because physics schemas do not
    nest. Instances are skipped: they cannot be authored.

    Args:
        func: Takes a prim path and more, returns whether it was applied.

    Returns:
        The wrapped function; it returns whether ``func`` succeeded anywhere, and warns when not.
    """
    signature = inspect.signature(func)

    @functools.wraps(func)
    def wrapper(prim_path: str | Sdf.Path, *args: _P.args, **kwargs: _P.kwargs) -> bool:
        stage = signature.bind(str(prim_path), *args, **kwargs).arguments.get("stage")
        queue = [check_prim(prim_path, stage)]
        skipped: list[str] = []
        count = 0
        while queue:
            prim = queue.pop(0)
            if prim.IsInstance():
                skipped.append(str(prim.GetPath()))
            elif func(str(prim.GetPath()), *args, **kwargs):
                count += 1
            else:
                queue.extend(prim.GetChildren())
        if not count:
            note = f"; instances, which cannot be authored: {', '.join(skipped)}" if skipped else ""
            logger.warning(
                "%s found nothing to apply to below %s%s.", func.__name__, prim_path, note
            )
        return count > 0

    return wrapper


def bind_visual_material(
    prim_path: str | Sdf.Path,
    material_path: str | Sdf.Path,
    stage: Usd.Stage | None = None,
    stronger_than_descendants: bool = True,
) -> bool:
    """Bind a material for drawing to a prim and thereby to everything below.

    Args:
        prim_path: Absolute path of an existing prim.
        material_path: Absolute path of an existing material.
        stage: Default: the current stage.
        stronger_than_descendants: Whether it wins over bindings further down.

    Returns:
        True.

    Raises:
        ValueError: One of the prims does not exist, or the prim is inside an instance.
    """
    prim = check_prim(prim_path, stage)
    if prim.IsInstanceProxy():
        raise ValueError(f"'{prim_path}' is inside an instance; call make_uninstanceable first.")
    _bind(prim, material_path, UsdShade.Tokens.allPurpose, stronger=stronger_than_descendants)
    return True


@apply_nested
def bind_physics_material(
    prim_path: str | Sdf.Path,
    material_path: str | Sdf.Path,
    stage: Usd.Stage | None = None,
    stronger_than_descendants: bool = True,
) -> bool:
    """Bind a material for physics to a prim, or to the colliders below it.

    Args:
        prim_path: Absolute path of an existing prim.
        material_path: Absolute path of an existing material.
        stage: Default: the current stage.
        stronger_than_descendants: Whether it wins over bindings further down.

    Returns:
        Whether there was a collider (or physics scene, or deformable) to bind to.
    """
    prim = check_prim(prim_path, stage)
    check_prim(material_path, prim.GetStage())
    applied = {str(name) for name in prim.GetPrimTypeInfo().GetAppliedAPISchemas()}
    others = {"PhysxSceneAPI", "OmniPhysicsDeformableBodyAPI", "PhysxDeformableBodyAPI"}
    if not applied & {"PhysicsCollisionAPI", *others}:
        return False
    _bind(prim, material_path, "physics", stronger=stronger_than_descendants)
    return True


def _bind(prim: Usd.Prim, material_path: str | Sdf.Path, purpose: str, *, stronger: bool) -> None:
    material = UsdShade.Material(check_prim(material_path, prim.GetStage()))
    if not material:
        raise ValueError(f"'{material_path}' is not a material.")
    tokens = UsdShade.Tokens
    strength = tokens.strongerThanDescendants if stronger else tokens.weakerThanDescendants
    UsdShade.MaterialBindingAPI.Apply(prim).Bind(material, strength, purpose)
