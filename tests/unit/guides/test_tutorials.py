"""The calls of Isaac Lab's tutorials, without launcher, camera and files from the network.

scripts/tutorials/00_sim/spawn_prims.py, 01_assets/run_rigid_object.py,
02_scene/create_scene.py, scripts/demos/multi_asset.py.
"""

import pytest
import torch
from pxr import Sdf, UsdPhysics, UsdShade

from inspector.usd.stage import get_current_stage
from tests.unit.guides.porting import run

SPAWN = """
import isaaclab.sim as sim_utils

sim = sim_utils.SimulationContext(sim_utils.SimulationCfg(dt=0.01, device="cpu"))
sim.set_camera_view([2.0, 0.0, 2.5], [-0.5, 0.0, 0.5])
ground = sim_utils.GroundPlaneCfg()
ground.func("/World/defaultGroundPlane", ground)
sun = sim_utils.DistantLightCfg(intensity=3000.0, color=(0.75, 0.75, 0.75))
sun.func("/World/lightDistant", sun, translation=(1, 0, 10))

sim_utils.create_prim("/World/Objects", "Xform")
shown = sim_utils.ConeCfg(
    radius=0.15,
    height=0.5,
    visual_material=sim_utils.PreviewSurfaceCfg(diffuse_color=(1.0, 0.0, 0.0)),
)
for name, y in (("Cone1", 1.0), ("Cone2", -1.0)):
    shown.func(f"/World/Objects/{name}", shown, translation=(-1.0, y, 1.0))
falling = shown.replace(
    rigid_props=sim_utils.RigidBodyPropertiesCfg(),
    mass_props=sim_utils.MassPropertiesCfg(mass=1.0),
    collision_props=sim_utils.CollisionPropertiesCfg(),
)
falling.func(
    "/World/Objects/ConeRigid", falling,
    translation=(-0.2, 0.0, 2.0), orientation=(0.5, 0.0, 0.5, 0.0),
)
sim.reset()
for _ in range(20):
    sim.step()
"""

SCENE = """
import torch
import isaaclab.sim as sim_utils
from isaaclab.assets import ArticulationCfg, AssetBaseCfg, RigidObjectCfg
from isaaclab.scene import InteractiveScene, InteractiveSceneCfg
from isaaclab.sim import SimulationContext
from isaaclab.utils import configclass
from isaaclab_assets import CARTPOLE_CFG

@configclass
class PoleSceneCfg(InteractiveSceneCfg):
    ground = AssetBaseCfg(prim_path="/World/ground", spawn=sim_utils.GroundPlaneCfg())
    dome_light = AssetBaseCfg(
        prim_path="/World/Light", spawn=sim_utils.DomeLightCfg(intensity=3000.0)
    )
    cartpole: ArticulationCfg = CARTPOLE_CFG.replace(prim_path="{ENV_REGEX_NS}/Robot")

sim = SimulationContext(sim_utils.SimulationCfg(device="cpu"))
"""

POLES = """
scene = InteractiveScene(PoleSceneCfg(num_envs=4, env_spacing=2.0))
sim.reset()
robot = scene["cartpole"]
for count in range(12):
    if count % 6 == 0:
        root_state = robot.data.default_root_state.clone()
        root_state[:, :3] += scene.env_origins
        robot.write_root_pose_to_sim(root_state[:, :7])
        robot.write_root_velocity_to_sim(root_state[:, 7:])
        joint_pos, joint_vel = robot.data.default_joint_pos, robot.data.default_joint_vel
        robot.write_joint_state_to_sim(joint_pos + 0.1, joint_vel)
        scene.reset()
    robot.set_joint_effort_target(torch.ones_like(robot.data.joint_pos))
    scene.write_data_to_sim()
    sim.step()
    scene.update(sim.get_physics_dt())
"""

VARIANTS = """
@configclass
class MixedSceneCfg(PoleSceneCfg):
    object: RigidObjectCfg = RigidObjectCfg(
        prim_path="/World/envs/env_.*/Object",
        spawn=sim_utils.MultiAssetSpawnerCfg(
            assets_cfg=[
                sim_utils.ConeCfg(
                    radius=0.3, height=0.6,
                    visual_material=sim_utils.PreviewSurfaceCfg(diffuse_color=(0.0, 1.0, 0.0)),
                ),
                sim_utils.SphereCfg(
                    radius=0.3,
                    visual_material=sim_utils.PreviewSurfaceCfg(
                        diffuse_color=(0.0, 0.0, 1.0), metallic=0.2
                    ),
                ),
            ],
            random_choice=True,
            rigid_props=sim_utils.RigidBodyPropertiesCfg(
                solver_position_iteration_count=4, solver_velocity_iteration_count=0
            ),
            mass_props=sim_utils.MassPropertiesCfg(mass=1.0),
            collision_props=sim_utils.CollisionPropertiesCfg(),
        ),
        init_state=RigidObjectCfg.InitialStateCfg(pos=(0.8, 0.0, 2.0)),
    )

torch.manual_seed(0)
scene_cfg = MixedSceneCfg(num_envs=8, env_spacing=2.0, replicate_physics=False)
scene = InteractiveScene(scene_cfg)
"""


