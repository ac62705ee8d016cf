"""The scene on the GPU: meshes, instances, poses, colours; and what of it a frame draws.

Import only after ``gl_setup.prepare()`` and with a current context. The passes draw from here.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from inspector.gui.viewport.color_modes import (
    ColorMode,
    lookup_table,
    same_key,
    scalar_key,
    scalars,
)
from inspector.gui.viewport.display import Display
from inspector.gui.viewport.draw_commands import Commands, CommandTable
from inspector.gui.viewport.frame import Picture
from inspector.gui.viewport.gl import GL
from inspector.gui.viewport.gl_objects import IndexBuffer, LookupTexture, TextureBuffer
from inspector.gui.viewport.instances import Instances
from inspector.gui.viewport.level_mesh import radius_apart, triangles_apart
from inspector.gui.viewport.looks import Looks, instance_texels
from inspector.gui.viewport.mesh_arena import INSTANCE_LOCATION, MeshArena
from inspector.gui.viewport.uploads import Uploads
from inspector.gui.viewport.visibility import (
    LEVELS,
    Detail,
    DrawLists,
    Units,
    choose,
    needed_sizes,
    one_level,
    sizes,
)

POSE, INSTANCE, LOOK, SCALAR, LUT, ORIGIN, SUN = range(7)
SAMPLERS = {"u_pose": POSE, "u_instance": INSTANCE, "u_origin": ORIGIN}
"""Texture units that every program needs that draws instances."""
FREE_UNIT = 7
"""First texture unit that passes may use as they like."""
_TRIANGLES = (0, 1, 2)
_SPECK = LEVELS.index("speck")
_NO_LISTS = one_level(np.zeros(0, np.int64), np.zeros(1, np.int64), "full")


class DrawList:
    """Instances that are drawn together: indices on the GPU and where each batch begins."""

    def __init__(self, name: str, uploads: Uploads) -> None:
        self.buffer = IndexBuffer(name, uploads)
        self.lists = _NO_LISTS

    def show(self, lists: DrawLists) -> None:
        """Upload lists unless they are what is there."""
        before, self.lists = self.lists, lists
        if not np.array_equal(before.index, lists.index):
            self.buffer.upload(lists.index)


class SceneBuffers:
    """Owns the buffers of the scene.

    Args:
        uploads: Counts the uploads by name.

    Attributes:
        drawn: What the frame draws.
        looks: How the batches look.
        has_indirect: Whether one call draws many meshes (OpenGL 4.3).
        is_dry: Whether draw calls are made that draw nothing, to measure what they cost.
    """

    def __init__(self, uploads: Uploads) -> None:
        version = (
            int(GL.glGetIntegerv(GL.GL_MAJOR_VERSION)),
            int(GL.glGetIntegerv(GL.GL_MINOR_VERSION)),
        )
        self.has_indirect = version >= (4, 3)
        self.is_dry = False
        self.arena = MeshArena(uploads)
        self.looks = Looks()
        self.drawn = DrawList("index", uploads)
        self._outlines = {name: DrawList(name, uploads) for name in ("selected", "focused")}
        self._pose = TextureBuffer("pose", GL.GL_RGBA32F, uploads)
        self._instance = TextureBuffer("instance", GL.GL_RGBA32I, uploads)
        self._look = TextureBuffer("look", GL.GL_RGBA32F, uploads)
        self._scalar = TextureBuffer("scalar", GL.GL_R32F, uploads)
        self._origin = TextureBuffer("origin", GL.GL_RGBA32F, uploads)
        self._lut = LookupTexture(uploads)
        self._indirect = int(GL.glGenBuffers(1))
        self._instances: Instances | None = None
        self._units: Units | None = None
        self._table: CommandTable | None = None
        self._apart = np.zeros(0, np.float32), np.zeros(0)
        self._world_version = -1
        self._around: object = None
        self._origins: NDArray[np.float64] | None = None
        self._scalar_of: tuple[object, ...] | None = None
        self._lut_of: tuple[ColorMode, str] | None = None
        self._outlined: dict[str, tuple[object, object]] = {}
        self._radii: tuple[object, NDArray[np.float32], NDArray[np.float32]] | None = None
        self._need: tuple[object, object, NDArray[np.float32]] | None = None
        self._spheres: tuple[object, tuple[NDArray[np.float32], NDArray[np.float32]]] | None = None

    # ------------------------------------------------------------------ uploads

    def show(self, display: Display) -> None:
        """Upload what is newer than what is there."""
        if display.instances is not self._instances and display.instances is not None:
            self._show_geometry(display.instances)
        display.anchor()
        if display.world_version != self._world_version or display.origin is not self._around:
            self._pose.write(display.texels)
            self._world_version, self._around = display.world_version, display.origin
        snapshot = display.snapshot
        if snapshot is not None and snapshot.env_origins is not self._origins:
            self._origins = snapshot.env_origins
            place = np.zeros((len(self._origins), 4), np.float32)
            place[:, :3] = self._origins
            self._origin.upload(place)
        self._show_colors(display)
        self._show_outlines(display)

    def _show_geometry(self, instances: Instances) -> None:
        self._instances = instances
        slots = self.arena.place(instances.meshes)
        self._table = CommandTable(slots, instances.mesh_of_batch)
        self.looks = Looks(instances.geometry)
        self._look.upload(self.looks.texels)
        self._instance.upload(instance_texels(instances, self.looks))
        self._units = Units(instances)
        self._apart = _apart(instances)
        self._radii = self._need = self._spheres = None
        self._outlined = {}
        self.drawn.lists = _NO_LISTS

    def _show_colors(self, display: Display) -> None:
        mode, snapshot = display.color_mode, display.snapshot
        if mode is ColorMode.MATERIAL or snapshot is None:
            return
        key = scalar_key(mode, snapshot)
        if not same_key(self._scalar_of, key):
            self._scalar.upload(scalars(mode, snapshot))
            self._scalar_of = key
        if self._lut_of != (mode, display.tokens.name):
            self._lut.upload(lookup_table(mode, display.tokens))
            self._lut_of = (mode, display.tokens.name)

    def _show_outlines(self, display: Display) -> None:
        if self._instances is None:
            return
        hidden = display.hidden
        for name, wanted in (("selected", display.selected), ("focused", display.focused)):
            known = self._outlined.get(name)
            if known is not None and known[0] is wanted and known[1] is hidden:
                continue
            self._outlined[name] = wanted, hidden
            shown = wanted if hidden is None else wanted[~hidden[wanted]]
            self._outlines[name].show(one_level(shown, self._instances.first, "full"))

    # ------------------------------------------------------------------ choosing

    def choose(self, display: Display, picture: Picture, detail: Detail) -> DrawLists:
        """Return what of the scene a tile of a picture shows, and in which detail.

        Args:
            display: What is drawn; ``show`` has seen it.
            picture: The picture and its tile.
            detail: What the frame may cost.
        """
        instances, units, table = self._instances, self._units, self._table
        if instances is None or units is None or table is None or len(instances) == 0:
            return _NO_LISTS
        radii, margin = self._sizes_now(display, instances, units)
        need = self._need_now(display, radii, instances)
        scale = sizes(
            display.camera, picture.size, picture.tile, self._spheres_now(display, units, margin)
        )
        return choose(
            units.per_instance(scale), need, instances.first, table.triangles, detail, radii
        )

    def _sizes_now(
        self, display: Display, instances: Instances, units: Units
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Radii of instances and the largest of each unit; physics scales nothing."""
        key = display.scale_version
        if self._radii is None or self._radii[0] != key:
            radii = np.nan_to_num(instances.radii(display.world), nan=0.0, posinf=1e30)
            self._radii = key, radii, units.radii(radii)
            self._need = None
        return self._radii[1:]

    def _need_now(
        self,
        display: Display,
        radii: NDArray[np.float32],
        instances: Instances,
    ) -> NDArray[np.float32]:
        hidden = display.hidden
        if self._need is None or self._need[1] is not hidden:
            share, triangles = map(instances.per_instance, self._apart)
            need = needed_sizes(np.maximum(radii * share, np.float32(1e-12)), triangles)
            if hidden is not None:
                need[hidden] = 0.0
            self._need = None, hidden, need
        return self._need[2]

    def _spheres_now(
        self, display: Display, units: Units, margin: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        if self._spheres is None or self._spheres[0] != display.world_version:
            self._spheres = display.world_version, units.spheres(display.places, margin)
        centers, radii = self._spheres[1]
        if display.spacing == 1.0:
            return centers, radii
        shifts, inside = display.env_shifts, units.env_id >= 0
        inside &= units.env_id < len(shifts)
        centers = centers.copy()
        centers[:, inside] += shifts[units.env_id[inside]].T
        return centers, radii

    # ------------------------------------------------------------------ drawing

    def bind(self) -> None:
        """Bind all buffers to their texture units."""
        for unit, buffer in ((POSE, self._pose), (INSTANCE, self._instance), (LOOK, self._look),
                             (SCALAR, self._scalar), (LUT, self._lut),
                             (ORIGIN, self._origin)):  # fmt: skip
            buffer.bind(unit)

    def draw(
        self,
        drawn: DrawList,
        wanted: NDArray[np.bool_] | None = None,
        levels: Sequence[int] = _TRIANGLES,
    ) -> None:
        """Draw instances with the current program.

        Args:
            drawn: Which.
            wanted: Batches to draw, shape [batches]; None is all of them.
            levels: Levels to draw.
        """
        if self._table is None or len(drawn.lists.index) == 0:
            return
        every = np.ones(len(self._table.is_line), bool) if wanted is None else wanted
        triangles = [level for level in levels if level != _SPECK]
        self.run(GL.GL_TRIANGLES, drawn, self._table.commands(drawn.lists, triangles, every))
        if _SPECK in levels and drawn.lists.count("speck"):
            is_line = self._table.is_line
            for mode, shape in ((GL.GL_POINTS, ~is_line), (GL.GL_LINES, is_line)):
                commands = self._table.commands(drawn.lists, [_SPECK], every & shape)
                self.run(mode, drawn, commands)

    def draw_part(self, drawn: DrawList, batch: int, part: int) -> None:
        """Draw one part of the mesh of one batch in all levels but specks."""
        if self._table is not None:
            for level in _TRIANGLES:
                commands = self._table.part_command(drawn.lists, level, batch, part)
                self.run(GL.GL_TRIANGLES, drawn, commands)

    def draw_outlined(self, name: str) -> None:
        """Draw what is ``"selected"`` or ``"focused"`` in full."""
        self.draw(self._outlines[name])

    def run(self, mode: int, drawn: DrawList, commands: Commands) -> None:
        """Issue draw commands with the current program."""
        if len(commands) == 0:
            return
        if self.is_dry:
            commands[:, 1] = 0
        GL.glBindVertexArray(self.arena.array)
        drawn.buffer.bind()
        if not self.has_indirect:
            self._run_one_by_one(mode, commands)
            return
        _instances_from(0)
        GL.glBindBuffer(GL.GL_DRAW_INDIRECT_BUFFER, self._indirect)
        GL.glBufferData(
            GL.GL_DRAW_INDIRECT_BUFFER, commands.nbytes, np.ascontiguousarray(commands),
            GL.GL_STREAM_DRAW,
        )  # fmt: skip
        GL.glMultiDrawElementsIndirect(mode, GL.GL_UNSIGNED_INT, None, len(commands), 0)
        GL.glBindBuffer(GL.GL_DRAW_INDIRECT_BUFFER, 0)

    @staticmethod
    def _run_one_by_one(mode: int, commands: Commands) -> None:
        for elements, instances, first, base, start in commands.tolist():
            _instances_from(start)
            GL.glDrawElementsInstancedBaseVertex(
                mode, elements, GL.GL_UNSIGNED_INT, ctypes.c_void_p(4 * first), instances, base
            )

    @property
    def instance_bytes(self) -> int:
        """What instances take on the GPU beyond the shared meshes [bytes]."""
        buffers = (self._pose, self._instance, self._scalar, self._origin, self.drawn.buffer)
        return sum(buffer.size for buffer in buffers)

    @property
    def drawn_triangles(self) -> tuple[int, int]:
        """Instances and triangles of the last frame."""
        lists = self.drawn.lists
        if self._table is None:
            return 0, 0
        triangles = (np.diff(lists.edges, axis=1) * self._table.triangles).sum()
        return len(lists.index), int(triangles)

    def release(self) -> None:
        """Delete all GL objects."""
        owned = [
            self.arena, self._pose, self._instance, self._look, self._scalar, self._origin,
            self._lut, self.drawn.buffer, *(each.buffer for each in self._outlines.values()),
        ]  # fmt: skip
        for item in owned:
            item.release()
        GL.glDeleteBuffers(1, [self._indirect])


def _apart(instances: Instances) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """Return what decides the detail of each batch: size and triangles of what it consists of.

    Returns:
        Share of the mesh's radius, and number of triangles, shape [batches].
    """
    meshes = [instances.meshes[number] for number in instances.mesh_of_batch]
    share = [radius_apart(mesh) / max(mesh.radius, 1e-30) for mesh in meshes]
    return np.array(share, np.float32), np.array([triangles_apart(mesh) for mesh in meshes])


def _instances_from(start: int) -> None:
    """Let the instance attribute read the bound array buffer from an index on."""
    GL.glVertexAttribIPointer(
        INSTANCE_LOCATION, 1, GL.GL_UNSIGNED_INT, 4, ctypes.c_void_p(4 * start)
    )
