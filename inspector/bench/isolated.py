"""Time and peak memory of one operation in a process of its own.

What ran before in the same process leaves a fragmented heap behind, which slows whatever comes
next by up to the factor that is to be measured. Run as
``python -m inspector.bench.isolated CASE NUM_ENVS``.
"""

from __future__ import annotations

import gc
import json
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

_WARM_UP = 256


@dataclass(frozen=True)
class Cost:
    """What an operation cost.

    Attributes:
        seconds: Wall time [s].
        megabytes: Added to the memory of the process at its peak [MB].
    """

    seconds: float
    megabytes: float


def measure(case: str, num_envs: int) -> Cost:
    """Run an operation in a fresh process.

    Args:
        case: ``"loop"``, a way of cloning, ``"plan"``, or one of the former two with ``" cube"``.
        num_envs: Number of environments.
    """
    command = [sys.executable, "-m", "inspector.bench.isolated", case, str(num_envs)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return Cost(**json.loads(done.stdout))


def _status(name: str) -> float:
    """Return a size from the process' status [MB]; its peak is that of this program alone."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        key, _, value = line.partition(":")
        if key == name:
            return float(value.split()[0]) * 1024 / 1e6
    return 0.0


def _work(case: str, num_envs: int) -> Callable[[], None]:
    from inspector.bench import cloning_cases as cases

    way, _, source = case.partition(" ")
    if way == "plan":
        return lambda: cases.large_plan(num_envs)
    made = (
        cases.cube_scene(num_envs)
        if source
        else cases.robot_scene(num_envs, tables=way == "Fabric")
    )
    if way == "loop":
        return lambda: cases.copy_loop(made)
    return lambda: cases.clone(made, way)


def _main(case: str, num_envs: int) -> None:
    _work(case, _WARM_UP)()
    work = _work(case, num_envs)
    gc.collect()
    before = _status("VmRSS")
    start = time.perf_counter()
    work()
    seconds = time.perf_counter() - start
    cost = Cost(seconds, max(_status("VmHWM"), _status("VmRSS")) - before)
    sys.stdout.write(json.dumps(asdict(cost)))


if __name__ == "__main__":
    _main(sys.argv[1], int(sys.argv[2]))
