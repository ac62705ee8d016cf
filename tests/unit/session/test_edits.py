"""Every edit and its inverse: the layer's text and the mask return, and a journal replays them."""

from __future__ import annotations

import base64
import zlib
from dataclasses import replace
from time import thread_time

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from pxr import Sdf, UsdGeom

from inspector.errors import EditRefusedError, StageError
from inspector.session.edits import (
    AttributeEdit,
    Edit,
    MaskEdit,
    PrimEdit,
    ReplanEdit,
    SyncEdit,
    XformEdit,
    from_json,
)
from inspector.session.session import Session
from inspector.session.snapshot import PlayState, StaleReason, Writer
from inspector.session.stored_plan import store_plan

OBJECT = "/World/envs/env_2/Object"
MESH = f"{OBJECT}/geometry/mesh"


def text(session: Session) -> str:
    """The scene as text; where sources are kept is the plan's own business."""
    copy = Sdf.Layer.CreateAnonymous(".usda")
    copy.TransferContent(session._scene.stage.GetRootLayer())
    store_plan(copy, None)
    return copy.ExportToString()


def through_json(edit: Edit) -> Edit:
    return from_json(edit.to_json())


@pytest.mark.parametrize(
    "edit",
    [
        AttributeEdit(OBJECT, "physics:mass", 3.5),
        AttributeEdit(OBJECT, "physics:mass", None),
        AttributeEdit(OBJECT, "physics:density", 120.0),
        AttributeEdit(OBJECT, "xformOp:orient", [0.0, 0.0, 1.0, 0.0]),
        AttributeEdit(OBJECT, "myNote", "hello", "string"),
        AttributeEdit(MESH, "primvars:displayColor", [[1, 0, 0]], "color3f[]"),
        XformEdit(OBJECT, (1.0, 2.0, 3.0)),
        XformEdit(OBJECT, (1.0, 2.0, 3.0), (0.0, 0.0, 0.6, 0.8), (2.0, 2.0, 2.0)),
        XformEdit("/World/envs/env_4/Robot", (0.0, 0.0, 1.0)),
        PrimEdit(OBJECT, "delete"),
        PrimEdit("/World/ground", "delete"),
        PrimEdit("/World", "delete"),
        PrimEdit("/World", "deactivate"),
        PrimEdit(OBJECT, "deactivate"),
        PrimEdit("/World/envs/env_0/Robot/slider/rail", "deactivate"),
        PrimEdit(OBJECT, "hide"),
    ],
    ids=lambda edit: f"{edit.kind}-{getattr(edit, 'action', getattr(edit, 'name', ''))}",
)
def test_an_edit_and_its_inverse_leave_no_trace(demo, edit):
    before, snapshot = text(demo), demo.snapshot()
    inverse = demo.apply(through_json(edit))
    changed = text(demo)
    assert changed != before
    again = demo.apply(through_json(inverse))
    assert text(demo) == before
    after = demo.snapshot()
    assert len(after.prims) == len(snapshot.prims)
    assert after.stale_count == 0
    demo.apply(through_json(again))
    assert text(demo) == changed


