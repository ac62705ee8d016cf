"""Materials, images and values that a file names and that cannot be seen are in the messages."""

from __future__ import annotations

from pathlib import Path

import pytest
from pxr import Gf, Usd, UsdGeom, UsdShade

from inspector.session.session import Session
from inspector.sim.simulation_context import SimulationContext
from tests.viewport.stages import ROOT, bind, gprim, material, new_stage, texture


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "scene.usda"


def told(session: Session, code: str = "look") -> dict[str, str]:
    return {each.path: each.text for each in session.snapshot().messages if each.code == code}


def opened(session: Session, stage: Usd.Stage, file: Path) -> Usd.Stage:
    stage.Export(str(file))
    session.open_file(file)
    return SimulationContext.instance().stage


def test_an_image_that_is_gone_is_named_until_it_is_back(session, file, tmp_path):
    stage = new_stage()
    lost = texture(stage, "t", "lost.png")
    bind(gprim(stage, "Cube", "cube"), material(stage, "m", diffuseColor=lost))
    live = opened(session, stage, file)
    assert list(told(session)) == [f"{ROOT}/Looks/t"]
    assert "lost.png" in told(session)[f"{ROOT}/Looks/t"]
    (tmp_path / "found.png").write_bytes(b"anything")
    shader = UsdShade.Shader(live.GetPrimAtPath(f"{ROOT}/Looks/t"))
    shader.GetInput("file").Set(str(tmp_path / "found.png"))
    assert told(session) == {}


def test_a_material_that_is_gone_is_named_where_it_is_bound(session, file):
    stage = new_stage()
    for name in ("a", "b"):
        gprim(stage, "Cube", f"group/{name}")
    group = stage.GetPrimAtPath(f"{ROOT}/group")
    UsdShade.MaterialBindingAPI.Apply(group).GetDirectBindingRel().SetTargets(["/nowhere"])
    live = opened(session, stage, file)
    assert list(told(session)) == [f"{ROOT}/group"], "once, not once per shape"
    made = material(live, "m", diffuseColor=Gf.Vec3f(1, 0, 0))
    UsdShade.MaterialBindingAPI(live.GetPrimAtPath(f"{ROOT}/group")).Bind(made)
    assert told(session) == {}


def test_a_material_for_another_renderer_is_named(session, file):
    stage = new_stage()
    made = UsdShade.Material.Define(stage, f"{ROOT}/Looks/mdl")
    bind(gprim(stage, "Cube", "cube"), made)
    opened(session, stage, file)
    assert "UsdPreviewSurface" in told(session)[f"{ROOT}/Looks/mdl"]


def test_values_at_times_only_are_told(session, file):
    stage = new_stage()
    cube = gprim(stage, "Cube", "cube")
    UsdGeom.Cube(cube).GetSizeAttr().Set(2.0)
    UsdGeom.Cube(cube).GetSizeAttr().Set(3.0, 1.0)
    opened(session, stage, file)
    assert told(session, "time-samples") == {}, "this one has a value outside of time"
    UsdGeom.Xformable(cube).AddScaleOp().Set(Gf.Vec3f(2), 1.0)
    opened(session, stage, file.with_name("moving.usda"))
    (text,) = told(session, "time-samples").values()
    assert f"{ROOT}/cube.xformOp:scale" in text
