"""A sound track for a video: copied as it is when the container takes its codec, encoded as AAC otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from core.errors import ExportError
from core.media.audio import Sound, first_picture_time, read_audio
from core.media.container import open_container

if TYPE_CHECKING:
    import av
    from av.container import InputContainer, OutputContainer

COPIED = frozenset({"aac", "mp3", "ac3", "eac3", "alac"})
"""What players expect in an MP4; other codecs are encoded anew."""

_NEEDS_SETUP_BYTES = frozenset({"aac", "alac"})
_AAC_RATES = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000, 96000)
_FALLBACK_RATE = 48000
_LAYOUTS = {1: "mono", 2: "stereo", 6: "5.1"}
_BITS_PER_CHANNEL = 96_000
_BLOCK = 1024


class SoundTrack:
    """The part of a sound file that goes with an export, muxed alongside its pictures.

    `start` is the second, counted from the file's first picture, that sounds at time 0 of the export;
    below 0 there is silence first. `seconds` is how long the export lasts.
    """

    def __init__(self, container: OutputContainer, path: Path, start: float, seconds: float) -> None:
        """Adds the stream; must be called before the first packet is muxed. Raises `UserError`."""
        import av

        self._container = container
        self._source: InputContainer | None = None
        self._until = 0.0
        try:
            source = open_container(path)
            stream = source.streams.audio[0] if source.streams.audio else None
            context = None if stream is None else stream.codec_context
            name = "" if context is None else context.name
            ready = context is not None and (name not in _NEEDS_SETUP_BYTES or bool(context.extradata))
            if stream is not None and name in COPIED and ready:
                self._source = source
                target = container.add_stream_from_template(stream)
                self._packets = _copied(source, target, start, seconds)
                return
            source.close()
        except (av.FFmpegError, OSError, ValueError) as error:
            raise ExportError(f"The sound of '{path.name}' cannot be read", "Convert it to WAV or AAC.") from error
        self._packets = _encoded(container, _part(_encodable(read_audio(path)), start, seconds))

    def mux_until(self, second: float) -> None:
        """Hand over everything that sounds before `second` of the export."""
        while self._until <= second:
            packet = next(self._packets, None)
            if packet is None:
                self._until = float("inf")
                return
            if packet.dts is not None and packet.time_base:
                self._until = float(packet.dts * packet.time_base)
            self._container.mux(packet)

    def finish(self) -> None:
        self.mux_until(float("inf")) if self._until != float("inf") else None

    def close(self) -> None:
        if self._source is not None:
            self._source.close()


def _copied(source: InputContainer, target: Any, start: float, seconds: float) -> Iterator[av.Packet[Any]]:
    """The packets that sound within the export, and the one before, from which their decoding begins;
    what lies before time 0 is hidden by the container's edit list."""
    stream = source.streams.audio[0]
    tick = stream.time_base
    assert tick is not None
    origin = first_picture_time(source)
    if not source.streams.video and stream.start_time is not None:
        origin = stream.start_time * tick
    zero = round((origin + Fraction(start)) / tick)
    last = round(Fraction(seconds) / tick)
    before: av.Packet[Any] | None = None
    if start > 1:
        source.seek(max(zero - round(1 / tick), 0), stream=stream)
    for packet in source.demux(stream):
        if packet.pts is None or packet.size == 0:
            continue
        packet.pts -= zero
        packet.dts = packet.pts
        if packet.pts >= last:
            return
        if packet.pts + (packet.duration or 0) <= 0:
            before = packet
            continue
        for ready in (before, packet):
            if ready is not None:
                ready.stream = target
                yield ready
        before = None


def _encodable(sound: Sound) -> Sound:
    """Channels and rate as AAC takes them: unusual layouts become mono, unusual rates 48 kHz."""
    import soxr

    samples = sound.samples if sound.channels in _LAYOUTS else sound.samples.mean(axis=1, keepdims=True)
    if sound.rate in _AAC_RATES:
        return Sound(samples, sound.rate)
    resampled = np.asarray(soxr.resample(samples, sound.rate, _FALLBACK_RATE), np.float32)
    return Sound(resampled.reshape(-1, samples.shape[1]), _FALLBACK_RATE)


def _part(sound: Sound, start: float, seconds: float) -> Sound:
    """`seconds` from `start` on, with silence where there is no sound."""
    count, first = round(seconds * sound.rate), round(start * sound.rate)
    part = np.zeros((count, sound.channels), np.float32)
    low, high = max(first, 0), min(first + count, len(sound.samples))
    if high > low:
        part[low - first : high - first] = sound.samples[low:high]
    return Sound(part, sound.rate)


def _encoded(container: OutputContainer, sound: Sound) -> Iterator[av.Packet[Any]]:
    import av

    layout = _LAYOUTS[sound.channels]
    stream = container.add_stream("aac", rate=sound.rate, layout=layout)
    stream.bit_rate = _BITS_PER_CHANNEL * sound.channels

    def packets() -> Iterator[av.Packet[Any]]:
        planar = np.ascontiguousarray(sound.samples.T)
        for at in range(0, planar.shape[1], _BLOCK):
            block = np.ascontiguousarray(planar[:, at : at + _BLOCK])
            frame = av.AudioFrame.from_ndarray(block, format="fltp", layout=layout)
            frame.sample_rate, frame.time_base, frame.pts = sound.rate, Fraction(1, sound.rate), at
            yield from stream.encode(frame)
        yield from stream.encode()

    return packets()
