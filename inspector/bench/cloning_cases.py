"""What the cloning benchmark clones, and the straightforward ways that it is compared with.

Belongs here: stages, the baselines, and one function per way of cloning. Measuring is in
``cloning``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pxr import Gf, Sdf, Usd, UsdGeom, UsdPhysics, UsdShade, Vt

from inspector.cloner import (
    fabric_replicate,
    grid_transforms,
    make_clone_plan,
    sequential,
    usd_replicate,
)
from inspector.fabric.scene_tables import SceneTables

SOURCE = "/World/envs/env_0"
TEMPLATE = "/World/envs/env_{}"
MODES = ("copy", "reference", "instance")
_LINKS = 9

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True, eq=False)
class Scene:
    """A stage with one environment that is about to be cloned.

    Attributes:
        stage: The stage.
        positions: Position of each environment, float64, shape [e, 3].
        tables: Tables of the stage, for clones in Fabric.
    """

    stage: Usd.Stage
    positions: NDArray[np.float64]
    tables: SceneTables | None = None

    @property
    def num_envs(self) -> int:
        """Number of environments."""
        return len(self.positions)


def robot_scene(num_envs: int, *, tables: bool = False) -> Scene:
    """Return an environment of 30 prims: links with bodies, colliders, colours and a material."""
    stage = _empty_stage()
    author_robot(stage, SOURCE)
    return _scene(stage, num_envs, tables=tables)


def cube_scene(num_envs: int) -> Scene:
    """Return an environment that is one cube."""
    stage = _empty_stage()
    UsdGeom.Cube.Define(stage, SOURCE)
    return _scene(stage, num_envs)


def author_robot(stage: Usd.Stage, path: str) -> None:
    """Author 30 prims."""
    UsdGeom.Xform.Define(stage, path)
    stage.DefinePrim(f"{path}/looks", "Scope")
    material = UsdShade.Material.Define(stage, f"{path}/looks/paint")
    for index in range(_LINKS):
        link = UsdGeom.Xform.Define(stage, f"{path}/link_{index}")
        link.AddTranslateOp().Set(Gf.Vec3d(0.0, 0.0, 0.1 * index))
        link.AddOrientOp().Set(Gf.Quatf(1.0))
        UsdPhysics.RigidBodyAPI.Apply(link.GetPrim())
        UsdPhysics.MassAPI.Apply(link.GetPrim()).CreateMassAttr(0.5)
        stage.DefinePrim(f"{path}/link_{index}/geometry", "Scope")
        shape = UsdGeom.Cube.Define(stage, f"{path}/link_{index}/geometry/mesh")
        shape.CreateSizeAttr(0.1)
        shape.AddScaleOp().Set(Gf.Vec3f(1.0, 0.5, 0.25))
        shape.CreateDisplayColorAttr([Gf.Vec3f(0.8, 0.4, 0.1)])
        UsdPhysics.CollisionAPI.Apply(shape.GetPrim())
        UsdShade.MaterialBindingAPI.Apply(shape.GetPrim()).Bind(material)


def copy_loop(scene: Scene) -> None:
    """Clone as one would write it down: one change block, one ``CopySpec`` per environment."""
    layer = scene.stage.GetRootLayer()
    positions = scene.positions.tolist()
    with Sdf.ChangeBlock():
        for env_id in range(scene.num_envs):
            path = TEMPLATE.replace("{}", str(env_id))
            spec: Any = Sdf.CreatePrimInLayer(layer, path)
            if path != SOURCE:
                Sdf.CopySpec(layer, SOURCE, layer, path)
            translate = spec.attributes.get("xformOp:translate")
            if translate is None:
                translate = Sdf.AttributeSpec(spec, "xformOp:translate", Sdf.ValueTypeNames.Double3)
            translate.default = Gf.Vec3d(positions[env_id])
            order = spec.attributes.get("xformOpOrder")
            if order is None:
                order = Sdf.AttributeSpec(
                    spec,
                    "xformOpOrder",
                    Sdf.ValueTypeNames.TokenArray,
                    Sdf.VariabilityUniform,
                )
            order.default = Vt.TokenArray(["xformOp:translate"])


def clone(scene: Scene, mode: str, progress: Progress | None = None) -> None:
    """Clone in one of ``MODES``, or in Fabric."""
    arguments: Any = ([SOURCE], [TEMPLATE], range(scene.num_envs), None, scene.positions)
    if mode == "Fabric":
        assert scene.tables is not None
        fabric_replicate(scene.tables, *arguments, progress=progress)
        return
    options: Any = {"mode": mode, "progress": progress}
    usd_replicate(scene.stage, *arguments, **options)


def large_plan(num_envs: int) -> None:
    """Plan over the product of four groups of 30 prototypes."""
    groups = [[f"/Sources/g{g}_{i}" for i in range(30)] for g in range(4)]
    templates = [f"{TEMPLATE}/part_{g}" for g in range(4)]
    make_clone_plan(groups, templates, num_envs, sequential)


def quadratic_groups(
    stage: Usd.Stage, root: str, prim_paths: Sequence[str], global_path: str
) -> None:
    """Author collision groups as one would write it down: the global group grows env by env."""
    layer = stage.GetRootLayer()
    with Sdf.ChangeBlock():
        scope: Any = Sdf.CreatePrimInLayer(layer, root)
        scope.specifier, scope.typeName = Sdf.SpecifierDef, "Scope"
        shared = _group(scope, "global_group", global_path)
        shared.targetPathList.explicitItems = [f"{root}/global_group"]
        for index, path in enumerate(prim_paths):
            own = _group(scope, f"group{index}", path)
            own.targetPathList.explicitItems = [f"{root}/group{index}", f"{root}/global_group"]
            shared.targetPathList.explicitItems.append(f"{root}/group{index}")


def _group(scope: Any, name: str, member: str) -> Any:
    group: Any = Sdf.PrimSpec(scope, name, Sdf.SpecifierDef, "PhysicsCollisionGroup")
    apis = Sdf.TokenListOp()
    apis.prependedItems = ["CollectionAPI:colliders"]
    group.SetInfo("apiSchemas", apis)
    rule = Sdf.AttributeSpec(
        group,
        "collection:colliders:expansionRule",
        Sdf.ValueTypeNames.Token,
        Sdf.VariabilityUniform,
    )
    rule.default = "expandPrims"
    members: Any = Sdf.RelationshipSpec(group, "collection:colliders:includes", custom=False)
    members.targetPathList.explicitItems = [member]
    return Sdf.RelationshipSpec(group, "physics:filteredGroups", custom=False)


def _empty_stage() -> Usd.Stage:
    stage = Usd.Stage.CreateInMemory()
    UsdGeom.SetStageUpAxis(stage, UsdGeom.Tokens.z)
    UsdGeom.Xform.Define(stage, "/World")
    UsdGeom.Xform.Define(stage, "/World/envs")
    return stage


def _scene(stage: Usd.Stage, num_envs: int, *, tables: bool = False) -> Scene:
    positions, _ = grid_transforms(num_envs, 2.0)
    built = SceneTables.build(stage) if tables else None
    return Scene(stage, positions.double().numpy(), built)
