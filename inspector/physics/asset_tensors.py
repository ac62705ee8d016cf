"""Joints and bodies of an asset in the memory of the engine that moves them.

Nothing here goes through numpy but indices. Where the joints of an asset stand at equal distances
in the engine, as those of equal environments do, a tensor is the engine's memory itself: it shows
the present state, and whoever wants to keep one clones it. Otherwise the device collects them.

Belongs here: [N, J] and [N, B]. How an engine keeps its numbers is ``group_tensors``'s.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray

from inspector.physics.group_tensors import GroupTensors, Indices, Kind, Spot, on
from inspector.physics.tensor_poses import conjugate, multiply, rotate

if TYPE_CHECKING:
    from inspector.physics.recipe_group import RecipeGroup


@dataclass(frozen=True, eq=False)
class JointPart:
    """The instances of an asset that one recipe has.

    Attributes:
        group: The recipe.
        tensors: Its memory.
        instances: Which instances, shape [n].
        env: Their environments in the recipe, shape [n].
        position: Of each joint, its index in ``qpos``, shape [n, J].
        velocity: Its index in ``qvel``, shape [n, J].
        actuator: What drives it, -1 for nothing, shape [n, J].
    """

    group: RecipeGroup
    tensors: GroupTensors
    instances: Indices
    env: Indices
    position: Indices
    velocity: Indices
    actuator: Indices

    def columns(self, kind: Kind) -> Indices:
        """Return where the memory has a kind, shape [n, J]; -1 for nowhere."""
        if kind is Kind.POSITION:
            return self.tensors.columns(kind, self.position)
        if kind in {Kind.VELOCITY, Kind.EFFORT}:
            return self.tensors.columns(kind, self.velocity)
        return np.where(self.actuator >= 0, self.tensors.columns(kind, self.actuator), -1)

    @cached_property
    def by_position(self) -> NDArray[np.bool_]:
        """Whether each joint's drive steers towards a position, shape [n, J]."""
        stiff = self.group.translation.model.actuator_biasprm[:, 1] != 0.0
        return (self.actuator >= 0) & np.append(stiff, [False])[self.actuator]


