"""Which camera the picture is seen through: free, from one side, of the stage, behind a body.

Belongs here: choices and what they need from a snapshot. Moving a camera is in ``camera``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inspector.gui.viewport.camera import LEVEL_SIDES, Lens, OrbitCamera
from inspector.gui.viewport.gizmo import axes_of
from inspector.gui.viewport.sight import sight_depth
from inspector.session.snapshot import GLOBAL_ENV, CameraRows, SceneSnapshot

_MOST_CAMERAS = 40
_MOST_PLACES = 256
_FREE = ("azimuth", "elevation", "distance", "fov", "orthographic")
_PERSPECTIVE = (np.radians(-62.0), np.radians(33.0))
_FOV = np.radians(45.0)
_APERTURE, _FOCAL = (20.955, 15.2908), 50.0
"""What a camera of USD has that says nothing: 35 mm film and a normal lens [tenths of a unit]."""


@dataclass
class Rig:
    """Holds the camera and moves it along with what it is tied to.

    Attributes:
        camera: The camera.
        following: Path of the prim that the camera goes along with, empty for none.
        scene: Centre and radius of all that is drawn [stage units], None where nothing is.
    """

    camera: OrbitCamera = field(default_factory=OrbitCamera)
    following: str = ""
    scene: tuple[NDArray[np.float64], float] | None = None
    _through: str = field(default="", init=False)
    _followed: NDArray[np.float64] | None = field(default=None, init=False)
    _before: OrbitCamera | None = field(default=None, init=False)
    _turned: tuple[float, float] = field(default=_PERSPECTIVE, init=False)
    _kept: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]], init=False)
    _gate: NDArray[np.float64] = field(default_factory=lambda: np.ones(2), init=False)

    @property
    def through(self) -> str:
        """Path of the camera of the stage that is looked through, empty for none.

        A drag lets go of it: from there on the picture is the user's.
        """
        return self._through if self.camera.lens is not None else ""

    # -- sides and projections -------------------------------------------------------------------

    def face(self, side: str) -> None:
        """Look from one side, without perspective; see ``OrbitCamera.face``."""
        self.leave()
        if not self.camera.side:
            self._turned = self.camera.azimuth, self.camera.elevation
        self.camera.face(side)
        self.camera.orthographic = True

    def use_perspective(self) -> None:
        """Look as before the view from one side, with perspective."""
        self.leave()
        if self.camera.side:
            self.camera.azimuth, self.camera.elevation = self._turned
        self.camera.orthographic, self.camera.fov = False, _FOV

    def toggle_orthographic(self) -> None:
        """Switch perspective on or off; a camera of the stage is let go of.

        Seen from a side the eye is as high as the target, which a view from above may have put
        below the ground: with perspective it then looks at the middle of the scene.
        """
        self.leave(stay=True)
        camera = self.camera
        camera.orthographic = not camera.orthographic
        up = 1 if camera.up_axis == "Y" else 2
        middle = 0.0 if self.scene is None else float(self.scene[0][up])
        if not camera.orthographic and camera.side in LEVEL_SIDES and camera.eye[up] <= 0 < middle:
            camera.target = np.where(np.arange(3) == up, middle, camera.target)

    # -- cameras of the stage --------------------------------------------------------------------

    def look_through(self, path: str, snapshot: SceneSnapshot, aspect: float) -> bool:
        """Look through a camera of the stage; return whether there is one.

        Args:
            path: Prim path of the camera.
            snapshot: The scene.
            aspect: Width divided by height of the view.
        """
        if not self.through:
            self._before = replace(self.camera)
        if not self._see_through(path, snapshot, aspect):
            return False
        self.following, self._through = "", path
        return True

    def leave(self, *, stay: bool = False) -> None:
        """Let go of the camera of the stage.

        Args:
            stay: Stay where it is instead of going back to where the free camera was.
        """
        if not self.through:
            return
        if stay or self._before is None:
            self.camera.let_go()
            return
        for name in ("target", *_FREE):
            setattr(self.camera, name, getattr(self._before, name))
        self.camera.lens = None

    def update(self, snapshot: SceneSnapshot, aspect: float) -> None:
        """Go along with what the camera is tied to, as it is in this snapshot."""
        if self.through:
            self._see_through(self.through, snapshot, aspect)
        elif self.following:
            self._go_along(snapshot)

    def _see_through(self, path: str, snapshot: SceneSnapshot, aspect: float) -> bool:
        cameras = snapshot.cameras
        prim = snapshot.prims.find(path)
        found = np.flatnonzero(cameras.prims == prim) if prim >= 0 else np.zeros(0, np.int64)
        if len(found) == 0:
            return False
        place = shown_world(snapshot, int(cameras.rows[found[0]]))
        if not np.isfinite(place).all():
            return True
        self._set_lens(cameras, int(found[0]), place, aspect)
        return True

    def _set_lens(
        self, cameras: CameraRows, row: int, place: NDArray[np.float64], aspect: float
    ) -> None:
        camera = self.camera
        aperture = np.array([cameras.horizontal_aperture[row], cameras.vertical_aperture[row]])
        aperture = _usable(aperture, np.array(_APERTURE))
        flat = bool(cameras.orthographic[row])
        # Orthographic apertures are tenths of a stage unit; otherwise only the ratio counts.
        lengths = cameras.focal_length[row : row + 1]
        focal = 10.0 if flat else float(_usable(lengths, np.array([_FOCAL]))[0])
        half = aperture / 2 / focal
        self._gate = half
        high = float(max(half[1], half[0] / aspect))
        camera.orthographic = flat
        if flat:
            camera.fov, camera.distance = _FOV, high / float(np.tan(_FOV / 2))
        else:
            camera.fov = 2 * float(np.arctan(high))
        offset = cameras.offset[row] / focal
        near, far = cameras.clipping[row].tolist()
        if not 0.0 <= near < far:
            # Nothing lies between such planes: the scene decides.
            near, far = 0.0, np.inf
        axes, eye = _upright(place), place[3, :3]
        depth = camera.distance
        if self.scene is not None:
            slope = 0.0 if flat else high
            depth = sight_depth(eye, axes, camera.up_axis, slope, self.scene) or depth
        if not flat:
            # Wherever the free camera was: what goes by the distance goes by what is seen.
            camera.distance = depth
        camera.lens = Lens(axes, (float(offset[0]), float(offset[1])), near, far, depth)
        camera.target = eye - camera.distance * camera.backward

    @property
    def gate(self) -> NDArray[np.float64] | None:
        """Corners of what the camera of the stage would record [stage units], shape [4, 3]."""
        camera = self.camera
        if not self.through or camera.lens is None:
            return None
        depth = min(max(camera.distance, camera.lens.near * 1.01), camera.lens.far * 0.99)
        reach = 1.0 if camera.orthographic else depth
        corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * self._gate + camera.shift
        local = np.column_stack([corners * reach, np.full(4, -depth)])
        return camera.eye + local @ camera.rotation

    # -- following -------------------------------------------------------------------------------

    def follow(self, path: str, snapshot: SceneSnapshot, shift: NDArray[np.floating]) -> bool:
        """Keep a prim in the middle from now on; return whether it has a place.

        Args:
            path: Prim path; empty stops.
            snapshot: The scene.
            shift: By how much its environment is drawn beside its place [stage units], shape [3].
        """
        self.leave(stay=True)
        self.following, self._followed = path, None
        if not path:
            return False
        place = place_of(snapshot, path)
        if place is None:
            self.following = ""
            return False
        self._followed = place
        self.camera.target = place + shift
        return True

    def _go_along(self, snapshot: SceneSnapshot) -> None:
        place = place_of(snapshot, self.following)
        if place is None:
            self.following = ""
            return
        if self._followed is not None:
            self.camera.target = self.camera.target + place - self._followed
        self._followed = place

    # -- words, memory ---------------------------------------------------------------------------

    @property
    def label(self) -> str:
        """What the camera is, in a few words; empty for the free camera."""
        if self.through:
            return f"Through {self.through}"
        side = self.camera.side
        words = [side.capitalize()] if side else []
        if self.camera.orthographic:
            words.append("orthographic" if side else "Orthographic")
        if self.following:
            words.append(f"following {self.following.rpartition('/')[2]}")
        text = " · ".join(words)
        return text[:1].upper() + text[1:]

    def restart(self) -> None:
        """Let go of everything: the next snapshot shows another stage."""
        self.leave()
        self.following, self.camera.orthographic = "", False

    def remember(self, stage: str) -> None:
        """Keep where the camera is for a stage; a stage without a name is forgotten."""
        if not stage:
            return
        camera = self._before if self.through and self._before is not None else self.camera
        values = {name: float(getattr(camera, name)) for name in _FREE}
        self._kept.pop(stage, None)
        self._kept[stage] = {**values, "target": camera.target.tolist()}

    def recall(self, stage: str) -> bool:
        """Go where the camera was on a stage; return whether that is known."""
        kept = self._kept.get(stage)
        if kept is None:
            return False
        for name in _FREE[:-1]:
            setattr(self.camera, name, float(kept[name]))
        self.camera.orthographic = bool(kept["orthographic"])
        self.camera.target = np.array(kept["target"], np.float64)
        return True

    def export(self, most: int = 20) -> dict[str, dict[str, Any]]:
        """Return what is remembered, of the stages seen last, as plain numbers."""
        return dict(list(self._kept.items())[-most:])

    def adopt(self, kept: dict[str, dict[str, Any]]) -> None:
        """Take over what ``export`` returned; what does not make sense is left out."""
        for stage, values in kept.items():
            if isinstance(values, dict) and {*_FREE, "target"} <= set(values):
                target = values["target"]
                numbers = [values[name] for name in _FREE] + list(target)
                if len(target) == 3 and np.isfinite(np.array(numbers, np.float64)).all():
                    self._kept[stage] = values


def _usable(values: NDArray[np.floating], fallback: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return sizes that a lens can have: USD's own default where one is none."""
    values = np.asarray(values, np.float64)
    return np.where(np.isfinite(values) & (values > 0.0), values, fallback)


