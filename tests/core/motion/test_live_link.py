from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.document.channels import SHAPES
from core.errors import ExportError, UnreadableMedia
from core.motion.live_link import read_live_link, write_live_link
from core.motion.performance import Performance, performance_of
from core.values.time import COMMON_RATES

ROTATIONS = "HeadYaw,HeadPitch,HeadRoll,LeftEyeYaw,LeftEyePitch,LeftEyeRoll,RightEyeYaw,RightEyePitch,RightEyeRoll"
HEADER = "Timecode,BlendShapeCount," + ",".join(name[0].upper() + name[1:] for name in SHAPES) + "," + ROTATIONS


def row(stamp: str, values: dict[str, float] | None = None, header: str = HEADER) -> str:
    given = {name.lower(): value for name, value in (values or {}).items()}
    names = header.split(",")[2:]
    return ",".join([stamp, "61", *(f"{given.get(name.lower(), 0):.10f}" for name in names)])


def table(tmp_path: Path, *lines: str, end: str = "\n") -> Path:
    path = tmp_path / "take.csv"
    path.write_bytes(("\n".join(lines) + end).encode())
    return path


def test_what_is_written_is_read_again(performance: Performance, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    write_live_link(performance, path)
    again = read_live_link(path)
    assert again.rate == performance.rate
    assert again.found.tolist() == performance.found.tolist()
    assert np.allclose(again.shapes, performance.shapes, atol=1e-6, equal_nan=True)
    assert np.allclose(again.gaze, performance.gaze, atol=1e-4, equal_nan=True)
    assert np.allclose(again.head[:, :3], performance.head[:, :3], atol=1e-4, equal_nan=True)
    assert np.array_equal(again.head[again.found, 3:], np.tile([0, 0, 1], (again.found.sum(), 1)))


def test_the_file_has_the_apps_form(performance: Performance, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    write_live_link(performance, path)
    content = path.read_bytes()
    lines = content.decode("ascii").split("\n")
    assert lines[0] == HEADER
    assert len(lines[0].split(",")) == 63
    assert lines[1].startswith("00:00:00:00.000,61,0.")
    assert all(len(field.split(".")[1]) == 10 for field in lines[1].split(",")[2:])
    assert lines[6] == "00:00:00:10.010,0", "a lost face, five frames of 1001/30000 s in sixtieths"
    assert lines[-1] == ""
    assert b"\r" not in content


def test_rotations_are_radians_unless_told_otherwise(performance: Performance, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    write_live_link(performance, path, in_degrees=True)
    assert np.allclose(
        read_live_link(path, in_degrees=True).head[:, :3], performance.head[:, :3], atol=1e-4, equal_nan=True
    )
    turned = table(tmp_path, HEADER, row("01:00:00:00.000", {"HeadYaw": 0.5, "HeadPitch": 0.25, "HeadRoll": 0.1}))
    head = read_live_link(turned).head[0, :3]
    assert np.allclose(head, np.degrees([0.5, -0.25, -0.1]), atol=1e-4)


def test_eyes_turn_as_their_look_shapes_say(tmp_path: Path) -> None:
    """Eyes turned in and down, in the relation that recordings of the app show."""
    values = {
        "EyeLookInLeft": 0.06, "EyeLookInRight": 0.06, "EyeLookDownLeft": 0.175, "EyeLookDownRight": 0.175,
        "LeftEyeYaw": -0.0366, "RightEyeYaw": 0.0366, "LeftEyePitch": 0.107, "RightEyePitch": 0.107,
    }  # fmt: skip
    measured = read_live_link(table(tmp_path, HEADER, row("00:00:00:00.000", values))).gaze[0]
    bare = HEADER.split(",HeadYaw")[0]
    from_shapes = read_live_link(table(tmp_path, bare, row("00:00:00:00.000", values, bare))).gaze[0]
    assert np.allclose(measured, [[2.1, -6.13], [-2.1, -6.13]], atol=0.01)
    assert np.allclose(from_shapes, measured, atol=0.05)


def test_columns_are_found_by_name_in_any_order_and_case(tmp_path: Path) -> None:
    header = "BlendshapeCount,mouthRight,JAWLEFT,jawRight,Timecode,eyeBlinkLeft,tongueOut,extra"
    lines = ["61,0.1,0.2,0.3,00:00:00:00.000,0.4,0.5,9", "61,0.1,0.2,0.3,00:00:00:02.000,0.4,0.5,9"]
    read = read_live_link(table(tmp_path, header, *lines))
    got = {name: round(float(read.shapes[0, SHAPES.index(name)]), 6) for name in SHAPES}
    assert {name: value for name, value in got.items() if value} == {
        "mouthRight": 0.1, "jawLeft": 0.2, "jawRight": 0.3, "eyeBlinkLeft": 0.4, "tongueOut": 0.5,
    }  # fmt: skip


def test_lost_and_dropped_rows_are_gaps(tmp_path: Path) -> None:
    stamps = ["23:59:59:56.000", "23:59:59:58.000", "00:00:00:00.000", "00:00:00:04.000"]
    lines = [row(stamp) for stamp in stamps]
    lines[1] = f"{stamps[1]},0"
    read = read_live_link(table(tmp_path, HEADER, *lines, "00:00:00:06.000,0", "00:00:00:08.000,0"))
    assert read.rate == 30
    assert read.found.tolist() == [True, False, True, False, True, False, False]


def test_windows_line_ends_a_byte_order_mark_semicolons_and_a_cut_off_last_row_are_read(tmp_path: Path) -> None:
    path = tmp_path / "b.csv"
    lines = [HEADER, row("00:00:00:00.000"), row("00:00:00:02.000"), row("00:00:00:04.000")[:200]]
    path.write_bytes(b"\xef\xbb\xbf" + "\r\n".join(line.replace(",", ";") for line in lines).encode())
    assert read_live_link(path).found.tolist() == [True, True]


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ([HEADER, row("00:00:00:00.000"), "1:2:3,61,0"], "Line 3 .* '1:2:3' for a timecode"),
        ([HEADER, row("00:00:00:00.000"), row("00:00:00:02.000")[:300]], "Line 3 .* fields and the header 63"),
        ([HEADER, row("00:00:00:00.000").replace("0.0000000000", "zero", 1)], "Line 2 .* 'zero' .*eyeblinkleft"),
        ([HEADER, row("00:00:00:00.000").replace("0.0000000000", "nan", 1)], "Line 2 .* 'nan'"),
        ([HEADER, row("00:00:09:00.000"), row("00:00:02:00.000")], "Line 3 .* back in time"),
        ([HEADER, row("00:00:09:00.000"), row("08:00:02:00.000")], "Line 3 .* seconds after"),
        ([HEADER + ",JawOpen", row("00:00:00:00.000")], "column 'JawOpen' twice"),
        (["time,x,y", "1,2,3"], "no columns of ARKit shapes"),
        ([HEADER], "holds no frames"),
        ([HEADER, "00:00:00:00.000,0"], "no frame with a face"),
    ],
)
def test_bad_files_are_refused_with_the_line(lines: list[str], says: str, tmp_path: Path) -> None:
    with pytest.raises(UnreadableMedia, match=says) as caught:
        read_live_link(table(tmp_path, *lines))
    assert caught.value.remedy


def test_binary_and_missing_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "c.csv"
    path.write_bytes(bytes(range(256)))
    with pytest.raises(UnreadableMedia, match="no text file"):
        read_live_link(path)
    with pytest.raises(UnreadableMedia, match="cannot be read"):
        read_live_link(tmp_path / "none.csv")


def test_a_folder_that_is_not_there_leaves_nothing(performance: Performance, tmp_path: Path) -> None:
    with pytest.raises(ExportError):
        write_live_link(performance, tmp_path / "none" / "a.csv")
    assert list(tmp_path.iterdir()) == []


@given(rate=st.sampled_from(COMMON_RATES), frames=st.integers(12, 60), lost=st.sets(st.integers(1, 11)))
def test_every_common_rate_and_every_gap_survive(
    rate: Fraction, frames: int, lost: set[int], tmp_path_factory: pytest.TempPathFactory
) -> None:
    found = np.ones(frames, bool)
    found[list(lost)] = False
    head = np.tile([0.0, 0, 0, 0, 0, 1], (frames, 1))
    made = performance_of(rate, np.zeros((frames, 52)), np.zeros((frames, 2, 2)), head, found)
    path = tmp_path_factory.mktemp("rates") / "a.csv"
    write_live_link(made, path)
    again = read_live_link(path)
    assert again.rate == rate
    assert again.found.tolist() == found.tolist()
    assert len(read_live_link(path, rate=rate * 2)) >= 2 * frames - 1
    assert replace(again, source="").source == ""
