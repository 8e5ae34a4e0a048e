"""Eyes as drawn: still at rest, shut when shut, turned where they look, and never jumping."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from core.animation.face_state import face_state
from core.generation.mesh.deform import pose_face
from core.generation.mesh.eyes import draw_eyes, eyes_box, prepare_eyes
from core.generation.mesh.eyes.frame import PARAMETER, RIGHT, lid_curves
from core.generation.mesh.rig import build_rig
from core.head.topology import IRIS_RIGHT, LID_RIGHT_LOWER, LID_RIGHT_UPPER


def both(name, value):
    return {f"{name}Left": value, f"{name}Right": value}


def gaze(yaw, pitch):
    sides = ("left", "right")
    return {f"gaze__{s}__yaw": yaw for s in sides} | {f"gaze__{s}__pitch": pitch for s in sides}


def opening(sitter):
    """Pixels of the right eye's opening in the photo."""
    points = sitter.subject.landmarks[[*LID_RIGHT_UPPER, *LID_RIGHT_LOWER], :2]
    return slice(int(points[:, 1].min()) + 1, int(points[:, 1].max())), slice(
        int(points[:, 0].min()) + 2, int(points[:, 0].max()) - 1
    )


def green(picture):
    """How far green stands out: the iris of the painted sitter, and nothing else."""
    picture = picture.astype(float)
    return np.clip(picture[..., 1] - np.maximum(picture[..., 0], picture[..., 2]) - 12, 0, None)


def iris_centre(picture, sitter):
    x0, y0 = np.floor(sitter.subject.landmarks[[*LID_RIGHT_UPPER, *LID_RIGHT_LOWER], :2].min(0)).astype(int) - 6
    x1, y1 = np.ceil(sitter.subject.landmarks[[*LID_RIGHT_UPPER, *LID_RIGHT_LOWER], :2].max(0)).astype(int) + 7
    part = green(picture[y0:y1, x0:x1])
    y, x = np.mgrid[y0:y1, x0:x1]
    return np.array([(x * part).sum(), (y * part).sum()]) / part.sum()


def test_nothing_is_drawn_at_rest_or_when_only_the_mouth_moves(sitter):
    for channels in ({}, {"mouthShrugLower": 1.0}, both("mouthFrown", 1.0)):
        posed = sitter.pose(**channels)
        assert eyes_box(sitter.eyes, posed) is None
        assert np.array_equal(sitter.eyes_alone(**channels), sitter.subject.image.pixels)


def test_nothing_is_drawn_outside_the_box(sitter):
    for channels in (
        both("eyeBlink", 1.0),
        gaze(25, 10),
        both("eyeWide", 1.0),
        {"head__yaw": 20, **both("eyeBlink", 0.6)},
    ):
        box = eyes_box(sitter.eyes, sitter.pose(**channels))
        outside = np.ones(sitter.subject.image.pixels.shape[:2], bool)
        outside[box.slices] = False
        changed = (sitter.eyes_alone(**channels) != sitter.subject.image.pixels).any(axis=2)
        assert changed.any()
        assert not (changed & outside).any()


def test_a_part_of_the_picture_gets_the_same_pixels_as_the_whole(sitter):
    posed = sitter.pose(**both("eyeBlink", 0.5))
    whole = sitter.eyes_alone(**both("eyeBlink", 0.5))
    box = eyes_box(sitter.eyes, posed)
    part = sitter.subject.image.pixels[box.y0 + 5 : box.y1, box.x0 + 9 : box.x1 - 4].astype(np.float32)
    draw_eyes(part, (box.x0 + 9, box.y0 + 5), sitter.eyes, posed)
    assert np.array_equal(part, whole[box.y0 + 5 : box.y1, box.x0 + 9 : box.x1 - 4])


def test_a_closing_eye_shows_ever_less_of_the_iris_and_shut_shows_none(sitter):
    shown = [green(sitter.render(**both("eyeBlink", v))[opening(sitter)]).sum() for v in np.linspace(0, 1, 11)]
    assert (np.diff(shown) <= 0.01 * shown[0]).all()
    assert shown[-1] < 0.005 * shown[0]
    assert 0.15 < shown[4] / shown[0] < 0.85


