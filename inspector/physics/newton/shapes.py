"""Colliders of a MuJoCo model as Newton's shapes, and which of them ignore each other."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from inspector.physics.native import MjModel, mujoco
from inspector.physics.newton.library import ModelBuilder, libraries
from inspector.physics.poses import xyzw
from inspector.physics.usd_to_mjspec.restitution import restitution_of
from inspector.physics.usd_to_mjspec.translate import Translation

_GAP = 0.02
"""From which distance [m] XPBD looks for contacts, so that what is fast meets them in time."""


def add_shapes(builder: ModelBuilder, translation: Translation, solver: str) -> NDArray[np.int64]:
    """Add all colliders of a model.

    Args:
        builder: World that has the bodies.
        translation: The model.
        solver: Solver of the world.

    Returns:
        The shapes that lie outside of the environments, shape [g].
    """
    model: MjModel = translation.model
    shapes = np.full(model.ngeom, -1, np.int64)
    meshes: dict[int, object] = {}
    for geom in range(model.ngeom):
        shapes[geom] = _add_shape(builder, translation, geom, solver, meshes)
    _filter(builder, model, shapes)
    outside = model.geom_bodyid == translation.globals_body
    return shapes[outside & (translation.globals_body >= 0) & (shapes >= 0)]


def _add_shape(
    builder: ModelBuilder,
    translation: Translation,
    geom: int,
    solver: str,
    meshes: dict[int, object],
) -> int:
    model: MjModel = translation.model
    owner = int(model.geom_bodyid[geom])
    body = owner - 1 if 1 <= owner <= len(translation.bodies) else -1
    place = np.concatenate([model.geom_pos[geom], xyzw(np.array(model.geom_quat[geom]))])
    size = [float(value) for value in model.geom_size[geom]]
    kinds, kind = mujoco.mjtGeom, int(model.geom_type[geom])
    shared = {
        "body": body,
        "xform": libraries().warp.transform(*place.tolist()),
        "cfg": _config(model, geom, solver),
        "label": str(model.geom(geom).name),
        "custom_attributes": _weight(model, geom, solver),
    }
    if kind == kinds.mjGEOM_PLANE:
        return builder.add_shape_plane(width=2.0 * size[0], length=2.0 * size[1], **shared)
    if kind == kinds.mjGEOM_SPHERE:
        return builder.add_shape_sphere(radius=size[0], **shared)
    if kind == kinds.mjGEOM_BOX:
        return builder.add_shape_box(hx=size[0], hy=size[1], hz=size[2], **shared)
    if kind == kinds.mjGEOM_CAPSULE:
        return builder.add_shape_capsule(radius=size[0], half_height=size[1], **shared)
    if kind == kinds.mjGEOM_CYLINDER:
        return builder.add_shape_cylinder(radius=size[0], half_height=size[1], **shared)
    index = int(model.geom_dataid[geom])
    mesh = meshes.setdefault(index, _hull(model, index))
    return builder.add_shape_convex_hull(mesh=mesh, **shared)


def _hull(model: MjModel, index: int) -> object:
    first, count = int(model.mesh_vertadr[index]), int(model.mesh_vertnum[index])
    points = np.array(model.mesh_vert[first : first + count], np.float32)
    at, faces = int(model.mesh_faceadr[index]), int(model.mesh_facenum[index])
    triangles = np.array(model.mesh_face[at : at + faces], np.int32)
    return libraries().newton.Mesh(points, triangles.ravel(), compute_inertia=False)


def _config(model: MjModel, geom: int, solver: str) -> object:
    """How a collider feels; its mass is its body's already."""
    time, damping = (float(value) for value in model.geom_solref[geom])
    slide, torsion, roll = (float(value) for value in model.geom_friction[geom])
    return libraries().newton.ModelBuilder.ShapeConfig(
        density=0.0,
        mu=slide,
        mu_torsional=torsion,
        mu_rolling=roll,
        # Newton turns these two back into MuJoCo's time constant and damping ratio.
        kd=2.0 / time,
        ke=1.0 / (time * damping) ** 2,
        restitution=restitution_of(damping, float(model.opt.timestep)),
        gap=_GAP if solver == "xpbd" else 0.0,
        has_shape_collision=bool(model.geom_contype[geom] or model.geom_conaffinity[geom]),
    )


def _weight(model: MjModel, geom: int, solver: str) -> dict[str, object] | None:
    """How much a collider's feel counts against that of what it meets."""
    return {"mujoco:geom_solmix": float(model.geom_solmix[geom])} if solver == "mujoco" else None


def _filter(builder: ModelBuilder, model: MjModel, shapes: NDArray[np.int64]) -> None:
    """Tell which shapes ignore each other: by MuJoCo's bits, and by excluded pairs of bodies."""
    kinds, affinities = model.geom_contype, model.geom_conaffinity
    owners = model.geom_bodyid
    signatures = np.array(model.exclude_signature, np.int64)
    excluded = {(int(s) >> 16, int(s) & 0xFFFF) for s in signatures}
    excluded |= {(b, a) for a, b in excluded}
    plain = bool((kinds == 1).all() and (affinities == 1).all()) and not excluded
    if plain:
        return
    for a, b in combinations(range(model.ngeom), 2):
        meets = (kinds[a] & affinities[b]) or (kinds[b] & affinities[a])
        if not meets or (int(owners[a]), int(owners[b])) in excluded:
            builder.add_shape_collision_filter_pair(int(shapes[a]), int(shapes[b]))
