"""From the moments at which a clip's pictures are shown to frames at one constant rate.

The rule. If every picture stands within one clock tick of a constant rate, frame n is picture n. If
not (phones, screen recordings, animated GIFs), the rate is that of the usual interval (the mean of
those near the median), a whole number when within 0.3 %, else the nearest broadcast rate when within
2 %; and frame n is the latest picture shown by n / rate plus a quarter of a frame: the slack keeps the
jitter of a phone's clock from doubling one picture and dropping the next.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from core.values.time import COMMON_RATES

_SLOWEST, _FASTEST = Fraction(1), Fraction(240)


@dataclass(frozen=True, slots=True, eq=False)
class Timeline:
    """`pictures[n]` is the source picture of frame n; `constant` tells whether that is n itself."""

    rate: Fraction
    pictures: NDArray[np.int64]
    constant: bool


def lay_out(ticks: NDArray[np.int64], tick: Fraction, end: int, stated: Iterable[Fraction]) -> Timeline:
    """Frames for pictures shown at `ticks` (rising, the first 0), each `tick` seconds; the last one ends at `end`.

    `stated` are the rates that the file itself claims, believed when the ticks agree with them.
    """
    if len(ticks) == 1:
        rate = next((r for r in stated if _SLOWEST <= r <= _FASTEST), Fraction(25))
        return Timeline(rate, np.zeros(1, np.int64), constant=True)
    steps = np.diff(ticks)
    median = np.sort(steps)[(len(steps) - 1) // 2]
    usual = steps[np.abs(steps - median) <= 0.5 * median]
    usual_rate = Fraction(1.0 / (float(usual.mean()) * float(tick))).limit_denominator(1001)
    for rate in _candidates([*stated, *COMMON_RATES, usual_rate]):
        expected = np.arange(len(ticks)) / float(rate * tick)
        if _SLOWEST <= rate <= _FASTEST and float(np.abs(ticks - expected).max()) <= min(
            1.0, 0.25 / float(rate * tick)
        ):
            return Timeline(rate, np.arange(len(ticks), dtype=np.int64), constant=True)
    near = min(COMMON_RATES, key=lambda common: abs(common - usual_rate))
    whole = Fraction(max(1, round(usual_rate)))
    # A clock that jitters cannot tell 30 from 29.97, and what jitters is no broadcast camera.
    if abs(whole - usual_rate) <= usual_rate * 3 / 1000 or abs(near - usual_rate) > usual_rate / 50:
        rate = whole
    else:
        rate = near
    rate = min(max(rate, _SLOWEST), _FASTEST)
    count = max(1, round(end * tick * rate))
    moments = (np.arange(count) + 0.25) / float(rate * tick)
    return Timeline(rate, np.maximum(np.searchsorted(ticks, moments, side="right") - 1, 0), constant=False)


def _candidates(rates: Iterable[Fraction]) -> list[Fraction]:
    """Each rate once, a broadcast rate in front of one that is within 0.01 % of it (29.97 for 30000/1001)."""
    ordered: dict[Fraction, None] = {}
    for rate in rates:
        for common in COMMON_RATES:
            if abs(common - rate) < rate / 10000:
                ordered[common] = None
        ordered[rate] = None
    return list(ordered)
