import math

import pytest

from inspector.errors import SimulationStateError
from inspector.sim.simulation_cfg import PhysicsCfg, SimulationCfg, check_settings, set_frozen


def test_defaults_are_those_of_the_contract():
    cfg = SimulationCfg()
    assert cfg.dt == pytest.approx(1 / 60)
    assert cfg.gravity == (0.0, 0.0, -9.81)
    assert (cfg.render_interval, cfg.use_fabric, cfg.create_stage_in_memory) == (1, True, False)
    assert cfg.physics_prim_path == "/physicsScene"
    assert cfg.engine.backend == "auto"


def test_a_name_is_enough_to_choose_an_engine():
    assert SimulationCfg(physics="mujoco").engine.backend == "mujoco"
    cfg = SimulationCfg()
    cfg.physics = "mujoco"
    assert cfg.engine == PhysicsCfg(backend="mujoco")


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"dt": 0.0}, "dt"),
        ({"dt": math.nan}, "dt"),
        ({"gravity": (0.0, math.inf, 0.0)}, "gravity"),
        ({"gravity": (0.0, 0.0)}, "gravity"),
        ({"render_interval": 0}, "render_interval"),
        ({"device": "gpu"}, "device"),
        ({"physics_prim_path": "physicsScene"}, "physics_prim_path"),
        ({"physics": "bullet"}, "bullet"),
        ({"physics": PhysicsCfg(substeps=0)}, "substeps"),
        ({"physics": PhysicsCfg(substeps=1.5)}, "substeps"),
        (
            {"physics": PhysicsCfg(backend="mujoco", solver="xpbd")},
            "solver 'xpbd' is one of Newton",
        ),
        ({"dt": "fast"}, "dt"),
        ({"gravity": 9.81}, "gravity"),
        ({"device": None}, "device"),
    ],
)
def test_a_wrong_value_is_named(change, word):
    with pytest.raises(ValueError, match=word):
        check_settings(SimulationCfg(**change))


def test_physics_that_names_no_engine_says_so():
    with pytest.raises(TypeError, match="physics must be"):
        check_settings(SimulationCfg(physics=None))


def test_frozen_settings_refuse_every_change_and_copies_are_free():
    cfg = SimulationCfg()
    set_frozen(cfg, frozen=True)
    with pytest.raises(SimulationStateError, match="dt"):
        cfg.dt = 1.0
    with pytest.raises(SimulationStateError, match="substeps"):
        cfg.physics.substeps = 1
    copy = cfg.copy()
    copy.dt = 1.0
    assert cfg.replace(dt=2.0).dt == 2.0
    set_frozen(cfg, frozen=False)
    cfg.dt = 3.0
    assert (cfg.dt, copy.dt) == (3.0, 1.0)
    assert "__frozen" not in cfg.to_dict()
