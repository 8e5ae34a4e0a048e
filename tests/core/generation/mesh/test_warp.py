from __future__ import annotations

import numpy as np
import pytest
from scipy.interpolate import LinearNDInterpolator

from core.animation.face_state import face_state
from core.generation.mesh import sampling
from core.generation.mesh.deform import pose_face
from core.generation.mesh.face import FaceRig
from core.generation.mesh.rig import FACE_TRIANGLES
from core.generation.mesh.sampling import warp_source
from core.generation.mesh.warp import Field, field_of, lifted, settle, smoothed, warp_into, warped_plane
from core.values.geometry import Box
from core.values.image import Image, image_of


def noise(size: int, depth: type[np.unsignedinteger]) -> Image:
    rng = np.random.default_rng(2)
    return image_of(rng.integers(0, np.iinfo(depth).max, (size, size, 3), dtype=depth))


def even_field(dx: float, dy: float, gain: float, box: Box, step: int = 4) -> Field:
    rows, columns = -(-box.height // step) + 1, -(-box.width // step) + 1
    values = np.empty((rows, columns, 3), np.float32)
    values[:] = dx, dy, gain
    return Field(values, np.ones((rows - 1, columns - 1), bool), box.x0, box.y0, step, box)


@pytest.mark.parametrize("depth", [np.uint8, np.uint16])
def test_a_field_of_nothing_gives_the_photos_own_values(depth: type[np.unsignedinteger]) -> None:
    image = noise(40, depth)
    out = np.zeros_like(image.pixels)
    box = Box(0, 0, 40, 40)
    warp_into(out, even_field(0, 0, 0, box), warp_source(image, box))
    np.testing.assert_array_equal(out, image.pixels)


@pytest.mark.parametrize("depth", [np.uint8, np.uint16])
def test_whole_pixels_of_motion_copy_pixels(depth: type[np.unsignedinteger]) -> None:
    image = noise(40, depth)
    out = image.pixels.copy()
    warp_into(out, even_field(3, -2, 0, Box(8, 8, 30, 30)), warp_source(image, Box(0, 0, 40, 40)))
    np.testing.assert_array_equal(out[8:30, 8:30], image.pixels[6:28, 11:33])


def test_half_a_pixel_of_motion_keeps_fine_detail() -> None:
    x = np.arange(64)
    wave = 128 + 100 * np.sin(2 * np.pi * x / 5)
    image = image_of(np.repeat(np.rint(np.tile(wave, (64, 1)))[..., None], 3, axis=2).astype(np.uint8))
    out = image.pixels.copy()
    warp_into(out, even_field(0.5, 0, 0, Box(8, 8, 56, 56)), warp_source(image, Box(0, 0, 64, 64)))
    expected = 128 + 100 * np.sin(2 * np.pi * (x[8:56] + 0.5) / 5)
    got = out[30, 8:56, 0].astype(float)
    bilinear = 0.5 * (wave[8:56] + wave[9:57])
    assert np.abs(got - expected).max() < 8
    assert np.abs(bilinear - expected).max() > 17


def test_a_very_large_photo_is_moved_without_a_finer_copy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sampling, "LARGEST_FINE", 100)
    image = noise(40, np.uint8)
    source = warp_source(image, Box(0, 0, 40, 40))
    assert source.fine.shape == (40, 40, 4)
    out = image.pixels.copy()
    warp_into(out, even_field(3, -2, 0, Box(8, 8, 30, 30)), source)
    np.testing.assert_array_equal(out[8:30, 8:30], image.pixels[6:28, 11:33])


def test_light_is_multiplied_and_stays_in_range() -> None:
    image = image_of(np.full((16, 16, 3), 200, np.uint8))
    out = image.pixels.copy()
    warp_into(out, even_field(0, 0, 0.5, Box(4, 4, 12, 12)), warp_source(image, Box(0, 0, 16, 16)))
    assert (out[4:12, 4:12] == 255).all()
    warp_into(out, even_field(0, 0, -0.25, Box(4, 4, 12, 12)), warp_source(image, Box(0, 0, 16, 16)))
    assert (out[4:12, 4:12] == 150).all()


def test_the_field_agrees_with_an_interpolator_over_the_posed_vertices(rig: FaceRig) -> None:
    """Away from lids and lips, whose folded sheets the interpolator does not know."""
    posed = pose_face(rig, face_state({"browInnerUp": 1, "browOuterUpLeft": 1}))
    field = field_of(posed, rig.triangles, 2, Box(0, 0, 300, 300))
    assert field is not None
    face = posed.vertices[:468, :2]
    delta = posed.sources[:468] - face
    rows, columns = field.values.shape[:2]
    y, x = np.mgrid[:rows, :columns] * field.step
    expected = LinearNDInterpolator(face, delta)(x + field.x0, y + field.y0)
    inside = np.isfinite(expected[..., 0]) & (y + field.y0 < rig.vertices[6, 1] - 0.02 * rig.scale)
    assert inside.sum() > 300
    error = np.linalg.norm(field.values[..., :2] - expected, axis=-1)[inside]
    assert np.median(error) < 0.12
    assert np.percentile(error, 95) < 0.6


def test_a_field_reaches_no_further_than_its_bounds(rig: FaceRig) -> None:
    posed = pose_face(rig, face_state({"jawOpen": 1}))
    bounds = Box(20, 30, 200, 190)
    field = field_of(posed, rig.triangles, 3, bounds)
    assert field is not None
    box = field.box
    assert box.x0 >= bounds.x0
    assert box.y0 >= bounds.y0
    assert box.x1 <= bounds.x1
    assert box.y1 <= bounds.y1


def test_nothing_posed_is_no_field(rig: FaceRig) -> None:
    assert field_of(pose_face(rig, face_state()), rig.triangles[:FACE_TRIANGLES], 2, Box(0, 0, 300, 300)) is None


def test_smoothing_keeps_what_is_even() -> None:
    values = np.full((7, 9, 3), 2.5, np.float32)
    np.testing.assert_allclose(smoothed(values), values)


def test_lifting_and_settling_is_the_identity_in_both_depths() -> None:
    for depth in (np.uint8, np.uint16):
        image = noise(20, depth)
        out = image.pixels.copy()
        box = Box(3, 4, 17, 15)
        part = lifted(out, box)
        assert part.max() <= 255
        out[box.slices] = 0
        settle(part, out, box)
        np.testing.assert_array_equal(out, image.pixels)


def test_a_plane_moves_with_the_field() -> None:
    plane = np.random.default_rng(0).random((30, 30)).astype(np.float32)
    box = Box(6, 6, 20, 22)
    field = even_field(2, 1, 0, box)
    moved = warped_plane(plane, field.values, field.x0, field.y0, field.step, box)
    np.testing.assert_allclose(moved, plane[7:23, 8:22], atol=1e-6)
