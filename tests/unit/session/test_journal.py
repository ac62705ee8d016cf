"""Edits on disk: complete, readable, and not spoiled by a crash."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from inspector.errors import StageError
from inspector.session.edits import (
    AttributeEdit,
    Edit,
    MaskEdit,
    PrimEdit,
    ReplanEdit,
    RestoreEdit,
    SyncEdit,
    XformEdit,
    from_json,
)
from inspector.session.journal import Journal, JournalEntry, SceneOrigin, read_journal

finite = st.floats(allow_nan=False, allow_infinity=False)
vectors = st.tuples(finite, finite, finite)
cells = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 99), st.booleans())).map(
    lambda items: tuple(zip(*items, strict=True)) or ((), (), ())
)
values = st.one_of(st.none(), st.booleans(), finite, st.text(), st.tuples(finite, finite))
texts = st.text(max_size=20)
edits = st.one_of(
    cells.map(lambda c: MaskEdit(*c)),
    st.builds(lambda c, k: ReplanEdit(*c, keep_draft=k), cells, st.booleans()),
    st.builds(AttributeEdit, texts, texts, values, texts),
    st.builds(XformEdit, texts, vectors, st.none() | st.tuples(*[finite] * 4), st.none() | vectors),
    st.builds(PrimEdit, texts, st.sampled_from(["delete", "restore", "show"]), texts),
    st.builds(SyncEdit, st.sampled_from(["hierarchy"]), st.lists(texts).map(tuple)),
    st.builds(RestoreEdit, texts, st.lists(texts).map(tuple), texts, texts, st.integers(0, 5)),
)


@given(edits)
def test_json_round_trip(edit: Edit):
    line = edit.to_json()
    assert "\n" not in line
    assert from_json(line) == edit


def test_what_was_written_is_read_back(tmp_path: Path):
    journal = Journal(tmp_path / "deep" / "a.jsonl", SceneOrigin(num_envs=8, seed=3))
    assert not journal.path.exists(), "without an edit there is nothing to recover"
    first, second = MaskEdit((0,), (1,), (True,)), PrimEdit("/World/a", "hide")
    journal.append(first, lasting=True)
    journal.append(second, lasting=False)
    origin, entries = read_journal(journal.path)  # while it is still open
    assert origin == SceneOrigin(num_envs=8, seed=3)
    assert entries == (JournalEntry(first, True), JournalEntry(second, False))
    journal.close()


def test_a_torn_last_line_is_left_out(tmp_path: Path):
    journal = Journal(tmp_path / "a.jsonl", SceneOrigin(file="a.usda"))
    for row in range(3):
        journal.append(MaskEdit((row,), (1,), (True,)), lasting=True)
    journal.close()
    data = journal.path.read_bytes()
    for cut in range(1, 20):
        journal.path.write_bytes(data[:-cut])
        _, entries = read_journal(journal.path)
        assert len(entries) == 2


def test_damage_before_the_last_line_is_reported(tmp_path: Path):
    path = tmp_path / "a.jsonl"
    path.write_text('{"scene":{}}\nrubbish\n' + json.dumps({"edit": {}, "lasting": True}) + "\n")
    with pytest.raises(StageError, match="damaged"):
        read_journal(path)
    with pytest.raises(StageError, match="cannot be read"):
        read_journal(tmp_path / "none.jsonl")


def test_a_disk_that_refuses_is_reported(tmp_path: Path):
    path = tmp_path / "a.jsonl"
    path.write_text("taken")
    with pytest.raises(StageError, match="cannot be written"):
        Journal(path, SceneOrigin()).append(SyncEdit("hierarchy"), lasting=True)


def test_a_saved_scene_leaves_no_journal(tmp_path: Path):
    journal = Journal(tmp_path / "a.jsonl", SceneOrigin())
    journal.append(SyncEdit("hierarchy"), lasting=True)
    journal.close(discard=True)
    assert not journal.path.exists()
