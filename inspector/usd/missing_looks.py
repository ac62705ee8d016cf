"""What to say of looks that a stage names and that are not there, or not for this renderer."""

from __future__ import annotations

from collections.abc import Mapping

from pxr import Sdf, Usd, UsdShade

from inspector.utils.message import Message
from inspector.utils.states import Severity

_CODE = "look"
_MOST = 20
"""Troubles that are told; of more, their number."""


def messages(troubles: Mapping[str, Message]) -> tuple[Message, ...]:
    """Return what to tell of materials and images, each once.

    Args:
        troubles: Messages by the path that was read.
    """
    found = tuple(dict.fromkeys(troubles.values()))
    rest = len(found) - _MOST
    if rest <= 0:
        return found
    text = f"{rest:,} more materials or images cannot be shown."
    return (*found[:_MOST], Message(Severity.WARNING, text, code=_CODE))


def unbound(prim: Usd.Prim) -> Message | None:
    """Return what is wrong with the binding of a prim that has no material.

    Args:
        prim: A gprim or a subset.
    """
    above = prim
    while above and not above.IsPseudoRoot():
        path = UsdShade.MaterialBindingAPI(above).GetDirectBinding().GetMaterialPath()
        if path:
            where = str(above.GetPath())
            if UsdShade.Material(prim.GetStage().GetPrimAtPath(path)):
                text = (
                    f"{where} names the material {path} without MaterialBindingAPI, so USD does not "
                    "use it. Bind it again."
                )
            else:
                text = f"{where} is bound to {path}, which is no material. Bind one that exists."
            return Message(Severity.WARNING, text, where, code=_CODE)
        above = above.GetParent()
    return None


def without_preview(material: UsdShade.Material) -> Message:
    """Return what to say of a material that is made for other renderers only."""
    path = str(material.GetPath())
    text = (
        f"{path} has no UsdPreviewSurface: what it is bound to has its displayColor. Add one to see "
        "the material."
    )
    return Message(Severity.INFO, text, path, code=_CODE)


def other_coordinates(shader: UsdShade.Shader, name: str, used: str) -> Message:
    """Return what to say of an image that lies on other coordinates than its material's first.

    Args:
        shader: The node that reads it.
        name: Primvar of its coordinates.
        used: Primvar of the first one's.
    """
    path = str(shader.GetPath())
    text = (
        f"{path} lies on primvars:{name} and another image of its material on primvars:{used}: "
        f"shown are both on {used}. Give them the same coordinates."
    )
    return Message(Severity.INFO, text, path, code=_CODE)


def without_texture(shader: UsdShade.Shader, file: object) -> Message:
    """Return what to say of an image that is not there.

    Args:
        shader: The node that reads it.
        file: What the node names.
    """
    path = str(shader.GetPath())
    name = file.path if isinstance(file, Sdf.AssetPath) else ""
    what = f"the image {name}, which cannot be found" if name else "no image"
    text = f"{path} names {what}. Bring it back, or name another one."
    return Message(Severity.WARNING, text, path, code=_CODE)
