"""Exports, decoded again by independent means: pixels, tags, rate, times, sound, provenance; and their failures."""

from __future__ import annotations

import errno
import json
import os
import re
import struct
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import av
import c2pa
import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as Pillow

from core.errors import Cancelled, ExportError, UnreadableMedia
from core.export.picture import fitted
from core.export.plan import ExportPlan, plan_export
from core.export.run import export
from core.media.audio import read_audio
from core.media.clip import open_clip
from core.media.photo import read_photo
from core.media.png import encode_png, iterate_chunks
from core.values.image import Image, image_of
from core.values.progress import Progress
from core.values.time import FrameRange

SIZE = (96, 64)
COMPOSITE = "compositeSynthetic"


@pytest.fixture(autouse=True)
def own_data_folder(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path_factory.mktemp("data")
    monkeypatch.setattr("core.export.signing.data_folder", lambda: folder)
    return folder


def gradient(size: tuple[int, int] = SIZE, deep: bool = False) -> np.ndarray:
    width, height = size
    x, y = np.meshgrid(np.linspace(0, 1, width), np.linspace(0, 1, height))
    picture = np.dstack([x, y, 0.5 + 0.4 * np.sin(6 * x)])
    return np.rint(picture * (65535 if deep else 255)).astype(np.uint16 if deep else np.uint8)


def numbered(frame: int, size: tuple[int, int] = SIZE) -> Image:
    """The gradient with a white bar whose place tells the frame's number."""
    picture = gradient(size).copy()
    picture[:, 2 * frame : 2 * frame + 2] = 255
    return image_of(picture)


def plan_for(out: Path, first: int = 0, last: int = 9, **options: object) -> ExportPlan:
    options = {"rate": Fraction(25), "provenance": False} | options
    return plan_export(out, frames=FrameRange(first, last), **options)  # type: ignore[arg-type]


def psnr(a: np.ndarray, b: np.ndarray) -> float:
    return float(10 * np.log10(255**2 / np.mean((a.astype(float) - b.astype(float)) ** 2)))


def names(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


# Video


@pytest.mark.parametrize(
    "rate", [Fraction(25), Fraction(24000, 1001), Fraction(30000, 1001), Fraction(60), Fraction(15)]
)
def test_a_video_has_every_frame_at_its_exact_time(tmp_path: Path, rate: Fraction) -> None:
    report = export(plan_for(tmp_path / "a.mp4", 10, 39, rate=rate), lambda n: numbered(n))
    assert (report.written, report.kept) == (30, 0)
    assert report.bytes == (tmp_path / "a.mp4").stat().st_size
    assert names(tmp_path) == ["a.mp4"]
    with av.open(str(tmp_path / "a.mp4")) as file:
        stream = file.streams.video[0]
        assert stream.average_rate == rate
        assert stream.frames == 30
        assert stream.start_time == 0
        frames = list(file.decode(stream))
        assert [Fraction(frame.pts) * stream.time_base for frame in frames] == [n / rate for n in range(30)]
        assert file.duration / 1e6 == pytest.approx(float(30 / rate), abs=1e-3)
    with open_clip(tmp_path / "a.mp4") as clip:
        assert (clip.rate, clip.frame_count) == (rate, 30)
        for n, picture in clip.frames():
            assert psnr(picture, numbered(10 + n).pixels) > 30


def test_colours_are_tagged_and_converted_as_bt709(tmp_path: Path) -> None:
    """The decoded luma and chroma are those of BT.709 at limited range, computed here."""
    colour = np.array([200, 60, 30])
    flat = image_of(np.tile(colour.astype(np.uint8), (64, 96, 1)))
    export(plan_for(tmp_path / "a.mp4", 0, 2), lambda _: flat)
    with av.open(str(tmp_path / "a.mp4")) as file:
        stream = file.streams.video[0]
        frame = next(file.decode(stream))
        context = stream.codec_context
        assert (context.colorspace, context.color_range, context.color_primaries, context.color_trc) == (1, 1, 1, 1)
        assert context.pix_fmt == "yuv420p"
        planes = [np.frombuffer(bytes(plane), np.uint8)[0] for plane in frame.planes]
    r, g, b = colour / 255
    luma = 0.2126 * r + 0.7152 * g + 0.0722 * b
    expected = [16 + 219 * luma, 128 + 224 * (b - luma) / 1.8556, 128 + 224 * (r - luma) / 1.5748]
    assert np.abs(np.array(planes, float) - expected).max() < 1.5


def test_the_index_of_a_video_stands_in_front(tmp_path: Path) -> None:
    export(plan_for(tmp_path / "a.mp4"), lambda n: numbered(n))
    content = (tmp_path / "a.mp4").read_bytes()
    assert content.index(b"moov") < content.index(b"mdat")


@pytest.mark.parametrize("deep", [False, True])
@pytest.mark.parametrize("size", [(97, 65), (96, 65), (97, 64)])
def test_odd_sizes_are_made_even_by_repeating_the_edge(tmp_path: Path, size: tuple[int, int], deep: bool) -> None:
    plan = plan_for(tmp_path / "a.mp4", 0, 2, picture_size=size)
    assert any("odd" in note for note in plan.notes)
    export(plan, lambda _: image_of(gradient(size, deep)))
    with open_clip(tmp_path / "a.mp4") as clip:
        assert (clip.width, clip.height) == (size[0] + size[0] % 2, size[1] + size[1] % 2)
        assert psnr(clip.frame(1)[: size[1], : size[0]], gradient(size)) > 36


def test_qualities_trade_size_for_fidelity(tmp_path: Path, portrait: Image) -> None:
    results = {}
    for quality in ("draft", "standard", "high"):
        path = tmp_path / f"{quality}.mp4"
        export(plan_for(path, 0, 1, quality=quality), lambda _: portrait)
        with open_clip(path) as clip:
            results[quality] = path.stat().st_size, psnr(clip.frame(1), portrait.pixels)
    assert results["draft"][0] < results["standard"][0] < results["high"][0]
    assert 28 < results["draft"][1] < results["standard"][1] < results["high"][1]


def test_transparent_frames_are_laid_over_black_in_a_video(tmp_path: Path) -> None:
    alpha = np.full((64, 96), 255, np.uint8)
    alpha[:, 48:] = 0
    export(plan_for(tmp_path / "a.mp4", 0, 1), lambda _: image_of(np.full((64, 96, 3), 200, np.uint8), alpha))
    with open_clip(tmp_path / "a.mp4") as clip:
        assert clip.frame(0)[:, 56:].max() < 12
        assert abs(int(clip.frame(0)[32, 20, 1]) - 200) < 6


def test_the_same_export_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a.mp4", "b.mp4"):
        export(plan_for(tmp_path / name), lambda n: numbered(n))
    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()


# Sound


RATE = 48000


def clicks(seconds: float = 3.0, channels: int = 2) -> np.ndarray:
    """A loud burst of 5 ms at every 200 ms."""
    samples = np.zeros((round(seconds * RATE), channels), np.float32)
    for start in range(0, len(samples), RATE // 5):
        samples[start : start + 240] = 0.8
    return samples


def onsets(path: Path) -> np.ndarray:
    """Seconds at which bursts begin."""
    sound = read_audio(path)
    loud = np.flatnonzero(np.abs(sound.samples).max(axis=1) > 0.3) / sound.rate
    return loud[np.diff(loud, prepend=-1) > 0.1]


@pytest.fixture(scope="module")
def spoken(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The clicks as WAV and inside clips with AAC, MP3 and FLAC."""
    folder = tmp_path_factory.mktemp("spoken")
    soundfile.write(folder / "a.wav", clicks(), RATE)
    paths = {"wav": folder / "a.wav"}
    for codec, name in (("aac", "a.mp4"), ("libmp3lame", "b.mp4"), ("flac", "c.mkv")):
        with av.open(str(folder / name), "w") as file:
            video = file.add_stream("libx264", rate=25)
            video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
            audio = file.add_stream(codec, rate=RATE, layout="stereo")
            planar = np.ascontiguousarray(clicks().T)
            for n in range(75):
                frame = av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8), "rgb24")
                frame.pts = n
                file.mux(video.encode(frame))
            for at in range(0, planar.shape[1], 1024):
                block = np.ascontiguousarray(planar[:, at : at + 1024])
                if codec == "flac":
                    packed = np.ascontiguousarray(np.rint(block.T.reshape(1, -1) * 32767).astype(np.int16))
                    frame = av.AudioFrame.from_ndarray(packed, "s16", "stereo")
                else:
                    frame = av.AudioFrame.from_ndarray(block, "fltp", "stereo")
                frame.sample_rate, frame.time_base, frame.pts = RATE, Fraction(1, RATE), at
                file.mux(audio.encode(frame))
            file.mux(video.encode())
            file.mux(audio.encode())
        paths[codec] = folder / name
    return paths


@pytest.mark.parametrize("source", ["wav", "aac", "libmp3lame", "flac"])
@pytest.mark.parametrize("start", [0.0, 0.5, 1.3, -0.3])
def test_sound_starts_where_it_is_asked_to(tmp_path: Path, spoken: dict[str, Path], source: str, start: float) -> None:
    plan = plan_for(tmp_path / "a.mp4", 0, 24, audio=spoken[source], audio_start=start)
    export(plan, lambda n: numbered(n))
    expected = np.arange(0, 3, 0.2) - start
    expected = expected[(expected > -1e-6) & (expected < 0.99)]
    found = onsets(tmp_path / "a.mp4")
    assert np.allclose(found[: len(expected)], expected, atol=0.006), (found, expected)
    with av.open(str(tmp_path / "a.mp4")) as file:
        sound, video = file.streams.audio[0], file.streams.video[0]
        assert video.start_time == 0
        assert float(sound.duration * sound.time_base) < 1.0 + max(-start, 0) + 0.06
        assert float(video.duration * video.time_base) == pytest.approx(1.0)


def test_a_codec_that_fits_is_copied_packet_by_packet(tmp_path: Path, spoken: dict[str, Path]) -> None:
    export(plan_for(tmp_path / "a.mp4", 0, 24, audio=spoken["aac"]), lambda n: numbered(n))

    def packets(path: Path) -> list[bytes]:
        with av.open(str(path)) as file:
            return [bytes(packet) for packet in file.demux(audio=0) if packet.size]

    copied = packets(tmp_path / "a.mp4")
    assert len(copied) > 40
    assert set(copied) <= set(packets(spoken["aac"]))


def test_a_sound_shorter_than_the_video_ends_early(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "short.wav", clicks(0.5, 1), RATE)
    export(plan_for(tmp_path / "a.mp4", 0, 49, audio=tmp_path / "short.wav"), lambda n: numbered(n % 40))
    assert np.allclose(onsets(tmp_path / "a.mp4"), [0, 0.2, 0.4], atol=0.006)


@pytest.mark.parametrize(("rate", "channels"), [(11000, 1), (48000, 3), (96000, 6), (44100, 2)])
def test_unusual_rates_and_channels_are_encoded(tmp_path: Path, rate: int, channels: int) -> None:
    wave = 0.4 * np.sin(np.arange(rate) * 2 * np.pi * 300 / rate)
    soundfile.write(tmp_path / "a.wav", np.repeat(wave[:, None], channels, axis=1), rate)
    export(plan_for(tmp_path / "a.mp4", 0, 24, audio=tmp_path / "a.wav"), lambda n: numbered(n))
    sound = read_audio(tmp_path / "a.mp4", mono=True)
    middle = sound.samples[sound.rate // 4 : sound.rate // 2, 0]
    assert np.sqrt(np.mean(middle**2)) == pytest.approx(0.4 / np.sqrt(2), rel=0.1)


# Pictures


@pytest.mark.parametrize("deep", [False, True])
@pytest.mark.parametrize("with_alpha", [False, True])
def test_a_sequence_is_bit_exact_and_numbered_by_frame(tmp_path: Path, deep: bool, with_alpha: bool) -> None:
    pixels = gradient(deep=deep)
    alpha = np.ascontiguousarray(pixels[..., 1])
    plan = plan_for(tmp_path / "shot" / "f.####.png", 7, 9, alpha=with_alpha, provenance=True)
    export(plan, lambda n: image_of(np.roll(pixels, n, axis=0), alpha))
    assert names(tmp_path / "shot") == ["f.0007.png", "f.0008.png", "f.0009.png"]
    for n in (7, 8, 9):
        image = read_photo(tmp_path / "shot" / f"f.{n:04d}.png")
        assert np.array_equal(image.pixels, np.roll(pixels, n, axis=0))
        assert (image.alpha is not None) == with_alpha
        if with_alpha:
            assert np.array_equal(image.alpha, alpha)  # type: ignore[arg-type]
    if not deep:  # a second decoder agrees
        with Pillow.open(tmp_path / "shot" / "f.0007.png") as picture:
            assert np.array_equal(np.array(picture)[..., :3], np.roll(pixels, 7, axis=0))


def test_a_plain_png_is_one_still(tmp_path: Path, portrait: Image) -> None:
    plan = plan_for(tmp_path / "same.png", 3, 8, provenance=True)
    assert len(plan.notes) == 1
    report = export(plan, lambda n: portrait)
    assert report.written == 1
    assert read_photo(tmp_path / "same.png").digest == portrait.digest
    assert names(tmp_path) == ["same.png"]


def test_plain_arrays_are_frames_and_the_report_is_plain_data(tmp_path: Path) -> None:
    report = export(plan_for(tmp_path / "f.##.png", 0, 2), lambda n: numbered(n).pixels)
    assert json.loads(json.dumps(report.to_json()))["written"] == 3
    assert "f.00.png: 3 frames" in report.summary()
    assert np.array_equal(read_photo(report.path).pixels, numbered(0).pixels)


def test_frames_longer_than_their_padding_and_negative_ones_have_names(tmp_path: Path) -> None:
    plan = plan_for(tmp_path / "f.##.png", -2, 120)
    assert [plan.path_of(n).name for n in (-2, 5, 120)] == ["f.-2.png", "f.05.png", "f.120.png"]


def test_resuming_writes_only_what_is_missing_or_broken(tmp_path: Path) -> None:
    plan = plan_for(tmp_path / "f.####.png", 0, 9, fingerprint="shot 1")
    export(plan, lambda n: numbered(n))
    (tmp_path / "f.0003.png").unlink()
    whole = (tmp_path / "f.0005.png").read_bytes()
    (tmp_path / "f.0005.png").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "f.0006.png").write_bytes(b"")
    asked = []

    def source(n: int) -> Image:
        asked.append(n)
        return numbered(n)

    report = export(replace(plan, resume=True), source)
    assert asked == [3, 5, 6]
    assert (report.written, report.kept) == (3, 7)
    for n in range(10):
        assert np.array_equal(read_photo(plan.path_of(n)).pixels, numbered(n).pixels)


def test_resuming_refuses_frames_of_another_export(tmp_path: Path) -> None:
    plan = plan_for(tmp_path / "f.####.png", 0, 4, fingerprint="shot 1")
    export(replace(plan, frames=FrameRange(0, 2)), lambda n: numbered(n))
    with pytest.raises(ExportError, match="another state of the project"):
        export(replace(plan, resume=True, fingerprint="shot 2"), lambda n: numbered(n))
    with pytest.raises(ExportError, match=r"128 x 64, 8 bit.*96 x 64"):
        export(replace(plan, resume=True), lambda n: numbered(n, (128, 64)))
    assert names(tmp_path) == ["f.0000.png", "f.0001.png", "f.0002.png"]


def test_frames_that_change_size_midway_are_an_error(tmp_path: Path) -> None:
    for name in ("a.mp4", "f.####.png"):
        with pytest.raises(ExportError):
            export(plan_for(tmp_path / name, 0, 4), lambda n: numbered(0, (96 + 32 * (n == 3), 64)))
    assert names(tmp_path) == ["f.0000.png", "f.0001.png", "f.0002.png"]


# Sizes


@pytest.mark.parametrize("size", [(48, 32), (192, 128), (96, 96), (50, 200)])
def test_frames_are_fitted_whole_into_the_size_asked_for(tmp_path: Path, size: tuple[int, int]) -> None:
    export(plan_for(tmp_path / "a.png", 0, 0, size=size), lambda _: image_of(np.full((64, 96, 3), 200, np.uint8)))
    image = read_photo(tmp_path / "a.png")
    assert (image.width, image.height) == size
    inside = image.pixels[size[1] // 2, size[0] // 2]
    assert np.abs(inside.astype(int) - 200).max() <= 1
    scale = min(size[0] / 96, size[1] / 64)
    share = (image.pixels[..., 0] > 100).mean()
    assert share == pytest.approx(96 * 64 * scale**2 / (size[0] * size[1]), abs=0.03)


def test_shrinking_keeps_the_mean_and_hides_what_is_transparent() -> None:
    pixels = np.zeros((64, 64, 3), np.uint8)
    pixels[..., 0] = 255
    pixels[:, ::2] = (0, 255, 0)
    alpha = np.zeros((64, 64), np.uint8)
    alpha[:, ::2] = 255
    small, cover = fitted(pixels, alpha, (32, 32))
    assert np.abs(small.astype(int) - (0, 255, 0)).max() <= 1
    assert cover is not None
    assert np.abs(cover.astype(int) - 128).max() <= 1


@given(width=st.integers(1, 60), height=st.integers(1, 60), to=st.tuples(st.integers(1, 60), st.integers(1, 60)))
def test_any_size_fits_into_any_other(width: int, height: int, to: tuple[int, int]) -> None:
    pixels, alpha = fitted(np.full((height, width, 3), 9, np.uint8), np.full((height, width), 255, np.uint8), to)
    assert pixels.shape == (to[1], to[0], 3)
    assert alpha is not None
    assert alpha.shape == (to[1], to[0])
    assert alpha.max() == 255


# Provenance


def test_a_video_says_that_it_is_synthetic_and_is_signed(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    export(plan_for(path, provenance=True), lambda n: numbered(n))
    content = path.read_bytes()
    assert b"Iptc4xmpExt:DigitalSourceType" in content
    with av.open(str(path)) as file:
        assert COMPOSITE in file.metadata["comment"]
        assert len(list(file.decode(video=0))) == 10
    manifest = json.loads(c2pa.Reader(path).json())
    assert manifest["validation_state"] == "Valid"
    assert COMPOSITE in json.dumps(manifest)
    assert names(tmp_path) == ["a.mp4"]
    # What is inside the media data is covered by the signature.
    at = content.index(b"mdat") + 200
    path.write_bytes(content[:at] + bytes([content[at] ^ 255]) + content[at + 1 :])
    assert json.loads(c2pa.Reader(path).json())["validation_state"] == "Invalid"


def test_the_boxes_of_a_signed_video_line_up(tmp_path: Path) -> None:
    export(plan_for(tmp_path / "a.mp4", provenance=True), lambda n: numbered(n))
    content, at, kinds = (tmp_path / "a.mp4").read_bytes(), 0, []
    while at < len(content):
        size, kind = struct.unpack_from(">I4s", content, at)
        kinds.append(kind)
        at += size
    assert at == len(content)
    assert kinds[0] == b"ftyp"
    assert kinds.count(b"uuid") == 2


def test_a_still_is_signed_and_a_sequence_is_labelled(tmp_path: Path, own_data_folder: Path) -> None:
    export(plan_for(tmp_path / "a.png", 0, 0, provenance=True), lambda n: numbered(n))
    manifest = json.loads(c2pa.Reader(tmp_path / "a.png").json())
    assert manifest["validation_state"] == "Valid"
    export(plan_for(tmp_path / "f.#.png", 0, 1, provenance=True), lambda n: numbered(n))
    for name in ("a.png", "f.0.png", "f.1.png"):
        with Pillow.open(tmp_path / name) as picture:
            text = picture.info["XML:com.adobe.xmp"]
        assert re.search(r"DigitalSourceType=\"http://cv\.iptc\.org/\S*/compositeSynthetic\"", text)
    assert not any(chunk.kind == b"caBX" for chunk in iterate_chunks((tmp_path / "f.0.png").read_bytes()))
    key = own_data_folder / "provenance" / "signing_key.pem"
    before = key.read_bytes()
    assert os.stat(key).st_mode & 0o077 == 0
    export(plan_for(tmp_path / "b.png", 0, 0, provenance=True), lambda n: numbered(n))
    assert key.read_bytes() == before


@pytest.mark.parametrize("name", ["a.mp4", "a.png", "f.#.png"])
def test_provenance_is_absent_when_it_is_turned_off(tmp_path: Path, own_data_folder: Path, name: str) -> None:
    plan = plan_for(tmp_path / name, 0, 1, provenance=False)
    export(plan, lambda n: numbered(n))
    content = plan.path_of(0).read_bytes()
    assert b"ynthetic" not in content
    assert b"c2pa" not in content
    assert names(own_data_folder) == []


def test_a_key_that_cannot_be_used_is_told_before_the_first_frame(tmp_path: Path, own_data_folder: Path) -> None:
    folder = own_data_folder / "provenance"
    folder.mkdir()
    for name in ("signing_key.pem", "signing_chain.pem"):
        (folder / name).write_bytes(b"no key")

    def source(n: int) -> Image:
        raise AssertionError("no frame may be rendered")

    with pytest.raises(ExportError, match="signing key") as caught:
        export(plan_for(tmp_path / "a.mp4", provenance=True), source)
    assert "provenance off" in caught.value.remedy
    assert names(tmp_path) == []


# Failure


@pytest.mark.parametrize("name", ["a.mp4", "a.png"])
@pytest.mark.parametrize("failure", [RuntimeError("engine"), Cancelled(), KeyboardInterrupt()], ids=repr)
def test_an_export_that_fails_leaves_what_was_there(tmp_path: Path, name: str, failure: BaseException) -> None:
    (tmp_path / name).write_bytes(b"an older export")

    def source(n: int) -> Image:
        if n == (7 if name == "a.mp4" else 0):
            raise failure
        return numbered(n)

    with pytest.raises(type(failure)):
        export(plan_for(tmp_path / name, provenance=True), source)
    assert names(tmp_path) == [name]
    assert (tmp_path / name).read_bytes() == b"an older export"


def test_cancelling_stops_between_frames_and_removes_the_folders_it_made(tmp_path: Path) -> None:
    progress = Progress(lambda done, total, what: progress.cancel() if done == 3 else None)
    with pytest.raises(Cancelled):
        export(plan_for(tmp_path / "new" / "deep" / "a.mp4"), lambda n: numbered(n), progress)
    assert names(tmp_path) == []
    progress = Progress(lambda done, total, what: progress.cancel() if done == 3 else None)
    with pytest.raises(Cancelled):
        export(plan_for(tmp_path / "new" / "f.#.png"), lambda n: numbered(n), progress)
    assert names(tmp_path / "new") == ["f.0.png", "f.1.png", "f.2.png", "f.3.png"]


def test_a_full_disk_names_the_last_frame_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    def encode(*arguments: object, **options: object) -> bytes:
        calls.append(1)
        if len(calls) == 4:
            raise OSError(errno.ENOSPC, "No space left on device")
        return encode_png(*arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr("core.export.sequence.encode_png", encode)
    with pytest.raises(ExportError, match="disk is full") as caught:
        export(plan_for(tmp_path / "f.####.png"), lambda n: numbered(n))
    assert "'f.0002.png' are whole" in caught.value.remedy
    assert names(tmp_path) == ["f.0000.png", "f.0001.png", "f.0002.png"]


def test_a_video_that_outgrows_the_disk_leaves_nothing(tmp_path: Path) -> None:
    """A limit on file size stands in for the full disk: the encoder's own writing fails."""
    import resource
    import signal

    noise = np.random.default_rng(0)
    limits, handler = resource.getrlimit(resource.RLIMIT_FSIZE), signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, limits[1]))
    try:
        with pytest.raises(ExportError, match="cannot be written"):
            export(
                plan_for(tmp_path / "a.mp4", 0, 39),
                lambda n: image_of(noise.integers(0, 256, (240, 320, 3), dtype=np.uint8)),
            )
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)
    assert names(tmp_path) == []


@dataclass(frozen=True)
class Room:
    free: int


def refused(make: Callable[[], object]) -> str:
    with pytest.raises(ExportError) as caught:
        make()
    assert caught.value.remedy
    return str(caught.value)


def test_plans_refuse_what_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    soundless = tmp_path / "s.mp4"
    export(plan_for(soundless, 0, 1), lambda n: numbered(n))
    soundfile.write(tmp_path / "a.wav", np.zeros(800), 8000)
    (tmp_path / "words.wav").write_bytes(b"words")
    cases = {
        "h264, png": lambda: plan_for(tmp_path / "a.mp4", format="betamax"),
        "does not say which format": lambda: plan_for(tmp_path / "a.xyz"),
        "does not end like": lambda: plan_for(tmp_path / "a.png", format="h264"),
        "one file": lambda: plan_for(tmp_path / "a.####.mp4"),
        "more than one place": lambda: plan_for(tmp_path / "a#.##.png"),
        "is a folder": lambda: plan_for(_made(tmp_path / "b.png")),
        "not a folder": lambda: plan_for(tmp_path / "a.wav" / "a.png"),
        "too few": lambda: plan_for(tmp_path / "a.mp4", size=(8, 8)),
        "more than h264 holds": lambda: plan_for(tmp_path / "a.mp4", size=(20000, 100)),
        "no transparency": lambda: plan_for(tmp_path / "a.mp4", alpha=True),
        "no quality": lambda: plan_for(tmp_path / "a.mp4", quality="best"),
        "Only a sequence": lambda: plan_for(tmp_path / "a.mp4", resume=True),
        "holds no sound": lambda: plan_for(tmp_path / "f.#.png", audio=tmp_path / "a.wav"),
        "has no sound": lambda: plan_for(tmp_path / "a.mp4", audio=soundless),
        "cannot be read": lambda: plan_for(tmp_path / "a.mp4", audio=tmp_path / "words.wav"),
    }
    for words, make in cases.items():
        assert words in refused(make), words
    with pytest.raises(UnreadableMedia, match="does not exist"):
        plan_for(tmp_path / "a.mp4", audio=tmp_path / "nowhere.wav")
    monkeypatch.setattr("core.export.plan.shutil.disk_usage", lambda _: Room(1_000_000))
    assert "1 MB left" in refused(lambda: plan_for(tmp_path / "f.#.png", 0, 999, picture_size=(1000, 1000)))
    monkeypatch.setattr("core.export.plan.os.access", lambda *_: False)
    assert "may be written" in refused(lambda: plan_for(tmp_path / "a.mp4"))


def test_a_missing_encoder_names_the_way_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("av.codec.codec.codecs_available", {"aac"})
    text = refused(lambda: plan_for(tmp_path / "a.mp4"))
    assert "libx264" in text
    assert "PNG sequence" in text


def test_a_plan_writes_nothing(tmp_path: Path) -> None:
    plan_for(tmp_path / "new" / "a.mp4", provenance=True)
    assert names(tmp_path) == []


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder
