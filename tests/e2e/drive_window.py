"""Drives the real window with real mouse and keyboard events and writes down what it saw.

Started as a subprocess by ``test_window.py``: ``python drive_window.py OUT.json FOLDER``. It opens
the demo scene, paints a cell, applies it, plays 60 steps, stops, and compares bit for bit.
"""

from __future__ import annotations

import gc
import hashlib
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from inspector.gui.app import run
from inspector.gui.main_window import MainWindow
from inspector.session.snapshot import PlayState, SceneSnapshot, StaleReason
from tests.e2e.script import Condition, Script

NUM_ENVS = 8
STEPS = 60
PATIENCE = 60.0
"""Longest wait for one thing [s]."""


class Drive(Script):
    """Paints, plays, stops and undoes."""

    def __init__(self, folder: Path) -> None:
        super().__init__(PATIENCE)
        self._folder = folder

    def __call__(self, window: MainWindow) -> None:
        super().__call__(window)
        self.seen["collections"] = gc.get_stats()[2]["collections"]
        window.bridge.session.engine_ready.connect(self._note_collections)

    def _note_collections(self) -> None:
        self.seen["collections"] = gc.get_stats()[2]["collections"] - self.seen["collections"]

    def _in_vain(self) -> str:
        return f"Waited in vain after {list(self.seen)[-1]!r}"

    def _end(self) -> None:
        self.seen["collects"], self.seen["frozen"] = gc.isenabled(), gc.get_freeze_count()
        self.seen["samples"] = self._window.windowHandle().format().samples()
        super()._end()

    @property
    def snapshot(self) -> SceneSnapshot:
        snapshot = self._window.bridge.session.snapshot
        assert snapshot is not None
        return snapshot

    def _has(self, test: Callable[[SceneSnapshot], object]) -> Condition:
        def condition() -> bool:
            snapshot = self._window.bridge.session.snapshot
            return snapshot is not None and bool(test(snapshot))

        return condition

    def _play(self) -> Iterator[Condition]:
        window = self._window
        yield self._has(lambda s: len(s.mask.env_ids) == NUM_ENVS)
        yield self._is_shown
        self.seen["rows"] = len(self.snapshot.transforms)
        self.seen["sources"] = list(self.snapshot.mask.labels)

        # Paint: the first object row that environment 2 does not have yet.
        mask, env = self.snapshot.mask, 2
        group = [r for r, d in enumerate(mask.destinations) if d == mask.destinations[0]]
        row = next(r for r in group if not mask.applied[r, env])
        path = mask.destinations[row].replace("{}", str(env)) + "/geometry/mesh"
        self.seen["type_before"] = self._type_of(path)
        picture = self._picture()
        canvas = window.workspace.clone_mask.canvas
        x = canvas.plot.x_of(env + 0.5)
        y = canvas.plot.y_of(row) + canvas.plot.line_of(row).height / 2
        QTest.mouseClick(
            canvas.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(round(x), round(y))
        )
        yield self._has(lambda s: s.mask.draft[row, env])
        self.seen["pending"] = self.snapshot.mask.pending
        QTest.mouseClick(window.workspace.clone_mask.apply_button, Qt.MouseButton.LeftButton)
        yield self._has(lambda s: s.mask.applied[row, env])
        yield self._is_shown
        self.seen["type_after"] = self._type_of(path)
        self.seen["picture_changed"] = int(np.count_nonzero(self._picture() != picture))

        # Play 60 steps with the keyboard.
        yield from self._save("before")
        before = self._bytes()
        window.activateWindow()
        window.commands["sim.play"].trigger()
        yield self._has(lambda s: s.step >= STEPS)
        window.commands["sim.play"].trigger()
        yield self._has(lambda s: s.state is PlayState.PAUSED)
        self._look_at_stale(path)
        self._window.grab().save(str(self._folder / "playing.png"))

        window.commands["sim.stop"].trigger()
        yield self._has(lambda s: s.state is PlayState.STOPPED)
        self.seen["stale_after_stop"] = self.snapshot.stale_count
        self.seen["tables_restored"] = self._bytes() == before
        yield from self._save("after")
        self.seen["file_restored"] = self._digest("before") == self._digest("after")

        # Undo the applied cell: the object is back.
        window.commands["edit.undo"].trigger()
        yield self._has(lambda s: not s.mask.applied[row, env])
        self.seen["type_undone"] = self._type_of(path)

    def _is_shown(self) -> bool:
        space = self._window.workspace
        drawn = space.viewport.drawn_generation >= self.snapshot.generation
        return drawn and space.is_settled

    def _look_at_stale(self, gprim: str) -> None:
        snapshot = self.snapshot
        rows, prims = snapshot.transforms, snapshot.prims
        body = rows.row_of_prim(prims.find(gprim.removesuffix("/geometry/mesh")))
        self.seen["reasons"] = {r.name: n for r, n in snapshot.stale_counts.items()}
        self.seen["body_reason"] = StaleReason(int(rows.reason[body])).name
        self.seen["body_error"] = float(rows.error_position[body])
        usd, fabric = rows.usd_world[body, 3, :3], rows.fabric_world[body, 3, :3]
        self.seen["body_distance"] = float(np.linalg.norm(usd - fabric))
        self.seen["step"] = snapshot.step

    def _save(self, name: str) -> Iterator[Condition]:
        path = self._folder / f"{name}.usda"
        self._window.bridge.session.save(str(path))
        yield path.exists

    def _digest(self, name: str) -> str:
        return hashlib.sha256((self._folder / f"{name}.usda").read_bytes()).hexdigest()

    def _bytes(self) -> tuple[bytes, bytes]:
        rows = self.snapshot.transforms
        return rows.usd_world.tobytes(), rows.fabric_world.tobytes()

    def _type_of(self, path: str) -> str:
        prims = self.snapshot.prims
        return prims.type_name(prims.find(path))

    def _picture(self) -> np.ndarray:
        image = self._window.workspace.viewport.grab_image()
        return np.frombuffer(bytes(image.constBits()), np.uint8).copy()


def main(out: Path, folder: Path) -> int:
    drive = Drive(folder)
    code = run(num_envs=NUM_ENVS, seed=3, theme="dark", on_window=drive)
    out.write_text(json.dumps(drive.seen, indent=2))
    return code


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
