"""Every test of a scene starts without a simulation and leaves none."""

import pytest

from tests.helpers.processes import empty_process


@pytest.fixture(autouse=True)
def _no_simulation_left():
    with empty_process():
        yield
