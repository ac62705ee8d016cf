"""What the USDRT guides are tried on, and the kernels that they launch."""

from __future__ import annotations

from pxr import UsdGeom, UsdLux, UsdPhysics, UsdShade

WALL, LIGHT = "/Room/Walls/Back", "/Room/Sun"


def furnish(stage):
    """A room: a wall of four points, a box that falls, two lights, two materials."""
    stage.SetDefaultPrim(UsdGeom.Xform.Define(stage, "/Room").GetPrim())
    walls = UsdGeom.Xform.Define(stage, "/Room/Walls")
    walls.AddTranslateOp().Set((0, 0, 1))
    wall = UsdGeom.Mesh.Define(stage, WALL)
    wall.CreatePointsAttr([(0, 0, 0), (1, 0, 0), (1, 1, 0), (0, 1, 0)])
    wall.CreateFaceVertexCountsAttr([4])
    wall.CreateFaceVertexIndicesAttr([0, 1, 2, 3])
    wall.CreateDisplayColorAttr([(0.5, 0.5, 0.5)])
    wall.CreateDoubleSidedAttr(True)
    UsdGeom.Mesh.Define(stage, "/Room/Walls/Bare")
    for name in ("Red", "Green"):
        UsdShade.Material.Define(stage, f"/Room/Looks/{name}")
    UsdShade.MaterialBindingAPI.Apply(wall.GetPrim()).Bind(
        UsdShade.Material(stage.GetPrimAtPath("/Room/Looks/Green"))
    )
    box = UsdGeom.Cube.Define(stage, "/Room/Box")
    box.CreateSizeAttr(0.2)
    box.AddTranslateOp().Set((0, 0, 2))
    UsdPhysics.RigidBodyAPI.Apply(box.GetPrim())
    UsdPhysics.CollisionAPI.Apply(box.GetPrim())
    UsdLux.DistantLight.Define(stage, LIGHT)
    UsdLux.ShapingAPI.Apply(UsdLux.SphereLight.Define(stage, "/Room/Spot").GetPrim())
    return stage


def kernels():
    """Compiled once; Warp reads their source, so they stand in a file."""
    from tests.unit.guides import usdrt_kernels

    return vars(usdrt_kernels)
