"""Controls as they are written on a command line."""

import argparse

import pytest

from app.commands.controls import (
    add_controls,
    clamping_notes,
    last_key,
    parse_frames,
    parse_size,
    read_controls,
    with_controls,
)
from core.animation.evaluate import evaluate
from core.document.document import new_document
from core.document.edits.keys import set_key
from core.errors import ChannelError, UserError
from core.values.time import FrameRange


def read(*words: str) -> dict[str, list[tuple[float, float]]]:
    parser = argparse.ArgumentParser()
    add_controls(parser)
    return read_controls(parser.parse_args(words))


def test_settings_curves_and_emotions_become_keys():
    curves = read("--set", "jawOpen=.5", "--emotion", "happy=0.7", "--curve", "head.yaw=0:0,24:15,48:-3")
    assert curves["jawOpen"] == [(0, 0.5)]
    assert curves["emotion.happy"] == [(0, 0.7)]
    assert last_key(curves) == 48
    document = with_controls(new_document(), curves, own_layer=False)
    state = evaluate(document, 24)
    assert (state["jawOpen"], state["emotion.happy"], state["head.yaw"]) == (0.5, 0.7, 15)
    assert evaluate(document, 48)["head.yaw"] == -3


def test_on_a_project_they_lie_on_a_layer_of_their_own_and_win():
    document = set_key(new_document(), "layer1", "jawOpen", 0, 1.0)
    changed = with_controls(document, read("--set", "jawOpen=0.25"), own_layer=True)
    assert len(changed.layers) == 2
    assert changed.layers[0] is document.layers[0]
    assert evaluate(changed, 10)["jawOpen"] == 0.25
    assert with_controls(document, {}, own_layer=True) is document


def test_landmarks_can_be_set():
    state = evaluate(with_controls(new_document(), read("--set", "landmark.61.x=-0.05"), own_layer=False), 0)
    assert state.handles == ((61, -0.05, 0.0),)


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (("--set", "jawOpen"), UserError),
        (("--set", "jawOpen=wide"), UserError),
        (("--set", "jawOpen=nan"), UserError),
        (("--set", "jawOpn=1"), ChannelError),
        (("--emotion", "happpy=1"), ChannelError),
        (("--curve", "jawOpen=0"), UserError),
        (("--curve", "jawOpen=0:1,"), UserError),
    ],
)
def test_what_cannot_be_read_says_how_to_write_it(words, error):
    with pytest.raises(error) as caught:
        read(*words)
    assert caught.value.remedy


def test_frames_and_sizes():
    assert parse_frames("0-48") == FrameRange(0, 48)
    assert parse_frames("12") == FrameRange(12, 12)
    assert parse_frames("-5--2") == FrameRange(-5, -2)
    assert parse_size("1920x1080") == (1920, 1080)
    for text in ("", "a-b", "9-3"):
        with pytest.raises(UserError):
            parse_frames(text)
    for text in ("1920", "0x5", "axb"):
        with pytest.raises(UserError):
            parse_size(text)


def test_values_out_of_range_are_told_before_they_are_clamped():
    curves = read("--set", "jawOpen=1", "--emotion", "happy=7", "--curve", "head.yaw=0:0,9:-80,12:-90")
    told = clamping_notes(curves)
    assert [("happy" in note, "head.yaw" in note) for note in told] == [(True, False), (False, True)]
    assert "0 to 1" in told[0]
    assert "-60 to 60" in told[1]
