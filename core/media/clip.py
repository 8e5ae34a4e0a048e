"""A clip: frames by number at one constant rate, whatever the file does inside."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from core.errors import UnreadableMedia
from core.media.animation import AnimationReader
from core.media.clip_decoder import VideoDecoder
from core.media.clip_index import lay_out
from core.media.source import picture_kind, read_head, require_file

Picture = NDArray[np.uint8]

CACHE_BYTES = 128 * 2**20
_LARGEST_STEP_BACK = 48


class PictureReader(Protocol):
    """Pictures by number and the moments at which they are shown."""

    problems: list[str]
    width: int
    height: int

    @property
    def picture_count(self) -> int: ...
    @property
    def ticks(self) -> NDArray[np.int64]: ...
    @property
    def tick(self) -> Fraction: ...
    @property
    def end(self) -> int: ...
    @property
    def stated_rates(self) -> list[Fraction]: ...
    @property
    def has_audio(self) -> bool: ...
    def picture(self, index: int, keep: Callable[[int, Picture], None] | None = None) -> Picture: ...
    def close(self) -> None: ...


class Clip:
    """An open clip; a context manager. Any thread may ask, one is answered at a time.

    `rate` frames per second, `frame_count` frames of `width` x `height` pixels after rotation,
    `timestamps` (frame_count) the second at which each frame's picture is shown in the file, from the
    first; `variable` whether the file has no constant rate (the rule is in `clip_index`); `problems`
    what is wrong with the file, in sentences; it may grow while frames are read.
    """

    def __init__(self, path: Path, reader: PictureReader, cache_bytes: int = CACHE_BYTES) -> None:
        self.path = path
        self._reader = reader
        self._lock = Lock()
        self._cache = _PictureCache(cache_bytes)
        self._last = -1
        self._closed = False
        ticks, tick = reader.ticks, reader.tick
        timeline = lay_out(ticks, tick, reader.end, reader.stated_rates)
        self._pictures = timeline.pictures
        self.rate = timeline.rate
        self.variable = not timeline.constant
        self.frame_count = len(timeline.pictures)
        self.width, self.height = reader.width, reader.height
        self.has_audio = reader.has_audio
        self.timestamps: NDArray[np.float64] = ticks[timeline.pictures] * float(tick)

    @property
    def duration(self) -> float:
        """Seconds: all frames at `rate`."""
        return float(self.frame_count / self.rate)

    @property
    def problems(self) -> tuple[str, ...]:
        return tuple(self._reader.problems)

    def frame(self, n: int) -> Picture:
        """Frame `n` (H, W, 3) uint8 RGB, read-only. Raises `IndexError` outside the clip, `UnreadableMedia`."""
        if not 0 <= n < self.frame_count:
            raise IndexError(f"frame {n} of a clip of {self.frame_count}")
        index = int(self._pictures[n])
        with self._lock:
            self._require_open()
            found = self._cache.get(index)
            if found is None:
                # Stepping back decodes from the last key frame again; what lies between is the next wish.
                stepping_back = 0 < self._last - index <= _LARGEST_STEP_BACK
                found = self._reader.picture(index, self._cache.put if stepping_back else None)
                self._cache.put(index, found)
            self._last = index
        return found

    def frames(self, first: int = 0, last: int | None = None) -> Iterator[tuple[int, Picture]]:
        """Frames `first` to `last` (included; the end when None) in order, each decoded once and not kept."""
        last = self.frame_count - 1 if last is None else min(last, self.frame_count - 1)
        shown: tuple[int, Picture] | None = None
        for n in range(max(first, 0), last + 1):
            index = int(self._pictures[n])
            if shown is None or shown[0] != index:
                with self._lock:
                    self._require_open()
                    shown = index, self._reader.picture(index)
            yield n, shown[1]

    def close(self) -> None:
        with self._lock:
            if not self._closed:
                self._closed = True
                self._cache.clear()
                self._reader.close()

    def _require_open(self) -> None:
        if self._closed:
            raise ValueError(f"'{self.path.name}' has been closed")

    def __enter__(self) -> Clip:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_clip(path: Path | str, *, cache_bytes: int = CACHE_BYTES) -> Clip:
    """Open a video or an animated picture. Raises `UnreadableMedia` for sound, stills and damaged files."""
    path = require_file(path)
    kind = picture_kind(read_head(path))
    if kind in ("gif", "webp", "png"):
        return Clip(path, AnimationReader(path), cache_bytes)
    if kind is not None and kind != "svg":
        raise UnreadableMedia(f"'{path.name}' is a still picture", "Choose a clip, or open the picture as a photo.")
    return Clip(path, VideoDecoder(path), cache_bytes)


class _PictureCache:
    """The pictures used last, bounded in bytes."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._held = 0
        self._pictures: OrderedDict[int, Picture] = OrderedDict()

    def get(self, index: int) -> Picture | None:
        picture = self._pictures.get(index)
        if picture is not None:
            self._pictures.move_to_end(index)
        return picture

    def put(self, index: int, picture: Picture) -> None:
        if index in self._pictures or picture.nbytes > self._limit:
            return
        self._pictures[index] = picture
        self._held += picture.nbytes
        while self._held > self._limit:
            self._held -= self._pictures.popitem(last=False)[1].nbytes

    def clear(self) -> None:
        self._pictures.clear()
        self._held = 0
