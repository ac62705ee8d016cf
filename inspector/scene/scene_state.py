"""The state of a whole scene as nested dictionaries of tensors, in Isaac Lab's words."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import torch

from inspector.assets.articulation import Articulation
from inspector.assets.ids import EnvIds, ids_of
from inspector.assets.rigid_object import checked_tensor

if TYPE_CHECKING:
    from inspector.scene.interactive_scene import InteractiveScene

State: TypeAlias = dict[str, dict[str, dict[str, torch.Tensor]]]
"""``state["articulation" | "rigid_object"][name][quantity]``."""


def get_state(scene: InteractiveScene, *, is_relative: bool) -> State:
    """Return the state of all entities, see ``InteractiveScene.get_state``."""
    state: State = {"articulation": {}, "rigid_object": {}}
    for name, articulation in scene.articulations.items():
        state["articulation"][name] = {
            **_root_state(scene, articulation.data, is_relative=is_relative),
            "joint_position": articulation.data.joint_pos.clone(),
            "joint_velocity": articulation.data.joint_vel.clone(),
        }
    for name, rigid in scene.rigid_objects.items():
        state["rigid_object"][name] = _root_state(scene, rigid.data, is_relative=is_relative)
    return state


def reset_to(
    scene: InteractiveScene,
    state: State,
    env_ids: EnvIds,
    *,
    is_relative: bool,
) -> None:
    """Write the state of all entities, see ``InteractiveScene.reset_to``."""
    checked = ids_of("env_ids", env_ids, scene.num_envs)
    ids = torch.arange(scene.num_envs) if checked is None else torch.as_tensor(checked)
    origins = scene.env_origins[ids]
    # All of it is checked before anything moves.
    wanted = [
        (scene[name], _checked(scene, name, values, len(ids)))
        for kind in ("articulation", "rigid_object")
        for name, values in state.get(kind, {}).items()
    ]
    for entity, values in wanted:
        pose = values["root_pose"].clone()
        if is_relative:
            pose[:, :3] += origins
        entity.write_root_pose_to_sim(pose, ids)
        entity.write_root_velocity_to_sim(values["root_velocity"], ids)
        if isinstance(entity, Articulation):
            entity.write_joint_state_to_sim(
                values["joint_position"], values["joint_velocity"], env_ids=ids
            )


def _checked(
    scene: InteractiveScene, name: str, values: dict[str, torch.Tensor], count: int
) -> dict[str, torch.Tensor]:
    """Return the state of an entity for so many environments.

    Raises:
        KeyError: There is no such entity, or a quantity is missing.
        ValueError: A quantity has another shape, or is not finite.
    """
    entity = scene[name]
    widths = {"root_pose": 7, "root_velocity": 6}
    if isinstance(entity, Articulation):
        widths |= dict.fromkeys(("joint_position", "joint_velocity"), entity.num_joints)
    return {
        quantity: checked_tensor(
            f"{quantity} of '{name}'", values[quantity], (count, width), scene.device
        )
        for quantity, width in widths.items()
    }


def _root_state(
    scene: InteractiveScene, data: object, *, is_relative: bool
) -> dict[str, torch.Tensor]:
    from inspector.assets.body_data import BodyData

    assert isinstance(data, BodyData)  # every entity of a scene has it
    pose = data.root_pose_w.clone()
    if is_relative:
        pose[:, :3] -= scene.env_origins
    return {"root_pose": pose, "root_velocity": data.root_vel_w.clone()}
