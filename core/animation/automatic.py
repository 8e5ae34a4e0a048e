"""What a living face does by itself: blinks, gaze darts, breathing, sway.

Everything is a function of the seed and the time alone. Time is cut into cells; each cell's event is
drawn from a hash of seed, stream and cell, so any frame can be asked for in any order.
Timings: blinks close in about 0.1 s and open in about 0.2 s (Guitton et al. 1991); gaze darts take
about 0.05 s and are held (Lee, Badler and Badler, "Eyes Alive", 2002).
"""

from __future__ import annotations

from fractions import Fraction
from math import ceil, cos, floor, pi, sin

from core.document.layers import Automatic

_CLOSE, _SHUT, _OPEN = 0.09, 0.04, 0.22
_DART_SECONDS = 0.05
_BLINK, _DART_TIME, _DART_YAW, _DART_PITCH, _SWAY = range(5)
_MASK = (1 << 64) - 1


def values_at(automatic: Automatic, frame: float, rate: Fraction) -> dict[str, float]:
    """Channel values at content frame `frame`."""
    seconds = float(frame / rate)
    values: dict[str, float] = {}
    if automatic.blinks > 0.0 and automatic.blink > 0.0:
        lid = automatic.blink * blink_at(automatic, seconds)
        values["eyeBlinkLeft"] = values["eyeBlinkRight"] = lid
    if automatic.darts > 0.0 and automatic.dart_angle > 0.0:
        yaw, pitch = gaze_at(automatic, seconds)
        values["gaze.left.yaw"] = values["gaze.right.yaw"] = yaw
        values["gaze.left.pitch"] = values["gaze.right.pitch"] = pitch
    if automatic.sway > 0.0:
        values["head.yaw"] = automatic.sway * 1.2 * _drift(automatic.seed, 0, seconds, 7.0)
        values["head.pitch"] = automatic.sway * 0.7 * _drift(automatic.seed, 1, seconds, 5.0)
        values["head.roll"] = automatic.sway * 0.8 * _drift(automatic.seed, 2, seconds, 9.0)
    if automatic.breaths > 0.0 and automatic.breathing > 0.0:
        breath = automatic.breathing * _breath(automatic, seconds)
        values["head.y"] = -0.006 * breath
        values["head.pitch"] = values.get("head.pitch", 0.0) + 0.35 * breath
    return values


def blink_at(automatic: Automatic, seconds: float) -> float:
    """How far the lids are closed, 0 to 1."""
    cell = 60.0 / automatic.blinks
    here = floor(seconds / cell)
    closed = 0.0
    for index in range(here - ceil((_CLOSE + _SHUT + _OPEN) / cell), here + 1):
        # A blink starts in the first 70 % of its cell, so that two never meet at natural rates.
        start = (index + 0.7 * _uniform(automatic.seed, _BLINK, index)) * cell
        closed = max(closed, _lid(seconds - start))
    return closed


def gaze_at(automatic: Automatic, seconds: float) -> tuple[float, float]:
    """(yaw, pitch) in degrees: holds, with quick smooth darts in between."""
    cell = 60.0 / automatic.darts
    here = floor(seconds / cell)
    moment = (here + 0.6 * _uniform(automatic.seed, _DART_TIME, here)) * cell
    before, after = _target(automatic, here - 1), _target(automatic, here)
    along = _smooth((seconds - moment) / min(_DART_SECONDS, 0.4 * cell))
    return before[0] + (after[0] - before[0]) * along, before[1] + (after[1] - before[1]) * along


def _target(automatic: Automatic, index: int) -> tuple[float, float]:
    """Every third dart goes home, others fall anywhere within the angle, wider sideways than up."""
    if index % 3 == 0:
        return 0.0, 0.0
    yaw = 2.0 * _uniform(automatic.seed, _DART_YAW, index) - 1.0
    pitch = 2.0 * _uniform(automatic.seed, _DART_PITCH, index) - 1.0
    return automatic.dart_angle * yaw, 0.5 * automatic.dart_angle * pitch


def _lid(since: float) -> float:
    if since <= 0.0 or since >= _CLOSE + _SHUT + _OPEN:
        return 0.0
    if since < _CLOSE:
        return _smooth(since / _CLOSE)
    if since < _CLOSE + _SHUT:
        return 1.0
    return 1.0 - _smooth((since - _CLOSE - _SHUT) / _OPEN)


def _breath(automatic: Automatic, seconds: float) -> float:
    """-1 to 1; inhaling is quicker than exhaling."""
    phase = 2.0 * pi * seconds * automatic.breaths / 60.0
    return sin(phase - 0.35 * cos(phase))


def _drift(seed: int, axis: int, seconds: float, period: float) -> float:
    """Smooth noise of about -1 to 1: two octaves of values on a grid, joined smoothly."""
    total = 0.0
    for octave, weight in ((1, 0.75), (2, 0.25)):
        place = seconds * octave / period
        cell = floor(place)
        stream = _SWAY + 8 * axis + octave
        first, second = (2.0 * _uniform(seed, stream, cell + i) - 1.0 for i in (0, 1))
        total += weight * (first + (second - first) * _smooth(place - cell))
    return total


def _smooth(x: float) -> float:
    x = min(max(x, 0.0), 1.0)
    return x * x * x * (x * (6.0 * x - 15.0) + 10.0)


def _uniform(seed: int, stream: int, cell: int) -> float:
    """A number in [0, 1) from a mixing hash (SplitMix64's finaliser, Steele et al. 2014)."""
    x = (seed * 0x9E3779B97F4A7C15 + stream * 0xBF58476D1CE4E5B9 + cell * 0x94D049BB133111EB) & _MASK
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        x = ((x ^ (x >> shift)) * factor) & _MASK
    return ((x ^ (x >> 31)) >> 11) / float(1 << 53)
