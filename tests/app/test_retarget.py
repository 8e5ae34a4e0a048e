"""A clip's motion on a photo, through the commands."""

import json

import numpy as np
import pytest

from core.media.clip import open_clip
from core.motion.live_link import read_live_link
from core.perception.detect import require_face


def lip_gap(picture: np.ndarray) -> float:
    """Between the inner lips, in eye distances."""
    points = require_face(picture).landmarks[:, :2]
    return float(np.linalg.norm(points[13] - points[14]) / np.linalg.norm(points[33] - points[263]))


@pytest.fixture(scope="module")
def tracked(smile_clip, tmp_path_factory):
    from app.cli import main

    folder = tmp_path_factory.mktemp("tracked")
    assert main(["track", str(smile_clip), "-o", str(folder / "p.csv"), "-o", str(folder / "p.json")]) == 0
    return folder


def test_tracking_finds_the_jaw_that_was_drawn(tracked):
    performance = read_live_link(tracked / "p.csv")
    from core.document.channels import SHAPES

    jaw = performance.shapes[:, SHAPES.index("jawOpen")]
    assert len(jaw) == 12
    assert jaw[5:7].min() > jaw[:2].max() + 0.15


@pytest.mark.parametrize("source", ["clip", "p.csv", "p.json"])
def test_the_photo_opens_its_mouth_where_the_clip_does(facekey, photo, smile_clip, tracked, tmp_path, source):
    performance = smile_clip if source == "clip" else tracked / source
    out = tmp_path / "out.mp4"
    code, text, err = facekey("retarget", photo, performance, "-o", out, "--json", "--no-provenance")
    assert code == 0, err
    with open_clip(out) as clip:
        assert clip.frame_count == json.loads(text)["written"] == 12
        assert lip_gap(clip.frame(6)) > lip_gap(clip.frame(0)) + 0.04


def test_a_weight_of_nothing_leaves_the_mouth_alone(facekey, photo, tracked, tmp_path):
    weights = ["--weight", "mouth=0", "--weight", "jaw=0", "--weight", "nose=0", "--expression-only"]
    still, moved = tmp_path / "still.png", tmp_path / "moved.png"
    assert facekey("retarget", photo, tracked / "p.json", "-o", still, "--frames", "6", *weights)[0] == 0
    assert facekey("retarget", photo, tracked / "p.json", "-o", moved, "--frames", "6")[0] == 0
    from core.media.photo import read_photo

    assert lip_gap(read_photo(still).pixels) < lip_gap(read_photo(moved).pixels) - 0.04


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--weight", "nostril=1"), "region"),
        (("--weight", "mouth=9"), "out of range"),
        (("--neutral", "soon"), "no frame"),
        (("--neutral", "99"), "99"),
    ],
)
def test_bad_options_say_what_is_possible(facekey, photo, tracked, tmp_path, words, said):
    code, _, err = facekey("retarget", photo, tracked / "p.csv", "-o", tmp_path / "x.png", *words)
    assert code == 1
    assert said in err
    assert not (tmp_path / "x.png").exists()


def test_a_project_keeps_its_rate_and_its_keys_their_moments(facekey, photo, tracked, tmp_path):
    project, out = tmp_path / "p.facekey", tmp_path / "out.mp4"
    assert facekey("new", photo, "-o", project, "--fps", "12")[0] == 0
    code, _, err = facekey("retarget", project, tracked / "p.csv", "-o", out, "--no-provenance")
    assert code == 0, err
    with open_clip(out) as clip:
        assert (clip.rate, clip.frame_count) == (12, 6)


def test_a_projects_face_is_not_chosen_anew(facekey, photo, tracked, tmp_path):
    project = tmp_path / "p.facekey"
    assert facekey("new", photo, "-o", project)[0] == 0
    for words in (("render", project), ("retarget", project, tracked / "p.csv")):
        code, _, err = facekey(*words, "-o", tmp_path / "x.png", "--face", "0")
        assert code == 1
        assert "--face" in err
