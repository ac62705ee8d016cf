"""Moving prims to world poses: right below any parent while stopped, live while playing."""

from __future__ import annotations

import numpy as np
import pytest
from pxr import Gf, UsdGeom

from inspector.errors import EditRefusedError
from inspector.session.edits import PoseEdit, from_json
from inspector.session.pull_target import PullTarget
from inspector.session.session import Session
from inspector.session.snapshot import PlayState, StaleReason, Writer

OBJECT = "/World/envs/env_2/Object"
ROBOT = "/World/envs/env_2/Robot"
MESH = f"{OBJECT}/geometry/mesh"


def stage_of(session: Session):
    return session._scene.stage


def row_of(snapshot, path: str) -> int:
    return snapshot.transforms.row_of_prim(snapshot.prims.find(path))


def usd_world(session: Session, path: str) -> np.ndarray:
    return np.array(
        UsdGeom.XformCache().GetLocalToWorldTransform(stage_of(session).GetPrimAtPath(path))
    )


def turned(world: np.ndarray, degrees: float, shift=(0.0, 0.0, 0.0)) -> np.ndarray:
    """The pose turned around its own origin in the world, and moved."""
    turn = np.array(Gf.Matrix4d(Gf.Rotation(Gf.Vec3d(1, 2, 3), degrees), Gf.Vec3d(0)))
    result = world.copy()
    result[:3, :3] = world[:3, :3] @ turn[:3, :3]
    result[3, :3] += shift
    return result


def pose_edit(*moves: tuple[str, np.ndarray], live: bool = False) -> PoseEdit:
    paths, worlds = zip(*moves, strict=True)
    return PoseEdit("Move", paths, tuple(np.concatenate(worlds).ravel().tolist()), live)


def parents(session: Session, case: str) -> str:
    """A cube below something awkward; its path."""
    stage = stage_of(session)
    with session._scene.sim.tables.listener.ours():
        top = UsdGeom.Xform.Define(stage, "/World/Awkward")
        cube = UsdGeom.Cube.Define(stage, "/World/Awkward/Cube")
        if case == "matrix":
            matrix = Gf.Matrix4d(Gf.Rotation(Gf.Vec3d(0, 1, 0), 20), Gf.Vec3d(4, 5, 6))
            cube.AddTransformOp().Set(matrix)
        else:
            cube.AddTranslateOp().Set((0.5, 1.0, 2.0))
            cube.AddScaleOp().Set((1.0, -2.0, 0.5))
        top.AddTranslateOp().Set((3.0, -1.0, 2.0))
        top.AddRotateXYZOp().Set((30.0, 40.0, 50.0))
        if case == "scaled":
            top.AddScaleOp().Set((2.0, 2.0, 2.0))
        if case == "uneven":
            top.AddScaleOp().Set((3.0, 1.0, 1.0))
        if case == "resets":
            cube.SetResetXformStack(True)
    session.snapshot()
    return "/World/Awkward/Cube"


@pytest.mark.parametrize("case", ["plain", "scaled", "resets", "matrix"])
def test_a_prim_lands_where_it_was_put_whatever_is_above_it(demo, case):
    path = parents(demo, case)
    before = stage_of(demo).GetRootLayer().ExportToString()
    wanted = turned(usd_world(demo, path), 35.0, (1.0, 2.0, -0.5))
    inverse = demo.apply(pose_edit((path, wanted)))
    assert usd_world(demo, path) == pytest.approx(wanted, abs=1e-9)
    snapshot = demo.snapshot()
    assert snapshot.transforms.fabric_world[row_of(snapshot, path)] == pytest.approx(
        wanted, abs=1e-9
    )
    demo.apply(inverse)
    assert stage_of(demo).GetRootLayer().ExportToString() == before


def test_moving_keeps_orientation_and_scale_to_the_bit(demo):
    path = parents(demo, "plain")
    scale = stage_of(demo).GetPrimAtPath(path).GetAttribute("xformOp:scale").Get()
    world = usd_world(demo, path)
    world[3, :3] += (1, 1, 1)
    demo.apply(pose_edit((path, world)))
    assert stage_of(demo).GetPrimAtPath(path).GetAttribute("xformOp:scale").Get() == scale


