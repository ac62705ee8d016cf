"""What the viewport shows right now, without GL: snapshot, poses, camera, selection, switches.

The renderer reads it and uploads what is newer than its own copy; picking and framing work on it
alone, so they also work where nothing can be drawn.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inspector.gui.bridge.tokens import Tokens, load_tokens
from inspector.gui.bridge.view_options import ViewOptions
from inspector.gui.viewport.camera import OrbitCamera
from inspector.gui.viewport.color_modes import ColorMode
from inspector.gui.viewport.drawn_rows import DrawnRows
from inspector.gui.viewport.env_view import env_shifts, hidden_of, shifts_of
from inspector.gui.viewport.first_view import show_near_part, without_floor
from inspector.gui.viewport.ghost import Ghosts
from inspector.gui.viewport.instances import Box, Index, Instances
from inspector.gui.viewport.overlay_layer import OverlayLayer
from inspector.gui.viewport.overlays.build import Overlays
from inspector.gui.viewport.picking import Hit, Rectangle, inside, pick
from inspector.gui.viewport.rig import Rig, box_of_places
from inspector.gui.viewport.soft_places import SoftPlaces
from inspector.session.snapshot import (
    GLOBAL_ENV,
    GeometryTable,
    PlayState,
    SceneSnapshot,
)

_REACH = 2000.0
"""How many times as far as the eye is from its target the origin may be from it: 32 bits tell apart
a tenth of a pixel there."""
_HERE = np.zeros(3)
"""The origin of the stage."""
_MANY_ENVS = 256
"""From more environments on, nobody would recognise one in a picture of all."""


def _nothing() -> None:
    """Nobody draws along."""


_VERSIONS = count(1)
"""No two displays ever have the same version: one renderer may draw several."""


@dataclass
class Display:
    """Everything that decides a frame.

    Attributes:
        camera: Where the eye is.
        tokens: Colours of the theme.
        color_mode: What instances are coloured by.
        wireframe: Whether only edges are drawn.
        grid: Whether the ground grid and the axes are drawn.
        moving: Whether the camera or the scene is in motion (fewer triangles are drawn).
        spacing: How far environments are drawn from each other; 1 is as in the data.
        solo: Whether only some environments are drawn (and what is outside of all of them).
        solo_envs: Which those are; none means the one that is focused.
        hidden_envs: Environments that are not drawn.
        shown: Names of the switches in ``view_options`` that are on.
        undrawn: Those of them that whoever draws this cannot draw.
        exaggeration: How much further the ghost is drawn from the shape than it is.
        overlays: Builds the layers of what is switched on.
        ghosts: Knows which shapes have a ghost.
        purposes: Purposes that are drawn: of ``"default"``, ``"render"``, ``"proxy"``, ``"guide"``.
        cull_backs: Whether the backs of single-sided surfaces are left out.
        before_draw: Called before each frame: whoever owns a layer brings it up to date.
        layers: More lines, points and triangles, drawn after those, in this order.
        size: Width and height of the view [logical pixels].
    """

    camera: OrbitCamera = field(default_factory=OrbitCamera)
    tokens: Tokens = field(default_factory=lambda: load_tokens("dark"))
    color_mode: ColorMode = ColorMode.MATERIAL
    wireframe: bool = False
    grid: bool = True
    moving: bool = False
    spacing: float = 1.0
    solo: bool = False
    solo_envs: frozenset[int] = frozenset()
    hidden_envs: frozenset[int] = frozenset()
    shown: frozenset[str] = ViewOptions().shown
    undrawn: frozenset[str] = frozenset()
    exaggeration: float = 1.0
    overlays: Overlays = field(default_factory=Overlays)
    ghosts: Ghosts = field(default_factory=Ghosts)
    purposes: frozenset[str] = frozenset({"default", "render"})
    cull_backs: bool = False
    layers: list[OverlayLayer] = field(default_factory=list[OverlayLayer])
    size: tuple[float, float] = field(default=(800.0, 600.0), init=False)
    snapshot: SceneSnapshot | None = field(default=None, init=False)
    instances: Instances | None = field(default=None, init=False)
    origin: NDArray[np.float64] = field(default_factory=lambda: _HERE, init=False)
    world_version: int = field(default=0, init=False)
    scale_version: int = field(default=0, init=False)
    selected: Index = field(default_factory=lambda: np.zeros(0, np.int64), init=False)
    focused: Index = field(default_factory=lambda: np.zeros(0, np.int64), init=False)
    before_draw: Callable[[], None] = field(default_factory=lambda: _nothing, init=False)
    rig: Rig = field(default_factory=Rig, init=False)
    _rows: DrawnRows = field(default_factory=DrawnRows, init=False)
    _selection: Sequence[str] = field(default=(), init=False)
    _known: tuple[Sequence[str], Instances, Index] | None = field(default=None, init=False)
    _env_id: int = field(default=GLOBAL_ENV, init=False)
    _bounds: Box | None = field(default=None, init=False)
    _spheres: tuple[NDArray[np.float32], NDArray[np.float32]] | None = field(
        default=None, init=False
    )
    _spheres_key: tuple[object, ...] = field(default=(), init=False)
    _soft: tuple[tuple[object, object], SoftPlaces | None] = field(
        default=((None, None), None), init=False
    )
    _shifts: tuple[tuple[object, float], NDArray[np.float32]] | None = field(
        default=None, init=False
    )
    _hidden: tuple[tuple[object, ...], NDArray[np.bool_] | None] | None = field(
        default=None, init=False
    )
    _replaced: tuple[tuple[Any, ...], NDArray[np.bool_]] | None = field(default=None, init=False)
    _is_fresh: bool = field(default=True, init=False)
    _is_untouched: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        self.rig.camera = self.camera

    @property
    def aspect(self) -> float:
        """Width divided by height of the view."""
        return self.size[0] / max(self.size[1], 1.0)

    @property
    def env_id(self) -> int:
        """Focused environment, ``GLOBAL_ENV`` for none."""
        return self._env_id

    def use(self, options: ViewOptions) -> None:
        """Show what the view options say beside the shapes."""
        self.color_mode = ColorMode(options.color_mode)
        self.shown, self.exaggeration = options.shown, options.exaggeration
        self.grid, self.wireframe = "grid" in options.shown, "wireframe" in options.shown
        self.purposes = frozenset({"default"}) | (options.shown & {"render", "proxy", "guide"})
        self.cull_backs = "cull_backs" in options.shown

    def all_layers(self) -> list[OverlayLayer]:
        """Return everything that is drawn after the scene, up to date."""
        self.before_draw()
        return [*self.overlays.update(self), *self.layers]

    def show(self, snapshot: SceneSnapshot) -> None:
        """Take a snapshot; tables that are the same objects as before cost nothing."""
        before = self.snapshot
        self.snapshot = snapshot
        geometry, transforms = snapshot.geometry, snapshot.transforms
        new_rows = before is None or snapshot.prims is not before.prims
        if before is None or new_rows or geometry is not before.geometry:
            self.instances = Instances(geometry, snapshot.prims, transforms)
            self._spheres = None
            self.select(self._selection)
            self.focus_env(self._env_id)
        if before is None or new_rows or transforms is not before.transforms:
            self._rows.show(transforms)
            self.world_version = next(_VERSIONS)
            # Physics scales nothing: while it runs, the sizes of the last look still hold.
            if before is None or new_rows or snapshot.state is not PlayState.PLAYING:
                self.scale_version = next(_VERSIONS)
        if before is None or geometry is not before.geometry or new_rows:
            self._bounds = self._place_of_all()
            self.rig.scene = None if self._bounds is None else self.scene_sphere
        if self._is_fresh or before is None or _is_other_scene(before, snapshot):
            self._is_fresh = False
            self.camera.up_axis = snapshot.up_axis
            if self.rig.recall(snapshot.file_name):
                self.touch()
            else:
                self.frame_first()
        self.rig.update(snapshot, self.aspect)

    def restart(self) -> None:
        """Choose the first picture again with the next snapshot: it shows another stage.

        Where the camera stands is kept for when the present stage comes back.
        """
        self.keep_cameras()
        self.rig.restart()
        self._is_fresh = True
        self._rows.preview(None)
        self.spacing, self.solo = 1.0, False
        self.solo_envs = self.hidden_envs = frozenset()

    def anchor(self) -> None:
        """Choose the ``origin`` that pictures are drawn around: near what the camera looks at.

        It is that of the stage unless that is so far away that 32 bits would be seen.
        """
        target, reach = self.camera.target.tolist(), _REACH * self.camera.distance
        if math.hypot(*target) <= reach:
            self.origin = _HERE
        elif math.dist(target, self.origin.tolist()) > reach:
            # A number of 32 bits, so that shaders subtract it without a rest.
            self.origin = np.array(target, np.float32).astype(np.float64)

    def keep_cameras(self) -> dict[str, dict[str, Any]]:
        """Return where the camera stood on each stage seen, the present one included."""
        if self.snapshot is not None and not self._is_untouched:
            self.rig.remember(self.snapshot.file_name)
        return self.rig.export()

    def resize(self, width: float, height: float) -> None:
        """Follow the size of the view; a first picture that nobody moved is chosen again."""
        size = (max(width, 1.0), max(height, 1.0))
        if size != self.size:
            self.size = size
            if self._is_untouched:
                self.frame_first()
            if self.rig.through and self.snapshot is not None:
                self.rig.update(self.snapshot, self.aspect)

    def touch(self) -> None:
        """Note that the user moved the camera: it is theirs from now on."""
        self._is_untouched = False

    @property
    def world(self) -> NDArray[np.float32]:
        """World matrices of all transform rows as drawn, row-vector, float32, shape [r, 4, 4]."""
        return self._rows.world

    @property
    def texels(self) -> NDArray[np.float32]:
        """``world`` as a GPU reads it, counted from ``origin``, shape [r, 3, 4]."""
        return self._rows.texels if self.origin is _HERE else self._rows.texels_around(self.origin)

    @property
    def places(self) -> NDArray[np.float32]:
        """Positions of ``world``, one row per axis [stage units], shape [3, r]."""
        return self._rows.places

    def preview(self, rows: Index | None, worlds: NDArray[np.floating] | None = None) -> None:
        """Draw some rows elsewhere, whatever snapshots say, until this is called again.

        Args:
            rows: Transform rows, ascending, shape [k]; ``None`` shows the truth again.
            worlds: World matrices, row-vector, shape [k, 4, 4].
        """
        self._rows.preview(rows, worlds)
        self.world_version = next(_VERSIONS)

    def select(self, paths: Sequence[str]) -> None:
        """Outline everything at and below the prim paths."""
        self._selection = paths
        if self.instances is None:
            return
        known = self._known
        if known is not None and known[0] is paths and known[1] is self.instances:
            self.selected = known[2]
        else:
            self.selected = self.instances.below(paths)

    def expect_selection(self, paths: Sequence[str], instances: Index) -> None:
        """Take note of which instances a selection means, before it is made.

        Args:
            paths: The object that ``select`` will be called with.
            instances: What is at and below them, sorted, shape [k].
        """
        self._known = None if self.instances is None else (paths, self.instances, instances)

    def focus_env(self, env_id: int) -> None:
        """Mark one environment, ``GLOBAL_ENV`` for none."""
        self._env_id = env_id
        if self.instances is not None:
            self.focused = self.instances.in_env(env_id)

    def _place_of_all(self) -> Box | None:
        if self.instances is None:
            return None
        return self.instances.bounds(self.world, np.arange(len(self.instances)))

    def bounds(self, instances: Index) -> Box | None:
        """Box around some instances, shape [k], where they are drawn now; None for nothing."""
        if self.instances is None:
            return None
        soft, shifts = self.soft, self.shifts
        moving = None if soft is None else soft.box(instances, shifts)
        if soft is None or moving is None:
            return self.instances.bounds(self.world, instances, shifts)
        rest = instances[~np.isin(instances, soft.instances)]
        still = self.instances.bounds(self.world, rest, shifts)
        if still is None:
            return moving
        return np.minimum(still[0], moving[0]), np.maximum(still[1], moving[1])

    @property
    def soft(self) -> SoftPlaces | None:
        """Where what deforms is now; None where nothing does."""
        table = None if self.snapshot is None else self.snapshot.soft
        if table is None or self.instances is None:
            return None
        known, key = self._soft, (table, self.instances)
        if known[0][0] is not key[0] or known[0][1] is not key[1]:
            known = self._soft = key, SoftPlaces(table, self.instances)
        return known[1]

    @property
    def env_shifts(self) -> NDArray[np.float32]:
        """By how much each environment is drawn beside its place [stage units], shape [e, 3].

        The same array until the origins or the spacing change.
        """
        origins = np.zeros((0, 3)) if self.snapshot is None else self.snapshot.env_origins
        known = self._shifts
        if known is None or known[0][0] is not origins or known[0][1] != self.spacing:
            known = self._shifts = (origins, self.spacing), env_shifts(origins, self.spacing)
        return known[1]

    @property
    def shifts(self) -> NDArray[np.float32] | None:
        """By how much each instance is drawn beside its place, shape [n, 3]; None for nothing."""
        if self.instances is None or self.spacing == 1.0:
            return None
        return shifts_of(self.env_shifts, self.instances.env_id)

    @property
    def hidden(self) -> NDArray[np.bool_] | None:
        """Instances that are not drawn, shape [n]; None when all are. The same array until then.

        What the user does not see, and the authored shapes of what deforms.
        """
        unseen, snapshot = self.unseen, self.snapshot
        if self.instances is None or snapshot is None or snapshot.soft is None:
            return unseen
        rows = snapshot.soft.rows
        key = (self.instances, unseen, rows.tobytes())
        known = self._replaced
        if (
            known is None
            or any(a is not b for a, b in zip(known[0][:2], key[:2], strict=True))
            or known[0][2] != key[2]
        ):
            replaced = np.isin(self.instances.rows, rows)
            known = key, replaced if unseen is None else replaced | unseen
            self._replaced = known
        return known[1]

    @property
    def alone(self) -> frozenset[int]:
        """The environments that are drawn while others are not; none when all are."""
        if not self.solo:
            return frozenset()
        focused = () if self._env_id == GLOBAL_ENV else (self._env_id,)
        return self.solo_envs or frozenset(focused)

    @property
    def unseen(self) -> NDArray[np.bool_] | None:
        """Instances that the user does not see, shape [n]; None when all are seen."""
        if self.instances is None:
            return None
        only = self.alone
        key = (self.instances, self.hidden_envs, only, self.purposes)
        known = self._hidden
        if known is None or known[0][0] is not key[0] or known[0][1:] != key[1:]:
            hidden = hidden_of(self.instances.env_id, self.hidden_envs, only)
            other = self.instances.other_purpose(self.purposes)
            if hidden is None or other is None:
                hidden = other if hidden is None else hidden
            else:
                hidden |= other
            known = self._hidden = key, hidden
        return known[1]

    @property
    def spheres(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Centres, shape [n, 3], and radii, shape [n], of each instance where it is drawn now."""
        if self.instances is None:
            return np.zeros((0, 3), np.float32), np.zeros(0, np.float32)
        soft = self.soft
        key = (self.world_version, self.spacing, soft)
        if self._spheres is None or self._spheres_key != key:
            plays = self.snapshot is not None and self.snapshot.state is PlayState.PLAYING
            # Physics scales nothing: while it runs, the sizes of the last look still hold.
            known = self._spheres[1] if self._spheres is not None and plays else None
            radii = self.instances.radii(self.world) if known is None else known
            centers, shifts = self.instances.centers(self.world), self.shifts
            if soft is not None:
                centers[soft.instances], radii[soft.instances] = soft.centers, soft.radii
            self._spheres = (centers if shifts is None else centers + shifts), radii
            self._spheres_key = key
        return self._spheres

    @property
    def scene_sphere(self) -> tuple[NDArray[np.float64], float]:
        """Centre and radius of everything when it was last rebuilt, as spread [stage units]."""
        if self._bounds is None:
            return np.zeros(3), 1.0
        low, high = self._bounds
        farthest = 0.0
        if self.spacing != 1.0:
            farthest = np.linalg.norm(self.env_shifts, axis=1).max(initial=0.0)
        return (low + high) / 2, float(np.linalg.norm(high - low) / 2 + farthest)

    def frame(self, instances: Index) -> bool:
        """Show some instances, shape [k], whole without turning; return whether there were any."""
        return self._fit(self.bounds(instances))

    def _fit(self, box: Box | None) -> bool:
        if box is None:
            return False
        self.touch()
        self.camera.fit(*box, self.aspect)
        return True

    def frame_selection(self) -> bool:
        """Show the selection whole; the focused environment or everything without one."""
        if self.frame(self.selected) or self._fit(box_of_places(self.snapshot, self._selection)):
            return True
        return self.frame(self.focused) or self.frame_all()

    def frame_all(self) -> bool:
        """Show all environments whole; everything where there are none."""
        if self.instances is None:
            return False
        wanted = self.instances.interesting()
        if self.unseen is not None:
            wanted = wanted[~self.unseen[wanted]]
        if not len(self.snapshot.env_origins if self.snapshot is not None else ()):
            wanted = without_floor(self.instances, self.world, wanted)
        return self.frame(wanted)

    def frame_first(self) -> None:
        """The first picture of a scene: all of it, or the near part of a very large one."""
        self.rig.restart()
        self.camera.azimuth, self.camera.elevation = np.radians(-62.0), np.radians(33.0)
        if self.instances is None or not self.frame_all() or self.snapshot is None:
            return
        self._is_untouched = True
        origins = self.snapshot.env_origins
        if len(origins) <= _MANY_ENVS:
            return
        box = self.bounds(self.instances.interesting())
        if box is None:
            return
        show_near_part(self.camera, box, len(origins))

    def line_of_sight(self, x: float, y: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return start and unit direction of the line of sight through a point, shape [3] each.

        It starts at the near plane: what is closer is not drawn.

        Args:
            x: Pixels from the left [logical pixels].
            y: Pixels from the top [logical pixels].
        """
        ray, start = self.camera.ray(x, y, *self.size), self.camera.start(x, y, *self.size)
        near, _ = self.camera.depth_range(*self.scene_sphere)
        return start - ray * (near / (ray @ self.camera.backward)), ray

    def pick(self, x: float, y: float) -> Hit | None:
        """Return what lies under a point of the view [logical pixels], or None."""
        if self.instances is None:
            return None
        start, ray = self.line_of_sight(x, y)
        near, far = self.camera.depth_range(*self.scene_sphere)
        hit = pick(
            self.instances, self.world, self.spheres, start, ray, self.unseen, self.shifts, self.soft,
            cull_backs=self.cull_backs,
        )  # fmt: skip
        reach = (near - far) / float(ray @ self.camera.backward)
        return None if hit is None or hit.distance > reach else hit

    def inside(self, rectangle: Rectangle) -> Index:
        """Return the instances that a rubber band takes, sorted, shape [k]."""
        reach = self.camera.depth_range(*self.scene_sphere)
        return inside(self.camera, self.size, self.spheres, rectangle, self.unseen, reach)


def _is_other_scene(before: SceneSnapshot, after: SceneSnapshot) -> bool:
    """Whether the camera should start again: another axis or the first geometry."""
    if before.up_axis != after.up_axis:
        return True
    if before.geometry is after.geometry:  # as in nearly every frame
        return False
    return _is_empty(before.geometry) and not _is_empty(after.geometry)


def _is_empty(geometry: GeometryTable) -> bool:
    return geometry.instance_count == 0
