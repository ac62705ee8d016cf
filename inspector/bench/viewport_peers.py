"""The same hand-over by others: what they take from new poses to buffers of the GPU.

Run as ``python -m inspector.bench.viewport_peers NAME COUNT`` in a process of its own, because
every one of them brings its own window system. Prints the median [s] as JSON, or why there is none.
"""

from __future__ import annotations

import importlib
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

_FRAMES = 9
_PER_WORLD = 25


def measure(name: str, count: int) -> tuple[float, str]:
    """Return the median time of a hand-over [s], NaN when there is none, and why.

    Args:
        name: ``"vispy"`` or ``"newton"``.
        count: Number of instances.
    """
    answer, why = _answer("inspector.bench.viewport_peers", name, count)
    return answer.get("seconds", float("nan")), why


def newton_frames(num_envs: int, size: tuple[int, int]) -> tuple[dict[str, float], str]:
    """Return the time of a frame of Newton's viewer by view [s], empty when there is none, and why.

    Args:
        num_envs: Number of environments.
        size: Width and height of the picture [pixels].
    """
    return _answer("inspector.bench.viewport_newton", num_envs, *size)


def _answer(module: str, *arguments: object) -> tuple[dict[str, float], str]:
    """Run a module in a process of its own; return what it prints last, or why it does not."""
    command = [sys.executable, "-m", module, *map(str, arguments)]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=600)
    lines = done.stdout.strip().splitlines()
    if done.returncode or not lines:
        last = (done.stderr.strip().splitlines() or ["it ended without a word"])[-1]
        return {}, last[:120]
    return json.loads(lines[-1]), ""


def _median(run: Callable[[int], object]) -> float:
    run(0)
    times: list[float] = []
    for frame in range(1, _FRAMES + 1):
        start = time.perf_counter()
        run(frame)
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def _vispy(count: int) -> float:
    """Time a frame with new transforms less a frame without: one mesh of one triangle."""
    from PySide6.QtWidgets import QApplication

    application = QApplication.instance() or QApplication([])
    from inspector.gui.viewport import gl_setup

    gl_setup.prepare_vispy()
    scene: Any = importlib.import_module("vispy.scene")
    mesh_type: Any = importlib.import_module("vispy.scene.visuals").InstancedMesh
    canvas = scene.SceneCanvas(show=True, size=(64, 64))
    view = canvas.central_widget.add_view(camera="turntable")
    rng = np.random.default_rng(0)
    places = rng.uniform(-50, 50, (2, count, 3)).astype(np.float32)
    turns = np.tile(np.eye(3, dtype=np.float32), (2, count, 1, 1))
    mesh: Any = mesh_type(
        vertices=np.eye(3, dtype=np.float32) * 0.01,
        faces=np.array([[0, 1, 2]]),
        instance_positions=places[0],
        instance_transforms=turns[0],
        parent=view.scene,
    )

    def draw(_frame: int) -> None:
        canvas.render(size=(64, 64))

    def hand_over_and_draw(frame: int) -> None:
        mesh.instance_positions = places[frame % 2]
        mesh.instance_transforms = turns[frame % 2]
        draw(frame)

    both, alone = _median(hand_over_and_draw), _median(draw)
    canvas.close()
    del application
    return both - alone


def _newton(count: int) -> float:
    """Time Newton's viewer taking a state with new body poses."""
    warp: Any = importlib.import_module("warp")
    newton: Any = importlib.import_module("newton")
    viewer_type: Any = importlib.import_module("newton.viewer").ViewerGL
    warp.config.quiet = True
    world = newton.ModelBuilder()
    for index in range(_PER_WORLD):
        body = world.add_body(xform=warp.transform((0.3 * index, 0.0, 1.0), warp.quat_identity()))
        world.add_shape_box(body, hx=0.01, hy=0.01, hz=0.01)
    builder = newton.ModelBuilder()
    builder.replicate(world, count // _PER_WORLD)
    model = builder.finalize(device="cpu")
    viewer = viewer_type(width=64, height=64, headless=True)
    viewer.set_model(model)
    state = model.state()
    poses = [state.body_q.numpy() for _ in range(2)]
    poses[1] = poses[1] + np.array([0, 0, 0.1, 0, 0, 0, 0], np.float32)

    times: list[float] = []
    for frame in range(_FRAMES + 1):
        state.body_q.assign(poses[frame % 2])
        viewer.begin_frame(frame / 60)
        start = time.perf_counter()
        viewer.log_state(state)
        times.append(time.perf_counter() - start)
        viewer.end_frame()
    viewer.close()
    return statistics.median(times[1:])


if __name__ == "__main__":
    seconds = {"vispy": _vispy, "newton": _newton}[sys.argv[1]](int(sys.argv[2]))
    sys.stdout.write(json.dumps({"seconds": seconds}) + "\n")
