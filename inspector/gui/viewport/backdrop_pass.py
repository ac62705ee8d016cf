"""Draws what is behind and below the scene: sky and shadows. Import after ``gl_setup.prepare()``."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from inspector.gui.viewport import shaders
from inspector.gui.viewport.display import Display
from inspector.gui.viewport.frame import Frame
from inspector.gui.viewport.gl import GL
from inspector.gui.viewport.gl_objects import Program
from inspector.gui.viewport.gl_state import blended_on_ground, use_with_view
from inspector.gui.viewport.gl_targets import MaskTarget
from inspector.gui.viewport.ground_level import ground_level
from inspector.gui.viewport.scene_buffers import FREE_UNIT, SAMPLERS, SceneBuffers
from inspector.gui.viewport.sky import COLORS, up_of

_LIGHT = (0.35, -0.25, 1.0)
"""Where shadows come from: across the ground, and up."""
_SKY_VERTEX = """#version 330
out vec2 v_at;
void main() {
    v_at = vec2((gl_VertexID << 1) & 2, gl_VertexID & 2) * 2.0 - 1.0;
    gl_Position = vec4(v_at, 1.0, 1.0);
}
"""
_SKY_FRAGMENT = """#version 330
in vec2 v_at;
uniform mat4 u_back;               // clip to view-turned world coordinates
uniform vec3 u_up;
uniform vec3 u_zenith;
uniform vec3 u_horizon;
uniform vec3 u_below;
out vec4 o_color;
void main() {
    vec4 near = u_back * vec4(v_at, -1.0, 1.0), far = u_back * vec4(v_at, 1.0, 1.0);
    float up = dot(normalize(far.xyz / far.w - near.xyz / near.w), u_up);
    vec3 color = up > 0.0 ? mix(u_horizon, u_zenith, pow(up, 0.45))
                          : mix(u_horizon, u_below, pow(min(-up * 4.0, 1.0), 0.5));
    o_color = vec4(color, 1.0);
}
"""
_SHADOW_VERTEX = (
    shaders.HEAD
    + shaders.INSTANCE
    + """
