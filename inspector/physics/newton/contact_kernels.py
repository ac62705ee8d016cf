# pyright: basic, reportArgumentType=false, reportIndexIssue=false, reportOperatorIssue=false, reportAttributeAccessIssue=false, reportGeneralTypeIssues=false, reportCallIssue=false
"""Kernels that see to the contacts of a substep, on the device and in the same CUDA graph.

Warp reads the annotations, so they are values and not strings; importing this module imports Warp.
"""

import warp as wp


@wp.struct
class Contacts:
    """Contacts of Newton's collision pipeline, under its names without ``rigid_contact_``."""

    count: wp.array[wp.int32]
    shapes0: wp.array[wp.int32]
    shapes1: wp.array[wp.int32]
    points0: wp.array[wp.vec3]
    points1: wp.array[wp.vec3]
    normals: wp.array[wp.vec3]
    thickness0: wp.array[float]
    thickness1: wp.array[float]


@wp.struct
class Bodies:
    """Bodies before a substep.

    Which body has a shape, flags and the one of kinematic bodies, centres of mass [m], places, and
    velocities of the centres with spins.
    """

    of_shape: wp.array[wp.int32]
    flags: wp.array[wp.int32]
    kinematic: wp.int32
    centers: wp.array[wp.vec3]
    places: wp.array[wp.transform]
    twists: wp.array[wp.spatial_vector]


@wp.kernel(enable_backward=False)
def count_constraints(
    overflow: wp.array[wp.int32],
    rows: wp.array[wp.int32],
    contacts: wp.array[wp.int32],
    candidates: wp.array[wp.int32],
    counted: wp.array[wp.int32],
) -> None:
    """Keep flags, contacts and constraint rows of the substep that had most of them."""
    world = wp.tid()
    if overflow[world] != 0:
        wp.atomic_or(counted, 0, overflow[world])
    if world == 0:
        wp.atomic_max(counted, 1, contacts[0])
        wp.atomic_max(counted, 1, candidates[0])
    wp.atomic_max(counted, 2, rows[world])


@wp.kernel(enable_backward=False)
def count_contacts(contacts: wp.array[wp.int32], counted: wp.array[wp.int32]) -> None:
    """Keep the contacts of the substep that had most of them."""
    wp.atomic_max(counted, 1, contacts[0])


@wp.func
def _meet(
    body: wp.int32,
    point: wp.vec3,
    speed: float,
    is_deep: bool,
    bodies: Bodies,
    allowed: wp.array[wp.vec3],
) -> None:
    """Allow a body the speed [m/s] of what it meets; in deep contacts it has an arm [m], too."""
    if body >= 0:
        arm = wp.where(is_deep, wp.max(wp.length(point - bodies.centers[body]), 1e-6), 0.0)
        wp.atomic_max(allowed, body, wp.vec3(speed, 0.0, arm))


@wp.func
def _speed(body: wp.int32, bodies: Bodies) -> float:
    """Return the speed [m/s] of a body's centre; spins would add up from one contact to the next."""
    if body < 0:
        return 0.0
    return wp.length(wp.spatial_top(bodies.twists[body]))


@wp.kernel(enable_backward=False)
def note_speeds(bodies: Bodies, allowed: wp.array[wp.vec3]) -> None:
    """Allow each body its speed [m/s] and spin [rad/s]; it is in no deep contact yet."""
    body = wp.tid()
    twist = bodies.twists[body]
    speed, spin = wp.length(wp.spatial_top(twist)), wp.length(wp.spatial_bottom(twist))
    allowed[body] = wp.vec3(speed, spin, 0.0)


