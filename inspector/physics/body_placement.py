"""Where the bodies of many environments are: MuJoCo's own kinematics, and nothing else of it.

After a step, MuJoCo's poses are those before its last substep. Asking the batch that steps for the
new ones finds contacts and constraints a second time. What is asked here instead is a model that
has nothing but bodies and joints: no shapes, no drives, and no coordinates for bodies that float
freely, so that its mass matrix costs next to nothing. It holds several environments, because half
of the cost of a small model is that it is a model.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inspector.physics.native import MjModel, mujoco, mujoco_batch
from inspector.physics.poses import Floats

_ENVS_PER_MODEL = 16
_BODY_FIELDS = ("body_pos", "body_quat")
_JOINT_FIELDS = ("jnt_pos", "jnt_axis")


@dataclass(frozen=True, eq=False)
class Skeletons:
    """Bodies and joints of a model, several times side by side; free bodies are mocap bodies.

    Attributes:
        model: The model that they were taken from.
        skeletons: The model that has nothing else.
        count: How many times.
    """

    model: MjModel
    skeletons: MjModel
    count: int

    @classmethod
    def of(cls, model: MjModel, num_envs: int) -> Skeletons:
        """Make them.

        Args:
            model: Model to take bodies and joints from.
            num_envs: Number of its environments; no more are put side by side.
        """
        count = max(1, min(num_envs, _ENVS_PER_MODEL))
        free = _free_bodies(model)
        spec = mujoco.MjSpec()
        # Without starting over, what is nowhere stays nowhere, and its neighbours where they are.
        spec.option.disableflags = int(
            mujoco.mjtDisableBit.mjDSBL_CONTACT
            | mujoco.mjtDisableBit.mjDSBL_CONSTRAINT
            | mujoco.mjtDisableBit.mjDSBL_AUTORESET
        )
        kept = [joint for joint in range(model.njnt) if not free[int(model.jnt_bodyid[joint])]]
        for _ in range(count):
            bodies = [spec.worldbody]
            for body in range(1, model.nbody):
                parent = bodies[int(model.body_parentid[body])]
                # Any mass will do; it moves nothing here.
                added = parent.add_body(mass=1.0, inertia=[1.0, 1.0, 1.0], explicitinertial=True)
                added.mocap = bool(free[body] or model.body_mocapid[body] >= 0)
                bodies.append(added)
            for joint in kept:
                kind = mujoco.mjtJoint(int(model.jnt_type[joint]))
                # The armature keeps joints whose axes lie in one line from being singular.
                bodies[int(model.jnt_bodyid[joint])].add_joint(type=kind, armature=1.0)
        made = spec.compile()
        # After compiling, which would turn and normalise what is exact already.
        for name in _BODY_FIELDS:
            getattr(made, name)[1:] = np.tile(getattr(model, name)[1:], (count, 1))
        for name in _JOINT_FIELDS:
            getattr(made, name)[:] = np.tile(getattr(model, name)[kept], (count, 1))
        starts = [model.qpos0[begin:end] for begin, end in _jointed(model)]
        made.qpos0[:] = np.tile(np.concatenate([*starts, np.empty(0)]), count)
        return cls(model, made, count)


class BodyPlacement:
    """Places the bodies of some environments, in the thread that asks for it.

    Args:
        skeletons: Their bodies and joints.
        batch: The batch that steps all environments; its state is followed.
        envs: The environments of the batch to place.

    Attributes:
        envs: The environments.
        shape: They fill a table of this shape, the last row of it not always to its end.
    """

    def __init__(self, skeletons: Skeletons, batch: Any, envs: slice) -> None:
        self.envs = envs
        self._count = envs.stop - envs.start
        self.shape = (-(-self._count // skeletons.count), skeletons.count)
        self._batch: Any = mujoco_batch.Batch(skeletons.skeletons, self.shape[0], 1)
        model = skeletons.model
        self._qpos = list(self._from_qpos(model))
        self._mocap = [
            part
            for source, target in self._from_mocap(model, batch)
            for part in _parts(source[envs], target)
        ]
        self._bodies = int(model.nbody) - 1

    def table(self, name: str) -> Floats:
        """Return ``xpos`` [m], ``xquat`` (w first) or ``xmat`` of all bodies but the world, live.

        What nobody ever asked for is not there: the first time needs a ``refresh``.

        Args:
            name: The field.

        Returns:
            Values, shape [*shape, bodies, k].
        """
        values: Floats = self._batch.bind(name)
        return values[:, 1:].reshape(*self.shape, self._bodies, values.shape[-1])

    def write(self, name: str, out: Floats) -> None:
        """Write a field to its environments in the field of all, world included.

        Args:
            name: The field.
            out: The field of all environments, shape [e, 1 + bodies, k].
        """
        own = out[self.envs]
        own[:, 1:] = self.table(name).reshape(-1, *own[0, 1:].shape)[: self._count]
        own[:, 0] = self._batch.bind(name)[0, 0]

    def filled(self, values: Floats) -> Floats:
        """Return rows of its environments in a table of its shape; zeros where there are none.

        Args:
            values: A row for every environment, shape [e, k].
        """
        result = np.zeros((*self.shape, values.shape[-1]))
        for source, target in _parts(values[self.envs], result):
            target[...] = source
        return result

    def set_own(self, name: str, values: Floats) -> None:
        """Give environments values of their own in a field of the bodies.

        Args:
            name: The field.
            values: Its values in all environments, shape [e, 1 + bodies, k].
        """
        target = self._batch.expand(name)[:, 1:]
        target = target.reshape(*self.shape, self._bodies, values.shape[-1])
        for source, part in _parts(values[self.envs, 1:], target):
            part[...] = source

    def refresh(self, qpos: Floats) -> None:
        """Let the poses follow the state.

        Args:
            qpos: Coordinates of all environments, shape [e, nq].
        """
        own = qpos[self.envs]
        for begin, end, goal in self._qpos:
            for source, target in _parts(own[:, begin:end], goal):
                target[...] = source
        for source, target in self._mocap:
            target[...] = source
        self._batch.forward(stage=mujoco.mjtStage.mjSTAGE_POS)

    def _from_qpos(self, model: MjModel) -> Iterator[tuple[int, int, Floats]]:
        """Yield columns of ``qpos`` and where they go here."""
        if self._batch.model.nq:
            own, start = self._per_env("qpos"), 0
            for begin, end in _jointed(model):
                width = end - begin
                yield begin, end, own[..., start : start + width]
                start += width
        for at, body in _mocap_bodies(model):
            if model.body_mocapid[body] < 0:
                start = int(model.jnt_qposadr[model.body_jntadr[body]])
                yield start, start + 3, self._per_env("mocap_pos")[:, :, at]
                yield start + 3, start + 7, self._per_env("mocap_quat")[:, :, at]

    def _from_mocap(self, model: MjModel, batch: Any) -> Iterator[tuple[Floats, Floats]]:
        """Yield what places kinematic bodies, and where it goes here."""
        for at, body in _mocap_bodies(model):
            own = int(model.body_mocapid[body])
            if own >= 0:
                for name in ("mocap_pos", "mocap_quat"):
                    yield batch.bind(name)[:, own], self._per_env(name)[:, :, at]

    def _per_env(self, name: str) -> Floats:
        values: Floats = self._batch.bind(name)
        rows, count = self.shape
        return values.reshape(rows, count, values.shape[1] // count, *values.shape[2:])


def _parts(source: Floats, target: Floats) -> Iterator[tuple[Floats, Floats]]:
    """Yield views of ``source``, shape [e, ...], and where they go in ``target``, [w, k, ...]."""
    count = target.shape[1]
    rows, left = divmod(len(source), count)
    if rows:
        yield source[: rows * count].reshape(rows, count, *source.shape[1:]), target[:rows]
    if left:
        yield source[rows * count :], target[rows, :left]


def _mocap_bodies(model: MjModel) -> Iterator[tuple[int, int]]:
    """Yield the mocap index of bodies that are mocap bodies here, and the body."""
    mocap = _free_bodies(model) | (model.body_mocapid >= 0)
    yield from enumerate(np.flatnonzero(mocap).tolist())


def _jointed(model: MjModel) -> Iterator[tuple[int, int]]:
    """Yield where coordinates begin and end that are not those of free bodies."""
    floating = model.jnt_qposadr[model.jnt_type == mujoco.mjtJoint.mjJNT_FREE]
    for last, end in pairwise([-7, *floating.tolist(), int(model.nq)]):
        if end > last + 7:
            yield last + 7, end


def _free_bodies(model: MjModel) -> NDArray[np.bool_]:
    """Return which bodies float freely, shape [b]."""
    free = np.zeros(model.nbody, np.bool_)
    free[model.jnt_bodyid[model.jnt_type == mujoco.mjtJoint.mjJNT_FREE]] = True
    return free