uniform vec3 u_up;
uniform vec3 u_light;              // towards the light, its height is 1
uniform float u_ground;
out float v_height;
void main() {
    vec3 at = world_of(texelFetch(u_instance, int(a_instance))) * vec4(a_point, 1.0);
    v_height = dot(at, u_up) - u_ground;
    gl_Position = u_projection * u_view * vec4(at - v_height * u_light, 1.0);
}
"""
)
_SHADOW_FRAGMENT = """#version 330
in float v_height;
uniform float u_least;
out vec4 o_color;
void main() {
    if (v_height < u_least) discard;   // the ground itself, and what is below it
    o_color = vec4(1.0);
}
"""
_GROUND_FRAGMENT = """#version 330
uniform sampler2D u_mask;
uniform vec2 u_texel;
uniform float u_strength;
out vec4 o_color;
void main() {
    vec2 at = gl_FragCoord.xy * u_texel;
    float shade = texture(u_mask, at).r * 2.0;
    for (int i = 0; i < 8; ++i) {
        float turn = 0.7853982 * float(i);
        shade += texture(u_mask, at + 1.5 * u_texel * vec2(cos(turn), sin(turn))).r;
    }
    if (shade <= 0.0) discard;
    o_color = vec4(0.0, 0.0, 0.0, u_strength * shade / 10.0);
}
"""


class BackdropPass:
    """Draws the sky before the scene and the shadows after it.

    Shadows are those of what the frame draws, on the level of the ground: of the flat shapes outside
    of the environments, or of the origin where there are none. What shapes cast on each other is
    ``sun_pass``'s.

    Args:
        scene: What casts shadows.
    """

    def __init__(self, scene: SceneBuffers) -> None:
        self._scene = scene
        self._sky = Program(_SKY_VERTEX, _SKY_FRAGMENT, {})
        self._cast = Program(_SHADOW_VERTEX, _SHADOW_FRAGMENT, SAMPLERS)
        self._ground = Program(shaders.GRID_VERTEX, _GROUND_FRAGMENT, {"u_mask": FREE_UNIT})
        self._mask = MaskTarget()
        self._no_vertices = int(GL.glGenVertexArrays(1))
        self._level: tuple[object, float] = (None, 0.0)

    def draw_sky(self, display: Display, frame: Frame) -> None:
        """Fill the bound frame buffer with the sky."""
        view = frame.view.copy()
        view[:3, 3] = 0.0
        zenith, horizon, below = COLORS["dark" if display.tokens.name == "dark" else "light"]
        self._sky.use()
        self._sky.matrix("u_back", np.linalg.inv(frame.projection @ view).astype(np.float64))
        self._sky.vector("u_up", *up_of(display))
        self._sky.vector("u_zenith", *zenith)
        self._sky.vector("u_horizon", *horizon)
        self._sky.vector("u_below", *below)
        GL.glDisable(GL.GL_DEPTH_TEST)
        GL.glDepthMask(GL.GL_FALSE)
        GL.glBindVertexArray(self._no_vertices)
        GL.glDrawArrays(GL.GL_TRIANGLES, 0, 3)
        GL.glDepthMask(GL.GL_TRUE)
        GL.glEnable(GL.GL_DEPTH_TEST)

    def light(self, display: Display) -> tuple[NDArray[np.float64], float]:
        """Return where light comes from, its height is 1, shape [3], and how high the ground is."""
        if self._level[0] is not display.instances:
            self._level = display.instances, ground_level(display)
        across = _across(display)
        return across[0] * _LIGHT[0] + across[1] * _LIGHT[1] + up_of(display), self._level[1]

    def draw_shadows(self, display: Display, frame: Frame) -> None:
        """Darken the ground where a shape keeps the light away."""
        target = int(GL.glGetIntegerv(GL.GL_FRAMEBUFFER_BINDING))
        viewport = [int(i) for i in GL.glGetIntegerv(GL.GL_VIEWPORT)]
        self._mask.begin(frame.size)
        GL.glDisable(GL.GL_DEPTH_TEST)
        up, across = up_of(display), _across(display)
        light, level = self.light(display)
        program = self._cast
        use_with_view(program, display, frame)
        program.vector("u_up", *up)
        program.vector("u_light", *light)
        meter = 1.0 / (display.snapshot.meters_per_unit if display.snapshot else 1.0)
        program.vector("u_least", shaders.LEAST_SHADOW * meter)
        program.vector("u_ground", level - float(up @ frame.origin))
        self._scene.draw(self._scene.drawn)
        GL.glBindFramebuffer(GL.GL_FRAMEBUFFER, target)
        GL.glViewport(*viewport)
        GL.glEnable(GL.GL_DEPTH_TEST)
        self._darken(display, frame, (across, level * up))

    def _darken(
        self, display: Display, frame: Frame, plane: tuple[NDArray[np.float64], NDArray[np.float64]]
    ) -> None:
        program, camera, across = self._ground, display.camera, plane[0]
        raised = np.eye(4)
        up = up_of(display)
        raised[:3, 3] = plane[1] - (up @ frame.origin) * up
        matrix: NDArray[np.float64] = frame.projection @ frame.view @ raised
        self._mask.bind_texture(FREE_UNIT)
        program.use()
        program.matrix("u_view_projection", matrix)
        program.vector("u_center", *(camera.focus - frame.origin))
        program.vector("u_u", *across[0])
        program.vector("u_v", *across[1])
        program.vector("u_extent", camera.distance * 20.0)
        program.vector("u_texel", 1.0 / frame.size[0], 1.0 / frame.size[1])
        program.vector("u_strength", 0.5 if display.tokens.name == "dark" else 0.32)
        GL.glBindVertexArray(self._no_vertices)
        with blended_on_ground(48.0):
            GL.glDrawArrays(GL.GL_TRIANGLE_STRIP, 0, 4)

    def release(self) -> None:
        """Delete all GL objects."""
        for item in (self._sky, self._cast, self._ground, self._mask):
            item.release()
        GL.glDeleteVertexArrays(1, [self._no_vertices])


def _across(display: Display) -> NDArray[np.float64]:
    """The two directions of the ground, shape [2, 3]."""
    return np.eye(3)[[2, 0]] if display.camera.up_axis == "Y" else np.eye(3)[[0, 1]]
