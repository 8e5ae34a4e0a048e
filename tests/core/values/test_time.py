from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import UserError
from core.values.time import (
    COMMON_RATES,
    FrameRange,
    frame_to_seconds,
    parse_rate,
    seconds_to_frame,
    stored_rate,
    timecode,
)

RATES = st.sampled_from(COMMON_RATES)


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("24", Fraction(24)),
        (" 25 ", Fraction(25)),
        ("23.976", Fraction(24000, 1001)),
        ("23.98", Fraction(24000, 1001)),
        ("29.97", Fraction(30000, 1001)),
        ("59.94", Fraction(60000, 1001)),
        ("30000/1001", Fraction(30000, 1001)),
        ("12.5", Fraction(25, 2)),
        ("24.0", Fraction(24)),
        ("2997/100", Fraction(2997, 100)),
    ],
)
def test_a_rate_is_read_as_it_is_meant(text: str, rate: Fraction) -> None:
    assert parse_rate(text) == rate


@pytest.mark.parametrize(
    "text", ["", "fast", "1/0", "0", "-25", "241", "0.5", "nan", "inf", "25 fps", "1e9999999", "2_4", "٢٤"]
)
def test_what_is_no_rate_is_refused_with_a_remedy(text: str) -> None:
    with pytest.raises(UserError) as caught:
        parse_rate(text)
    assert caught.value.remedy


@given(rate=st.fractions(min_value=Fraction(1, 10**6), max_value=1000, max_denominator=10**6))
def test_a_stored_rate_reads_back(rate: Fraction) -> None:
    assert stored_rate(f"{rate.numerator}/{rate.denominator}") == rate


@pytest.mark.parametrize(
    "text", ["", "24", "1e9999999/1", "24/0", "1.5/2", "-24/1", " 24/1", "1" * 19 + "/1", 24, None]
)
def test_what_is_no_stored_rate_is_refused_at_once(text: object) -> None:
    with pytest.raises(ValueError, match="no rate"):
        stored_rate(text)


@given(frame=st.integers(-(10**7), 10**7), rate=RATES)
def test_a_frame_is_on_screen_at_its_own_time(frame: int, rate: Fraction) -> None:
    assert seconds_to_frame(Fraction(frame) / rate, rate) == frame
    assert seconds_to_frame(frame_to_seconds(frame, rate), rate) == frame


@given(frame=st.integers(0, 10**6), rate=RATES, share=st.fractions(0, Fraction(999, 1000)))
def test_a_frame_stays_on_screen_until_the_next(frame: int, rate: Fraction, share: Fraction) -> None:
    assert seconds_to_frame((frame + share) / rate, rate) == frame


@given(first=st.integers(-1000, 1000), length=st.integers(1, 50))
def test_a_range_holds_both_its_ends(first: int, length: int) -> None:
    frames = FrameRange(first, first + length - 1)
    assert len(frames) == length == len(list(frames))
    assert frames.first in frames
    assert frames.last in frames
    assert frames.last + 1 not in frames
    assert first - 1 not in frames


def test_an_empty_range_is_refused() -> None:
    with pytest.raises(UserError, match="empty"):
        FrameRange(5, 4)


@pytest.mark.parametrize(
    ("frame", "rate", "text"),
    [
        (0, Fraction(24), "00:00:00:00"),
        (86399, Fraction(24), "00:59:59:23"),
        (-25, Fraction(25), "-00:00:01:00"),
        (1799, Fraction(30000, 1001), "00:00:59;29"),
        (1800, Fraction(30000, 1001), "00:01:00;02"),
        (17982, Fraction(30000, 1001), "00:10:00;00"),
        (107892, Fraction(30000, 1001), "01:00:00;00"),
        (3600, Fraction(60000, 1001), "00:01:00;04"),
        (1440, Fraction(24000, 1001), "00:01:00:00"),
        (48, Fraction(48), "00:00:01:00"),
    ],
)
def test_timecode_is_what_broadcast_writes(frame: int, rate: Fraction, text: str) -> None:
    assert timecode(frame, rate) == text


@given(frame=st.integers(0, 30 * 3600 * 3))
def test_drop_frame_timecode_counts_up_and_drops_only_the_first_numbers_of_a_minute(frame: int) -> None:
    rate = Fraction(30000, 1001)
    now, after = timecode(frame, rate), timecode(frame + 1, rate)
    assert now < after
    minute, second, number = int(now[3:5]), int(now[6:8]), int(now[9:])
    assert not (minute % 10 and second == 0 and number < 2)


@given(frame=st.integers(0, 30 * 3600 * 20))
def test_drop_frame_timecode_stays_within_a_tenth_of_a_second_of_the_clock(frame: int) -> None:
    # SMPTE ST 12-1: at 29.97 the count runs at most two numbers ahead and is corrected each minute.
    rate = Fraction(30000, 1001)
    hours, minutes, seconds = timecode(frame, rate).replace(";", ":").split(":")[:3]
    shown = int(hours) * 3600 + int(minutes) * 60 + int(seconds) + int(timecode(frame, rate)[-2:]) / 30
    assert abs(shown - frame_to_seconds(frame, rate)) < 0.1