def test_what_would_be_sheared_is_refused_and_can_still_be_moved(demo):
    path = parents(demo, "uneven")
    world = usd_world(demo, path)
    with pytest.raises(EditRefusedError, match="scaled unevenly"):
        demo.apply(pose_edit((path, turned(world, 35.0))))
    assert usd_world(demo, path) == pytest.approx(world)
    world[3, :3] += (0.0, 0.0, 1.0)
    demo.apply(pose_edit((path, world)))
    assert usd_world(demo, path) == pytest.approx(world, abs=1e-9)


def test_several_prims_are_one_step(demo):
    paths = [f"/World/envs/env_{i}/Object" for i in (1, 3)]
    before = [usd_world(demo, path) for path in paths]
    inverse = demo.apply(
        pose_edit(*((p, turned(w, 10, (0, 0, 2))) for p, w in zip(paths, before, strict=True)))
    )
    assert usd_world(demo, paths[1])[3, 2] == pytest.approx(before[1][3, 2] + 2)
    demo.apply(inverse)
    for path, world in zip(paths, before, strict=True):
        assert usd_world(demo, path) == pytest.approx(world)


def test_instance_proxies_are_refused_with_the_way_out(demo):
    stage = stage_of(demo)
    with demo._scene.sim.tables.listener.ours():
        master = UsdGeom.Xform.Define(stage, "/World/Master")
        UsdGeom.Cube.Define(stage, "/World/Master/Cube")
        copy = UsdGeom.Xform.Define(stage, "/World/Copy").GetPrim()
        copy.GetReferences().AddInternalReference(master.GetPath())
        copy.SetInstanceable(True)
    demo.snapshot()
    with pytest.raises(EditRefusedError, match="shared by all instances"):
        demo.apply(pose_edit(("/World/Copy/Cube", np.eye(4))))


def test_rubbish_is_refused(demo):
    with pytest.raises(EditRefusedError, match="16 finite numbers"):
        demo.apply(PoseEdit("Move", (OBJECT,), (1.0,) * 15))
    with pytest.raises(EditRefusedError, match="no prim"):
        demo.apply(pose_edit(("/World/none", np.eye(4))))
    for matrix in (np.zeros((4, 4)), np.eye(4) * 1e300):
        with pytest.raises(EditRefusedError, match="no transform"):
            demo.apply(pose_edit((OBJECT, matrix)))
    edit = pose_edit((OBJECT, np.eye(4)), live=True)
    assert from_json(edit.to_json()) == edit


# -- while playing ---------------------------------------------------------------------------


@pytest.fixture
def paused(demo: Session) -> Session:
    demo.set_state(PlayState.PLAYING)
    demo.step(3)
    demo.set_state(PlayState.PAUSED)
    return demo


def test_a_body_is_moved_in_the_engine_and_usd_stays(paused):
    usd = usd_world(paused, OBJECT)
    world = paused.snapshot().transforms.fabric_world[row_of(paused.snapshot(), OBJECT)]
    wanted = turned(world, 25.0, (0.0, 0.0, 3.0))
    inverse = paused.apply(pose_edit((OBJECT, wanted), live=True))
    table, row = paused.snapshot().transforms, row_of(paused.snapshot(), OBJECT)
    assert table.fabric_world[row] == pytest.approx(wanted, abs=1e-6)
    assert table.physics_world[table.body[row]][3, :3] == pytest.approx(wanted[3, :3], abs=1e-6)
    assert table.reason[row] == StaleReason.USD_BEHIND
    assert usd_world(paused, OBJECT) == pytest.approx(usd)
    paused.step(1)
    after = paused.snapshot().transforms.fabric_world[row]
    assert after[3, 2] == pytest.approx(wanted[3, 2], abs=0.02)
    paused.apply(inverse)
    assert paused.snapshot().transforms.fabric_world[row] == pytest.approx(world, abs=1e-6)


