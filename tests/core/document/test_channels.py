from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.document.channels import (
    CHANNELS,
    EMOTIONS,
    INDEX,
    LANDMARKS,
    SHAPE_SLICE,
    SHAPES,
    Group,
    channel,
    landmark_channel_name,
    landmark_of,
    swap_sides,
)
from core.errors import ChannelError


def test_the_52_shapes_stand_in_a_row_in_live_link_order() -> None:
    assert len(SHAPES) == len(set(SHAPES)) == 52
    assert tuple(entry.name for entry in CHANNELS[SHAPE_SLICE]) == SHAPES
    assert (SHAPES[0], SHAPES[17], SHAPES[-1]) == ("eyeBlinkLeft", "jawOpen", "tongueOut")


def test_names_and_labels_are_unique() -> None:
    assert len(INDEX) == len(CHANNELS)
    labels = Counter(entry.label for entry in CHANNELS)
    assert [label for label, count in labels.items() if count > 1] == []


def test_every_default_lies_in_its_range() -> None:
    for entry in CHANNELS:
        assert entry.low <= entry.default <= entry.high
        assert entry.clamp(entry.default) == entry.default


def test_mirror_partners_point_at_each_other_and_agree() -> None:
    for entry in CHANNELS:
        if entry.mirror:
            partner = channel(entry.mirror)
            assert partner.mirror == entry.name
            assert (partner.group, partner.unit, partner.action_unit) == (entry.group, entry.unit, entry.action_unit)


def test_what_has_a_side_has_the_other_side_too() -> None:
    for entry in CHANNELS:
        if swap_sides(entry.name) != entry.name:
            assert entry.mirror == swap_sides(entry.name)


@given(name=st.sampled_from([entry.name for entry in CHANNELS]))
def test_swapping_sides_twice_changes_nothing(name: str) -> None:
    assert swap_sides(swap_sides(name)) == name


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("mouthSmileLeft", "mouthSmileRight"),
        ("gaze.left.yaw", "gaze.right.yaw"),
        ("jawLeft", "jawRight"),
        ("jawOpen", "jawOpen"),
        ("head.yaw", "head.yaw"),
    ],
)
def test_sides_are_swapped_in_both_kinds_of_name(name: str, other: str) -> None:
    assert swap_sides(name) == other


def test_every_group_but_the_landmarks_has_fixed_channels() -> None:
    assert {entry.group for entry in CHANNELS} == set(Group) - {Group.LANDMARKS}


def test_each_emotion_has_a_degree_and_a_balance() -> None:
    for name in EMOTIONS:
        assert (channel(f"emotion.{name}").low, channel(f"emotion.{name}").high) == (0, 1)
        assert (channel(f"emotion.{name}.balance").low, channel(f"emotion.{name}.balance").high) == (-1, 1)


@given(landmark=st.integers(0, LANDMARKS - 1), axis=st.sampled_from("xy"))
def test_landmark_names_read_back(landmark: int, axis: str) -> None:
    name = landmark_channel_name(landmark, axis)
    assert landmark_of(name) == (landmark, "xy".index(axis))
    assert channel(name).group is Group.LANDMARKS


@pytest.mark.parametrize(
    "name",
    [
        "landmark.478.x",
        "landmark.061.x",
        "landmark.٦.x",
        "landmark.6.x\n",
        "landmark.1.z",
        "landmark.-1.x",
        "landmark..x",
        "landmark.1.x.y",
        "jawopen",
        "",
    ],
)
def test_what_is_no_channel_is_refused(name: str) -> None:
    assert landmark_of(name) is None
    with pytest.raises(ChannelError) as caught:
        channel(name)
    assert caught.value.remedy


def test_a_near_miss_is_answered_with_the_channel_that_was_meant() -> None:
    with pytest.raises(ChannelError) as caught:
        channel("mouthSmilLeft")
    assert "mouthSmileLeft" in caught.value.remedy


def test_labels_read_like_words() -> None:
    assert channel("mouthUpperUpLeft").label == "Mouth upper up, left"
    assert channel("jawLeft").label == "Jaw left"
    assert channel("eyeBlinkRight").label == "Eye blink, right"


def test_action_units_are_those_of_facs() -> None:
    # Ekman and Friesen, Facial Action Coding System: lip corner puller, brow lowerer, jaw drop, eyes closed.
    facs = {"mouthSmileLeft": "12", "browDownRight": "4", "jawOpen": "26", "eyeBlinkLeft": "45", "noseSneerLeft": "9"}
    assert {name: channel(name).action_unit for name in facs} == facs
