"""What the viewport costs: from new poses to the GPU, the work of a frame, building, frames.

Work is CPU time of the thread that does it: a busy machine does not change it much. Where a CPU
rasterises, drawing says little about this program: the work that is ours (Python and
the driver) is then timed with draw commands that draw nothing. Frames are drawn into a frame buffer
of our own, and a frame ends when the last pixel is there. While it plays, the CPU prepares a frame
as the GPU draws the one before, as in a window.
"""

from __future__ import annotations

import argparse
import gc
import math
import statistics
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtWidgets import QApplication

from inspector.bench import viewport_peers, viewport_scene
from inspector.bench.report import Report, median_seconds
from inspector.bench.viewport_scene import GPRIMS
from inspector.gui.viewport import ColorMode, Display
from inspector.gui.viewport.offscreen import OffscreenRenderer
from inspector.session.snapshot import SceneSnapshot

if TYPE_CHECKING:
    from inspector.gui.viewport.frame import Picture
    from inspector.gui.viewport.gl_targets import PictureTarget
    from inspector.gui.viewport.renderer import Renderer

SIZE = (1920, 1080)
UPLOAD_BUDGET = 0.5
"""From new poses to the GPU [ms]."""
FRAME_BUDGET = 3.0
"""All Python and driver work of a frame [ms]."""
BUILD_BUDGET = 1.0
"""From a stage to the first picture's data [s]."""
MEMORY_BUDGET = 100.0
"""On the GPU per instance [bytes]."""
RATIO = 3.0
GPU_BUDGET, CPU_BUDGET = 60.0, 3.0
"""Frames per second while playing, by who rasterises."""
COUNTS = (1_000, 10_000, 100_000)
_FRAMES = 31
_SWAY = 0.1
"""How far the camera turns to each side [rad]."""


@dataclass(frozen=True, eq=False)
class Bench:
    """A scene on the GPU, and snapshots of it in which every pose is another one.

    Attributes:
        renderer: Draws it; its context is current.
        target: Where to.
        display: What is drawn.
        snapshots: Snapshots to show in turn.
    """

    renderer: Renderer
    target: PictureTarget
    display: Display
    snapshots: tuple[SceneSnapshot, SceneSnapshot]

    def publish(self, frame: int) -> None:
        """Write the next poses anew, as the core thread does before it hands them over."""
        table, source = (self.snapshots[i].transforms for i in (frame % 2, 1 - frame % 2))
        np.add(source.fabric_world, 0.01, out=table.fabric_world)
        for name in ("drawn_world", "places", "texels"):
            table.__dict__.pop(name, None)
        _ = table.texels, table.places

    def show(self, frame: int) -> None:
        """Take the next poses."""
        self.display.show(self.snapshots[frame % 2])

    def hand_over(self) -> None:
        """Upload what is new and choose what is drawn."""
        self.renderer.hand_over(self.display, _picture())

    def clear(self) -> None:
        """Fill the picture with black."""
        self.target.resize(*SIZE)
        self.target.clear((0.0, 0.0, 0.0, 1.0))

    def draw(self) -> None:
        """Issue the draw calls."""
        self.renderer.draw_chosen(self.display, _picture())

    def begin_frame(self) -> None:
        """Let the GPU draw a frame."""
        self.hand_over()
        self.clear()
        self.draw()

    def frame(self) -> None:
        """Draw a frame to its last pixel."""
        self.begin_frame()
        self.renderer.finish()

    def play(self, frames: int) -> float:
        """Draw frames with new poses while the camera sways around where it is.

        Args:
            frames: Number of frames.

        Returns:
            Time from one to the next [s], mean.
        """
        from inspector.gui.viewport.gl_objects import Fence

        camera = self.display.camera
        azimuth = camera.azimuth
        before: Fence | None = None
        start = time.perf_counter()
        for number in range(frames):
            self.show(number)
            # No further: elsewhere there is less to see.
            camera.azimuth = azimuth + _SWAY * math.sin(2 * math.pi * number / frames)
            self.begin_frame()
            fence = Fence()
            if before is not None:
                before.wait()
            before = fence
        if before is not None:
            before.wait()
        camera.azimuth = azimuth
        return (time.perf_counter() - start) / frames


