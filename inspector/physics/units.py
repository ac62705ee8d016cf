"""Between a stage's units and axes and SI with Z up, which every backend computes in."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from pxr import Usd, UsdGeom, UsdPhysics

from inspector.errors import StageError
from inspector.physics.poses import Floats, about, conjugate, multiply, rotate

if TYPE_CHECKING:
    from inspector.physics.usd_to_mjspec.parse import Reports

_LARGEST = 1e30
EARTH_GRAVITY = 9.81
"""Gravity when the stage leaves its magnitude open [m/s²], as UsdPhysics says."""


@dataclass(frozen=True, eq=False)
class StageUnits:
    """Units and up axis of a stage.

    Attributes:
        meters: Metres per stage length unit.
        kilograms: Kilograms per stage mass unit.
        z_up: Quaternion (xyzw) that turns the stage's axes into Z-up axes, shape [4].
    """

    meters: float
    kilograms: float
    z_up: Floats

    @classmethod
    def of(cls, stage: Usd.Stage) -> StageUnits:
        """Read the units of a stage.

        Raises:
            StageError: If a unit is zero, negative, no number or beyond all measure.
        """
        y_up = UsdGeom.GetStageUpAxis(stage) == UsdGeom.Tokens.y
        meters = float(UsdGeom.GetStageMetersPerUnit(stage))
        kilograms = float(UsdPhysics.GetStageKilogramsPerUnit(stage))
        for name, value in (("metersPerUnit", meters), ("kilogramsPerUnit", kilograms)):
            if not 1.0 / _LARGEST < value < _LARGEST:
                tiny = value <= 0.0 or not math.isfinite(value)
                bound = "zero" if tiny else f"{1.0 / _LARGEST:g} and below {_LARGEST:g}"
                raise StageError(
                    f"The stage says {name} = {value:g}, and a unit must be above {bound}.",
                    where=stage.GetRootLayer().identifier,
                    todo=f"Set {name} in its root layer.",
                )
        return cls(
            meters=meters,
            kilograms=kilograms,
            z_up=about((1, 0, 0), math.pi / 2 if y_up else 0.0),
        )

    @property
    def inertia(self) -> float:
        """Factor of inertias, torques and their gains."""
        return self.kilograms * self.meters**2

    def model_frame(self, frames: Floats) -> Floats:
        """Return the frames with Z-up axes that stand where ``frames`` stand.

        Args:
            frames: World poses in stage units and axes, shape [..., 7].

        Returns:
            World poses, still in stage units, of frames whose z points up, shape [..., 7].
        """
        result = np.array(frames, np.float64)
        result[..., 3:] = multiply(
            frames[..., 3:], np.broadcast_to(conjugate(self.z_up), frames[..., 3:].shape)
        )
        return result

    def gravity(
        self,
        scene: UsdPhysics.Scene | None,
        override: tuple[float, float, float] | None,
        reports: Reports,
    ) -> Floats:
        """Return gravity in the stage's axes [m/s²], shape [3].

        Args:
            scene: The PhysicsScene that is read; ``None`` for a stage without one.
            override: Gravity that replaces what the stage says [m/s²].
            reports: Takes what is no gravity.
        """
        if override is not None:
            return np.array(override, np.float64)
        down = rotate(conjugate(self.z_up), (0.0, 0.0, -1.0))
        if scene is None:
            return down * EARTH_GRAVITY
        switch = scene.GetPrim().GetAttribute("newton:gravityEnabled")
        if switch and switch.Get() is False:
            return np.zeros(3)
        direction = np.array(scene.GetGravityDirectionAttr().Get(), np.float64)
        length = float(np.linalg.norm(direction))
        magnitude = float(scene.GetGravityMagnitudeAttr().Get())
        # The schema's own defaults are a direction of zeros and a magnitude of -inf.
        if not math.isfinite(length) or math.isnan(magnitude) or magnitude == math.inf:
            path = str(scene.GetPath())
            reports.add(
                "scene-gravity",
                path,
                f"{path} has a gravity that is not finite (direction {direction.tolist()}, magnitude "
                f"{magnitude:g}); what is not is taken as the earth's.",
            )
        known = math.isfinite(magnitude) and magnitude >= 0.0
        strength = magnitude * self.meters if known else EARTH_GRAVITY
        known = math.isfinite(length) and length > 0.0
        return (direction / length if known else down) * strength


def first_scene(stage: Usd.Stage, *, deep: bool = True) -> UsdPhysics.Scene | None:
    """Return the first PhysicsScene of a stage, or ``None``.

    Looks beside the environments before inside them: scenes are children of the pseudo-root or of
    a top-level prim nearly always, and a full traversal of many clones is slow (0.2 s for 100,000
    prims).

    Args:
        stage: Stage to search.
        deep: Whether to look everywhere if there is none near the top.
    """
    top = stage.GetPseudoRoot().GetChildren()
    for prims in (top, *(prim.GetChildren() for prim in top)):
        for prim in prims:
            if prim.IsA(UsdPhysics.Scene):
                return UsdPhysics.Scene(prim)
    for prim in stage.Traverse() if deep else ():
        if prim.GetTypeName() == "PhysicsScene":
            return UsdPhysics.Scene(prim)
    return None
