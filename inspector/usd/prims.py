"""Creating, deleting and moving single prims.

Belongs here: what changes the hierarchy of a stage, one prim at a time; the functions of
``references.py`` and ``bindings.py`` are offered here too, as in Isaac Lab. Does not belong here:
cloning (``inspector.cloner``), physics schemas (``inspector.sim.schemas``).
"""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping, Sequence
from typing import Any

from pxr import Sdf, Tf, Usd, UsdGeom

from inspector.usd.authoring import (
    check_new_prim_path,
    define_prim,
    remove_spec,
    rollback_on_error,
)
from inspector.usd.bindings import apply_nested, bind_physics_material, bind_visual_material
from inspector.usd.held import refuse_held
from inspector.usd.queries import check_prim
from inspector.usd.references import (
    add_reference,
    add_reference_to_stage,
    add_usd_reference,
    existing_file,
    export_prim_to_file,
    get_usd_references,
    scaled,
    select_usd_variants,
)
from inspector.usd.semantics import add_labels
from inspector.usd.stage import get_current_stage
from inspector.usd.transforms import (
    convert_world_pose_to_local,
    numbers,
    resolve_prim_pose,
    standardize_xform_ops,
)

__all__ = [
    "add_reference_to_stage",
    "add_usd_reference",
    "apply_nested",
    "bind_physics_material",
    "bind_visual_material",
    "change_prim_property",
    "create_prim",
    "define_prim",
    "delete_prim",
    "export_prim_to_file",
    "get_usd_references",
    "make_uninstanceable",
    "move_prim",
    "select_usd_variants",
    "set_prim_visibility",
]

logger = logging.getLogger("inspector.usd")


def create_prim(  # noqa: PLR0913, PLR0917 the signature is Isaac Lab's
    prim_path: str | Sdf.Path,
    prim_type: str = "Xform",
    position: Any = None,
    translation: Any = None,
    orientation: Any = None,
    scale: Any = None,
    usd_path: str | os.PathLike[str] | None = None,
    semantic_label: str | None = None,
    semantic_type: str = "class",
    attributes: Mapping[str, Any] | None = None,
    stage: Usd.Stage | None = None,
) -> Usd.Prim:
    """Create a prim with a transform, attributes, a reference and a semantic label.

    Missing ancestors are defined as ``Xform``. When anything fails, nothing is left behind.

    Args:
        prim_path: Absolute path where no prim is yet.
        prim_type: Type name.
        position: In the world, shape [3]; excludes ``translation``.
        translation: In the parent's frame, shape [3].
        orientation: xyzw, shape [4]; in the world together with ``position``, else in the parent's.
        scale: Shape [3].
        usd_path: File that the prim references.
        semantic_label: Label that the prim gets.
        semantic_type: What kind of label it is.
        attributes: Values by attribute name.
        stage: Default: the current stage.

    Returns:
        The new prim.

    Raises:
        ValueError: There is a prim already, both position and translation are given, a value has
            the wrong length, or an attribute does not exist or does not take the value.
        FileNotFoundError: ``usd_path`` does not exist.
        SimulationStateError: The simulation plays with the stage, or is paused.
    """
    if position is not None and translation is not None:
        raise ValueError("position and translation exclude each other; give one of them.")
    stage = get_current_stage() if stage is None else stage
    path = check_new_prim_path(prim_path, stage)
    world = numbers("position", position, 3)
    local = numbers("translation", translation, 3)
    quat = numbers("orientation", orientation, 4)
    factors = numbers("scale", scale, 3)
    file = None if usd_path is None else existing_file(usd_path)
    with rollback_on_error(path, stage):
        prim = define_prim(path, prim_type, stage)
        if file is not None:
            factors = scaled(factors, add_reference(prim, file))
        _set_attributes(prim, attributes or {})
        if semantic_label is not None:
            add_labels(prim, [semantic_label], semantic_type)
        if UsdGeom.Xformable(prim):
            if world is not None:
                local, quat = convert_world_pose_to_local(world, quat, prim.GetParent())
            standardize_xform_ops(prim, local, quat, factors)
        elif any(value is not None for value in (world, local, quat, factors)):
            raise ValueError(f"'{path}' is a {prim_type}, which has no transform; leave it out.")
    return prim


def delete_prim(
    prim_path: str | Sdf.Path | Sequence[str | Sdf.Path], stage: Usd.Stage | None = None
) -> bool:
    """Delete prims with everything below them, in every layer of the stage that defines them.

    A prim that comes from a referenced file cannot be deleted there; it is deactivated.

    Args:
        prim_path: One path or several.
        stage: Default: the current stage.

    Returns:
        Whether all of the prims existed and are gone.

    Raises:
        SimulationStateError: The simulation plays with one of them.
    """
    stage = get_current_stage() if stage is None else stage
    single = isinstance(prim_path, (str, Sdf.Path))
    paths = [prim_path] if single else list(prim_path)  # pyright: ignore[reportArgumentType] narrowed by `single`
    done = True
    for path in paths:
        refuse_held("delete", stage, Sdf.Path(str(path)))
    prims = [stage.GetPrimAtPath(str(path)) for path in paths]
    with Sdf.ChangeBlock():
        for prim in prims:
            done &= bool(prim) and not prim.IsPseudoRoot() and not prim.IsInstanceProxy()
            if done:
                _remove_specs(stage, prim.GetPath())
    for path in paths:
        left = stage.GetPrimAtPath(str(path))
        if left and left.IsActive() and not left.IsPseudoRoot() and not left.IsInstanceProxy():
            left.SetActive(False)
    return done


