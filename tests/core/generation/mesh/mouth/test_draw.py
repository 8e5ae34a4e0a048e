from dataclasses import replace

import cv2
import numpy as np
import pytest

from core.generation.mesh.mouth.arch import Jaw
from core.generation.mesh.mouth.corners import corner_gain
from core.generation.mesh.mouth.draw import draw_mouth, mouth_box
from core.generation.mesh.mouth.frame import inner_frame, jaw_displacement
from core.generation.mesh.mouth.prepare import prepare_mouth
from core.generation.mesh.mouth.sprite import OWN
from core.generation.mesh.mouth.tone import LUMINANCE, softness, tooth_colour
from core.generation.mesh.rig import build_rig
from core.head.topology import LIP_INNER_LOWER, LIP_INNER_UPPER
from core.values.image import image_of


@pytest.fixture(scope="session")
def closed(closed_rig):
    return prepare_mouth(closed_rig)


@pytest.fixture(scope="session")
def smiling(smiling_rig):
    return prepare_mouth(smiling_rig)


def blank(rig, value=120.0):
    return np.full((rig.subject.image.height, rig.subject.image.width, 3), value, np.float32)


def drawn(prepared, pose, exposure=1.0, value=120.0):
    out = blank(prepared.rig, value)
    draw_mouth(out, (0, 0), prepared, pose, exposure)
    return out


def lips(pose):
    rows = pose.vertices[list(LIP_INNER_UPPER), :2], pose.vertices[list(LIP_INNER_LOWER), :2]
    return np.vstack([rows[0], rows[1][::-1]])


def test_at_rest_nothing_is_drawn(closed, smiling, posed):
    for prepared in (closed, smiling):
        pose = posed(prepared.rig)
        assert mouth_box(prepared, pose) is None
        np.testing.assert_array_equal(drawn(prepared, pose), blank(prepared.rig))


def test_a_shut_mouth_behind_an_open_jaw_shows_no_teeth(closed, posed):
    pose = posed(closed.rig, jawOpen=0.6, mouthClose=0.6)
    assert inner_frame(closed, pose, 1.0, (0, 0), (288, 288)) is None


def test_nothing_changes_outside_the_lips_and_the_corners(closed, posed):
    pose = posed(closed.rig, jawOpen=0.6, mouthSmileLeft=0.5)
    out = drawn(closed, pose)
    mask = np.zeros(out.shape[:2], np.uint8)
    cv2.fillPoly(mask, [np.round(lips(pose)).astype(np.int32)], 1)
    frame = inner_frame(closed, pose, 1.0, (0, 0), (288, 288))
    reach = int(np.ceil(2 * frame.opening.feather)) + 1
    near = cv2.dilate(mask, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))) > 0
    darker = (out < 119.9).any(axis=2)
    assert not (darker & ~near).any()
    assert darker.sum() > 200
    box = mouth_box(closed, pose)
    outside = np.ones(out.shape[:2], bool)
    outside[box.slices] = False
    assert (out[outside] == 120).all()


def test_the_same_state_gives_the_same_pixels_in_a_smaller_box(closed, posed):
    pose = posed(closed.rig, jawOpen=0.5, mouthUpperUpLeft=0.5)
    whole = drawn(closed, pose)
    box = mouth_box(closed, pose)
    part = np.full((box.height, box.width, 3), 120, np.float32)
    draw_mouth(part, (box.x0, box.y0), closed, pose, 1.0)
    np.testing.assert_allclose(part, whole[box.slices], atol=0.02)
    np.testing.assert_array_equal(drawn(prepare_mouth(closed.rig), pose), whole)


def test_the_mouth_opens_without_a_jump(closed, posed):
    before = drawn(closed, posed(closed.rig, jawOpen=0.0))
    for jaw in np.arange(0.01, 0.5, 0.01):
        now = drawn(closed, posed(closed.rig, jawOpen=jaw))
        assert np.abs(now - before).max() < 70
        assert np.abs(now - before).mean() < 0.35
        before = now


def test_a_wider_opening_is_darker_than_the_teeth_and_shows_both(closed, posed):
    pose = posed(closed.rig, jawOpen=0.5, mouthSmileLeft=0.8, mouthSmileRight=0.8)
    inside = np.zeros((288, 288), np.uint8)
    cv2.fillPoly(inside, [np.round(lips(pose)).astype(np.int32)], 1)
    values = drawn(closed, pose)[cv2.erode(inside, np.ones((5, 5), np.uint8)) > 0].mean(axis=1)
    assert np.percentile(values, 97) > 150
    assert np.percentile(values, 5) < 60


def test_more_exposure_shows_more_tooth(closed, posed):
    pose = posed(closed.rig, jawOpen=0.5, mouthUpperUpLeft=0.3, mouthUpperUpRight=0.3)
    bright = [(drawn(closed, pose, exposure).mean(axis=2) > 150).sum() for exposure in (0, 0.5, 1, 1.5, 2)]
    assert bright == sorted(bright)
    assert bright[0] < 0.3 * bright[2] < 0.3 * bright[4]


def test_a_grey_photo_gets_a_grey_mouth(grey_rig, posed):
    prepared = prepare_mouth(grey_rig)
    assert prepared.tone.grey
    out = drawn(prepared, posed(grey_rig, jawOpen=0.6, mouthSmileLeft=0.6, tongueOut=1.0))
    assert np.abs(out - out[..., :1]).max() < 1e-3


