"""The weights that ship: sound by themselves, and what their card says of them."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from core.document.channels import SHAPES, swap_sides
from core.errors import WeightsMissing
from core.head.fit.checks import shape_checks
from core.head.fit.untangle import flipped_triangles
from core.head.shapes import SHAPE_INDEX, HeadShapes, head_shapes, load_head_shapes, read_head_shapes
from core.head.topology import (
    LID_LEFT_LOWER,
    LID_LEFT_UPPER,
    LID_RIGHT_LOWER,
    LID_RIGHT_UPPER,
    LIP_INNER_LOWER,
    LIP_INNER_UPPER,
    Landmark,
)
from core.values.progress import Progress
from core.weights.checksum import checksum_of

FILE = Path(__file__).resolve().parents[3] / "trained_models" / "arkit_shapes.safetensors"
CARD = FILE.with_suffix(".md").read_text(encoding="utf-8")


def test_the_card_names_the_file_that_ships() -> None:
    assert checksum_of(FILE, Progress(), "reading") in CARD


def test_the_card_credits_the_head_that_the_shapes_come_from() -> None:
    assert "ICT-FaceKit" in CARD
    assert "MIT" in CARD


def test_the_cards_checks_are_the_files(shapes: HeadShapes) -> None:
    for what, value in shape_checks(shapes).items():
        stated = re.search(rf"^\| {re.escape(what)} \| ([0-9.e-]+) \|", CARD, re.MULTILINE)
        assert stated is not None, what
        assert float(stated[1]) == pytest.approx(value, abs=6e-5), what


def test_eyes_are_one_unit_apart_about_the_origin(shapes: HeadShapes) -> None:
    right, left = shapes.neutral[[33, 263]]
    assert left[0] - right[0] == pytest.approx(1.0, abs=1e-3)
    assert 0.5 * (left + right) == pytest.approx(np.zeros(3), abs=5e-3)


def test_the_neutral_and_all_shapes_are_mirror_symmetric(shapes: HeadShapes) -> None:
    flip = np.array([-1.0, 1.0, 1.0])
    assert np.array_equal(shapes.mirror[shapes.mirror], np.arange(478))
    assert shapes.neutral[shapes.mirror] * flip == pytest.approx(shapes.neutral, abs=1e-6)
    for table in (shapes.fields, shapes.observed):
        for name in SHAPES:
            there, here = table[SHAPE_INDEX[name]], table[SHAPE_INDEX[swap_sides(name)]]
            assert here == pytest.approx(there[shapes.mirror] * flip, abs=1e-6), name


def test_the_subjects_right_is_left_in_the_picture_and_rows_mirror(shapes: HeadShapes) -> None:
    x, mirror = shapes.neutral[:, 0], shapes.mirror
    assert x[Landmark.EYE_RIGHT_OUTER] < 0 < x[Landmark.EYE_LEFT_OUTER]
    assert tuple(mirror[list(LID_RIGHT_UPPER)]) == LID_LEFT_UPPER
    assert tuple(mirror[list(LID_RIGHT_LOWER)]) == LID_LEFT_LOWER
    assert tuple(mirror[list(LIP_INNER_UPPER)]) == LIP_INNER_UPPER[::-1]
    assert tuple(mirror[list(LIP_INNER_LOWER)]) == LIP_INNER_LOWER[::-1]


@pytest.mark.parametrize("name", ["jawOpen", "eyeBlinkLeft", "browInnerUp", "browDownLeft", "mouthFunnel"])
def test_shapes_that_carry_most_of_a_performance_turn_no_triangle_over(shapes: HeadShapes, name: str) -> None:
    assert flipped_triangles(shapes.neutral, shapes.fields)[SHAPE_INDEX[name]] == 0


@pytest.mark.parametrize(
    ("name", "point", "axis", "sign"),
    [
        ("jawOpen", 152, 1, 1), ("mouthSmileLeft", 291, 1, -1), ("mouthSmileLeft", 291, 0, 1),
        ("mouthFrownRight", 61, 1, 1), ("browInnerUp", 55, 1, -1), ("browDownRight", 55, 1, 1),
        ("browOuterUpLeft", 276, 1, -1), ("eyeWideRight", 159, 1, -1), ("eyeBlinkLeft", 386, 1, 1),
        ("jawLeft", 152, 0, 1), ("mouthRight", 13, 0, -1), ("mouthPucker", 61, 0, 1), ("noseSneerLeft", 358, 1, -1),
        ("cheekPuff", 50, 2, -1), ("mouthFunnel", 0, 2, -1), ("eyeLookOutRight", 468, 0, -1),
        ("eyeLookUpLeft", 473, 1, -1),
    ],
)  # fmt: skip
def test_shapes_move_the_way_their_names_say(shapes: HeadShapes, name: str, point: int, axis: int, sign: int) -> None:
    assert sign * shapes.fields[SHAPE_INDEX[name], point, axis] > 0.01


def test_one_sided_shapes_leave_the_other_side_alone(shapes: HeadShapes) -> None:
    far = shapes.neutral[:, 0] < -0.35
    for name in ("mouthSmileLeft", "browDownLeft", "eyeBlinkLeft", "cheekSquintLeft"):
        field = np.linalg.norm(shapes.fields[SHAPE_INDEX[name]], axis=1)
        assert field[far].max() < 0.1 * field.max(), name


def test_the_tongue_moves_nothing_on_the_surface(shapes: HeadShapes) -> None:
    assert not shapes.fields[SHAPE_INDEX["tongueOut"]].any()


def test_modes_are_orthonormal_and_ordered(shapes: HeadShapes) -> None:
    for modes, deviation in (
        (shapes.modes, shapes.mode_deviation),
        (shapes.identity, shapes.identity_deviation),
    ):
        flat = (modes * [1, 1, 0.3]).reshape(len(modes), -1)
        assert flat @ flat.T == pytest.approx(np.eye(len(modes)), abs=1e-5)
        assert (np.diff(deviation) <= 0).all()
        assert (deviation > 0).all()
    assert shapes.modes.shape[0] == 20


def test_the_arrays_cannot_be_written_to(shapes: HeadShapes) -> None:
    with pytest.raises(ValueError, match="read-only"):
        shapes.fields[0, 0, 0] = 1.0


def test_a_file_of_something_else_is_refused(tmp_path: Path) -> None:
    broken = tmp_path / "shapes.safetensors"
    broken.write_bytes(b"not weights")
    with pytest.raises(WeightsMissing):
        read_head_shapes(broken)
    with pytest.raises(WeightsMissing, match="lack neutral"):
        head_shapes({})


def test_shapes_are_read_once() -> None:
    assert load_head_shapes() is load_head_shapes()
