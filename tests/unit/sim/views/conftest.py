"""A fresh current stage per test."""

from __future__ import annotations

import pytest

from inspector.usd.stage import close_stage, create_new_stage


@pytest.fixture
def stage():
    yield create_new_stage()
    close_stage()
