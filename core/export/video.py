"""H.264 in MP4: 4:2:0, BT.709 in tags and in fact, one exact rate, index in front, sound if there is some."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np
from numpy.typing import NDArray

from core.errors import ExportError
from core.export.picture import FrameLike, even, fitted, over_black
from core.export.plan import ExportPlan
from core.export.provenance import COMMENT, append_xmp_box, tool_name
from core.export.signing import FileSigner
from core.export.sound import SoundTrack
from core.media.atomic import part_of

if TYPE_CHECKING:
    from av.container import OutputContainer
    from av.video.stream import VideoStream

# superfast costs a seventh more bytes than veryfast for the same PSNR, and a quarter less time.
_SETTINGS = {
    "draft": {"crf": "28", "preset": "superfast"},
    "standard": {"crf": "18", "preset": "superfast"},
    "high": {"crf": "12", "preset": "medium"},
}
# Macroblock-tree rate control gives other bytes from run to run for some widths on processors with AVX-512.
_REPEATABLE = "mbtree=0"
_BT709 = 1
_LIMITED = 1


@contextmanager
def h264_writer(plan: ExportPlan) -> Iterator[H264Writer]:
    """See `core.export.formats.Format.writer`."""
    if not plan.signed:
        with part_of(plan.out) as part:
            yield from _filled(plan, part)
        return
    with FileSigner() as signer, part_of(plan.out) as part:
        plain = part.with_name(f"{part.stem}.plain{part.suffix}")
        try:
            yield from _filled(plan, plain)
            signer.sign(plain, part, plan.out.name)
        finally:
            plain.unlink(missing_ok=True)


class H264Writer:
    """Encodes the frames of a plan; a `core.export.formats.Writer`."""

    def __init__(self, container: OutputContainer, plan: ExportPlan) -> None:
        from av.video.reformatter import VideoReformatter

        self._container = container
        self._plan = plan
        self._reformatter = VideoReformatter()
        self._size: tuple[int, int] | None = None
        self._count = 0
        self._tick = 1 / plan.rate
        # Streams are added in this order and before the header is written with the first packet.
        self._stream: VideoStream = container.add_stream(
            "libx264", rate=plan.rate, options={**_SETTINGS[plan.quality], "x264-params": _REPEATABLE}
        )
        self._sound: SoundTrack | None = None

    def wanted(self, frame: int) -> bool:
        return True

    def write(self, frame: int, picture: FrameLike) -> None:
        """Raises `ExportError` for frames of differing size, `OSError` from the disk."""
        import av
        from av.video.reformatter import ColorRange, Colorspace, Interpolation

        pixels, alpha = picture.pixels, picture.alpha
        if self._plan.size is not None:
            pixels, alpha = fitted(pixels, alpha, self._plan.size)
        pixels = even(over_black(pixels, alpha))
        size = pixels.shape[1], pixels.shape[0]
        if self._size is None:
            self._start(size)
        if size != self._size:
            raise ExportError(
                f"Frame {frame} is {size[0]} x {size[1]}, the first one {self._size}", "Give a size for the export."
            )
        packed = "rgb24" if pixels.dtype == np.uint8 else "rgb48le"
        shown = av.VideoFrame.from_ndarray(cast("NDArray[np.uint8]", np.ascontiguousarray(pixels)), packed)
        encoded = self._reformatter.reformat(
            shown,
            format="yuv420p",
            src_color_range=ColorRange.JPEG,
            dst_colorspace=Colorspace.ITU709,
            dst_color_range=ColorRange.MPEG,
            interpolation=Interpolation.BICUBIC | Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INP,
        )
        encoded.color_primaries = encoded.color_trc = encoded.colorspace = _BT709
        encoded.color_range = _LIMITED
        encoded.pts, encoded.time_base = self._count, self._tick
        self._container.mux(self._stream.encode(encoded))
        self._count += 1
        if self._sound is not None:
            self._sound.mux_until(float(self._count * self._tick))

    def finish(self) -> None:
        """Everything that is still inside the encoders goes into the file."""
        self._container.mux(self._stream.encode())
        if self._sound is not None:
            self._sound.finish()

    def close(self) -> None:
        if self._sound is not None:
            self._sound.close()

    def _start(self, size: tuple[int, int]) -> None:
        plan, context = self._plan, self._stream.codec_context
        self._size = size
        self._stream.width, self._stream.height = size
        self._stream.pix_fmt = "yuv420p"
        self._stream.time_base = context.time_base = self._tick
        context.color_primaries = context.color_trc = context.colorspace = _BT709
        context.color_range = _LIMITED
        if plan.audio is not None:
            seconds = float(Fraction(len(plan.frames)) / plan.rate)
            self._sound = SoundTrack(self._container, plan.audio, plan.audio_start, seconds)


def _filled(plan: ExportPlan, path: Path) -> Iterator[H264Writer]:
    """The writer of a file at `path`; after it has its frames, the file is closed and labelled."""
    import av

    container = av.open(str(path), "w", format="mp4", options={"movflags": "+faststart"})
    try:
        container.metadata["encoding_tool"] = tool_name()
        if plan.provenance:
            container.metadata["comment"] = COMMENT
        writer = H264Writer(container, plan)
        try:
            yield writer
            writer.finish()
        finally:
            writer.close()
    except BaseException:
        # Closing writes the index, which fails again on a full disk; the first error is the one to tell.
        with suppress(OSError):
            container.close()
        raise
    container.close()
    if plan.provenance:
        append_xmp_box(path)