class JointTensors:
    """The joints of an asset, shape [N, J].

    Args:
        parts: Its instances, recipe by recipe.
        shape: N and J.
    """

    def __init__(self, parts: Sequence[JointPart], shape: tuple[int, int]) -> None:
        self._parts = tuple(parts)
        self._shape = shape
        self.device = parts[0].tensors.device
        """Where the tensors are."""
        self._columns = {kind: [part.columns(kind) for part in self._parts] for kind in Kind}
        self._spots = {
            kind: [Spot(p.env, c) for p, c in zip(self._parts, columns, strict=True)]
            for kind, columns in self._columns.items()
        }

    def read(self, kind: Kind) -> torch.Tensor:
        """Return positions, velocities or efforts, float32, shape [N, J]."""
        return self._joined(lambda i, part: self._spots[kind][i].read(part.tensors.values(kind)))

    def position_targets(self) -> torch.Tensor:
        """Return positions that drives steer towards, 0 for none, shape [N, J]."""
        return self._joined(self._position_targets)

    def speed_targets(self) -> torch.Tensor:
        """Return velocities that drives keep, 0 for none, shape [N, J]."""
        return self._joined(self._speed_targets)

    def can_write(self, kind: Kind, joints: Indices | None) -> bool:
        """Whether ``write`` knows how: targets need drives of the right sort.

        Args:
            kind: What would be written.
            joints: Joints; ``None`` for all.
        """
        chosen = slice(None) if joints is None else joints
        for part in self._parts:
            stiff = part.by_position[:, chosen]
            driven = part.actuator[:, chosen] >= 0
            if kind is Kind.POSITION_TARGET and not (driven & stiff).all():
                return False
            if part.tensors.speeds_of_all:
                stiff = np.zeros_like(stiff)
            if kind is Kind.VELOCITY_TARGET and not (driven & ~stiff).all():
                return False
        return True

    def write(
        self,
        kind: Kind,
        values: torch.Tensor,
        instances: Indices | None = None,
        joints: Indices | None = None,
    ) -> None:
        """Write numbers of a kind; ``refresh`` lets bodies follow.

        Args:
            kind: What is written.
            values: On the engine's device, shape [k, j].
            instances: Instances, k of them; ``None`` for all.
            joints: Joints, j of them; ``None`` for all.
        """
        for index, part in enumerate(self._parts):
            mine, local = _shared(part.instances, instances, self._shape[0])
            if not len(local):
                continue
            spot, env = self._spots[kind][index], part.env
            if instances is not None or joints is not None:
                chosen = slice(None) if joints is None else joints
                env = env[local]
                spot = Spot(env, self._columns[kind][index][local][:, chosen])
            whole = _is_all(mine, len(values))
            given = values if whole else values[on(values, mine)]
            spot.write(part.tensors.values(kind), given)
            part.tensors.wrote(kind, env)

    def refresh(self) -> None:
        """Let bodies follow the joints that were written."""
        for part in self._parts:
            part.group.refresh()

    def _position_targets(self, index: int, part: JointPart) -> torch.Tensor:
        kind = Kind.POSITION_TARGET
        columns, stiff = self._columns[kind][index], part.by_position
        values = part.tensors.values(kind)
        if stiff.all():
            return self._spots[kind][index].read(values)
        if not stiff.any():
            return values.new_zeros(stiff.shape)
        found = Spot(part.env, np.where(stiff, columns, columns[stiff][0])).read(values)
        return torch.where(on(values, stiff), found, 0.0)

    def _speed_targets(self, index: int, part: JointPart) -> torch.Tensor:
        del index
        driven, values = part.actuator >= 0, part.tensors.speed_targets()
        if not driven.any():
            return values.new_zeros(driven.shape)
        found = Spot(part.env, np.maximum(part.actuator, 0)).read(values)
        return found if driven.all() else torch.where(on(values, driven), found, 0.0)

    def _joined(self, read: Callable[[int, JointPart], torch.Tensor]) -> torch.Tensor:
        first = self._parts[0]
        if len(self._parts) == 1 and _is_all(first.instances, self._shape[0]):
            return read(0, first)
        result = torch.empty(self._shape, dtype=torch.float32, device=self.device)
        for index, part in enumerate(self._parts):
            result[on(result, part.instances)] = read(index, part)
        return result


@dataclass(frozen=True, eq=False)
class BodyPart:
    """The instances of an asset that one recipe has.

    Attributes:
        group: The recipe.
        tensors: Its memory.
        instances: Which instances, shape [n].
        env: Their environments in the recipe, shape [n].
        body: Bodies of the model, shape [n, B].
    """

    group: RecipeGroup
    tensors: GroupTensors
    instances: Indices
    env: Indices
    body: Indices


