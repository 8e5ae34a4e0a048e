"""The compiled loops against plain numpy, which says the same with whole arrays."""

import numpy as np
import pytest
from scipy.ndimage import map_coordinates

from core.generation.mesh.mouth.arch import Jaw
from core.generation.mesh.mouth.finish import encode, lay_over
from core.generation.mesh.mouth.inner import STEP, Opening, Paint, TeethRow, paint_inner
from core.generation.mesh.mouth.light import light_in, light_on_grid
from core.generation.mesh.mouth.sprite import BELOW_EDGE, tooth_sprite
from core.generation.mesh.mouth.tongue import Tongue, TongueOut, meet_ball
from core.values.geometry import smoothstep

WIDTH, HEIGHT, UNIT = 64, 28, 100.0
WIDEST = 0.06


def rows_and_opening(roll=0.2):
    """A slanted lens of an opening with both rows of teeth behind it."""
    axis = np.array([np.cos(roll), np.sin(roll)])
    start, length = -10.0, 90.0
    at = start + np.arange(int(length * STEP)) / STEP
    across = np.clip((at - 33) / 26, -1, 1)
    table = np.column_stack([
        2 + 4 * across**2 - 9 * (1 - across**2), 2 + 4 * across**2 + 11 * (1 - across**2),
        np.full_like(at, 0.95), np.full_like(at, 0.9), across, 0.08 * across**2,
    ])  # fmt: skip
    opening = Opening(table.astype(np.float32), start, 0.26, UNIT, 1.2, 0.6, 0.45, *axis, 0.0, WIDEST, 3.0, 0.008)
    rows = []
    for jaw, edge, dim in ((Jaw.UPPER, 1.0, 1.0), (Jaw.LOWER, 7.0, 0.7)):
        sprite = tooth_sprite(jaw, 110, seed=2)
        place = -12 + np.arange(int(95 * STEP)) / STEP
        arc = (place - 33) / UNIT
        teeth = np.column_stack([
            (arc + sprite.reach) * sprite.density - 0.5, edge + 0.02 * (place - 33), 0.1 * arc, 0.9 - arc**2,
            0.05 * arc, 0.95 - arc**2, 0.05 + arc**2, np.ones_like(arc),
        ])  # fmt: skip
        rows.append(TeethRow(teeth.astype(np.float32), -12.0, 0.05, -int(jaw) / UNIT, 0.1, 0.12, sprite.maps,
                             sprite.density, BELOW_EDGE, dim))  # fmt: skip
    return opening, *rows


def no_tongue():
    ball = Tongue(np.zeros(2), np.zeros((3, 2)), np.array([0.0, 0, 1]), np.ones(3), np.zeros(3), np.zeros(3), 0.4, 0.0)
    return ball, TongueOut(np.zeros(2), np.array([0.0, 1.0]), 1.0, np.zeros(3), np.zeros(3), 0.0)


PAINT = Paint(np.array([0.6, 0.55, 0.45]), np.array([0.3, 0.12, 0.12]), np.array([0.3, 0.15, 0.15]),
              np.array([0.03, 0.015, 0.014]),
              np.array([0.02, 0.01, 0.01]), np.array([1.5, 0.9, 0.6]), 0.08)  # fmt: skip


def numpy_light(above, below, across, depth, half, from_above, from_left):
    def sine(near):
        near = np.maximum(near, 0)
        return near / np.hypot(near, depth)

    vertical = from_above * sine(above) + (1 - from_above) * sine(below)
    horizontal = from_left * sine((1 + across) * half) + (1 - from_left) * sine((1 - across) * half)
    share = vertical * horizontal / 0.60 * (1 - 0.45 * smoothstep(np.abs(across), 0.55, 1.0))
    return share / (0.62 + 0.38 * share)


