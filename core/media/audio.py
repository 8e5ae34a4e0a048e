"""Sound from any file that has some, as numbers.

Sample 0 is what sounds while the clip's first picture is shown: a track that starts later is
preceded by silence, one that starts earlier is trimmed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from core.errors import UnreadableMedia
from core.media.container import open_container
from core.media.source import require_file

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame
    from av.container import InputContainer

LONGEST_SECONDS = 4 * 3600
_GAP_TOLERANCE = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class Sound:
    """`samples` (n, channels) float32, nominally in [-1, 1], read-only; `rate` samples per second."""

    samples: NDArray[np.float32]
    rate: int

    @property
    def duration(self) -> float:
        """Seconds."""
        return len(self.samples) / self.rate

    @property
    def channels(self) -> int:
        return int(self.samples.shape[1])


def read_audio(path: Path | str, *, rate: int | None = None, mono: bool = False) -> Sound:
    """The first sound track of a clip or sound file, resampled to `rate` (soxr, high quality) when given.

    `mono` averages the channels. Raises `UnreadableMedia` when there is no sound or it cannot be decoded.
    """
    import av

    path = require_file(path)
    try:
        with open_container(path) as container:
            if not container.streams.audio:
                raise UnreadableMedia(
                    f"'{path.name}' has no sound", "Choose a sound file or a clip with a sound track."
                )
            samples, native = _decoded(container, path.name)
    except (av.FFmpegError, OSError, ValueError) as error:
        raise UnreadableMedia(
            f"The sound of '{path.name}' cannot be read ({getattr(error, 'strerror', None) or error})",
            "Convert it to WAV, FLAC, MP3 or AAC.",
        ) from error
    if mono and samples.shape[1] > 1:
        samples = samples.mean(axis=1, keepdims=True, dtype=np.float32)
    if rate is not None and rate != native:
        import soxr

        samples, native = (
            np.asarray(soxr.resample(samples, native, rate), dtype=np.float32).reshape(-1, samples.shape[1]),
            rate,
        )
    samples.flags.writeable = False
    return Sound(samples, native)


def first_picture_time(container: InputContainer) -> Fraction:
    """The second, on the file's clock, at which the first picture is shown; 0 for sound alone."""
    from av.stream import Disposition

    for stream in container.streams.video:
        if not stream.disposition & Disposition.attached_pic and stream.start_time is not None and stream.time_base:
            return stream.start_time * stream.time_base
    return Fraction(0)


def _decoded(container: InputContainer, name: str) -> tuple[NDArray[np.float32], int]:
    """(n, channels) from the first picture on, and the rate."""
    import av

    origin = float(first_picture_time(container)) if container.streams.video else None
    resampler: av.AudioResampler | None = None
    blocks: list[NDArray[np.float32]] = []
    count, rate = 0, 0
    for frame in _frames(container):
        if resampler is None:
            rate = frame.sample_rate
            resampler = av.AudioResampler(format="fltp", layout=frame.layout.name, rate=rate)
            if origin is None:
                origin = frame.time or 0.0
        for planar in resampler.resample(frame):
            block = np.ascontiguousarray(planar.to_ndarray().T, dtype=np.float32)
            at = count if planar.time is None or origin is None else round((planar.time - origin) * rate)
            if count == 0 and at < 0:
                block = block[-at:]
            elif at - count > (0 if count == 0 else _GAP_TOLERANCE * rate):
                silence = min(at - count, LONGEST_SECONDS * rate)
                blocks.append(np.zeros((silence, block.shape[1]), np.float32))
                count += silence
            blocks.append(block)
            count += len(block)
        if count > LONGEST_SECONDS * rate:
            raise UnreadableMedia(f"'{name}' sounds for more than four hours", "Cut out the part that is needed.")
    if count == 0:
        raise UnreadableMedia(f"The sound of '{name}' is empty or cannot be decoded", "Export it again, as WAV or AAC.")
    return np.concatenate(blocks), rate


def _frames(container: InputContainer) -> Iterator[AudioFrame]:
    """What can be decoded: a broken packet costs its own samples, a broken end the rest."""
    import av

    packets = container.demux(container.streams.audio[0])
    while True:
        try:
            packet = next(packets, None)
        except (av.FFmpegError, OSError):
            return
        if packet is None:
            return
        try:
            yield from packet.decode()
        except av.FFmpegError:
            continue
