"""GLSL of the viewport, and nothing else."""

from __future__ import annotations

HEAD = "#version 330\n"
SUNLIT = "#define SUNLIT\n"
"""With shadows of shapes on shapes: a CPU pays for what a branch leaves out."""
TEXTURED, FULL, PLAIN = "#define TEXTURED\n#define FULL\n", "#define FULL\n", ""
"""Variants of the mesh shaders: with textures, with every look, with one colour per instance."""

INSTANCE = """
layout(location = 0) in vec3 a_point;
layout(location = 5) in uint a_instance;
uniform samplerBuffer u_pose;      // per transform row three axes, a coordinate of its place in each .w
uniform isamplerBuffer u_instance; // transform row, env id, look and colour of each instance
uniform samplerBuffer u_origin;    // origin of each environment
uniform float u_spread;            // how much further apart environments are drawn
uniform mat4 u_view;
uniform mat4 u_projection;

vec3 place_of(int row) {
    int at = row * 3;
    return vec3(texelFetch(u_pose, at).w, texelFetch(u_pose, at + 1).w,
                texelFetch(u_pose, at + 2).w);
}

mat4x3 world_of(ivec4 instance) {
    int at = instance.x * 3;
    vec4 x = texelFetch(u_pose, at), y = texelFetch(u_pose, at + 1), z = texelFetch(u_pose, at + 2);
    vec3 place = vec3(x.w, y.w, z.w);
    if (instance.y >= 0) place += u_spread * texelFetch(u_origin, instance.y).xyz;
    return mat4x3(x.xyz, y.xyz, z.xyz, place);
}
"""

MESH_VERTEX = (
    INSTANCE
    + """
layout(location = 1) in vec3 a_normal;
layout(location = 2) in uint a_part;
layout(location = 3) in vec2 a_uv; // of a speck: its radius
layout(location = 4) in vec4 a_color;
uniform samplerBuffer u_look;
uniform samplerBuffer u_scalar;    // one number per transform row
uniform sampler2D u_lut;
uniform vec3 u_no_value;
uniform bool u_by_scalar;
uniform float u_pixels;            // pixels per unit of length at depth 1
out vec3 v_position;
out vec3 v_normal;
flat out int v_sides;              // negative: mirrored; 1: single-sided, 2: double-sided
#ifdef FULL
out vec4 v_color;
flat out int v_look;
out vec2 v_uv;
#else
flat out vec4 v_color;
#endif

vec3 linear_of(vec3 c) { return pow(c, vec3(2.2)); }

vec3 color_of(int rgba) {
    return vec3(rgba & 255, (rgba >> 8) & 255, (rgba >> 16) & 255) / 255.0;
}

void main() {
    ivec4 instance = texelFetch(u_instance, int(a_instance));
    mat4x3 world = world_of(instance);
    vec4 at = u_view * vec4(world * vec4(a_point, 1.0), 1.0);
    // Cofactors carry normals through any scale, negative ones too.
    vec3 across = cross(world[1], world[2]);
    vec3 n = a_normal.x * across + a_normal.y * cross(world[2], world[0])
           + a_normal.z * cross(world[0], world[1]);
    v_normal = mat3(u_view) * n;
    v_position = at.xyz;
    v_sides = (instance.z & (1 << 30)) != 0 ? 2 : 1;
    bool mirrored = dot(world[0], across) < 0.0;
    v_color = vec4(color_of(instance.w), 1.0);
#ifdef FULL
    int look = (instance.z & 0xffffff) + int(a_part);
    v_look = u_by_scalar ? -1 - look : look;
    vec4 base = texelFetch(u_look, look * 3);
    int flags = int(texelFetch(u_look, look * 3 + 2).z);
    v_color = vec4((flags & 8) != 0 ? base.rgb : v_color.rgb, base.a);
    if ((flags & 2) != 0) v_sides = 2;
    if ((flags & 4) != 0) v_color *= vec4(linear_of(a_color.rgb), a_color.a);
    v_uv = a_uv;
#endif
    if (mirrored) v_sides = -v_sides;
    if (u_by_scalar) {
        float s = texelFetch(u_scalar, instance.x).r;
        v_color.rgb = linear_of(s < 0.0 ? u_no_value : texture(u_lut, vec2(s, 0.5)).rgb);
    }
    gl_Position = u_projection * at;
    gl_PointSize = max(a_uv.x * length(world[0]) * u_pixels / gl_Position.w, 1.0);
}
"""
)

