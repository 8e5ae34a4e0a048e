from __future__ import annotations

import numpy as np
import pytest

from core.head.objective import EYES
from core.head.personal import EYE_RADIUS, eyeball_centre, gradient_operator, observed_shapes, personal_shapes, transfer
from core.head.shapes import SHAPE_INDEX, HeadShapes
from core.head.synthetic import Performance
from core.head.topology import FACE_POINTS, LIP_INNER_LOWER, LIP_INNER_UPPER


def test_on_the_population_itself_the_shapes_are_the_fields(shapes: HeadShapes) -> None:
    assert personal_shapes(shapes, shapes.neutral) == pytest.approx(shapes.fields, abs=2e-6)


def test_on_the_population_itself_the_observed_shapes_keep_their_table(shapes: HeadShapes) -> None:
    got, table = observed_shapes(shapes, shapes.neutral), shapes.observed
    same = [k for name, k in SHAPE_INDEX.items() if "Blink" not in name and name != "mouthClose"]
    assert got[same] == pytest.approx(table[same], abs=2e-6)


@pytest.mark.parametrize("eye", [0, 1])
def test_lids_meet_exactly_at_a_full_blink(shapes: HeadShapes, act: Performance, eye: int) -> None:
    fields = personal_shapes(shapes, act.neutral)
    face = act.neutral + fields[SHAPE_INDEX[f"eyeBlink{('Right', 'Left')[eye]}"]]
    upper, lower, _ = EYES[eye]
    assert face[list(upper)] == pytest.approx(face[list(lower)], abs=1e-12)


def test_lips_keep_contact_when_the_jaw_opens_behind_them(shapes: HeadShapes, act: Performance) -> None:
    fields = personal_shapes(shapes, act.neutral)
    move = fields[SHAPE_INDEX["jawOpen"]] + fields[SHAPE_INDEX["mouthClose"]]
    assert move[list(LIP_INNER_UPPER)] == pytest.approx(move[list(LIP_INNER_LOWER)], abs=1e-12)
    assert fields[SHAPE_INDEX["jawOpen"], 14, 1] - fields[SHAPE_INDEX["jawOpen"], 13, 1] > 0.2


def test_irises_turn_about_the_eyeballs(shapes: HeadShapes, act: Performance) -> None:
    fields = personal_shapes(shapes, act.neutral)
    out = fields[SHAPE_INDEX["eyeLookOutLeft"], 473]
    assert out[0] == pytest.approx(EYE_RADIUS * np.sin(np.radians(30)))
    centre = eyeball_centre(act.neutral, "Left")
    arm = np.linalg.norm(act.neutral[473:478] - centre, axis=1)
    turned = act.neutral[473:478] + fields[SHAPE_INDEX["eyeLookDownLeft"], 473:478]
    assert np.linalg.norm(turned - centre, axis=1) == pytest.approx(arm)
    assert fields[SHAPE_INDEX["eyeLookOutRight"], 468, 0] < 0 < fields[SHAPE_INDEX["eyeLookUpRight"], 468, 1] * -1


def test_a_wider_face_moves_more(shapes: HeadShapes) -> None:
    wide = shapes.neutral * [1.3, 1, 1]
    narrow, broad = (
        personal_shapes(shapes, face)[SHAPE_INDEX["mouthSmileLeft"], 291, 0] for face in (shapes.neutral, wide)
    )
    assert broad > 1.05 * narrow


def test_a_stretched_face_stretches_its_displacements_gradients_alike(shapes: HeadShapes) -> None:
    """A linear displacement has one gradient everywhere, so its transfer is known in closed form."""
    linear = np.array([[0.1, 0.02, 0.0], [0.0, -0.05, 0.03], [0.01, 0.0, 0.2]])
    source = shapes.neutral[:FACE_POINTS]
    target = source * [1.2, 0.9, 1.1] + [0.0, 0.1, 0.0]
    displacement = source @ linear
    got = transfer(np.asarray(gradient_operator(source)[0] @ displacement), displacement, target)
    error = got - target @ linear
    # A surface's gradient knows nothing of the direction across it, and the anchor pulls a little.
    assert np.abs(error - error.mean(axis=0)).max() < 0.05 * np.abs(target @ linear).max()


def test_personal_shapes_mirror_on_a_mirrored_person(shapes: HeadShapes, act: Performance) -> None:
    flip = np.array([-1.0, 1.0, 1.0])
    there = personal_shapes(shapes, act.neutral)[SHAPE_INDEX["mouthSmileLeft"]]
    here = personal_shapes(shapes, act.neutral[shapes.mirror] * flip)[SHAPE_INDEX["mouthSmileRight"]]
    # Twelve of the 852 triangles have no mirror image in the table.
    assert here == pytest.approx(there[shapes.mirror] * flip, abs=1e-4)
