"""Reenactment and contact sheets through the command, and what machines read of them."""

import json

import numpy as np
import pytest

from core.evaluation.reenact import ClipScores, Scores
from core.media.photo import read_photo


def strict(text: str):
    """JSON as its standard has it: without NaN and Infinity."""
    return json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))


def test_reenactment_beats_the_still_photo_and_is_written_for_machines(facekey, smile_clip, tmp_path):
    scores, sheets = tmp_path / "scores.json", tmp_path / "sheets"
    words = ("--frames", 3, "--json", scores, "--sheet", sheets)
    code, out, err = facekey("evaluate", "reenact", smile_clip, *words)
    assert code == 0, err
    (clip,) = strict(scores.read_text())
    assert (clip["clip"], clip["frames"]) == ("jaw.mp4", 3)
    mesh, static, truth = (clip["scores"][name] for name in ("mesh", "static", "truth"))
    assert mesh["landmark"] < static["landmark"]
    assert mesh["mouth_psnr"] > static["mouth_psnr"]
    assert truth["psnr"] == 100
    assert "| **mean** | mesh |" in out
    assert read_photo(sheets / "jaw.png").height == 4 * 256


def test_what_could_not_be_measured_is_null_for_machines():
    unmeasured = Scores(*[float("nan")] * 12, lost=3)
    content = strict(json.dumps(ClipScores("a.mp4", 3, {"mesh": unmeasured}).to_json()))
    assert content["scores"]["mesh"] == {**dict.fromkeys(Scores.__dataclass_fields__), "lost": 3}


def test_all_clips_are_looked_for_before_the_first_is_measured(facekey, smile_clip, tmp_path):
    code, out, err = facekey("evaluate", "reenact", smile_clip, tmp_path / "none.mp4")
    assert code == 1
    assert "none.mp4" in err
    assert "jaw.mp4" not in err + out


def test_a_sheet_shows_every_pose_of_its_kind(facekey, photo, tmp_path):
    code, out, err = facekey("evaluate", "sheets", photo, "-o", tmp_path / "s", "--only", "eyes", "--cell", 64)
    assert code == 0, err
    sheet = read_photo(tmp_path / "s" / "portrait-eyes.png").pixels
    assert str(tmp_path / "s" / "portrait-eyes.png") in out
    cells = [sheet[:, x : x + 64].astype(float) for x in range(0, sheet.shape[1] - 63, 64)]
    assert max(np.abs(cell - cells[0]).max() for cell in cells[1:]) > 20
    assert facekey("evaluate", "sheets", photo, "-o", tmp_path / "s", "--only", "ears")[0] == 1