MESH_FRAGMENT = """
in vec3 v_position;
in vec3 v_normal;
flat in int v_sides;
#ifdef FULL
in vec4 v_color;
flat in int v_look;
in vec2 v_uv;
uniform samplerBuffer u_look;
#else
flat in vec4 v_color;
#endif
uniform float u_ambient;
uniform bool u_parallel;           // lines of sight are parallel
uniform bool u_cull;
uniform int u_side;                // 0: both, 1: backs only, 2: fronts only
#ifdef SUNLIT
uniform float u_shade;             // how much darker it is in the shadow
uniform mat4 u_to_sun;             // view coordinates to the map of what the sun sees
uniform vec3 u_sun;
uniform vec4 u_floor;              // height above the ground, 1 for the smallest that counts
uniform float u_lift;
uniform sampler2DShadow u_seen;    // depth of what the sun sees
#endif
out vec4 o_color;

const vec3 KEY = vec3(-0.35, 0.75, 0.55) / 0.9936;
const vec3 FILL = vec3(0.6, -0.1, 0.8) / 1.0050;

#ifdef TEXTURED
// color, opacity, emissive, metallic, roughness, normal
uniform sampler2D u_map[6];
uniform vec4 u_map_scale[6];
uniform vec4 u_map_bias[6];
uniform mat3x2 u_map_uv[6];
uniform int u_map_channel[6];
uniform int u_maps;                // bit i: map i is used
#define HAS(i) ((u_maps & (1 << i)) != 0)
#define MAP(i) (texture(u_map[i], u_map_uv[i] * vec3(v_uv, 1.0)) * u_map_scale[i] + u_map_bias[i])
#define CHANNEL(i) (MAP(i)[u_map_channel[i]])

vec3 bent(vec3 n, vec3 map) {
    // Source: C. Schüler, Normal Mapping without Precomputed Tangents (ShaderX 5, 2006).
    vec3 px = dFdx(v_position), py = dFdy(v_position);
    vec2 tx = dFdx(v_uv), ty = dFdy(v_uv);
    vec3 t = cross(py, n) * tx.x + cross(n, px) * ty.x;
    vec3 b = cross(py, n) * tx.y + cross(n, px) * ty.y;
    float longest = max(dot(t, t), dot(b, b));
    if (longest <= 0.0) return n;
    return normalize(mat3(t * inversesqrt(longest), b * inversesqrt(longest), n) * map);
}
#endif

#ifdef SUNLIT
float lit_by_sun(vec3 n) {
    // The ground has its shadows from elsewhere.
    if (abs(dot(u_floor.xyz, v_position) + u_floor.w) < 1.0) return 1.0;
    vec3 at = (u_to_sun * vec4(v_position + n * u_lift, 1.0)).xyz;
    if (any(lessThan(at.xy, vec2(0.0))) || any(greaterThan(at.xy, vec2(1.0)))) return 1.0;
    vec2 texel = 0.75 / vec2(textureSize(u_seen, 0));
    float seen = 0.0;
    for (int i = 0; i < 4; ++i)
        seen += texture(u_seen, vec3(at.xy + texel * (vec2(i & 1, i >> 1) * 2.0 - 1.0), at.z));
    // What turns away from the sun has no light from it: no edge between noise and shadow.
    return min(0.25 * seen, smoothstep(0.0, 0.25, dot(n, u_sun)));
}
#endif

void main() {
    bool is_back = gl_FrontFacing != (v_sides > 0);
    if (is_back ? u_side == 2 || (u_cull && abs(v_sides) == 1) : u_side == 1) discard;
    // Proxies have no normals of their own: those of their faces.
    vec3 face = cross(dFdx(v_position), dFdy(v_position));
    vec3 n = normalize(v_normal == vec3(0.0) ? face : v_normal);
    vec3 sight = u_parallel ? vec3(0.0, 0.0, -1.0) : v_position;
    n *= dot(n, sight) > 0.0 ? -1.0 : 1.0;   // both sides of every face are lit
    vec3 color = v_color.rgb;
    float alpha = 1.0;
#ifdef FULL
    bool by_scalar = v_look < 0;
    int look = (by_scalar ? -1 - v_look : v_look) * 3;
    vec4 emissive = texelFetch(u_look, look + 1);
    vec4 rest = texelFetch(u_look, look + 2);
    float roughness = rest.x, metallic = emissive.w;
    bool shiny = (int(rest.z) & 1) != 0;
    alpha = v_color.a;
#ifdef TEXTURED
    if (HAS(0) && !by_scalar) color *= MAP(0).rgb;
    if (HAS(1)) alpha *= CHANNEL(1);
    if (HAS(2)) emissive.rgb = MAP(2).rgb;
    if (HAS(3)) metallic = CHANNEL(3);
    if (HAS(4)) roughness = CHANNEL(4);
    if (HAS(5)) n = bent(n, MAP(5).xyz);
#endif
    if (rest.y > 0.0) {
        if (alpha < rest.y) discard;
        alpha = 1.0;
    }
#endif
    float key = max(dot(n, KEY), 0.0);
    float fill = max(dot(n, FILL), 0.0);
    vec3 lit = color * (u_ambient + 0.60 * key + 0.14 * fill);
#ifdef FULL
    if (shiny && !by_scalar) {
        vec3 toward = -normalize(sight);
        vec3 mirror = mix(vec3(0.04), color, metallic);
        float power = 2.0 / max(pow(roughness, 4.0), 1e-3) - 2.0;
        float strength = (power + 8.0) / 25.0;
        vec3 shine = 0.60 * key * pow(max(dot(n, normalize(KEY + toward)), 0.0), power) * vec3(1.0)
                   + 0.14 * fill * pow(max(dot(n, normalize(FILL + toward)), 0.0), power);
        // What a metal mirrors: a sky that is brighter above.
        float rim = pow(1.0 - max(dot(n, toward), 0.0), 5.0);
        vec3 sky = vec3(u_ambient + 0.35 + 0.35 * reflect(-toward, n).y);
        lit = lit * (1.0 - metallic) + strength * mirror * shine
            + sky * mix(metallic * mirror, vec3(1.0 - roughness), 0.35 * rim * (1.0 - roughness));
    }
#endif
#ifdef SUNLIT
    lit *= 1.0 - u_shade * (1.0 - lit_by_sun(n));
#endif
#ifdef FULL
    if (!by_scalar) lit += emissive.rgb;
#endif
    o_color = vec4(pow(min(lit, vec3(1.0)), vec3(1.0 / 2.2)) * alpha, alpha);
}
"""

SOFT_VERTEX = """
layout(location = 0) in vec3 a_point;
layout(location = 1) in vec3 a_normal;
layout(location = 2) in vec3 a_color;
layout(location = 3) in int a_env;
layout(location = 5) in int a_row;
uniform samplerBuffer u_origin;    // origin of each environment
uniform samplerBuffer u_scalar;    // one number per transform row
uniform sampler2D u_lut;
uniform float u_spread;            // how much further apart environments are drawn
uniform vec3 u_base;               // what places are drawn around
uniform mat4 u_view;
uniform mat4 u_projection;
uniform bool u_by_scalar;
uniform vec3 u_no_value;
out vec3 v_position;
out vec3 v_normal;
flat out int v_sides;
flat out vec4 v_color;

void main() {
    vec3 place = a_point - u_base;
    if (a_env >= 0) place += u_spread * texelFetch(u_origin, a_env).xyz;
    vec4 at = u_view * vec4(place, 1.0);
    v_position = at.xyz;
    v_normal = mat3(u_view) * a_normal;
    v_sides = 0;
    v_color = vec4(a_color, 1.0);
    if (u_by_scalar) {
        float s = texelFetch(u_scalar, a_row).r;
        v_color.rgb = pow(s < 0.0 ? u_no_value : texture(u_lut, vec2(s, 0.5)).rgb, vec3(2.2));
    }
    gl_Position = u_projection * at;
}
"""

