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
    xpos: wp.array3d[float],
    xmat: wp.array4d[float],
    origin: wp.array2d[wp.float64],
    turn: wp.array3d[wp.float64],
    units: wp.float64,
    overflow: wp.array[wp.int32],
    too_small: wp.int32,
    world: wp.array3d[wp.float64],
    verdict: wp.array[wp.int32],
) -> None:
    """Write world matrices (row-vector, stage units) of all bodies, a number per thread.

    Neighbours write side by side, and read single numbers: a matrix that is indexed by what is not
    known beforehand would leave the registers. The verdict says whether a number is not finite, and
    whether a capacity was too small in any environment, which is then forgotten there.
    """
    env, body, index = wp.tid()  # pyright: ignore[reportAssignmentType, reportGeneralTypeIssues] as many as launched
    row, column = index // 4, index % 4
    value = wp.float64(0.0)
    if column < 3:
        for axis in range(3):
            along = xpos[env, body + 1, axis]
            if row < 3:
                along = xmat[env, body + 1, axis, row]
            value += turn[env, column, axis] * wp.float64(along)
        if row == 3:
            value = origin[env, column] + value * units
    elif row == 3:
        value = wp.float64(1.0)
    world[env, body, index] = value
    if not wp.isfinite(value):
        verdict[0] = 1
    if body == 0 and index == 0:
        if (overflow[env] & too_small) != 0:
            verdict[1] = 1
        overflow[env] = 0
