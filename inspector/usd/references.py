"""Files on a stage: references, their units, variants, and exporting a prim.

Belongs here: arcs to other files. Does not belong here: opening a whole stage (``stage.py``).
"""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pxr import Sdf, Tf, Usd, UsdGeom

from inspector.errors import StageError
from inspector.usd.authoring import define_prim, rollback_on_error
from inspector.usd.queries import check_prim
from inspector.usd.stage import get_current_stage, resolve_paths
from inspector.usd.transforms import standardize_xform_ops

__all__ = [
    "add_reference_to_stage",
    "add_usd_reference",
    "export_prim_to_file",
    "get_usd_references",
    "select_usd_variants",
]

logger = logging.getLogger("inspector.usd")


def add_usd_reference(
    prim_path: str | Sdf.Path,
    usd_path: str | os.PathLike[str],
    prim_type: str = "Xform",
    stage: Usd.Stage | None = None,
) -> Usd.Prim:
    """Let a prim reference a file, after creating the prim when it is missing.

    A file in other length units is scaled to those of the stage.

    Args:
        prim_path: Absolute path.
        usd_path: Existing file.
        prim_type: Type of a prim that has to be created.
        stage: Default: the current stage.

    Raises:
        FileNotFoundError: The file does not exist.
        StageError: The file cannot be read as USD or has nothing to reference.
    """
    stage = get_current_stage() if stage is None else stage
    file = existing_file(usd_path)
    with rollback_on_error(prim_path, stage):
        prim = stage.GetPrimAtPath(str(prim_path)) or define_prim(prim_path, prim_type, stage)
        scale = scaled(None, add_reference(prim, file))
        if scale is not None:
            standardize_xform_ops(prim, scale=scale)
    return prim


def add_reference_to_stage(
    usd_path: str | os.PathLike[str],
    path: str,
    prim_type: str = "Xform",
    stage: Usd.Stage | None = None,
) -> Usd.Prim:
    """Do what ``add_usd_reference`` does, with the order of arguments that Isaac Sim has."""
    return add_usd_reference(path, usd_path, prim_type, stage)


def get_usd_references(prim_path: str | Sdf.Path, stage: Usd.Stage | None = None) -> list[str]:
    """Return the asset paths that a prim references, strongest first.

    Args:
        prim_path: Absolute path of an existing prim.
        stage: Default: the current stage.
    """
    prim = check_prim(prim_path, stage)
    return [
        str(reference.assetPath)
        for spec in prim.GetPrimStack()
        for reference in spec.referenceList.GetAppliedItems()
        if reference.assetPath
    ]


def select_usd_variants(
    prim_path: str | Sdf.Path, variants: Any, stage: Usd.Stage | None = None
) -> None:
    """Select variants on a prim; a set that does not exist is skipped with a warning.

    Args:
        prim_path: Absolute path of an existing prim.
        variants: Selections by variant set: a dictionary or a configclass instance.
        stage: Default: the current stage.

    Raises:
        ValueError: A variant set has no variant of the given name.
    """
    prim = check_prim(prim_path, stage)
    selections: Mapping[str, str] = (
        variants if isinstance(variants, Mapping) else variants.to_dict()
    )
    chosen: list[tuple[Usd.VariantSet, str]] = []
    for name, selection in selections.items():
        if not prim.GetVariantSets().HasVariantSet(name):
            logger.warning("%s has no variant set '%s'; it is skipped.", prim.GetPath(), name)
            continue
        variant_set = prim.GetVariantSet(name)
        if selection and selection not in variant_set.GetVariantNames():
            known = ", ".join(variant_set.GetVariantNames())
            raise ValueError(
                f"The variant set '{name}' of '{prim_path}' has no '{selection}', only: {known}."
            )
        chosen.append((variant_set, selection))
    for variant_set, selection in chosen:
        if variant_set.GetVariantSelection() != selection:
            variant_set.SetVariantSelection(selection)


def export_prim_to_file(
    path: str | os.PathLike[str],
    source_prim_path: str | Sdf.Path,
    target_prim_path: str | Sdf.Path | None = None,
    stage: Usd.Stage | None = None,
) -> None:
    """Write one prim with everything below it to a new file, as its default prim.

    Args:
        path: Destination file.
        source_prim_path: Absolute path of an existing prim with a spec in the root layer.
        target_prim_path: Path in the file; default: the same.
        stage: Default: the current stage.

    Raises:
        StageError: The file cannot be written.
    """
    stage = get_current_stage() if stage is None else stage
    source = check_prim(source_prim_path, stage).GetPath()
    target = Sdf.Path(str(target_prim_path)) if target_prim_path is not None else source
    layer = Sdf.Layer.FindOrOpen(str(path)) or Sdf.Layer.CreateNew(str(path))
    root = stage.GetRootLayer()
    Sdf.CreatePrimInLayer(layer, target)
    if not Sdf.CopySpec(root, source, layer, target):
        raise StageError(f"'{source}' cannot be written to '{path}'.", todo="Flatten it first.")
    for prefix in target.GetParentPath().GetPrefixes():
        layer.GetPrimAtPath(prefix).specifier = Sdf.SpecifierDef
    layer.defaultPrim = target.GetPrefixes()[0].name
    written = Usd.Stage.Open(layer)
    UsdGeom.SetStageUpAxis(written, UsdGeom.GetStageUpAxis(stage))
    UsdGeom.SetStageMetersPerUnit(written, UsdGeom.GetStageMetersPerUnit(stage))
    resolve_paths(root.identifier, layer.identifier)
    layer.Save()


def existing_file(usd_path: str | os.PathLike[str]) -> str:
    text = os.fspath(usd_path)
    if "://" not in text and not text.startswith("anon:") and not Path(text).is_file():
        raise FileNotFoundError(f"The file usd_path '{text}' does not exist.")
    return text


def add_reference(prim: Usd.Prim, file: str) -> float:
    """Add the reference; return the file's length unit in units of the stage.

    Raises:
        StageError: The file cannot be read, or it is not clear what to reference.
    """
    try:
        layer = Sdf.Layer.FindOrOpen(file)
    except Tf.ErrorException as error:
        raise StageError(f"'{file}' cannot be read as USD.", todo="Repair the file.") from error
    if not layer:
        raise StageError(f"'{file}' cannot be read as USD.", todo="Repair the file.")
    target = Sdf.Path.emptyPath
    if not layer.HasDefaultPrim():
        roots = layer.rootPrims
        if len(roots) != 1:
            raise StageError(
                f"'{file}' has no default prim and {len(roots)} root prims.",
                todo="Set its default prim, so that it is clear what to reference.",
            )
        target = roots[0].path
    prim.GetReferences().AddReference(Sdf.Reference(file, target))
    stage = prim.GetStage()
    axis = layer.pseudoRoot.GetInfo("upAxis") if layer.pseudoRoot.HasInfo("upAxis") else None
    if axis and axis != UsdGeom.GetStageUpAxis(stage):
        logger.warning("'%s' has %s up, the stage has not; rotate %s.", file, axis, prim.GetPath())
    if not layer.pseudoRoot.HasInfo("metersPerUnit"):
        return 1.0  # no unit was stated, and the fallback of USD (1 cm) is rarely meant
    return layer.pseudoRoot.GetInfo("metersPerUnit") / UsdGeom.GetStageMetersPerUnit(stage)


def scaled(scale: tuple[float, ...] | None, factor: float) -> tuple[float, ...] | None:
    if abs(factor - 1.0) < 1e-9:
        return scale
    return tuple(factor * value for value in scale or (1.0, 1.0, 1.0))
