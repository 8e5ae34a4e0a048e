"""Live Link CSVs and our own JSON as they come back from other hands, through `facekey retarget`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from core.document.channels import SHAPES
from core.media.photo import read_photo
from core.motion.live_link import read_live_link, write_live_link
from core.motion.performance import HEAD_REST, Performance, performance_of
from core.motion.performance_json import write_performance_json

Facekey = Callable[..., tuple[int, str, str]]
Change = Callable[[list[str]], list[str]]


@pytest.fixture(scope="session")
def performance() -> Performance:
    """Eight frames in which the jaw opens; the head turns a little."""
    from fractions import Fraction

    shapes = np.zeros((8, len(SHAPES)))
    shapes[:, SHAPES.index("jawOpen")] = np.linspace(0, 0.7, 8)
    head = np.tile(HEAD_REST, (8, 1))
    head[:, 0] = np.linspace(0, 5, 8)
    return performance_of(Fraction(30), shapes, np.zeros((8, 2, 2)), head, np.ones(8, bool))


@pytest.fixture
def table(performance: Performance, tmp_path: Path) -> Path:
    path = tmp_path / "take.csv"
    write_live_link(performance, path)
    return path


def lost(lines: list[str]) -> list[str]:
    return [f"{line.split(',')[0]},0" if n in (3, 4) else line for n, line in enumerate(lines)]


def swapped(lines: list[str]) -> list[str]:
    rows = [line.split(",") for line in lines]
    return [",".join([*row[:2], *row[:1:-1]]) for row in rows]


def decimal_commas(lines: list[str]) -> list[str]:
    return [";".join(field.replace(".", ",") for field in line.split(",")) for line in lines]


def no_face(lines: list[str]) -> list[str]:
    return [lines[0], *(f"{line.split(',')[0]},0" for line in lines[1:])]


def cut_in_the_middle(lines: list[str]) -> list[str]:
    return [*lines[:4], lines[4][:90], *lines[5:]]


def strange_number(lines: list[str]) -> list[str]:
    return [*lines[:3], lines[3].replace(",0.0000000000", ",n/a", 1), *lines[4:]]


def other_table(_: list[str]) -> list[str]:
    return ["name,amount", "tea,3"]


def rewrite(path: Path, change: Change) -> None:
    path.write_text("\n".join(change(path.read_text().splitlines())) + "\n")


@pytest.mark.parametrize("change", [swapped, decimal_commas])
def test_swapped_columns_and_decimal_commas_give_the_same_picture(
    facekey: Facekey, photo: Path, table: Path, change: Change, tmp_path: Path
) -> None:
    assert facekey("retarget", photo, table, "-o", tmp_path / "a.png", "--frames", 6)[0] == 0
    rewrite(table, change)
    assert facekey("retarget", photo, table, "-o", tmp_path / "b.png", "--frames", 6)[0] == 0
    first, second = (read_photo(tmp_path / name).pixels for name in ("a.png", "b.png"))
    assert np.array_equal(first, second)
    assert (first != read_photo(photo).pixels).any()


def test_frames_in_which_the_face_was_lost_are_held_and_counted(
    facekey: Facekey, photo: Path, table: Path, tmp_path: Path
) -> None:
    rewrite(table, lost)
    assert int((~read_live_link(table).found).sum()) == 2
    code, _, err = facekey("retarget", photo, table, "-o", tmp_path / "a.####.png", "--frames", "1-4")
    assert code == 0
    assert "lost in 2 of 8 frames" in err
    assert len(list(tmp_path.glob("a.*.png"))) == 4


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (no_face, "no frame with a face"),
        (cut_in_the_middle, "Line 5"),
        (strange_number, "'n/a'"),
        (other_table, "no columns of ARKit shapes"),
        (lambda lines: lines[:1], "no frames"),
    ],
)
def test_a_table_that_cannot_be_used_is_told_by_its_line(
    facekey: Facekey, photo: Path, table: Path, change: Change, says: str, tmp_path: Path
) -> None:
    rewrite(table, change)
    code, _, err = facekey("retarget", photo, table, "-o", tmp_path / "new" / "a.mp4")
    assert code == 1
    assert says in err
    assert len(err.strip().splitlines()) == 2
    assert [path.name for path in tmp_path.iterdir()] == ["take.csv"]


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (lambda data: data[: len(data) // 2], "truncated"),
        (lambda data: data.replace(b'"version":1', b'"version":9'), "newer Facekey"),
        (lambda data: b"", "empty"),
    ],
)
def test_a_damaged_performance_and_one_from_the_future_are_refused(
    facekey: Facekey, photo: Path, performance: Performance, damage: Callable[[bytes], bytes], says: str, tmp_path: Path
) -> None:
    path = tmp_path / "take.json"
    write_performance_json(performance, path)
    path.write_bytes(damage(path.read_bytes()))
    code, _, err = facekey("retarget", photo, path, "-o", tmp_path / "a.mp4")
    assert code == 1
    assert says in err
    assert [each.name for each in tmp_path.iterdir()] == ["take.json"]
