"""The tables of emotions and visemes."""

import json

import numpy as np
import pytest

from core.animation.emotion import emotion_pose, load_emotions, mix_emotions
from core.animation.face_state import REST, face_state
from core.animation.mix_table import RESOURCES
from core.animation.speech import load_visemes
from core.document.channels import EMOTIONS, SHAPES, swap_sides
from core.document.landmarks import mirrored_channel
from core.errors import UserError

HAPPY = json.loads((RESOURCES / "emotions.json").read_text())["emotions"]["happy"]["shapes"]
SWAPPED = [SHAPES.index(swap_sides(name)) for name in SHAPES]


def mixed(**values: float) -> dict[str, float]:
    state = face_state({name.replace("_", "."): value for name, value in values.items()})
    return {name: weight for name, weight in zip(SHAPES, mix_emotions(state.values), strict=True) if weight}


def test_no_emotion_mixes_nothing():
    assert not mix_emotions(REST).any()
    assert not emotion_pose(REST).any()


def test_happy_is_the_mix_of_the_table_scaled_by_its_degree():
    half, full = mixed(emotion_happy=0.5), mixed(emotion_happy=1)
    assert full["mouthSmileLeft"] == full["mouthSmileRight"] == HAPPY["mouthSmile"]
    assert {name: pytest.approx(2 * weight) for name, weight in half.items()} == full


def test_emotions_add_up():
    both = mix_emotions(face_state({"emotion.happy": 0.5, "emotion.surprised": 0.25}).values)
    happy, surprised = (
        mix_emotions(face_state({f"emotion.{name}": degree}).values)
        for name, degree in (("happy", 0.5), ("surprised", 0.25))
    )
    assert np.allclose(both, happy + surprised)


def test_balance_fades_one_side_and_leaves_the_middle():
    left = mixed(emotion_happy=1, emotion_happy_balance=1)
    assert "mouthSmileRight" not in left
    assert left["mouthSmileLeft"] == HAPPY["mouthSmile"]
    assert left["jawOpen"] == HAPPY["jawOpen"]
    partly = mixed(emotion_happy=1, emotion_happy_balance=-0.5)
    assert partly["mouthSmileLeft"] == pytest.approx(0.5 * HAPPY["mouthSmile"])
    assert partly["mouthSmileRight"] == HAPPY["mouthSmile"]


def test_contempt_shows_on_the_right_unless_balanced_elsewhere():
    right = mixed(emotion_contemptuous=1)
    left = mixed(emotion_contemptuous=1, emotion_contemptuous_balance=1)
    assert all(name.endswith("Right") for name in right)
    assert {swap_sides(name): weight for name, weight in right.items()} == left


@pytest.mark.parametrize("name", EMOTIONS)
@pytest.mark.parametrize("balance", [-1, -0.3, 0.6])
def test_mirroring_an_emotion_mirrors_its_shapes(name, balance):
    values = {f"emotion.{name}": 0.8, f"emotion.{name}.balance": balance}
    mirrored = {mirrored_channel(key)[0]: mirrored_channel(key)[1] * value for key, value in values.items()}
    shapes, other = (mix_emotions(face_state(each).values) for each in (values, mirrored))
    assert np.allclose(shapes[SWAPPED], other)


@pytest.mark.parametrize("name", EMOTIONS)
def test_every_emotion_moves_the_face_and_the_head_a_little(name):
    state = face_state({f"emotion.{name}": 1})
    assert mix_emotions(state.values).max() >= 0.45
    assert 0 < np.abs(emotion_pose(state.values)).max() <= 5


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t["emotions"].pop("sad"), "not complete"),
        (lambda t: t["emotions"]["sad"]["shapes"].update(mouthSmirk=0.5), "mouthSmirk"),
        (lambda t: t["emotions"]["sad"]["shapes"].update(jawOpen=1.5), "jawOpen"),
        (lambda t: t["emotions"]["sad"].update(colour="blue"), "colour"),
        (lambda t: t.update(version=9), "damaged"),
    ],
)
def test_a_damaged_table_is_refused_with_the_entry_named(tmp_path, change, message):
    table = json.loads((RESOURCES / "emotions.json").read_text())
    change(table)
    (tmp_path / "emotions.json").write_text(json.dumps(table))
    with pytest.raises(UserError, match=message):
        load_emotions(tmp_path / "emotions.json")


def test_a_missing_table_is_named(tmp_path):
    with pytest.raises(UserError, match=r"none\.json is missing"):
        load_emotions(tmp_path / "none.json")


def test_the_visemes_are_the_fifteen_and_silence_is_still():
    table = load_visemes()
    assert len(table) == 15
    assert not table["sil"].any()
    assert table["aa"][SHAPES.index("jawOpen")] == max(mix[SHAPES.index("jawOpen")] for mix in table.values())
    assert table["ou"][SHAPES.index("mouthPucker")] > 0.5
