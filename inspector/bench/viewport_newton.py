"""Frames per second of Newton's viewer on the scene of the viewport benchmark.

Run as ``python -m inspector.bench.viewport_newton ENVS WIDTH HEIGHT`` in a process of its own,
because it brings its own window system. Prints medians [s] by name as JSON. The same meshes, as
many instances, the same camera and picture; every body moves in each frame, and a frame ends when
its last pixel is there.
"""

from __future__ import annotations

import importlib
import json
import statistics
import sys
import time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inspector.bench import viewport_scene
from inspector.gui.viewport import Display
from inspector.session.snapshot import SceneSnapshot

_FRAMES = 9
VIEWS = ("near view", "all in view")


def _builder(newton: Any, warp: Any, snapshot: SceneSnapshot) -> Any:
    """Return one body with a mesh for each instance of the scene."""
    world, geometry = snapshot.transforms.drawn_world, snapshot.geometry
    builder = newton.ModelBuilder()
    config = newton.ModelBuilder.ShapeConfig(has_shape_collision=False)
    for batch in geometry.batches:
        source = geometry.meshes[batch.mesh]
        triangles = np.ascontiguousarray(source.triangles, np.int32).ravel()
        mesh = newton.Mesh(
            np.ascontiguousarray(source.points, np.float32), triangles, compute_inertia=False
        )
        # No scene of the benchmark turns anything.
        for place in world[batch.rows, 3, :3].tolist():
            body = builder.add_link(xform=warp.transform(place, warp.quat_identity()))
            builder.add_shape_mesh(body, mesh=mesh, cfg=config)
    return builder


def _look(viewer: Any, display: Display) -> None:
    """Put the camera where ours is."""
    forward: NDArray[np.float64] = -display.camera.backward
    viewer.camera.fov = float(np.degrees(display.camera.fov))
    viewer.set_camera(
        display.camera.eye.tolist(),
        pitch=float(np.degrees(np.arcsin(forward[2]))),
        yaw=float(np.degrees(np.arctan2(forward[1], forward[0]))),
    )


def measure(num_envs: int, size: tuple[int, int], picture: str = "") -> dict[str, float]:
    """Return the median time of a frame by view, with shadows and without [s].

    Args:
        num_envs: Number of environments.
        size: Width and height of the picture [pixels].
        picture: Where to write the last picture, to see that it shows the scene; empty for nowhere.
    """
    warp: Any = importlib.import_module("warp")
    newton: Any = importlib.import_module("newton")
    viewer_type: Any = importlib.import_module("newton.viewer").ViewerGL
    warp.config.quiet = True
    snapshot = viewport_scene.snapshot_of(viewport_scene.cloned(num_envs))
    display = Display()
    display.resize(*size)
    display.show(snapshot)
    model = _builder(newton, warp, snapshot).finalize()
    viewer = viewer_type(width=size[0], height=size[1], headless=True)
    viewer.set_model(model)
    state = model.state()
    poses = [warp.clone(state.body_q), warp.clone(state.body_q)]
    moved = poses[1].numpy()
    moved[:, 2] += 0.01
    poses[1].assign(moved)
    finish: Any = importlib.import_module("pyglet.gl").glFinish
    times: dict[str, float] = {}
    for view in VIEWS:
        (display.frame_first if view == "near view" else display.frame_all)()
        _look(viewer, display)
        for shadows in (True, False):
            viewer.renderer.draw_shadows = shadows
            taken: list[float] = []
            for frame in range(_FRAMES + 1):
                warp.copy(state.body_q, poses[frame % 2])
                warp.synchronize()
                start = time.perf_counter()
                viewer.begin_frame(frame / 60)
                viewer.log_state(state)
                viewer.end_frame()
                finish()
                taken.append(time.perf_counter() - start)
            name = view if shadows else f"{view}, no shadows"
            times[name] = statistics.median(taken[1:])
    if picture:
        imageio: Any = importlib.import_module("imageio.v3")
        imageio.imwrite(picture, viewer.get_frame().numpy())
    viewer.close()
    return times


if __name__ == "__main__":
    envs, width, height = map(int, sys.argv[1:4])
    answer = measure(envs, (width, height), *sys.argv[4:5])
    sys.stdout.write(json.dumps(answer) + "\n")
