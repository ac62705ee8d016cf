"""A live demo session per test."""

from __future__ import annotations

from pathlib import Path

import pytest

from inspector.session.session import Session


@pytest.fixture
def session(tmp_path: Path):
    session = Session(tmp_path / "state")
    yield session
    session.close()


@pytest.fixture
def demo(session: Session) -> Session:
    session.new_demo(6, seed=1)
    return session
