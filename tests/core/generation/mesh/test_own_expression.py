from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.animation.face_state import face_state
from core.document.channels import SHAPES
from core.generation.mesh.deform import pose_face
from core.generation.mesh.face import FaceRig
from core.generation.mesh.own_expression import (
    closing_of,
    lips_together,
    saturated,
    shown_in_photo,
    told_apart,
)
from core.generation.mesh.rig import build_rig
from core.generation.protocol import Subject
from core.head.topology import LIP_INNER_LOWER, LIP_INNER_UPPER, POINTS

SMILE = SHAPES.index("mouthSmileLeft")
UPPER, LOWER = list(LIP_INNER_UPPER[1:-1]), list(LIP_INNER_LOWER[1:-1])


def gap(face: np.ndarray) -> np.ndarray:
    return np.asarray(face[LOWER, 1] - face[UPPER, 1])


@pytest.fixture(scope="module")
def parted(rig: FaceRig, subject: Subject) -> FaceRig:
    """The sitter with lips that are apart, of which the solver has told a part."""
    fields = np.zeros(len(SHAPES))
    fields[[SHAPES.index(f"mouth{name}{side}") for name in ("UpperUp", "LowerDown") for side in ("Left", "Right")]] = 1
    opened = rig.neutral + np.tensordot(0.7 * fields, rig.shapes, axes=1)
    landmarks = rig.scale * opened @ rig.rotation.T + rig.translation
    return build_rig(replace(subject, landmarks=landmarks, expression=0.3 * fields))


@given(st.floats(0, 1), st.floats(0, 1.5), st.floats(0, 0.02))
def test_a_shape_saturates_upon_what_the_photo_shows(shown: float, asked: float, more: float) -> None:
    def total(weight: float, known: float) -> float:
        return float(saturated(np.array([weight]), np.array([known]))[0])

    assert total(asked, 0.0) == asked
    assert total(0.0, shown) == 0
    assert 0 <= total(asked, shown) <= asked
    assert total(asked + more, shown) >= total(asked, shown)
    assert abs(total(asked, shown + more) - total(asked, shown)) <= 1.5 * asked * more + 1e-12


def test_shown_is_nothing_without_an_expression_and_finds_shapes_that_overlap(rig: FaceRig) -> None:
    assert not shown_in_photo(rig.shapes, None).any()
    assert not shown_in_photo(rig.shapes, np.zeros(len(SHAPES))).any()
    expression = np.zeros(len(SHAPES))
    expression[[SMILE, SHAPES.index("eyeBlinkLeft")]] = 0.6, 0.9
    shown = shown_in_photo(rig.shapes, expression)
    assert shown[SMILE] >= 0.6
    assert shown[SHAPES.index("mouthDimpleLeft")] > 0.1
    assert shown[SHAPES.index("eyeBlinkLeft")] == 0
    assert shown.max() <= 1


def test_a_smile_on_a_smile_moves_less_and_rest_stays(rig: FaceRig, subject: Subject) -> None:
    expression = np.zeros(len(SHAPES))
    expression[SMILE] = 0.6
    smiling = build_rig(replace(subject, expression=expression))
    assert not pose_face(smiling, face_state()).displacement.any()
    plain = pose_face(rig, face_state({"mouthSmileLeft": 0.8})).displacement
    upon = pose_face(smiling, face_state({"mouthSmileLeft": 0.8})).displacement
    assert 0.2 < np.linalg.norm(upon[291]) / np.linalg.norm(plain[291]) < 0.7
    # A neutralised photo shows nothing that could be too much.
    assert pose_face(smiling, face_state({"mouthSmileLeft": 0.8, "look.neutralise": 1})).shapes[SMILE] == 0.8


def test_open_lips_meet_when_the_expression_is_taken_out(parted: FaceRig) -> None:
    assert gap(parted.neutral).max() > 0.05
    gaps = [gap(pose_face(parted, face_state({"look.neutralise": n})).canonical).max() for n in (0, 0.25, 0.5, 0.75, 1)]
    assert (np.diff(gaps) < 0).all()
    assert gaps[-1] < 0.012


@pytest.mark.parametrize("names", [("mouthPucker",), ("mouthClose",), ("mouthPressLeft", "mouthPressRight")])
def test_shapes_of_closed_lips_close_those_of_the_photo(parted: FaceRig, names: tuple[str, ...]) -> None:
    before = gap(parted.neutral).max()
    assert gap(pose_face(parted, face_state(dict.fromkeys(names, 1.0))).canonical).max() < 0.5 * before


def test_closed_lips_need_no_closing(rig: FaceRig) -> None:
    assert gap(rig.neutral).max() < 0.02
    assert not lips_together(rig.neutral, rig.shapes, rig.drag, None).any()
    assert not rig.closing.any()


@given(st.lists(st.tuples(st.sampled_from(SHAPES), st.floats(0, 1.5)), max_size=6), st.floats(0, 1))
def test_a_photo_closes_between_not_at_all_and_once(mix: list[tuple[str, float]], neutralise: float) -> None:
    weights = np.zeros(len(SHAPES))
    for name, weight in mix:
        weights[SHAPES.index(name)] = weight
    parts = closing_of(weights, neutralise)
    assert (parts >= 0).all()
    assert parts.sum() <= 1 + 1e-12
    assert closing_of(np.zeros(len(SHAPES)), neutralise).tolist() == [neutralise, 0]


def test_a_residual_tells_the_difference_itself() -> None:
    assert told_apart(None) == 0
    values = [told_apart(np.full((POINTS, 3), size)) for size in (0.0, 0.005, 0.01, 0.03)]
    assert values == sorted(values)
    assert values[0] == 0
    assert values[-1] == 1
