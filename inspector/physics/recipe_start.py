"""Where the environments of one recipe begin: states and what each has of its own in the model.

Belongs here: the difference between an environment and the one that its model was made from. How
an engine stores it is the engine's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inspector.physics.native import mujoco
from inspector.physics.poses import (
    IDENTITY,
    Floats,
    compose,
    conjugate,
    invert,
    multiply,
    rotate,
    wxyz,
)
from inspector.physics.soft import SoftPrim
from inspector.physics.units import StageUnits
from inspector.physics.usd_to_mjspec.motions import MotionKind
from inspector.physics.usd_to_mjspec.translate import JointSlot, Translation
from inspector.physics.usd_to_mjspec.tree import WORLD

_SAME = 1e-9
"""Poses this close [m or quaternion] are equal but for rounding."""


@dataclass(frozen=True, eq=False)
class RecipePlaces:
    """The environments of one recipe.

    Attributes:
        translation: The model that they share.
        env_ids: Env ids, -1 for the world outside, int32, shape [e].
        frames: Model frames of the environments, world poses in stage units, shape [e, 7].
        local: Poses of the bodies at play in their model frames, SI, shape [e, b, 7].
        units: Units of the stage.
        gravity: Gravity in the stage's axes [m/s²], shape [3].
        reference: Row of the environment that the model was made from.
        soft: Its particles and cloth.
    """

    translation: Translation
    env_ids: NDArray[np.int32]
    frames: Floats
    local: Floats
    units: StageUnits
    gravity: Floats
    reference: int = 0
    soft: tuple[SoftPrim, ...] = ()


@dataclass(frozen=True, eq=False)
class RecipeStart:
    """What an engine begins with.

    Attributes:
        state: Fields of ``MjData`` by name, shape [e, ...] each.
        own: Fields of ``MjModel`` that differ between environments, shape [e, ...] each.
    """

    state: Mapping[str, Floats]
    own: Mapping[str, Floats]

    @classmethod
    def of(cls, places: RecipePlaces) -> RecipeStart:
        """Work out where environments begin."""
        return cls(_state(places), _own_fields(places))


def _own_fields(places: RecipePlaces) -> dict[str, Floats]:
    """Statics, fixed bases and gravity of each environment's own place."""
    translation, frames, reference = places.translation, places.frames, places.reference
    model, local = translation.model, places.local
    shift = compose(invert(frames), np.broadcast_to(frames[reference], frames.shape))
    shift[:, :3] *= places.units.meters
    moved: list[tuple[int, Floats]] = []
    body = translation.globals_body
    if body >= 0 and not _is_invisible(translation, body, shift):
        moved.append((body, shift))
    spread = np.abs(local - local[reference]).max(axis=(0, 2), initial=0.0)
    moved += [(int(i) + 1, local[:, i]) for i in translation.welded if spread[i] > _SAME]
    own: dict[str, Floats] = {}
    if moved:
        count = (len(frames), 1, 1)
        own = {
            "body_pos": np.tile(model.body_pos, count),
            "body_quat": np.tile(model.body_quat, count),
        }
    for at, poses in moved:
        own["body_pos"][:, at] = poses[:, :3]
        own["body_quat"][:, at] = wxyz(poses[:, 3:])
    pulls = rotate(conjugate(frames[:, 3:]), places.gravity)
    if np.abs(pulls - pulls[reference]).max() > _SAME:
        own["opt.gravity"] = pulls
    return own


def _is_invisible(translation: Translation, body: int, shift: Floats) -> bool:
    """Infinite planes stay the same planes when they are moved within themselves."""
    model = translation.model
    geoms = np.flatnonzero(model.geom_bodyid == body)
    if (model.geom_type[geoms] != mujoco.mjtGeom.mjGEOM_PLANE).any():
        return bool(np.abs(shift - shift[0]).max() == 0.0 and not shift[0, :6].any())
    for geom in geoms:
        normal = rotate(np.roll(model.geom_quat[geom], -1), (0.0, 0.0, 1.0))
        moved = rotate(shift[:, 3:], normal)
        point = np.array(model.geom_pos[geom])
        lifted = ((shift[:, :3] + rotate(shift[:, 3:], point) - point) * normal).sum(axis=-1)
        if np.abs(moved - normal).max() > 0.0 or np.abs(lifted).max() > 1e-12:
            return False
    return True


def _state(places: RecipePlaces) -> dict[str, Floats]:
    translation, local, count = places.translation, places.local, len(places.env_ids)
    qpos = np.tile(translation.positions, (count, 1))
    for index, address in zip(translation.free, translation.free_address, strict=True):
        qpos[:, address : address + 3] = local[:, index, :3]
        qpos[:, address + 3 : address + 7] = wxyz(local[:, index, 3:])
    index_of = {path: i for i, path in enumerate(translation.bodies)}
    for slot in translation.joints:
        _set_joint(qpos, slot, places, index_of)
    state = {
        "qpos": qpos,
        "qvel": _velocities(places),
        "ctrl": np.tile(translation.controls, (count, 1)),
    }
    if translation.kinematic.any():
        state["mocap_pos"] = local[:, translation.kinematic, :3]
        state["mocap_quat"] = wxyz(local[:, translation.kinematic, 3:])
    return state


def _velocities(places: RecipePlaces) -> Floats:
    """Velocities at play: those of free bodies are authored in the body's axes, and turn with it."""
    translation, model = places.translation, places.translation.model
    qvel = np.tile(translation.velocities, (len(places.env_ids), 1))
    for index, address in zip(translation.free, translation.free_address, strict=True):
        start = int(model.jnt_dofadr[np.searchsorted(model.jnt_qposadr, address)])
        linear = translation.velocities[start : start + 3]
        if linear.any():
            turn = multiply(places.local[:, index, 3:], conjugate(translation.poses[index, 3:]))
            qvel[:, start : start + 3] = rotate(turn, linear)
    return qvel


def _set_joint(
    qpos: Floats, slot: JointSlot, places: RecipePlaces, index_of: dict[str, int]
) -> None:
    """Move a joint to where this environment's bodies are; rounding is not a difference."""
    joint, local = slot.joint, places.local
    moving = [index_of[path] for path in (joint.body0, joint.body1) if path != WORLD]
    difference = np.abs(local[:, moving] - places.translation.poses[moving])
    differs = difference.max(axis=(1, 2)) > _SAME
    # Whole trees that were carried elsewhere keep their coordinates up to rounding.
    if not differs.any() or any(m.kind is MotionKind.BALL for m in joint.motions):
        return
    ends = [
        np.broadcast_to(IDENTITY, (len(local), 7)) if path == WORLD else local[:, index_of[path]]
        for path in (joint.body0, joint.body1)
    ]
    found = joint.coordinates(ends[0], ends[1])
    changed = differs[:, None] & (np.abs(found - joint.reference) > 1e-6) & ~slot.stated
    qpos[:, slot.addresses] = np.where(changed, found, qpos[:, slot.addresses])