def _picture() -> Picture:
    from inspector.gui.viewport.frame import Picture

    return Picture(SIZE, (0, 0, *SIZE), 1.0, (0.0, 0.0, 0.0, 1.0))


def run(options: argparse.Namespace) -> Report:
    """Measure with ``options.num_envs`` environments of 25 gprims."""
    application = QApplication.instance() or QApplication([])
    count = int(options.num_envs)
    report = Report(f"Viewport with {count} environments of {GPRIMS} gprims")
    with OffscreenRenderer() as offscreen, offscreen.opened() as (renderer, target):
        bench = _build(report, renderer, target, count)
        _work(report, bench)
        _switches(report, bench)
        _frames(report, bench)
        is_software = renderer.is_software
    _newton_frames(report, count, is_software=is_software)
    _against_others(report)
    del application
    return report


def _build(report: Report, renderer: Renderer, target: PictureTarget, count: int) -> Bench:
    small = viewport_scene.cloned(4)
    ready = viewport_scene.snapshot_of(small)
    Bench(renderer, target, Display(), (ready, ready)).show(0)
    scene = viewport_scene.cloned(count)
    display = Display(grid=False)
    display.resize(*SIZE)
    gc.collect()
    start = time.perf_counter()
    geometry = viewport_scene.geometry_of(scene)
    read = time.perf_counter() - start
    snapshot = viewport_scene.snapshot_of(scene, geometry)
    bench = Bench(renderer, target, display, (snapshot, _moved(snapshot)))
    start = time.perf_counter()
    bench.show(0)
    bench.hand_over()
    renderer.finish()
    uploaded = time.perf_counter() - start
    instances = geometry.instance_count
    report.add("instances", float(instances), "")
    triangles = sum(
        len(geometry.meshes[batch.mesh].triangles) * len(batch.rows) for batch in geometry.batches
    )
    report.add("triangles in full", triangles / 1e6, "million")
    report.add("unique meshes", float(len(geometry.meshes)), "", GPRIMS)
    report.add("read and tessellate", read, "s", note="once per source, tiled over its clones")
    report.add("scene build", read + uploaded, "s", BUILD_BUDGET, note="read, dedupe, upload")
    per_instance = renderer.scene.instance_bytes / max(instances, 1)
    report.add("GPU memory", per_instance, "bytes", MEMORY_BUDGET, note="per instance")
    shared = renderer.scene.arena.size / 1e6
    report.add("shared geometry", shared, "MB", note="all levels of all meshes")
    return bench


def _moved(snapshot: SceneSnapshot) -> SceneSnapshot:
    """The next snapshot: every pose is another one."""
    world = snapshot.transforms.fabric_world.copy()
    world[:, 3, 2] += 0.01
    return replace(snapshot, transforms=replace(snapshot.transforms, fabric_world=world))


def _work(report: Report, bench: Bench) -> None:
    """Time the parts of a frame that are not drawing."""
    times: list[tuple[float, float, float]] = []
    bench.display.moving = bench.renderer.scene.is_dry = True
    for frame in range(_FRAMES):
        bench.publish(frame)
        bench.clear()
        bench.renderer.finish()
        marks = [time.thread_time()]
        bench.show(frame)
        bench.renderer.scene.show(bench.display)
        marks.append(time.thread_time())
        bench.hand_over()
        marks.append(time.thread_time())
        bench.draw()
        marks.append(time.thread_time())
        times.append((marks[1] - marks[0], marks[2] - marks[1], marks[3] - marks[2]))
    bench.display.moving = bench.renderer.scene.is_dry = False
    for number, (name, budget, note) in enumerate((
        ("upload", UPLOAD_BUDGET, "snapshot to GPU buffer"),
        ("choose", None, "cull, level of detail, draw lists"),
        ("submit", None, "state and draw calls that draw nothing"),
    )):  # fmt: skip
        part = [each[number] * 1e3 for each in times]
        best = f"{note}; best {min(part):.2f}"
        report.add(name, statistics.median(part), "ms", budget, note=best)
    whole = [sum(parts) * 1e3 for parts in times]
    best = f"all of the above; best {min(whole):.2f}"
    report.add("work of a frame", statistics.median(whole), "ms", FRAME_BUDGET, note=best)


