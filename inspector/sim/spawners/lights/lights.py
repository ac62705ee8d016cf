"""Authoring lights."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from pxr import Gf, Sdf, Usd

from inspector.sim.schemas.schemas import camel_case
from inspector.sim.spawners.spawner_cfg import SpawnerCfg
from inspector.sim.spawners.spawning import clone
from inspector.usd.prims import create_prim

if TYPE_CHECKING:
    from inspector.sim.spawners.lights.lights_cfg import LightCfg

_NAMES = {
    "texture_file": "inputs:texture:file",
    "texture_format": "inputs:texture:format",
    "visible_in_primary_ray": "visibleInPrimaryRay",
    "treat_as_line": "treatAsLine",
    "treat_as_point": "treatAsPoint",
}


@clone
def spawn_light(
    prim_path: str, cfg: LightCfg, translation: Any = None, orientation: Any = None, **_: Any
) -> Usd.Prim:
    """Author a light.

    Args:
        prim_path: Absolute path; its parent part may be an expression.
        cfg: The settings.
        translation: In the parent's frame, shape [3].
        orientation: xyzw in the parent's frame, shape [4].

    Returns:
        The prim at the first match.
    """
    prim = create_prim(prim_path, cfg.prim_type, translation=translation, orientation=orientation)
    common = {field.name for field in dataclasses.fields(SpawnerCfg)} | {"prim_type"}
    for field in dataclasses.fields(cfg):
        value = getattr(cfg, field.name)
        if field.name not in common and value is not None:
            name = _NAMES.get(field.name, f"inputs:{camel_case(field.name)}")
            _set(prim, name, value)
    return prim


def _set(prim: Usd.Prim, name: str, value: Any) -> None:
    attribute = prim.GetAttribute(name)
    if not attribute:  # visibleInPrimaryRay is a renderer's attribute, in no schema
        attribute = prim.CreateAttribute(name, Sdf.ValueTypeNames.Bool, custom=False)
    attribute.Set(Gf.Vec3f(*value) if isinstance(value, (tuple, list)) else value)
