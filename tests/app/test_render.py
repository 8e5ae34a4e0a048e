"""From a photo to files, through the command."""

import json

import numpy as np
import pytest
from PIL import Image as Pillow

from core.media.clip import open_clip
from core.media.photo import read_photo


def test_at_rest_a_still_is_the_photo(facekey, photo, tmp_path):
    code, out, _ = facekey("render", photo, "-o", tmp_path / "same.png")
    assert code == 0
    assert "same.png" in out
    assert np.array_equal(read_photo(tmp_path / "same.png").pixels, read_photo(photo).pixels)


def test_a_raised_brow_leaves_the_rest_of_the_photo_alone(facekey, photo, tmp_path):
    assert facekey("render", photo, "-o", tmp_path / "brow.png", "--set", "browOuterUpLeft=1")[0] == 0
    before, after = read_photo(photo).pixels, read_photo(tmp_path / "brow.png").pixels
    changed = (before != after).any(axis=2)
    assert changed.any()
    rows, columns = np.nonzero(changed)
    # Her left brow is on the picture's right, in the upper half of a head that fills the crop.
    assert rows.max() < 140
    assert columns.min() > 60
    assert changed.mean() < 0.2


def test_a_curve_becomes_a_clip_with_its_rate(facekey, photo, tmp_path):
    out = tmp_path / "clip.mp4"
    controls = ("--curve", "jawOpen=0:0,6:0.6", "--emotion", "happy=0.3")
    code, text, _ = facekey("render", photo, "-o", out, *controls, "--fps", "23.976", "--json")
    assert code == 0
    assert json.loads(text)["written"] == 7
    with open_clip(out) as clip:
        assert (clip.rate.numerator, clip.rate.denominator, clip.frame_count) == (24000, 1001, 7)
        assert not np.array_equal(clip.frame(0), clip.frame(6))


def test_a_sequence_has_alpha_and_resumes(facekey, photo, tmp_path):
    pattern = tmp_path / "new folder" / "shot.####.png"
    words = ("render", photo, "-o", pattern, "--set", "jawOpen=0.4", "--frames", "10-12", "--alpha", "--json")
    assert json.loads(facekey(*words)[1])["written"] == 3
    names = sorted(path.name for path in pattern.parent.iterdir())
    assert names == ["shot.0010.png", "shot.0011.png", "shot.0012.png"]
    frame = read_photo(pattern.parent / names[0])
    assert frame.alpha is not None
    assert frame.alpha.min() < 20 < 235 < frame.alpha.max()
    (pattern.parent / names[1]).unlink()
    report = json.loads(facekey(*words, "--resume")[1])
    assert (report["written"], report["kept"]) == (1, 2)


def test_size_is_what_was_asked_for(facekey, photo, tmp_path):
    assert facekey("render", photo, "-o", tmp_path / "small.png", "--size", "96x64")[0] == 0
    assert read_photo(tmp_path / "small.png").pixels.shape == (64, 96, 3)


def test_a_project_renders_like_its_photo_and_takes_more_controls(facekey, photo, tmp_path):
    project = tmp_path / "shot.facekey"
    assert facekey("new", photo, "-o", project, "--curve", "jawOpen=0:0,8:0.5")[0] == 0
    assert facekey("render", project, "-o", tmp_path / "a.png", "--frames", "8")[0] == 0
    assert facekey("render", photo, "-o", tmp_path / "b.png", "--set", "jawOpen=0.5")[0] == 0
    assert np.array_equal(read_photo(tmp_path / "a.png").pixels, read_photo(tmp_path / "b.png").pixels)
    assert facekey("render", project, "-o", tmp_path / "c.png", "--frames", "8", "--set", "jawOpen=0")[0] == 0
    assert np.array_equal(read_photo(tmp_path / "c.png").pixels, read_photo(photo).pixels)


def test_a_project_is_not_replaced_unasked(facekey, photo, tmp_path):
    project = tmp_path / "shot.facekey"
    project.write_bytes(b"precious")
    code, _, err = facekey("new", photo, "-o", project)
    assert code == 1
    assert "--force" in err
    assert project.read_bytes() == b"precious"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("render", "missing.jpg", "-o", "x.png"), "does not exist"),
        (("render", "{photo}", "-o", "x.xyz"), "which format"),
        (("render", "{photo}", "-o", "x.png", "--set", "jawOpn=1"), "jawOpen"),
        (("render", "{photo}", "-o", "x.mp4", "--alpha"), "transparency"),
        (("render", "{photo}", "-o", "x.png", "--engine", "magic"), "mesh"),
        (("render", "{photo}", "-o", "x.png", "--face", "3"), "face number 3"),
        (("render", "{photo}", "-o", "x.png", "--fps", "fast"), "frame rate"),
    ],
)
def test_what_cannot_be_done_is_said_in_two_lines_and_nothing_is_written(
    facekey, photo, tmp_path, monkeypatch, words, said
):
    monkeypatch.chdir(tmp_path)
    code, _, err = facekey(*(word.format(photo=photo) for word in words))
    assert code == 1
    assert said in err
    assert len(err.strip().splitlines()) >= 2
    assert list(tmp_path.iterdir()) == []


def test_wrong_usage_is_exit_code_two(facekey):
    assert facekey("render")[0] == 2
    assert facekey("no such command")[0] == 2


def test_a_picture_without_a_face_says_what_to_do(facekey, tmp_path):
    from core.media.photo import write_photo
    from core.values.image import image_of

    write_photo(image_of(np.full((200, 200, 3), 90, np.uint8)), tmp_path / "wall.png")
    code, _, err = facekey("render", tmp_path / "wall.png", "-o", tmp_path / "x.png")
    assert code == 1
    assert "No face" in err
    assert not (tmp_path / "x.png").exists()


def test_a_damaged_colour_profile_is_a_note_and_no_warning_of_python(facekey, portrait, tmp_path):
    photo, project = tmp_path / "profile.jpg", tmp_path / "p.facekey"
    Pillow.fromarray(portrait.pixels[:256, 96:352]).save(photo, quality=95, icc_profile=b"no profile" * 20)
    code, _, err = facekey("new", photo, "-o", project)
    assert code == 0
    assert "facekey: The colour profile of 'profile.jpg' cannot be used" in err
    assert "Warning" not in err
    assert facekey("render", project, "-o", tmp_path / "x.png")[0] == 0
