"""The stage that a script works on: new, open, save, close, current, and the USD context.

Belongs here: which stage is meant, and moving whole stages between memory and disk. Does not
belong here: prims (``prims.py``).

Two stages can be meant. The *USD context* holds the one that the window shows, of which there is
at most one per process. The *current* stage is the one that functions without a ``stage`` argument
work on: the innermost ``use_stage`` of this thread, otherwise the one in the USD context. A current
stage that is not in the USD context is "in memory": nothing shows, watches or draws it until
``attach_stage_to_usd_context``.
"""

from __future__ import annotations

import contextlib
import logging
import os
import tempfile
import threading
from collections.abc import Callable, Generator
from pathlib import Path

from pxr import Sdf, Tf, Usd, UsdGeom, UsdPhysics, UsdUtils

from inspector.errors import StageError
from inspector.utils.robot_formats import refuse_robot_format

__all__ = [
    "attach_stage_to_usd_context",
    "clear_stage",
    "close_stage",
    "create_new_stage",
    "create_new_stage_in_memory",
    "get_context_stage",
    "get_current_stage",
    "get_current_stage_id",
    "get_stage_units",
    "get_stage_up_axis",
    "is_current_stage_in_memory",
    "is_stage_loading",
    "open_stage",
    "require_attached_stage",
    "resolve_paths",
    "save_stage",
    "set_stage_units",
    "set_stage_up_axis",
    "update_stage",
    "use_stage",
]

logger = logging.getLogger("inspector.usd")


class _UsdContext:
    """The one stage of this process that a window would show."""

    def __init__(self) -> None:
        self.stage: Usd.Stage | None = None
        self.warned_early: bool = False


_usd_context = _UsdContext()
_thread = threading.local()


def create_new_stage_in_memory() -> Usd.Stage:
    """Return a new empty stage (Z up, metres, kilograms) that is not in the USD context."""
    stage = Usd.Stage.CreateInMemory()
    set_stage_up_axis("z", stage)
    set_stage_units(1.0, stage)
    UsdPhysics.SetStageKilogramsPerUnit(stage, 1.0)
    return stage


def create_new_stage() -> Usd.Stage:
    """Return a new empty stage (Z up, metres, kilograms) after putting it in the USD context."""
    _set_context_stage(create_new_stage_in_memory())
    return get_context_stage_checked()


def open_stage(usd_path: str | os.PathLike[str]) -> Usd.Stage:
    """Open a file and put it in the USD context; on failure the context keeps what it had.

    Args:
        usd_path: A ``.usd``, ``.usda``, ``.usdc`` or ``.usdz`` file.

    Returns:
        The opened stage.

    Raises:
        StageError: The file is missing, not a USD file (a robot in another format is told how to
            become one), or damaged.
    """
    path = os.fspath(usd_path)
    if not Path(path).is_file():
        kind = "is a folder" if Path(path).is_dir() else "does not exist"
        raise StageError(
            f"The file '{path}' {kind}.", where=path, todo="Choose an existing USD file."
        )
    refuse_robot_format(path)
    if not Usd.Stage.IsSupportedFile(path):
        raise StageError(
            f"The file '{path}' is not a USD file.",
            where=path,
            todo="Choose a file that ends in .usd, .usda, .usdc or .usdz.",
        )
    try:
        stage = Usd.Stage.Open(path)
    except Tf.ErrorException as error:
        raise StageError(
            f"The file '{path}' cannot be read as USD: {_reason(error)}.",
            where=path,
            todo="Repair the file or choose another one.",
        ) from error
    _set_context_stage(stage)
    return stage


def save_stage(usd_path: str | os.PathLike[str], save_and_reload_in_place: bool = True) -> bool:
    """Write the root layer of the current stage to a file, all of it or nothing.

    The file is written beside its destination and renamed, so a crash leaves the old content.
    Relative asset paths are rewritten to hold from the new place.

    Args:
        usd_path: Destination; an existing file is replaced.
        save_and_reload_in_place: Whether the saved file becomes the stage in the USD context.

    Returns:
        True; everything else raises.

    Raises:
        ValueError: The name does not end in a USD suffix.
        StageError: There is no current stage, or the file cannot be written.
    """
    path = Path(usd_path).absolute()
    if not Usd.Stage.IsSupportedFile(str(path)) or path.suffix == ".usdz":
        raise ValueError(f"usd_path '{usd_path}' must end in .usd, .usda or .usdc.")
    root = get_current_stage().GetRootLayer()
    in_place = bool(root.realPath) and Path(root.realPath) == path.resolve()
    if root.realPath and not in_place:
        copy = Sdf.Layer.CreateAnonymous(path.suffix)
        copy.TransferContent(root)
        _reanchor(copy, root, path.parent)
        _write(copy, path)
    else:
        _write(root, path)
    if in_place:
        root.Reload(force=True)  # the file was renamed under the layer, which must know
    elif save_and_reload_in_place:
        known = Sdf.Layer.Find(str(path))
        if known:
            known.Reload(force=True)
        open_stage(path)
    return True


