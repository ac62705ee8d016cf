from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtTest import QAbstractItemModelTester
from pytestqt.qtbot import QtBot

from inspector.gui.models.mask_model import MaskModel
from inspector.session.edits import MaskEdit
from inspector.session.snapshot import Message, SceneSnapshot, Severity
from tests.helpers.snapshots import empty_snapshot, make_mask, make_snapshot
from tests.helpers.tables import default_mask

FATAL = QAbstractItemModelTester.FailureReportingMode.Fatal
CONE, CUBOID, SPHERE, CARTPOLE = range(4)


def shown(num_envs: int = 8, draft: np.ndarray | None = None) -> tuple[MaskModel, SceneSnapshot]:
    applied = np.zeros((4, num_envs), np.bool_)
    applied[CONE] = applied[CARTPOLE] = True
    snapshot = make_snapshot(num_envs, applied=applied, draft=draft)
    model = MaskModel()
    model.show(snapshot)
    return model, snapshot


def cells(model: MaskModel, *wanted: tuple[int, int]) -> np.ndarray:
    mask = np.zeros(model.draft.shape, np.bool_)
    for cell in wanted:
        mask[cell] = True
    return mask


def as_dict(edit: MaskEdit | None) -> dict[tuple[int, int], bool]:
    assert edit is not None
    return dict(zip(zip(edit.source_rows, edit.env_ids, strict=True), edit.values, strict=True))


@pytest.mark.parametrize("num_envs", [0, 1, 4096])
def test_model_keeps_the_rules_of_qt(qtbot: QtBot, num_envs: int) -> None:
    model = MaskModel()
    tester = QAbstractItemModelTester(model, FATAL)
    model.show(make_snapshot(num_envs))
    model.show(make_snapshot(num_envs, applied=default_mask(num_envs, 3), generation=2))
    if num_envs:
        model.paint(np.ones(model.draft.shape, np.bool_), value=False)
    model.show(empty_snapshot())
    assert (model.rowCount(), tester.model()) == (0, model)


def test_painting_a_cell_clears_the_rest_of_its_group_in_that_column() -> None:
    model, _ = shown()
    edit = model.paint(cells(model, (SPHERE, 3)), value=True)
    assert as_dict(edit) == {(CONE, 3): False, (SPHERE, 3): True}
    assert model.draft[:, 3].tolist() == [False, False, True, True]


def test_painting_what_is_painted_is_no_edit() -> None:
    model, _ = shown()
    assert model.paint(cells(model, (CONE, 3)), value=True) is None


def test_erasing_leaves_a_lint_that_names_the_environment() -> None:
    model, _ = shown()
    assert as_dict(model.paint(cells(model, (CONE, 5)), value=False)) == {(CONE, 5): False}
    assert "env_5" in model.refusal
    assert model.lints[0].env_ids == (5,)
    assert model.columns_about(model.lints[0], model.groups[0]).tolist() == [5]


def test_a_stroke_is_one_edit_and_is_seen_while_it_lasts() -> None:
    model, _ = shown()
    model.begin_stroke()
    for column in (1, 2, 3):
        model.stroke(cells(model, (CUBOID, column)), value=True)
        assert model.draft[CUBOID, column]
    edit = model.end_stroke()
    assert edit is not None
    assert len(edit) == 6


def test_a_growing_rectangle_forgets_what_it_no_longer_covers() -> None:
    model, _ = shown()
    model.begin_stroke()
    model.stroke(cells(model, (CUBOID, 1), (CUBOID, 2)), value=True, restart=True)
    model.stroke(cells(model, (CUBOID, 1)), value=True, restart=True)
    assert as_dict(model.end_stroke()) == {(CONE, 1): False, (CUBOID, 1): True}


def test_a_stroke_across_the_rows_of_a_group_leaves_the_last_one() -> None:
    model, _ = shown()
    model.begin_stroke()
    for row in (CUBOID, SPHERE):
        model.stroke(cells(model, (row, 4)), value=True)
    model.end_stroke()
    assert model.draft[:3, 4].tolist() == [False, False, True]


def test_a_cancelled_stroke_leaves_the_draft() -> None:
    model, snapshot = shown()
    model.begin_stroke()
    model.stroke(cells(model, (CUBOID, 1)), value=True)
    model.cancel_stroke()
    assert np.array_equal(model.draft, snapshot.mask.draft)
    assert model.end_stroke() is None


