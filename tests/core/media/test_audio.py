"""Sound: any container, rate and channel count, lined up with the first picture."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile

from core.errors import UnreadableMedia
from core.media.audio import read_audio

RATE = 48000


def tone(seconds: float, rate: int = RATE, channels: int = 1, hertz: float = 440.0) -> np.ndarray:
    wave = 0.5 * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)
    return np.repeat(wave[:, None], channels, axis=1).astype(np.float32)


@pytest.mark.parametrize("channels", [1, 2, 6])
@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24", "FLOAT"])
def test_wave_files_come_back_sample_by_sample(tmp_path: Path, channels: int, subtype: str) -> None:
    samples = tone(0.5, 44100, channels) * np.linspace(1, 0.5, channels, dtype=np.float32)
    soundfile.write(tmp_path / "a.wav", samples, 44100, subtype=subtype)
    sound = read_audio(tmp_path / "a.wav")
    assert (sound.rate, sound.channels) == (44100, channels)
    assert sound.samples.shape == samples.shape
    assert np.abs(sound.samples - samples).max() < 2**-14
    assert sound.samples.dtype == np.float32
    assert sound.duration == pytest.approx(0.5)


def test_resampling_keeps_the_tone_and_the_length(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.flac", tone(1.0, 44100, 2), 44100)
    sound = read_audio(tmp_path / "a.flac", rate=16000, mono=True)
    assert sound.samples.shape == (16000, 1)
    assert np.abs(sound.samples[500:-500] - tone(1.0, 16000)[500:-500]).max() < 0.01


def clip_with_sound(path: Path, sound_starts: float, codec: str = "aac", offset: int = 25) -> Path:
    """One second of black; a click every 100 ms from the start of the sound."""
    with av.open(str(path), "w") as file:
        video = file.add_stream("libx264", rate=25)
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        audio = file.add_stream(codec, rate=RATE, layout="mono")
        for n in range(25):
            frame = av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8), "rgb24")
            frame.pts = n + offset
            file.mux(video.encode(frame))
        clicks = np.zeros((1, RATE), np.float32)
        clicks[0, ::4800] = 0.9
        for start in range(0, RATE, 1024):
            frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(clicks[:, start : start + 1024]), "fltp", "mono")
            frame.sample_rate, frame.time_base = RATE, Fraction(1, RATE)
            frame.pts = start + round((offset / 25 + sound_starts) * RATE)
            file.mux(audio.encode(frame))
        file.mux(video.encode())
        file.mux(audio.encode())
    return path


@pytest.mark.parametrize(("starts", "offset"), [(0.0, 25), (0.25, 25), (-0.25, 25), (0.25, 0), (0.0, 0)])
def test_sample_zero_is_what_sounds_with_the_first_picture(tmp_path: Path, starts: float, offset: int) -> None:
    sound = read_audio(clip_with_sound(tmp_path / "a.mkv", starts, "pcm_s16le", offset))
    clicks = np.flatnonzero(np.abs(sound.samples[:, 0]) > 0.4) / RATE
    expected = np.arange(10) * 0.1 + starts
    assert np.allclose(clicks, expected[expected > -1e-9], atol=0.0011)


def test_packed_codecs_line_up_too(tmp_path: Path) -> None:
    sound = read_audio(clip_with_sound(tmp_path / "a.mp4", 0.0))
    loud = np.flatnonzero(np.abs(sound.samples[:, 0]) > 0.3) / RATE
    assert np.abs((loud + 0.05) % 0.1 - 0.05).max() < 0.002


def test_files_without_sound_and_damaged_ones_are_errors(tmp_path: Path, clips) -> None:
    with pytest.raises(UnreadableMedia, match="has no sound"):
        read_audio(clips.write("silent.mp4", 3))
    (tmp_path / "a.wav").write_bytes(b"no sound at all, only words")
    with pytest.raises(UnreadableMedia, match="cannot be read"):
        read_audio(tmp_path / "a.wav")
    (tmp_path / "b.wav").write_bytes(b"")
    with pytest.raises(UnreadableMedia, match="0 bytes"):
        read_audio(tmp_path / "b.wav")


def test_a_truncated_sound_is_read_up_to_the_break(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.mp3", tone(2.0, 44100), 44100)
    content = (tmp_path / "a.mp3").read_bytes()
    (tmp_path / "a.mp3").write_bytes(content[: len(content) // 2])
    assert 0.7 < read_audio(tmp_path / "a.mp3").duration < 1.3