MASK_VERTEX = (
    HEAD
    + INSTANCE
    + """
void main() {
    vec3 at = world_of(texelFetch(u_instance, int(a_instance))) * vec4(a_point, 1.0);
    gl_Position = u_projection * u_view * vec4(at, 1.0);
}
"""
)

MASK_FRAGMENT = """#version 330
out vec4 o_color;
void main() { o_color = vec4(1.0); }   // the colour mask picks the channel
"""

NOTHING_FRAGMENT = "#version 330\nvoid main() {}\n"
LEAST_SHADOW = 2e-3
"""Height above the ground from which on something casts a shadow on it [m]."""

SCREEN_VERTEX = """#version 330
out vec2 v_uv;
void main() {
    v_uv = vec2((gl_VertexID << 1) & 2, gl_VertexID & 2);
    gl_Position = vec4(v_uv * 2.0 - 1.0, 0.0, 1.0);
}
"""

OUTLINE_FRAGMENT = """#version 330
in vec2 v_uv;
uniform sampler2D u_mask;          // r: selected, g: focused environment
uniform vec2 u_texel;
uniform float u_width;
uniform vec3 u_selected;
uniform vec3 u_focused;
out vec4 o_color;
void main() {
    vec2 here = texture(u_mask, v_uv).rg;
    vec2 around = vec2(0.0);
    for (int i = 0; i < 12; ++i) {
        float turn = 6.2831853 * float(i) / 12.0;
        around = max(around, texture(u_mask, v_uv + u_width * u_texel
                                             * vec2(cos(turn), sin(turn))).rg);
    }
    vec2 edge = around * (1.0 - here);
    if (edge.r > 0.0) o_color = vec4(u_selected, edge.r);
    else if (here.r > 0.0) o_color = vec4(u_selected, 0.16);
    else if (edge.g > 0.0) o_color = vec4(u_focused, 0.75 * edge.g);
    else discard;
}
"""

GRID_VERTEX = """#version 330
uniform mat4 u_view_projection;
uniform vec3 u_center;
uniform vec3 u_u;                  // the two directions of the ground
uniform vec3 u_v;
uniform float u_extent;
out vec2 v_plane;
out vec2 v_offset;
void main() {
    v_offset = (vec2(gl_VertexID & 1, gl_VertexID >> 1) * 2.0 - 1.0) * u_extent;
    vec2 center = vec2(dot(u_center, u_u), dot(u_center, u_v));
    v_plane = center + v_offset;
    gl_Position = u_view_projection * vec4(v_plane.x * u_u + v_plane.y * u_v, 1.0);
}
"""

