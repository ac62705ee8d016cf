"""The calls of Isaac Lab 3's guide "Cloning environments" (docs/source/how-to/cloning.rst)."""

import torch
from pxr import UsdGeom

from inspector.usd.stage import get_current_stage
from tests.unit.guides.porting import run

NAMESPACE = """
import torch
import isaaclab.sim as sim_utils
from isaaclab.cloner import usd_replicate

stage = sim_utils.get_current_stage()
env_ids = torch.arange(num_envs, device="cpu")
sim_utils.create_prim("/World/envs", "Xform")
for env_id in range(num_envs):
    sim_utils.create_prim(f"/World/envs/env_{env_id}", "Xform")
"""

DIRECT = """
source = "/World/envs/env_0/Crate"
destination = "/World/envs/env_{}/Object"
crate_cfg = sim_utils.CuboidCfg(size=(0.5, 0.5, 0.5))
crate_cfg.func(source, crate_cfg)
mask = torch.ones((1, num_envs), dtype=torch.bool, device="cpu")
usd_replicate(stage, [source], [destination], env_ids, mask)
"""


def shapes(count, name="Object"):
    path = f"/World/envs/env_{{}}/{name}/geometry/mesh"
    stage = get_current_stage()
    return [str(stage.GetPrimAtPath(path.format(i)).GetTypeName()) for i in range(count)]


def test_direct_cloning():
    run(NAMESPACE, DIRECT, num_envs=128)
    assert shapes(128) == ["Cube"] * 128
    assert get_current_stage().GetPrimAtPath("/World/envs/env_0/Crate")


def test_positions_of_the_grid():
    run(
        NAMESPACE,
        DIRECT,
        """
        from isaaclab.cloner import grid_transforms

        positions, orientations = grid_transforms(
            N=num_envs, spacing=2.0, up_axis="z", device="cpu"
        )
        usd_replicate(stage, [source], [destination], env_ids, mask, positions=positions)
        """,
        num_envs=9,
    )
    cache = UsdGeom.XformCache()
    at = [
        tuple(
            cache.GetLocalToWorldTransform(
                get_current_stage().GetPrimAtPath(f"/World/envs/env_{i}/Object")
            ).ExtractTranslation()
        )
        for i in (0, 4, 8)
    ]
    assert at == [(2.0, -2.0, 0.0), (0.0, 0.0, 0.0), (-2.0, 2.0, 0.0)]


def test_a_mask_by_hand():
    run(
        NAMESPACE,
        """
        sources = ["/World/envs/env_0/Cone", "/World/envs/env_1/Sphere"]
        destinations = ["/World/envs/env_{}/Object"] * 2
        for path, cfg in zip(
            sources,
            [sim_utils.ConeCfg(radius=0.25, height=0.5), sim_utils.SphereCfg(radius=0.25)],
        ):
            cfg.func(path, cfg)
        even = torch.tensor([True, False, True, False])
        usd_replicate(stage, sources, destinations, env_ids, torch.stack([even, ~even]))
        """,
        num_envs=4,
    )
    assert shapes(4) == ["Cone", "Sphere", "Cone", "Sphere"]


def test_a_plan_used_as_sources_destinations_and_mask():
    names = run(
        NAMESPACE,
        """
        from isaaclab.cloner import ClonePlan, make_clone_plan, sequential

        sources, destinations, clone_mask = make_clone_plan(
            sources=[[f"/World/envs/env_{i}/Object" for i in range(3)]],
            destinations=["/World/envs/env_{}/Object"],
            num_clones=8,
            clone_strategy=sequential,
            device="cpu",
        )
        for path, cfg in zip(
            sources,
            [
                sim_utils.ConeCfg(radius=0.1, height=0.2),
                sim_utils.CuboidCfg(size=(0.1, 0.1, 0.1)),
                sim_utils.SphereCfg(radius=0.1),
            ],
        ):
            cfg.func(path, cfg)
        usd_replicate(stage, sources, destinations, env_ids, clone_mask)
        plan = ClonePlan(sources=sources, destinations=destinations, clone_mask=clone_mask)
        """,
        num_envs=8,
    )
    assert names["clone_mask"].int().argmax(dim=0).tolist() == [0, 1, 2, 0, 1, 2, 0, 1]
    assert shapes(8) == [["Cone", "Cube", "Sphere"][i % 3] for i in range(8)]
    assert names["plan"].clone_mask is names["clone_mask"]


