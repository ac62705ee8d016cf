"""The libraries below the backends that the type checker cannot see into.

MuJoCo has no stubs, and the stubs of pxr are older than its physics parser: both are ``Any`` here, in
one place, instead of being ignored line by line.
"""

from __future__ import annotations

import importlib
from typing import Any, TypeAlias

from pxr import UsdPhysics

mujoco: Any = importlib.import_module("mujoco")
mujoco_batch: Any = importlib.import_module("mujoco.batch")

MjData: TypeAlias = Any
MjModel: TypeAlias = Any
MjSpec: TypeAlias = Any
MjsBody: TypeAlias = Any
MjsGeom: TypeAlias = Any
MjsMesh: TypeAlias = Any

Desc: TypeAlias = Any
"""One of the parser's descriptions; their classes have no common base."""

_schema: Any = UsdPhysics
ObjectType = _schema.ObjectType
Axis = _schema.Axis
load_physics = _schema.UsdPhysicsLoadStageFromPrimRange