GRID_FRAGMENT = """#version 330
in vec2 v_plane;
in vec2 v_offset;
uniform float u_step;
uniform vec2 u_phase;              // where the plane begins in its pattern
uniform vec2 u_zero;               // where the axes are
uniform float u_extent;
uniform vec3 u_line;
uniform vec3 u_axis_u;
uniform vec3 u_axis_v;
out vec4 o_color;

float lines(vec2 at, float unit) {
    vec2 p = at / unit;
    vec2 w = max(fwidth(p), vec2(1e-6));
    vec2 d = abs(fract(p - 0.5) - 0.5) / w;
    // Lines closer than two pixels melt into nothing instead of into noise.
    return (1.0 - min(min(d.x, d.y), 1.0)) * clamp(0.5 / max(w.x, w.y) - 1.0, 0.0, 1.0);
}

void main() {
    float fade = clamp(1.0 - length(v_offset) / u_extent, 0.0, 1.0);
    float alpha = max(0.35 * lines(v_plane + u_phase, u_step),
                      0.8 * lines(v_plane + u_phase, u_step * 10.0));
    vec3 color = u_line;
    vec2 w = max(fwidth(v_plane), vec2(1e-9));
    float on_u = 1.0 - min(abs(v_plane.y - u_zero.y) / w.y / 1.2, 1.0);
    float on_v = 1.0 - min(abs(v_plane.x - u_zero.x) / w.x / 1.2, 1.0);
    if (on_u > 0.0) { color = u_axis_u; alpha = max(alpha, on_u); }
    if (on_v > 0.0 && on_v > on_u) { color = u_axis_v; alpha = max(alpha, on_v); }
    if (alpha * fade < 0.01) discard;
    o_color = vec4(color, alpha * fade);
}
"""

# One instance per line, point or triangle; lines and points are widened on the screen, because
# core profiles draw them one pixel thin.
OVERLAY_VERTEX = """#version 330
layout(location = 0) in vec3 a_start;
layout(location = 1) in vec3 a_end;
layout(location = 2) in vec3 a_third;
layout(location = 3) in vec4 a_start_color;
layout(location = 4) in vec4 a_end_color;
layout(location = 5) in vec4 a_third_color;
layout(location = 6) in int a_env;
uniform samplerBuffer u_origin;
uniform float u_spread;
uniform vec3 u_base;               // what places are drawn around
uniform mat4 u_view_projection;
uniform vec2 u_view_size;          // [physical pixels]
uniform float u_size;              // width or diameter [physical pixels]
uniform int u_corners;             // 1: points, 2: lines, 3: triangles
out vec4 v_color;
out vec2 v_at;

vec4 place_of(vec3 at) {
    at -= u_base;
    if (a_env >= 0) at += u_spread * texelFetch(u_origin, a_env).xyz;
    return u_view_projection * vec4(at, 1.0);
}

void main() {
    v_at = vec2(0.0);
    if (u_corners == 3) {
        int corner = gl_VertexID % 3;
        v_color = corner == 0 ? a_start_color : corner == 1 ? a_end_color : a_third_color;
        gl_Position = place_of(corner == 0 ? a_start : corner == 1 ? a_end : a_third);
        return;
    }
    vec2 corner = vec2(gl_VertexID & 1, gl_VertexID >> 1) * 2.0 - 1.0;
    if (u_corners == 1) {
        v_color = a_start_color;
        v_at = corner;
        gl_Position = place_of(a_start);
        gl_Position.xy += corner * u_size / u_view_size * gl_Position.w;
        return;
    }
    vec4 a = place_of(a_start), b = place_of(a_end);
    // What lies behind the eye has no place on the screen: cut the line at the near plane.
    float from = a.z + a.w, to = b.z + b.w;
    if (from < 0.0 && to > 0.0) a = mix(a, b, (1e-5 - from) / (to - from));
    else if (to < 0.0 && from > 0.0) b = mix(b, a, (1e-5 - to) / (from - to));
    vec2 along = (b.xy / b.w - a.xy / a.w) * u_view_size;
    vec2 side = length(along) > 1e-6 ? normalize(vec2(-along.y, along.x)) : vec2(0.0, 1.0);
    bool last = corner.x > 0.0;
    gl_Position = last ? b : a;
    gl_Position.xy += side * corner.y * u_size / u_view_size * gl_Position.w;
    gl_Position.z -= 2e-5 * gl_Position.w;   // lines in a surface lie upon it
    v_color = last ? a_end_color : a_start_color;
}
"""

OVERLAY_FRAGMENT = """#version 330
in vec4 v_color;
in vec2 v_at;
out vec4 o_color;
void main() {
    if (dot(v_at, v_at) > 1.0) discard;
    o_color = v_color;
}
"""
