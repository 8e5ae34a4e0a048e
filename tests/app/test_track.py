from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from core.document.channels import SHAPES
from core.motion.live_link import read_live_link
from core.motion.performance_json import read_performance_json

Facekey = Callable[..., tuple[int, str, str]]
JAW = SHAPES.index("jawOpen")


def test_a_clip_becomes_both_kinds_of_file(facekey: Facekey, smile_clip: Path, tmp_path: Path) -> None:
    table, full = tmp_path / "a.csv", tmp_path / "a.json"
    code, out, err = facekey("track", smile_clip, "-o", table, "-o", full, "--json")
    assert (code, err) == (0, "")
    summary = json.loads(out)
    assert summary["frames"] == summary["found"] == 12
    assert summary["gaps"] == []
    assert summary["rate"] == "25"
    curve = read_live_link(table)
    assert curve.rate == 25
    jaw = curve.shapes[:, JAW]
    assert 4 <= int(jaw.argmax()) <= 7
    assert jaw.max() > jaw[0] + 0.25
    everything = read_performance_json(full)
    assert everything.residual is not None
    assert np.allclose(everything.shapes, curve.shapes, atol=1e-5)


def test_the_residual_can_be_left_out_and_a_line_says_what_was_done(
    facekey: Facekey, smile_clip: Path, tmp_path: Path
) -> None:
    code, out, _ = facekey("track", smile_clip, "-o", tmp_path / "a.json", "--no-residual")
    assert code == 0
    assert "12 of 12 frames at 25 fps" in out
    assert read_performance_json(tmp_path / "a.json").residual is None


@pytest.mark.parametrize(("name", "says"), [("a.txt", "no kind of performance file"), ("none/a.csv", "does not exist")])
def test_a_bad_output_is_refused_before_any_work(
    facekey: Facekey, name: str, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("tracked first")

    monkeypatch.setattr("core.motion.clip_performance.performance_from_clip", refuse)
    code, out, err = facekey("track", "clip.mp4", "-o", tmp_path / name)
    assert (code, out) == (1, "")
    assert says in err
    assert len(err.strip().splitlines()) == 2


def test_what_is_no_clip_and_a_face_that_is_not_there_leave_no_file(
    facekey: Facekey, photo: Path, smile_clip: Path, tmp_path: Path
) -> None:
    for words in ((photo,), (tmp_path / "none.mp4",), (smile_clip, "--face", 4)):
        code, _, err = facekey("track", *words, "-o", tmp_path / "a.csv")
        assert code == 1
        assert err.startswith("facekey: ")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("moment", ["track_clip", "solve_clip"])
def test_ctrl_c_leaves_nothing_half_made(
    facekey: Facekey, moment: str, smile_clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(f"core.motion.clip_performance.{moment}", interrupt)
    code, _, err = facekey("track", smile_clip, "-o", tmp_path / "a.csv")
    assert code == 130
    assert "stopped" in err
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_cannot_be_finished_keeps_the_old_one(
    facekey: Facekey, smile_clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = tmp_path / "a.csv"
    old.write_text("before")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    code, _, err = facekey("track", smile_clip, "-o", old)
    assert code == 1
    assert "No space left" in err
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"]
    assert old.read_text() == "before"
