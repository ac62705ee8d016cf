"""The calls of Isaac Lab 2.3's guide to stages in memory (docs/source/how-to/optimize_stage_creation.rst).

And those of the examples in its stage utilities (isaaclab.sim.utils.stage).
"""

import threading

import pytest

from inspector.usd.stage import get_current_stage
from tests.unit.guides.porting import run

SCENE = """
import isaaclab.sim as sim_utils
import isaaclab.sim.utils.stage as stage_utils
from isaaclab.assets import AssetBaseCfg
from isaaclab.scene import InteractiveScene, InteractiveSceneCfg
from isaaclab.sim import SimulationCfg, SimulationContext
from isaaclab.utils import configclass
from isaaclab_assets.robots.cartpole import CARTPOLE_CFG

@configclass
class PoleSceneCfg(InteractiveSceneCfg):
    env_spacing = 2.5
    ground = AssetBaseCfg(
        prim_path="/World/ground", spawn=sim_utils.GroundPlaneCfg(color=(0.1, 0.2, 0.3))
    )
    robot = CARTPOLE_CFG.replace(prim_path="{ENV_REGEX_NS}/Robot")
"""

IN_MEMORY = """
sim = SimulationContext(cfg=SimulationCfg(create_stage_in_memory=True))
stage_in_memory = sim.get_initial_stage()
with stage_utils.use_stage(stage_in_memory):
    scene = InteractiveScene(PoleSceneCfg(num_envs=16))
    hidden = stage_utils.is_current_stage_in_memory()
    sim_utils.attach_stage_to_usd_context()
sim.play()
"""


def test_a_scene_is_built_in_memory_attached_and_played():
    names = run(SCENE, IN_MEMORY)
    sim, stage = names["sim"], names["stage_in_memory"]
    assert names["hidden"]
    assert sim.is_playing()
    assert get_current_stage() == stage
    assert stage.GetPrimAtPath("/World/envs/env_15/Robot/cart")
    sim.step()
    assert names["scene"]["robot"].data.joint_pos.isfinite().all()


def test_the_colour_of_the_ground_is_kept_in_memory():
    stage = run(SCENE, IN_MEMORY)["stage_in_memory"]
    colours = [
        tuple(round(float(c), 3) for c in attribute.Get())
        for prim in stage.Traverse()
        if prim.GetPath().HasPrefix("/World/ground")
        for attribute in [prim.GetAttribute("inputs:diffuseColor")]
        if attribute and attribute.Get() is not None
    ]
    assert (0.1, 0.2, 0.3) in colours


def test_a_headless_run_needs_no_attach():
    names = run(SCENE, IN_MEMORY.replace("    sim_utils.attach_stage_to_usd_context()\n", ""))
    assert names["sim"].is_playing()
    assert get_current_stage() != names["stage_in_memory"]


def test_use_stage_nests_and_belongs_to_its_thread():
    names = run(
        """
        from pxr import Usd
        import isaaclab.sim as sim_utils

        shown = sim_utils.get_current_stage()
        outer, inner = Usd.Stage.CreateInMemory(), sim_utils.create_new_stage_in_memory()
        seen = []
        def look():
            elsewhere.append(sim_utils.get_current_stage())
        elsewhere = []
        with sim_utils.use_stage(outer):
            seen.append(sim_utils.get_current_stage())
            with sim_utils.use_stage(inner):
                seen.append(sim_utils.get_current_stage())
                thread = threading.Thread(target=look)
                thread.start()
                thread.join()
            seen.append(sim_utils.get_current_stage())
        seen.append(sim_utils.get_current_stage())
        """,
        threading=threading,
    )
    outer, inner, shown = (names[name] for name in ("outer", "inner", "shown"))
    assert names["seen"] == [outer, inner, outer, shown]
    assert names["elsewhere"] == [shown]


def test_something_that_is_no_stage_is_a_type_error():
    with pytest.raises(TypeError):
        run("""
            import isaaclab.sim as sim_utils
            with sim_utils.use_stage("/World"):
                pass
            """)


def test_clear_stage_with_and_without_a_predicate():
    run("""
        import isaaclab.sim as sim_utils
        for name in ("Cube", "Cube_01"):
            sim_utils.create_prim(f"/World/{name}", "Cube")
        sim_utils.create_prim("/World/Ball", "Sphere")
        sim_utils.clear_stage(lambda prim: prim.GetTypeName() == "Cube")
        """)
    stage = get_current_stage()
    assert [prim.GetName() for prim in stage.GetPrimAtPath("/World").GetChildren()] == ["Ball"]
    run("import isaaclab.sim as sim_utils\nsim_utils.clear_stage()")
    assert not stage.GetPrimAtPath("/World")


def test_the_id_of_the_current_stage_is_stable():
    names = run("""
        import isaaclab.sim as sim_utils
        from pxr import Usd, UsdUtils
        first = sim_utils.get_current_stage_id()
        second = sim_utils.get_current_stage_id()
        found = UsdUtils.StageCache.Get().Find(Usd.StageCache.Id.FromLongInt(first))
        """)
    assert names["first"] == names["second"]
    assert names["found"] == get_current_stage()
