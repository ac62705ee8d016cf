"""GLSL that draws numbers of instances instead of colours, and nothing else."""

from __future__ import annotations

from inspector.gui.viewport.shaders import INSTANCE

CUT_OUT = "#define CUT_OUT\n"
"""Variant for parts whose opacity, and with it what is cut out of them, is in a texture."""

PICK_VERTEX = (
    INSTANCE
    + """
layout(location = 2) in uint a_part;
layout(location = 3) in vec2 a_uv;
layout(location = 4) in vec4 a_color;
uniform samplerBuffer u_look;
flat out uint v_instance;
flat out int v_sides;              // negative: mirrored; 1: single-sided, 2: double-sided
flat out float v_threshold;        // opacity below which nothing is drawn
out float v_alpha;
out vec2 v_uv;

void main() {
    v_instance = a_instance;
    ivec4 instance = texelFetch(u_instance, int(a_instance));
    mat4x3 world = world_of(instance);
    int look = ((instance.z & 0xffffff) + int(a_part)) * 3;
    vec4 rest = texelFetch(u_look, look + 2);
    int flags = int(rest.z);
    v_sides = (instance.z & (1 << 30)) != 0 || (flags & 2) != 0 ? 2 : 1;
    if (dot(world[0], cross(world[1], world[2])) < 0.0) v_sides = -v_sides;
    v_threshold = rest.y;
    v_alpha = texelFetch(u_look, look).a * ((flags & 4) != 0 ? a_color.a : 1.0);
    v_uv = a_uv;
    gl_Position = u_projection * u_view * vec4(world * vec4(a_point, 1.0), 1.0);
}
"""
)

PICK_FRAGMENT = """
flat in uint v_instance;
flat in int v_sides;
flat in float v_threshold;
in float v_alpha;
in vec2 v_uv;
uniform bool u_cull;
#ifdef CUT_OUT
// As in the shaders of surfaces; the second map is that of the opacity.
uniform sampler2D u_map[6];
uniform vec4 u_map_scale[6];
uniform vec4 u_map_bias[6];
uniform mat3x2 u_map_uv[6];
uniform int u_map_channel[6];
uniform int u_maps;
#endif
out uint o_id;

void main() {
    float alpha = v_alpha;
#ifdef CUT_OUT
    vec4 map = texture(u_map[1], u_map_uv[1] * vec3(v_uv, 1.0)) * u_map_scale[1] + u_map_bias[1];
    if ((u_maps & 2) != 0) alpha *= map[u_map_channel[1]];
#endif
    if (u_cull && gl_FrontFacing != (v_sides > 0) && abs(v_sides) == 1) discard;
    if (v_threshold > 0.0 && alpha < v_threshold) discard;
    o_id = v_instance + 1u;        // 0 is nothing
}
"""

SOFT_FRAGMENT = """#version 330
flat in uint v_instance;
out uint o_id;
void main() { o_id = v_instance + 1u; }   // cloth has two sides
"""
