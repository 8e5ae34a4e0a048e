"""Edits: what each does, that it shares the rest, and that nothing half-legal gets in."""

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from fakes.documents import documents, full_document, portrait, tracks
from hypothesis import given
from hypothesis import strategies as st

from core.animation.curve import sample, value_at
from core.animation.easing import EASES, set_ease
from core.animation.evaluate import evaluate
from core.animation.insertion import insert_on_curve
from core.document.document import Document, new_document
from core.document.edits import corrections, layers, portraits, settings, timeline, timing
from core.document.edits.clipboard import copy_keys, mirror_keys, mirror_values, paste_keys, pasted_refs
from core.document.edits.keys import (
    KeyRef,
    delete_keys,
    duplicate_keys,
    find_key,
    move_keys,
    moved,
    put_keys,
    scale_keys,
    set_curve,
    set_interpolation,
    set_key,
    set_values,
)
from core.document.edits.tangents import Side, set_handle, set_tangent
from core.document.edits.tracks import put_track, remove_track, set_extrapolation, tracks_of
from core.document.layers import Automatic, Blend, Outside
from core.document.regions import Region
from core.document.tracks import Extrapolation, Interpolation, Key, Tangent, Track
from core.errors import ChannelError, UserError
from core.values.time import FrameRange

CHANNEL = "head.yaw"


def keyed(*points: tuple[float, float]) -> Document:
    return set_curve(new_document(), "layer1", CHANNEL, points)


def refs(*frames: float) -> list[KeyRef]:
    return [KeyRef("layer1", CHANNEL, frame) for frame in frames]


def points(document: Document, channel: str = CHANNEL) -> list[tuple[float, float]]:
    return [
        (key.frame, key.value)
        for track in tracks_of(document.layers[0])
        if track.channel == channel
        for key in track.keys
    ]


def test_a_control_writes_its_channels_at_one_frame():
    document = set_values(new_document(), "layer1", {"jawOpen": 0.5, CHANNEL: 3}, 12)
    assert points(document) == [(12, 3)]
    assert points(document, "jawOpen") == [(12, 0.5)]


def test_setting_an_existing_key_keeps_its_tangents():
    document = put_keys(new_document(), "layer1", CHANNEL, [Key(4, 1, tangent=Tangent.FREE, out_dx=9, out_dy=2)])
    key = find_key(set_key(document, "layer1", CHANNEL, 4, 7), refs(4)[0])
    assert key == Key(4, 7, tangent=Tangent.FREE, out_dx=9, out_dy=2)


def test_a_new_key_goes_on_as_the_one_before_it():
    document = set_interpolation(keyed((0, 0), (20, 1)), refs(0), Interpolation.HOLD)
    key = find_key(set_key(document, "layer1", CHANNEL, 10, 0.5), refs(10)[0])
    assert key is not None
    assert key.interpolation is Interpolation.HOLD


@pytest.mark.parametrize(
    "edit",
    [
        lambda d: set_key(d, "layer1", CHANNEL, 0, 1.0),
        lambda d: move_keys(d, refs(0), 0, 0),
        lambda d: delete_keys(d, refs(99)),
        lambda d: scale_keys(d, refs(0)),
        lambda d: set_tangent(d, refs(0), Tangent.AUTO_CLAMPED),
        lambda d: set_extrapolation(d, "layer1", CHANNEL, after=Extrapolation.CONSTANT),
        lambda d: layers.set_mute(d, "layer1", False),
        lambda d: layers.set_region_weight(d, "layer1", Region.MOUTH, 1.0),
        lambda d: layers.move_layer(d, "layer1", 0),
        lambda d: timing.set_offset(d, "layer1", 0),
        lambda d: timeline.set_frames(d, d.frames),
        lambda d: timeline.remove_marker(d, 4),
        lambda d: settings.set_engine(d, "mesh"),
        lambda d: remove_track(d, "layer1", "jawOpen"),
        lambda d: paste_keys(d, "layer1", copy_keys(d, refs(0)), 0),
    ],
)
def test_an_edit_that_changes_nothing_gives_back_the_same_document(edit):
    document = keyed((0, 1), (10, 2))
    assert edit(document) is document


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_value_that_is_no_number_is_refused(value):
    for edit in (lambda: set_key(keyed((0, 0)), "layer1", CHANNEL, 3, value), lambda: keyed((value, 0))):
        with pytest.raises(ChannelError, match="has no place"):
            edit()


