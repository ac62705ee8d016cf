"""Between a stage's units and axes and SI with Z up, which every backend computes in."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from pxr import Usd, UsdGeom, UsdPhysics

from inspector.physics.poses import Floats, about, conjugate, multiply, rotate

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
        """Read the units of a stage."""
        y_up = UsdGeom.GetStageUpAxis(stage) == UsdGeom.Tokens.y
        return cls(
            meters=float(UsdGeom.GetStageMetersPerUnit(stage)),
            kilograms=float(UsdPhysics.GetStageKilogramsPerUnit(stage)),
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

    def gravity(self, stage: Usd.Stage, override: tuple[float, float, float] | None) -> Floats:
        """Return gravity in the stage's axes [m/s²], shape [3].

        Args:
            stage: Stage whose first PhysicsScene is read.
            override: Gravity that replaces what the stage says [m/s²].
        """
        if override is not None:
            return np.array(override, np.float64)
        down = rotate(conjugate(self.z_up), (0.0, 0.0, -1.0))
        scene = first_scene(stage)
        if scene is None:
            return down * EARTH_GRAVITY
        switch = scene.GetPrim().GetAttribute("newton:gravityEnabled")
        if switch and switch.Get() is False:
            return np.zeros(3)
        direction = np.array(scene.GetGravityDirectionAttr().Get(), np.float64)
        length = float(np.linalg.norm(direction))
        magnitude = float(scene.GetGravityMagnitudeAttr().Get())
        strength = magnitude * self.meters if magnitude >= 0.0 else EARTH_GRAVITY
        return (direction / length if length > 0.0 else down) * strength


def first_scene(stage: Usd.Stage) -> UsdPhysics.Scene | None:
    """Return the first PhysicsScene of a stage, or ``None``.

    Looks beside the environments before inside them: scenes are children of the pseudo-root or of
    a top-level prim nearly always, and a full traversal of many clones is slow.
    """
    top = stage.GetPseudoRoot().GetChildren()
    for prims in (top, *(prim.GetChildren() for prim in top)):
        for prim in prims:
            if prim.IsA(UsdPhysics.Scene):
                return UsdPhysics.Scene(prim)
    return None
