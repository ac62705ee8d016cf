"""Stages: which one is current, what a bad file says, and that saving is all or nothing."""

from __future__ import annotations

import contextlib
import logging
import threading

import pytest
from pxr import Sdf, Usd, UsdGeom, UsdUtils

from inspector.errors import StageError
from inspector.usd import stage as stage_utils


@pytest.fixture(autouse=True)
def no_stage_left():
    yield
    stage_utils.close_stage()
    stage_utils._usd_context.warned_early = False


def test_without_a_stage_the_error_says_what_to_do():
    with pytest.raises(StageError, match="create_new_stage"):
        stage_utils.get_current_stage()


def test_new_stage_is_current_and_in_si_units():
    stage = stage_utils.create_new_stage()
    assert stage_utils.get_current_stage() == stage
    assert not stage_utils.is_current_stage_in_memory()
    assert stage_utils.get_stage_up_axis() == "Z"
    assert stage_utils.get_stage_units() == 1.0


def test_use_stage_nests_restores_and_checks():
    outer = stage_utils.create_new_stage()
    first, second = (stage_utils.create_new_stage_in_memory() for _ in range(2))
    with stage_utils.use_stage(first):
        with stage_utils.use_stage(second):
            assert stage_utils.get_current_stage() == second
        with contextlib.suppress(RuntimeError), stage_utils.use_stage(second):
            raise RuntimeError
        assert stage_utils.get_current_stage() == first
        assert stage_utils.is_current_stage_in_memory()
    assert stage_utils.get_current_stage() == outer
    with pytest.raises(TypeError, match="NoneType"), stage_utils.use_stage(None):
        pass


def test_use_stage_is_local_to_its_thread():
    shown = stage_utils.create_new_stage()
    seen = []
    with stage_utils.use_stage(stage_utils.create_new_stage_in_memory()):
        thread = threading.Thread(target=lambda: seen.append(stage_utils.get_current_stage()))
        thread.start()
        thread.join()
    assert seen == [shown]


def test_stage_id_is_stable_and_differs():
    stage = stage_utils.create_new_stage()
    stage_id = stage_utils.get_current_stage_id()
    assert stage_utils.get_current_stage_id() == stage_id
    cache = UsdUtils.StageCache.Get()
    assert cache.Find(Usd.StageCache.Id.FromLongInt(stage_id)) == stage
    stage_utils.create_new_stage()
    assert stage_utils.get_current_stage_id() != stage_id
    assert not cache.Contains(stage), "a replaced stage must not be kept alive"


def test_attach_shows_the_stage_and_warns_once_when_early(caplog):
    stage_utils.create_new_stage()
    for _ in range(2):
        memory = stage_utils.create_new_stage_in_memory()
        with stage_utils.use_stage(memory), caplog.at_level(logging.WARNING):
            stage_utils.attach_stage_to_usd_context(attaching_early=True)
            assert not stage_utils.is_current_stage_in_memory()
        assert stage_utils.get_context_stage() == memory
        assert stage_utils.get_current_stage() == memory
    assert len(caplog.records) == 1
    caplog.clear()


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("missing.usda", None, "does not exist"),
        ("text.txt", b"hello", "not a USD file"),
        ("junk.usda", b"hello", "cannot be read as USD"),
        ("half.usda", b'#usda 1.0\ndef Xform "A" {', "cannot be read as USD"),
        ("cut.usdc", b"PXR-USDC" + b"\0" * 30, "cannot be read as USD"),
        ("empty.usd", b"", "cannot be read as USD"),
    ],
)
def test_bad_files_say_what_and_where_and_keep_the_context(tmp_path, name, content, words):
    kept = stage_utils.create_new_stage()
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(StageError, match=words) as caught:
        stage_utils.open_stage(path)
    assert str(path) in str(caught.value)
    assert caught.value.todo
    assert "pxrInternal" not in str(caught.value)
    assert stage_utils.get_context_stage() == kept