def test_what_is_no_body_is_written_to_fabric_by_the_user(paused):
    world = paused.snapshot().transforms.fabric_world[row_of(paused.snapshot(), MESH)]
    inverse = paused.apply(pose_edit((MESH, turned(world, 0.0, (0, 0, 1))), live=True))
    table, row = paused.snapshot().transforms, row_of(paused.snapshot(), MESH)
    assert Writer(table.fabric_writer[row]) is Writer.USER
    assert table.reason[row] == StaleReason.USD_BEHIND
    assert table.fabric_world[row] == pytest.approx(turned(world, 0.0, (0, 0, 1)))
    paused.apply(inverse)
    table = paused.snapshot().transforms
    assert Writer(table.fabric_writer[row]) is Writer.HIERARCHY
    assert table.fabric_world[row] == pytest.approx(world)


@pytest.mark.parametrize(
    ("path", "sentence"),
    [(f"{ROBOT}/cart/pole", "joint holds"), ("/World/envs/env_2", "bodies that physics moves")],
)
def test_what_physics_holds_is_refused(paused, path, sentence):
    snapshot = paused.snapshot()
    if snapshot.prims.find(path) < 0:
        path = next(
            p
            for p in map(snapshot.prims.path, range(len(snapshot.prims)))
            if p.startswith(ROBOT) and p.endswith("pole")
        )
    world = snapshot.transforms.fabric_world[row_of(snapshot, path)]
    with pytest.raises(EditRefusedError, match=sentence):
        paused.apply(pose_edit((path, world), live=True))


def test_edits_of_the_other_state_are_refused(paused):
    with pytest.raises(EditRefusedError, match="physics is running") as caught:
        paused.apply(pose_edit((OBJECT, np.eye(4))))
    assert caught.value.offer == "stop_apply_play"
    inverse = paused.apply(pose_edit((OBJECT, np.eye(4)), live=True))
    paused.set_state(PlayState.STOPPED)
    with pytest.raises(EditRefusedError, match="is over"):
        paused.apply(inverse)
    paused.set_state(PlayState.PLAYING)
    with pytest.raises(EditRefusedError, match="is over"):
        paused.apply(inverse)


# -- the spring ------------------------------------------------------------------------------


def height(session: Session, path: str = OBJECT) -> float:
    snapshot = session.snapshot()
    return float(snapshot.transforms.fabric_world[row_of(snapshot, path), 3, 2])


def test_a_spring_lifts_a_body_holds_it_and_lets_it_fall(paused):
    other = height(paused, "/World/envs/env_3/Object")
    x, y, z = paused.snapshot().transforms.fabric_world[row_of(paused.snapshot(), OBJECT), 3, :3]
    paused.pull(PullTarget(OBJECT, (0.0, 0.0, 0.0), (x, y, z + 2.0)))
    paused.step(240)
    # The weight stretches the spring by g over its strength.
    assert height(paused) == pytest.approx(z + 2.0 - 9.81 / 150.0, abs=0.02)
    assert height(paused, "/World/envs/env_3/Object") <= other + 0.01
    paused.pull(PullTarget(OBJECT, (0.0, 0.0, 0.0), (x, y, z + 1.0)))
    paused.step(240)
    assert height(paused) == pytest.approx(z + 1.0 - 9.81 / 150.0, abs=0.02)
    paused.pull(None)
    paused.step(120)
    assert height(paused) < z + 0.2


@pytest.mark.parametrize("strength", [20.0, 150.0, 5000.0])
def test_a_spring_off_the_middle_stays_finite(paused, strength):
    x, y, z = paused.snapshot().transforms.fabric_world[row_of(paused.snapshot(), OBJECT), 3, :3]
    paused.pull(PullTarget(OBJECT, (0.3, 0.2, 0.1), (x + 1.0, y, z + 3.0), strength))
    heights = []
    for _ in range(200):
        paused.step(1)
        heights.append(height(paused))
    assert np.isfinite(heights).all()
    assert max(heights) < z + 6.0
    assert np.ptp(heights[-40:]) < 1.0


