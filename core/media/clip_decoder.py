"""The pictures of a video stream by their number, decoded through PyAV.

Opening reads every packet's times once, without decoding: that gives the exact number of pictures and
where decoding may begin. A picture is found by its own presentation time, never by counting from a
seek, so that B-frames, open groups of pictures and edit lists cannot shift it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from core.errors import UnreadableMedia
from core.media.clip_packets import PacketTable, read_packets
from core.media.clip_picture import PictureFinish
from core.media.container import open_container

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.packet import Packet
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

Picture = NDArray[np.uint8]

_LARGEST_PICTURE = 8192 * 8192
_REORDER_DEPTH = 16
_NEAR = 8


class VideoDecoder:
    """Decodes one file's video stream. Not for several threads at once."""

    def __init__(self, path: Path) -> None:
        """Raises `UnreadableMedia`."""
        self.path = path
        self.problems: list[str] = []
        self._seekable = True
        self._ready: deque[VideoFrame] = deque()
        self._position = -1
        self._open()
        try:
            self.table = self._scan()
            self._rewind()
            self._finish = PictureFinish(self._first_frame(), self._stream.sample_aspect_ratio)
            self.problems.extend(self._finish.problems)
            self.width, self.height = self._finish.size
            if self.table.cut:
                self._trim_tail()
        except BaseException:
            self.close()
            raise

    @property
    def picture_count(self) -> int:
        return len(self.table.pts)

    @property
    def tick(self) -> Fraction:
        assert self._stream.time_base is not None
        return self._stream.time_base if not self.table.counted else 1 / self._stated()[0]

    @property
    def ticks(self) -> NDArray[np.int64]:
        """When each picture is shown, from the first, in `tick`s."""
        return self.table.pts - self.table.pts[0]

    @property
    def end(self) -> int:
        return self.table.end - int(self.table.pts[0])

    @property
    def stated_rates(self) -> list[Fraction]:
        return self._stated()

    @property
    def has_audio(self) -> bool:
        return bool(self._container.streams.audio)

    def close(self) -> None:
        self._ready.clear()
        self._container.close()

    def picture(self, index: int, keep: Callable[[int, Picture], None] | None = None) -> Picture:
        """The picture (H, W, 3) at `index` of the presentation order, read-only.

        `keep`, when given, is handed every other picture that had to be decoded on the way. A picture
        that cannot be decoded is replaced by the one before it, and `problems` says so.
        """
        self._move_to(index)
        found, neighbour = self._decode_to(index, keep)
        if found is None and self._sought:
            # Some containers land between key frames; a file that did so once is read from its start.
            self._seekable = False
            self._rewind()
            found, neighbour = self._decode_to(index, keep)
        if found is not None:
            return self._finish(found)
        if neighbour is None:
            raise UnreadableMedia(
                f"Picture {index} of '{self.path.name}' cannot be decoded",
                "Export the clip again, or cut it before there.",
            )
        problem = f"Picture {index} cannot be decoded; its neighbour stands in for it."
        if problem not in self.problems:
            self.problems.append(problem)
        return self._finish(neighbour)

    def _decode_to(
        self, index: int, keep: Callable[[int, Picture], None] | None
    ) -> tuple[VideoFrame | None, VideoFrame | None]:
        """The frame at `index` if it comes, and the nearest one that did (before it, if there is one)."""
        before: VideoFrame | None = None
        while (frame := self._next_frame()) is not None:
            at = self._index_of(frame)
            if at == index:
                return frame, frame
            if at is not None and at > index:
                self._ready.appendleft(frame)
                self._position = at - 1
                return None, before or frame
            if keep is not None and at is not None:
                keep(at, self._finish(frame))
            before = frame
        return None, before

    def _open(self) -> None:
        import av

        try:
            self._container: InputContainer = open_container(self.path)
        except (av.FFmpegError, OSError, ValueError) as error:
            raise UnreadableMedia(
                f"'{self.path.name}' is not a clip that can be opened ({_reason(error)})",
                "Choose a video such as MP4, MOV, MKV or WebM. A recording that was cut off before its index "
                "was written has to be repaired or recorded again.",
            ) from error
        streams = [s for s in self._container.streams.video if not _is_cover(s)]
        if not streams:
            self._container.close()
            raise UnreadableMedia(f"'{self.path.name}' has no picture, only sound", "Choose a clip with video.")
        self._stream: VideoStream = streams[0]
        context = self._stream.codec_context
        if context is None:
            self._container.close()
            raise UnreadableMedia(
                f"'{self.path.name}' is compressed in a way that cannot be decoded here",
                "Convert it to H.264 in an MP4 file.",
            )
        if context.width * context.height > _LARGEST_PICTURE:
            self._container.close()
            raise UnreadableMedia(
                f"'{self.path.name}' is {context.width} x {context.height} pixels", "Scale it down to 8192 at most."
            )
        context.thread_type = "AUTO"

    def _scan(self) -> PacketTable:
        table = read_packets(self._container, self._stream)
        if table is None:
            raise UnreadableMedia(f"'{self.path.name}' holds no pictures", "Copy or export the clip again.")
        if table.cut:
            self.problems.append("The file is cut off or damaged; it is read up to there.")
        return table

    def _stated(self) -> list[Fraction]:
        given = (self._stream.average_rate, self._stream.base_rate, self._stream.guessed_rate)
        return [rate for rate in given if rate] or [Fraction(25)]

    def _first_frame(self) -> VideoFrame:
        frame = self._next_frame()
        if frame is None:
            raise UnreadableMedia(
                f"No picture of '{self.path.name}' can be decoded", "Export the clip again, as H.264 in an MP4 file."
            )
        self._ready.appendleft(frame)
        self._position -= 1
        return frame

    def _trim_tail(self) -> None:
        """Drop the pictures at the end that do not decode, and those before which B-frames are missing."""
        table = self.table
        self._move_to(self.picture_count - 1)
        reached = -1
        while (frame := self._next_frame()) is not None:
            at = self._index_of(frame)
            reached = max(reached, -1 if at is None else at)
        count = reached + 1 if reached >= 0 else self.picture_count
        steps = np.diff(table.pts)
        if not table.counted and len(steps):
            late = np.flatnonzero(steps[-_REORDER_DEPTH:] > 1.5 * np.median(steps)) + max(
                len(steps) - _REORDER_DEPTH, 0
            )
            count = min(count, int(late[0]) + 1) if len(late) else count
        if count < self.picture_count:
            self.table = table.first(count)
        self._rewind()

    def _move_to(self, index: int) -> None:
        """Bring the decoder to a place from which decoding forward reaches picture `index` whole."""
        if self.table.counted:
            if index <= self._position:
                self._rewind()
            return
        keys = self.table.keys
        pts, place = self.table.pts[index], self.table.decode_position[index]
        # A leading picture of an open group refers to the group before, so its key frame is no start.
        usable = np.flatnonzero((keys[:, 0] <= place) & (keys[:, 1] <= pts))
        start = int(usable[-1]) if len(usable) else -1
        ahead = index - self._position
        if 0 < ahead <= _NEAR:
            return
        if ahead > 0 and (start < 0 or (self._position >= 0 and keys[start, 1] <= self.table.pts[self._position])):
            return
        self._seek(start)

    def _seek(self, key: int) -> None:
        import av

        keys = self.table.keys
        place_of = {int(p): int(d) for p, d in zip(self.table.pts, self.table.decode_position, strict=True)}
        for at in range(key, 0, -1) if self._seekable else ():
            try:
                self._container.seek(int(keys[at, 2]), stream=self._stream)
                packets = self._container.demux(self._stream)
                first = next(packets, None)
            except (av.FFmpegError, OSError):
                continue
            landed = None if first is None or first.pts is None else place_of.get(first.pts)
            if first is not None and first.pts is not None and landed is not None and landed <= keys[at, 0]:
                self._packets: Iterator[Packet[Any]] = chain([first], packets)
                self._ready.clear()
                self._position = int(np.searchsorted(self.table.pts, first.pts)) - 1
                self._sought = True
                return
        self._rewind()

    def _rewind(self) -> None:
        """Start from the first packet; the file is opened anew, which works for every container."""
        self._container.close()
        self._open()
        self._packets = self._container.demux(self._stream)
        self._ready.clear()
        self._position = -1
        self._sought = False

    def _next_frame(self) -> VideoFrame | None:
        import av

        while not self._ready:
            try:
                packet = next(self._packets, None)
                if packet is None:
                    return None
                self._ready.extend(packet.decode())
            except av.EOFError:
                return None
            except (av.FFmpegError, OSError):
                # A packet that does not decode costs its pictures; `picture` notices what is missing.
                continue
        frame = self._ready.popleft()
        if self.table.counted:
            self._position += 1
        else:
            at = self._index_of(frame)
            self._position = self._position if at is None else at
        return frame

    def _index_of(self, frame: VideoFrame) -> int | None:
        """The picture's place in presentation order; None for one outside the edit list."""
        if self.table.counted:
            return self._position
        if frame.pts is None:
            return None
        at = int(np.searchsorted(self.table.pts, frame.pts))
        return at if at < len(self.table.pts) and self.table.pts[at] == frame.pts else None


def _is_cover(stream: VideoStream) -> bool:
    """Whether the stream is the cover picture of a sound file."""
    from av.stream import Disposition

    return bool(stream.disposition & Disposition.attached_pic)


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)
