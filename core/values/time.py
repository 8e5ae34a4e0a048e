"""Frame rates as exact rationals, and the way between frames, seconds and timecode."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from math import floor

from core.errors import UserError

COMMON_RATES = tuple(
    Fraction(n, d)
    for n, d in ((24000, 1001), (24, 1), (25, 1), (30000, 1001), (30, 1), (48, 1), (50, 1), (60000, 1001), (60, 1))
)
_RATE = re.compile(r"-?\d{1,18}(\.\d{0,18}|/\d{1,18})?", re.ASCII)
_STORED_RATE = re.compile(r"\d{1,18}/0*[1-9]\d{0,17}", re.ASCII)

LAST_FRAME = 100_000_000
"""Frame numbers reach from minus this to this: 48 days at 24 frames per second."""


@dataclass(frozen=True, slots=True)
class FrameRange:
    """Frames `first` to `last`, both included. Raises `UserError` for an empty or absurd range."""

    first: int
    last: int

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise UserError(f"The range {self.first} to {self.last} is empty", "Give the earlier frame first.")
        if max(abs(self.first), abs(self.last)) > LAST_FRAME:
            raise UserError(
                f"The range {self.first} to {self.last} is out of bounds", f"Frame numbers go up to {LAST_FRAME}."
            )

    def __len__(self) -> int:
        return self.last - self.first + 1

    def __iter__(self) -> Iterator[int]:
        return iter(range(self.first, self.last + 1))

    def __contains__(self, frame: int) -> bool:
        return self.first <= frame <= self.last


def parse_rate(text: str) -> Fraction:
    """'24', '23.976', '29.97', '30000/1001' -> the exact rate that is meant.

    A decimal within 0.005 of a broadcast rate is that rate. Raises `UserError`.
    """
    try:
        # Not everything that Fraction reads: 1e9999999 would take for ever.
        if not _RATE.fullmatch(text.strip()):
            raise ValueError(text)
        rate = Fraction(text.strip())
    except (ValueError, ZeroDivisionError):
        raise UserError(f"'{text}' is not a frame rate", "Write it as 25, 23.976 or 30000/1001.") from None
    if not 1 <= rate <= 240:
        raise UserError(f"{text} frames per second is out of range", "Choose a rate from 1 to 240.")
    if rate.denominator > 1 and "/" not in text:
        near = min(COMMON_RATES, key=lambda common: abs(common - rate))
        if abs(near - rate) < Fraction(5, 1000):
            return near
    return rate


def stored_rate(value: object) -> Fraction:
    """'30000/1001', as files of ours hold rates. Raises `ValueError` for anything else."""
    if not isinstance(value, str) or not _STORED_RATE.fullmatch(value):
        raise ValueError(f"{value!r:.40} is no rate")
    numerator, _, denominator = value.partition("/")
    return Fraction(int(numerator), int(denominator))


def frame_to_seconds(frame: float, rate: Fraction) -> float:
    return frame / float(rate)


def seconds_to_frame(seconds: float | Fraction, rate: Fraction) -> int:
    """The frame that is on screen at `seconds`."""
    return floor(Fraction(seconds) * rate + Fraction(1, 1_000_000))


def timecode(frame: int, rate: Fraction) -> str:
    """HH:MM:SS:FF; for 29.97 and 59.94 drop-frame with ';' (SMPTE ST 12-1)."""
    nominal = round(rate)
    drop = nominal // 15 if rate.denominator == 1001 and nominal % 30 == 0 else 0
    sign, frame = ("-", -frame) if frame < 0 else ("", frame)
    if drop:
        per_ten_minutes = nominal * 600 - drop * 9
        tens, rest = divmod(frame, per_ten_minutes)
        frame += drop * 9 * tens
        if rest >= nominal * 60:
            frame += drop * ((rest - nominal * 60) // (nominal * 60 - drop) + 1)
    seconds, frames = divmod(frame, nominal)
    hours, seconds = divmod(seconds, 3600)
    return f"{sign}{hours:02d}:{seconds // 60:02d}:{seconds % 60:02d}{';' if drop else ':'}{frames:02d}"