def test_nothing_is_pulled_while_stopped_and_no_shape_without_a_body(demo):
    with pytest.raises(EditRefusedError, match="while playing"):
        demo.pull(PullTarget(OBJECT, (0, 0, 0), (0, 0, 1)))
    demo.pull(None)
    demo.set_state(PlayState.PLAYING)
    with pytest.raises(EditRefusedError, match="is no body"):
        demo.pull(PullTarget(MESH, (0, 0, 0), (0, 0, 1)))
    demo.pull(PullTarget(OBJECT, (0, 0, 0), (0, 0, 1)))
    demo.set_state(PlayState.STOPPED)
    demo.pull(None)
    demo.set_state(PlayState.PLAYING)
    demo.step(2)


def test_a_standard_prim_is_written_where_it_changes_and_nowhere_else(demo):
    stage = stage_of(demo)
    layer = stage.GetRootLayer()
    prim = stage.GetPrimAtPath(OBJECT)
    ops = ("translate", "orient", "scale")
    before = {op: layer.GetAttributeAtPath(f"{OBJECT}.xformOp:{op}").default for op in ops}
    text = layer.ExportToString()
    wanted = usd_world(demo, OBJECT)
    wanted[3, :3] += (0.25, -1.0, 2.0)
    inverse = demo.apply(pose_edit((OBJECT, wanted)))
    assert inverse.paths == (f"{OBJECT}.xformOp:translate",)
    assert usd_world(demo, OBJECT) == pytest.approx(wanted, abs=1e-9)
    after = {op: prim.GetAttribute(f"xformOp:{op}").Get() for op in ops}
    assert after["orient"] == before["orient"]
    assert after["scale"] == before["scale"]
    again = demo.apply(inverse)
    assert layer.ExportToString() == text
    demo.apply(again)
    assert usd_world(demo, OBJECT) == pytest.approx(wanted, abs=1e-9)
    turn = demo.apply(pose_edit((OBJECT, turned(wanted, 30.0))))
    assert set(turn.paths) == {f"{OBJECT}.xformOp:translate", f"{OBJECT}.xformOp:orient"}
    assert usd_world(demo, OBJECT) == pytest.approx(turned(wanted, 30.0), abs=1e-9)


def test_ops_keep_their_precision_and_other_orders_are_made_standard(demo):
    stage = stage_of(demo)
    with demo._scene.sim.tables.listener.ours():
        single = UsdGeom.Xform.Define(stage, "/World/Single")
        single.AddTranslateOp(UsdGeom.XformOp.PrecisionFloat).Set(Gf.Vec3f(1, 2, 3))
        single.AddOrientOp().Set(Gf.Quatf(1.0))
        single.AddScaleOp().Set(Gf.Vec3f(2, 2, 2))
        other = UsdGeom.Xform.Define(stage, "/World/Other")
        other.AddRotateZOp().Set(90.0)
        other.AddTranslateOp().Set((1.0, 0.0, 0.0))
    demo.snapshot()
    moves = []
    for path in ("/World/Single", "/World/Other"):
        wanted = usd_world(demo, path)
        wanted[3, :3] += (0.5, 0.25, -0.75)
        moves.append((path, wanted))
    text = stage.GetRootLayer().ExportToString()
    inverse = demo.apply(pose_edit(*moves))
    for path, wanted in moves:
        assert usd_world(demo, path) == pytest.approx(wanted, abs=1e-6)
    translate = stage.GetPrimAtPath("/World/Single").GetAttribute("xformOp:translate")
    assert str(translate.GetTypeName()) == "float3"
    order = stage.GetPrimAtPath("/World/Other").GetAttribute("xformOpOrder").Get()
    assert list(order) == ["xformOp:translate", "xformOp:orient", "xformOp:scale"]
    demo.apply(inverse)
    assert stage.GetRootLayer().ExportToString() == text
