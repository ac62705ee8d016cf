import subprocess
import sys

import pytest

import inspector.sim as sim_utils


@pytest.mark.parametrize(
    "name",
    [
        "SimulationCfg",
        "SimulationContext",
        "build_simulation_context",
        "ConeCfg",
        "UsdFileCfg",
        "MultiAssetSpawnerCfg",
        "GroundPlaneCfg",
        "RigidBodyPropertiesCfg",
        "create_new_stage",
        "create_prim",
        "find_matching_prims",
        "standardize_xform_ops",
        "use_stage",
        "XformPrimView",
    ],
)
def test_what_isaac_lab_scripts_use_is_there(name):
    assert getattr(sim_utils, name) is not None
    assert name in dir(sim_utils)


def test_the_module_of_stage_functions_has_its_name():
    import inspector.sim.utils.stage as stage_utils

    assert sim_utils.utils.stage is stage_utils
    assert stage_utils.use_stage is sim_utils.use_stage


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = sim_utils.nothing


def test_importing_it_loads_neither_torch_nor_mujoco():
    code = (
        "import sys, inspector.sim as s; s.SimulationContext; "
        "print([m for m in ('torch', 'mujoco') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[]"