def test_unknown_layers_channels_and_portraits_are_named():
    document = layers.add_layer(new_document(), "Life", Automatic())
    with pytest.raises(UserError, match="no layer 'x'"):
        set_key(document, "x", CHANNEL, 0, 0)
    with pytest.raises(ChannelError, match="jawOpne"):
        set_key(document, "layer1", "jawOpne", 0, 0)
    with pytest.raises(UserError, match="holds no keys"):
        set_key(document, "layer2", CHANNEL, 0, 0)
    with pytest.raises(UserError, match="no portrait"):
        portraits.choose_portrait(document, "portrait1")


def test_moving_keys_over_others_replaces_those():
    document = move_keys(keyed((0, 0), (5, 1), (10, 2), (15, 3)), refs(0, 5), 10, 0.5)
    assert points(document) == [(10, 0.5), (15, 1.5)]
    assert moved(refs(0, 5), 10) == frozenset(refs(10, 15))


def test_keys_on_several_tracks_and_the_weight_move_together():
    document = set_values(keyed((0, 0)), "layer1", {"jawOpen": 1, "weight": 0.5}, 0)
    chosen = [KeyRef("layer1", name, 0) for name in (CHANNEL, "jawOpen", "weight")]
    after = move_keys(document, chosen, 3)
    assert [find_key(after, ref._replace(frame=3)) is not None for ref in chosen] == [True] * 3


def test_scaling_in_time_carries_handles_and_reversing_swaps_them():
    key = Key(10, 4, tangent=Tangent.FREE, in_dx=-2, in_dy=1, out_dx=3, out_dy=5)
    document = put_keys(new_document(), "layer1", CHANNEL, [key])
    doubled = find_key(scale_keys(document, refs(10), pivot_frame=0, frames=2, values=0.5), refs(20)[0])
    assert doubled == replace(key, frame=20, value=2, in_dx=-4, in_dy=0.5, out_dx=6, out_dy=2.5)
    turned = find_key(scale_keys(document, refs(10), pivot_frame=10, frames=-1), refs(10)[0])
    assert turned == replace(key, in_dx=-3, in_dy=5, out_dx=2, out_dy=1)
    with pytest.raises(UserError, match="no time"):
        scale_keys(document, refs(10), frames=0)


@given(tracks(CHANNEL, smallest=2), st.sampled_from([0.5, 2.0, -1.0, -3.0]))
def test_scaling_all_keys_scales_the_curve(track, factor):
    track = replace(
        track,
        keys=tuple(replace(key, interpolation=Interpolation.BEZIER) for key in track.keys),
        before=Extrapolation.CONSTANT, after=Extrapolation.CONSTANT, mute=False, solo=False,
    )  # fmt: skip
    document = put_track(new_document(), "layer1", track)
    after = scale_keys(document, refs(*(key.frame for key in track.keys)), frames=factor)
    now = next(t for t in tracks_of(after.layers[0]))
    frames = np.linspace(track.keys[0].frame, track.keys[-1].frame, 40)
    was = sample(track, frames)
    spread = np.abs(sample(track, frames + 1e-6) - sample(track, frames - 1e-6))
    assert (np.abs(sample(now, frames * factor) - was) <= 1e-6 * (1 + np.abs(was).max()) + spread).all()


def test_duplicating_leaves_the_originals():
    assert points(duplicate_keys(keyed((0, 0), (5, 1)), refs(0, 5), 20)) == [(0, 0), (5, 1), (20, 0), (25, 1)]


def test_copy_and_paste_bring_keys_elsewhere():
    document = set_values(keyed((3, 1), (6, 2)), "layer1", {"jawOpen": 0.4}, 5)
    copied = copy_keys(document, [*refs(3, 6), KeyRef("layer1", "jawOpen", 5)])
    after = paste_keys(layers.add_layer(document, "B"), "layer2", copied, 50)
    assert [(key.frame, key.value) for key in after.layer("layer2").content.tracks[0].keys] == [(50, 1), (53, 2)]
    assert all(find_key(after, ref) for ref in pasted_refs("layer2", copied, 50))
    assert copy_keys(document, refs(77)).empty