@wp.kernel(enable_backward=False)
def note_contacts(
    contacts: Contacts, bodies: Bodies, deepest: float, step: float, allowed: wp.array[wp.vec3]
) -> None:
    """Allow bodies the speeds of what they meet, and find those in contacts deeper than ``deepest`` [m].

    A kinematic body is put somewhere at each step [s] and has the speed of that.
    """
    contact = wp.tid()
    if contact >= contacts.count[0]:
        return
    body0 = bodies.of_shape[contacts.shapes0[contact]]
    body1 = bodies.of_shape[contacts.shapes1[contact]]
    place0, place1 = wp.transform_identity(), wp.transform_identity()
    flags = wp.int32(0)
    if body0 >= 0:
        place0 = bodies.places[body0]
        flags |= bodies.flags[body0]
    if body1 >= 0:
        place1 = bodies.places[body1]
        flags |= bodies.flags[body1]
    point0, point1 = contacts.points0[contact], contacts.points1[contact]
    across = wp.transform_point(place1, point1) - wp.transform_point(place0, point0)
    apart = wp.dot(contacts.normals[contact], across)
    depth = contacts.thickness0[contact] + contacts.thickness1[contact] - apart
    pushed = wp.where((flags & bodies.kinematic) != 0, depth / step, 0.0)
    is_deep = depth > deepest
    speed0 = wp.max(pushed, _speed(body1, bodies))
    speed1 = wp.max(pushed, _speed(body0, bodies))
    _meet(body0, point0, speed0, is_deep, bodies, allowed)
    _meet(body1, point1, speed1, is_deep, bodies, allowed)


@wp.kernel(enable_backward=False)
def limit_speeds(
    allowed: wp.array[wp.vec3], fastest: float, twists: wp.array[wp.spatial_vector]
) -> None:
    """Let bodies in deep contacts be as fast as they were allowed to, or ``fastest`` [m/s].

    What is allowed more than twice that is a hit and no overlap that was there from the start.
    """
    body = wp.tid()
    arm = allowed[body][2]
    if arm <= 0.0:
        return
    most = wp.max(allowed[body][0], fastest)
    if most > 2.0 * fastest:
        most *= 1.25  # a hit is shared out in several substeps
    linear, angular = wp.spatial_top(twists[body]), wp.spatial_bottom(twists[body])
    linear *= wp.min(1.0, most / wp.max(wp.length(linear), 1e-9))
    angular *= wp.min(
        1.0, wp.max(allowed[body][1], fastest / arm) / wp.max(wp.length(angular), 1e-9)
    )
    twists[body] = wp.spatial_vector(linear, angular)


@wp.struct
class Shapes:
    """Shapes: their kinds and the one of cylinders, their bodies, and their places on these."""

    kinds: wp.array[wp.int32]
    cylinder: wp.int32
    bodies: wp.array[wp.int32]
    places: wp.array[wp.transform]


@wp.kernel(enable_backward=False)
def center_points(
    count: wp.array[wp.int32],
    shapes: Shapes,
    places: wp.array[wp.transform],
    sign: float,
    shape_ids: wp.array[wp.int32],
    normals: wp.array[wp.vec3],
    points: wp.array[wp.vec3],
    offsets: wp.array[wp.vec3],
    margins: wp.array[float],
) -> None:
    """Move points on cylinders along the normal, times ``sign`` outward, to the axis.

    The nearer the normal is to the axis, the less a point is moved: ends are flat.
    """
    contact = wp.tid()
    if contact >= count[0]:
        return
    shape = shape_ids[contact]
    if shape < 0 or shapes.kinds[shape] != shapes.cylinder:
        return
    body = shapes.bodies[shape]
    if body < 0:
        return
    outward = wp.quat_rotate_inv(wp.transform_get_rotation(places[body]), sign * normals[contact])
    place = shapes.places[shape]
    normal = wp.quat_rotate_inv(wp.transform_get_rotation(place), outward)
    point = wp.transform_point(wp.transform_inverse(place), points[contact])
    across = wp.length(wp.vec2(normal[0], normal[1]))
    inward = wp.length(wp.vec2(point[0], point[1])) * across / wp.max(across * across, 0.25)
    points[contact] -= inward * outward
    offsets[contact] += inward * outward
    margins[contact] += inward
