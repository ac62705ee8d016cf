"""Particles and cloth in a Newton world, and where worlds with them must stand.

Newton looks for particles that touch by place alone, across all worlds: worlds with particles stand
apart in the solver's space, where worlds of bodies all stand at the origin.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from inspector.physics.newton.library import ModelBuilder, libraries
from inspector.physics.poses import Floats
from inspector.physics.recipe_start import RecipePlaces
from inspector.physics.soft import SoftKind, SoftPrim

_APART = 10.0
"""Least distance between worlds with particles [m]: nothing in them rolls so far in a minute."""
_ROOM = 4.0
"""The same as a multiple of what the particles take up."""


def add_soft(builder: ModelBuilder, prims: tuple[SoftPrim, ...]) -> tuple[int, ...]:
    """Add particles and cloth to a world.

    Args:
        builder: The world.
        prims: What to add, placed as in the first environment.

    Returns:
        The first particle of each prim, and the end.
    """
    starts = [int(builder.particle_count)]
    warp = libraries().warp
    for prim in prims:
        points = prim.placed()[0]
        if prim.kind is SoftKind.PARTICLES:
            builder.add_particles(
                pos=points.tolist(),
                vel=prim.velocities.tolist(),
                mass=prim.masses.tolist(),
                radius=prim.radii.tolist(),
            )
        else:
            builder.add_cloth_mesh(
                pos=(0.0, 0.0, 0.0),
                rot=warp.quat_identity(),
                scale=1.0,
                vel=(0.0, 0.0, 0.0),
                vertices=points.tolist(),
                indices=prim.triangles.ravel().tolist(),
                density=0.0,
                edge_ke=prim.bend,
                particle_radius=float(prim.radii[0]),
                label=prim.path,
            )
            first = starts[-1]
            # XPBD stretches along edges; faces are for other solvers.
            for a, b in edges_of(prim.triangles).tolist():
                builder.add_spring(first + a, first + b, prim.stretch, 0.0, control=0.0)
            for index, mass in enumerate(prim.masses.tolist()):
                builder.particle_mass[first + index] = mass
        starts.append(int(builder.particle_count))
    return tuple(starts)


def edges_of(triangles: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return each edge of some triangles once, shape [k, 2]."""
    sides = np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]])
    return np.unique(np.sort(sides, axis=1), axis=0)


def stiffest(pairs: NDArray[np.int64], masses: Floats, timestep: float) -> Floats:
    """Return how stiff springs may be before a step overshoots [N/m], shape [k].

    All springs of a point move it at once, so the more there are, the less each may pull.

    Args:
        pairs: The points of each spring, shape [k, 2].
        masses: Masses of all points [kg], shape [n].
        timestep: Length of a substep [s].
    """
    valence = np.bincount(pairs.ravel(), minlength=len(masses))
    limit = masses / (timestep**2 * np.maximum(valence - 2, 1))
    return limit[pairs].min(axis=1)


def offsets_of(places: list[RecipePlaces]) -> Floats | None:
    """Return where the worlds of all environments stand [m], shape [e, 3].

    Args:
        places: The recipes.

    Returns:
        A square grid on the ground, or ``None`` when nothing has particles.
    """
    prims = [prim for each in places for prim in each.soft]
    if not prims:
        return None
    reach = max(float(np.abs(prim.placed()[..., :2]).max()) for prim in prims)
    apart = max(_APART, _ROOM * reach)
    count = sum(len(each.env_ids) for each in places)
    side = int(np.ceil(np.sqrt(count)))
    rows, columns = np.divmod(np.arange(count), side)
    middle = 0.5 * (side - 1)
    return np.stack([(rows - middle) * apart, (columns - middle) * apart, 0.0 * rows], axis=-1)