def move_prim(
    path_from: str | Sdf.Path,
    path_to: str | Sdf.Path,
    keep_world_transform: bool = True,
    stage: Usd.Stage | None = None,
) -> None:
    """Move (or rename) a prim in the current edit target; relationships to it follow.

    Args:
        path_from: Absolute path of an existing prim.
        path_to: Absolute path where no prim is yet; its parent must exist.
        keep_world_transform: Whether the prim stays where it is in the world.
        stage: Default: the current stage.

    Raises:
        ValueError: There is no prim at ``path_from``, one at ``path_to``, no parent, or the prim
            cannot be moved because a referenced file defines it.
        SimulationStateError: The simulation plays with it.
    """
    stage = get_current_stage() if stage is None else stage
    prim = check_prim(path_from, stage)
    source, target = prim.GetPath(), Sdf.Path(str(path_to))
    refuse_held("move", stage, source)
    check_new_prim_path(path_to, stage)
    parent = check_prim(target.GetParentPath(), stage)
    if target.HasPrefix(source):
        raise ValueError(f"path_to '{target}' lies inside of path_from '{source}'.")
    pose = resolve_prim_pose(prim) if UsdGeom.Xformable(prim) else None
    stays = parent.GetPath() == source.GetParentPath() or not keep_world_transform
    editor = Usd.NamespaceEditor(stage)
    editor.MovePrimAtPath(source, target)
    if not editor.CanApplyEdits():
        raise ValueError(f"'{source}' cannot be moved to '{target}': a referenced file defines it.")
    editor.ApplyEdits()
    if pose is not None and not stays:
        moved = stage.GetPrimAtPath(target)
        standardize_xform_ops(moved, *convert_world_pose_to_local(*pose, parent))


def make_uninstanceable(prim_path: str | Sdf.Path, stage: Usd.Stage | None = None) -> None:
    """Switch instancing off for a prim and everything below, so that it can be authored.

    Args:
        prim_path: Absolute path of an existing prim.
        stage: Default: the current stage.
    """
    queue = [check_prim(prim_path, stage)]
    while queue:
        prim = queue.pop()
        if prim.IsInstance():
            prim.SetInstanceable(False)
        queue.extend(prim.GetChildren())


def set_prim_visibility(prim: Usd.Prim, visible: bool) -> None:
    """Show or hide a prim; showing also shows the ancestors that hide it.

    Args:
        prim: Any prim that can be drawn; others are left alone.
        visible: Whether it is drawn.
    """
    imageable = UsdGeom.Imageable(prim)
    if imageable:
        (imageable.MakeVisible if visible else imageable.MakeInvisible)()


def change_prim_property(
    prop_path: str | Sdf.Path,
    value: Any,
    stage: Usd.Stage | None = None,
    type_to_create_if_not_exist: Sdf.ValueTypeName | None = None,
    is_custom: bool = False,
) -> bool:
    """Set an attribute, or clear it with None.

    Args:
        prop_path: Such as ``/World/Cube.size``.
        value: New value; None returns to the default.
        stage: Default: the current stage.
        type_to_create_if_not_exist: Type of the attribute to create when there is none.
        is_custom: Whether a created attribute is custom.

    Returns:
        Whether it was set; False when there is no such attribute and none may be created.
    """
    path = Sdf.Path(str(prop_path))
    prim = check_prim(path.GetPrimPath(), stage)
    attribute = prim.GetAttribute(path.name)
    if not attribute and type_to_create_if_not_exist is not None:
        attribute = prim.CreateAttribute(path.name, type_to_create_if_not_exist, is_custom)
    if not attribute:
        logger.error("%s does not exist; give type_to_create_if_not_exist to create it.", path)
        return False
    return bool(attribute.Clear() if value is None else attribute.Set(value))


def _set_attributes(prim: Usd.Prim, attributes: Mapping[str, Any]) -> None:
    for name, value in attributes.items():
        attribute = prim.GetAttribute(name)
        if not attribute:
            raise ValueError(
                f"'{prim.GetPath()}' ({prim.GetTypeName()}) has no attribute '{name}'."
            )
        try:
            attribute.Set(value)
        except Tf.ErrorException as error:
            raise ValueError(
                f"'{prim.GetPath()}.{name}' is a {attribute.GetTypeName()}, got {value!r}."
            ) from error


def _remove_specs(stage: Usd.Stage, path: Sdf.Path) -> None:
    for layer in stage.GetLayerStack():
        if layer.GetPrimAtPath(path) and layer.permissionToEdit:
            remove_spec(layer, path)