def numpy_paint(opening, upper, lower, paint):
    y, x = np.mgrid[:HEIGHT, :WIDTH].astype(float)
    along = x * opening.axis_x + y * opening.axis_y
    down = y * opening.axis_x - x * opening.axis_y
    at = opening.start + np.arange(len(opening.table)) / STEP
    lip = [np.interp(along, at, column.astype(float)) for column in opening.table.T]
    nearest = opening.table[np.clip(((along - opening.start) * STEP).astype(int), 0, len(at) - 1)]
    above, below = down - lip[0], lip[1] - down
    soft = opening.feather
    cover = smoothstep(above * nearest[..., 2], -soft, soft) * smoothstep(below * nearest[..., 3], -soft, soft)
    painted = (above >= -3 * soft) & (below >= -3 * soft)
    above, below = above / UNIT, below / UNIT

    def reach(depth):
        return numpy_light(above, below, lip[4], depth, opening.half_width, opening.from_above, opening.from_left)

    fall = np.maximum(above, 0) / np.maximum(above + below, 0.02)

    def bounced(light):
        return 1 + 0.9 * (1 - np.minimum(light, 1))[..., None] * (paint.bounce - 1)

    back = 0.15 + 0.65 * reach(np.full_like(x, 0.16))
    back = back * (0.45 + 0.4 * np.exp(-np.maximum(above, 0) / 0.05) + 0.7 * fall**2)
    back = back * (1 - 0.5 * smoothstep(np.abs(lip[4]), 0.3, 1.0))
    colour = paint.cavity * back[..., None]
    for row in (lower, upper):
        place = -12 + np.arange(len(row.table)) / STEP
        teeth = [np.interp(along - row.shear * down, place, column.astype(float)) for column in row.table.T]
        height = (down - teeth[1]) * row.to_height
        r = (height + row.below) * row.density - 0.5
        inside = r >= 0
        r = np.clip(r, 0, row.maps.shape[0] - 1.001)
        c = np.clip(teeth[0], 0, row.maps.shape[1] - 1.001)
        seen = [map_coordinates(row.maps[..., k].astype(float), [r, c], order=1) for k in range(9)]
        facing = np.sqrt(np.maximum(1 - seen[5] ** 2 - seen[6] ** 2, 0.05))
        diffuse = np.clip(seen[5] * teeth[2] + seen[6] * row.light_up + facing * teeth[3], 0, 1)
        half = np.clip(seen[5] * teeth[4] + seen[6] * row.half_up + facing * teeth[5], 0, 1)
        gum = seen[4][..., None]
        body = np.stack(seen[:3], axis=-1) * paint.tooth * (1 - gum) + 0.85 * paint.gum * gum
        lit = 1.34 * (0.48 + 0.52 * diffuse[..., None]) * body
        lit = lit + paint.shine * (half**32)[..., None] * (1 - 0.7 * gum) * (1 - seen[8][..., None])
        light = reach(np.maximum(teeth[6] - lip[5], 0.03)) * row.dim
        opaque = np.where(inside, np.maximum(seen[3], seen[4]), 0)[..., None]
        if row is lower:
            light = light * (0.40 + 0.60 * smoothstep(above, 0.02, 0.16))
            shadow = 1.0
        else:
            rows = np.minimum(r.astype(int) + int(0.012 * row.density), row.maps.shape[0] - 1)
            shadow = 1 - 0.45 * (row.maps[rows, c.astype(int), 7] * inside)[..., None] * (1 - opaque)
        colour = colour * shadow * (1 - opaque) + lit * light[..., None] * bounced(light) * opaque
    dark = 1 - 0.45 * np.exp(-np.maximum(above, 0) / 0.010)
    dark = dark * (1 - 0.40 * np.exp(-np.maximum(below, 0) / 0.010))
    closed = 1 - smoothstep(np.maximum(above + below, 0.40 * opening.widest), 0.010, 0.068)
    inside = colour * dark[..., None]
    inside = inside + (0.9 * paint.seam - inside) * 0.85 * closed[..., None]
    return np.where(painted[..., None], inside, 0), cover


def compiled(opening, upper, lower):
    image, cover = np.empty((HEIGHT, WIDTH, 3), np.float32), np.empty((HEIGHT, WIDTH), np.float32)
    paint_inner(image, cover, 0.0, 0.0, opening, upper, lower, *no_tongue(), PAINT)
    return image, cover


