"""The Warp kernels of the USDRT guides; Warp reads their source, so they stand in a file.

No postponed annotations here: Warp reads those, too.
"""

import warp as wp

wp.config.log_level = wp.LOG_ERROR


@wp.kernel(enable_backward=False)
def lift(xforms: wp.fabricarray(dtype=wp.mat44d)):
    """Move what is relative to a parent up by 19."""
    i = wp.tid()
    xform = xforms[i]
    xform[3, 2] = xform[3, 2] + wp.float64(19.0)
    xforms[i] = xform


@wp.kernel(enable_backward=False)
def bend(points: wp.fabricarrayarray(dtype=wp.vec3f)):
    """Move the first point of each mesh."""
    i = wp.tid()
    points[i, 0] = wp.vec3f(0.0, 0.0, 7.0)


@wp.kernel(enable_backward=False)
def shift(points: wp.array(dtype=wp.vec3)):
    """Move points up by their x."""
    i = wp.tid()
    points[i] = points[i] + wp.vec3(0.0, 0.0, points[i][0])


@wp.kernel(enable_backward=False)
def invert(order: wp.fabricarray(dtype=wp.uint32), places: wp.array(dtype=wp.uint32)):
    """Note where in Fabric each prim of a view is."""
    i = wp.tid()
    places[int(order[i])] = wp.uint32(i)


@wp.kernel(enable_backward=False)
def place(
    worlds: wp.fabricarray(dtype=wp.mat44d),
    places: wp.array(dtype=wp.uint32),
    targets: wp.array(dtype=wp.vec3d),
):
    """Move each prim of a view."""
    i = wp.tid()
    at = int(places[i])
    world = worlds[at]
    for axis in range(3):
        world[3, axis] = targets[i][axis]
    worlds[at] = world