def test_an_older_snapshot_does_not_wipe_a_stroke_on_its_way() -> None:
    model, snapshot = shown()
    edit = model.paint(cells(model, (CUBOID, 1)), value=True)
    model.show(replace(snapshot, mask=replace(snapshot.mask), generation=2))
    assert model.draft[CUBOID, 1]
    assert edit is not None
    model.acknowledge(replace(edit, values=tuple(not value for value in edit.values)))
    model.show(replace(snapshot, mask=replace(snapshot.mask), generation=3))
    assert not model.draft[CUBOID, 1], "after the answer, the snapshot is right"


def test_a_refused_edit_is_taken_back() -> None:
    model, snapshot = shown()
    model.paint(cells(model, (CUBOID, 1)), value=True)
    model.forget_sent()
    assert np.array_equal(model.draft, snapshot.mask.draft)


def test_pending_cells_are_what_apply_would_change() -> None:
    model, _ = shown()
    model.paint(cells(model, (SPHERE, 2)), value=True)
    assert model.pending == 2
    assert as_dict(model.replan()) == {(CONE, 2): False, (SPHERE, 2): True}
    assert model.cell_text(SPHERE, 2) == "env 2 · Sphere · pending"
    assert model.cell_text(CONE, 2) == "env 2 · Cone · pending removal"
    assert as_dict(model.revert_draft()) == {(CONE, 2): True, (SPHERE, 2): False}
    assert (model.pending, model.replan()) == (0, None)


def test_copy_and_paste_go_through_a_spreadsheet() -> None:
    model, _ = shown()
    model.paint(cells(model, (CUBOID, 0), (SPHERE, 1)), value=True)
    text = model.to_tsv([CONE, CUBOID, SPHERE], np.arange(3))
    assert text == "0\t0\t1\n1\t0\t0\n0\t1\t0"
    model.paste(text, [CONE, CUBOID, SPHERE, CARTPOLE], 5)
    assert np.array_equal(model.draft[:3, 5:8], model.draft[:3, 0:3])


def test_a_pasted_one_clears_the_rows_that_were_not_pasted() -> None:
    model, _ = shown()
    assert as_dict(model.paste("1\t0\t1\t1", [SPHERE, CARTPOLE], 5)) == {
        (CONE, 5): False,
        (CONE, 7): False,
        (SPHERE, 5): True,
        (SPHERE, 7): True,
    }


@pytest.mark.parametrize("text", ["", "hello", "1\t2", "1\t0\n1"])
def test_what_is_no_table_of_cells_is_refused(text: str) -> None:
    model, _ = shown()
    with pytest.raises(ValueError, match="no table of 0 and 1"):
        model.paste(text, [CONE], 0)


def test_a_proposal_for_a_plan_that_is_gone_is_dropped() -> None:
    model, _ = shown()
    assert model.propose(MaskEdit((9,), (0,), (True,))) is None
    assert model.propose(MaskEdit((CUBOID,), (99,), (True,))) is None
    assert as_dict(model.propose(MaskEdit((CUBOID,), (0,), (True,)))) == {(CUBOID, 0): True}


def test_groups_are_titled_by_what_is_cloned_where() -> None:
    model, snapshot = shown()
    assert [group.title for group in model.groups] == [
        "Object → env_{}/Object",
        "Robot → env_{}/Robot",
    ]
    whole = make_mask(2, np.ones((4, 2), np.bool_))
    whole = replace(whole, destinations=("/World/envs/env_{}",) * 4)
    model.show(replace(snapshot, mask=whole))
    assert [group.title for group in model.groups] == ["Environment → env_{}"]


def test_a_lint_of_the_stage_is_shown_but_does_not_forbid_apply() -> None:
    model, snapshot = shown()
    lint = Message(Severity.ERROR, "There is no prim at /X.", "/X", code="missing-source")
    mask = replace(snapshot.mask, lints=(lint,), stage_lints=(lint,))
    model.show(replace(snapshot, mask=mask))
    model.paint(cells(model, (SPHERE, 3)), value=True)
    assert lint in model.lints
    assert model.refusal == ""
