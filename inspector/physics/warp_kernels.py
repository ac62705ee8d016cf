# pyright: basic, reportArgumentType=false, reportIndexIssue=false, reportOperatorIssue=false, reportAttributeAccessIssue=false
"""Kernels of our own that run after the engine's, on the same device and in the same CUDA graph.

Belongs here: what turns an engine's coordinates into ours. Warp reads the annotations, so they are
values and not strings; importing this module imports Warp.
"""

import warp as wp


@wp.kernel(enable_backward=False)
def keep_state(
    time: wp.array[float],
    qpos: wp.array2d[float],
    qvel: wp.array2d[float],
    acceleration: wp.array2d[float],
    time_kept: wp.array[float],
    qpos_kept: wp.array2d[float],
    qvel_kept: wp.array2d[float],
    acceleration_kept: wp.array2d[float],
) -> None:
    """Copy what a step changes; one kernel, because each launch costs more than its copying."""
    env, index = wp.tid()  # pyright: ignore[reportAssignmentType, reportGeneralTypeIssues] as many as launched
    if index == 0:
        time_kept[env] = time[env]
    if index < qpos.shape[1]:
        qpos_kept[env, index] = qpos[env, index]
    if index < qvel.shape[1]:
        qvel_kept[env, index] = qvel[env, index]
        acceleration_kept[env, index] = acceleration[env, index]


@wp.kernel(enable_backward=False)
def place_bodies(
    xpos: wp.array2d[wp.vec3],
    xmat: wp.array2d[wp.mat33],
    origin: wp.array[wp.vec3d],
    turn: wp.array[wp.mat33d],
    units: wp.float64,
    overflow: wp.array[wp.int32],
    too_small: wp.int32,
    world: wp.array2d[wp.mat44d],
    verdict: wp.array[wp.int32],
) -> None:
    """Write world matrices (row-vector, stage units) of all bodies.

    The verdict says whether one is not finite, and which capacities were too small in any
    environment, which is then forgotten there.
    """
    env, body = wp.tid()  # pyright: ignore[reportAssignmentType, reportGeneralTypeIssues] as many as launched
    if body == 0:
        found = overflow[env] & too_small
        if found != 0:
            wp.atomic_or(verdict, 1, found)
        overflow[env] = 0
    place = xpos[env, body + 1]
    rotation = xmat[env, body + 1]
    point = origin[env] + turn[env] * (wp.vec3d(place) * units)
    r = turn[env] * wp.mat33d(rotation)
    zero, one = wp.float64(0.0), wp.float64(1.0)
    world[env, body] = wp.mat44d(
        r[0, 0], r[1, 0], r[2, 0], zero,
        r[0, 1], r[1, 1], r[2, 1], zero,
        r[0, 2], r[1, 2], r[2, 2], zero,
        point[0], point[1], point[2], one,
    )  # fmt: skip
    if not (wp.isfinite(place) and wp.isfinite(rotation)):
        wp.atomic_max(verdict, 0, 1)
