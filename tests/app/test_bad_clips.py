"""Clips as they come from phones, editors and broken cards, through `facekey track` and `facekey retarget`."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from core.media.clip import open_clip
from core.values.image import Image

Facekey = Callable[..., tuple[int, str, str]]
Frames = Sequence[np.ndarray]

WALL = np.full((256, 256, 3), 90, np.uint8)


@pytest.fixture(scope="session")
def nodding(portrait: Image) -> list[np.ndarray]:
    """Ten frames, 256 px, in which the demonstration portrait sinks by two pixels each."""
    return [np.array(portrait.pixels[20 - 2 * n : 276 - 2 * n, 96:352]) for n in range(10)]


def write_clip(
    path: Path, frames: Frames, *, pix_fmt: str = "yuv420p", times: Sequence[int] | None = None, **options: str
) -> None:
    """H.264 at 25 fps, or shown at `times` in milliseconds."""
    tick = Fraction(1, 1000) if times else Fraction(1, 25)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25, options={"preset": "ultrafast", "bf": "0", **options})
        stream.height, stream.width = frames[0].shape[:2]
        stream.pix_fmt = pix_fmt
        stream.time_base = stream.codec_context.time_base = tick
        for n, frame in enumerate(frames):
            picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(frame), "rgb24").reformat(format=pix_fmt)
            picture.pts, picture.time_base = (times[n] if times else n), tick
            container.mux(stream.encode(picture))
        container.mux(stream.encode())


def track(facekey: Facekey, clip: Path) -> tuple[dict[str, object], str]:
    """The summary of `facekey track`, and what it said beside."""
    code, out, err = facekey("track", clip, "-o", clip.with_suffix(".csv"), "--json")
    assert code == 0, err
    assert clip.with_suffix(".csv").is_file()
    return json.loads(out), err


def test_odd_sizes_ten_bits_and_a_missing_duration_are_tracked_in_silence(
    facekey: Facekey, nodding: Frames, tmp_path: Path
) -> None:
    write_clip(tmp_path / "odd.mp4", [frame[:251, :253] for frame in nodding], pix_fmt="yuv444p")
    write_clip(tmp_path / "ten.mp4", nodding, pix_fmt="yuv420p10le")
    write_clip(tmp_path / "stream.h264", nodding)
    for clip in list(tmp_path.iterdir()):
        summary, err = track(facekey, clip)
        assert (summary["frames"], summary["found"], summary["rate"], err) == (10, 10, "25", "")


def test_a_rotation_flag_turns_the_head_upright(facekey: Facekey, nodding: Frames, tmp_path: Path) -> None:
    lying = tmp_path / "lying.mp4"
    write_clip(tmp_path / "stored.mp4", [np.rot90(frame) for frame in nodding[:4]])
    with av.open(str(tmp_path / "stored.mp4")) as source, av.open(str(lying), "w") as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                target.mux(packet)
    data = lying.read_bytes()
    upright_matrix = b"".join(n.to_bytes(4, "big", signed=True) for n in (1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30))
    turned = b"".join(n.to_bytes(4, "big", signed=True) for n in (0, 1 << 16, 0, -(1 << 16), 0, 0, 0, 0, 1 << 30))
    place = data.index(upright_matrix, data.index(b"tkhd"))
    lying.write_bytes(data[:place] + turned + data[place + len(turned) :])
    with open_clip(lying) as clip:
        assert np.abs(clip.frame(0).astype(int) - nodding[0]).mean() < 6
    summary, _ = track(facekey, lying)
    assert summary["found"] == 4


def test_a_variable_rate_is_tracked_at_a_constant_one_and_said(
    facekey: Facekey, nodding: Frames, tmp_path: Path
) -> None:
    write_clip(tmp_path / "phone.mp4", nodding, times=[0, 33, 66, 133, 166, 200, 300, 333, 366, 400])
    summary, err = track(facekey, tmp_path / "phone.mp4")
    assert summary["rate"] == "30"
    assert summary["found"] == summary["frames"] == 13
    assert "no constant rate" in err


def test_a_broken_tail_is_tracked_up_to_the_break_and_said(facekey: Facekey, nodding: Frames, tmp_path: Path) -> None:
    clip = tmp_path / "cut.mkv"
    write_clip(clip, nodding, times=range(0, 2000, 200), g="2")
    data = clip.read_bytes()
    clip.write_bytes(data[: len(data) * 2 // 3])
    summary, err = track(facekey, clip)
    assert 3 <= summary["frames"] == summary["found"] < 10
    assert "The file is cut off" in err


def test_parts_without_a_face_are_gaps_that_the_puppet_holds(
    facekey: Facekey, photo: Path, nodding: Frames, tmp_path: Path
) -> None:
    clip = tmp_path / "gaps.mp4"
    write_clip(clip, [WALL, WALL, *nodding[:3], WALL, WALL, *nodding[5:8], WALL])
    summary, _ = track(facekey, clip)
    assert summary["gaps"] == [[0, 1], [5, 6], [10, 10]]
    out = tmp_path / "moved.mp4"
    code, _, err = facekey("retarget", photo, clip, "-o", out)
    assert code == 0
    assert "lost in 5 of 11 frames" in err
    with open_clip(out) as moved:
        assert moved.frame_count == 11


def test_a_small_face_and_a_clip_of_one_frame_are_tracked(facekey: Facekey, nodding: Frames, tmp_path: Path) -> None:
    write_clip(tmp_path / "small.mp4", [cv2.resize(frame, (96, 96)) for frame in nodding[:3]])
    write_clip(tmp_path / "one.mp4", nodding[:1])
    assert track(facekey, tmp_path / "small.mp4")[0]["found"] == 3
    assert track(facekey, tmp_path / "one.mp4")[0]["frames"] == 1


@pytest.mark.parametrize("damage", ["no face", "no index", "empty", "text", "missing"])
def test_what_cannot_be_tracked_says_why_and_leaves_nothing(
    facekey: Facekey, photo: Path, nodding: Frames, damage: str, tmp_path: Path
) -> None:
    clip = tmp_path / "a.mp4"
    write_clip(clip, [WALL] * 4 if damage == "no face" else nodding[:4])
    contents = {"no index": clip.read_bytes()[:3000], "empty": b"", "text": b"hello"}
    if damage in contents:
        clip.write_bytes(contents[damage])
    elif damage == "missing":
        clip.unlink()
    files = sorted(tmp_path.iterdir())
    says = {"no face": "No face", "empty": "0 bytes", "missing": "does not exist"}.get(damage, "not a clip")
    for words in (("track", clip, "-o", tmp_path / "a.csv"), ("retarget", photo, clip, "-o", tmp_path / "b.mp4")):
        code, out, err = facekey(*words)
        assert (code, out) == (1, "")
        assert says in err
        assert len(err.strip().splitlines()) == 2
        assert sorted(tmp_path.iterdir()) == files


def test_a_clip_is_not_replaced_by_what_it_drives(
    facekey: Facekey, photo: Path, nodding: Frames, tmp_path: Path
) -> None:
    clip = tmp_path / "a.mp4"
    write_clip(clip, nodding[:2])
    before = clip.read_bytes()
    code, _, err = facekey("retarget", photo, clip, "-o", clip)
    assert code == 1
    assert "made from" in err
    assert clip.read_bytes() == before


def test_a_bad_output_is_told_before_the_clip_is_tracked(
    facekey: Facekey, photo: Path, nodding: Frames, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip = tmp_path / "a.mp4"
    write_clip(clip, nodding[:2])
    monkeypatch.setattr("core.motion.reading.read_performance", lambda *_, **__: pytest.fail("tracked first"))
    for words in (("b.xyz",), ("b.mp4", "--fps", "9999"), ("b.mp4", "--size", "x"), ("b.mp4", "--frames", "9-1")):
        code, _, err = facekey("retarget", photo, clip, "-o", tmp_path / words[0], *words[1:])
        assert code == 1
        assert len(err.strip().splitlines()) == 2