def test_the_compiled_mouth_equals_the_numpy_one():
    opening, upper, lower = rows_and_opening()
    image, cover = compiled(opening, upper, lower)
    expected, expected_cover = numpy_paint(opening, upper, lower, PAINT)
    np.testing.assert_allclose(cover, expected_cover, atol=2e-4)
    inside = expected_cover > 0
    assert inside.sum() > 300
    assert np.abs(image - expected)[inside].max() < 3e-3
    assert expected[inside].max() > 0.3  # teeth are in the picture, not only the dark


def test_light_falls_off_with_depth_and_towards_the_lips():
    depths = [light_in(0.05, 0.05, 0.0, depth, 0.27, 0.6, 0.5) for depth in (0.03, 0.06, 0.12, 0.3)]
    assert depths == sorted(depths, reverse=True)
    places = [light_in(above, 0.1 - above, 0.0, 0.05, 0.27, 0.9, 0.5) for above in (0.0, 0.01, 0.03, 0.05)]
    assert places == sorted(places)
    assert light_in(0.5, 0.5, 0.0, 0.01, 0.5, 0.5, 0.5) < 1.35


def test_a_grid_of_light_is_the_light_of_each_point():
    rng = np.random.default_rng(0)
    above, below, across, depth = rng.uniform(0.001, 0.2, (4, 3, 5))
    found = light_on_grid(above, below, across, depth, 0.25, 0.6, 0.4)
    contact = (1 - 0.45 * np.exp(-above / 0.010)) * (1 - 0.40 * np.exp(-below / 0.010))
    np.testing.assert_allclose(found, numpy_light(above, below, across, depth, 0.25, 0.6, 0.4) * contact, rtol=1e-9)


def test_the_tongue_seen_from_the_front_has_the_area_of_its_ellipse():
    radii = np.array([0.2, 0.1, 0.3])
    to_ball = np.array([[1, 0], [0, 1], [0, 0]]) / UNIT
    towards = np.array([0.0, 0, -1])
    ball = Tongue(np.array([50.0, 40.0]), to_ball, np.array([0.0, 0, 1]), radii, towards, towards, 0.4, 1.0)
    found = np.empty(6)
    hits = sum(meet_ball(ball, x + 0.0, y + 0.0, found) for x in range(100) for y in range(80))
    assert hits == pytest.approx(np.pi * 20 * 10, rel=0.02)
    assert meet_ball(ball, 50.0, 40.0, found)
    assert found[1] == pytest.approx(1.0)  # its nearest point faces the light
    assert found[3] == pytest.approx(0.4 - 0.3)  # and lies one radius before its centre


def test_blending_stays_inside_the_cover_and_grain_stays_in_the_photo():
    out = np.full((6, 9, 3), 100, np.float32)
    image, cover = np.full((4, 5, 3), 200, np.float32), np.zeros((4, 5), np.float32)
    cover[1:3, 1:4] = 1
    noise = np.random.default_rng(1).normal(0, 1, (8, 8)).astype(np.float32)
    lay_over(out, 2, 1, image, cover, 1.0, noise, 2.0, 30, 40)
    untouched = np.ones((6, 9), bool)
    untouched[2:4, 3:6] = False
    assert (out[untouched] == 100).all()
    shifted = np.full((6, 8, 3), 100, np.float32)
    lay_over(shifted, 1, 1, image, cover, 1.0, noise, 2.0, 31, 40)
    np.testing.assert_array_equal(out[:, 1:], shifted)


def test_encoding_inverts_the_gamma_and_drops_colour_when_asked():
    image = np.array([[[0.0, 0.5, 1.0], [0.2, 0.2, 0.2]]], np.float32)
    plain = image.copy()
    encode(plain, False)
    np.testing.assert_allclose((plain / 255) ** 2.2, image, atol=1e-5)
    encode(image, True)
    assert (image[..., 0] == image[..., 1]).all()
    assert (image[..., 1] == image[..., 2]).all()
