"""A page starts without a simulation, in an empty folder, and leaves nothing."""

import pytest
import torch

from tests.helpers.processes import empty_process


@pytest.fixture
def clean_process(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with empty_process(), torch.random.fork_rng(devices=[]):
        yield
