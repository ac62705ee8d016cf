"""Tables of the demo scene made of numpy only: prims, transforms, geometry."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from inspector.session.snapshot import (
    GeometryTable,
    InstanceBatch,
    PathTable,
    PrimFlag,
    PrimTable,
    StaleReason,
    TransformTable,
    Writer,
)
from tests.helpers.meshes import box_mesh, lathe_mesh

SHAPES = ("Cone", "Cube", "Sphere")
DT = 1 / 60
SPACING = 2.5

_COMMON = PrimFlag.DEFINED | PrimFlag.ACTIVE | PrimFlag.IN_USD
_X = _COMMON | PrimFlag.XFORMABLE
# name, type, parent within the list, flags
_GLOBALS = (
    ("World", "Xform", -1, _X),
    ("ground", "Xform", 0, _X),
    ("mesh", "Mesh", 1, _X | PrimFlag.GPRIM),
    ("Light", "DistantLight", 0, _X),
    ("envs", "Scope", 0, _COMMON),
)
_ENV = (
    ("env_{}", "Xform", -1, _X),
    ("Object", "Xform", 0, _X | PrimFlag.RIGID_BODY | PrimFlag.CLONE),
    ("geometry", "Xform", 1, _X),
    ("mesh", "", 2, _X | PrimFlag.GPRIM),
    ("Robot", "Xform", 0, _X | PrimFlag.CLONE),
    ("slider", "Cube", 4, _X | PrimFlag.GPRIM),
    ("cart", "Cube", 4, _X | PrimFlag.GPRIM | PrimFlag.RIGID_BODY),
    ("pole", "Cube", 4, _X | PrimFlag.GPRIM | PrimFlag.RIGID_BODY),
)
_TAIL = (("physicsScene", "PhysicsScene", -1, _COMMON),)
# local translation of each prim of an environment
_LOCAL = np.array(
    [[0, 0, 0], [0.8, 0, 1], [0, 0, 0], [0, 0, 0], [-0.4, 0, 1], [0, 0, 0], [0, 0, 0], [0, 0, 0.3]],
    np.float64,
)


def _paths() -> tuple[list[str], list[str], list[str]]:
    top: list[str] = []
    for name, _, parent, _ in _GLOBALS:
        top.append(f"{top[parent]}/{name}" if parent >= 0 else f"/{name}")
    env: list[str] = []
    for name, _, parent, _ in _ENV:
        env.append(f"{env[parent]}/{name}" if parent >= 0 else f"{top[4]}/{name}")
    return top, env, [f"/{name}" for name, *_ in _TAIL]


def default_mask(num_envs: int, seed: int = 0) -> np.ndarray:
    """One of three objects per environment and a cartpole in each, bool, shape [4, e]."""
    mask = np.zeros((4, num_envs), bool)
    choice = np.random.default_rng(seed).integers(0, 3, num_envs)
    mask[choice, np.arange(num_envs)] = True
    mask[3] = True
    return mask


def make_prims(num_envs: int, applied: np.ndarray) -> PrimTable:
    """Prims of the demo scene: 5 global ones, 8 per environment, 1 physics scene."""
    top, env, tail = _paths()
    specs = (*_GLOBALS, *_ENV, *_TAIL)
    names = tuple(dict.fromkeys(s[0] for s in specs if "{}" not in s[0]))
    names += tuple(f"env_{i}" for i in range(num_envs))
    types = tuple(dict.fromkeys([s[1] for s in specs] + list(SHAPES)))
    g, k = len(_GLOBALS), len(_ENV)
    n = g + k * num_envs + len(_TAIL)
    env_of = np.full(n, -1, np.int32)
    template = np.zeros(n, np.int32)
    parent = np.zeros(n, np.int32)
    name_id = np.zeros(n, np.int32)
    type_id = np.zeros(n, np.int16)
    flags = np.zeros(n, np.uint16)
    source_row = np.full(n, -1, np.int32)
    for i, (name, kind, up, flag) in enumerate(_GLOBALS):
        template[i], parent[i], flags[i] = i, up, flag
        name_id[i], type_id[i] = names.index(name), types.index(kind)
    kinds = applied[:3].argmax(0) if num_envs else np.zeros(0, int)
    for j, (name, kind, up, flag) in enumerate(_ENV):
        at = g + j + k * np.arange(num_envs)
        env_of[at] = np.arange(num_envs)
        template[at], flags[at] = g + j, flag
        parent[at] = 4 if up < 0 else at - j + up
        name_id[at] = len(names) - num_envs + np.arange(num_envs) if j == 0 else names.index(name)
        type_id[at] = (
            np.array([types.index(s) for s in SHAPES])[kinds] if j == 3 else types.index(kind)
        )
        if 1 <= j <= 3:
            source_row[at] = kinds
        elif j >= 4:
            source_row[at] = 3
    for i, (name, kind, up, flag) in enumerate(_TAIL):
        at = n - len(_TAIL) + i
        template[at], parent[at], flags[at] = g + k + i, up, flag
        name_id[at], type_id[at] = names.index(name), types.index(kind)
    paths = PathTable((*top, *env, *tail), template, env_of)
    return PrimTable(paths, parent, name_id, type_id, flags, source_row, names, types)


def env_origins(num_envs: int) -> np.ndarray:
    """Origins on the grid of the scripting contract, float64, shape [e, 3]."""
    rows = int(np.ceil(num_envs / np.sqrt(max(num_envs, 1))))
    cols = int(np.ceil(num_envs / max(rows, 1)))
    i, j = np.divmod(np.arange(num_envs), max(cols, 1))
    x, y = -(i - (rows - 1) / 2) * SPACING, (j - (cols - 1) / 2) * SPACING
    return np.stack([x, y, np.zeros(num_envs)], axis=1)


def _worlds(prims: PrimTable, rows: np.ndarray, origins: np.ndarray) -> np.ndarray:
    world = np.tile(np.eye(4), (len(rows), 1, 1))
    env = prims.env_id[rows]
    inside = env >= 0
    local = prims.paths.template_id[rows] - len(_GLOBALS)
    offset = np.zeros((len(_ENV), 3))
    for j, (_, _, parent, _) in enumerate(_ENV):
        offset[j] = _LOCAL[j] + (offset[parent] if parent >= 0 else 0)
    world[inside, 3, :3] = origins[env[inside]] + offset[local[inside]]
    return world


def make_transforms(prims: PrimTable, origins: np.ndarray) -> TransformTable:
    """All rows fresh, stopped."""
    rows = np.flatnonzero(prims.flags & PrimFlag.XFORMABLE).astype(np.int32)
    r = len(rows)
    world = _worlds(prims, rows, origins)
    return TransformTable(
        prims=rows,
        env_id=prims.env_id[rows],
        source_row=prims.source_row[rows],
        usd_world=world,
        fabric_world=world.copy(),
        physics_world=np.zeros((0, 4, 4)),
        body=np.full(r, -1, np.int32),
        has_usd=np.ones(r, bool),
        has_fabric=np.ones(r, bool),
        reason=np.zeros(r, np.uint8),
        error_position=np.zeros(r),
        error_rotation=np.zeros(r),
        usd_writer=np.full(r, Writer.USER, np.uint8),
        fabric_writer=np.full(r, Writer.POPULATE, np.uint8),
        usd_step=np.zeros(r, np.int64),
        fabric_step=np.zeros(r, np.int64),
    )


def play_transforms(prims: PrimTable, table: TransformTable, step: int) -> TransformTable:
    """Objects fall to the ground, carts slide, poles tilt; ``geometry`` did not follow."""
    local = prims.paths.template_id[table.prims] - len(_GLOBALS)
    inside = table.env_id >= 0
    time = step * DT
    phase = table.env_id * 0.7
    fabric = table.usd_world.copy()
    falls = inside & (local >= 1) & (local <= 3)
    fabric[falls, 3, 2] = np.maximum(0.25, fabric[falls, 3, 2] - 4.9 * time**2)
    carts = inside & (local >= 6)
    fabric[carts, 3, 1] += 0.3 * np.sin(time * 3 + phase[carts]) * min(1, time)
    angle = 0.6 * np.sin(time * 2 + phase) * min(1, time)
    poles = inside & (local == 7)
    cos, sin = np.cos(angle[poles]), np.sin(angle[poles])
    fabric[poles, 1, 1], fabric[poles, 1, 2] = cos, sin
    fabric[poles, 2, 1], fabric[poles, 2, 2] = -sin, cos
    is_body = (prims.flags[table.prims] & PrimFlag.RIGID_BODY) > 0
    body = np.full(len(table), -1, np.int32)
    body[is_body] = np.arange(np.count_nonzero(is_body))
    error = np.linalg.norm(fabric[:, 3, :3] - table.usd_world[:, 3, :3], axis=1)
    turn = np.where(poles, np.abs(angle), 0.0)
    stale = (error > 1e-4) | (turn > 1e-4)
    moved = is_body | falls
    return replace(
        table,
        fabric_world=fabric,
        physics_world=fabric[is_body],
        body=body,
        reason=np.where(stale, StaleReason.USD_BEHIND, StaleReason.FRESH).astype(np.uint8),
        error_position=error,
        error_rotation=turn,
        fabric_writer=np.where(
            is_body, Writer.PHYSICS, np.where(moved, Writer.HIERARCHY, table.fabric_writer)
        ).astype(np.uint8),
        fabric_step=np.where(moved, step, 0).astype(np.int64),
    )


def make_geometry(prims: PrimTable, transforms: TransformTable) -> GeometryTable:
    """A batch per mesh: ground, three objects, slider, cart and pole."""
    arc = np.linspace(-np.pi / 2, np.pi / 2, 9)
    meshes = (
        box_mesh("ground", (200.0, 200.0, 0.02)),
        lathe_mesh("cone", [(0.0, -0.25), (0.25, -0.25), (0.0, 0.25)]),
        box_mesh("cuboid", (0.4, 0.4, 0.4)),
        lathe_mesh("sphere", [(0.25 * np.cos(a), 0.25 * np.sin(a)) for a in arc]),
        box_mesh("slider", (0.03, 1.6, 0.03)),
        box_mesh("cart", (0.2, 0.3, 0.2)),
        box_mesh("pole", (0.05, 0.05, 0.7)),
    )
    local = prims.paths.template_id[transforms.prims] - len(_GLOBALS)
    inside = transforms.env_id >= 0
    picks = [np.flatnonzero(~inside & (local == 2 - len(_GLOBALS)))]
    picks += [
        np.flatnonzero(inside & (local == 3) & (transforms.source_row == k)) for k in range(3)
    ]
    picks += [np.flatnonzero(inside & (local == k)) for k in (5, 6, 7)]
    colors = [
        (0.25, 0.27, 0.3), (0.9, 0.5, 0.1), (0.2, 0.5, 0.8), (0.1, 0.6, 0.4),
        (0.5, 0.5, 0.5), (0.6, 0.6, 0.65), (0.8, 0.7, 0.3),
    ]  # fmt: skip
    batches = tuple(
        InstanceBatch(i, rows.astype(np.int32), np.tile(np.float32(colors[i]), (len(rows), 1)))
        for i, rows in enumerate(picks)
        if len(rows)
    )
    return GeometryTable(meshes, batches)


def mix_reasons(transforms: TransformTable, seed: int = 0) -> TransformTable:
    """Some rows of every stale reason, with a NaN pose where the reason says so."""
    rng = np.random.default_rng(seed)
    inside = np.flatnonzero(transforms.env_id >= 0)
    reason = transforms.reason.copy()
    reason[inside] = rng.integers(0, len(StaleReason), len(inside))
    fabric = transforms.fabric_world.copy()
    fabric[reason == StaleReason.NOT_FINITE, 3, 2] = np.nan
    error = np.where(reason > 0, rng.random(len(reason)), 0.0)
    error[reason == StaleReason.NOT_FINITE] = np.nan
    return replace(
        transforms,
        reason=reason,
        fabric_world=fabric,
        error_position=error,
        has_usd=reason != StaleReason.FABRIC_ONLY,
        has_fabric=reason != StaleReason.USD_ONLY,
    )