def close_stage(callback_fn: Callable[[bool, str], None] | None = None) -> bool:
    """Take the stage out of the USD context and forget it.

    Args:
        callback_fn: Called with success and an error text, as in Isaac Lab.

    Returns:
        Whether there was a stage to close.
    """
    closed = _usd_context.stage is not None
    _set_context_stage(None)
    if callback_fn is not None:
        callback_fn(closed, "" if closed else "There is no stage in the USD context.")
    return closed


def clear_stage(predicate: Callable[[Usd.Prim], bool] | None = None) -> None:
    """Delete prims of the current stage.

    Args:
        predicate: Which prims to delete; by default all except those below ``/Render``, those
            with ``no_delete`` metadata, and those that come from a referenced file.
    """
    from inspector.usd.prims import delete_prim  # prims.py needs the current stage from here
    from inspector.usd.queries import get_all_matching_child_prims

    stage = get_current_stage()
    chosen = _is_deletable if predicate is None else predicate
    paths = [
        prim.GetPath()
        for prim in get_all_matching_child_prims("/", chosen, stage=stage)
        if not prim.IsPseudoRoot() and not prim.IsInstanceProxy()
    ]
    delete_prim([str(path) for path in Sdf.Path.RemoveDescendentPaths(paths)], stage)


def get_context_stage() -> Usd.Stage | None:
    """Return the stage in the USD context (what the window shows), or None."""
    return _usd_context.stage


def get_context_stage_checked() -> Usd.Stage:
    """Return the stage in the USD context.

    Raises:
        StageError: There is none.
    """
    if _usd_context.stage is None:
        raise StageError("No stage is open.", todo="Call create_new_stage() or open_stage(path).")
    return _usd_context.stage


def get_current_stage(fabric: bool = False, backend: str = "usd") -> Usd.Stage:
    """Return the stage of the innermost ``use_stage``, otherwise the one in the USD context.

    Args:
        fabric: Not available here; ``inspector.sim.utils.stage`` has it.
        backend: Only ``"usd"`` is available here.

    Raises:
        StageError: There is neither.
        ValueError: ``fabric`` was asked for.
    """
    if fabric or backend != "usd":
        raise ValueError(
            "fabric=True is not available here; call inspector.sim.utils.stage.get_current_stage."
        )
    stage: Usd.Stage | None = getattr(_thread, "stage", None)
    return stage if stage is not None else get_context_stage_checked()


def get_current_stage_id() -> int:
    """Return the id of the current stage in the stage cache, after putting it there if needed."""
    cache = UsdUtils.StageCache.Get()
    stage = get_current_stage()
    stage_id = cache.GetId(stage)
    if not stage_id.IsValid():
        stage_id = cache.Insert(stage)
    return stage_id.ToLongInt()


@contextlib.contextmanager
def use_stage(stage: Usd.Stage) -> Generator[None, None, None]:
    """Make a stage the current one of this thread; nests, and restores on the way out.

    Args:
        stage: The stage to work on.

    Raises:
        TypeError: ``stage`` is not a ``Usd.Stage``.
    """
    if not isinstance(stage, Usd.Stage):  # pyright: ignore[reportUnnecessaryIsInstance] callers may be untyped
        raise TypeError(f"stage must be a Usd.Stage, got {type(stage).__name__}.")
    previous: Usd.Stage | None = getattr(_thread, "stage", None)
    _thread.stage = stage
    try:
        yield
    finally:
        _thread.stage = previous


def is_current_stage_in_memory() -> bool:
    """Whether the current stage is not the one in the USD context."""
    return get_current_stage() != _usd_context.stage


def attach_stage_to_usd_context(attaching_early: bool = False) -> None:
    """Put the current stage in the USD context, so that the window shows it.

    Does nothing when it is there already. The stage that was there is closed.

    Args:
        attaching_early: The scene is not complete yet; warns once that it is shown while growing.
    """
    if not is_current_stage_in_memory():
        return
    if attaching_early and not _usd_context.warned_early:
        _usd_context.warned_early = True
        logger.warning(
            "A stage in memory is attached to the USD context before the scene is complete; "
            "everything authored from now on is watched and drawn as it grows."
        )
    _set_context_stage(get_current_stage())


def require_attached_stage() -> Usd.Stage:
    """Return the current stage for an operation that needs it in the USD context.

    A stage in memory is attached early, which warns once per process.
    """
    attach_stage_to_usd_context(attaching_early=True)
    return get_current_stage()


def update_stage() -> None:
    """Do nothing: changes of a stage are visible at once here. Exists for Isaac Lab scripts."""


def is_stage_loading() -> bool:
    """Return False: stages are loaded when ``open_stage`` returns. For Isaac Lab scripts."""
    return False