def test_a_mirrored_paste_changes_sides_and_signs():
    document = set_values(
        new_document(), "layer1",
        {"mouthSmileLeft": 0.7, "head.yaw": 8, "head.pitch": 4, "gaze.left.yaw": 5, "landmark.61.x": 0.2}, 0,
    )  # fmt: skip
    refs_ = [KeyRef("layer1", track.channel, 0) for track in tracks_of(document.layers[0])]
    after = paste_keys(new_document(), "layer1", mirror_keys(copy_keys(document, refs_)), 0)
    pose = {track.channel: track.keys[0].value for track in tracks_of(after.layers[0])}
    assert pose == {
        "mouthSmileRight": 0.7, "head.yaw": -8, "head.pitch": 4, "gaze.right.yaw": -5, "landmark.291.x": -0.2,
    }  # fmt: skip
    assert mirror_values(mirror_values(pose)) == pose


@given(tracks(CHANNEL), st.integers(0, 20))
def test_mirroring_twice_gives_the_same_keys(track, frame):
    document = put_track(new_document(), "layer1", track)
    copied = copy_keys(document, refs(*(key.frame for key in track.keys)))
    assert mirror_keys(mirror_keys(copied)) == copied


@pytest.mark.parametrize("tangent", [Tangent.FREE, Tangent.ALIGNED])
def test_freeing_an_automatic_key_does_not_change_the_curve(tangent):
    document = keyed((0, 0), (5, 3), (12, 4), (20, -2))
    after = set_tangent(document, refs(0, 5, 12, 20), tangent)
    was, now = (tracks_of(each.layers[0])[0] for each in (document, after))
    frames = np.linspace(0, 20, 100)
    assert np.allclose(sample(was, frames), sample(now, frames), atol=1e-12)


def test_dragging_a_handle_past_its_neighbour_is_kept_and_used_up_to_there():
    document = set_handle(keyed((0, 0), (10, 5), (12, 6)), refs(10)[0], Side.OUT, 50, 25)
    key = find_key(document, refs(10)[0])
    assert key is not None
    assert (key.out_dx, key.out_dy) == (50, 25)
    assert key.tangent is Tangent.ALIGNED
    track = tracks_of(document.layers[0])[0]
    assert np.isfinite(sample(track, np.linspace(0, 12, 500))).all()
    further = set_key(document, "layer1", CHANNEL, 12, 6)
    assert find_key(delete_keys(further, refs(12)), refs(10)[0]) == key


def test_the_other_handle_of_an_aligned_key_turns_and_that_of_a_free_key_stays():
    document = set_tangent(keyed((0, 0), (10, 5), (20, 0)), refs(10), Tangent.ALIGNED)
    key = find_key(set_handle(document, refs(10)[0], Side.OUT, 4, 8), refs(10)[0])
    assert key is not None
    assert key.in_dy / key.in_dx == pytest.approx(2)
    free = set_tangent(document, refs(10), Tangent.FREE)
    before, after = (find_key(each, refs(10)[0]) for each in (free, set_handle(free, refs(10)[0], Side.IN, -4, 8)))
    assert before is not None
    assert after == replace(before, in_dx=-4, in_dy=8)
    with pytest.raises(UserError, match="no key"):
        set_handle(document, refs(11)[0], Side.IN, 0, 0)


@pytest.mark.parametrize("name", EASES)
def test_an_ease_goes_from_key_to_key_by_its_own_curve(name):
    document = set_ease(keyed((0, 10), (20, 30), (40, 30)), refs(0), name)
    track = tracks_of(document.layers[0])[0]
    assert (value_at(track, 0), value_at(track, 20)) == (10, 30)
    x1, y1, x2, y2 = EASES[name]
    t = np.linspace(0, 1, 2001)
    x, y = (3 * (1 - t) ** 2 * t * a + 3 * (1 - t) * t**2 * b + t**3 for a, b in ((x1, x2), (y1, y2)))
    assert np.allclose(sample(track, 20 * x), 10 + 20 * y, atol=1e-5)
    assert np.allclose(sample(track, np.linspace(20, 40, 9)), 30)


def test_an_unknown_ease_is_refused():
    with pytest.raises(UserError, match="no ease"):
        set_ease(keyed((0, 0)), refs(0), "bounce")


def test_layers_are_added_moved_duplicated_and_removed_with_ids_of_their_own():
    document = layers.add_layer(layers.add_layer(new_document(), "A"), "B", index=0)
    assert [layer.id for layer in document.layers] == ["layer3", "layer1", "layer2"]
    document = layers.duplicate_layer(layers.move_layer(document, "layer3", 9), "layer1", "Copy")
    assert [layer.id for layer in document.layers] == ["layer1", "layer4", "layer2", "layer3"]
    assert [layer.id for layer in layers.remove_layer(document, "layer1").layers] == ["layer4", "layer2", "layer3"]


