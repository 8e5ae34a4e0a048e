"""Animated pictures (GIF, WebP, PNG) as clips, through Pillow."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.errors import UnreadableMedia
from core.media.photo import MAX_PIXELS, silent_pillow

_MILLISECOND = Fraction(1, 1000)
_DEFAULT_DELAY = 100
_SHORTEST_DELAY = 20
_AGAIN = "Export it again."


class AnimationReader:
    """The pictures of an animated file by their number; transparent parts are black.

    A delay below 20 ms is taken as 100 ms, as browsers do.
    """

    def __init__(self, path: Path) -> None:
        """Raises `UnreadableMedia`, also when there is only one picture."""
        self.path = path
        self.problems: list[str] = []
        self._stream = path.open("rb")
        try:
            self._set_up()
        except BaseException:
            self.close()
            raise

    def _set_up(self) -> None:
        from PIL import Image as Pillow

        try:
            with silent_pillow():
                self._file = Pillow.open(self._stream, formats=("GIF", "WEBP", "PNG"))
                count = int(getattr(self._file, "n_frames", 1))
        except Exception as error:  # Pillow answers damaged files with many kinds of exception
            raise UnreadableMedia(f"'{self.path.name}' is damaged ({error})", _AGAIN) from error
        self.width, self.height = self._file.size
        if count < 2:
            raise UnreadableMedia(
                f"'{self.path.name}' is a still picture", "Choose a clip, or open the picture as a photo."
            )
        if self.width * self.height > MAX_PIXELS:
            raise UnreadableMedia(f"'{self.path.name}' is {self.width} x {self.height} pixels", "Scale it down.")
        self.has_audio = False
        self.tick = _MILLISECOND
        self.stated_rates: list[Fraction] = []
        delays = self._delays(count)
        self.picture_count = len(delays)
        ends = np.cumsum(delays)
        self.ticks: NDArray[np.int64] = np.concatenate([[0], ends[:-1]]).astype(np.int64)
        self.end = int(ends[-1])

    def close(self) -> None:
        self._stream.close()

    def picture(self, index: int, keep: object = None) -> NDArray[np.uint8]:
        """The picture (H, W, 3) at `index`, read-only."""
        try:
            with silent_pillow():
                self._file.seek(index)
                # A GIF may claim a larger screen from some picture on; the first one's counts.
                shown = self._file.convert("RGBA").crop((0, 0, self.width, self.height))
        except Exception as error:  # as above
            raise UnreadableMedia(f"Picture {index} of '{self.path.name}' cannot be decoded", _AGAIN) from error
        pixels = np.array(shown.convert("RGB"))
        pixels[np.array(shown.getchannel("A")) == 0] = 0
        pixels.flags.writeable = False
        return pixels

    def _delays(self, count: int) -> list[int]:
        delays: list[int] = []
        for index in range(count):
            try:
                with silent_pillow():
                    self._file.seek(index)
                    if self._file.width * self._file.height > MAX_PIXELS:
                        raise ValueError("it grows beyond the limit")
                    self._file.load()
            except Exception:  # as above; what came before the damage is used
                if not delays:
                    raise UnreadableMedia(f"'{self.path.name}' is damaged", _AGAIN) from None
                self.problems.append("The file is cut off or damaged at its end; it is read up to there.")
                break
            delay = round(float(self._file.info.get("duration", 0) or 0))
            delays.append(delay if delay >= _SHORTEST_DELAY else _DEFAULT_DELAY)
        return delays
