"""One pass over a clip's packets, without decoding: how many pictures, when, and where decoding may begin."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.stream import VideoStream

_SHORTFALL_SECONDS = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class PacketTable:
    """Indexed by presentation order unless it says otherwise.

    `pts` (n) rising; `decode_position` (n) each picture's place in the file; `keys` rows of decode
    position, pts and dts where decoding may begin; `end` the time at which the last picture ends.
    `counted`: the packets carry no usable times, pictures are known by counting from the beginning,
    and `pts` are their numbers. `cut`: the file breaks off or is damaged.
    """

    pts: NDArray[np.int64]
    decode_position: NDArray[np.int64]
    keys: NDArray[np.int64]
    end: int
    counted: bool
    cut: bool

    def first(self, count: int) -> PacketTable:
        """The table of the first `count` pictures alone."""
        usual = int(np.median(np.diff(self.pts))) if len(self.pts) > 1 else 1
        end = int(self.pts[count - 1]) + usual
        return PacketTable(self.pts[:count], self.decode_position[:count], self.keys, end, self.counted, self.cut)


class _Row(NamedTuple):
    pts: int | None
    dts: int | None
    duration: int
    key: bool


def read_packets(container: InputContainer, stream: VideoStream) -> PacketTable | None:
    """The table of `stream`, None when it holds no picture. Leaves the container at its end."""
    import av

    rows: list[_Row] = []
    cut, last_second, found = False, 0.0, 0
    try:
        for packet in container.demux(stream, *container.streams.audio):
            if packet.size == 0:
                continue
            if packet.pts is not None and packet.time_base:
                last_second = max(last_second, float((packet.pts + (packet.duration or 0)) * packet.time_base))
            if packet.stream_index != stream.index:
                continue
            found += 1
            cut |= packet.is_corrupt
            if not packet.is_discard:
                rows.append(_Row(packet.pts, packet.dts, packet.duration or 0, packet.is_keyframe))
    except (av.FFmpegError, OSError):
        cut = True
    if not rows:
        return None
    # MP4 names its number of pictures; Matroska only its duration, which outlives the rest when cut.
    cut |= stream.frames > found
    if container.format.name.startswith("matroska") and container.duration is not None:
        cut |= container.duration / av.time_base > last_second + _SHORTFALL_SECONDS
    # AVI stores no presentation times; those made up for reordered pictures are wrong.
    made_up = container.format.name == "avi" and bool(stream.codec_context.has_b_frames)
    if made_up or any(row.pts is None for row in rows):
        order = np.arange(len(rows), dtype=np.int64)
        return PacketTable(order, order, np.zeros((0, 3), np.int64), len(rows), counted=True, cut=cut)
    shown = {row.pts: (place, row.duration) for place, row in enumerate(rows) if row.pts is not None}
    pts = np.array(sorted(shown), np.int64)
    keys = [(place, row.pts, row.pts if row.dts is None else row.dts) for place, row in enumerate(rows) if row.key]
    usual = int(np.median(np.diff(pts))) if len(pts) > 1 else 1
    return PacketTable(
        pts=pts,
        decode_position=np.array([shown[int(p)][0] for p in pts], np.int64),
        keys=np.array(keys, np.int64).reshape(-1, 3),
        end=int(pts[-1]) + (shown[int(pts[-1])][1] or usual or 1),
        counted=False,
        cut=cut,
    )