def test_the_lower_teeth_follow_the_jaw_and_not_the_lips(closed, posed):
    still = jaw_displacement(closed, posed(closed.rig), 1.0)
    np.testing.assert_allclose(still, 0, atol=2e-3)
    opened = [jaw_displacement(closed, posed(closed.rig, jawOpen=jaw), 1.0)[1] for jaw in (0.2, 0.5, 0.9)]
    assert opened == sorted(opened)
    assert opened[0] > 0.02
    pulled = jaw_displacement(closed, posed(closed.rig, mouthLowerDownLeft=1.0, mouthLowerDownRight=1.0), 1.0)
    assert pulled[1] < 0.02


def test_a_tongue_that_is_put_out_covers_the_lower_lip(closed, posed):
    pose = posed(closed.rig, jawOpen=0.4, tongueOut=1.0)
    without = drawn(closed, posed(closed.rig, jawOpen=0.4), value=20.0)
    out = drawn(closed, pose, value=20.0)
    below = pose.vertices[14, :2] + [0, 0.08 * closed.rig.scale]
    x, y = np.round(below).astype(int)
    assert np.abs(without[y, x] - 20).max() < 1
    assert out[y, x, 0] > out[y, x, 1] + 10
    box = mouth_box(closed, pose)
    assert box.y0 <= y < box.y1


def test_the_photos_own_teeth_are_kept_and_the_drawn_ones_take_their_tone(smiling, closed):
    assert closed.own is None
    assert smiling.open > 0.5
    assert smiling.own is not None
    sprite = smiling.sprites[Jaw.UPPER]
    middle = sprite.maps.shape[1] // 2
    assert sprite.maps[:, middle, OWN].min() > 0.9
    assert sprite.maps[:, 2, OWN].max() == 0
    own = smiling.tone.tooth / (smiling.tone.tooth @ LUMINANCE)
    plain = (np.array([225, 215, 200]) / 255) ** 2.2
    np.testing.assert_allclose(own, plain / (plain @ LUMINANCE), rtol=0.12)


def test_own_teeth_stay_where_the_photo_has_them_when_the_lips_move(smiling, posed):
    pose = posed(smiling.rig, jawOpen=0.25)
    out = drawn(smiling, pose)
    upper = pose.vertices[13, :2]
    x, y = np.round(upper + [0, 0.02 * smiling.rig.scale]).astype(int)
    assert out[y, x].mean() > 150


def test_corners_heal_only_as_lips_part(closed, posed):
    gains = [corner_gain(closed.corners, posed(closed.rig, jawOpen=jaw)) for jaw in (0, 0.1, 0.3, 0.6)]
    assert gains[0] == 0
    assert gains == sorted(gains)
    assert gains[-1] == 1
    assert all((patch.light >= 0).all() for patch in closed.corners.patches)


def test_dark_skin_has_relatively_brighter_teeth():
    light, dark = np.array([0.6, 0.4, 0.3]), np.array([0.12, 0.06, 0.04])
    ratios = [(tooth_colour(skin) @ LUMINANCE) / (skin @ LUMINANCE) for skin in (light, dark)]
    assert ratios[1] > 2 * ratios[0]
    red, green, blue = tooth_colour(light)
    assert red > green > blue


@pytest.mark.parametrize("blur", [0.6, 1.2, 2.5])
def test_softness_of_a_blurred_edge_is_found(blur):
    edge = np.where(np.arange(160)[None, :] < 80, 40.0, 200.0).repeat(160, axis=0).astype(np.float32)
    soft = cv2.GaussianBlur(edge, (0, 0), blur, borderType=cv2.BORDER_REPLICATE)
    assert softness(soft) == pytest.approx(blur, abs=0.35)


@pytest.mark.parametrize("cut", [150, 190, 205])
def test_a_mouth_that_the_border_cuts_is_still_drawn_as_far_as_it_goes(cut, posed, synthetic):
    whole = synthetic(smile=0.9)
    subject = replace(whole, image=image_of(whole.image.pixels[:cut]), matte=lambda: np.ones((cut, 288), np.float32))
    prepared = prepare_mouth(build_rig(subject))
    out = drawn(prepared, posed(prepared.rig, jawOpen=0.5, tongueOut=1.0))
    assert np.isfinite(out).all()
    assert out.min() >= 0


def test_a_sixteen_bit_photo_gives_the_same_mouth(closed, posed):
    pixels = closed.rig.subject.image.pixels.astype(np.uint16) * 257
    rig = build_rig(replace(closed.rig.subject, image=image_of(pixels)))
    prepared = prepare_mouth(rig)
    np.testing.assert_allclose(prepared.tone.tooth, closed.tone.tooth, rtol=1e-3)
    np.testing.assert_allclose(prepared.corners.patches[0].light, closed.corners.patches[0].light, atol=0.6)
    assert np.isfinite(drawn(prepared, posed(rig, jawOpen=0.5))).all()


def test_a_rolled_head_shows_the_same_teeth(closed, posed):
    values = {"jawOpen": 0.4, "mouthUpperUpLeft": 0.4, "mouthUpperUpRight": 0.4}
    upright = drawn(closed, posed(closed.rig, **values))
    rolled = drawn(closed, posed(closed.rig, **values, **{"head.roll": 35.0}))
    bright = [(picture.mean(axis=2) > 150).sum() for picture in (upright, rolled)]
    assert bright[1] == pytest.approx(bright[0], rel=0.12)
