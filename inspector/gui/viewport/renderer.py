"""Draws a ``Display`` with raw GL: one texture buffer of poses, one draw call per mesh.

Import only after ``gl_setup.prepare()``. Every method needs the context to be current.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from inspector.gui.viewport import shaders
from inspector.gui.viewport.color_modes import (
    ColorMode,
    lookup_table,
    same_key,
    scalar_key,
    scalars,
)
from inspector.gui.viewport.display import Display
from inspector.gui.viewport.frame import Frame, Picture, frame_of
from inspector.gui.viewport.gl import GL
from inspector.gui.viewport.gl_objects import (
    IndexBuffer,
    LookupTexture,
    MeshBuffers,
    Program,
    TextureBuffer,
)
from inspector.gui.viewport.gl_targets import MaskTarget, SmoothTarget
from inspector.gui.viewport.ground_pass import GroundPass
from inspector.gui.viewport.instances import Index, Instances
from inspector.gui.viewport.overlay_pass import OverlayPass
from inspector.gui.viewport.uploads import Uploads
from inspector.gui.viewport.visibility import DrawSet, choose, proxy_mesh, speck_points

_DETAILS = ("full", "proxy", "speck")
_POSE, _ROW, _SCALAR, _COLOR, _LUT, _MASK, _ORIGIN = range(7)
_FEW_INSTANCES = 1500
_MANY_OUTLINED = 2000
_SAMPLES = 4
_ROUND = 0.6
"""Half the edge of the square that covers as many pixels as a shape, in bounding radii."""
_SPECK = 5.0
"""Radius below which a CPU draws a moving instance as a point or a line [pixels]."""
_BUDGETS = {  # triangles a frame: (at rest, in motion)
    "software": (8_000_000, 250_000),
    "hardware": (40_000_000, 15_000_000),
}


class Renderer:
    """Owns the GL objects of one context.

    Args:
        samples: Samples per pixel of smooth edges.

    Attributes:
        uploads: Number of uploads by name ("pose", "scalar", "color", "row", "index", …).
        drawn_instances: Instances of the last frame, full and proxies.
        is_software: Whether a CPU rasterises.
        largest_picture: Largest width and height of a frame buffer [pixels].
    """

    def __init__(self, samples: int = _SAMPLES) -> None:
        self.uploads = Uploads()
        self.drawn_instances = (0, 0)
        name = GL.glGetString(GL.GL_RENDERER) or b""
        self.is_software = any(word in name.lower() for word in (b"llvmpipe", b"softpipe", b"swr"))
        self.largest_picture = min(
            int(GL.glGetIntegerv(GL.GL_MAX_RENDERBUFFER_SIZE)),
            *(int(limit) for limit in GL.glGetIntegerv(GL.GL_MAX_VIEWPORT_DIMS)),
        )
        samplers = {"u_pose": _POSE, "u_row": _ROW, "u_origin": _ORIGIN}
        more = {"u_scalar": _SCALAR, "u_color": _COLOR, "u_lut": _LUT}
        self._mesh_program = Program(
            shaders.MESH_VERTEX, shaders.MESH_FRAGMENT, {**samplers, **more}
        )
        self._mask_program = Program(shaders.MASK_VERTEX, shaders.MASK_FRAGMENT, samplers)
        self._outline_program = Program(
            shaders.SCREEN_VERTEX, shaders.OUTLINE_FRAGMENT, {"u_mask": _MASK}
        )
        self._ground = GroundPass()
        self._overlays = OverlayPass(_ORIGIN, self.uploads)
        self._pose = TextureBuffer("pose", GL.GL_RGBA32F, self.uploads)
        self._row = TextureBuffer("row", GL.GL_RG32I, self.uploads)
        self._origin = TextureBuffer("origin", GL.GL_RGBA32F, self.uploads)
        self._scalar = TextureBuffer("scalar", GL.GL_R32F, self.uploads)
        self._color = TextureBuffer("color", GL.GL_RGBA8, self.uploads)
        self._lut = LookupTexture(self.uploads)
        self._mask = MaskTarget()
        self._smooth = SmoothTarget(samples)
        self._lists = {name: IndexBuffer(name, self.uploads) for name in _DETAILS}
        self._outlines = {name: IndexBuffer(name, self.uploads) for name in ("selected", "focused")}
        self._no_vertices = int(GL.glGenVertexArrays(1))
        self._meshes: list[tuple[MeshBuffers, MeshBuffers, MeshBuffers]] = []
        self._radii: list[float] = []
        self._proxy_triangles: NDArray[np.int64] = np.zeros(0, np.int64)
        self._instances: Instances | None = None
        self._world_version = -1
        self._origins: NDArray[np.float64] | None = None
        self._scalar_of: tuple[object, ...] | None = None
        self._lut_of: tuple[ColorMode, str] | None = None
        self._outlined: dict[str, Index] = {}
        self._draw_set = DrawSet(*(np.zeros(0, np.uint32) for _ in _DETAILS))
        self._draw_key: object = None

    # ------------------------------------------------------------------ uploads

    def _upload(self, display: Display) -> None:
        instances = display.instances
        if instances is not self._instances and instances is not None:
            self._upload_geometry(instances)
            self._instances = instances
        if display.world_version != self._world_version:
            self._pose.upload(display.world)
            self._world_version = display.world_version
        snapshot = display.snapshot
        if snapshot is not None and snapshot.env_origins is not self._origins:
            self._origins = snapshot.env_origins
            place = np.zeros((len(self._origins), 4), np.float32)
            place[:, :3] = self._origins
            self._origin.upload(place)
        self._upload_colors(display)
        for name, wanted in (("selected", display.selected), ("focused", display.focused)):
            if self._outlined.get(name) is not wanted:
                self._outlines[name].upload(wanted.astype(np.uint32))
                self._outlined[name] = wanted

    def _upload_geometry(self, instances: Instances) -> None:
        before = self._instances
        if before is None or not _same_meshes(before, instances):
            self._release_meshes()
            cost: list[int] = []
            for mesh in instances.meshes:
                full, small = MeshBuffers.of_mesh(mesh), proxy_mesh(mesh)
                proxy = full if small is mesh else MeshBuffers.of_mesh(small)
                self._meshes.append((full, proxy, MeshBuffers.of_speck(speck_points(mesh))))
                self._radii.append(mesh.radius)
                cost.append(len(small.triangles))
                self.uploads.note(
                    "mesh", mesh.points.nbytes + mesh.normals.nbytes + mesh.triangles.nbytes
                )
            self._proxy_cost = np.array(cost, np.int64)
        self._proxy_triangles = (
            self._proxy_cost[instances.mesh] if len(instances) else np.zeros(0, np.int64)
        )
        self._row.upload(np.column_stack([instances.rows, instances.env_id]).astype(np.int32))
        rgba = np.full((len(instances), 4), 255, np.uint8)
        rgba[:, :3] = np.clip(instances.colors, 0, 1) * 255 + 0.5
        self._color.upload(rgba)
        self._draw_key = None
        self._outlined = {}

    def _upload_colors(self, display: Display) -> None:
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

    def _choose(self, display: Display, size: tuple[int, int]) -> None:
        instances = display.instances
        if instances is None:
            return
        camera, hidden = display.camera, display.hidden
        few = len(instances) <= _FEW_INSTANCES
        kind = (camera.orthographic, camera.distance, camera.lens)
        look = (display.world_version, display.spacing, camera.fov, *camera.eye, *camera.backward)
        key = (few, display.moving, size, id(hidden), () if few else (*look, *kind))
        if key == self._draw_key:
            return
        self._draw_key = key
        if few:
            everything = np.arange(len(instances), dtype=np.uint32)
            everything = everything if hidden is None else everything[~hidden]
            self._draw_set = DrawSet(everything, everything[:0], everything[:0])
        else:
            budget = _BUDGETS["software" if self.is_software else "hardware"][display.moving]
            self._draw_set = choose(
                camera,
                size,
                display.spheres,
                (instances.triangles, self._proxy_triangles),
                budget,
                _SPECK if self.is_software and display.moving else 0.0,
                hidden,
            )
        self._lists["full"].upload(self._draw_set.full)
        self._lists["proxy"].upload(self._draw_set.proxy)
        self._lists["speck"].upload(self._draw_set.speck)
        reduced = len(self._draw_set.proxy) + len(self._draw_set.speck)
        self.drawn_instances = (len(self._draw_set.full), reduced)

    # ------------------------------------------------------------------ drawing

    def draw(self, display: Display, picture: Picture | None = None) -> None:
        """Draw one frame into the frame buffer and the viewport that are bound.

        Args:
            display: What to draw.
            picture: Which part of which picture the viewport is; by default the whole view.

        Raises:
            RuntimeError: If GL reports an error.
        """
        target = int(GL.glGetIntegerv(GL.GL_FRAMEBUFFER_BINDING))
        x, y, width, height = (int(i) for i in GL.glGetIntegerv(GL.GL_VIEWPORT))
        if width <= 0 or height <= 0:
            return
        if picture is None:
            scale = width / max(display.size[0], 1.0)
            background = (*display.tokens.rgb("background"), 1.0)
            picture = Picture((width, height), (0, 0, width, height), scale, background)
        self._upload(display)
        self._choose(display, picture.size)
        frame = frame_of(display, picture)
        # Smooth edges cost a CPU two to four times as much: they wait until things rest.
        smooth = not (self.is_software and display.moving)
        if smooth:
            self._smooth.begin(frame.size, picture.background)
        GL.glEnable(GL.GL_DEPTH_TEST)
        GL.glDepthMask(GL.GL_TRUE)
        GL.glDepthFunc(GL.GL_LEQUAL)
        GL.glDisable(GL.GL_CULL_FACE)
        GL.glDisable(GL.GL_BLEND)
        for unit, buffer in ((_POSE, self._pose), (_ROW, self._row), (_SCALAR, self._scalar),
                             (_COLOR, self._color), (_LUT, self._lut),
                             (_ORIGIN, self._origin)):  # fmt: skip
            buffer.bind(unit)
        self._draw_meshes(display, frame)
        if display.grid:
            self._ground.draw(display, frame)
        self._overlays.draw(display.all_layers(), frame, display.spacing - 1.0)
        if smooth:
            self._smooth.resolve(target, x, y)
        if len(display.selected) or len(display.focused):
            self._draw_outlines(display, frame, (target, x, y))
        self._leave_clean()
        error = int(GL.glGetError())
        if error:
            raise RuntimeError(f"OpenGL error {error:#06x} while drawing the viewport")

    def _draw_meshes(self, display: Display, frame: Frame) -> None:
        program, tokens = self._mesh_program, display.tokens
        program.use()
        program.matrix("u_view", frame.view)
        program.matrix("u_projection", frame.projection)
        program.vector("u_spread", display.spacing - 1.0)
        program.flag("u_by_scalar", display.color_mode is not ColorMode.MATERIAL)
        program.flag("u_parallel", display.camera.orthographic)
        program.vector("u_no_value", *tokens.rgb("line"))
        program.vector("u_ambient", 0.24 if tokens.name == "dark" else 0.36)
        if display.wireframe:
            GL.glPolygonMode(GL.GL_FRONT_AND_BACK, GL.GL_LINE)
        self._draw_list(self._lists["full"], self._draw_set.full, detail=0)
        self._draw_list(self._lists["proxy"], self._draw_set.proxy, detail=1)
        if len(self._draw_set.speck):
            GL.glEnable(GL.GL_PROGRAM_POINT_SIZE)
            program.vector("u_pixels", float(frame.projection[1, 1]) * frame.size[1])
            self._draw_list(self._lists["speck"], self._draw_set.speck, detail=2)
            GL.glDisable(GL.GL_PROGRAM_POINT_SIZE)
        if display.wireframe:
            GL.glPolygonMode(GL.GL_FRONT_AND_BACK, GL.GL_FILL)

    def _draw_list(
        self, buffer: IndexBuffer, instances: NDArray[np.integer], *, detail: int
    ) -> None:
        if len(instances) == 0 or self._instances is None:
            return
        buffer.bind()
        # Instances are sorted and batches are contiguous: a batch is a slice of the list.
        edges = np.searchsorted(instances, self._instances.first)
        for batch, mesh in enumerate(self._instances.mesh_of_batch):
            start, stop = int(edges[batch]), int(edges[batch + 1])
            if stop > start:
                if detail == 2:
                    self._mesh_program.vector("u_radius", _ROUND * self._radii[mesh])
                self._meshes[mesh][detail].draw(start, stop - start)

    def _draw_outlines(self, display: Display, frame: Frame, target: tuple[int, int, int]) -> None:
        width, height = frame.size
        self._mask.resize(width, height)
        GL.glBindFramebuffer(GL.GL_FRAMEBUFFER, self._mask.frame_buffer)
        GL.glViewport(0, 0, width, height)
        GL.glDisable(GL.GL_DEPTH_TEST)
        # Not glClear: vispy clears the alpha channel later with the clear colour it has set.
        GL.glClearBufferfv(GL.GL_COLOR, 0, np.zeros(4, np.float32))
        self._mask_program.use()
        self._mask_program.matrix("u_view", frame.view)
        self._mask_program.matrix("u_projection", frame.projection)
        self._mask_program.vector("u_spread", display.spacing - 1.0)
        for name, wanted in (("selected", display.selected), ("focused", display.focused)):
            GL.glColorMask(name == "selected", name == "focused", GL.GL_FALSE, GL.GL_FALSE)
            detail = 1 if len(wanted) > _MANY_OUTLINED else 0
            self._draw_list(self._outlines[name], wanted, detail=detail)
        GL.glColorMask(GL.GL_TRUE, GL.GL_TRUE, GL.GL_TRUE, GL.GL_TRUE)
        GL.glBindFramebuffer(GL.GL_FRAMEBUFFER, target[0])
        GL.glViewport(target[1], target[2], width, height)
        program, tokens = self._outline_program, display.tokens
        self._mask.bind_texture(_MASK)
        program.use()
        program.vector("u_texel", 1.0 / width, 1.0 / height)
        program.vector("u_width", max(2.0 * frame.scale, 1.0))
        program.vector("u_selected", *tokens.rgb("accent"))
        program.vector("u_focused", *tokens.rgb("text"))
        GL.glEnable(GL.GL_BLEND)
        GL.glBlendFuncSeparate(
            GL.GL_SRC_ALPHA, GL.GL_ONE_MINUS_SRC_ALPHA, GL.GL_ONE, GL.GL_ONE_MINUS_SRC_ALPHA
        )
        GL.glBindVertexArray(self._no_vertices)
        GL.glDrawArrays(GL.GL_TRIANGLES, 0, 3)
        GL.glDisable(GL.GL_BLEND)

    @staticmethod
    def _leave_clean() -> None:
        """Leave the state that vispy assumes."""
        GL.glBindVertexArray(0)
        GL.glUseProgram(0)
        GL.glBindBuffer(GL.GL_ARRAY_BUFFER, 0)
        GL.glActiveTexture(GL.GL_TEXTURE0)
        GL.glDisable(GL.GL_DEPTH_TEST)

    def finish(self) -> None:
        """Wait until everything is drawn."""
        GL.glFinish()

    def release(self) -> None:
        """Delete all GL objects."""
        self._release_meshes()
        owned = [
            self._pose, self._row, self._scalar, self._color, self._lut, self._mask, self._smooth,
            self._origin, self._overlays,
            *self._lists.values(), *self._outlines.values(), self._mesh_program,
            self._mask_program, self._outline_program, self._ground,
        ]  # fmt: skip
        for item in owned:
            item.release()
        GL.glDeleteVertexArrays(1, [self._no_vertices])

    def _release_meshes(self) -> None:
        for details in self._meshes:
            for mesh in dict.fromkeys(details):
                mesh.release()
        self._meshes, self._radii = [], []


def _same_meshes(before: Instances, after: Instances) -> bool:
    keys = [mesh.key for mesh in before.meshes]
    return keys == [mesh.key for mesh in after.meshes]
