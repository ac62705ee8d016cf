"""What there is to draw, as arrays: shared meshes and the rows that show them.

A value module: no pxr. ``geometry`` fills it from a stage.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class MeshData:
    """Triangles in the local frame of a gprim, shared by all of its clones.

    Attributes:
        key: Identifies the geometry; equal keys mean equal triangles.
        points: Positions [stage units], float32, shape [v, 3].
        normals: Unit normals, float32, shape [v, 3].
        triangles: Indices into ``points``, uint32, shape [t, 3]; sorted by part.
        radius: Radius of the bounding sphere around the local origin [stage units].
        uvs: Texture coordinates, float32, shape [v, 2]; None without any.
        colors: Colour and opacity per vertex, as shown (not linear), uint8, shape [v, 4]; None
            where the instance's colour says all.
        parts: First triangle of each part, and the end: what looks different is a part of its own.
        pieces: First vertex of each of many small things in one mesh, and the end: with fewer
            triangles they stay apart. None for one thing.
    """

    key: str
    points: NDArray[np.float32]
    normals: NDArray[np.float32]
    triangles: NDArray[np.uint32]
    radius: float
    uvs: NDArray[np.float32] | None = None
    colors: NDArray[np.uint8] | None = None
    parts: tuple[int, ...] = ()
    pieces: NDArray[np.int64] | None = None

    @property
    def part_edges(self) -> tuple[int, ...]:
        """First triangle of each part, and the end."""
        return self.parts or (0, len(self.triangles))


@dataclass(frozen=True)
class Texture:
    """An image file as it is on the disk or in a package; the viewport decodes it.

    Attributes:
        name: Where it was found.
        data: The file.
        is_color: Whether its values are colours as shown (sRGB), not plain numbers.
        wrap: What lies beside the image, along u and v: ``"repeat"``, ``"mirror"``, ``"clamp"`` or
            ``"black"``.
        tiles: Column, row and file of each image of which it is put together; empty for one image.
    """

    name: str
    data: bytes
    is_color: bool
    wrap: tuple[str, str]
    tiles: tuple[tuple[int, int, bytes], ...] = ()


@dataclass(frozen=True)
class TextureUse:
    """How an input of a material reads a texture: value · scale + bias.

    Attributes:
        texture: Index into ``GeometryTable.textures``.
        channel: First channel that is read, 0 to 3.
        scale: Factors, shape [4].
        bias: Summands, shape [4].
        uv: Texture coordinates (u, v) become ``(u, v, 1) · uv``: six numbers, two per row.
    """

    texture: int
    channel: int = 0
    scale: tuple[float, ...] = (1.0, 1.0, 1.0, 1.0)
    bias: tuple[float, ...] = (0.0, 0.0, 0.0, 0.0)
    uv: tuple[float, ...] = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)


@dataclass(frozen=True)
class Look:
    """How a surface looks, in the words of UsdPreviewSurface.

    Attributes:
        color: Base colour, linear RGB; None takes the one of the instance.
        opacity: 1 is opaque.
        threshold: Opacity below which nothing is drawn; 0 blends.
        metallic: 0…1.
        roughness: 0…1.
        emissive: Light of its own, linear RGB.
        is_shiny: Whether it has highlights at all; a plain display colour has none.
        is_double_sided: Whether its back is drawn, too, when backs are culled.
        by_vertex: Whether the colour is multiplied by that of the vertices.
        textures: Input (``"color"``, ``"opacity"``, ``"emissive"``, ``"metallic"``,
            ``"roughness"``, ``"normal"``) and what it reads.
    """

    color: tuple[float, float, float] | None = None
    opacity: float = 1.0
    threshold: float = 0.0
    metallic: float = 0.0
    roughness: float = 0.5
    emissive: tuple[float, float, float] = (0.0, 0.0, 0.0)
    is_shiny: bool = False
    is_double_sided: bool = False
    by_vertex: bool = False
    textures: tuple[tuple[str, TextureUse], ...] = ()

    @property
    def is_translucent(self) -> bool:
        """Whether what lies behind it shines through."""
        if self.threshold > 0:
            return False
        return self.opacity < 1.0 or any(name == "opacity" for name, _ in self.textures)


PLAIN = Look()


@dataclass(frozen=True, eq=False)
class InstanceBatch:
    """Instances of one mesh that look alike; their poses are those of their transform rows.

    Attributes:
        mesh: Index into ``GeometryTable.meshes``.
        rows: Rows of the transform table, int32, shape [i].
        colors: Display colour, linear RGB, float32, shape [i, 3].
        looks: Index into ``GeometryTable.looks`` for each part of the mesh.
        purpose: ``"default"``, ``"render"``, ``"proxy"`` or ``"guide"``.
    """

    mesh: int
    rows: NDArray[np.int32]
    colors: NDArray[np.float32]
    looks: tuple[int, ...] = (0,)
    purpose: str = "default"


@dataclass(frozen=True, eq=False)
class GeometryTable:
    """Meshes, their instances and how they look."""

    meshes: tuple[MeshData, ...] = ()
    batches: tuple[InstanceBatch, ...] = ()
    looks: tuple[Look, ...] = (PLAIN,)
    textures: tuple[Texture, ...] = ()

    @property
    def instance_count(self) -> int:
        """Number of instances over all batches."""
        return sum(len(batch.rows) for batch in self.batches)