def test_a_shut_eye_leaves_no_bright_slit(sitter):
    """The white was far brighter and greyer than skin; of it nothing may be left."""
    shut = sitter.render(**both("eyeBlink", 1.0))[opening(sitter)].astype(float)
    photo = sitter.subject.image.pixels[opening(sitter)].astype(float)
    white = (photo.min(axis=2) > 195).sum()
    assert white > 30
    assert (shut.min(axis=2) > 180).sum() == 0


def test_a_shut_eye_is_skin_above_a_dark_line(sitter):
    shut = sitter.render(**both("eyeBlink", 1.0))
    posed = sitter.pose(**both("eyeBlink", 1.0))
    curves = lid_curves(posed.vertices, RIGHT)
    middle = np.abs(PARAMETER - 0.45).argmin()
    places = [curves.to_picture(PARAMETER[middle : middle + 1], curves.upper[middle : middle + 1] - t)[0]
              for t in np.arange(-3, 12)]  # fmt: skip
    light = np.array([shut[round(y), round(x)].mean() for x, y in places])
    assert light[:6].min() < 0.75 * light[8:].mean()
    assert light[8:] == pytest.approx(np.full(7, np.mean((205, 160, 138))), rel=0.15)


def test_wide_eyes_show_more_iris_and_white_than_the_photo(sitter):
    wide = sitter.render(**both("eyeWide", 1.0))
    assert green(wide).sum() > 1.05 * green(sitter.subject.image.pixels).sum()


@pytest.mark.parametrize(("yaw", "pitch"), [(20, 0), (-20, 0), (0, 12), (-12, 8)])
def test_the_iris_travels_as_a_ball_of_its_size_turns(sitter, yaw, pitch):
    rig = sitter.prepared.rig
    moved = sitter.pose(**gaze(yaw, pitch)).vertices[IRIS_RIGHT[0], :2] - rig.vertices[IRIS_RIGHT[0], :2]
    radius = 0.88 * 0.135 * rig.scale  # 10.5 mm, at 89 mm an eye distance
    expected = radius * np.sin(np.radians(np.hypot(yaw, pitch)))
    assert np.hypot(*moved) == pytest.approx(expected, rel=0.15)
    assert np.sign(moved[0]) == np.sign(yaw) or abs(yaw) < 1
    if pitch:
        assert moved[1] < 0
    seen = iris_centre(sitter.render(**gaze(yaw, pitch)), sitter) - iris_centre(sitter.subject.image.pixels, sitter)
    assert seen[0] == pytest.approx(moved[0], abs=0.2 * radius)


def test_lids_and_gaze_never_jump(sitter):
    def series(channels, values):
        return [sitter.eyes_alone(**{name: v * full for name, full in channels.items()}) for v in values]

    for channels in (both("eyeBlink", 1.0), gaze(30, 0), both("eyeWide", 1.0), gaze(0, -25)):
        pictures = series(channels, np.linspace(0, 0.1, 21))
        steps = [np.abs(b - a).mean() for a, b in pairwise(pictures)]
        total = np.abs(pictures[-1] - pictures[0]).mean()
        assert max(steps) < 0.35 * max(total, 0.02)


def test_a_grey_photo_stays_grey(sit):
    sitter = sit(grey=True)
    for channels in (both("eyeBlink", 0.7), gaze(25, 0), both("eyeWide", 1.0)):
        picture = sitter.eyes_alone(**channels)
        assert np.ptp(picture, axis=2).max() < 6


def test_shut_eyes_are_opened_on_an_invented_eye_and_say_so(sit, sitter):
    shut = sit(closed=True)
    assert shut.eyes.synthesised == (True, True)
    assert sitter.eyes.synthesised == (False, False)
    opened = shut.render(**both("eyeWide", 1.0))
    assert np.isfinite(shut.eyes_alone(**both("eyeWide", 1.0))).all()
    assert np.abs(opened.astype(int) - shut.subject.image.pixels).max() > 20


def test_eyes_at_and_beyond_the_border_of_the_photo_are_drawn_where_they_are_inside(make_subject):
    subject = make_subject(shift=(130, -60))
    rig = build_rig(subject)
    prepared = prepare_eyes(rig)
    posed = pose_face(rig, face_state(both("eyeBlink", 0.8)))
    picture = subject.image.pixels.astype(np.float32)
    draw_eyes(picture, (0, 0), prepared, posed)
    assert np.isfinite(picture).all()
