import numpy as np
from hypothesis import given, strategies as st
from pxr import Gf

from inspector.sim.pose_math import stretches, world_matrices

NUMBERS = st.floats(-1, 1).filter(lambda x: abs(x) > 0.01)
SCALES = st.floats(0.05, 20)


def matrix(scale, quat_xyzw, position) -> Gf.Matrix4d:
    x, y, z, w = quat_xyzw
    rotation = Gf.Matrix4d().SetRotate(Gf.Quatd(w, x, y, z).GetNormalized())
    moved = Gf.Matrix4d().SetTranslate(Gf.Vec3d(*position))
    return Gf.Matrix4d().SetScale(Gf.Vec3d(*scale)) * rotation * moved


@given(
    st.tuples(SCALES, SCALES, SCALES),
    st.tuples(NUMBERS, NUMBERS, NUMBERS, NUMBERS),
    st.tuples(NUMBERS, NUMBERS, NUMBERS),
)
def test_scale_rotation_translation_is_what_usd_makes_of_it(scale, quat, position):
    expected = np.array(matrix(scale, quat, position))
    unit = np.array(quat) / np.linalg.norm(quat)
    stretch = stretches(expected[None])
    np.testing.assert_allclose(stretch[0], np.diag(scale), atol=1e-9 * max(scale) ** 2)
    pose = np.concatenate([position, unit])[None]
    np.testing.assert_allclose(world_matrices(pose, stretch)[0], expected, atol=1e-7)


def test_a_rigid_matrix_has_exactly_no_stretch():
    rigid = np.array(matrix((1, 1, 1), (0.1, 0.2, 0.3, 0.9), (1, 2, 3)))
    np.testing.assert_array_equal(stretches(rigid[None])[0], np.eye(3))


def test_a_mirrored_matrix_keeps_its_mirror():
    mirrored = np.array(matrix((1, 1, -1), (0, 0, 0, 1), (0, 0, 0)))
    stretch = stretches(mirrored[None])
    assert np.linalg.det(stretch[0]) < 0
