"""Colours of triangles for the CPU's picture: one per part of a mesh, textures by their mean."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from inspector.gui.viewport.color_modes import ColorMode, row_colors
from inspector.gui.viewport.display import Display
from inspector.gui.viewport.instances import Index, Instances
from inspector.gui.viewport.texture_pixels import mean_color
from inspector.session.snapshot import GeometryTable, Look, MeshData

Floats = NDArray[np.float64]

_GAMMA = 2.2


class FaceColors:
    """Colours of everything that one picture shows.

    Args:
        display: Colour mode, theme and snapshot.
        instances: What is drawn.
    """

    def __init__(self, display: Display, instances: Instances) -> None:
        self._instances = instances
        self._by_value = (
            display.color_mode is not ColorMode.MATERIAL and display.snapshot is not None
        )
        self._colors = instances.colors.astype(np.float64)
        if display.snapshot is not None and self._by_value:
            shown = row_colors(display.color_mode, display.snapshot, display.tokens)
            self._colors = (shown[instances.rows] / 255.0) ** _GAMMA

    def of(self, batch: int, mesh: MeshData, chosen: Index) -> Floats:
        """Return the linear colour of each triangle of some instances, shape [k * t, 3].

        Args:
            batch: Their batch.
            mesh: What is drawn of each: the mesh of the batch, or its proxy.
            chosen: Instances, shape [k].
        """
        count, own = len(mesh.triangles), self._colors[chosen]
        if self._by_value:
            return np.repeat(own, count, axis=0)
        geometry = self._instances.geometry
        whole = geometry.meshes[self._instances.mesh_of_batch[batch]]
        looks = [geometry.looks[at] for at in geometry.batches[batch].looks]
        faces = np.empty((len(chosen), len(whole.triangles), 3))
        for look, (first, last) in zip(looks, pairwise(whole.part_edges), strict=False):
            faces[:, first:last] = _color_of(look, geometry, own)[:, None]
            if look.by_vertex and whole.colors is not None:
                corners = whole.colors[whole.triangles[first:last], :3] / 255.0
                faces[:, first:last] *= (corners**_GAMMA).mean(axis=1)
            faces[:, first:last] += np.array(look.emissive)
        if mesh is not whole:
            # A proxy has no parts: it has the colour of most of what it stands for.
            faces = np.repeat(faces.mean(axis=1, keepdims=True), count, axis=1)
        return faces.reshape(-1, 3)

    def opacity(self, batch: int, mesh: MeshData) -> Floats:
        """Return the opacity of each triangle of an instance, 0…1, shape [t].

        Args:
            batch: Its batch.
            mesh: What is drawn of it: the mesh of the batch, or its proxy.
        """
        geometry = self._instances.geometry
        whole = geometry.meshes[self._instances.mesh_of_batch[batch]]
        looks = [geometry.looks[at] for at in geometry.batches[batch].looks]
        faces = np.ones(len(whole.triangles))
        for look, (first, last) in zip(looks, pairwise(whole.part_edges), strict=False):
            faces[first:last] = _opacity_of(look, geometry)
            if look.by_vertex and whole.colors is not None:
                corners = whole.colors[whole.triangles[first:last], 3] / 255.0
                faces[first:last] *= corners.mean(axis=1)
            if look.threshold > 0.0:
                faces[first:last] = faces[first:last] >= look.threshold
        return faces if mesh is whole else np.full(len(mesh.triangles), faces.mean())

    def by_value(self, chosen: NDArray[np.integer], rgb: Floats) -> Floats:
        """Return the linear colours that stand for the values of instances, shape [k, 3].

        Args:
            chosen: Instances, shape [k].
            rgb: Their linear colours where nothing is coloured by value, shape [k, 3].
        """
        return self._colors[chosen] if self._by_value else rgb


def _opacity_of(look: Look, geometry: GeometryTable) -> float:
    for name, use in look.textures:
        mean = mean_color(geometry.textures[use.texture]) if name == "opacity" else None
        if mean is not None:
            at = use.channel
            return float(np.clip(mean[at] * use.scale[at] + use.bias[at], 0.0, 1.0))
    return look.opacity


def _color_of(look: Look, geometry: GeometryTable, own: Floats) -> Floats:
    """Return the linear colour of a look on instances, shape [k, 3] or [1, 3]."""
    for name, use in look.textures:
        mean = mean_color(geometry.textures[use.texture]) if name == "color" else None
        if mean is not None:
            return (np.array(mean) * use.scale + use.bias)[None, :3].clip(0.0, 1.0)
    return own if look.color is None else np.array([look.color], np.float64)
