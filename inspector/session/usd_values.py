"""Attribute values between USD, JSON and the text that is shown.

Quaternions are xyzw in JSON and in text, whatever ``Gf`` thinks.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from pxr import Gf, Sdf, Usd, UsdGeom

_QUATS = (Gf.Quatd, Gf.Quatf, Gf.Quath)
_MATRICES = (Gf.Matrix2d, Gf.Matrix3d, Gf.Matrix4d)
_SHOWN_ITEMS = 4

_LENGTHS = {
    "xformOp:translate", "radius", "height", "size", "width", "length", "extent", "points",
    "radiusTop", "radiusBottom", "physics:centerOfMass", "physics:localPos0",
    "physics:localPos1", "physics:contactOffset",
}  # fmt: skip
_UNITS = {
    "physics:mass": "kg",
    "physics:density": "kg/m³",
    "physics:velocity": "m/s",
    "physics:angularVelocity": "deg/s",
    "physics:gravityMagnitude": "m/s²",
    "physics:diagonalInertia": "kg·m²",
    "physics:breakForce": "N",
    "physics:breakTorque": "N·m",
    "focalLength": "mm/10",
    "inputs:colorTemperature": "K",
}


def type_named(name: str) -> Sdf.ValueTypeName:
    """Return the value type of a name such as ``color3f[]``; one that is false for none."""
    names: Any = Sdf.ValueTypeNames  # the stubs miss the argument of Find
    return names.Find(name)


def to_usd(value: Any, type_name: Sdf.ValueTypeName) -> Any:
    """Return the USD value of a JSON value.

    Args:
        value: Numbers, strings, booleans or (nested) lists.
        type_name: Type of the attribute.

    Raises:
        ValueError: The value does not fit the type.
    """
    scalar = type_name.scalarType
    try:
        if type_name.isArray:
            items = [_scalar(item, scalar) for item in value]
            array: Any = type(type_name.defaultValue)
            return array(items)
        return _scalar(value, scalar)
    except (TypeError, ValueError, AttributeError) as error:
        raise ValueError(f"{value!r} is no {type_name}.") from error


def to_json(value: Any) -> Any:
    """Return the JSON value of a USD value."""
    if isinstance(value, bool | int | float | str) or value is None:
        return value
    if isinstance(value, _QUATS):
        return [*np.array(value.GetImaginary()).tolist(), value.GetReal()]
    if isinstance(value, Sdf.AssetPath):
        return value.path
    if isinstance(value, _MATRICES):
        return np.array(value).tolist()
    if hasattr(value, "__len__"):
        return [to_json(item) for item in value]
    return str(value)


def to_text(value: Any, type_name: str) -> str:
    """Return the text that is shown; long arrays are shortened to type and length."""
    if value is None:
        return ""
    if type_name.endswith("[]") and len(value) > _SHOWN_ITEMS:
        return f"{type_name[:-2]}[{len(value)}]"
    return _text(to_json(value))


def unit_of(attribute: Usd.Attribute) -> str:
    """Return the unit of an attribute, empty when it has none."""
    name = attribute.GetName()
    base = ":".join(name.split(":")[:2])
    if base in _UNITS:
        return _UNITS[base]
    if base.startswith("xformOp:rotate"):
        return "deg"
    prim = attribute.GetPrim()
    if base in _LENGTHS:
        return length_unit(prim.GetStage())
    if name.endswith(("Limit", ":low", ":high")) or name in {"physics:lowerLimit"}:
        turning = prim.GetTypeName() in {"PhysicsRevoluteJoint", "PhysicsSphericalJoint"}
        return "deg" if turning or ":rot" in name else length_unit(prim.GetStage())
    return ""


def length_unit(stage: Usd.Stage) -> str:
    """Return the name of a stage unit."""
    metres = UsdGeom.GetStageMetersPerUnit(stage)
    known = {1.0: "m", 0.1: "dm", 0.01: "cm", 0.001: "mm", 0.0254: "in", 0.3048: "ft"}
    return known.get(round(metres, 6), f"{metres:g} m")


def _scalar(value: Any, type_name: Sdf.ValueTypeName) -> Any:
    kind: Any = type(type_name.defaultValue)
    if kind in _QUATS:
        x, y, z, w = map(float, value)
        return kind(w, x, y, z)
    if kind in _MATRICES:
        return kind(*[float(number) for row in value for number in row])
    if kind is Sdf.AssetPath or kind is str:
        if not isinstance(value, str):
            raise TypeError(value)
        return kind(value)
    if kind is bool:
        if not isinstance(value, bool):
            raise TypeError(value)
        return value
    if isinstance(value, list | tuple):
        return kind(*value)
    return kind(value)


def _text(value: Any) -> str:
    if isinstance(value, list):
        return "(" + ", ".join(_text(item) for item in value) + ")"
    return f"{value:.6g}" if isinstance(value, float) else str(value)
