"""Every colour mode and every overlay, at 64 environments, as a picture."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from inspector.gui.bridge.tokens import load_tokens
from inspector.gui.bridge.view_options import SWITCHES, ViewOptions
from inspector.gui.viewport.color_modes import ColorMode
from inspector.gui.viewport.decorate import decorated
from inspector.gui.viewport.display import Display
from inspector.gui.viewport.offscreen import OffscreenRenderer
from inspector.session.overlay_table import (
    NAMES,
    ContactTable,
    JointKind,
    JointRows,
    OverlayTable,
)
from inspector.session.snapshot import (
    GeometryTable,
    InstanceBatch,
    PlayState,
    SceneSnapshot,
    StaleReason,
)
from tests.helpers.meshes import box_mesh
from tests.helpers.snapshots import make_snapshot
from tests.viewport import golden

SIZE = (320, 208)
SMALL = (208, 135)
"""For what fills the picture with lines."""
_SMOOTH = frozenset({"antialias"})
ENVS = 64
LOOKED_AT = 27


def rows_below(snapshot: SceneSnapshot, tail: str) -> np.ndarray:
    """Transform row of a prim of each environment."""
    paths = snapshot.prims.paths
    prims = paths.find_many(paths.template_index(f"/World/envs/env_{{}}/{tail}"), np.arange(ENVS))
    return np.searchsorted(snapshot.transforms.prims, prims)


def joints(snapshot: SceneSnapshot) -> JointRows:
    """A rail for the cart and a hinge with limits for the pole, in every environment."""
    rows = [rows_below(snapshot, f"Robot/{name}") for name in ("slider", "cart", "pole")]
    offset = np.tile(np.eye(4), (ENVS, 1, 1))
    return JointRows(
        prims=snapshot.transforms.prims[np.concatenate(rows[1:])],
        env_id=np.tile(np.arange(ENVS, dtype=np.int32), 2),
        kind=np.repeat(np.array([JointKind.PRISMATIC, JointKind.REVOLUTE], np.uint8), ENVS),
        axis=np.repeat(np.array([0, 1], np.uint8), ENVS),
        dof=np.full(2 * ENVS, 255, np.uint8),
        row0=np.concatenate(rows[:2]).astype(np.int32),
        row1=np.concatenate(rows[1:]).astype(np.int32),
        frame0=np.concatenate([offset, offset]),
        frame1=np.concatenate([offset, offset]),
        lower=np.repeat([-0.5, -1.2], ENVS),
        upper=np.repeat([0.5, 0.6], ENVS),
    )


def overlay(snapshot: SceneSnapshot) -> OverlayTable:
    """Something of everything."""
    objects = rows_below(snapshot, "Object")
    under = snapshot.transforms.fabric_world[objects, 3, :3] - [0, 0, 0.2]
    up = np.tile([0.0, 0.0, 1.0], (ENVS, 1))
    both = np.array([[-1, 0]] * ENVS, np.int32)
    env = np.arange(ENVS, dtype=np.int32)
    contacts = ContactTable(under, up, np.linspace(1.0, 20.0, ENVS), env, both)
    bodies = len(snapshot.transforms.physics_world)
    rows = joints(snapshot)
    boxes = GeometryTable(
        (box_mesh("collider", (0.6, 0.6, 0.6)),),
        (InstanceBatch(0, objects.astype(np.int32), np.ones((ENVS, 3), np.float32)),),
    )
    values = np.concatenate([np.linspace(-0.4, 0.4, ENVS), np.linspace(-1.0, 1.0, ENVS)])
    return OverlayTable(
        shown=NAMES,
        joints=rows,
        joint_values=values,
        contacts=contacts,
        center_of_mass=np.zeros((bodies, 3)),
        mass=np.ones(bodies),
        speed=np.geomspace(1e-3, 10.0, bodies),
        colliders=boxes,
    )


def ghosted(snapshot: SceneSnapshot) -> SceneSnapshot:
    """USD has the object of every other environment higher up and turned."""
    table = snapshot.transforms
    usd, reason = table.usd_world.copy(), table.reason.copy()
    turn = np.eye(4)
    turn[:2, :2] = [[0.8, 0.6], [-0.6, 0.8]]
    for tail in ("Object", "Object/geometry", "Object/geometry/mesh"):
        rows = rows_below(snapshot, tail)[1::2]
        usd[rows] = turn @ table.fabric_world[rows]
        usd[rows, 3, 2] += 0.5
        reason[rows] = StaleReason.USD_BEHIND
    return replace(snapshot, transforms=replace(table, usd_world=usd, reason=reason))


@pytest.fixture(scope="module")
def scene() -> SceneSnapshot:
    base = make_snapshot(ENVS, state=PlayState.PAUSED, mixed=True)
    table = base.transforms
    # Errors of every size, so that the whole scale is there.
    error = np.where(table.reason > 0, np.geomspace(2e-5, 2.0, len(table)), 0.0)
    table = replace(table, error_position=error, error_rotation=error * 1.5)
    base = replace(base, transforms=table)
    return replace(base, overlay=overlay(base))


def picture(
    renderer: OffscreenRenderer,
    snapshot: SceneSnapshot,
    options: ViewOptions,
    theme: str,
    size: tuple[int, int] = SIZE,
) -> np.ndarray:
    display = Display(tokens=load_tokens(theme))
    display.use(options)
    display.resize(*size)
    display.show(snapshot)
    display.select((f"/World/envs/env_{LOOKED_AT}/Object",))
    display.camera.target = snapshot.env_origins[LOOKED_AT] + [0.2, 0.0, 0.7]
    display.camera.distance = 6.5
    if "sky" in options.shown:
        display.camera.elevation = 0.12
    pixels = renderer.render(snapshot, display, size)
    return decorated(pixels, display, with_legend=False)


@pytest.mark.parametrize("mode", ColorMode, ids=lambda mode: mode.value)
def test_colour_mode(renderer, scene, mode, request, tmp_path):
    pixels = picture(renderer, scene, ViewOptions(mode.value, _SMOOTH), "dark")
    golden.check(f"color_{mode.value}", pixels, request, tmp_path)


@pytest.mark.parametrize("name", SWITCHES)
def test_overlay(renderer, scene, name, request, tmp_path):
    options = ViewOptions(shown=_SMOOTH ^ {name})
    snapshot = ghosted(scene) if name == "ghost" else scene
    size = SMALL if name in {"grid", "wireframe", "labels"} else SIZE
    golden.check(name, picture(renderer, snapshot, options, "dark", size), request, tmp_path)


@pytest.mark.parametrize("mode", ["stale", "error"])
def test_light_theme(renderer, scene, mode, request, tmp_path):
    shown = _SMOOTH | {"joints", "contacts", "bounds", "sky", "shadows", "ghost"}
    pixels = picture(renderer, ghosted(scene), ViewOptions(mode, shown), "light", SMALL)
    golden.check(f"light_{mode}", pixels, request, tmp_path)


def test_an_exaggerated_ghost(renderer, scene, request, tmp_path):
    options = ViewOptions(shown=_SMOOTH | {"ghost"}, exaggeration=2.0)
    golden.check("ghost_twice", picture(renderer, ghosted(scene), options, "dark"), request,
                 tmp_path)  # fmt: skip


def test_golden_pictures_are_small_and_all_of_them_are_compared():
    known = {f"color_{mode.value}" for mode in ColorMode} | set(SWITCHES)
    known |= {"light_stale", "light_error", "ghost_twice"}
    there = {path.stem for path in golden.FOLDER.glob("*.png")}
    assert known <= there
    assert all(path.stat().st_size <= golden.LARGEST for path in golden.FOLDER.glob("*.png"))
