"""Looks as numbers for the shaders, and which batches need which shader. Plain numpy."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from inspector.gui.viewport.instances import Instances
from inspector.session.snapshot import GeometryTable, Look

_SHINY, _DOUBLE_SIDED, _BY_VERTEX, _OWN_COLOR = 1, 2, 4, 8
_SIDED_BIT = 1 << 30


class Looks:
    """The looks of all batches; those of one batch follow each other, one per part.

    Args:
        geometry: Looks and batches.

    Attributes:
        texels: What the shaders read, three rows per look, float32, shape [looks * 3, 4].
        start: First look of each batch, int32, shape [batches].
        is_plain: Batches without highlights, vertex colours and parts, shape [batches].
        is_single: Batches that one draw call of the full shader can draw, shape [batches].
        apart: Batch, part and look of everything that is drawn by itself: textured or translucent.
        is_cut: Batches of which a texture cuts something out, shape [batches].
    """

    def __init__(self, geometry: GeometryTable | None = None) -> None:
        table = geometry or GeometryTable()
        known: dict[tuple[int, ...], int] = {}
        rows: list[list[float]] = []
        start: list[int] = []
        self.apart: list[tuple[int, int, Look]] = []
        plain: list[bool] = []
        single: list[bool] = []
        cut: list[bool] = []
        for number, batch in enumerate(table.batches):
            looks = [table.looks[index] for index in batch.looks]
            if batch.looks not in known:
                known[batch.looks] = len(rows)
                rows += [_row(look) for look in looks]
            start.append(known[batch.looks])
            alone = any(look.textures or look.is_translucent for look in looks)
            simple = len(looks) == 1 and not (looks[0].is_shiny or looks[0].by_vertex)
            glows, is_cut = looks[0].emissive != (0.0, 0.0, 0.0), looks[0].threshold > 0
            plain.append(simple and not (alone or glows or is_cut))
            single.append(not plain[-1] and not alone)
            cut.append(any(_is_cut(look) for look in looks))
            if alone:
                self.apart += [(number, part, look) for part, look in enumerate(looks)]
        self.texels = np.array(rows, np.float32).reshape(-1, 4)
        self.start = np.array(start, np.int32)
        self.is_double_sided = np.array(
            [all(table.looks[i].is_double_sided for i in b.looks) for b in table.batches], bool
        )
        self.is_plain = np.array(plain, bool)
        self.is_single = np.array(single, bool)
        self.is_cut = np.array(cut, bool)


def instance_texels(instances: Instances, looks: Looks) -> NDArray[np.int32]:
    """Return transform row, env id, look and colour of each instance, int32, shape [n, 4].

    Args:
        instances: All instances.
        looks: Looks of their batches.
    """
    texels = np.empty((len(instances), 4), np.int32)
    texels[:, 0] = instances.rows
    texels[:, 1] = instances.env_id
    sided = np.where(looks.is_double_sided, _SIDED_BIT, 0).astype(np.int32)
    texels[:, 2] = instances.per_instance(looks.start | sided)
    geometry = instances.geometry
    rgba = np.full((len(instances), 4), 255, np.uint8)
    rgba[:, :3] = np.clip(instances.colors, 0, 1) * 255 + 0.5
    for number, batch in enumerate(geometry.batches):
        own = geometry.looks[batch.looks[0]].color
        if own is not None and looks.is_plain[number]:
            part = slice(*instances.first[number : number + 2])
            rgba[part, :3] = np.clip(own, 0, 1) * np.array(255) + 0.5
    texels[:, 3] = rgba.view(np.int32)[:, 0]
    return texels


def _is_cut(look: Look) -> bool:
    return look.threshold > 0.0 and any(name == "opacity" for name, _ in look.textures)


def _row(look: Look) -> list[float]:
    flags = _SHINY * look.is_shiny + _DOUBLE_SIDED * look.is_double_sided
    flags += _BY_VERTEX * look.by_vertex + _OWN_COLOR * (look.color is not None)
    color = look.color or (0.0, 0.0, 0.0)
    return [
        *color, look.opacity,
        *look.emissive, look.metallic,
        look.roughness, look.threshold, float(flags), 0.0,
    ]  # fmt: skip
