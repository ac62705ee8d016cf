"""Local and world transforms of single prims, and the standard op order translate, orient, scale.

Belongs here: what one prim's transform is and how it is authored. Does not belong here: many prims
at once (``inspector.sim.views``, ``world_cache.py``). Quaternions are xyzw; USD's matrices are
row-vector; lengths in stage units.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence
from typing import Any

from pxr import Gf, Sdf, Usd, UsdGeom, Vt

__all__ = [
    "convert_world_pose_to_local",
    "numbers",
    "plain_ops",
    "resolve_prim_pose",
    "resolve_prim_scale",
    "standardize_xform_ops",
    "validate_standard_xform_ops",
]

logger = logging.getLogger("inspector.usd")

Vector3 = tuple[float, float, float]
QuatXyzw = tuple[float, float, float, float]
_STANDARD_OPS = ["xformOp:translate", "xformOp:orient", "xformOp:scale"]
_STANDARD_ORDER = Vt.TokenArray(_STANDARD_OPS)
_TYPES = Sdf.ValueTypeNames
_OP_TYPES = {
    "xformOp:translate": (_TYPES.Double3, _TYPES.Float3, _TYPES.Half3),
    "xformOp:orient": (_TYPES.Quatd, _TYPES.Quatf, _TYPES.Quath),
    "xformOp:scale": (_TYPES.Double3, _TYPES.Float3, _TYPES.Half3),
}
"""The types that USD takes for an op, the one for a new one first."""


def numbers(name: str, value: Any, length: int) -> tuple[float, ...] | None:
    """Turn a sequence, array or tensor into finite floats; None stays None.

    Args:
        name: Name of the argument, for the error.
        value: Anything with ``length`` numbers; leading dimensions of size one are dropped.
        length: How many numbers there must be.

    Raises:
        ValueError: Another count, or a number that is not finite.
        TypeError: Not numbers.
    """
    if value is None:
        return None
    plain: Any = value.tolist() if hasattr(value, "tolist") else value
    try:
        items: list[Any] = list(plain)
        while len(items) == 1 and isinstance(items[0], (list, tuple)):
            items = list(items[0])  # pyright: ignore[reportUnknownVariableType] elements of anything
        result = tuple(float(item) for item in items)
    except (TypeError, ValueError) as error:
        raise TypeError(f"{name} must be {length} numbers, got {value!r}.") from error
    if len(result) != length:
        raise ValueError(f"{name} must have {length} numbers, got {len(result)}: {value!r}.")
    if not all(map(math.isfinite, result)):
        raise ValueError(f"{name} must be finite, got {result}.")
    if length == 4 and math.hypot(*result) < 1e-9:
        raise ValueError(f"{name} must be a rotation; a quaternion of length 0 is none.")
    return result


def standardize_xform_ops(
    prim: Usd.Prim,
    translation: Sequence[float] | None = None,
    orientation: Sequence[float] | None = None,
    scale: Sequence[float] | None = None,
) -> bool:
    """Author translate, orient and scale on a prim in this order, and nothing else.

    What is not given keeps its present local value, whichever ops it came from. Existing ops of
    the three kinds keep their precision; new ones are double. Shear cannot be kept.

    Args:
        prim: Any prim.
        translation: In the parent's frame, shape [3].
        orientation: xyzw in the parent's frame, shape [4]; normalised.
        scale: Shape [3].

    Returns:
        False (and a log record) when the prim has no transform, such as a material.

    Raises:
        ValueError: The prim is invalid or a value has the wrong length or is not finite.
    """
    if not prim:
        raise ValueError("prim is not valid; it was removed or never existed.")
    given = (
        numbers("translation", translation, 3),
        numbers("orientation", orientation, 4),
        numbers("scale", scale, 3),
    )
    xformable = UsdGeom.Xformable(prim)
    if not xformable:
        logger.error(
            "%s has the type '%s', which has no transform; nothing was authored.",
            prim.GetPath(),
            prim.GetTypeName(),
        )
        return False
    if prim.IsInstanceProxy():
        raise ValueError(f"'{prim.GetPath()}' is inside an instance; make_uninstanceable first.")
    values = dict(zip(_STANDARD_OPS, _merged(xformable, given), strict=True))
    reset = ["!resetXformStack!"] if xformable.GetResetXformStack() else []
    names = [str(name) for name in prim.GetAuthoredPropertyNames()]
    surplus = [n for n in names if n.startswith("xformOp:") and n not in _STANDARD_OPS]
    target = prim.GetStage().GetEditTarget()
    types = {name: op_type(prim, name) for name in _STANDARD_OPS}
    with Sdf.ChangeBlock():
        # Specs, not the prim: inside a block the stage does not see attributes just created.
        spec = Sdf.CreatePrimInLayer(target.GetLayer(), target.MapToSpecPath(prim.GetPath()))
        for name in surplus:
            if name in spec.properties:
                spec.RemoveProperty(spec.properties[name])
        for name, value in values.items():
            author_op(spec, name, types[name], value)
        author_op(spec, "xformOpOrder", Sdf.ValueTypeNames.TokenArray, [*reset, *_STANDARD_OPS])
    return True


def validate_standard_xform_ops(prim: Usd.Prim) -> bool:
    """Whether a prim has the ops translate, orient, scale in this order and no other."""
    xformable = UsdGeom.Xformable(prim) if prim else None
    if not xformable:
        logger.error("%s has no transform.", prim.GetPath() if prim else "An invalid prim")
        return False
    names = [str(op.GetOpName()) for op in xformable.GetOrderedXformOps()]
    if names != _STANDARD_OPS:
        logger.error("%s has the ops %s, not translate, orient, scale.", prim.GetPath(), names)
    return names == _STANDARD_OPS


def resolve_prim_pose(prim: Usd.Prim, ref_prim: Usd.Prim | None = None) -> tuple[Vector3, QuatXyzw]:
    """Return the pose of a prim in the world or in the frame of another prim, without scale.

    Args:
        prim: The prim.
        ref_prim: The frame; None for the world.

    Returns:
        Position, and orientation as xyzw.

    Raises:
        ValueError: One of the prims is not valid.
    """
    if not prim or (ref_prim is not None and not ref_prim):
        raise ValueError("prim or ref_prim is not valid; it was removed or never existed.")
    matrix = _rigid(prim)
    if ref_prim is not None and not ref_prim.IsPseudoRoot():
        matrix *= _rigid(ref_prim).GetInverse()
    return _vector(matrix.ExtractTranslation()), _xyzw(matrix.ExtractRotationQuat())


def resolve_prim_scale(prim: Usd.Prim) -> Vector3:
    """Return the scale of a prim in the world: the lengths of its axes.

    Raises:
        ValueError: The prim is not valid.
    """
    if not prim:
        raise ValueError("prim is not valid; it was removed or never existed.")
    matrix = _world(prim)
    return _vector([matrix.GetRow3(axis).GetLength() for axis in range(3)])


def convert_world_pose_to_local(
    position: Sequence[float], orientation: Sequence[float] | None, ref_prim: Usd.Prim
) -> tuple[Vector3, QuatXyzw | None]:
    """Express a world pose in the frame of a prim.

    Args:
        position: World position, shape [3].
        orientation: World orientation xyzw, shape [4]; None stays None.
        ref_prim: The frame, usually the parent.

    Raises:
        ValueError: ``ref_prim`` is not valid.
    """
    if not ref_prim:
        raise ValueError("ref_prim is not valid; it was removed or never existed.")
    frame = _world(ref_prim)
    local = frame.GetInverse().Transform(Gf.Vec3d(*position))
    if orientation is None:
        return _vector(local), None
    x, y, z, w = orientation
    world = Gf.Matrix4d().SetRotate(Gf.Quatd(w, x, y, z).GetNormalized())
    rotation = world * frame.GetOrthonormalized(False).GetInverse()
    return _vector(local), _xyzw(rotation.ExtractRotationQuat())


def _merged(
    xformable: UsdGeom.Xformable, given: tuple[tuple[float, ...] | None, ...]
) -> tuple[Gf.Vec3d, Gf.Quatd, Gf.Vec3d]:
    """The given values where there are some, otherwise the present ones."""
    translation, orientation, scale = given
    present = present_values(xformable)
    x, y, z, w = orientation or (0.0, 0.0, 0.0, 1.0)
    return (
        Gf.Vec3d(*translation) if translation else present[0],
        Gf.Quatd(w, x, y, z).GetNormalized() if orientation else present[1].GetNormalized(),
        Gf.Vec3d(*scale) if scale else present[2],
    )


def present_values(xformable: UsdGeom.Xformable) -> tuple[Gf.Vec3d, Gf.Quatd, Gf.Vec3d]:
    """Return local translation, orientation and scale; as authored where that is how they are.

    Args:
        xformable: A prim with a transform.
    """
    ops = {str(op.GetOpName()): op.Get() for op in xformable.GetOrderedXformOps()}
    if list(ops) == [name for name in _STANDARD_OPS if name in ops]:
        # Read as authored: factoring a matrix moves a mirrored axis into the rotation.
        return (
            Gf.Vec3d(ops.get(_STANDARD_OPS[0]) or Gf.Vec3d(0.0)),
            Gf.Quatd(ops.get(_STANDARD_OPS[1]) or Gf.Quatd(1.0)),
            Gf.Vec3d(ops.get(_STANDARD_OPS[2]) or Gf.Vec3d(1.0)),
        )
    matrix = Gf.Transform(xformable.GetLocalTransformation())
    return matrix.GetTranslation(), matrix.GetRotation().GetQuat(), matrix.GetScale()


def pose_types(prim: Usd.Prim) -> tuple[Sdf.ValueTypeName, Sdf.ValueTypeName] | None:
    """Return the types of translate and orient where these, and then at most scale, pose a prim."""
    order = UsdGeom.Xformable(prim).GetXformOpOrderAttr().Get()
    if order is None or list(order) not in (_STANDARD_OPS[:2], _STANDARD_OPS):
        return None
    if not all(prim.HasAttribute(name) for name in _STANDARD_OPS[:2]):
        return None
    return op_type(prim, _STANDARD_OPS[0]), op_type(prim, _STANDARD_OPS[1])


def op_type(prim: Usd.Prim, name: str) -> Sdf.ValueTypeName:
    """Return the type that a standard op of a prim has, or gets where USD would not take it.

    Args:
        prim: The prim.
        name: ``xformOp:translate``, ``xformOp:orient`` or ``xformOp:scale``.
    """
    found = prim.GetAttribute(name).GetTypeName()
    return found if found in _OP_TYPES[name] else _OP_TYPES[name][0]


def author_pose(prim: Usd.Prim, translation: Sequence[float], quat_xyzw: Sequence[float]) -> None:
    """Author translate and orient where the edit target points to; the scale stays.

    Where these and scale pose the prim nothing else is authored; any other prim is standardized.

    Args:
        prim: A prim with a transform, not inside of an instance.
        translation: In the parent's frame, finite, shape [3].
        quat_xyzw: Orientation in the parent's frame, finite, shape [4].
    """
    types = pose_types(prim)
    if types is None:
        standardize_xform_ops(prim, translation, quat_xyzw)
        return
    target = prim.GetStage().GetEditTarget()
    x, y, z, w = quat_xyzw
    values = Gf.Vec3d(*translation), Gf.Quatd(w, x, y, z).GetNormalized()
    with Sdf.ChangeBlock():
        spec = Sdf.CreatePrimInLayer(target.GetLayer(), target.MapToSpecPath(prim.GetPath()))
        for name, type_name, value in zip(_STANDARD_OPS[:2], types, values, strict=True):
            author_op(spec, name, type_name, value)


def plain_ops(
    path: Sdf.Path, layer: Sdf.Layer, values: Sequence[Sequence[float] | None]
) -> list[tuple[Sdf.AttributeSpec, Any]] | None:
    """Return which specs of a layer have to get which values to pose a prim that is standardized.

    Args:
        path: A prim with a transform.
        layer: The layer to author; nothing stronger speaks of the prim.
        values: Translation, orientation (xyzw) and scale, finite; None for what stays.

    Returns:
        Attribute specs and their values; ``None`` where ``standardize_xform_ops`` has to do more,
        because ops are missing in the layer or in another order.
    """
    order = layer.GetAttributeAtPath(path.AppendProperty("xformOpOrder"))
    if not order or order.default != _STANDARD_ORDER:
        return None
    found: list[tuple[Sdf.AttributeSpec, Any]] = []
    for name, value in zip(_STANDARD_OPS, values, strict=True):
        if value is None:
            continue
        spec = layer.GetAttributeAtPath(path.AppendProperty(name))
        if not spec:
            return None
        if len(value) == 4:
            x, y, z, w = value
            exact = Gf.Quatd(w, x, y, z).GetNormalized()
        else:
            exact = Gf.Vec3d(*value)
        found.append((spec, spec.typeName.type.pythonClass(exact)))
    return found


def author_op(spec: Sdf.PrimSpec, name: str, type_name: Sdf.ValueTypeName, value: Any) -> None:
    """Author one transform op (or the order) on a spec; an existing one keeps its precision.

    Args:
        spec: The prim's spec.
        name: Name of the attribute.
        type_name: Type of an attribute that has to be created, or that no op can have as it is.
        value: Double-precision value, or a list of op names.
    """
    attribute = spec.attributes.get(name)
    if attribute is not None and attribute.typeName not in _OP_TYPES.get(name, (type_name,)):
        spec.RemoveProperty(attribute)
        attribute = None
    if attribute is None:
        uniform = Sdf.VariabilityUniform if name == "xformOpOrder" else Sdf.VariabilityVarying
        attribute = Sdf.AttributeSpec(spec, name, type_name, uniform)
    if not isinstance(value, list):
        value = attribute.typeName.type.pythonClass(value)
    attribute.default = value


def is_animated(prim: Usd.Prim) -> bool:
    """Return whether a prim or anything that carries it has a transform that varies with time."""
    while prim and not prim.IsPseudoRoot():
        xformable = UsdGeom.Xformable(prim)
        if xformable:
            if xformable.TransformMightBeTimeVarying():
                return True
            if xformable.GetResetXformStack():
                return False
        prim = prim.GetParent()
    return False


def _world(prim: Usd.Prim) -> Gf.Matrix4d:
    imageable = UsdGeom.Imageable(prim)
    if not imageable:
        return Gf.Matrix4d(1.0)
    return imageable.ComputeLocalToWorldTransform(Usd.TimeCode.Default())


def _rigid(prim: Usd.Prim) -> Gf.Matrix4d:
    return _world(prim).GetOrthonormalized(False)


def _vector(values: Any) -> Vector3:
    x, y, z = (float(value) for value in values)
    return x, y, z


def _xyzw(quat: Gf.Quatd) -> QuatXyzw:
    quat = quat.GetNormalized()
    return (*_vector(quat.GetImaginary()), float(quat.GetReal()))
