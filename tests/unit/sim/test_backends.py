"""Which engine and device a simulation gets: what suits the machine, what was asked for, what cannot be."""

from __future__ import annotations

import pytest

from inspector.errors import MissingDependencyError
from inspector.sim import backends
from inspector.sim.backends import (
    EngineChoice,
    choose_engine,
    make_backend,
    resolve_device,
    slow_engine_notes,
)


@pytest.fixture
def machine(monkeypatch):
    """Pretend how many CUDA devices there are and what is installed."""

    def pretend(cuda: int = 0, installed: tuple[str, ...] = ("mujoco_warp", "newton")):
        monkeypatch.setattr(backends, "_cuda_devices", lambda: cuda)
        monkeypatch.setattr(backends, "is_installed", lambda name: name in installed)
        monkeypatch.setattr(backends, "_SAID", set())

    return pretend


def test_auto_is_the_cpu_unless_tensors_are_read_on_cuda(machine):
    machine(cuda=2)
    assert choose_engine("auto", "", "cpu") == EngineChoice("mujoco", "cpu")
    assert choose_engine("auto", "", "cuda:1") == EngineChoice("mujoco_warp", "cuda:1")
    assert choose_engine("auto", "cuda:0", "cpu") == EngineChoice("mujoco_warp", "cuda:0")
    assert choose_engine("auto", "cpu", "cuda:1") == EngineChoice("mujoco", "cpu")
    machine(cuda=2, installed=())
    assert choose_engine("auto", "", "cuda:1") == EngineChoice("mujoco", "cpu")


@pytest.mark.parametrize("name", ["mujoco_warp", "newton"])
def test_an_absent_default_device_falls_back_with_one_warning(machine, caplog, name):
    machine(cuda=0)
    for _ in range(2):
        assert choose_engine(name, "", "cpu") == EngineChoice(name, "cpu")
    assert len(caplog.records) == 1
    assert name in caplog.text
    assert [note.code for note in slow_engine_notes(EngineChoice(name, "cpu"))] == [
        "device-fallback"
    ]
    caplog.clear()
    machine(cuda=1)
    assert choose_engine(name, "", "cpu") == EngineChoice(name, "cuda:0")
    assert not caplog.records


def test_a_device_that_was_asked_for_by_name_must_be_there(machine):
    machine(cuda=1)
    assert resolve_device("cuda") == "cuda:0"
    for ask in (lambda: resolve_device("cuda:1"), lambda: choose_engine("newton", "cuda:3", "cpu")):
        with pytest.raises(ValueError, match="has 1 CUDA devices"):
            ask()
    assert choose_engine("mujoco_warp", "cpu", "cpu") == EngineChoice("mujoco_warp", "cpu")


def test_impossible_pairs_say_why(machine):
    machine(cuda=2)
    with pytest.raises(ValueError, match=r"steps on the CPU.*mujoco_warp"):
        choose_engine("mujoco", "cuda:0", "cuda:0")
    with pytest.raises(ValueError, match="cuda:0 and tensors on cuda:1"):
        choose_engine("mujoco_warp", "cuda:0", "cuda:1")
    # A copy makes these possible.
    assert choose_engine("mujoco", "", "cuda:1") == EngineChoice("mujoco", "cpu")
    assert choose_engine("mujoco_warp", "cuda:1", "cpu") == EngineChoice("mujoco_warp", "cuda:1")


@pytest.mark.parametrize(("name", "extra"), [("mujoco_warp", "cuda"), ("newton", "newton")])
def test_an_engine_that_is_not_installed_names_its_extra(machine, name, extra):
    machine(installed=())
    with pytest.raises(MissingDependencyError, match=rf"scene-inspector\[{extra}\]"):
        make_backend(name)
