"""The xform ops of a posed clone: translate, orient, scale, in this order, on Sdf specs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pxr import Gf, Sdf, Usd, UsdGeom, Vt

TRANSLATE = "xformOp:translate"
ORIENT = "xformOp:orient"
SCALE = "xformOp:scale"
_MATRIX = "xformOp:transform"
_RESET = "!resetXformStack!"
_ORDER = UsdGeom.Tokens.xformOpOrder
_VALUE_TYPES: Any = Sdf.ValueTypeNames
_QUATS = {"quatf": Gf.Quatf, "quatd": Gf.Quatd, "quath": Gf.Quath}


@dataclass(frozen=True)
class PoseLayout:
    """How a source's local transform is spelt when an environment's pose is authored on it.

    Attributes:
        order: Value of ``xformOpOrder``.
        translated: Whether a translation is authored per environment.
        oriented: Whether an orientation is authored per environment.
        quat_type: Value type of the orientation.
        values: Type and value of the ops that every clone shares and that the source lacks.
    """

    order: tuple[str, ...]
    translated: bool
    oriented: bool
    quat_type: str = "quatd"
    values: dict[str, tuple[str, Any]] = field(default_factory=dict)

    def prepare(self, spec: Sdf.PrimSpec) -> tuple[Any, Any]:
        """Author order and shared ops on a prim spec.

        Args:
            spec: Prim spec to edit.

        Returns:
            The attribute specs of translation and orientation, ``None`` where none is authored.
        """
        for name, (type_name, value) in self.values.items():
            _attribute(spec, name, type_name).default = value
        order = _attribute(spec, _ORDER, "token[]", uniform=True)
        order.default = Vt.TokenArray(list(self.order))
        translate = _attribute(spec, TRANSLATE, "double3") if self.translated else None
        orient = _attribute(spec, ORIENT, self.quat_type) if self.oriented else None
        return translate, orient

    def quat(self, quat_xyzw: Sequence[float]) -> Any:
        """Return an orientation in the type of the attribute."""
        return _typed_quat(self.quat_type, quat_xyzw)


def pose_layout(prim: Usd.Prim, *, translated: bool, oriented: bool) -> PoseLayout:
    """Work out the ops of posed clones of a prim.

    Ops that are already in the order translate, rotation, scale stay as they are. Any other stack
    (pivots, matrices, another order) is replaced by ops with the same local matrix.

    Args:
        prim: The source.
        translated: Whether a translation will be authored per environment.
        oriented: Whether an orientation will be authored per environment.

    Returns:
        The layout.
    """
    form = UsdGeom.Xformable(prim)
    ops = form.GetOrderedXformOps() if form else []
    reset = (_RESET,) if form and form.GetResetXformStack() else ()
    quat_type = _quat_type(prim)
    kinds = [_kind(op) for op in ops]
    if kinds == sorted(set(kinds)) and -1 not in kinds:
        names = dict(zip(kinds, (str(op.GetOpName()) for op in ops), strict=True))
        if translated:
            names[0] = TRANSLATE
        if oriented:
            names[1] = ORIENT
        order = (*reset, *(names[kind] for kind in sorted(names)))
        return PoseLayout(order, translated, oriented, quat_type)
    matrix: Gf.Matrix4d = form.GetLocalTransformation()
    values = _decomposed(matrix, quat_type)
    order = (*reset, *values)
    if translated:
        del values[TRANSLATE]
    if oriented:
        del values[ORIENT]
    return PoseLayout(order, translated, oriented, quat_type, values)


def stretch_of(prim: Usd.Prim) -> NDArray[np.float64]:
    """Return what is left of a prim's local matrix when translation and rotation are replaced.

    Args:
        prim: Source of posed clones.

    Returns:
        Scale and shear, row-vector, shape [3, 3].
    """
    form = UsdGeom.Xformable(prim)
    layout = pose_layout(prim, translated=True, oriented=True)
    scale = layout.values.get(SCALE, layout.values.get(_MATRIX))
    if scale is None:
        own = next((op for op in form.GetOrderedXformOps() if op.GetOpName() == SCALE), None)
        return np.diag(np.array(own.Get() if own else (1.0, 1.0, 1.0), np.float64))
    value = np.array(scale[1], np.float64)
    return np.diag(value) if value.ndim == 1 else value[:3, :3]


def _typed_quat(quat_type: str, quat_xyzw: Sequence[float]) -> Any:
    x, y, z, w = quat_xyzw
    return _QUATS[quat_type](w, x, y, z)


def _kind(op: UsdGeom.XformOp) -> int:
    """Return the place of an op in translate, rotation, scale; -1 for any other op."""
    name = str(op.GetOpName())
    if name in {TRANSLATE, SCALE}:
        return 0 if name == TRANSLATE else 2
    is_rotation = name == ORIENT or name.startswith("xformOp:rotate")
    return 1 if is_rotation and name.count(":") == 1 else -1


def _decomposed(matrix: Gf.Matrix4d, quat_type: str) -> dict[str, tuple[str, Any]]:
    rigid = matrix.RemoveScaleShear()
    quat: Any = rigid.ExtractRotationQuat().GetNormalized()
    rest = Gf.Matrix4d(matrix)
    rest.SetTranslateOnly(Gf.Vec3d(0))
    rest = rest * Gf.Matrix4d().SetRotate(quat).GetInverse()
    values: dict[str, tuple[str, Any]] = {
        TRANSLATE: ("double3", matrix.ExtractTranslation()),
        ORIENT: (quat_type, _typed_quat(quat_type, [*quat.GetImaginary(), quat.GetReal()])),
    }
    diagonal = Gf.Vec3d(rest[0, 0], rest[1, 1], rest[2, 2])
    if Gf.IsClose(rest, Gf.Matrix4d().SetScale(diagonal), 1e-9):
        values[SCALE] = ("double3", diagonal)
    else:  # shear has no op of its own
        values[_MATRIX] = ("matrix4d", rest)
    return values


def _quat_type(prim: Usd.Prim) -> str:
    attribute = prim.GetAttribute(ORIENT)
    name = str(attribute.GetTypeName()) if attribute else ""
    return name if name in _QUATS else "quatd"


def _attribute(spec: Any, name: str, type_name: str, *, uniform: bool = False) -> Any:
    """Return an attribute spec of this type without time samples, made when it is missing."""
    found = spec.attributes.get(name)
    if found is not None and str(found.typeName) != type_name:
        spec.RemoveProperty(found)
        found = None
    if found is None:
        variability = Sdf.VariabilityUniform if uniform else Sdf.VariabilityVarying
        value_type: Any = _VALUE_TYPES.Find(type_name)
        return Sdf.AttributeSpec(spec, name, value_type, variability)
    if found.HasInfo("timeSamples"):
        found.ClearInfo("timeSamples")
    if found.HasInfo("connectionPaths"):
        found.connectionPathList.ClearEditsAndMakeExplicit()
    return found