def test_names_colours_locks_and_content_are_set():
    document = portraits.add_portrait(new_document(), portrait())
    document = layers.rename_layer(layers.set_colour(document, "layer1", "#abc"), "layer1", "Face")
    document = layers.set_content(layers.set_locked(document, "layer1", True), "layer1", Automatic(seed=5))
    layer = document.layer("layer1")
    assert (layer.name, layer.colour, layer.locked, layer.content) == ("Face", "#abc", True, Automatic(seed=5))
    document = portraits.set_neutral(portraits.rename_portrait(document, "portrait1", "Ann"), "portrait1", np.ones(52))
    assert document.portrait.name == "Ann"
    assert document.portrait.neutral.data.tolist() == [1.0] * 52
    assert portraits.set_neutral(document, "portrait1", None).portrait.neutral is None


def test_a_key_is_inserted_on_the_curve_of_a_layer():
    document = keyed((0, 0), (10, 5), (30, -5))
    after = insert_on_curve(document, "layer1", CHANNEL, 17.5)
    assert [frame for frame, _ in points(after)] == [0, 10, 17.5, 30]
    assert evaluate(after, 13)[CHANNEL] == pytest.approx(evaluate(document, 13)[CHANNEL], abs=1e-9)
    assert insert_on_curve(document, "layer1", "jawOpen", 3) is document


def test_weights_and_masks_keep_only_what_is_not_full():
    document = layers.set_region_weight(new_document(), "layer1", Region.MOUTH, 0.5)
    document = layers.set_channel_weight(document, "layer1", "jawOpen", 0)
    layer = document.layer("layer1")
    assert (layer.regions, layer.channels) == (((Region.MOUTH, 0.5),), (("jawOpen", 0.0),))
    assert layers.set_region_weight(document, "layer1", Region.MOUTH, 1).layer("layer1").regions == ()
    with pytest.raises(UserError, match="out of range"):
        layers.set_region_weight(document, "layer1", Region.MOUTH, 3)
    with pytest.raises(ChannelError):
        layers.set_channel_weight(document, "layer1", "nothing", 0)


def test_ids_of_other_forms_than_ours_are_no_hindrance() -> None:
    named = replace(new_document(), portraits=(replace(portrait(), id="hero"), replace(portrait(), id="portrait7")))
    assert [each.id for each in portraits.add_portrait(named, portrait()).portraits] == [
        "hero",
        "portrait7",
        "portrait8",
    ]


def test_a_portrait_is_chosen_when_added_and_another_when_it_goes():
    document = portraits.add_portrait(portraits.add_portrait(new_document(), portrait(1)), portrait(2))
    assert document.active == "portrait2"
    assert portraits.choose_portrait(document, "portrait1").portrait is document.portraits[0]
    document = portraits.remove_portrait(document, "portrait2")
    assert document.active == "portrait1"
    assert portraits.remove_portrait(document, "portrait1").portrait is None


def test_corrections_move_landmarks_and_can_be_taken_back():
    document = portraits.add_portrait(new_document(), portrait())
    after = corrections.set_corrections(document, "portrait1", {61: (2, -1), 5: (0, 3)})
    shift = after.portrait.landmarks - document.portrait.landmarks
    assert np.allclose(shift[[61, 5]], [(2, -1, 0), (0, 3, 0)])
    assert np.count_nonzero(shift) == 3
    after = corrections.set_corrections(after, "portrait1", {61: (0, 0)})
    assert [each.landmark for each in after.portrait.corrections] == [5]
    assert corrections.clear_corrections(after, "portrait1") == document
    with pytest.raises(UserError, match="Landmark 478"):
        corrections.set_corrections(document, "portrait1", {478: (1, 1)})


def test_another_face_brings_its_own_points_and_drops_corrections():
    document = portraits.add_portrait(new_document(), portrait(1))
    document = corrections.set_corrections(document, "portrait1", {61: (2, -1)})
    other = portrait(2)
    after = portraits.set_face(document, "portrait1", 1, other.landmarks)
    assert after.portrait.face == 1
    assert (after.portrait.landmarks == other.landmarks).all()
    assert after.portrait.neutral is None
    with pytest.raises(UserError, match="is no file"):
        portraits.set_embedded(document, "portrait1", False)


