from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.animation.face_state import REST, face_state
from core.document.channels import CHANNELS, channel
from core.errors import ChannelError

NAMES = st.sampled_from([entry.name for entry in CHANNELS])
VALUES = st.dictionaries(NAMES, st.floats(-200, 200), max_size=6)


def test_nothing_asked_is_rest() -> None:
    state = face_state()
    assert state.at_rest
    np.testing.assert_array_equal(state.values, REST)


def test_default_values_and_handles_of_nought_are_rest_too() -> None:
    assert face_state({"head.scale": 1.0, "jawOpen": -0.0, "landmark.61.x": 0.0}).at_rest
    assert face_state(residual=np.zeros((478, 3))).at_rest


@given(values=VALUES)
def test_values_are_clamped_and_the_rest_rests(values: dict[str, float]) -> None:
    state = face_state(values)
    for entry in CHANNELS:
        expected = entry.clamp(values[entry.name]) if entry.name in values else entry.default
        assert state[entry.name] == expected


@given(values=VALUES)
def test_equal_states_have_equal_keys_in_whatever_order_they_were_said(values: dict[str, float]) -> None:
    turned = dict(reversed(values.items()))
    assert face_state(values).key() == face_state(turned).key()


@given(name=NAMES, share=st.floats(0.01, 1.0))
def test_a_visible_change_of_any_channel_changes_the_key(name: str, share: float) -> None:
    entry = channel(name)
    end = entry.high if entry.high - entry.default >= entry.default - entry.low else entry.low
    state = face_state({name: entry.default + share * (end - entry.default)})
    assert not state.at_rest
    assert state.key() != face_state().key()


def test_differences_that_nobody_sees_share_a_key() -> None:
    assert face_state({"jawOpen": 0.5}).key() == face_state({"jawOpen": 0.50001}).key()
    assert face_state({"jawOpen": 0.0}).key() == face_state({"jawOpen": -0.0}).key()


def test_handles_come_in_order_with_both_axes_and_clamped() -> None:
    state = face_state({"landmark.61.y": 9.0, "landmark.13.x": 0.1, "landmark.61.x": -0.2})
    assert state.handles == ((13, 0.1, 0.0), (61, -0.2, 2.0))
    assert not state.at_rest
    assert state.key() != face_state({"landmark.13.x": 0.1}).key()


def test_a_residual_is_part_of_the_key() -> None:
    residual = np.zeros((478, 3))
    residual[0, 0] = 0.01
    state = face_state(residual=residual)
    assert not state.at_rest
    assert state.key() != face_state().key()


def test_a_residual_of_another_shape_is_a_programmers_mistake() -> None:
    with pytest.raises(ValueError, match="residual"):
        face_state(residual=np.zeros((468, 3)))


def test_an_unknown_channel_is_refused() -> None:
    with pytest.raises(ChannelError, match="smirk"):
        face_state({"smirk": 1.0})


def test_values_cannot_be_written_to() -> None:
    with pytest.raises(ValueError, match="read-only"):
        face_state({"jawOpen": 1.0}).values[0] = 1.0
    with pytest.raises(ValueError, match="read-only"):
        REST[0] = 1.0


@pytest.mark.parametrize("value", [float("inf"), float("-inf")])
def test_a_value_beyond_all_bounds_is_the_bound(value: float) -> None:
    state = face_state({"jawOpen": value, "landmark.61.x": value})
    assert state["jawOpen"] == (1.0 if value > 0 else 0.0)
    assert state.handles == ((61, 2.0 if value > 0 else -2.0, 0.0),)


@pytest.mark.parametrize("name", ["jawOpen", "landmark.61.x"])
def test_what_is_not_a_number_is_refused(name: str) -> None:
    with pytest.raises(ChannelError, match=f"{name} has no value") as caught:
        face_state({name: float("nan")})
    assert caught.value.remedy.startswith("Give a number from")