def test_the_default_strategy_and_the_signature_of_a_custom_one():
    names = run("""
        import torch
        from isaaclab.cloner import CloneCfg, make_clone_plan, random

        def last_one(combinations: torch.Tensor, num_clones: int, device: str) -> torch.Tensor:
            seen.append((tuple(combinations.shape), num_clones, device))
            return combinations[-1:].expand(num_clones, -1)

        seen = []
        groups = [["/A", "/B"], ["/C", "/D", "/E"]]
        templates = ["/World/envs/env_{}/First", "/World/envs/env_{}/Second"]
        _, _, mask = make_clone_plan(groups, templates, 4, last_one)
        drawn = make_clone_plan(groups, templates, 64, random)[2]
        is_default = CloneCfg().clone_strategy is random
        """)
    assert names["seen"] == [((6, 2), 4, "cpu")]
    assert names["mask"].sum(dim=1).tolist() == [0, 4, 0, 0, 4]
    assert torch.equal(names["drawn"][:2].sum(dim=0), torch.ones(64, dtype=torch.long))
    assert names["is_default"]


def test_a_scene_with_a_robot_and_a_global_light():
    names = run("""
        import isaaclab.sim as sim_utils
        from isaaclab.assets import AssetBaseCfg
        from isaaclab.scene import InteractiveScene, InteractiveSceneCfg
        from isaaclab.utils.configclass import configclass
        from isaaclab_assets.robots.cartpole import CARTPOLE_CFG

        @configclass
        class PoleSceneCfg(InteractiveSceneCfg):
            robot = CARTPOLE_CFG.replace(prim_path="{ENV_REGEX_NS}/Robot")
            light = AssetBaseCfg(
                prim_path="/World/Light", spawn=sim_utils.DistantLightCfg(intensity=3000.0)
            )

        scene = InteractiveScene(
            cfg=PoleSceneCfg(num_envs=16, env_spacing=2.0, replicate_physics=True)
        )
        """)
    scene = names["scene"]
    assert scene.clone_plan.sources == ("/World/envs/env_0",)
    assert scene.clone_plan.destinations == ("/World/envs/env_{}",)
    assert all(scene.stage.GetPrimAtPath(f"{path}/Robot/cart") for path in scene.env_prim_paths)
    assert scene.stage.GetPrimAtPath("/World/Light").GetTypeName() == "DistantLight"
    scene.sim.reset()
    assert scene["robot"].data.joint_pos.shape == (16, 2)


def test_options_of_a_scene_have_the_defaults_of_the_guide():
    from inspector.scene import InteractiveSceneCfg

    cfg = InteractiveSceneCfg(num_envs=1, env_spacing=1.0)
    assert (cfg.replicate_physics, cfg.filter_collisions, cfg.clone_in_fabric) == (
        True,
        True,
        False,
    )


def test_collision_filtering_after_direct_cloning():
    run(
        NAMESPACE,
        DIRECT,
        """
        from isaaclab.cloner import filter_collisions

        ground_cfg = sim_utils.GroundPlaneCfg()
        ground_cfg.func("/World/ground", ground_cfg)
        sim_utils.create_prim("/physicsScene", "PhysicsScene")
        filter_collisions(
            stage=stage,
            physicsscene_path="/physicsScene",
            collision_root_path="/World/collisions",
            prim_paths=[f"/World/envs/env_{i}" for i in range(num_envs)],
            global_paths=["/World/ground"],
        )
        """,
        num_envs=4,
    )
    root = get_current_stage().GetPrimAtPath("/World/collisions")
    names = {child.GetName() for child in root.GetChildren()}
    assert names == {"global_group", "group0", "group1", "group2", "group3"}


def test_physics_replication_before_usd(caplog):
    names = run(
        NAMESPACE,
        """
        from isaaclab_physx.cloner import physx_replicate

        ball_cfg = sim_utils.SphereCfg(
            radius=0.2,
            rigid_props=sim_utils.RigidBodyPropertiesCfg(),
            collision_props=sim_utils.CollisionPropertiesCfg(),
        )
        ball_cfg.func("/World/envs/env_0/Object", ball_cfg)
        rows = ["/World/envs/env_0/Object"], ["/World/envs/env_{}/Object"]
        mask = torch.ones((1, num_envs), dtype=torch.bool)
        before = stage.GetRootLayer().ExportToString()
        physx_replicate(stage, *rows, env_ids, mask, device="cpu")
        unchanged = stage.GetRootLayer().ExportToString() == before
        usd_replicate(stage, *rows, env_ids, mask)
        sim = sim_utils.SimulationContext()
        sim.play()
        """,
        num_envs=4,
    )
    caplog.clear()  # it says once per process that there is no PhysX
    assert names["unchanged"]
    assert len(names["sim"].bodies) == 4
    assert sorted(names["sim"].bodies.paths.env_id.tolist()) == [0, 1, 2, 3]