def test_save_then_open_gives_the_same_content(tmp_path):
    stage = stage_utils.create_new_stage()
    stage.DefinePrim("/World/Cube", "Cube")
    assert stage_utils.save_stage(tmp_path / "a.usda", save_and_reload_in_place=False)
    assert stage_utils.get_current_stage() == stage
    stage_utils.save_stage(tmp_path / "b.usdc")
    reopened = stage_utils.get_current_stage()
    assert reopened != stage
    assert reopened.GetPrimAtPath("/World/Cube")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.usda", "b.usdc"]


def test_save_in_place_writes_what_is_in_memory(tmp_path):
    path = tmp_path / "a.usdc"
    stage_utils.create_new_stage()
    stage_utils.save_stage(path)
    stage = stage_utils.get_current_stage()
    stage.DefinePrim("/New")
    stage_utils.save_stage(path)
    assert stage.GetPrimAtPath("/New")
    assert not stage.GetRootLayer().dirty
    stage_utils.close_stage()
    assert stage_utils.open_stage(path).GetPrimAtPath("/New")


def test_references_still_hold_from_another_folder(tmp_path):
    asset = Usd.Stage.CreateNew(str(tmp_path / "asset.usda"))
    asset.SetDefaultPrim(UsdGeom.Sphere.Define(asset, "/Ball").GetPrim())
    asset.Save()
    (tmp_path / "scene.usda").write_text('#usda 1.0\ndef "A" (references = @./asset.usda@) {}\n')
    (tmp_path / "deep").mkdir()
    stage_utils.open_stage(tmp_path / "scene.usda")
    stage_utils.save_stage(tmp_path / "deep" / "copy.usda")
    assert stage_utils.get_current_stage().GetPrimAtPath("/A").GetTypeName() == "Sphere"
    assert "@../asset.usda@" in (tmp_path / "deep" / "copy.usda").read_text()


def test_a_failed_save_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "a.usda"
    path.write_text("#usda 1.0\n")
    stage_utils.create_new_stage().DefinePrim("/New")

    def broken(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(stage_utils.Path, "replace", broken)
    with pytest.raises(StageError, match="No space left"):
        stage_utils.save_stage(path)
    assert path.read_text() == "#usda 1.0\n"
    assert list(tmp_path.iterdir()) == [path]


def test_save_checks_its_destination(tmp_path):
    stage_utils.create_new_stage()
    with pytest.raises(ValueError, match="usda"):
        stage_utils.save_stage(tmp_path / "a.txt")
    with pytest.raises(StageError, match="folder"):
        stage_utils.save_stage(tmp_path / "none" / "a.usda")


def test_clear_stage_with_and_without_predicate():
    stage = stage_utils.create_new_stage()
    for path in ("/World/Cube", "/World/Cube_01"):
        stage.DefinePrim(path, "Cube")
    stage.DefinePrim("/Render/Settings")
    stage_utils.clear_stage(lambda prim: prim.GetTypeName() == "Cube")
    assert stage.GetPrimAtPath("/World")
    assert not stage.GetPrimAtPath("/World/Cube_01")
    stage_utils.clear_stage()
    assert [p.GetName() for p in stage.GetPseudoRoot().GetChildren()] == ["Render"]


def test_close_stage_reports():
    stage_utils.create_new_stage()
    calls = []
    assert stage_utils.close_stage(lambda *args: calls.append(args))
    assert not stage_utils.close_stage(lambda *args: calls.append(args))
    assert [ok for ok, _ in calls] == [True, False]


def test_units_and_axis_are_checked():
    stage_utils.create_new_stage()
    with pytest.raises(ValueError, match="axis"):
        stage_utils.set_stage_up_axis("x")
    with pytest.raises(ValueError, match="above 0"):
        stage_utils.set_stage_units(0.0)
    stage_utils.set_stage_up_axis("Y")
    assert stage_utils.get_stage_up_axis() == "Y"


def test_resolve_paths_needs_open_layers():
    with pytest.raises(ValueError, match="not open"):
        stage_utils.resolve_paths("nope.usda", Sdf.Layer.CreateAnonymous().identifier)
