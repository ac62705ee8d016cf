"""Prims that a script defines in Fabric only, as the panels see them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pxr import Gf

from inspector.fabric.defined_prims import WORLD_MATRIX
from inspector.fabric.usdrt import Rt, Sdf, Usd, UsdGeom, Vt
from inspector.session.edits import PrimEdit
from inspector.session.session import Session
from inspector.session.snapshot import PlayState, PrimFlag, SceneSnapshot, StaleReason, Writer
from inspector.session.why import why_at
from inspector.usd.geometry import GeometryReader
from inspector.usd.stage import get_current_stage, get_current_stage_id

MARKER = "/World/markers/goal"
RESTING = """#usda 1.0
def PhysicsScene "physics" {
    float physics:gravityMagnitude = 0
}
def Xform "World" {
    def Sphere "ball" (prepend apiSchemas = ["PhysicsRigidBodyAPI", "PhysicsCollisionAPI"]) {
    }
}
"""


@pytest.fixture
def fabric(demo: Session):
    return Usd.Stage.Attach(get_current_stage_id())


def place(fabric, path=MARKER, at=(1.0, 2.0, 3.0), type_name="Sphere"):
    prim = fabric.DefinePrim(path, type_name)
    Rt.Xformable(prim).CreateWorldPositionAttr(Gf.Vec3d(*at))
    return prim


def row_of(snapshot: SceneSnapshot, path: str) -> int:
    prim = snapshot.prims.find(path)
    return snapshot.transforms.row_of_prim(prim) if prim >= 0 else -1


def test_a_prim_of_a_script_has_a_row_that_exists_in_fabric_only(demo: Session, fabric):
    demo.snapshot()
    place(fabric)
    snapshot = demo.snapshot()
    row = row_of(snapshot, MARKER)
    table = snapshot.transforms
    assert table.reason[row] == StaleReason.FABRIC_ONLY
    assert table.has_fabric[row]
    assert not table.has_usd[row]
    assert table.fabric_world[row, 3, :3].tolist() == [1.0, 2.0, 3.0]
    assert table.fabric_writer[row] == Writer.SCRIPT
    assert snapshot.stale_counts == {
        StaleReason.FRESH: len(table) - 1,
        StaleReason.FABRIC_ONLY: 1,
    }
    assert {"prims", "transforms"} <= snapshot.changed
    assert table.drawn_world[row, 3, :3].tolist() == [1.0, 2.0, 3.0]


def test_the_tree_has_it_with_what_is_above(demo: Session, fabric):
    place(fabric)
    prims = demo.snapshot().prims
    goal, above = prims.find(MARKER), prims.find("/World/markers")
    assert prims.parent[goal] == above
    assert prims.path(int(prims.parent[above])) == "/World"
    assert (prims.name(goal), prims.type_name(goal), prims.type_name(above)) == (
        "goal",
        "Sphere",
        "",
    )
    assert not prims.flags[[goal, above]].astype(int).any() & PrimFlag.IN_USD
    assert goal in prims.children(above).tolist()


def test_prims_in_environments_are_of_their_environment(demo: Session, fabric):
    for env in (2, 5, 11):
        place(fabric, f"/World/envs/env_{env}/goal", (float(env), 0.0, 0.0))
    snapshot = demo.snapshot()
    rows = [row_of(snapshot, f"/World/envs/env_{env}/goal") for env in (2, 5, 11)]
    assert snapshot.transforms.env_id[rows].tolist() == [2, 5, 11]
    parent = int(snapshot.transforms.parent[rows[0]])
    assert snapshot.prims.path(int(snapshot.transforms.prims[parent])) == "/World/envs/env_2"
    assert len(snapshot.env_origins) == 12


def test_nothing_is_made_anew_while_nothing_happens(demo: Session, fabric):
    place(fabric)
    before = demo.snapshot()
    again = demo.snapshot()
    assert (again.prims, again.transforms) == (before.prims, before.transforms)
    assert again.geometry is before.geometry
    assert again.env_origins is before.env_origins
    place(fabric, at=(4.0, 0.0, 0.0))
    moved = demo.snapshot()
    assert moved.prims is before.prims, "it only moved"
    assert moved.changed == {"transforms"}
    assert moved.transforms.fabric_world[row_of(moved, MARKER), 3, 0] == 4.0


def test_the_step_of_the_last_write_is_known(demo: Session, fabric):
    demo.set_state(PlayState.PLAYING)
    demo.step(7)
    prim = place(fabric)
    demo.step(5)
    snapshot = demo.snapshot()
    row = row_of(snapshot, MARKER)
    assert snapshot.transforms.fabric_step[row] == 7
    Rt.Xformable(prim).GetWorldPositionAttr().Set(Gf.Vec3d(0, 0, 1))
    assert demo.snapshot().transforms.fabric_step[row] == 12


def test_it_is_gone_when_fabric_forgets_it(demo: Session, fabric):
    place(fabric)
    place(fabric, "/World/second")
    fabric.RemovePrim(MARKER)
    snapshot = demo.snapshot()
    assert row_of(snapshot, MARKER) == -1
    assert row_of(snapshot, "/World/second") >= 0
    demo.set_state(PlayState.PLAYING)
    place(fabric)
    assert row_of(demo.snapshot(), MARKER) >= 0
    demo.set_state(PlayState.STOPPED)
    snapshot = demo.snapshot()
    assert row_of(snapshot, MARKER) == -1
    assert row_of(snapshot, "/World/second") >= 0, "it was there before play"


def test_recorded_steps_have_the_prims_of_their_time(demo: Session, fabric):
    demo.set_state(PlayState.PLAYING)
    demo.step(3)
    place(fabric)
    demo.snapshot()
    demo.step(3)
    demo.snapshot()
    demo.scrub(1)
    assert row_of(demo.snapshot(), MARKER) == -1
    demo.scrub(6)
    assert row_of(demo.snapshot(), MARKER) >= 0


def test_usd_takes_its_place(demo: Session, fabric):
    place(fabric, "/World/both")
    get_current_stage().DefinePrim("/World/both", "Cube")
    snapshot = demo.snapshot()
    row = row_of(snapshot, "/World/both")
    assert snapshot.transforms.reason[row] == StaleReason.FRESH
    assert list(snapshot.prims.paths.paths(snapshot.transforms.prims)).count("/World/both") == 1


def test_a_prim_without_a_transform_is_in_the_tree_and_has_no_row(demo: Session, fabric):
    fabric.DefinePrim("/World/notes", "Scope")
    snapshot = demo.snapshot()
    prim = snapshot.prims.find("/World/notes")
    assert snapshot.prims.type_name(prim) == "Scope"
    assert not snapshot.prims.flags[prim] & PrimFlag.XFORMABLE
    assert row_of(snapshot, "/World/notes") == -1


def test_a_pose_that_is_nowhere_is_not_finite(demo: Session, fabric):
    place(fabric)
    # Attributes refuse it; kernels write what they like.
    fabric.set_value(MARKER, WORLD_MATRIX, "matrix4d", Gf.Matrix4d(float("nan")))
    snapshot = demo.snapshot()
    assert snapshot.transforms.reason[row_of(snapshot, MARKER)] == StaleReason.NOT_FINITE
    assert not snapshot.transforms.drawn_world[row_of(snapshot, MARKER)].any()


def test_it_says_who_wrote_it_and_when(demo: Session, fabric):
    demo.set_state(PlayState.PLAYING)
    demo.step(4)
    prim = place(fabric)
    prim.CreateAttribute("radius", "double").Set(0.25)
    details = demo.inspect(MARKER)
    assert details.why == "", "nothing is published yet"
    snapshot = demo.snapshot()
    details = demo.inspect(MARKER)
    assert details.why == why_at(snapshot, row_of(snapshot, MARKER))
    assert "Fabric only" in details.why
    assert "a script at step 4" in details.why
    assert (details.type_name, details.specifier) == ("Sphere", "def")
    assert ("radius", "0.25") in [(row.name, row.value) for row in details.rows]
    assert "Fabric only" in details.locked
    assert "Fabric only" in demo.inspect("/World/markers").locked


def test_break_conditions_count_and_name_it(session: Session, tmp_path: Path):
    path = tmp_path / "ball.usda"
    path.write_text(RESTING)
    session.open_file(path)
    session.set_break_conditions(["stale count > 0"])
    session.set_state(PlayState.PLAYING)
    assert session.step(1) is None
    place(Usd.Stage.Attach(get_current_stage_id()))
    found = session.step(1)
    assert found is not None
    assert found.path == MARKER


def test_a_stage_without_such_prims_hands_its_tables_through(demo: Session):
    snapshot = demo.snapshot()
    assert snapshot.prims is demo._live.sim.tables.prims


def drawn(snapshot: SceneSnapshot, path: str):
    """Return mesh, colour and purpose of what is drawn of a prim."""
    row = row_of(snapshot, path)
    for batch in snapshot.geometry.batches:
        at = batch.rows.tolist()
        if row in at:
            mesh = snapshot.geometry.meshes[batch.mesh]
            return mesh, batch.colors[at.index(row)].tolist(), batch.purpose
    return None


def test_a_shape_is_drawn_as_fabric_has_it(demo: Session, fabric):
    before = demo.snapshot().geometry
    prim = place(fabric)
    sphere = UsdGeom.Sphere(prim)
    sphere.CreateRadiusAttr().Set(0.25)
    sphere.CreateDisplayColorAttr().Set(Vt.Vec3fArray([Gf.Vec3f(1, 0, 0)]))
    snapshot = demo.snapshot()
    mesh, color, _ = drawn(snapshot, MARKER)
    assert np.allclose(np.linalg.norm(mesh.points, axis=1), 0.25, rtol=1e-3)
    assert color == [1.0, 0.0, 0.0]
    assert snapshot.geometry.instance_count == before.instance_count + 1
    assert "geometry" in snapshot.changed
    Rt.Xformable(prim).GetWorldPositionAttr().Set(Gf.Vec3d(0, 0, 1))
    assert demo.snapshot().geometry is snapshot.geometry, "it only moved"
    sphere.GetRadiusAttr().Set(0.5)
    assert drawn(demo.snapshot(), MARKER)[0].radius == pytest.approx(0.5, rel=1e-3)
    fabric.RemovePrim(MARKER)
    assert demo.snapshot().geometry is before


def test_shapes_that_are_alike_share_their_mesh(demo: Session, fabric):
    meshes = len(demo.snapshot().geometry.meshes)
    for index in range(3):
        place(fabric, f"/World/mark_{index}", (float(index), 0, 0))
    geometry = demo.snapshot().geometry
    assert len(geometry.meshes) <= meshes + 1
    assert len(geometry.batches[-1].rows) == 3


def test_only_what_came_is_read_when_shapes_come_and_go(demo: Session, fabric, monkeypatch):
    read: list[str] = []
    real = GeometryReader.read_elsewhere

    def counted(reader, prim):
        read.append(str(prim.GetPath()))
        return real(reader, prim)

    monkeypatch.setattr(GeometryReader, "read_elsewhere", counted)
    paths = [f"/World/trail/mark_{at}" for at in range(5)]
    for path in paths[:3]:
        place(fabric, path)
    color = fabric.GetPrimAtPath(paths[1]).CreateAttribute(
        "primvars:displayColor", Sdf.ValueTypeNames.Color3fArray
    )
    color.Set(Vt.Vec3fArray([Gf.Vec3f(1, 0, 0)]))
    before = demo.snapshot()
    assert sorted(read) == paths[:3]
    read.clear()
    place(fabric, paths[3])
    fabric.RemovePrim(paths[0])
    after = demo.snapshot()
    assert read == [paths[3]]
    assert drawn(after, paths[1])[1] == [1.0, 0.0, 0.0]
    assert drawn(after, paths[3])[1] == drawn(before, paths[0])[1]
    assert after.geometry.instance_count == before.geometry.instance_count
    # What comes again under a path that was taken away has nothing of what was there.
    fabric.RemovePrim(paths[1])
    demo.snapshot()
    place(fabric, paths[1])
    assert drawn(demo.snapshot(), paths[1])[1] != [1.0, 0.0, 0.0]


@pytest.mark.parametrize("where", ["itself", "above in Fabric", "above in USD"])
def test_what_is_hidden_is_not_drawn(demo: Session, fabric, where):
    path = "/World/envs/env_1/marks/one"
    place(fabric, path)
    if where == "above in USD":
        demo.apply(PrimEdit("/World/envs/env_1", "hide"))
    else:
        owner = path if where == "itself" else "/World/envs/env_1/marks"
        prim = fabric.GetPrimAtPath(owner)
        prim.CreateAttribute("visibility", Sdf.ValueTypeNames.Token).Set("invisible")
    assert drawn(demo.snapshot(), path) is None


def test_what_cannot_be_drawn_is_named_while_it_is_there(demo: Session, fabric):
    place(fabric, "/World/broken", type_name="Volume")
    prim = place(fabric)
    prim.CreateAttribute("radius", Sdf.ValueTypeNames.Token).Set("wide")
    snapshot = demo.snapshot()
    assert drawn(snapshot, "/World/broken") is None
    assert "/World/broken" in {message.path for message in snapshot.messages}
    assert drawn(snapshot, MARKER) is not None, "it has the radius of every sphere"
    fabric.RemovePrim("/World/broken")
    assert "/World/broken" not in {message.path for message in demo.snapshot().messages}
