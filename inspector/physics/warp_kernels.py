# pyright: basic, reportArgumentType=false, reportCallIssue=false, reportIndexIssue=false, reportOperatorIssue=false, reportAttributeAccessIssue=false
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
    world: wp.array4d[wp.float64],
    verdict: wp.array[wp.int32],
) -> None:
    """Write world matrices (row-vector, stage units) of all bodies, a number per thread.

    Neighbours write side by side, which takes a quarter of the time of a matrix per thread. The
    verdict says whether a pose is not finite, and whether a capacity was too small in any
    environment, which is then forgotten there.
    """
    env, body, row, column = wp.tid()  # pyright: ignore[reportAssignmentType, reportGeneralTypeIssues] as many as launched
    place = xpos[env, body + 1]
    rotation = xmat[env, body + 1]
    value = wp.float64(0.0)
    if column < 3:
        along = turn[env][column]
        if row < 3:
            axis = wp.vec3(rotation[0, row], rotation[1, row], rotation[2, row])
            value = wp.dot(along, wp.vec3d(axis))
        else:
            value = origin[env][column] + wp.dot(along, wp.vec3d(place) * units)
    elif row == 3:
        value = wp.float64(1.0)
    world[env, body, row, column] = value
    if row == 0 and column == 0:
        if not (wp.isfinite(place) and wp.isfinite(rotation)):
            verdict[0] = 1
        if body == 0:
            if (overflow[env] & too_small) != 0:
                verdict[1] = 1
            overflow[env] = 0
