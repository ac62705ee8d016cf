"""GLSL of the ghost: shapes where USD has them, and lines from there to where they are."""

from __future__ import annotations

from inspector.gui.viewport.shaders import HEAD, INSTANCE

_GHOST = (
    INSTANCE
    + """
uniform samplerBuffer u_ghost;     // USD's matrices; the row of the carrying body in [0].w
uniform float u_factor;            // how much further away the ghost is drawn

vec3 apart_of(int row) {
    int carrier = int(texelFetch(u_ghost, row * 4).w + 0.5);
    return texelFetch(u_ghost, carrier * 4 + 3).xyz - place_of(carrier);
}

vec3 spread_of(int env) {
    return env >= 0 ? u_spread * texelFetch(u_origin, env).xyz : vec3(0.0);
}

mat4x3 ghost_of(ivec4 instance) {
    int at = instance.x * 4;
    vec3 place = texelFetch(u_ghost, at + 3).xyz + (u_factor - 1.0) * apart_of(instance.x);
    return mat4x3(texelFetch(u_ghost, at).xyz, texelFetch(u_ghost, at + 1).xyz,
                  texelFetch(u_ghost, at + 2).xyz, place + spread_of(instance.y));
}
"""
)

SHELL_VERTEX = (
    HEAD
    + _GHOST
    + """
layout(location = 1) in vec3 a_normal;
out vec3 v_position;
out vec3 v_normal;
void main() {
    mat4x3 world = ghost_of(texelFetch(u_instance, int(a_instance)));
    vec4 at = u_view * vec4(world * vec4(a_point, 1.0), 1.0);
    vec3 n = a_normal.x * cross(world[1], world[2]) + a_normal.y * cross(world[2], world[0])
           + a_normal.z * cross(world[0], world[1]);
    v_normal = mat3(u_view) * n;
    v_position = at.xyz;
    gl_Position = u_projection * at;
}
"""
)

SHELL_FRAGMENT = """#version 330
in vec3 v_position;
in vec3 v_normal;
uniform vec3 u_color;
uniform bool u_parallel;
out vec4 o_color;
void main() {
    vec3 face = cross(dFdx(v_position), dFdy(v_position));
    vec3 n = normalize(v_normal == vec3(0.0) ? face : v_normal);
    vec3 sight = u_parallel ? vec3(0.0, 0.0, -1.0) : normalize(v_position);
    float rim = 1.0 - abs(dot(n, sight));
    float alpha = 0.16 + 0.6 * rim * rim;
    o_color = vec4(u_color * alpha, alpha);
}
"""

MASK_VERTEX = (
    HEAD
    + _GHOST
    + """
void main() {
    mat4x3 world = ghost_of(texelFetch(u_instance, int(a_instance)));
    gl_Position = u_projection * u_view * vec4(world * vec4(a_point, 1.0), 1.0);
}
"""
)

LINE_VERTEX = (
    HEAD
    + _GHOST.replace("layout(location = 0) in vec3 a_point;", "")
    + """
uniform vec2 u_view_size;          // [physical pixels]
uniform float u_size;              // width [physical pixels]
out float v_along;
out float v_length;
void main() {
    ivec4 instance = texelFetch(u_instance, int(a_instance));
    int carrier = int(texelFetch(u_ghost, instance.x * 4).w + 0.5);
    vec3 start = place_of(carrier) + spread_of(instance.y);
    vec3 end = start + u_factor * apart_of(instance.x);
    vec2 corner = vec2(gl_VertexID & 1, gl_VertexID >> 1) * 2.0 - 1.0;
    mat4 clip = u_projection * u_view;
    vec4 a = clip * vec4(start, 1.0), b = clip * vec4(end, 1.0);
    float from = a.z + a.w, to = b.z + b.w;
    if (from < 0.0 && to > 0.0) a = mix(a, b, (1e-5 - from) / (to - from));
    else if (to < 0.0 && from > 0.0) b = mix(b, a, (1e-5 - to) / (from - to));
    vec2 along = (b.xy / b.w - a.xy / a.w) * u_view_size * 0.5;
    vec2 side = length(along) > 1e-6 ? normalize(vec2(-along.y, along.x)) : vec2(0.0, 1.0);
    bool last = corner.x > 0.0;
    gl_Position = last ? b : a;
    gl_Position.xy += side * corner.y * u_size / u_view_size * gl_Position.w;
    v_length = length(along);
    v_along = last ? v_length : 0.0;
}
"""
)

LINE_FRAGMENT = """#version 330
in float v_along;
in float v_length;
uniform vec3 u_color;
out vec4 o_color;
void main() {
    // Dashed, so that it is no edge of a shape; short ones are whole.
    if (v_length > 16.0 && mod(v_along, 9.0) > 6.0) discard;
    o_color = vec4(u_color, 1.0);
}
"""

OUTLINE_FRAGMENT = """#version 330
in vec2 v_uv;
uniform sampler2D u_mask;
uniform vec2 u_texel;
uniform float u_width;
uniform vec3 u_color;
out vec4 o_color;
void main() {
    float here = texture(u_mask, v_uv).r, around = 0.0;
    for (int i = 0; i < 12; ++i) {
        float turn = 6.2831853 * float(i) / 12.0;
        around = max(around, texture(u_mask, v_uv + u_width * u_texel
                                             * vec2(cos(turn), sin(turn))).r);
    }
    float edge = around * (1.0 - here);
    if (edge <= 0.0) discard;
    o_color = vec4(u_color * edge, edge);
}
"""