def _upright(place: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return right, up and backward of a camera, which looks the same way when it is mirrored.

    Source: ``GfFrustum::SetPositionAndRotationFromMatrix`` of OpenUSD.
    """
    if np.linalg.det(place[:3, :3]) < 0.0:
        place = place * np.array([[-1.0], [1.0], [1.0], [1.0]])
    return axes_of(place)


def shown_world(snapshot: SceneSnapshot, row: int) -> NDArray[np.float64]:
    """Return the world matrix of a row as it is drawn, shape [4, 4]."""
    table = snapshot.transforms
    return (table.fabric_world if table.has_fabric[row] else table.usd_world)[row]


def place_of(snapshot: SceneSnapshot, path: str) -> NDArray[np.float64] | None:
    """Return where a prim is drawn before environments are spread [stage units], shape [3]."""
    prim = snapshot.prims.find(path)
    row = snapshot.transforms.row_of_prim(prim) if prim >= 0 else -1
    if row < 0:
        return None
    place = shown_world(snapshot, row)[3, :3]
    return place.copy() if np.isfinite(place).all() else None


def box_of_places(
    snapshot: SceneSnapshot | None, paths: Sequence[str]
) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    """Return the lowest and highest corner around where prims are; None when none has a place.

    A light, a camera or an empty Xform has a place, but no size.

    Args:
        snapshot: The scene.
        paths: Their paths; of very many the first ones.
    """
    if snapshot is None:
        return None
    found = [place_of(snapshot, path) for path in islice(paths, _MOST_PLACES)]
    places = [place for place in found if place is not None]
    return (np.min(places, axis=0), np.max(places, axis=0)) if places else None


def camera_paths(snapshot: SceneSnapshot, env_id: int) -> list[str]:
    """Return the cameras to choose from: outside of the environments, and those of one of them.

    Args:
        snapshot: The scene.
        env_id: The environment; the first one that has a camera without.
    """
    prims = snapshot.cameras.prims
    envs = snapshot.prims.env_id[prims]
    inside = envs[envs != GLOBAL_ENV]
    wanted = env_id if env_id in inside else int(inside.min(initial=np.iinfo(np.int32).max))
    chosen = prims[(envs == GLOBAL_ENV) | (envs == wanted)]
    return [snapshot.prims.path(int(prim)) for prim in chosen[:_MOST_CAMERAS]]
