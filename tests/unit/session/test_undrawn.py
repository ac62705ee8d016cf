"""What the viewport does not draw is in the messages, until it is gone."""

from __future__ import annotations

from pxr import Usd, UsdGeom

from inspector.session.session import Session
from inspector.sim.simulation_context import SimulationContext


def told(session: Session) -> list[str]:
    return [each.path for each in session.snapshot().messages if each.code == "not-drawn"]


def test_a_prim_that_is_not_drawn_is_named_until_it_is_gone(session: Session, tmp_path):
    path = tmp_path / "smoke.usda"
    stage = Usd.Stage.CreateNew(str(path))
    stage.SetDefaultPrim(UsdGeom.Xform.Define(stage, "/World").GetPrim())
    stage.DefinePrim("/World/smoke", "Volume")
    UsdGeom.Cube.Define(stage, "/World/cube")
    stage.Save()
    session.open_file(path)
    assert told(session) == ["/World/smoke"]
    before = session.snapshot().messages
    assert session.snapshot().messages is before, "nothing new, nothing to list again"
    live = SimulationContext.instance().stage
    live.DefinePrim("/World/fog", "Volume")
    assert told(session) == ["/World/smoke", "/World/fog"]
    live.RemovePrim("/World/smoke")
    assert told(session) == ["/World/fog"]