@pytest.mark.parametrize("part", ["rows", "authored", "scripted"])
@pytest.mark.parametrize("damage", [lambda old: "rubbish", lambda old: old[: len(old) // 8 * 4]])
def test_a_damaged_inverse_is_refused_before_anything_changes(demo, part, damage):
    inverse = demo.apply(XformEdit(OBJECT, (0.0, 0.0, 5.0)))
    demo.snapshot()
    back = demo.apply(SyncEdit("hierarchy", (OBJECT,)))
    whole = base64.b64encode(zlib.compress(b'{"/World/Made": null}')).decode()
    old = {"rows": back.rows, "authored": inverse.authored, "scripted": whole}[part]
    before, table = text(demo), demo.snapshot().transforms.fabric_world.copy()
    with pytest.raises(EditRefusedError, match="damaged"):
        demo.apply(replace(inverse, **{part: damage(old)}))
    assert text(demo) == before
    np.testing.assert_array_equal(demo.snapshot().transforms.fabric_world, table)
    demo.apply(inverse)
    assert text(demo) != before


def test_a_move_is_seen_and_signed(demo):
    demo.snapshot()
    demo.apply(XformEdit(OBJECT, (0.0, 0.0, 5.0)))
    snapshot = demo.snapshot()
    assert snapshot.changed == {"transforms"}
    table = snapshot.transforms
    row = table.row_of_prim(snapshot.prims.find(MESH))
    assert table.usd_world[row, 3, 2] == pytest.approx(5.0)
    assert table.fabric_world[row, 3, 2] == pytest.approx(5.0)
    assert snapshot.stale_count == 0
    demo.set_state(PlayState.PLAYING)
    demo.step(3)
    demo.snapshot()
    assert "USD was last authored by 'Move Object' before play" in demo.inspect(OBJECT).why


def test_a_move_replaces_ops_of_types_that_pose_nothing(demo):
    path = "/World/envs/env_2/Object/geometry"
    for name, value in (("translate", 2.5), ("orient", 1.0)):
        demo.apply(AttributeEdit(path, f"xformOp:{name}", value, "double"))
    before = text(demo)
    undo = demo.apply(XformEdit(path, (1.0, 2.0, 3.0), (0.0, 0.0, 0.6, 0.8)))
    table, prims = demo.snapshot().transforms, demo.snapshot().prims
    local = demo._scene.sim.tables.world_cache.local[table.row_of_prim(prims.find(path))]
    assert local[3, :3].tolist() == [1.0, 2.0, 3.0]
    demo.apply(undo)
    assert text(demo) == before


def test_a_painted_clone_shows_its_colour_alone(demo):
    demo.snapshot()
    path = "/World/envs/env_2/Robot/cart/geometry"
    snapshot = demo.snapshot()
    gprims = [
        snapshot.prims.path(int(snapshot.transforms.prims[row]))
        for batch in snapshot.geometry.batches
        for row in batch.rows
    ]
    path = next(p for p in gprims if p.startswith("/World/envs/env_2/Robot"))
    other = path.replace("env_2", "env_3")

    def color(of: str):
        now = demo.snapshot()
        row = now.transforms.row_of_prim(now.prims.find(of))
        return next(
            tuple(batch.colors[list(batch.rows).index(row)])
            for batch in now.geometry.batches
            if row in batch.rows
        )

    before = color(other)
    stage = demo._scene.stage
    UsdGeom.Gprim(stage.GetPrimAtPath(path)).GetPrim().GetRelationship(
        "material:binding"
    ).ClearTargets(True)
    demo.apply(AttributeEdit(path, "primvars:displayColor", [[0, 1, 1]], "color3f[]"))
    assert color(other) == before
    if not stage.GetPrimAtPath(path).GetRelationship("material:binding").GetTargets():
        assert color(path) in {(0, 1, 1), before}


@pytest.mark.parametrize(
    ("edit", "reason"),
    [
        (AttributeEdit("/World/none", "a", 1), "no prim"),
        (AttributeEdit("rubbish path", "a", 1), "no prim"),
        (AttributeEdit(OBJECT, "unknown", 1), "no attribute"),
        (AttributeEdit(OBJECT, "physics:mass", "heavy"), "heavy"),
        (XformEdit(OBJECT, (float("nan"), 0, 0)), "finite"),
        (XformEdit("/physicsScene", (0, 0, 0)), "no transform"),
        (PrimEdit("/World/none", "delete"), "no prim"),
        (PrimEdit(OBJECT, "activate"), "active already"),
        (PrimEdit("/physicsScene", "hide"), "seen"),
        (PrimEdit(OBJECT, "restore", "rubbish"), "damaged"),
        (PrimEdit(OBJECT, "deactivate", "rubbish"), "damaged"),
        (MaskEdit((9,), (0,), (True,)), "no cell"),
        (MaskEdit((0,), (99,), (True,)), "no cell"),
        (SyncEdit("hierarchy", ("/physicsScene",)), "no transform"),
    ],
)
def test_what_cannot_be_is_refused_with_a_reason_and_changes_nothing(demo, edit, reason):
    before = text(demo)
    with pytest.raises(EditRefusedError, match=reason):
        demo.apply(edit)
    assert text(demo) == before
    assert demo.snapshot().stale_count == 0


def test_showing_what_a_parent_hides_names_the_parent(demo):
    demo.apply(PrimEdit("/World/envs/env_2", "hide"))
    with pytest.raises(EditRefusedError, match="Show /World/envs/env_2"):
        demo.apply(PrimEdit(OBJECT, "show"))


def cells(mask, env_id: int, row: int) -> ReplanEdit:
    now = int(np.argmax(mask.applied[:3, env_id]))
    return ReplanEdit((now, row), (env_id, env_id), (False, True))


def test_apply_changes_the_object_of_that_environment_only(demo):
    before = demo.snapshot()
    row = (int(np.argmax(before.mask.applied[:3, 3])) + 1) % 3
    demo.apply(cells(before.mask, 3, row))
    after = demo.snapshot()
    assert np.argmax(after.mask.applied[:3, 3]) == row
    assert after.mask.pending == 0
    kinds = ("Cone", "Cube", "Sphere")
    for env_id in range(6):
        path = f"/World/envs/env_{env_id}/Object/geometry/mesh"
        kind = kinds[int(np.argmax(after.mask.applied[:3, env_id]))]
        assert after.prims.type_name(after.prims.find(path)) == kind
    assert after.stale_count == 0
    assert after.geometry.instance_count == before.geometry.instance_count


def test_undo_of_apply_shows_the_paint_again_and_undo_of_paint_removes_it(demo):
    mask = demo.snapshot().mask
    apply = cells(mask, 3, (int(np.argmax(mask.applied[:3, 3])) + 1) % 3)
    unpaint = demo.apply(MaskEdit(apply.source_rows, apply.env_ids, apply.values))
    assert demo.snapshot().mask.pending == 2
    unapply = demo.apply(apply)
    assert demo.snapshot().mask.pending == 0
    reapply = demo.apply(unapply)
    assert demo.snapshot().mask.pending == 2
    demo.apply(reapply)
    assert demo.snapshot().mask.pending == 0
    demo.apply(unapply)
    demo.apply(unpaint)
    assert demo.snapshot().mask.pending == 0
    assert (demo.snapshot().mask.draft == mask.draft).all()


def test_a_mask_with_an_error_is_not_applied(demo):
    mask = demo.snapshot().mask
    now = int(np.argmax(mask.applied[:3, 3]))
    before = text(demo)
    demo.apply(MaskEdit((now,), (3,), (False,)))
    assert any("env_3" in lint.text for lint in demo.snapshot().mask.lints)
    with pytest.raises(EditRefusedError, match="env_3"):
        demo.apply(ReplanEdit((now,), (3,), (False,)))
    assert text(demo) == before


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_any_repaint_and_its_inverse(demo, data):
    """The session is shared by all examples: each must leave it as it found it."""
    before, mask = demo.snapshot(), demo.snapshot().mask
    prims = sorted(map(before.prims.path, range(len(before.prims))))
    wanted = data.draw(st.lists(st.integers(0, 2), min_size=6, max_size=6))
    draft = mask.applied.copy()
    draft[:3] = np.eye(3, dtype=bool)[:, wanted]
    rows, envs = np.nonzero(draft != mask.applied)
    values = draft[rows, envs]
    edit = ReplanEdit(tuple(rows.tolist()), tuple(envs.tolist()), tuple(values.tolist()))
    inverse = demo.apply(edit)
    middle = demo.snapshot()
    assert (middle.mask.applied == draft).all()
    assert middle.stale_count == 0
    demo.apply(inverse)
    after = demo.snapshot()
    assert (after.mask.applied == mask.applied).all()
    assert (after.mask.draft == mask.draft).all()
    assert sorted(map(after.prims.path, range(len(after.prims)))) == prims
    poses = {p: before.transforms.usd_world[i] for i, p in _rows(before)}
    assert all(np.allclose(after.transforms.usd_world[i], poses[p]) for i, p in _rows(after))


def _rows(snapshot):
    for row, prim in enumerate(snapshot.transforms.prims.tolist()):
        yield row, snapshot.prims.path(prim)


def play(session: Session, steps: int) -> None:
    session.set_state(PlayState.PLAYING)
    session.step(steps)
    session.set_state(PlayState.PAUSED)


def reasons(session: Session, *paths: str) -> list[StaleReason]:
    snapshot = session.snapshot()
    table = snapshot.transforms
    return [
        StaleReason(int(table.reason[table.row_of_prim(snapshot.prims.find(path))]))
        for path in paths
    ]


def test_writing_back_and_taking_it_back(demo):
    before = text(demo)
    play(demo, 10)
    assert reasons(demo, OBJECT, MESH) == [StaleReason.USD_BEHIND] * 2
    inverse = demo.apply(through_json(SyncEdit("fabric_to_usd", (OBJECT,))))
    assert reasons(demo, OBJECT, MESH) == [StaleReason.FRESH] * 2
    assert demo.snapshot().stale_count > 0, "only what was asked for"
    snapshot = demo.snapshot()
    row = snapshot.transforms.row_of_prim(snapshot.prims.find(OBJECT))
    assert Writer(snapshot.transforms.usd_writer[row]) is Writer.USER
    demo.apply(through_json(inverse))
    assert reasons(demo, OBJECT) != [StaleReason.FRESH]
    demo.apply(SyncEdit("fabric_to_usd"))
    assert demo.snapshot().stale_count == 0
    demo.set_state(PlayState.STOPPED)
    assert text(demo) == before, "what was written back while playing is gone at stop"
    assert demo.snapshot().stale_count == 0


def test_an_inverse_from_another_run_is_refused(demo):
    play(demo, 3)
    inverse = demo.apply(SyncEdit("fabric_to_usd", (OBJECT,)))
    demo.set_state(PlayState.STOPPED)
    with pytest.raises(EditRefusedError, match="gone since stop"):
        demo.apply(inverse)
    move = demo.apply(XformEdit(OBJECT, (0, 0, 2)))
    play(demo, 1)
    with pytest.raises(EditRefusedError) as refused:
        demo.apply(move)
    assert refused.value.offer == "stop_apply_play"


def test_repopulating_and_taking_it_back(demo):
    play(demo, 10)
    before = demo.snapshot().transforms
    inverse = demo.apply(SyncEdit("usd_to_fabric"))
    table = demo.snapshot().transforms
    assert (table.fabric_world == table.usd_world).all()
    assert set(table.reason.tolist()) == {StaleReason.FRESH, StaleReason.PHYSICS_AHEAD}
    demo.apply(through_json(inverse))
    after = demo.snapshot().transforms
    assert (after.fabric_world == before.fabric_world).all()
    assert (after.fabric_writer == before.fabric_writer).all()


def test_the_hierarchy_repair(demo):
    demo.snapshot()
    below = f"{OBJECT}/geometry"
    fabric = demo._scene.sim.fabric
    rows = demo._scene.sim.tables.world_cache.rows_of([OBJECT])
    world = fabric.world[rows].copy()
    world[:, 3, 2] += 1.0
    fabric.write(rows, world, Writer.SCRIPT)
    assert reasons(demo, OBJECT, below) == [StaleReason.USD_BEHIND, StaleReason.PARENT_MOVED]
    assert f"{OBJECT} was written by a script" in demo.inspect(below).why
    inverse = demo.apply(SyncEdit("hierarchy", (below,)))
    assert reasons(demo, below) == [StaleReason.USD_BEHIND]
    demo.apply(through_json(inverse))
    assert reasons(demo, below) == [StaleReason.PARENT_MOVED]


def test_moving_a_body_while_playing_is_gone_at_stop(demo):
    before = text(demo)
    play(demo, 2)
    inverse = demo.apply(XformEdit("/World/ground", (0, 0, -1)))
    assert reasons(demo, "/World/ground") == [StaleReason.FABRIC_BEHIND]
    demo.apply(inverse)
    assert reasons(demo, "/World/ground") == [StaleReason.FRESH]
    demo.apply(XformEdit("/World/ground", (0, 0, -1)))
    demo.set_state(PlayState.STOPPED)
    assert text(demo) == before
    assert demo.snapshot().stale_count == 0


def test_a_replayed_journal_gives_the_same_stage(demo, tmp_path):
    mask = demo.snapshot().mask
    row = (int(np.argmax(mask.applied[:3, 3])) + 1) % 3
    edit = cells(mask, 3, row)
    demo.apply(MaskEdit(edit.source_rows, edit.env_ids, edit.values))
    demo.apply(edit)
    inverse = demo.apply(XformEdit(OBJECT, (0.1, 0.2, 3.0)))
    demo.apply(inverse)
    demo.apply(XformEdit(OBJECT, (0.1, 0.2, 4.0)))
    demo.apply(AttributeEdit(OBJECT, "physics:mass", 2.5))
    demo.apply(PrimEdit("/World/envs/env_4/Robot", "hide"))
    play(demo, 4)
    demo.apply(SyncEdit("fabric_to_usd"))
    demo.set_state(PlayState.STOPPED)
    expected, draft = text(demo), demo.snapshot().mask.draft
    demo.close()
    journals = list((tmp_path / "state").rglob("*.jsonl"))
    assert len(journals) == 1
    other = Session(tmp_path / "other")
    try:
        other.replay(journals[0])
        assert text(other) == expected
        assert (other.snapshot().mask.draft == draft).all()
    finally:
        other.close()


def test_the_journal_has_an_edit_when_apply_returns_and_none_that_was_refused(demo, tmp_path):
    demo.apply(XformEdit(OBJECT, (0.1, 0.2, 4.0)))
    journal = next((tmp_path / "state").rglob("*.jsonl"))
    lines = journal.read_text().splitlines()
    assert len(lines) == 2
    with pytest.raises(EditRefusedError):
        demo.apply(XformEdit("/World/none", (0, 0, 0)))
    assert journal.read_text().splitlines() == lines
    demo.save(tmp_path / "scene.usda")
    assert not journal.exists(), "what is saved needs no recovery"


def test_a_dry_run_says_what_apply_then_does(session):
    session.new_demo(64, seed=1)
    mask = session.snapshot().mask
    wanted = mask.applied.copy()
    wanted[:3, :12] = np.roll(wanted[:3, :12], 1, axis=0)
    rows, env_ids = np.nonzero(wanted != mask.applied)
    values = wanted[rows, env_ids]
    edit = ReplanEdit(tuple(rows.tolist()), tuple(env_ids.tolist()), tuple(values.tolist()))
    before = text(session)
    run = session.dry_run(edit)
    assert text(session) == before
    assert (run.clones, run.created, run.removed) == (12, 60, 60)
    start = thread_time()  # without the time that others take on a busy machine
    session.apply(edit)
    # Machines differ; an estimate that is off by orders of magnitude would mislead.
    assert run.seconds / 20 < thread_time() - start < run.seconds * 20


def test_a_dry_run_counts_a_variant_that_nobody_has_spawned(session):
    session.new_demo(1, seed=1)
    mask = session.snapshot().mask
    unused = int(np.flatnonzero(~mask.applied[:3, 0])[0])
    used = int(np.flatnonzero(mask.applied[:3, 0])[0])
    edit = ReplanEdit((used, unused), (0, 0), (False, True))
    run = session.dry_run(edit)
    assert (run.clones, run.created, run.removed) == (1, 5, 5)
    session.apply(edit)


@pytest.mark.parametrize("pause", [False, True])
def test_a_dry_run_while_playing_says_what_apply_will_do_after_a_stop(demo, pause):
    mask = demo.snapshot().mask
    used, other = np.flatnonzero(mask.applied[:3, 3])[0], np.flatnonzero(~mask.applied[:3, 3])[0]
    edit = ReplanEdit((int(used), int(other)), (3, 3), (False, True))
    stopped = demo.dry_run(edit)
    demo.set_state(PlayState.PLAYING)
    demo.step(3)
    if pause:
        demo.set_state(PlayState.PAUSED)
    run = demo.dry_run(edit)
    assert (run.clones, run.created, run.removed) == (
        stopped.clones, stopped.created, stopped.removed,
    )  # fmt: skip


def test_a_dry_run_on_a_layer_that_nobody_can_edit_says_so(demo):
    mask = demo.snapshot().mask
    used, other = np.flatnonzero(mask.applied[:3, 3])[0], np.flatnonzero(~mask.applied[:3, 3])[0]
    edit = ReplanEdit((int(used), int(other)), (3, 3), (False, True))
    layer = demo._scene.stage.GetRootLayer()
    layer.SetPermissionToEdit(False)
    try:
        with pytest.raises(StageError, match="cannot be edited"):
            demo.dry_run(edit)
    finally:
        layer.SetPermissionToEdit(True)


def test_a_dry_run_of_what_would_be_refused_is_refused(demo):
    now = int(np.argmax(demo.snapshot().mask.applied[:3, 3]))
    with pytest.raises(EditRefusedError, match="env_3"):
        demo.dry_run(ReplanEdit((now,), (3,), (False,)))