class BodyTensors:
    """The bodies of an asset, shape [N, B], in the world frame.

    Args:
        parts: Its instances, recipe by recipe.
        shape: N and B.
    """

    def __init__(self, parts: Sequence[BodyPart], shape: tuple[int, int]) -> None:
        self._parts = tuple(parts)
        self._shape = shape
        self.device = parts[0].tensors.device
        """Where the tensors are."""
        frames = [
            torch.as_tensor(part.group.frames[part.env], device=self.device) for part in parts
        ]
        self._frames = [(frame[:, None, :3], frame[:, None, 3:]) for frame in frames]
        turned = [np.abs(part.group.frames[part.env, 3:6]).max(initial=0.0) for part in parts]
        self._turned = [bool(turn > 0.0) for turn in turned]

    @property
    def roots_are_free(self) -> bool:
        """Whether nothing holds the root of any instance."""
        return all((_free_of(part, part.body[:, 0]) >= 0).all() for part in self._parts)

    def poses(self, bodies: slice = slice(None)) -> torch.Tensor:
        """Return position [stage units] + quat_xyzw, float32, shape [N, B, 7].

        Args:
            bodies: Which of the asset's bodies.
        """
        return self._joined(lambda i, part: self._poses(i, part, part.body[:, bodies]), 7)

    def velocities(self, bodies: slice = slice(None)) -> torch.Tensor:
        """Return velocities of the centres [m/s] and spins [rad/s], float32, shape [N, B, 6].

        Args:
            bodies: Which of the asset's bodies.
        """
        return self._joined(lambda i, part: self._velocities(i, part, part.body[:, bodies]), 6)

    def put_roots(self, poses: torch.Tensor, instances: Indices | None) -> None:
        """Put free roots somewhere, and let the bodies on them follow.

        Args:
            poses: World poses in stage units, on the engine's device, shape [k, 7].
            instances: Instances, k of them; ``None`` for all.
        """
        for part, (origins, turns) in zip(self._parts, self._frames, strict=True):
            mine, local = _shared(part.instances, instances, self._shape[0])
            if not len(local):
                continue
            given = poses[on(poses, mine)].double()
            rows = on(given, local)
            back = conjugate(turns[rows, 0])
            position = rotate(back, given[:, :3] - origins[rows, 0]) * part.group.meters
            quat = multiply(back, given[:, 3:])
            placed = torch.cat([position, quat / quat.norm(dim=1, keepdim=True)], dim=1)
            part.tensors.put_free(part.env[local], _free_of(part, part.body[local, 0]), placed)
            part.group.refresh()

    def throw_roots(self, velocities: torch.Tensor, instances: Indices | None) -> None:
        """Give free roots velocities.

        Args:
            velocities: Of the centres [m/s] and spins [rad/s] in the world, shape [k, 6].
            instances: Instances, k of them; ``None`` for all.
        """
        for part, (_, turns) in zip(self._parts, self._frames, strict=True):
            mine, local = _shared(part.instances, instances, self._shape[0])
            if not len(local):
                continue
            given = velocities[on(velocities, mine)].double()
            back = conjugate(turns[on(given, local), 0])
            thrown = torch.cat([rotate(back, given[:, :3]), rotate(back, given[:, 3:])], dim=1)
            part.tensors.throw_free(part.env[local], _free_of(part, part.body[local, 0]), thrown)
            part.group.refresh()

    def _poses(self, index: int, part: BodyPart, body: Indices) -> torch.Tensor:
        origins, turns = self._frames[index]
        found, quats = part.tensors.body_poses()
        spot = Spot(part.env, body)
        position = spot.read(found).double() / part.group.meters
        quat = spot.read(quats)
        if self._turned[index]:
            position = rotate(turns, position)
            quat = multiply(turns, quat.double())
        return torch.cat([(position + origins).float(), quat.float()], dim=-1)

    def _velocities(self, index: int, part: BodyPart, body: Indices) -> torch.Tensor:
        found = Spot(part.env, body).read(part.tensors.body_velocities())
        if not self._turned[index]:
            return found
        turn = self._frames[index][1].float()
        return torch.cat([rotate(turn, found[..., :3]), rotate(turn, found[..., 3:])], dim=-1)

    def _joined(self, read: Callable[[int, BodyPart], torch.Tensor], width: int) -> torch.Tensor:
        first = self._parts[0]
        if len(self._parts) == 1 and _is_all(first.instances, self._shape[0]):
            return read(0, first)
        found = [read(index, part) for index, part in enumerate(self._parts)]
        shape = (self._shape[0], found[0].shape[1], width)
        result = torch.empty(shape, dtype=torch.float32, device=self.device)
        for part, values in zip(self._parts, found, strict=True):
            result[on(result, part.instances)] = values
        return result


def _shared(mine: Indices, asked: Indices | None, count: int) -> tuple[Indices, Indices]:
    """Return which of the instances asked for a part has, and where in the part they are."""
    if asked is None:
        return mine, np.arange(len(mine))
    place = np.full(count, -1, np.int64)
    place[mine] = np.arange(len(mine))
    local = place[asked]
    found = np.flatnonzero(local >= 0)
    return found, local[found]


def _is_all(instances: Indices, count: int) -> bool:
    return np.array_equal(instances, np.arange(count))


def _free_of(part: BodyPart, body: Indices) -> Indices:
    """Return which of the free bodies each body is, -1 for none."""
    translation = part.group.translation
    place = np.full(len(translation.bodies), -1, np.int64)
    place[translation.free] = np.arange(len(translation.free))
    return place[body]