def _switches(report: Report, bench: Bench) -> None:
    """Count what changing a switch uploads."""
    display, uploads = bench.display, bench.renderer.uploads
    rows = len(bench.snapshots[0].transforms)

    def change(name: str, value: Any) -> float:
        before = sum(uploads.bytes.values())
        setattr(display, name, value)
        bench.hand_over()
        return (sum(uploads.bytes.values()) - before) / 1e3

    bench.hand_over()
    scalar = change("color_mode", ColorMode.STALE)
    one_buffer = rows * 4 / 1e3 + 2
    report.add("colour mode, uploaded", scalar, "kB", one_buffer, note="a number per row")
    change("color_mode", ColorMode.MATERIAL)
    for name in ("wireframe", "grid"):
        report.add(f"{name}, uploaded", change(name, value=True), "kB", 0.0)
        change(name, value=False)
    spread = change("spacing", value=1.5)
    report.add("spacing, uploaded", spread, "kB", one_buffer, note="what is in view now")
    change("spacing", value=1.0)
    display.select(("/World/envs",))
    chosen = change("solo", value=False)
    report.add("select all, uploaded", chosen, "kB", one_buffer, note="a number per shape")
    display.select(())
    display.focus_env(7)
    report.add("focus, uploaded", change("solo", value=False), "kB", 1.0, note="its instances")
    display.focus_env(-1)
    bench.hand_over()


def _frames(report: Report, bench: Bench) -> None:
    """Draw frames while everything moves, and some at rest."""
    display, renderer = bench.display, bench.renderer
    count, budget = (7, CPU_BUDGET) if renderer.is_software else (120, GPU_BUDGET)
    for view in ("near view", "all in view"):
        (display.frame_first if view == "near view" else display.frame_all)()
        display.moving = True
        bench.play(2)
        times = [bench.play(count) for _ in range(1 if renderer.is_software else 5)]
        rate = 1 / statistics.median(times)
        name = renderer.device
        report.add(f"playing, {view}", rate, "1/s", budget, better="higher", note=name)
        drawn, triangles = renderer.scene.drawn_triangles
        note = f"of {drawn} instances"
        report.add(f"triangles drawn, {view}", triangles / 1e6, "million", note=note)
        alone = median_seconds(bench.frame, 2 if renderer.is_software else 20)
        report.add(f"a frame alone, {view}", alone * 1e3, "ms", note="to its last pixel")
        display.moving = False
        rest = median_seconds(bench.frame, 2 if renderer.is_software else 20)
        report.add(f"at rest, {view}", rest * 1e3, "ms")


def _newton_frames(report: Report, count: int, *, is_software: bool) -> None:
    """Draw the same scene with Newton's viewer, which knows no level of detail."""
    times, why = {}, "a CPU rasterises: seconds a frame"
    if not is_software:
        times, why = viewport_peers.newton_frames(count, SIZE)
    for name in times:
        report.add(f"Newton's ViewerGL, {name}", 1 / times[name], "1/s")
    if not times:
        report.add("Newton's ViewerGL playing", float("nan"), "1/s", note=f"not here: {why}")


def _against_others(report: Report) -> None:
    """Compare the hand-over of poses with that of others, each with as many instances."""
    for count in COUNTS:
        own = _own_hand_over(count)
        report.add(f"hand-over, {count}", own * 1e3, "ms", note="new poses to GPU buffers")
        for name, label in (("vispy", "vispy's InstancedMesh"), ("newton", "Newton's ViewerGL")):
            other, why = viewport_peers.measure(name, count)
            if why:
                report.add(f"{label}, {count}", float("nan"), "ms", note=f"not here: {why}")
                continue
            report.add(f"{label}, {count}", other * 1e3, "ms")
            report.add(f"against {label}, {count}", other / own, "×", RATIO, better="higher")


def _own_hand_over(count: int) -> float:
    snapshot = viewport_scene.snapshot_of(viewport_scene.cloned(count // GPRIMS))
    with OffscreenRenderer() as offscreen, offscreen.opened() as (renderer, target):
        bench = Bench(renderer, target, Display(), (snapshot, _moved(snapshot)))
        bench.show(0)
        bench.hand_over()
        times: list[float] = []
        for frame in range(1, _FRAMES + 1):
            start = time.perf_counter()
            bench.show(frame)
            renderer.scene.show(bench.display)
            times.append(time.perf_counter() - start)
    return statistics.median(times)