def test_stretching_about_a_pivot_keeps_what_plays_there():
    document = timing.set_offset(keyed((0, 0), (24, 24)), "layer1", 6)
    after = timing.set_speed(document, "layer1", 0.5, pivot=18)
    assert evaluate(after, 18)[CHANNEL] == pytest.approx(evaluate(document, 18)[CHANNEL])
    assert evaluate(after, 30)[CHANNEL] == pytest.approx(evaluate(document, 24)[CHANNEL])
    for wrong in (0, float("nan")):
        with pytest.raises(UserError, match="stand still"):
            timing.set_speed(document, "layer1", wrong)
    with pytest.raises(UserError, match="leaves nothing"):
        timing.trim(document, "layer1", 5, 4)
    assert timing.set_outside(document, "layer1", Outside.LOOP).layer("layer1").timing.outside is Outside.LOOP


def test_markers_stay_sorted_one_per_frame():
    document = timeline.set_marker(timeline.set_marker(new_document(), 9, "b"), 3, "a")
    assert [marker.label for marker in document.markers] == ["a", "b"]
    assert [(m.frame, m.label) for m in timeline.move_marker(document, 3, 9).markers] == [(9, "a")]


def test_sound_is_added_changed_and_removed():
    document = timeline.add_audio(new_document(), "voice", "/voice.wav", "0" * 32, 3)
    assert timeline.change_audio(document, "audio1", gain=0.5).audio[0].gain == 0.5
    assert timeline.remove_audio(document, "audio1").audio == ()
    with pytest.raises(UserError, match="no sound"):
        timeline.change_audio(document, "audio2", gain=1)


def test_a_new_rate_keeps_frames_or_moments():
    document = timeline.set_work_area(keyed((0, 0), (24, 10)), FrameRange(0, 23))
    assert points(timeline.set_rate(document, Fraction(48))) == [(0, 0), (24, 10)]
    after = timeline.set_rate(document, Fraction(48), keep_seconds=True)
    assert points(after) == [(0, 0), (48, 10)]
    assert (after.work_area, len(after.frames)) == (FrameRange(0, 47), 2 * len(document.frames))
    assert evaluate(after, 20)[CHANNEL] == pytest.approx(evaluate(document, 10)[CHANNEL])
    with pytest.raises(UserError, match="out of range"):
        timeline.set_rate(document, Fraction(1000))


def test_settings_follow_the_engine():
    document = settings.set_engine_setting(new_document(), "teeth", 2)
    assert document.engine_settings == (("teeth", 2),)
    assert settings.set_engine(document, "motiongan").engine_settings == ()
    assert settings.change_export(document, alpha=True).export.alpha


@given(documents(), st.data())
def test_any_key_edit_leaves_sorted_tracks_and_shares_other_layers(document, data):
    every = [
        KeyRef(layer.id, track.channel, key.frame)
        for layer in document.layers
        for track in tracks_of(layer)
        for key in track.keys
    ]
    chosen = data.draw(st.lists(st.sampled_from(every), unique=True)) if every else []
    shift = data.draw(st.sampled_from([-3.0, 0.5, 10.0]))
    edits = (
        move_keys(document, chosen, shift, 1.0), duplicate_keys(document, chosen, shift), delete_keys(document, chosen),
        scale_keys(document, chosen, pivot_frame=2, frames=-0.5), set_tangent(document, chosen, Tangent.FREE),
    )  # fmt: skip
    touched = {ref.layer for ref in chosen}
    for after in edits:
        for was, now in zip(document.layers, after.layers, strict=True):
            assert was.id in touched or was is now
            for track in tracks_of(now):
                assert all(a.frame < b.frame for a, b in pairwise(track.keys))


def test_an_edit_shares_all_that_it_does_not_touch():
    document, _ = full_document()
    after = set_key(document, "layer1", "jawOpen", 6, 0.5)
    assert after.portraits is document.portraits
    assert after.layers[1] is document.layers[1]
    assert after.layers[0].content.tracks[1] is document.layers[0].content.tracks[1]
    assert after.layers[0].content.tracks[0].keys[0] is document.layers[0].content.tracks[0].keys[0]
    assert layers.set_blend(document, "layer1", Blend.OVERRIDE).layers[0].content is document.layers[0].content


def test_an_emptied_track_goes_unless_something_else_is_set_on_it():
    document = delete_keys(keyed((0, 0)), refs(0))
    assert tracks_of(document.layers[0]) == ()
    looped = set_extrapolation(keyed((0, 0)), "layer1", CHANNEL, after=Extrapolation.LOOP)
    assert tracks_of(delete_keys(looped, refs(0)).layers[0]) == (Track(CHANNEL, after=Extrapolation.LOOP),)
