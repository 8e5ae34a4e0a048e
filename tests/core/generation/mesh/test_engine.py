from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.animation.face_state import face_state
from core.document.channels import Group
from core.errors import Cancelled
from core.generation.mesh.engine import MeshEngine, PreparedMesh
from core.generation.protocol import Subject
from core.values.progress import Progress

LIVELY = {"mouthSmileLeft": 0.8, "jawOpen": 0.4, "browInnerUp": 0.6, "eyeBlinkRight": 0.5, "gaze.left.yaw": 10.0}


def rendered(prepared: PreparedMesh, values: dict[str, float]) -> np.ndarray:
    return MeshEngine().render(prepared, face_state(values), Progress()).pixels


def test_rest_is_the_photos_own_array(prepared: PreparedMesh) -> None:
    assert rendered(prepared, {}) is prepared.rig.subject.image.pixels


def test_rest_is_the_photo_bit_for_bit_at_sixteen_bits(make_subject: Callable[..., Subject]) -> None:
    subject = make_subject(deep=True)
    prepared = MeshEngine().prepare(subject, Progress())
    out = rendered(prepared, {})
    assert out.dtype == np.uint16
    np.testing.assert_array_equal(out, subject.image.pixels)


def test_a_raised_brow_changes_nothing_below_the_nose(prepared: PreparedMesh) -> None:
    photo = prepared.rig.subject.image.pixels
    out = rendered(prepared, {"browOuterUpLeft": 1.0})
    changed = np.argwhere((out != photo).any(axis=2))
    assert len(changed) > 100
    assert changed[:, 0].max() < prepared.rig.vertices[1, 1]


def test_a_mouth_changes_nothing_above_the_eyes(prepared: PreparedMesh) -> None:
    out = rendered(prepared, {"mouthPucker": 1.0})
    changed = np.argwhere((out != prepared.rig.subject.image.pixels).any(axis=2))
    assert changed[:, 0].min() > prepared.rig.vertices[27, 1] - 0.05 * prepared.rig.scale


@given(st.permutations([{}, LIVELY, {"head.yaw": 12.0}, {"jawOpen": 1.0}, {"head.roll": -9.0, "mouthFunnel": 1.0}]))
@settings(max_examples=4)
def test_frames_are_the_same_in_any_order(prepared: PreparedMesh, order: list[dict[str, float]]) -> None:
    engine = MeshEngine()
    for values in order:
        again = engine.render(prepared, face_state(values), Progress()).pixels
        np.testing.assert_array_equal(again, rendered(prepared, values))


def test_preparing_twice_gives_the_same_frames(subject: Subject, prepared: PreparedMesh) -> None:
    second = MeshEngine().prepare(subject, Progress())
    for values in (LIVELY, {"head.yaw": -14.0}):
        np.testing.assert_array_equal(rendered(second, values), rendered(prepared, values))


@pytest.mark.parametrize("values", [LIVELY, {"head.yaw": 15.0}], ids=["expression", "turn"])
def test_sixteen_bits_show_what_eight_bits_show(make_subject: Callable[..., Subject], values: dict[str, float]) -> None:
    engine = MeshEngine()
    shallow, deep = (engine.prepare(make_subject(deep=deep), Progress()) for deep in (False, True))
    low = engine.render(shallow, face_state(values), Progress()).pixels.astype(float)
    high = engine.render(deep, face_state(values), Progress()).pixels.astype(float) / 257
    # The eight-bit picture was cut, not rounded, from the sixteen-bit one: up to one level lies between them.
    assert np.abs(high - low).mean() < 1.0
    assert np.percentile(np.abs(high - low), 99.5) < 3.0


def test_a_shifted_sitter_makes_the_same_face_shifted(make_subject: Callable[..., Subject]) -> None:
    engine = MeshEngine()
    here, there = (engine.prepare(make_subject(shift=shift), Progress()) for shift in ((0, 0), (6, 9)))
    for values in ({"mouthSmileLeft": 1.0, "browInnerUp": 0.5}, {"head.yaw": 8.0}):
        first = engine.render(here, face_state(values), Progress()).pixels
        second = engine.render(there, face_state(values), Progress()).pixels
        # Inside the face: neck and plate also depend on how near the photo's border is.
        difference = np.abs(first[90:160, 125:190].astype(int) - second[99:169, 131:196])
        assert np.percentile(difference, 99) <= 3


def test_the_photo_itself_is_never_written(subject: Subject, prepared: PreparedMesh) -> None:
    before = subject.image.pixels.copy()
    out = rendered(prepared, LIVELY)
    assert not np.shares_memory(out, subject.image.pixels)
    np.testing.assert_array_equal(subject.image.pixels, before)


def test_it_stops_when_told(prepared: PreparedMesh, subject: Subject) -> None:
    progress = Progress()
    progress.cancel()
    with pytest.raises(Cancelled):
        MeshEngine().render(prepared, face_state(LIVELY), progress)
    with pytest.raises(Cancelled):
        MeshEngine().prepare(subject, progress)


def test_it_follows_every_group_of_channels_at_the_photos_own_size() -> None:
    info = MeshEngine().info
    assert info.name == "mesh"
    assert info.size is None
    assert info.memory == 0
    assert info.honours == frozenset(Group)


def test_a_face_partly_outside_the_photo_is_rendered(make_subject: Callable[..., Subject]) -> None:
    prepared = MeshEngine().prepare(make_subject(size=150, shift=(-50, 30)), Progress())
    for values in (LIVELY, {"head.yaw": 15.0}, {"head.x": 1.0}, {"head.x": -1.0, "head.scale": 2.0}):
        assert rendered(prepared, values).shape == (150, 150, 3)


@pytest.mark.data
@pytest.mark.parametrize("name", ["u2net man4", "img_1771"])
def test_a_real_portrait_rests_exactly_and_moves_where_asked(data_folder: Path, name: str) -> None:
    from core.perception.portrait import open_portrait
    from core.rendering.subject import subject_of

    photo = next(iter(sorted((data_folder / "photos").glob(f"*{name.split()[-1]}.*"))))
    opened = open_portrait(photo)
    subject = subject_of(opened.image, opened.portrait.landmarks)
    prepared = MeshEngine().prepare(subject, Progress())
    assert rendered(prepared, {}) is opened.image.pixels
    out = rendered(prepared, {"browOuterUpLeft": 1.0})
    changed = np.argwhere((out != opened.image.pixels).any(axis=2))
    assert len(changed) > 500
    assert changed[:, 0].max() < prepared.rig.vertices[164, 1]
    smile = rendered(prepared, {"mouthSmileLeft": 1.0, "mouthSmileRight": 1.0})
    mouth = np.abs(smile.astype(int) - opened.image.pixels)
    x, y = np.rint(prepared.rig.vertices[61, :2]).astype(int)
    assert mouth[y - 8 : y + 8, x - 8 : x + 8].mean() > 2
