"""Repairs of prims that a script defined in Fabric: defining them in USD, and forgetting them.

Belongs here: their definitions as specs, and their content in Fabric as text for undo. Rows of the
scene are repaired in ``sync_edits``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pxr import Gf, Sdf, Usd, UsdGeom

from inspector.errors import EditRefusedError, StageError
from inspector.fabric.attributes import FabricAttributes, FabricValue
from inspector.fabric.defined_pose import DefinedPose, carrier_of
from inspector.fabric.defined_prims import defined_paths
from inspector.fabric.scene_tables import SceneTables
from inspector.fabric.sync import worlds_in_usd
from inspector.fabric.usdrt.sdf import ValueTypeName
from inspector.fabric.usdrt.write_out import write_prim
from inspector.session.edits import PoseEdit, RestoreEdit, StopApplyPlay
from inspector.session.layer_patch import addition
from inspector.session.packed_text import pack_values, unpack_values
from inspector.session.usd_values import to_json, to_usd
from inspector.usd.transforms import standardize_xform_ops
from inspector.utils.states import Writer

_CLOSE = 1e-9


def scripted_among(tables: SceneTables, paths: Sequence[str]) -> list[str]:
    """Return those of some paths at which a script defined a prim in Fabric, parents first."""
    defined = defined_paths(tables)
    if not defined:
        return []
    asked = set(paths)
    return [path for path in defined if path in asked]


def below_any(above: Sequence[str], paths: Sequence[str]) -> list[str]:
    """Return those of some paths that are at or below any of others."""
    tops = set(above)
    return [
        path
        for path in paths
        if any(str(prefix) in tops for prefix in Sdf.Path(path).GetPrefixes())
    ]


def refuse_while_playing(paths: Sequence[str]) -> None:
    """Say that prims come into USD while stopped.

    Raises:
        EditRefusedError: Always.
    """
    raise EditRefusedError(
        f"{paths[0]} exists in Fabric only, and prims are defined in USD while stopped.",
        where=paths[0],
        todo="It is written as it is now; what else came into Fabric while playing is gone then.",
        offer=StopApplyPlay.kind,
    )


def definitions(
    stage: Usd.Stage,
    tables: SceneTables,
    paths: Sequence[str],
    label: str,
    rows: NDArray[np.integer] | None = None,
) -> RestoreEdit:
    """Return the edit that defines prims of scripts in USD as Fabric has them.

    Args:
        stage: The stage.
        tables: The scene.
        paths: Paths of such prims; those above them that USD does not have are defined, too.
        label: What it is called.
        rows: Rows that are written back to USD before, shape [k].

    Raises:
        EditRefusedError: USD cannot hold one of them.
    """
    defined = set(defined_paths(tables))
    wanted = {
        str(above)
        for path in paths
        for above in Sdf.Path(path).GetPrefixes()
        if str(above) in defined
    }
    written = np.zeros(0, np.int64) if rows is None else rows
    worlds = worlds_in_usd(tables.fabric, tables.world_cache, written)
    scratch = Usd.Stage.CreateInMemory()
    for path in sorted(wanted, key=lambda path: path.count("/")):
        _check_place(stage, path)
        _define(scratch, tables, path, worlds)
    tops = tuple(
        path
        for path in sorted(wanted)
        if not any(str(above) in wanted for above in Sdf.Path(path).GetPrefixes()[:-1])
    )
    return RestoreEdit(label, tops, addition(scratch.GetRootLayer(), tops))


def move_scripted(
    edit: PoseEdit, worlds: NDArray[np.float64], tables: SceneTables, step: int
) -> str:
    """Move prims that scripts defined to world poses, in Fabric.

    Args:
        edit: What to move.
        worlds: Where to, shape [k, 4, 4].
        tables: The scene.
        step: Present physics step.

    Returns:
        What they and those that follow them were, packed.

    Raises:
        EditRefusedError: Other prims are to be moved with them.
    """
    scripted = scripted_among(tables, edit.paths)
    if len(scripted) < len(edit.paths):
        raise EditRefusedError(
            f"{scripted[0]} exists in Fabric only and is not moved together with prims of USD.",
            where=scripted[0],
            todo="Move it on its own, or write it back to USD first.",
        )
    poses = [DefinedPose(tables, path, step, Writer.USER) for path in edit.paths]
    for pose in poses:
        if not pose.exists:
            raise EditRefusedError(f"{pose.path} has no transform.", where=pose.path)
    before = pack_scripted(tables.fabric.attributes, below_any(scripted, defined_paths(tables)))
    for pose, world in zip(poses, worlds, strict=True):
        pose.move(world)
    return before


def pack_scripted(known: FabricAttributes, paths: Sequence[str]) -> str:
    """Return what Fabric has of prims of scripts as text, and that it has none of the others."""
    if not paths:
        return ""
    return pack_values({path: _content(known, path) for path in paths})


def read_scripted(packed: str) -> dict[str, Any]:
    """Return the content of prims of scripts by path.

    Args:
        packed: What ``pack_scripted`` returned; empty for no prims.

    Raises:
        EditRefusedError: The text is damaged.
    """
    return unpack_values(packed, "prims")


def put_scripted(tables: SceneTables, content: dict[str, Any]) -> str:
    """Bring prims of scripts back to what they were.

    Args:
        tables: The scene.
        content: What ``read_scripted`` returned; nothing happens when that is empty.

    Returns:
        What they are now, packed.
    """
    if not content:
        return ""
    known = tables.fabric.attributes
    before = pack_scripted(known, list(content))
    for path, values in content.items():
        for table in (known.prims, known.schemas, known.targets, known.values):
            table.pop(path, None)
        if values is not None:
            _put(known, path, values)
    known.version += 1
    return before


def _check_place(stage: Usd.Stage, path: str) -> None:
    if stage.GetPrimAtPath(path):
        raise EditRefusedError(
            f"USD has {path} as a class.", where=path, todo="Define the prim at another path."
        )
    for prefix in Sdf.Path(path).GetPrefixes()[:-1]:
        above = stage.GetPrimAtPath(prefix)
        if above and (above.IsInstance() or above.IsInstanceProxy()):
            raise EditRefusedError(
                f"{path} is inside of the instance {prefix}: USD cannot define a prim there.",
                where=path,
                todo=f"Make {prefix} unique first.",
            )


def _define(
    scratch: Usd.Stage, tables: SceneTables, path: str, worlds: NDArray[np.float64]
) -> None:
    known = tables.fabric.attributes
    # What is missing above is an Xform, as it is for clones; a typeless prim holds no transform.
    type_name = known.prims[path] or "Xform"
    prim = scratch.DefinePrim(path, type_name)
    try:
        write_prim(known, prim, path, private=False)
    except StageError as error:
        raise EditRefusedError(error.what, where=path, todo=error.todo) from error
    pose = DefinedPose(tables, path)
    if not pose.exists:
        return
    if not UsdGeom.Xformable(prim):
        raise EditRefusedError(
            f"{path} has a transform in Fabric, and a {type_name} has none in USD.",
            where=path,
            todo="Define it in Fabric with another type, such as Xform.",
        )
    carrier = carrier_of(tables, path)
    if isinstance(carrier, str):
        above = DefinedPose(tables, carrier).world
    else:
        above = worlds[carrier] if carrier >= 0 else np.eye(4)
    local = pose.world @ np.linalg.inv(above)
    if not np.isfinite(local).all():
        raise EditRefusedError(
            f"The pose of {path} is not finite and cannot be authored.",
            where=path,
            todo="Write another pose first.",
        )
    _author(prim, local)


def _author(prim: Usd.Prim, local: NDArray[np.float64]) -> None:
    lengths = np.linalg.norm(local[:3, :3], axis=1)
    scale = -lengths if np.linalg.det(local[:3, :3]) < 0.0 else lengths
    turned = np.eye(4)
    turned[:3, :3] = local[:3, :3] / np.where(scale == 0.0, 1.0, scale)[:, None]
    turn = Gf.Matrix4d(turned.tolist()).ExtractRotationQuat().GetNormalized()
    imaginary = np.array(turn.GetImaginary()).tolist()
    axes = scale[:, None] * np.array(Gf.Matrix3d(Gf.Rotation(turn)))
    if np.allclose(axes, local[:3, :3], rtol=_CLOSE, atol=_CLOSE):
        quat = [*imaginary, turn.GetReal()]
        standardize_xform_ops(prim, local[3, :3].tolist(), quat, scale.tolist())
    else:  # sheared: no three ops say so
        UsdGeom.Xformable(prim).MakeMatrixXform().Set(Gf.Matrix4d(local.tolist()))


def _content(known: FabricAttributes, path: str) -> dict[str, Any] | None:
    if path not in known.prims:
        return None
    values = known.values.get(path, {})
    return {
        "type": known.prims[path],
        "schemas": known.schemas.get(path, ()),
        "targets": {n: [*map(str, t)] for n, t in known.targets.get(path, {}).items()},
        "values": {
            name: [
                str(value.type_name),
                _plain(value.get()),
                value.sequence,
                value.step,
                int(value.writer),
            ]
            for name, value in values.items()
        },
    }


def _put(known: FabricAttributes, path: str, content: dict[str, Any]) -> None:
    known.prims[path] = content["type"]
    if content["schemas"]:
        known.schemas[path] = tuple(content["schemas"])
    if content["targets"]:
        known.targets[path] = {
            name: tuple(map(Sdf.Path, targets)) for name, targets in content["targets"].items()
        }
    known.values[path] = {
        name: FabricValue(kind, _value(kind, plain), sequence, step=step, writer=Writer(writer))
        for name, (kind, plain, sequence, step, writer) in (
            (name, (ValueTypeName(entry[0]), *entry[1:]))
            for name, entry in content["values"].items()
        )
    }


def _plain(value: Any) -> Any:
    if isinstance(value, Gf.Range3d):
        return [to_json(value.GetMin()), to_json(value.GetMax())]
    return to_json(value)


def _value(kind: ValueTypeName, plain: Any) -> Any:
    if plain is None:
        return None
    if kind.usd is not None:
        return to_usd(plain, kind.usd)
    if isinstance(plain, list):
        return Gf.Range3d(*(Gf.Vec3d(*corner) for corner in plain))
    return plain