def test_spawned_prims_have_the_layout_of_the_tutorial_and_fall():
    sim = run(SPAWN)["sim"]
    stage = get_current_stage()
    cone = stage.GetPrimAtPath("/World/Objects/ConeRigid")
    assert cone.HasAPI(UsdPhysics.RigidBodyAPI)
    assert cone.HasAPI(UsdPhysics.MassAPI)
    mesh = stage.GetPrimAtPath("/World/Objects/ConeRigid/geometry/mesh")
    assert mesh.HasAPI(UsdPhysics.CollisionAPI)
    assert not stage.GetPrimAtPath("/World/Objects/Cone1").HasAPI(UsdPhysics.RigidBodyAPI)
    assert UsdShade.MaterialBindingAPI(mesh).ComputeBoundMaterial()[0]
    assert len(sim.bodies) == 1
    assert 1.5 < sim.body_poses[0, 2] < 1.99
    assert sim.camera_view.tolist() == [[2.0, 0.0, 2.5], [-0.5, 0.0, 0.5]]
    with pytest.raises(ValueError, match="differ"):
        sim.set_camera_view(eye=[1.0, 0.0, 0.0], target=[1.0, 0.0, 0.0])


def test_the_loop_of_an_interactive_scene():
    names = run(SCENE, POLES)
    scene, robot = names["scene"], names["robot"]
    assert set(scene.keys()) == {"ground", "dome_light", "cartpole"}
    assert robot.data.joint_pos.shape == (4, 2)
    assert robot.data.joint_pos.isfinite().all()
    assert (robot.data.joint_pos[:, 0] > 0.1).all()  # the effort pushed the carts on


def test_a_rigid_object_at_every_origin():
    cones = run("""
        import torch
        import isaaclab.sim as sim_utils
        from isaaclab.assets import RigidObject, RigidObjectCfg
        from isaaclab.sim import SimulationContext

        sim = SimulationContext(sim_utils.SimulationCfg(device="cpu"))
        origins = torch.tensor([[0.25, 0.25, 0.0], [-0.25, 0.25, 0.0], [0.25, -0.25, 0.0]])
        for i, origin in enumerate(origins.tolist()):
            sim_utils.create_prim(f"/World/Origin{i}", "Xform", translation=origin)
        cones = RigidObject(
            cfg=RigidObjectCfg(
                prim_path="/World/Origin.*/Cone",
                spawn=sim_utils.ConeCfg(
                    radius=0.1,
                    height=0.2,
                    rigid_props=sim_utils.RigidBodyPropertiesCfg(),
                    mass_props=sim_utils.MassPropertiesCfg(mass=1.0),
                    collision_props=sim_utils.CollisionPropertiesCfg(),
                ),
                init_state=RigidObjectCfg.InitialStateCfg(),
            )
        )
        sim.reset()
        for count in range(6):
            if count % 3 == 0:
                root_state = cones.data.default_root_state.clone()
                root_state[:, :3] += origins
                root_state[:, 2] += 1.0
                cones.write_root_pose_to_sim(root_state[:, :7])
                cones.write_root_velocity_to_sim(root_state[:, 7:])
                cones.reset()
            cones.write_data_to_sim()
            sim.step()
            cones.update(sim.get_physics_dt())
        """)["cones"]
    assert cones.num_instances == 3
    heights = cones.data.root_state_w[:, 2]
    assert ((heights > 0.9) & (heights < 1.0)).all()


def test_variants_are_coloured_one_by_one():
    names = run(
        SCENE,
        VARIANTS,
        """
        def paint(prim_path_expr):
            stage = sim_utils.get_current_stage()
            with Sdf.ChangeBlock():
                for count, path in enumerate(sim_utils.find_matching_prim_paths(prim_path_expr)):
                    spec = Sdf.CreatePrimInLayer(stage.GetRootLayer(), path)
                    colour = spec.GetAttributeAtPath(
                        path + "/geometry/material/Shader.inputs:diffuseColor"
                    )
                    colour.default = (count / 8, 0.0, 0.0)

        paint(scene_cfg.object.prim_path)
        sim.reset()
        for _ in range(5):
            sim.step()
        """,
        Sdf=Sdf,
    )
    scene = names["scene"]
    shader = "/World/envs/env_{}/Object/geometry/material/Shader"
    reds = [
        round(
            scene.stage.GetPrimAtPath(shader.format(i)).GetAttribute("inputs:diffuseColor").Get()[0]
            * 8
        )
        for i in range(8)
    ]
    assert reds == list(range(8))
    counts = scene.clone_plan.clone_mask.sum(dim=1).tolist()
    assert sorted(counts, reverse=True)[0] == 8  # the robot, everywhere
    assert min(counts) > 0
    assert torch.all(scene["object"].data.root_pos_w[:, 2] < 2.0)