def get_stage_up_axis(stage: Usd.Stage | None = None) -> str:
    """Return ``"Y"`` or ``"Z"``."""
    return str(UsdGeom.GetStageUpAxis(get_current_stage() if stage is None else stage))


def set_stage_up_axis(axis: str = "z", stage: Usd.Stage | None = None) -> None:
    """Set the up axis.

    Args:
        axis: ``"y"`` or ``"z"``; any case.
        stage: Default: the current stage.

    Raises:
        ValueError: Any other axis; USD knows only these two.
    """
    if axis.upper() not in {"Y", "Z"}:
        raise ValueError(f"axis must be 'y' or 'z', got '{axis}'.")
    UsdGeom.SetStageUpAxis(get_current_stage() if stage is None else stage, axis.upper())


def get_stage_units(stage: Usd.Stage | None = None) -> float:
    """Return the length of a stage unit [m]."""
    return UsdGeom.GetStageMetersPerUnit(get_current_stage() if stage is None else stage)


def set_stage_units(stage_units_in_meters: float, stage: Usd.Stage | None = None) -> None:
    """Set the length of a stage unit.

    Args:
        stage_units_in_meters: Length [m], above zero.
        stage: Default: the current stage.

    Raises:
        ValueError: The length is not above zero.
    """
    if not stage_units_in_meters > 0:
        raise ValueError(f"stage_units_in_meters must be above 0, got {stage_units_in_meters}.")
    UsdGeom.SetStageMetersPerUnit(
        get_current_stage() if stage is None else stage, stage_units_in_meters
    )


def resolve_paths(src_layer_identifier: str, dst_layer_identifier: str) -> None:
    """Rewrite relative asset paths of a copied layer so that they mean the same files.

    Args:
        src_layer_identifier: Layer that the content came from.
        dst_layer_identifier: Open layer that holds the copy, with a file of its own.

    Raises:
        ValueError: One of the layers is not open.
    """
    source = Sdf.Layer.Find(src_layer_identifier)
    target = Sdf.Layer.Find(dst_layer_identifier)
    if not source or not target:
        missing = dst_layer_identifier if source else src_layer_identifier
        raise ValueError(f"The layer '{missing}' is not open; open or create it first.")
    _reanchor(target, source, Path(target.realPath).parent)


def _set_context_stage(stage: Usd.Stage | None) -> None:
    previous = _usd_context.stage
    if previous is not None and previous != stage:
        cache = UsdUtils.StageCache.Get()
        # The cache would keep it alive for ever. Erase takes an id: given the stage itself it
        # takes the reference away from Python, and whoever still works on it loses it.
        stage_id = cache.GetId(previous)
        if stage_id.IsValid():
            cache.Erase(stage_id)
    _usd_context.stage = stage


def _is_deletable(prim: Usd.Prim) -> bool:
    path = prim.GetPath()
    if path == Sdf.Path.absoluteRootPath or path.HasPrefix("/Render"):
        return False
    if prim.GetCustomDataByKey("no_delete") or prim.GetMetadata("hidden"):
        return False
    return any(spec.layer in prim.GetStage().GetLayerStack() for spec in prim.GetPrimStack())


def _reanchor(layer: Sdf.Layer, source: Sdf.Layer, folder: Path) -> None:
    def moved(asset_path: str) -> str:
        if not asset_path or Path(asset_path).is_absolute() or "://" in asset_path:
            return asset_path
        absolute = source.ComputeAbsolutePath(asset_path)
        if not Path(absolute).is_absolute():
            return asset_path
        relative = Path(os.path.relpath(absolute, folder)).as_posix()
        return relative if relative.startswith(".") else f"./{relative}"

    UsdUtils.ModifyAssetPaths(layer, moved)


def _write(layer: Sdf.Layer, path: Path) -> None:
    """Export beside the destination, then rename.

    Raises:
        StageError: Writing failed; the destination is as it was.
    """
    if not path.parent.is_dir():
        raise StageError(f"The folder '{path.parent}' does not exist.", todo="Create it first.")
    descriptor, name = -1, ""
    try:
        descriptor, name = tempfile.mkstemp(suffix=path.suffix, prefix=".saving-", dir=path.parent)
        os.close(descriptor)
        if not layer.Export(name):
            raise StageError(f"The stage cannot be written to '{path}'.", todo="Choose another.")
        Path(name).chmod(0o666 & ~_umask())
        Path(name).replace(path)
    except (OSError, Tf.ErrorException) as error:
        raise StageError(
            f"The stage cannot be written to '{path}': {_reason(error)}.",
            todo="Check the permissions and the space on the disk.",
        ) from error
    finally:
        if name:
            Path(name).unlink(missing_ok=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _reason(error: Exception) -> str:
    """The first sentence of a USD error without the C++ file and line it came from."""
    if isinstance(error, OSError):
        return str(error.strerror)
    first = next((line for line in str(error).splitlines() if " : '" in line), "unknown reason")
    return first.partition(" : '")[2].rstrip("'. ")
