"""From a decoded video frame to the picture an artist sees: RGB in 8 bits, square pixels, upright."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from core.media.photo import upright

if TYPE_CHECKING:
    from av.video.frame import VideoFrame

_SD_HEIGHT = 576
# AVColorSpace (ITU-T H.273, table 4) to swscale's tables; 9 and 10 are BT.2020.
_MATRICES = {1: 1, 4: 4, 5: 5, 6: 5, 7: 7, 9: 9, 10: 9}
_FULL_RANGE = 2
_HDR_CURVES = (16, 18)


class PictureFinish:
    """Decided by a stream's first frame, then called with every frame of it.

    `size` width and height of the finished pictures; `problems` what could not be honoured.
    """

    def __init__(self, frame: VideoFrame, pixel_aspect: Fraction | None) -> None:
        from av.video.reformatter import VideoReformatter

        self.problems: list[str] = []
        self._reformatter = VideoReformatter()
        self._orientation, exact = display_orientation(frame)
        if not exact:
            self.problems.append("The clip asks to be turned by an odd angle; the nearest quarter turn is used.")
        aspect = pixel_aspect or Fraction(1)
        self._width = round(frame.width * aspect) if Fraction(1, 4) <= aspect <= 4 else frame.width
        self._height = frame.height
        self.size = (self._height, self._width) if self._orientation >= 5 else (self._width, self._height)
        if frame.color_trc in _HDR_CURVES:
            self.problems.append("The clip is HDR; its colours are shown without tone mapping and look flat.")

    def __call__(self, frame: VideoFrame) -> NDArray[np.uint8]:
        """(H, W, 3), read-only, through the frame's own matrix and range.

        A clip that names no matrix is BT.709 above standard definition and BT.601 below.
        """
        from av.video.reformatter import ColorRange, Colorspace, Interpolation

        guess = Colorspace.ITU709 if max(frame.height, frame.width * 9 // 16) > _SD_HEIGHT else Colorspace.ITU601
        full = frame.color_range == _FULL_RANGE or frame.format.name.startswith("yuvj") or frame.format.is_rgb
        rgb = self._reformatter.reformat(
            frame,
            width=self._width,
            height=self._height,
            format="rgb24",
            src_colorspace=_MATRICES.get(frame.colorspace, int(guess)),
            src_color_range=ColorRange.JPEG if full else ColorRange.MPEG,
            dst_color_range=ColorRange.JPEG,
            interpolation=Interpolation.BICUBIC | Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INT,
        )
        pixels = upright(np.asarray(rgb.to_ndarray(), dtype=np.uint8), self._orientation)
        pixels.flags.writeable = False
        return pixels


def display_orientation(frame: VideoFrame) -> tuple[int, bool]:
    """The EXIF orientation that the frame's display matrix equals (ISO/IEC 14496-12, 6.2.2), and
    whether it does so exactly."""
    side: Any = frame.side_data.get("DISPLAYMATRIX")
    if side is None:
        return 1, True
    a, b, _, c, d = np.frombuffer(bytes(side), np.int32)[:5] / 65536.0
    if max(abs(a), abs(d)) >= max(abs(b), abs(c)):
        signs = {(True, True): 1, (False, True): 2, (False, False): 3, (True, False): 4}
        return signs[bool(a > 0), bool(d > 0)], bool(max(abs(b), abs(c)) < 0.01)
    signs = {(True, True): 5, (True, False): 6, (False, False): 7, (False, True): 8}
    return signs[bool(b > 0), bool(c > 0)], bool(max(abs(a), abs(d)) < 0.01)
