"""The PhysicsScene prim: gravity and the default physics material.

Belongs here: authoring it for a new stage. What is on the stage already is respected.
"""

from __future__ import annotations

from pxr import Gf, Usd, UsdGeom, UsdPhysics, UsdShade

from inspector.sim.simulation_cfg import SimulationCfg


def find_physics_scene(stage: Usd.Stage) -> Usd.Prim | None:
    """Return the first PhysicsScene of a stage, or None."""
    for prim in stage.Traverse():
        if UsdPhysics.Scene(prim):
            return prim
    return None


def author_physics_scene(stage: Usd.Stage, cfg: SimulationCfg) -> None:
    """Author gravity and the default material, unless the stage brings its own PhysicsScene.

    A stage that was opened from a file is left alone: the engine takes gravity from the settings.

    Args:
        stage: Stage to author on.
        cfg: Checked settings.
    """
    if find_physics_scene(stage) is not None or not stage.GetRootLayer().anonymous:
        return
    scene = UsdPhysics.Scene.Define(stage, cfg.physics_prim_path)
    gravity = Gf.Vec3f(*stage_gravity(stage, cfg))
    length = gravity.Normalize() if any(cfg.gravity) else 0.0
    scene.CreateGravityDirectionAttr(gravity)
    scene.CreateGravityMagnitudeAttr(length / UsdGeom.GetStageMetersPerUnit(stage))
    _author_material(stage, cfg)


def stage_gravity(stage: Usd.Stage, cfg: SimulationCfg) -> tuple[float, float, float]:
    """Return the gravity of the settings [m/s²] in the stage's axes."""
    x, y, z = cfg.gravity
    return (x, z, -y) if UsdGeom.GetStageUpAxis(stage) == UsdGeom.Tokens.y else (x, y, z)


def _author_material(stage: Usd.Stage, cfg: SimulationCfg) -> None:
    path = f"{cfg.physics_prim_path}/defaultMaterial"
    cfg.physics_material.func(path, cfg.physics_material)
    material = UsdShade.Material.Get(stage, path)
    # Bound to the PhysicsScene it is the default of all colliders (UsdPhysics, "Materials").
    binding = UsdShade.MaterialBindingAPI.Apply(stage.GetPrimAtPath(cfg.physics_prim_path))
    binding.Bind(material, UsdShade.Tokens.weakerThanDescendants, "physics")
